"""Properties of what the books must show (plain pytest, no Odoo)."""

from decimal import Decimal as D

from costing.check import (
    Moved,
    book_residues,
    count_ahead,
    residue_bound,
    settle,
    tell,
)
from costing.entry import Key
from costing.matching import Claim, Lot, Pool
from hypothesis import given
from hypothesis import strategies as st

positive = st.decimals(min_value="0.001", max_value=100, places=3)
facts = st.lists(st.builds(Moved, positive, positive), max_size=6)


@given(facts, st.decimals(min_value=0, max_value=500, places=3))
def test_what_passed_and_what_is_open_are_all_that_moved(moved, documented):
    settled = settle(moved, documented)
    assert settled.matched + settled.open_quantity == settled.moved
    assert settled.passed + settled.open_amount == sum(
        (fact.quantity * fact.standard for fact in moved), D(0)
    )
    assert settled.matched == min(documented, settled.moved)


def test_a_correction_takes_from_what_is_open():
    moved = [Moved(D(10), D(5)), Moved(D(-2), D(6))]
    assert settle(moved, D(5))[1:] == (5, 25, 3, 15)
    assert settle(moved, D(9))[1:] == (8, 40, 0, 0)


def test_ahead_of_the_goods():
    settled = settle([Moved(D(10), D(5))], D(12))
    assert count_ahead(settled, D(12), D(0)) == 2
    # to bill again what a credit note has taken back brings no new goods
    settled = settle([Moved(D(10), D(5))], D(20))
    assert count_ahead(settled, D(20), D(10)) == 0


def test_residue_grows_with_items_and_values():
    assert residue_bound(D("0.01"), 0, 0) == 0
    assert residue_bound(D("0.01"), 5, 1) == D("0.03")
    assert residue_bound(D(1), 3, 0) == D("1.5")


def test_residues_are_booked_against_rounding():
    rounding = Key(9, 1, "rounding", None)
    target = book_residues({5: D("0.02"), 6: D("-0.01")}, rounding)
    assert sum(target.amounts.values()) == 0
    assert target.amounts[Key(5, None, "restated", None)] == D("-0.02")
    assert target.amounts[rounding] == target.rows[rounding].amount == D("0.01")
    assert not book_residues({5: D("0.02"), 6: D("-0.02")}, rounding).rows


def test_matches_tell_what_has_to_be_true():
    """10 at 5 and 10 at 6 came, 4 went back: 8 billed of the second, 3 before it came,
    and 2 of what went back credited.
    """
    lots = [Lot(1, 11, 11, D(10), D(5)), Lot(2, 12, 12, D(10), D(6))]
    back = [Lot(3, 13, 11, D(4), D(5))]
    claims = [
        Claim(21, D(8), D(5), D(6), False, 2),
        Claim(22, D(3), D(7), D(7), False),
        Claim(23, D(2), D(5), D(5), True, 3),
    ]
    told = tell(Pool(lots, back, claims), D(1))
    assert told.documented == 8 + 3 - 2
    assert told.expected == 8 * 6 + 3 * 7 - 2 * 5
    assert told.restated == 8 * (6 - 5)
    assert told.open_quantity == 10 + 2 - 2
    assert told.open_amount == 10 * 5 + 2 * 6 - 2 * 5 - 1
    assert (told.ahead, told.ahead_amount) == (3, 21)
    assert told.is_sound


def test_matches_of_goods_that_are_not_there_are_not_sound():
    lots = [Lot(1, 11, 11, D(10), D(5))]
    twice = [Claim(x, D(6), D(5), D(5), False, 1) for x in (21, 22)]
    assert not tell(Pool(lots, [], twice)).is_sound
    gone = [Claim(21, D(6), D(5), D(5), False, 4)]
    assert not tell(Pool(lots, [], gone)).is_sound
