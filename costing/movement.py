"""What movements other than those of an order owe the ledger.

Plain Python: no Odoo import. Deliveries and their returns under the trigger
``delivery``; goods scrapped, lost and found; goods that moved at another standard than
the one at which their document passes. Amounts in company currency (debit +),
quantities in the product's unit of measure.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from .entry import (
    APPLIED,
    COST_OF_SALES,
    MATERIAL,
    OUTPUT,
    Accounts,
    Amounts,
    Key,
    Relief,
    Standard,
    Target,
    Through,
    credit,
    merge,
    relieve,
    relieve_used,
)
from .variance import ZERO, Flow, Row

CHANGE = "standard_change"


def delivery_target(
    original: Standard,
    shipped: Iterable[tuple[Decimal, Standard]],
    accounts: Accounts,
    cost_of_sales: int,
) -> Target:
    """Entry of a delivery under the trigger ``delivery``; negative for a return.

    Dr cost of sales; Cr materials and conversion cost applied. ``shipped`` are the
    quantities with the card in force when each moved: materials go at that, cost of
    sales and applied at the ``original`` card. The difference is ``standard_change``:
    of materials in the entry, of conversion cost without one until the close.
    """
    card = original.card
    first = relieve(card, accounts, original.inner)
    quantity = ZERO
    parts: list[Amounts] = []
    rows: dict[Key, Row] = {}
    open_rows: dict[Key, Row] = {}
    for moved, standard in shipped:
        quantity += moved
        if standard.card == card and standard.inner == original.inner:
            parts.append(credit(first, moved))
            continue
        now = relieve(standard.card, accounts, standard.inner)
        parts.append(credit(_of_kind(now, MATERIAL), moved))
        parts.append(credit(_of_kind(first, APPLIED), moved))
        for kind, known in ((MATERIAL, rows), (APPLIED, open_rows)):
            changes = _change(_of_kind(first, kind), _of_kind(now, kind), moved)
            # its quantity is what came to stock, as under `completion`
            _add_changes(known, changes, card.product, -moved, accounts)
    sold = Key(cost_of_sales, None, COST_OF_SALES, card.product)
    values = {name: row.amount for name, row in rows.items()}
    amounts = merge([{sold: card.amount * quantity}, *parts, values])
    return Target(amounts, rows, open_rows)


def _of_kind(reliefs: Iterable[Relief], kind: str) -> list[Relief]:
    return [part for part in reliefs if part.kind == kind]


def _change(
    first: Iterable[Relief], now: Iterable[Relief], quantity: Decimal
) -> dict[int, Decimal]:
    """By element: what a quantity is relieved of now, less what it was at first."""
    result: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for sign, reliefs in ((-1, first), (1, now)):
        for part in reliefs:
            result[part.element] += sign * part.amount * quantity
    return {element: amount for element, amount in result.items() if amount}


def _add_changes(
    rows: dict[Key, Row],
    changes: Mapping[int, Decimal],
    product: int,
    quantity: Decimal,
    accounts: Accounts,
) -> None:
    for element, amount in changes.items():
        key = Key(accounts.variance[CHANGE], element, CHANGE, product)
        known = rows.get(key) or Row(CHANGE, product, *[ZERO] * 5)
        rows[key] = known._replace(
            quantity_standard=known.quantity_standard + quantity,
            quantity_actual=known.quantity_actual + quantity,
            amount=known.amount + amount,
        )


def material_loss(
    lost: Flow,
    kind: str,
    accounts: Accounts,
    through: Through,
    debit: int | None = None,
) -> Target:
    """A material scrapped or missing (negative: found), at its facts' amount.

    Dr the variance account of ``kind`` (or ``debit``, a location's own account); Cr the
    account that carries the material, or its own card's where it is costed at delivery.
    """
    element = accounts.material_element
    key = Key(debit or accounts.variance[kind], element, kind, lost.product)
    if not lost.stock_amount:
        return Target({}, {})
    stock = relieve_used(lost, accounts, through)
    row = _loss_row(kind, lost.product, lost.quantity, lost.unit, lost.stock_amount)
    return Target(merge([stock, {key: row.amount}]), {key: row})


def output_loss(
    lost: Iterable[tuple[Flow, Standard]],
    kind: str,
    accounts: Accounts,
    *,
    carried: bool,
    debit: int | None = None,
) -> Target:
    """A product scrapped or missing (negative: found), one row per cost element.

    Dr the elements' quantity-variance accounts (or ``debit``); Cr the product's stock
    account where one carries it (``carried``: trigger ``completion``), else materials
    and conversion cost applied through its card, like a delivery.
    """
    rows: dict[Key, Row] = {}
    stock: list[Amounts] = []
    for flow, standard in lost:
        reliefs = () if carried else relieve(standard.card, accounts, standard.inner)
        if carried:
            key = Key(accounts.stock[flow.product], None, OUTPUT, flow.product)
            stock.append({key: -flow.stock_amount})
            content = standard.card.content()
        else:
            stock.append(credit(reliefs, flow.quantity))
            content = _change((), reliefs, Decimal(1))
        amounts = {e: x * flow.quantity for e, x in content.items()}
        if carried:  # a price set by hand departs from the card in materials
            rest = flow.stock_amount - sum(amounts.values(), ZERO)
            material = accounts.material_element
            amounts[material] = amounts.get(material, ZERO) + rest
        for element, amount in amounts.items():
            account = debit or accounts.by_element[kind, element]
            key = Key(account, element, kind, flow.product)
            price = amount / flow.quantity if flow.quantity else ZERO
            row = _loss_row(kind, flow.product, flow.quantity, price, amount)
            rows[key] = _add(rows[key], row) if key in rows else row
    rows = {key: row for key, row in rows.items() if row.amount}
    values = {key: row.amount for key, row in rows.items()}
    return Target(merge([*stock, values]), rows)


def _loss_row(
    kind: str, product: int, quantity: Decimal, price: Decimal, amount: Decimal
) -> Row:
    return Row(kind, product, ZERO, quantity, price, price, amount)


def _add(known: Row, row: Row) -> Row:
    return known._replace(
        quantity_actual=known.quantity_actual + row.quantity_actual,
        amount=known.amount + row.amount,
    )
