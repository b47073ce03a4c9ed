"""Variance kinds and the rows that one order explains itself with.

Plain Python: no Odoo import. Amounts are in company currency (positive = unfavourable),
quantities in the product's unit of measure, prices in company currency per unit.
Sources of the formulas: Horngren, Cost Accounting (price and efficiency variances);
Blocher, Cost Management (backflush costing).
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

ZERO = Decimal(0)

#: Kinds that stand on an element's price-variance account.
PRICE_KINDS = (
    "material_price",
    "material_issue_price",
    "labour_rate",
    "overhead_spending",
    "overhead_budget",
    "subcontract_price",
    "output_price",
    "unallocated",
)
#: Kinds that stand on an element's quantity-variance account.
QUANTITY_KINDS = (
    "material_usage",
    "material_substitution",
    "material_mix",
    "material_yield",
    "material_scrap",
    "material_count",
    "output_scrap",
    "output_count",
    "output_quantity",
    "labour_efficiency",
    "overhead_efficiency",
    "lot_size",
    "overhead_volume",
)
#: Kinds that stand on the material element's quantity-variance account.
RESIDUAL_KINDS = ("method", "rounding")
#: Kinds that stand on the company's revaluation account.
REVALUATION_KINDS = ("revaluation", "standard_change")
#: Kinds that go straight to cost of sales.
COST_OF_SALES_KINDS = ("timing",)

KINDS = (
    PRICE_KINDS
    + QUANTITY_KINDS
    + RESIDUAL_KINDS
    + REVALUATION_KINDS
    + COST_OF_SALES_KINDS
)


class Row(NamedTuple):
    """One explained difference; ``amount`` is unrounded until its entry rounds it."""

    kind: str
    product: int | None
    quantity_standard: Decimal
    quantity_actual: Decimal
    price_standard: Decimal
    price_actual: Decimal
    amount: Decimal


class Flow(NamedTuple):
    """What an order really used of one component, or made of one product.

    ``quantity`` and ``amount`` are sums of stock facts, both positive; ``price`` is
    today's standard, used only where nothing moved; ``actual_cost`` says that the
    product is valued at average or FIFO, so that its amount is no standard.
    """

    product: int
    quantity: Decimal
    amount: Decimal
    price: Decimal = ZERO
    actual_cost: bool = False

    @property
    def unit(self) -> Decimal:
        """Price per unit at which stock carried the quantity."""
        return self.amount / self.quantity if self.quantity else self.price


class Allowed(NamedTuple):
    """What the card allows of one component (or expects of one by-product)."""

    quantity: Decimal
    price: Decimal


def component_rows(used: Flow, allowed: Allowed | None) -> Iterable[Row]:
    """Usage at the card's price, and what stock's own price adds to it.

    On the card: ``material_usage`` = (AQ − SQ) × SP. Off the card everything used is
    ``material_substitution``. What is left, AQ × (stock's price − SP), is
    ``material_issue_price`` for materials at average or FIFO, else ``method``.
    """
    if allowed is None:
        if not used.actual_cost:
            yield _quantity_row("material_substitution", used, ZERO, used.unit)
            return
        yield _quantity_row("material_substitution", used, ZERO, used.price)
        price = used.price
    else:
        price = allowed.price
        yield _quantity_row("material_usage", used, allowed.quantity, price)
    kind = "material_issue_price" if used.actual_cost else "method"
    yield _price_row(kind, used, price)


def _quantity_row(kind: str, used: Flow, standard: Decimal, price: Decimal) -> Row:
    return Row(
        kind,
        used.product,
        standard,
        used.quantity,
        price,
        price,
        (used.quantity - standard) * price,
    )


def _price_row(kind: str, used: Flow, price: Decimal) -> Row:
    return Row(
        kind,
        used.product,
        used.quantity,
        used.quantity,
        price,
        used.unit,
        used.amount - used.quantity * price,
    )


def byproduct_rows(made: Flow, expected: Allowed) -> Iterable[Row]:
    """``output_price`` = expected × (card − stock price) and ``output_quantity`` =
    (expected − made) × stock price; together: what the card credits − what stock got.
    """
    price = made.unit
    yield Row(
        "output_price",
        made.product,
        expected.quantity,
        expected.quantity,
        expected.price,
        price,
        expected.quantity * (expected.price - price),
    )
    yield Row(
        "output_quantity",
        made.product,
        expected.quantity,
        made.quantity,
        price,
        price,
        expected.quantity * price - made.amount,
    )


def output_row(made: Flow, card_amount: Decimal) -> Row:
    """``method``: the card's total ≠ the price at which stock took the output."""
    return Row(
        "method",
        made.product,
        made.quantity,
        made.quantity,
        card_amount,
        made.unit,
        made.quantity * card_amount - made.amount,
    )


def price_row(
    product: int, quantity: Decimal, standard_amount: Decimal, billed: Decimal
) -> Row:
    """``material_price`` of one bill line: what was billed − what passes at standard.

    ``standard_amount`` is Σ matched quantity × the standard at which it passed.
    """
    return Row(
        "material_price",
        product,
        quantity,
        quantity,
        standard_amount / quantity if quantity else ZERO,
        billed / quantity if quantity else ZERO,
        billed - standard_amount,
    )
