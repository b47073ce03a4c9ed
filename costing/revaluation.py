"""What new standards do to the goods on hand.

Plain Python: no Odoo import. Amounts in company currency (debit +), quantities in the
product's unit of measure.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from .entry import Amounts, Key, Target, merge
from .rounding import round_half_up
from .variance import ZERO, Row

#: Kind of the posting line on the account that carries the goods.
RESTATED = "restated"
REVALUATION = "revaluation"


class Part(NamedTuple):
    """Where one unit of a product stands: amount by account and cost element.

    ``account`` is None where no account carries it (the conversion part of goods that
    are costed at delivery).
    """

    account: int | None
    element: int
    amount: Decimal


class Restated(NamedTuple):
    """Goods on hand, with what one unit was and is."""

    product: int
    quantity: Decimal
    old: tuple[Part, ...]
    new: tuple[Part, ...]


class Revaluation(NamedTuple):
    """The entry with its rows, and the rows that no entry carries yet."""

    target: Target
    open_rows: dict[Key, Row]


def revalue(
    goods: Iterable[Restated], revaluation_account: int, unit: Decimal
) -> Revaluation:
    """Bring every account from old to new standard: quantity × (new − old).

    Rounded per product and account as the difference of two rounded values, which is
    what an inventory valuation compares. Rows per element, favourable (negative) where
    stock gains; they add up to the entry.
    """
    amounts: list[Amounts] = []
    rows: dict[Key, Row] = {}
    open_rows: dict[Key, Row] = {}
    for item in goods:
        old, new = _by_account(item.old), _by_account(item.new)
        for account in dict.fromkeys([*old, *new]):
            before, after = old.get(account, {}), new.get(account, {})
            parts = _rounded_parts(item.quantity, before, after, unit)
            target = open_rows if account is None else rows
            for element, amount in parts.items():
                key = Key(revaluation_account, element, REVALUATION, item.product)
                row = _row(key, item, before, after, amount)
                known = target.get(key)
                target[key] = _add(known, row) if known else row
                if account is not None:
                    stock = Key(account, element, RESTATED, item.product)
                    amounts.append({stock: amount, key: -amount})
    rows = {key: row for key, row in rows.items() if row.amount}
    open_rows = {key: row for key, row in open_rows.items() if row.amount}
    return Revaluation(Target(merge(amounts), rows), open_rows)


def _by_account(parts: Iterable[Part]) -> dict[int | None, dict[int, Decimal]]:
    result: dict[int | None, dict[int, Decimal]] = defaultdict(
        lambda: defaultdict(lambda: ZERO)
    )
    for part in parts:
        result[part.account][part.element] += part.amount
    return result


def _rounded_parts(
    quantity: Decimal,
    before: Mapping[int, Decimal],
    after: Mapping[int, Decimal],
    unit: Decimal,
) -> dict[int, Decimal]:
    """Change per element; the largest takes what rounding leaves of the total."""

    def value(content: Mapping[int, Decimal]) -> Decimal:
        return round_half_up(quantity * sum(content.values(), ZERO), unit)

    change = value(after) - value(before)
    exact = {
        element: quantity * (after.get(element, ZERO) - before.get(element, ZERO))
        for element in dict.fromkeys([*before, *after])
    }
    parts = {element: round_half_up(amount, unit) for element, amount in exact.items()}
    largest = max(exact, key=lambda element: (abs(exact[element]), -element))
    parts[largest] += change - sum(parts.values(), ZERO)
    return parts


def _row(
    key: Key,
    item: Restated,
    before: Mapping[int, Decimal],
    after: Mapping[int, Decimal],
    amount: Decimal,
) -> Row:
    element = key.element or 0
    return Row(
        REVALUATION,
        item.product,
        item.quantity,
        item.quantity,
        before.get(element, ZERO),
        after.get(element, ZERO),
        -amount,
    )


def _add(known: Row, row: Row) -> Row:
    return known._replace(
        amount=known.amount + row.amount,
        price_standard=known.price_standard + row.price_standard,
        price_actual=known.price_actual + row.price_actual,
    )
