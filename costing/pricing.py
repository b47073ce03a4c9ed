"""Standard prices of materials from what was paid for them.

Plain Python: no Odoo import. Quantities in the product's own unit of measure, amounts
in company currency, nothing is rounded.
"""

from decimal import Decimal
from typing import NamedTuple

ZERO = Decimal(0)
HUNDRED = Decimal(100)


class Bought(NamedTuple):
    """What was bought of a product: credit notes are taken off quantity and amount."""

    quantity: Decimal
    amount: Decimal
    documents: int = 0


def average_price(bought: Bought) -> Decimal | None:
    """Price per unit, weighted by quantity.

    None where nothing is left of what was bought, or less than nothing was paid for it:
    such purchases say nothing about the price.

    >>> average_price(Bought(Decimal(40), Decimal(210)))
    Decimal('5.25')
    """
    if bought.quantity <= ZERO or bought.amount < ZERO:
        return None
    return bought.amount / bought.quantity


def add_percent(price: Decimal, percent: Decimal) -> Decimal:
    """``price`` raised by ``percent``, or lowered; never below 0.

    >>> add_percent(Decimal(5), Decimal(3))
    Decimal('5.15')
    """
    return max(ZERO, price * (HUNDRED + percent) / HUNDRED)
