"""What switching a trigger moves between accounts: goods on hand, and open usage.

Plain Python: no Odoo import. Amounts in company currency (debit +), quantities in the
product's unit of measure.

Goods stand somewhere before the switch and somewhere else after it: on a stock account
at standard, or (costed at delivery) on their materials' accounts and, as conversion
cost that is not applied yet, on the applied accounts. The entry is the difference.
"""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from .entry import (
    MATERIAL,
    OUTPUT,
    Amounts,
    Key,
    Target,
    delta,
    freeze_accounts,
    merge,
)
from .revaluation import RESTATED, REVALUATION
from .rounding import allocate_within, round_half_up
from .variance import ZERO, Row


class Place(NamedTuple):
    """Where one unit (or one amount) stands, in part."""

    account: int
    element: int | None
    kind: str
    product: int | None
    amount: Decimal


class Moved(NamedTuple):
    """Goods of one product, and where one unit stood before and stands after."""

    product: int | None
    quantity: Decimal
    before: tuple[Place, ...]
    after: tuple[Place, ...]


def switch_goods(goods: Iterable[Moved], rest: Key, unit: Decimal) -> Target:
    """Move every product from where it stood to where it stands now.

    Rounded per product and account as the difference of two rounded values, which is
    what an inventory valuation compares. What a price set by hand differs from its card
    has no place among materials and conversion: it goes to ``rest``, with what rounding
    leaves, as one row per product (favourable = negative).
    """
    parts: list[Amounts] = []
    rows: dict[Key, Row] = {}
    for item in goods:
        amounts = _move(item, unit)
        left = -sum(amounts.values(), ZERO)
        parts.append(amounts)
        if left:
            key = rest._replace(kind=REVALUATION, product=item.product)
            parts.append({key: left})
            known = rows[key].amount if key in rows else ZERO
            rows[key] = Row(
                REVALUATION,
                item.product,
                item.quantity,
                item.quantity,
                ZERO,
                ZERO,
                known + left,
            )
    return Target(merge(parts), {key: row for key, row in rows.items() if row.amount})


def _move(item: Moved, unit: Decimal) -> Amounts:
    before, after = _by_account(item.before), _by_account(item.after)
    result: Amounts = {}
    for account in dict.fromkeys([*before, *after]):
        old, new = before.get(account, {}), after.get(account, {})
        exact = {
            key: item.quantity * (new.get(key, ZERO) - old.get(key, ZERO))
            for key in dict.fromkeys([*old, *new])
        }
        change = _value(item.quantity, new, unit) - _value(item.quantity, old, unit)
        if not sum(exact.values(), ZERO) and not change:
            continue  # the same goods on the same account
        result |= allocate_within(exact, lambda key: None, {None: change}, unit)
    return {key: amount for key, amount in result.items() if amount}


def _by_account(places: Iterable[Place]) -> dict[int, Amounts]:
    result: dict[int, Amounts] = defaultdict(lambda: defaultdict(lambda: ZERO))
    for place in places:
        result[place.account][Key(*place[:4])] += place.amount
    return result


def _value(quantity: Decimal, content: Amounts, unit: Decimal) -> Decimal:
    return round_half_up(quantity * sum(content.values(), ZERO), unit)


class Late(NamedTuple):
    """Goods of an event of before a switch that moved after it: where they stand by
    the triggers of then, and by those of the moment.
    """

    product: int
    before: Amounts
    after: Amounts


def move_on(target: Target, late: Iterable[Late], booked: Amounts, rest: Key) -> Target:
    """``target`` by the triggers of then, with what moved later where it stands now.

    It leaves the accounts on which it is ``booked``. What the two places differ by goes
    to ``rest``, one row per product (favourable = negative).
    """
    parts, rows = [target.amounts], dict(target.rows)
    for item in late:
        change = _as_moved(delta(item.after, freeze_accounts(item.before, booked)))
        parts.append(change)
        if left := -sum(change.values(), ZERO):
            key = rest._replace(product=item.product)
            parts.append({key: left})
            known = rows.get(key) or Row(key.kind, item.product, *[ZERO] * 5)
            rows[key] = known._replace(amount=known.amount + left)
    rows = {key: row for key, row in rows.items() if row.amount}
    return Target(merge(parts), rows, target.open_rows)


def _as_moved(amounts: Amounts) -> Amounts:
    """Lines of goods that changed their account, not of goods that came or went."""
    return merge(
        {key._replace(kind=RESTATED) if key.kind in (OUTPUT, MATERIAL) else key: x}
        for key, x in amounts.items()
    )


def transfer(
    debit: int, credit: int, amount: Decimal, product: int | None, unit: Decimal
) -> Amounts:
    """Move an amount from one account to another (negative: back)."""
    rounded = round_half_up(amount, unit)
    if not rounded or debit == credit:
        return {}
    return merge(
        [
            {Key(debit, None, RESTATED, product): rounded},
            {Key(credit, None, RESTATED, product): -rounded},
        ]
    )


class Proven(NamedTuple):
    """An account that carries goods: what it holds, and what it is to hold."""

    before: Decimal
    stock_before: Decimal
    moved: Decimal
    stock_after: Decimal

    @property
    def after(self) -> Decimal:
        return self.before + self.moved

    @property
    def open_before(self) -> Decimal:
        """What documents that are still to come stand for (or an error)."""
        return self.before - self.stock_before

    @property
    def open_after(self) -> Decimal:
        return self.after - self.stock_after
