"""What an analysis says of one variance: its type, and whether it is exceptional.

Plain Python: no Odoo import. Amounts in company currency (positive = unfavourable),
percentages as 0 to 100. Source: Horngren, Cost Accounting (management by exception:
investigate what exceeds an amount or a percentage, whichever is reached first).
"""

from decimal import Decimal

from .variance import (
    COST_OF_SALES_KINDS,
    PRICE_KINDS,
    QUANTITY_KINDS,
    RESIDUAL_KINDS,
    REVALUATION_KINDS,
    ZERO,
)

PRICE, QUANTITY, NEITHER = "price", "quantity", "neither"
#: The kinds of each type.
TYPES: dict[str, tuple[str, ...]] = {
    PRICE: PRICE_KINDS + REVALUATION_KINDS,
    QUANTITY: QUANTITY_KINDS + RESIDUAL_KINDS,
    NEITHER: COST_OF_SALES_KINDS,
}
_TYPE_BY_KIND = {kind: name for name, kinds in TYPES.items() for kind in kinds}

#: Kinds about how long work took: who leads the people or the machine can tell.
TIME_KINDS = (
    "labour_rate",
    "labour_efficiency",
    "overhead_efficiency",
    "overhead_spending",
    "overhead_budget",
    "overhead_volume",
    "unallocated",
)
#: Kinds about what a vendor charged.
VENDOR_KINDS = ("material_price", "subcontract_price")


def variance_type(kind: str) -> str:
    """Whether a price or a quantity departed from the standard."""
    return _TYPE_BY_KIND.get(kind, NEITHER)


def percent(amount: Decimal, standard: Decimal) -> Decimal | None:
    """The variance in percent of its standard amount; None where there is none."""
    return 100 * amount / abs(standard) if standard else None


def is_exceptional(
    amount: Decimal, standard: Decimal, amount_from: Decimal, percent_from: Decimal
) -> bool:
    """Whether a variance reaches a threshold; a threshold of zero is not used.

    ``standard`` is standard quantity × standard price. Where the standard allows
    nothing there is no percentage, and the amount alone decides.
    """
    if not amount:
        return False
    if amount_from > ZERO and abs(amount) >= amount_from:
        return True
    share = percent(abs(amount), standard)
    return percent_from > ZERO and share is not None and share >= percent_from
