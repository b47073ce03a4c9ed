"""What an event owes the ledger, and the rounded difference to what is booked.

Plain Python: no Odoo import. The models read facts, call these functions with plain
values and write what comes back. Amounts are Decimal in company currency (debit +),
quantities in the product's unit of measure.

An event's *target* has a stock side (the sum of its stock facts) and an absorption side
(the frozen card × the quantities of those facts); usage, substitution, by-product
differences and ``method`` stand between them. Posting books ``target − booked``, so it
can run any number of times, in any order, after any correction.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from .blend import get_whole
from .rounding import add_wholes, allocate_groups, allocate_within, round_half_up
from .variance import (
    KINDS,
    ZERO,
    Allowed,
    Flow,
    Row,
)

#: Kinds of posting lines that are no variance.
OUTPUT = "output"
MATERIAL = "material"
APPLIED = "applied"
COST_OF_SALES = "cost_of_sales"


class Key(NamedTuple):
    """One line of a posting. ``None`` where an amount belongs to no product."""

    account: int
    element: int | None
    kind: str
    product: int | None


Amounts = dict[Key, Decimal]


class CardLine(NamedTuple):
    """A line of a standard cost card, per unit of the card's product."""

    type: str  # component | operation | byproduct | fee
    element: int
    product: int | None
    quantity: Decimal
    rate: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Card:
    """A frozen standard: its lines add up to ``amount`` per unit."""

    product: int
    amount: Decimal
    lines: tuple[CardLine, ...]

    def allowed(self, line_type: str, quantity: Decimal) -> dict[int, Allowed]:
        """What ``quantity`` units allow per component or by-product, and its price."""
        result: dict[int, Allowed] = {}
        for line in self.lines:
            if line.type == line_type and line.product is not None:
                known = result.get(line.product, Allowed(ZERO, line.rate))
                total = known.quantity + abs(line.quantity) * quantity
                result[line.product] = Allowed(total, line.rate)
        return result

    def price(self, product: int) -> Decimal | None:
        """Price per unit of what the card has a line of, else None."""
        rates = (line.rate for line in self.lines if line.product == product)
        return next(rates, None)

    def content(self) -> dict[int, Decimal]:
        """Amount per unit by cost element."""
        result: dict[int, Decimal] = defaultdict(lambda: ZERO)
        for line in self.lines:
            result[line.element] += line.amount
        return dict(result)


@dataclass(frozen=True)
class Accounts:
    """Where amounts go: plain account ids, looked up by the models.

    ``stock`` is the account that carries (and relieves) each product, ``applied`` is
    per cost element, ``variance`` per kind, all of the material element, and
    ``by_element`` per kind and cost element.
    """

    material_element: int
    stock: Mapping[int, int]
    applied: Mapping[int, int]
    variance: Mapping[str, int]
    by_element: Mapping[tuple[str, int], int] = field(default_factory=dict)


class Standard(NamedTuple):
    """A card with the cards of its components that are costed at delivery."""

    card: Card
    inner: Mapping[int, Card] = {}


#: What was used of products that are costed at delivery: positive amounts with the card
#: in force at each fact, by product.
Through = Mapping[int, Sequence[tuple[Decimal, Standard]]]


@dataclass(frozen=True)
class Target:
    """Amounts of an entry, the variance rows among them, and rows without entry.

    All by the same kind of key; ``open_rows`` wait for the close, or stand on an entry
    that Odoo has made.
    """

    amounts: Amounts
    rows: dict[Key, Row]
    open_rows: dict[Key, Row] = field(default_factory=dict)


def merge(parts: Iterable[Amounts]) -> Amounts:
    """Sum of several sets of amounts; keys that cancel out are dropped."""
    total: Amounts = defaultdict(lambda: ZERO)
    for amounts in parts:
        for key, amount in amounts.items():
            total[key] += amount
    return {key: amount for key, amount in total.items() if amount}


def delta(target: Amounts, booked: Amounts) -> Amounts:
    """What is still to be booked: target − booked."""
    return merge([target, {key: -amount for key, amount in booked.items()}])


def freeze_accounts(target: Amounts, booked: Amounts) -> Amounts:
    """Keep the accounts of the first booking.

    A correction must undo where the original stands, also when the user has meanwhile
    chosen another account for the category or element.
    """
    known = {key[1:]: key.account for key in booked}
    return merge(
        {key._replace(account=known.get(key[1:], key.account)): amount}
        for key, amount in target.items()
    )


def round_target(amounts: Amounts, unit: Decimal, rounding: Key) -> Amounts:
    """Round so that each account's total is rounded once and the entry balances.

    The parts of one account add up to its rounded total; the largest part takes the
    remaining units, and mix and yield are parts of one. What the rounded totals lack to
    zero goes to ``rounding``.
    """
    by_account: dict[int, Amounts] = defaultdict(dict)
    for key, amount in amounts.items():
        by_account[key.account][key] = amount
    rounded: Amounts = {}
    for parts in by_account.values():
        rounded.update(allocate_groups(parts, get_whole, unit))
    residue = -sum(rounded.values(), ZERO)
    return merge([rounded, {rounding: residue}])


class Relief(NamedTuple):
    """Where one unit of a product is relieved from; amount per unit, positive."""

    account: int
    element: int
    kind: str
    product: int | None
    amount: Decimal


def relieve(
    card: Card, accounts: Accounts, cards: Mapping[int, Card]
) -> tuple[Relief, ...]:
    """Unit relief of a card: materials from their accounts, conversion from applied.

    A component with a card of its own in ``cards`` (it is costed at delivery, so no
    stock account carries it) is relieved through that card, at the amount of its line:
    a card that was kept when the component's changed is relieved of no more than its
    own amount. A by-product's credit stays with the card's `main_material`.
    """
    result: list[Relief] = []
    for line in card.lines:
        # bought goods are on their own card: that is their price, not a sub-assembly
        inner_card = (
            cards.get(line.product or 0) if line.product != card.product else None
        )
        if line.type == "component" and inner_card:
            inner = relieve(inner_card, accounts, cards)
            units = _count_units(line, inner_card)
            result += [part._replace(amount=part.amount * units) for part in inner]
        elif line.type == "component":
            account = accounts.stock[line.product or 0]
            result.append(
                Relief(account, line.element, MATERIAL, line.product, line.amount)
            )
        elif line.type != "byproduct":
            account = accounts.applied[line.element]
            result.append(Relief(account, line.element, APPLIED, None, line.amount))
    return (*result, *_byproduct_credit(card, accounts, cards))


def main_material(card: Card, cards: Mapping[int, Card]) -> int | None:
    """The material on whose account the by-products of a card stand.

    That of the line with the largest amount (ties: the first); a component with a card
    of its own in ``cards`` stands on no account, but through that card.
    """
    lines = [line for line in card.lines if line.type == "component" and line.product]
    # sorted() is stable: the first of equal amounts stays first
    for line in sorted(lines, key=lambda line: -line.amount):
        inner = cards.get(line.product or 0) if line.product != card.product else None
        if found := main_material(inner, cards) if inner else line.product:
            return found
    return None


def _count_units(line: CardLine, inner: Card) -> Decimal:
    """How often ``inner`` goes into a line: its quantity, unless prices differ."""
    if line.rate == inner.amount or not inner.amount:
        return line.quantity
    return line.amount / inner.amount


def _byproduct_credit(
    card: Card, accounts: Accounts, cards: Mapping[int, Card]
) -> Sequence[Relief]:
    lines = [line for line in card.lines if line.type == "byproduct"]
    amount = sum((line.amount for line in lines), ZERO)
    product = main_material(card, cards) if amount else None
    if not product:
        return ()
    account = accounts.stock[product]
    return (Relief(account, lines[0].element, MATERIAL, product, amount),)


def element_content(parts: Iterable[Relief]) -> dict[int, Decimal]:
    """Amount per unit by cost element of what one unit is relieved of."""
    result: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for part in parts:
        result[part.element] += part.amount
    return dict(result)


def credit(parts: Iterable[Relief], quantity: Decimal) -> Amounts:
    return merge(
        {Key(p.account, p.element, p.kind, p.product): -p.amount * quantity}
        for p in parts
    )


def relieve_used(used: Flow, accounts: Accounts, through: Through) -> Amounts:
    """Credit of a component: its facts' amount, or through its own card.

    A component that is itself costed at delivery stands on no stock account: the amount
    of its facts is spread over the accounts of the card that was in force when they
    happened, in proportion, so nothing is left over.
    """
    parts = [(x, s) for x, s in through.get(used.product, ()) if s.card.amount]
    spread = [
        credit(
            relieve(standard.card, accounts, standard.inner), x / standard.card.amount
        )
        for x, standard in parts
    ]
    rest = used.stock_amount - sum((amount for amount, _standard in parts), ZERO)
    if not rest:
        return merge(spread)
    key = Key(
        accounts.stock[used.product], accounts.material_element, MATERIAL, used.product
    )
    return merge([*spread, {key: -rest}])


class Recorded(NamedTuple):
    """Σ of the variance rows already recorded under one key."""

    quantity_standard: Decimal = ZERO
    quantity_actual: Decimal = ZERO
    amount: Decimal = ZERO


def owed(
    target: Target,
    booked: Amounts,
    recorded: Mapping[Key, Recorded],
    open_recorded: Mapping[Key, Recorded],
    unit: Decimal,
    rounding: Key,
) -> Target:
    """What an event still owes: amounts to book and variance rows to record.

    ``booked`` and ``recorded`` are what its standing postings hold, ``open_recorded``
    the rows that no entry of theirs carries; ``unit`` is the currency's rounding,
    ``rounding`` the line that takes what rounding leaves.
    """
    amounts = round_target(freeze_accounts(target.amounts, booked), unit, rounding)
    due = delta(amounts, booked)
    changes = {key: amount for key, amount in due.items() if key.kind in KINDS}
    return Target(
        due,
        _row_changes(target.rows, changes, recorded),
        owed_rows(target.open_rows, open_recorded, unit),
    )


def owed_rows(
    target: Mapping[Key, Row], recorded: Mapping[Key, Recorded], unit: Decimal
) -> dict[Key, Row]:
    """The same for rows that no entry of the event carries."""
    known = {key: row.amount for key, row in recorded.items()}
    exact = {key: row.amount for key, row in target.items()}
    wholes = add_wholes(exact, get_whole)
    wholes = {key: round_half_up(amount, unit) for key, amount in wholes.items()}
    rows = allocate_within(exact, get_whole, wholes, unit)
    changes = delta(freeze_accounts(rows, known), known)
    return _row_changes(target, changes, recorded)


def _row_changes(
    rows: Mapping[Key, Row], changes: Amounts, recorded: Mapping[Key, Recorded]
) -> dict[Key, Row]:
    """Rows for the changed amounts, less the quantities recorded before."""
    current = {key[1:]: row for key, row in rows.items()}
    before = {key[1:]: row for key, row in recorded.items()}
    result = {}
    for key, amount in changes.items():
        row = current.get(key[1:]) or Row(key.kind, key.product, *[ZERO] * 5)
        known = before.get(key[1:], Recorded())
        result[key] = row._replace(
            quantity_standard=row.quantity_standard - known.quantity_standard,
            quantity_actual=row.quantity_actual - known.quantity_actual,
            amount=amount,
        )
    return result
