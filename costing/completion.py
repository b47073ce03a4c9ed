"""What a finished (or unbuilt) order owes the ledger, and the rows that explain it.

Plain Python: no Odoo import. Amounts in company currency (debit +) and not rounded,
quantities in the product's unit of measure.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from .blend import Measure, Part, find_blend, split_usage
from .entry import (
    APPLIED,
    OUTPUT,
    Accounts,
    Card,
    Key,
    Target,
    Through,
    merge,
    relieve_used,
)
from .variance import (
    ZERO,
    Allowed,
    Flow,
    Row,
    byproduct_rows,
    change_rows,
    component_rows,
    output_row,
)

#: Signs of what a dearer standard means for an order.
USED, MADE = 1, -1


@dataclass(frozen=True)
class Completion:
    """Facts of one order: what it made (``output`` first), gave besides and used.

    ``main`` is the material with which the order stands that is costed at delivery; on
    other accounts it stands with the material that each amount is about. ``measures``
    are those of the components (and of the output) of a blend; empty for others.
    """

    output: Flow
    byproducts: Sequence[Flow] = ()
    used: Sequence[Flow] = ()
    through: Through = field(default_factory=dict)
    main: int | None = None
    measures: Mapping[int, Measure] = field(default_factory=dict)


def completion_target(card: Card, order: Completion, accounts: Accounts) -> Target:
    """Entry of a finished order under the trigger ``completion``, unrounded.

    Dr stock of what was made (facts); Cr stock of what was used (facts) and conversion
    cost applied (card × good output); ± the rows between them.
    """
    stock = merge(
        [
            {Key(accounts.stock[made.product], None, OUTPUT, made.product): amount}
            for made in (order.output, *order.byproducts)
            if (amount := made.stock_amount)
        ]
        + [relieve_used(used, accounts, order.through) for used in order.used]
    )
    applied = [
        {Key(accounts.applied[line.element], line.element, APPLIED, None): amount}
        for line in card.lines
        if line.type in ("operation", "fee")
        and (amount := -line.amount * order.output.quantity)
    ]
    rows = _keyed_rows(order_rows(card, order), accounts)
    rows |= _change_rows(order, accounts)
    values = {key: row.amount for key, row in rows.items()}
    return Target(merge([stock, *applied, values]), rows)


def _keyed_rows(rows: Iterable[Row], accounts: Accounts) -> dict[Key, Row]:
    result: dict[Key, Row] = {}
    for row in rows:
        account = accounts.variance[row.kind]
        key = Key(account, accounts.material_element, row.kind, row.product)
        known = result.get(key)
        if known:
            row = row._replace(amount=known.amount + row.amount)
        result[key] = row
    return {key: row for key, row in result.items() if row.amount}


def _change_rows(order: Completion, accounts: Accounts) -> dict[Key, Row]:
    """``standard_change``: what moved at another standard than the first booking's."""
    flows = [(flow, USED) for flow in order.used]
    flows += [(flow, MADE) for flow in (order.output, *order.byproducts)]
    totals: dict[tuple[int, int], Decimal] = defaultdict(lambda: ZERO)
    for flow, sign in flows:
        if flow.change or flow.parts or flow.materials:
            for place, amount in _changes(flow, sign, order, accounts):
                totals[place] += amount
    if not totals:
        return {}
    account = accounts.variance["standard_change"]
    quantity = order.output.quantity
    return {
        Key(account, element, "standard_change", product): Row(
            "standard_change", product, quantity, quantity, ZERO, ZERO, amount
        )
        for (element, product), amount in totals.items()
        if amount
    }


def _changes(
    flow: Flow, sign: int, order: Completion, accounts: Accounts
) -> Iterator[tuple[tuple[int, int], Decimal]]:
    """((element, product that it is about), amount) of what a flow changes.

    All of it is about what the order makes. Costed at delivery, an order stands with
    its materials: what does so on another account than the main one's is about them.
    """
    made, material = order.output.product, accounts.material_element
    if order.main and sign == USED and flow.product not in order.through:
        # it stands on an account of its own, with its conversion cost
        flow = flow._replace(parts=())
    rows = {x: row.amount for x, row in change_rows(flow, sign, material).items()}
    if order.main:
        own = flow.product if sign == USED else made
        parts = [(product, sign * part) for product, part in flow.materials]
        rest = rows.pop(material, ZERO) - sum((part for _x, part in parts), ZERO)
        for product, part in [*parts, (own, rest)]:
            if part:
                yield (material, _stands_with(product, order, accounts)), part
    for element, amount in rows.items():
        yield (element, made), amount


def _stands_with(product: int, order: Completion, accounts: Accounts) -> int:
    """What the order makes, for what stands on the account of its main material."""
    made = order.output.product
    if product == made or accounts.stock[product] == accounts.stock[order.main or 0]:
        return made
    return product


def order_rows(card: Card, order: Completion) -> list[Row]:
    """Material and output rows of an order; the same for both triggers."""
    quantity = order.output.quantity
    allowed = card.allowed("component", quantity)
    expected = card.allowed("byproduct", quantity)
    used = {flow.product: flow for flow in order.used}
    made = {flow.product: flow for flow in order.byproducts}
    rows: list[Row] = []
    for product in {**allowed, **used}:
        flow = used.get(product) or Flow(product, ZERO, ZERO)
        rows += component_rows(flow, allowed.get(product))
    if order.measures:
        rows = split_usage(rows, _find_blend(card, order), order.measures)
    for product in {**expected, **made}:
        flow = made.get(product) or Flow(product, ZERO, ZERO, expected[product].price)
        rows += byproduct_rows(flow, expected.get(product, Allowed(ZERO, flow.unit)))
    rows.append(output_row(order.output, card.amount))
    return [row for row in rows if row.amount]


def _find_blend(card: Card, order: Completion) -> dict[int, Decimal]:
    """Standard quantities per unit of what is blended, in the unit that it shares."""
    parts = [
        Part(line.product, abs(line.quantity), line.amount)
        for line in card.lines
        if line.type == "component" and line.product is not None
    ]
    return find_blend(parts, order.measures, order.measures.get(card.product))
