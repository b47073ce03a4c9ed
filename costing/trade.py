"""What goods owe that their bill or invoice has not passed at their standard.

Plain Python: no Odoo import. Amounts in company currency (debit +), quantities in the
product's unit of measure.
"""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from .entry import Accounts, Amounts, Key, Target, merge
from .variance import KINDS, ZERO, Flow, Row, change_rows

CHANGE = "standard_change"
PASSED = "passed"
RESTATED = "restated"


class Passed(NamedTuple):
    """A quantity that its document passed at another standard than that of its goods.

    ``quantity`` is what came to stock, negative for what left it; ``counter`` takes the
    difference.
    """

    quantity: Decimal
    passed: Decimal
    standard: Decimal
    counter: Key

    @property
    def amount(self) -> Decimal:
        return self.quantity * (self.standard - self.passed)


def trade_target(
    product: int, passed: Iterable[Passed], changes: Iterable[Flow], accounts: Accounts
) -> Target:
    """Entry of goods that came or went, beyond what their documents book.

    Dr stock what the documents have not passed; Cr the account that took it on the
    document. ``changes`` are what stock carries more than the documents bring, because
    the standard has changed since: Cr ``standard_change`` per cost element.
    """
    stock = Key(accounts.stock[product], accounts.material_element, PASSED, product)
    parts: list[Amounts] = []
    rows: dict[Key, Row] = {}
    for one in passed:
        parts.append(merge([{stock: one.amount}, {one.counter: -one.amount}]))
        if one.counter.kind in KINDS and one.amount:
            row = Row(
                one.counter.kind,
                product,
                one.quantity,
                one.quantity,
                one.standard,
                one.passed,
                -one.amount,
            )
            rows[one.counter] = _add(rows.get(one.counter), row)
    restated = restated_target(_sum(product, changes), accounts)
    return Target(
        merge([*parts, restated.amounts]),
        {key: row for key, row in (rows | restated.rows).items() if row.amount},
    )


def restated_target(flow: Flow, accounts: Accounts) -> Target:
    """Goods that came in at another standard than the one their document passes at.

    ``flow.change`` is what stock carries more than the document brings (negative when
    goods went out): Dr stock; Cr ``standard_change`` per cost element.
    """
    if not flow.change and not flow.parts:
        return Target({}, {})
    account = accounts.variance[CHANGE]
    rows = {
        Key(account, element, CHANGE, flow.product): row
        for element, row in change_rows(flow, -1, accounts.material_element).items()
    }
    stock = Key(accounts.stock[flow.product], None, RESTATED, flow.product)
    values = {key: row.amount for key, row in rows.items()}
    return Target(merge([{stock: flow.change}, values]), rows)


def _sum(product: int, changes: Iterable[Flow]) -> Flow:
    quantity, change = ZERO, ZERO
    parts: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for flow in changes:
        quantity += flow.quantity
        change += flow.change
        for element, amount in flow.parts:
            parts[element] += amount
    split = tuple(sorted(parts.items()))
    return Flow(product, quantity, ZERO, change=change, parts=split)


def fee_rows(
    product: int, fees: Iterable[tuple[Decimal, Decimal, Decimal]], key: Key
) -> dict[Key, Row]:
    """``subcontract_price`` that a standard fee known only later adds; no entry.

    ``fees`` are quantities with the fee at which the bill passed and the one of the
    card by which the goods were made.
    """
    rows: dict[Key, Row] = {}
    for quantity, passed, fee in fees:
        amount = quantity * (passed - fee)
        row = Row(key.kind, product, quantity, quantity, fee, passed, amount)
        rows[key] = _add(rows.get(key), row)
    return {key: row for key, row in rows.items() if row.amount}


def _add(known: Row | None, row: Row) -> Row:
    if known is None:
        return row
    return row._replace(
        quantity_standard=known.quantity_standard + row.quantity_standard,
        quantity_actual=known.quantity_actual + row.quantity_actual,
        amount=known.amount + row.amount,
    )
