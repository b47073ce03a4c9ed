"""Changes of prices, rates and quantities that are tried out."""

from dataclasses import replace
from decimal import Decimal as D

from costing.rollup import roll_up
from costing.structure import Bill, Component, Operation, Rate, Structure
from costing.what_if import (
    Adjustment,
    PriceChange,
    QuantityChange,
    RateChange,
)
from hypothesis import given
from hypothesis import strategies as st

MATERIAL, LABOUR, VOH = 1, 2, 3
P, Q, X, M, S = 10, 11, 12, 13, 14
BENCH, SAW = 20, 21


def percent(amount):
    return Adjustment(D(amount), is_percent=True)


def value(amount):
    return Adjustment(D(amount), is_percent=False)


def bill(*components, quantity=1, operations=()):
    parts = tuple(Component(product, D(needed)) for product, needed in components)
    return Bill(D(quantity), D(quantity), parts, operations)


def structure():
    """P: 2 kg M and 10 h at the bench. Q: a kit of 3 kg M, and an hour at the saw."""
    places = enumerate((BENCH, SAW), start=1)
    hour = [Operation(n, place, D(0), D(1), D(1)) for n, place in places]
    return Structure(
        MATERIAL,
        {
            P: bill((M, 10), (S, 5), (M, 10), quantity=10, operations=hour[:1] * 10),
            Q: bill((X, 1), operations=(hour[1],)),
        },
        kits={X: bill((M, 3))},
        prices={M: D(5), S: D(0)},
        rates={
            BENCH: (Rate(LABOUR, D(20)), Rate(VOH, D(6))),
            SAW: (Rate(LABOUR, D(10)),),
        },
    )


def costs(*changes):
    changed = structure()
    for change in changes:
        changed = change.apply(changed)
    cards = roll_up(changed).cards
    return cards[P].amount, cards[Q].amount


def test_nothing_changed():
    assert costs() == (270, 25)


def test_prices():
    assert costs(PriceChange([M], percent(10))) == (271, D("26.5"))
    assert costs(PriceChange([M, S], value(6))) == (275, 28)


def test_percentage_of_a_price_that_is_not_there_changes_nothing():
    change = PriceChange([X], percent(10))
    assert change.apply(structure()) == structure()
    assert PriceChange([X], value(3)).apply(structure()).prices[X] == 3


def test_fee_of_a_subcontractor():
    plain = Structure(MATERIAL, {P: bill((M, 1))}, prices={M: D(5), P: D(3)})
    start = replace(plain, subcontract=4, subcontracted=[P])
    changed = PriceChange([P], percent(10)).apply(start)
    assert roll_up(changed).cards[P].amount == D("8.3")


def test_rates():
    assert costs(RateChange(BENCH, LABOUR, value(25))) == (320, 25)
    assert costs(RateChange(None, LABOUR, percent(-50))) == (170, 20)
    assert costs(RateChange(BENCH, None, percent(100))) == (530, 25)


def test_quantities_through_kits():
    assert costs(QuantityChange(M, None, percent(10))) == (271, D("26.5"))
    assert costs(QuantityChange(M, [X], value(4))) == (270, 30)


def test_value_is_per_unit_and_spread_over_the_lines():
    changed = QuantityChange(M, [P], value(3)).apply(structure())
    assert [line.quantity for line in changed.bills[P].components] == [15, 5, 15]
    assert changed.kits == structure().kits


def test_value_in_place_of_nothing_goes_to_the_first_line():
    empty = Structure(MATERIAL, {P: bill((M, 0), (M, 0))})
    changed = QuantityChange(M, None, value(2)).apply(empty)
    assert [line.quantity for line in changed.bills[P].components] == [2, 0]


def test_changes_come_one_upon_the_other():
    assert costs(PriceChange([M], value(6)), PriceChange([M], percent(50)))[0] == 278


@given(st.decimals("-100", "1000", places=2), st.decimals("-100", "1000", places=2))
def test_percentages_of_different_inputs_do_not_mind_their_order(price, quantity):
    changes = [
        PriceChange([M], percent(price)),
        QuantityChange(M, None, percent(quantity)),
        RateChange(None, LABOUR, percent(price)),
    ]
    assert costs(*changes) == costs(*reversed(changes))
