"""The journal entry of a period close: its lines by step, each step in balance.

Plain Python: no Odoo import. Amounts are Decimal in company currency, debit +.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from .disposition import CAPITALISED, Part
from .rounding import round_half_up

ZERO = Decimal(0)

#: Steps, in the order in which they are booked; the adjustment is an entry of its own.
ADJUST = "adjust"
ROUNDING, USAGE, CONVERSION, CAPITALISE, WRITE_OFF, RELEASE = (
    "rounding",
    "usage",
    "conversion",
    "capitalise",
    "write_off",
    "release",
)


class Line(NamedTuple):
    """An item of the entry; items of different steps are never merged."""

    step: str
    account: int
    amount: Decimal


class Cleared(NamedTuple):
    """Conversion cost of an element: what its two accounts hold (credit of applied)."""

    control_account: int
    control: Decimal
    applied_account: int
    applied: Decimal


def usage_lines(
    rows: Mapping[int, Decimal], stood: Mapping[int, Decimal], unit: Decimal
) -> list[Line]:
    """Open usage, from where it ``stood`` to the accounts of its ``rows``.

    Rows are whole units; the largest credit takes what rounding the others leaves.

    >>> usage_lines({1: Decimal(3)}, {2: Decimal(1), 3: Decimal(2)}, Decimal(1))[1:]
    [Line(step='usage', account=2, amount=Decimal('-1')), \
Line(step='usage', account=3, amount=Decimal('-2'))]
    """
    credits = {x: -round_half_up(amount, unit) for x, amount in stood.items()}
    if credits:
        largest = max(credits, key=lambda account: abs(credits[account]))
        left = sum(rows.values(), ZERO) + sum(credits.values(), ZERO)
        credits[largest] -= left
    return merge(USAGE, [*rows.items(), *credits.items()])


def rounding_lines(residues: Mapping[int, Decimal], account: int) -> list[Line]:
    """What rounding has left on stock accounts, off them: to ``account``.

    >>> rounding_lines({1: Decimal("0.01")}, 2)[0]
    Line(step='rounding', account=1, amount=Decimal('-0.01'))
    """
    amounts = [(stock, -amount) for stock, amount in residues.items()]
    return merge(ROUNDING, [*amounts, (account, sum(residues.values(), ZERO))])


def conversion_lines(
    rows: Mapping[int, Decimal], elements: Iterable[Cleared]
) -> list[Line]:
    """Applied against control, with the accounts of the rows that explain the rest.

    Where an element has one account for both, its line is the difference.
    """
    amounts = list(rows.items())
    for element in elements:
        amounts.append((element.applied_account, element.applied))
        amounts.append((element.control_account, -element.control))
    return merge(CONVERSION, amounts)


def disposition_lines(
    parts: Iterable[Part], cost_of_sales: int, capitalised: int
) -> list[Line]:
    """Variances off their accounts: capitalised for goods on hand, else expensed."""
    kept, expensed = [], []
    for part in parts:
        if part.place in CAPITALISED:
            kept += [(capitalised, part.amount), (part.account, -part.amount)]
        else:
            expensed += [(cost_of_sales, part.amount), (part.account, -part.amount)]
    return merge(CAPITALISE, kept) + merge(WRITE_OFF, expensed)


def release_lines(parts: Iterable[Part], capitalised: int) -> list[Line]:
    """What was capitalised, back to the accounts that it came from."""
    lines = disposition_lines(
        [x for x in parts if x.place in CAPITALISED], 0, capitalised
    )
    return [Line(RELEASE, line.account, -line.amount) for line in lines]


def merge(step: str, amounts: Iterable[tuple[int, Decimal]]) -> list[Line]:
    """By account, in the order of their first appearance; nothing has no line."""
    totals: dict[int, Decimal] = defaultdict(Decimal)
    for account, amount in amounts:
        totals[account] += amount
    return [Line(step, account, amount) for account, amount in totals.items() if amount]
