"""Properties of matching documents to goods that moved (plain pytest, no Odoo)."""

from decimal import Decimal as D

from costing.lots import find_lots
from costing.matching import Claim, Lot, Pool, match_document, net, settle
from costing.variance import Measured, Original, price_row
from hypothesis import given
from hypothesis import strategies as st


def lots(*pairs, start=1, origin=None):
    return [
        Lot(start + i, start + i, origin or start + i, D(str(quantity)), D(str(price)))
        for i, (quantity, price) in enumerate(pairs)
    ]


def post(pool, quantity, standard=9, *, is_return=False):
    """Post a document as the models do; returns what passes."""
    parts = match_document(pool, D(quantity), D(standard), is_return=is_return)
    for part in parts:
        lot = part.lot.key if part.lot else None
        key = max((claim.key for claim in pool.claims), default=100) + 1
        prices = (part.standard, part.standard)
        claim = Claim(key, part.quantity, *prices, is_return, lot, part.taken)
        pool.claims.append(claim)
    return sum(part.quantity * part.standard for part in parts)


def owed(pool):
    """What movements owe: Σ quantity × (standard − passed), returns negative."""
    return sum(
        (x.standard - x.passed) * x.quantity * (-1 if x.is_return else 1)
        for x in pool.claims
    )


def test_oldest_first_across_a_change_of_standard():
    pool = Pool(lots((10, 5), (10, 6)), [], [])
    assert post(pool, 8) == 40
    assert post(pool, 4) == 22
    assert [lot.quantity for lot in pool.free(is_return=False)] == [8]


def test_what_was_matched_stays_matched():
    """A bill that is posted again takes what it had, not what others have."""
    pool = Pool(lots((10, 5), (10, 6)), [], [])
    post(pool, 10)
    assert post(pool, 5) == 30
    first = [claim for claim in pool.claims if claim.lot == 1]
    pool.claims = [claim for claim in pool.claims if claim not in first]
    assert post(pool, 10) == 50


def test_billed_before_it_moved():
    pool = Pool([], [], [])
    assert post(pool, 20, 5) == 100
    pool.lots = lots((15, "5.5"))
    changes = settle(pool)
    assert [(x.quantity, x.standard, x.move) for x in changes] == [(15, D("5.5"), 1)]
    assert owed(pool) == D("7.5")
    pool.lots += lots((5, 5), start=2)
    settle(pool)
    assert owed(pool) == D("7.5")
    assert not settle(pool) and not pool.open(is_return=False)


def test_goods_that_are_corrected_away_free_their_bill():
    pool = Pool(lots((10, 5)), [], [])
    post(pool, 10)
    pool.lots = lots((8, 5))
    settle(pool)
    assert [claim.quantity for claim in pool.open(is_return=False)] == [2]
    assert owed(pool) == 0


def test_credit_note_takes_only_what_came_back():
    pool = Pool(lots((10, 5)), [], [])
    post(pool, 10)
    assert post(pool, 10, is_return=True) == 0
    pool.returns = lots((4, 5), start=50, origin=1)
    settle(pool)
    assert owed(pool) == -20
    assert [claim.quantity for claim in pool.open(is_return=True)] == [6]


def test_billing_again_after_a_credit_note_brings_no_new_goods():
    pool = Pool(lots((10, 5)), [], [])
    post(pool, 10)
    post(pool, 10, is_return=True)
    assert post(pool, 10) == 0
    assert not pool.open(is_return=True)


def test_credit_note_for_goods_that_never_came():
    pool = Pool([], [], [])
    assert post(pool, 10, 5) == 50
    assert post(pool, 4, is_return=True) == 20
    pool.lots = lots((6, 5))
    assert len(settle(pool)) == 1
    assert owed(pool) == 0 and not pool.free(is_return=False)
    # the other 4 come all the same: the credit note was about the price, or they
    # are billed once more
    pool.lots = lots((6, 5), (4, 7))
    settle(pool)
    assert owed(pool) == 4 * 2 + 4 * 5
    assert post(pool, 4) == 0


def test_what_came_back_is_billed_last():
    pool = Pool(lots((10, 5), (10, 6)), lots((5, 5), start=50, origin=1), [])
    assert post(pool, 15) == 5 * 5 + 10 * 6
    assert post(pool, 5) == 25
    assert post(pool, 5, is_return=True) == 25


def test_goods_exchanged_without_documents():
    pool = Pool(lots((1, 25)), lots((1, 25), start=50, origin=1), [])
    post(pool, 1)
    assert net(pool) == []
    pool.lots += lots((1, 27), start=60)
    (netted,) = net(pool)
    assert (netted.lot.key, netted.back.key, netted.quantity) == (60, 50, 1)


def test_lots_of_a_movement_and_its_corrections():
    facts = [(1, Measured(D(10), D(5), D(50))), (2, Measured(D(3), D(6), D(18)))]
    found, change, _parts = find_lots(facts)
    assert found == [(1, 10, 5), (2, 3, 6)] and change == 0
    facts += [(3, Measured(D(-4), D(7), D(-28)))]
    found, change, _parts = find_lots(facts)
    assert found == [(1, 9, 5), (2, 0, 6)]
    # 28 left stock, 3 × 6 + 1 × 5 left the lots
    assert change == -5


def test_a_return_passes_at_what_it_returns():
    card = {1: D(15), 2: D(12)}
    facts = [(1, Measured(D(2), D(27), D(54), card))]
    original = Original(D(25), {1: D(14), 2: D(11)})
    found, change, parts = find_lots(facts, original)
    assert found == [(1, 2, 25)] and change == 4
    assert parts == ((1, 2), (2, 2))
    facts = [(1, Measured(D(-2), D(6), D(-12)))]
    found, change, _parts = find_lots(facts, Original(D(5)))
    assert found == [(1, 2, 5)] and change == -2


def test_price_variance_is_what_was_billed_less_what_passes():
    row = price_row(1, D(100), D(500), D(520))
    assert (row.amount, row.price_standard, row.price_actual) == (20, 5, D("5.2"))


amounts = st.decimals(min_value=0, max_value=100, places=3)
moved = st.lists(st.tuples(amounts, amounts), max_size=5)
steps = st.lists(st.tuples(st.sampled_from(["bill", "credit", "in", "out"]), amounts))


@given(moved, st.lists(amounts, max_size=5))
def test_parts_sum_to_the_whole(pairs, parts):
    pool, whole = Pool(lots(*pairs), [], []), Pool(lots(*pairs), [], [])
    assert sum(post(pool, part, 0) for part in parts) == post(whole, sum(parts), 0)


@given(steps)
def test_what_is_booked_is_what_moved(steps):
    """Whatever happens in whatever order: documents + corrections = goods claimed."""
    pool, standard = Pool([], [], []), 5
    booked = D(0)
    for number, (what, quantity) in enumerate(steps, start=1):
        standard += 1
        if what == "bill":
            booked += post(pool, quantity, standard)
        elif what == "credit":
            booked -= post(pool, quantity, is_return=True)
        elif what == "in":
            pool.lots += lots((quantity, standard), start=number)
        else:
            first = pool.lots[:1]
            price = first[0].standard if first else standard
            back = lots((quantity, price), start=number)
            pool.returns += [x._replace(origin=first[0].key) for x in back if first]
        settle(pool)
        assert not settle(pool)
        claimed = sum(x.quantity * x.standard for x in pool.lots)
        claimed -= sum(x.quantity * x.standard for x in pool.returns)
        free = sum(x.quantity * x.standard for x in pool.free(is_return=False))
        free -= sum(x.quantity * x.standard for x in pool.free(is_return=True))
        waiting = sum(
            x.quantity * x.standard * (-1 if x.is_return else 1)
            for x in pool.claims
            if x.lot is None
        )
        assert booked + owed(pool) == claimed - free + waiting
        pairs = {x.key: x for x in pool.claims}
        for claim in pool.claims:
            if claim.taken:
                assert claim.standard == pairs[claim.taken].standard
