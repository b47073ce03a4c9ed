"""The bridge to sequential costing, whatever is open at a period's end."""

from decimal import Decimal

from costing.bridge import (
    ACCRUED,
    EXPENSE,
    FINISHED,
    MATERIALS,
    NOT_BILLED,
    PROGRESS,
    SALES,
    VARIANCES,
    Carrier,
    Position,
    adjustment,
    bridge,
    effect_on_profit,
    inventory,
    is_beyond,
)
from hypothesis import given
from hypothesis import strategies as st

CENT = Decimal("0.01")
amounts = st.decimals(-1000, 1000, places=2)


@st.composite
def positions(draw):
    carriers = [
        Carrier(number, draw(st.booleans()), *(draw(amounts) for _ in range(6)))
        for number in range(1, draw(st.integers(0, 3)) + 1)
    ]
    for carrier in carriers:
        if not carrier.is_inventory:
            carrier.delivered = Decimal(0)  # Odoo costs no periodic goods
    names = ("progress", "finished", "sold", "bought", "parts", "inner", "closed")
    values = {name: draw(amounts) for name in (*names, "delivery", "fees")}
    return Position(carriers, **values)


def by_role(items):
    result = {}
    for item in items:
        result[item.role] = result.get(item.role, Decimal(0)) + item.amount
    return result


@given(positions(), st.booleans())
def test_it_balances(position, is_accrued):
    items = adjustment(position, CENT, is_accrued=is_accrued)
    assert sum(item.amount for item in items) == 0
    assert all(item.account for item in items if item.role == EXPENSE)


@given(positions())
def test_inventory_afterwards_is_that_of_sequential_costing(position):
    """What the books show and what the adjustment adds."""
    places = bridge(position, CENT)
    booked = by_role(adjustment(position, CENT, is_accrued=True))
    added = sum(booked.get(role, 0) for role in (MATERIALS, PROGRESS, FINISHED))
    wanted, missing = inventory(places, position.fees)
    assert added == missing
    assert sum(x.backflush for x in places if x.is_adjusted) + added == wanted


@given(positions())
def test_what_is_owed(position):
    booked = by_role(adjustment(position, CENT, is_accrued=True))
    places = {x.place: x for x in bridge(position, CENT)}
    assert -booked.get(ACCRUED, 0) == places[NOT_BILLED].sequential
    assert ACCRUED not in by_role(adjustment(position, CENT, is_accrued=False))


@given(positions(), st.booleans())
def test_effect_on_profit(position, is_accrued):
    """What the adjustment takes off expenses; owed goods change goods and debts."""
    booked = by_role(adjustment(position, CENT, is_accrued=is_accrued))
    effect = -booked.get(SALES, 0) - booked.get(EXPENSE, 0)
    fees = position.fees if is_accrued else Decimal(0)
    assert effect == effect_on_profit(bridge(position, CENT), fees)


@given(positions())
def test_variances_are_only_shown(position):
    assert [x.place for x in bridge(position, CENT) if not x.is_adjusted] == [VARIANCES]


def test_textbook():
    """Silicon Valley Computer: 1,000 keyboards at 19 and 12 not sold (Horngren)."""
    goods = Carrier(7, True, held=Decimal(50_000), content=Decimal(19_000))
    position = Position([goods], delivery=Decimal(31_000))
    booked = by_role(adjustment(position, CENT, is_accrued=True))
    assert booked == {FINISHED: 31_000, MATERIALS: -19_000, SALES: -12_000}


def test_limits():
    assert not is_beyond(Decimal(5), Decimal(100), Decimal(5))
    assert is_beyond(Decimal("5.01"), Decimal(100), Decimal(5))
    assert is_beyond(Decimal(1), Decimal(0), Decimal(5))
    assert not is_beyond(Decimal(0), Decimal(0), Decimal(5))
