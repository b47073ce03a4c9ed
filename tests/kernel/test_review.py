"""Drift of standards: worked examples and laws that hold for any bills."""

from dataclasses import replace
from decimal import Decimal as D

from costing.review import (
    Limits,
    Pace,
    Runs,
    Times,
    has_drifted,
    measure_drift,
    measure_pace,
    per_year,
    reprice,
)
from costing.rollup import roll_up
from costing.structure import Bill, ByProduct, Component, Operation, Rate, Structure
from hypothesis import given
from hypothesis import strategies as st

MATERIAL, LABOUR = 1, 2
P, Q, B, M, S, K = 10, 11, 12, 13, 14, 15
BENCH, MAKE, JOIN = 20, 30, 31
TOLERANCE = D("1e-18")
POSITIVE = st.decimals("0.01", 1000, places=2)
SMALL = st.integers(1, 9).map(D)


def assert_same(first, second):
    assert abs(first - second) <= TOLERANCE * max(abs(first), abs(second), D(1))


def test_set_up_is_allowed_once_for_an_order_and_its_backorder():
    """6 P and then 4 of the same order: 1 + 6 × 0.4, 4 × 0.4."""
    runs = [Runs(D(6), True, 1, D("3.5")), Runs(D(4), False, 1, D("1.5"))]
    pace = measure_pace([Times(D(1), D("0.4"), D(1))], runs)
    assert pace == Pace(D(10), D("5.0"), D("5.0"), 2)
    assert pace.ratio == 1


def test_whole_cycles_of_each_order():
    """12 at a time: orders of 10 take a cycle each."""
    pace = measure_pace([Times(D(0), D(2), D(12))], [Runs(D(10), True, 3, D(7))])
    assert (pace.allowed, pace.orders) == (D(6), 3)


def test_nothing_recorded_says_nothing():
    assert measure_pace([Times(D(0), D(2), D(1))], []).ratio is None


def test_drift():
    assert measure_drift(D(5), D("4.5")) == (D("-0.5"), D(-10))
    assert measure_drift(D(0), D(0)) == (0, 0)
    assert measure_drift(D(0), D(3)) == (3, 100)


def test_limits():
    limits = Limits(D(5), 365, 2)
    assert has_drifted(measure_drift(D(100), D("105.01")), 2, limits)
    assert has_drifted(measure_drift(D(100), D("94.9")), 2, limits)
    assert not has_drifted(measure_drift(D(100), D(105)), 2, limits)
    assert not has_drifted(measure_drift(D(100), D(200)), 1, limits)


def test_year():
    assert per_year(D(30), 3) == 120


def structure(prices, cycles, **changes):
    """Q of 2 P, a kit and steel; P gives a by-product."""
    p, q, kit, share = (changes.get(key, D(2)) for key in ("p", "q", "kit", "share"))
    return Structure(
        MATERIAL,
        {
            Q: Bill(
                D(1),
                D(5),
                (Component(P, q), Component(K, D(1)), Component(M, D(1))),
                (Operation(JOIN, BENCH, D(1) * cycles[JOIN], cycles[JOIN], D(1)),),
            ),
            P: Bill(
                D(10),
                D(10),
                (Component(M, p), Component(S, D(3))),
                (Operation(MAKE, BENCH, D(0), cycles[MAKE], D(4)),),
                (ByProduct(B, D(1), share),),
            ),
        },
        kits={K: Bill(D(1), D(1), (Component(S, kit),))},
        prices=prices,
        rates={BENCH: (Rate(LABOUR, D(20)),)},
        purchased=(B,),
    )


ONES = {JOIN: D(1), MAKE: D(1)}
OLD = {M: D(5), S: D(6), B: D(1)}


@given(POSITIVE, POSITIVE, SMALL, SMALL, SMALL, SMALL, POSITIVE, POSITIVE)
def test_repriced_cards_are_those_of_a_roll_up(m, s, p, q, kit, share, join, make):
    """At other prices and times the cards say what a roll-up at those would say."""
    changes = {"p": p, "q": q, "kit": kit, "share": share}
    new = {M: m, S: s, B: D(1)}
    cards = roll_up(structure(OLD, ONES, **changes)).cards
    wanted = roll_up(structure(new, {JOIN: join, MAKE: make}, **changes)).cards
    found = reprice(cards, new, {(Q, JOIN): join, (P, MAKE): make})
    assert found.keys() == wanted.keys()
    for product, card in wanted.items():
        assert_same(found[product], card.amount)


def test_nothing_new_changes_nothing():
    cards = roll_up(structure(OLD, ONES)).cards
    for product, amount in reprice(cards, {}, {}).items():
        assert_same(amount, cards[product].amount)


def test_order_of_the_cards_does_not_matter():
    cards = roll_up(structure(OLD, ONES)).cards
    backwards = dict(reversed(cards.items()))
    assert reprice(backwards, {M: D(6)}, {}) == reprice(cards, {M: D(6)}, {})


def test_bought_product_with_a_card_of_its_own():
    card = roll_up(structure(OLD, ONES)).cards[B]
    assert reprice({B: card}, {B: D(3)}, {}) == {B: 3}
    assert reprice({B: replace(card, product=B)}, {}, {}) == {B: 1}
