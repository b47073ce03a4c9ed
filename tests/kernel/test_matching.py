"""Properties of matching documents to stock facts (plain pytest, no Odoo)."""

from decimal import Decimal as D

from costing.matching import Match, Moved, match_oldest_first
from costing.variance import price_row
from hypothesis import given
from hypothesis import strategies as st


def facts(*pairs):
    return [Moved(D(str(quantity)), D(str(price))) for quantity, price in pairs]


def test_oldest_first_across_a_change_of_standard():
    moved = facts((10, 5), (10, 6))
    assert match_oldest_first(moved, D(0), D(10)) == Match(D(10), D(50))
    assert match_oldest_first(moved, D(8), D(4)) == Match(D(4), D(22))


def test_more_than_moved_is_left_unmatched():
    assert match_oldest_first(facts((10, 5)), D(4), D(20)) == Match(D(6), D(30))
    assert match_oldest_first([], D(0), D(5)) == Match(D(0), D(0))


def test_a_correction_takes_from_the_newest():
    moved = facts((10, 5), (10, 6), (-12, 7))
    assert match_oldest_first(moved, D(0), D(20)) == Match(D(8), D(40))


def test_price_variance_is_what_was_billed_less_what_passes():
    row = price_row(1, D(100), D(500), D(520))
    assert (row.amount, row.price_standard, row.price_actual) == (20, 5, D("5.2"))


amounts = st.decimals(min_value=0, max_value=100, places=3)


@given(st.lists(st.tuples(amounts, amounts), max_size=6), st.lists(amounts, max_size=5))
def test_parts_sum_to_the_whole(pairs, parts):
    moved = [Moved(*pair) for pair in pairs]
    already, total = D(0), D(0)
    for part in parts:
        total += match_oldest_first(moved, already, part).amount
        already += part
    assert total == match_oldest_first(moved, D(0), already).amount
