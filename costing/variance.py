"""Variance kinds and the rows that one order explains itself with.

Plain Python: no Odoo import. Amounts are in company currency (positive = unfavourable),
quantities in the product's unit of measure, prices in company currency per unit.
Sources of the formulas: Horngren, Cost Accounting (price and efficiency variances);
Blocher, Cost Management (backflush costing).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
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
#: Kinds that are about a component, whatever the order makes.
COMPONENT_KINDS = (
    "material_usage",
    "material_mix",
    "material_yield",
    "material_substitution",
    "material_issue_price",
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

    ``quantity`` and ``amount`` are sums of stock facts, both positive; ``amount`` is at
    the prices of the day on which the event was first booked. What stock carried more
    than that, because the standard has changed since, is ``change``; ``parts`` is how
    much of it belongs to conversion elements, ``materials`` how much to which material
    (of goods costed at delivery, which stand with their materials). ``price`` is
    today's standard, used only where nothing moved; ``actual_cost`` says that the
    product is valued at average or FIFO, so that its amount is no standard; ``owned``
    is the part of the quantity that belongs to somebody else and has no amount.
    """

    product: int
    quantity: Decimal
    amount: Decimal
    price: Decimal = ZERO
    actual_cost: bool = False
    change: Decimal = ZERO
    parts: tuple[tuple[int, Decimal], ...] = ()
    owned: Decimal = ZERO
    materials: tuple[tuple[int, Decimal], ...] = ()

    @property
    def unit(self) -> Decimal:
        """Price per unit at which stock carried the quantity."""
        valued = self.quantity - self.owned
        return self.amount / valued if valued else self.price

    @property
    def stock_amount(self) -> Decimal:
        """What the stock account gives or takes: at the standards of the facts."""
        return self.amount + self.change


class Allowed(NamedTuple):
    """What the card allows of one component (or expects of one by-product)."""

    quantity: Decimal
    price: Decimal


def component_rows(used: Flow, allowed: Allowed | None) -> Iterable[Row]:
    """Usage at the card's price, and what stock's own price adds to it.

    On the card: ``material_usage`` = (AQ − SQ) × SP. Off the card everything used is
    ``material_substitution``. What is left of the own goods, AQ × (stock's price − SP),
    is ``material_issue_price`` for materials at average or FIFO, else ``method``. Goods
    of another owner cost nothing: ``material_issue_price`` takes their standard back.
    """
    if allowed is None:
        price = used.price if used.actual_cost else used.unit
        yield _quantity_row("material_substitution", used, ZERO, price)
    else:
        price = allowed.price
        yield _quantity_row("material_usage", used, allowed.quantity, price)
    own = used.quantity - used.owned
    kind = "material_issue_price" if used.actual_cost else "method"
    yield _price_row(kind, used.product, own, price, used.amount)
    yield _price_row("material_issue_price", used.product, used.owned, price, ZERO)


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


def _price_row(
    kind: str, product: int, quantity: Decimal, price: Decimal, amount: Decimal
) -> Row:
    actual = amount / quantity if quantity else price
    change = amount - quantity * price
    return Row(kind, product, quantity, quantity, price, actual, change)


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


class Measured(NamedTuple):
    """One stock fact: positive quantity and amount, and the split of its card.

    ``content`` is the amount per unit by cost element of the card in force at that
    moment; empty for what has no card. ``materials`` is the same by material, for goods
    costed at delivery.
    """

    quantity: Decimal
    standard: Decimal
    amount: Decimal
    content: Mapping[int, Decimal] = {}
    materials: Mapping[int, Decimal] = {}


class Original(NamedTuple):
    """The standard at which an event was first booked, and the split of its card."""

    unit: Decimal
    content: Mapping[int, Decimal] = {}
    materials: Mapping[int, Decimal] = {}


def restate(
    facts: Iterable[Measured], original: Original, material_element: int
) -> tuple[Decimal, Decimal, tuple[tuple[int, Decimal], ...]]:
    """Σ of facts at the original standard, what today's adds to it, and its split.

    The split names the conversion elements; the rest of the change is material.
    """
    amount, change = ZERO, ZERO
    parts: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for fact in facts:
        if fact.standard == original.unit:
            amount += fact.amount
        else:
            amount += fact.quantity * original.unit
            change += fact.amount - fact.quantity * original.unit
        if not fact.content or not original.content:
            continue
        for element in fact.content.keys() | original.content.keys():
            before = original.content.get(element, ZERO)
            part = fact.quantity * (fact.content.get(element, ZERO) - before)
            if part and element != material_element:
                parts[element] += part
    return amount, change, tuple(sorted(parts.items()))


def material_changes(
    facts: Iterable[Measured], original: Original
) -> tuple[tuple[int, Decimal], ...]:
    """What facts carry more of each material than at the original standard.

    Of goods costed at delivery: it stands on the account of that material. Nothing
    where the materials of either are not known.
    """
    changes: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for fact in facts:
        if not fact.materials or not original.materials:
            continue
        for product in fact.materials.keys() | original.materials.keys():
            before = original.materials.get(product, ZERO)
            now = fact.materials.get(product, ZERO)
            changes[product] += fact.quantity * (now - before)
    return tuple(sorted((x, amount) for x, amount in changes.items() if amount))


def change_rows(flow: Flow, sign: int, material_element: int) -> dict[int, Row]:
    """``standard_change`` rows of a flow by cost element.

    ``sign`` is 1 for what is used up, −1 for what comes to stock: a dearer standard of
    what is used is unfavourable, of what is gained favourable.
    """
    parts = dict(flow.parts)
    rest = flow.change - sum(parts.values(), ZERO)
    parts[material_element] = parts.get(material_element, ZERO) + rest
    return {
        element: Row(
            "standard_change",
            flow.product,
            flow.quantity,
            flow.quantity,
            ZERO,
            ZERO,
            sign * amount,
        )
        for element, amount in parts.items()
        if amount
    }
