"""Switching a trigger moves goods in balance, and back without a trace."""

from decimal import Decimal

from costing.entry import MATERIAL, OUTPUT, Key, Target, merge
from costing.switching import (
    RESTATED,
    Late,
    Moved,
    Place,
    Proven,
    move_on,
    switch_goods,
    transfer,
)
from hypothesis import given
from hypothesis import strategies as st

UNIT = Decimal("0.01")
STOCK, MATERIALS, APPLIED, REVALUATION = 10, 12, 13, 50
REST = Key(REVALUATION, 1, "revaluation", None)
amounts = st.decimals(0, 1000, places=4)
quantities = st.decimals(-50, 500, places=3)


def finished(price):
    return (Place(STOCK, 1, "output", 7, price),)


def contained(material, conversion):
    return (
        Place(MATERIALS, 1, "material", 8, material),
        Place(APPLIED, 2, "applied", None, conversion),
    )


def total(target, account):
    found = (x for key, x in target.amounts.items() if key.account == account)
    return sum(found, Decimal(0))


def test_moves_to_materials_and_applied():
    goods = [
        Moved(
            7, Decimal(10), finished(Decimal(25)), contained(Decimal(10), Decimal(15))
        )
    ]
    target = switch_goods(goods, REST, UNIT)
    assert (total(target, STOCK), total(target, MATERIALS), total(target, APPLIED)) == (
        -250,
        100,
        150,
    )
    assert not target.rows


@given(quantities, amounts, amounts, amounts)
def test_is_balanced_and_the_rest_is_a_row(quantity, price, material, conversion):
    goods = [Moved(7, quantity, finished(price), contained(material, conversion))]
    target = switch_goods(goods, REST, UNIT)
    assert sum(target.amounts.values(), Decimal(0)) == 0
    rest = sum((row.amount for row in target.rows.values()), Decimal(0))
    assert rest == total(target, REVALUATION)
    whole = quantity * (price - material - conversion)
    assert abs(rest - whole) <= 3 * UNIT / 2


@given(quantities, amounts, amounts, amounts)
def test_back_undoes_it(quantity, price, material, conversion):
    here, there = finished(price), contained(material, conversion)
    to = switch_goods([Moved(7, quantity, here, there)], REST, UNIT)
    back = switch_goods([Moved(7, quantity, there, here)], REST, UNIT)
    assert not merge([to.amounts, back.amounts])


@given(quantities, amounts)
def test_what_stays_on_its_account_is_not_booked(quantity, price):
    goods = [Moved(7, quantity, finished(price), finished(price))]
    assert not switch_goods(goods, REST, UNIT).amounts


def test_transfer():
    moved = transfer(1, 2, Decimal("1.005"), None, UNIT)
    assert sorted(moved.values()) == [Decimal("-1.01"), Decimal("1.01")]
    assert not transfer(1, 1, Decimal(1), None, UNIT)
    assert not transfer(1, 2, Decimal(0), None, UNIT)


def test_proven():
    proven = Proven(Decimal(5), Decimal(4), Decimal(2), Decimal(6))
    assert (proven.open_before, proven.after, proven.open_after) == (1, 7, 1)


def test_late_goods_move_on_from_where_they_are_booked():
    booked = {Key(7, None, OUTPUT, 1): Decimal(250)}
    target = Target({Key(1, None, OUTPUT, 1): Decimal(225)}, {})
    late = Late(
        1,
        {Key(1, None, OUTPUT, 1): Decimal(-25)},
        {
            Key(2, 9, MATERIAL, 2): Decimal(-10),
            Key(3, 8, "applied", None): Decimal(-14),
        },
    )
    rest = Key(5, 9, "revaluation", None)
    moved = move_on(target, [late], booked, rest)
    assert moved.amounts == {
        Key(1, None, OUTPUT, 1): Decimal(225),
        Key(7, None, RESTATED, 1): Decimal(25),
        Key(2, 9, RESTATED, 2): Decimal(-10),
        Key(3, 8, "applied", None): Decimal(-14),
        Key(5, 9, "revaluation", 1): Decimal(-1),
    }
    assert sum(moved.amounts.values()) == sum(target.amounts.values())
    assert [row.amount for row in moved.rows.values()] == [Decimal(-1)]
    same = late._replace(after=late.before)
    assert move_on(target, [same], {}, rest) == target
