"""What a card is made of, put together so that two cards can be compared.

Plain Python: no Odoo import. Amounts are Decimal in company currency per unit of the
product, times in hours.
"""

from collections import defaultdict
from decimal import Decimal
from typing import NamedTuple

from .rollup import allowed_hours
from .structure import BYPRODUCT, COMPONENT, ZERO, Card, CardLine

#: Credits are compared as shares of the gross cost, which are whole hundredths percent.
SHARE_GRID = Decimal("1e-9")


class Need(NamedTuple):
    """A component of a card, all its lines together."""

    quantity: Decimal
    price: Decimal


class Hours(NamedTuple):
    """An operation's time in one cost element, all its lines together."""

    quantity: Decimal
    rate: Decimal
    amount: Decimal
    lines: tuple[CardLine, ...]


class Step(NamedTuple):
    """What makes an operation, or a fee, the same one on two cards."""

    type: str
    product: int | None
    operation: int | None
    workcenter: int | None


def is_bought(card: Card) -> bool:
    """A product that is bought has a card of one line: itself at its price."""
    return any(
        line.type == COMPONENT and line.product == card.product for line in card.lines
    )


def get_needs(card: Card) -> dict[int, Need]:
    """{component: what one unit needs of it}"""
    needs: dict[int, Need] = {}
    for line in card.lines:
        if line.type == COMPONENT and line.product is not None:
            known = needs.get(line.product)
            quantity = line.quantity + (known.quantity if known else ZERO)
            needs[line.product] = Need(quantity, line.rate)
    return needs


def get_steps(card: Card) -> dict[Step, dict[int, Hours]]:
    """Operations and fees of a card, by cost element."""
    result: dict[Step, dict[int, Hours]] = defaultdict(dict)
    for line in card.lines:
        if line.type in (COMPONENT, BYPRODUCT):
            continue
        step = Step(line.type, line.product, line.operation, line.workcenter)
        known = result[step].get(line.element, Hours(ZERO, ZERO, ZERO, ()))
        result[step][line.element] = Hours(
            known.quantity + line.quantity,
            line.rate,
            known.amount + line.amount,
            (*known.lines, line),
        )
    return result


def get_unit_hours(line: CardLine, lot: Decimal) -> Decimal:
    """Hours per unit when the operation runs over ``lot``."""
    return allowed_hours(line.fixed_hours, line.cycle_hours, line.capacity, lot) / lot


def get_gross(card: Card) -> Decimal:
    """Cost of a card before its by-products take their share."""
    return sum((line.amount for line in card.lines if line.type != BYPRODUCT), ZERO)


def get_share(card: Card) -> Decimal | None:
    """The by-products' part of the gross cost; None where there is no cost to share."""
    gross = get_gross(card)
    credit = sum((line.amount for line in card.lines if line.type == BYPRODUCT), ZERO)
    return (-credit / gross).quantize(SHARE_GRID) if gross else None
