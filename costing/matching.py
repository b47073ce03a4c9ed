"""Matching bills and invoices to stock facts, oldest first.

Plain Python: no Odoo import. Quantities in the product's unit of measure, standards and
amounts in company currency.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from .variance import ZERO


class Moved(NamedTuple):
    """One stock fact as a bill or invoice sees it: a later correction is negative.

    ``standard`` is the price at which the quantity passes; 0 where something else has
    already costed it.
    """

    quantity: Decimal
    standard: Decimal


class Match(NamedTuple):
    """What a document's quantity was matched to, and the amount that passes with it."""

    quantity: Decimal
    amount: Decimal


def match_oldest_first(
    moved: Iterable[Moved], already: Decimal, quantity: Decimal
) -> Match:
    """Match ``quantity`` to what moved, after ``already`` was matched by others.

    >>> facts = [Moved(Decimal(10), Decimal(5)), Moved(Decimal(10), Decimal(6))]
    >>> match_oldest_first(facts, Decimal(8), Decimal(4))
    Match(quantity=Decimal('4'), amount=Decimal('22'))
    """
    upper = _taken(moved := _net(moved), already + quantity)
    lower = _taken(moved, already)
    return Match(upper.quantity - lower.quantity, upper.amount - lower.amount)


def _net(moved: Iterable[Moved]) -> list[Moved]:
    """Let negative corrections take away from the newest quantity before them."""
    result: list[Moved] = []
    for fact in moved:
        rest = fact.quantity
        while rest < 0 and result:
            last = result.pop()
            rest += last.quantity
            if rest > 0:
                result.append(last._replace(quantity=rest))
        if fact.quantity > 0:
            result.append(fact)
    return result


def _taken(moved: Iterable[Moved], quantity: Decimal) -> Match:
    taken, amount = ZERO, ZERO
    for fact in moved:
        part = min(fact.quantity, quantity - taken)
        if part <= 0:
            break
        taken += part
        amount += part * fact.standard
    return Match(taken, amount)
