"""How far the books of a period are from sequential costing, and what closes the gap.

Sequential costing follows goods through materials, work in process and finished goods;
backflush does not. Plain Python: no Odoo import. Amounts are Decimal in company
currency, debit +, at standard. Sources: Horngren, Cost Accounting (backflush costing
and its departure from inventory at cost); IAS 2 (inventories include work in process).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from .rounding import round_half_up

ZERO = Decimal(0)
HUNDRED = Decimal(100)

#: Places where sequential costing and the books may show different amounts.
MATERIALS, PROGRESS, FINISHED = "materials", "work_in_process", "finished_goods"
NOT_BILLED, NOT_INVOICED, VARIANCES = "not_billed", "not_invoiced", "variances"
#: What an item of the adjustment is about, besides places.
SALES, ACCRUED, EXPENSE = "cost_of_sales", "accrued", "expense"


@dataclass
class Carrier:
    """An account that carries materials, and what stands behind its balance.

    ``held`` materials on hand, ``content`` material in goods costed at delivery,
    ``issued`` materials used by orders that are not finished, ``received`` materials
    received less billed, ``delivered`` those sold and delivered less invoiced.
    ``is_inventory``: a stock valuation account, else an expense account. ``carried``
    is what Odoo's own closing has put into the balance sheet for it.
    """

    account: int
    is_inventory: bool
    held: Decimal = ZERO
    content: Decimal = ZERO
    issued: Decimal = ZERO
    received: Decimal = ZERO
    delivered: Decimal = ZERO
    carried: Decimal = ZERO

    @property
    def shown(self) -> Decimal:
        """What the balance sheet shows for it."""
        if not self.is_inventory:
            return self.carried
        moved = self.held + self.content + self.issued
        return moved - self.received + self.delivered + self.carried


@dataclass(frozen=True)
class Position:
    """What the books say at a period's end.

    ``progress``: hours recorded on open orders × standard rate. ``finished`` is on hand
    and costed at completion; of such goods, ``sold`` are delivered less invoiced (still
    on their account), ``bought`` received less billed, ``parts`` used by orders that
    are not finished, ``inner`` is the conversion cost of parts costed at delivery that
    such orders have used, ``closed`` is what Odoo's own closing has added to their
    accounts. ``delivery`` is on hand and costed at delivery. ``fees`` are applied
    subcontractors' fees that are not billed. ``prorated`` is what proration would put
    on goods on hand, ``capitalised`` what the close has.
    """

    carriers: Sequence[Carrier] = field(default_factory=tuple)
    progress: Decimal = ZERO
    finished: Decimal = ZERO
    sold: Decimal = ZERO
    bought: Decimal = ZERO
    parts: Decimal = ZERO
    inner: Decimal = ZERO
    closed: Decimal = ZERO
    delivery: Decimal = ZERO
    fees: Decimal = ZERO
    prorated: Decimal = ZERO
    capitalised: Decimal = ZERO

    def total(self, name: str) -> Decimal:
        return sum((getattr(x, name) for x in self.carriers), ZERO)


class Place(NamedTuple):
    """One line of the bridge; what is only shown, and never booked, is not adjusted."""

    place: str
    sequential: Decimal
    backflush: Decimal
    is_adjusted: bool = True

    @property
    def difference(self) -> Decimal:
        return self.sequential - self.backflush


class Item(NamedTuple):
    """An item of the adjustment: ``role`` says on which of the accounts chosen for it,
    `EXPENSE` that it is the materials' own ``account``.
    """

    role: str
    account: int | None
    amount: Decimal


def bridge(position: Position, unit: Decimal) -> list[Place]:
    """What both ways show, by place; each amount rounded once.

    Materials leave out what is not billed, which has a line of its own, as has what was
    delivered and not invoiced: sequential costing has it in cost of sales.
    """
    received = position.total("received")
    finished = position.finished - position.bought
    sold = position.sold + position.total("delivered")
    issued = position.parts + position.total("issued")
    shown = sum((x.shown for x in position.carriers), ZERO)
    places = [
        Place(
            MATERIALS,
            position.total("held") - received,
            shown - position.total("delivered"),
        ),
        Place(PROGRESS, position.progress + position.inner + issued, ZERO),
        Place(
            FINISHED,
            finished + position.delivery,
            finished + position.parts + position.closed,
        ),
        Place(NOT_BILLED, received + position.bought + position.fees, ZERO),
        Place(NOT_INVOICED, ZERO, sold),
        Place(VARIANCES, position.prorated, position.capitalised, is_adjusted=False),
    ]
    return [
        place._replace(
            sequential=round_half_up(place.sequential, unit),
            backflush=round_half_up(place.backflush, unit),
        )
        for place in places
    ]


def adjustment(position: Position, unit: Decimal, *, is_accrued: bool) -> list[Item]:
    """The entry that brings the books to sequential costing.

    Stock valuation accounts are left alone: they hold standards only, and Odoo's own
    closing compares them with stock. What goes off one goes off the adjustment account
    of materials instead; expense accounts of periodic materials are credited
    themselves. Cost of sales takes what remains, so that the entry balances.

    :param is_accrued: whether what was received and not billed is owed, and inventory
    """
    received = position.total("received") + position.bought
    owed = received + position.fees if is_accrued else ZERO
    issued = position.parts + position.total("issued")
    bought = position.bought if is_accrued else ZERO
    stands = position.sold + position.parts + position.closed
    items = [
        Item(PROGRESS, None, position.progress + position.inner + issued),
        Item(FINISHED, None, position.delivery + bought - stands),
        Item(MATERIALS, None, _materials(position.carriers, is_accrued=is_accrued)),
        *_expenses(position.carriers),
        Item(ACCRUED, None, -owed),
    ]
    items = [x._replace(amount=round_half_up(x.amount, unit)) for x in items]
    rest = -sum((x.amount for x in items), ZERO)
    return [x for x in (*items, Item(SALES, None, rest)) if x.amount]


def _materials(carriers: Iterable[Carrier], *, is_accrued: bool) -> Decimal:
    """What goes on the adjustment account of materials."""
    total = ZERO
    for carrier in carriers:
        if carrier.is_inventory:
            total -= carrier.content + carrier.issued + carrier.delivered
            total -= carrier.carried
            total += carrier.received if is_accrued else ZERO
        else:
            total += carrier.held - carrier.carried
            total -= ZERO if is_accrued else carrier.received
    return total


def _expenses(carriers: Iterable[Carrier]) -> Iterator[Item]:
    """What periodic materials have left on expense accounts that is none of the period.

    What was received and is not billed has not been an expense yet.
    """
    for carrier in carriers:
        if not carrier.is_inventory:
            stands = carrier.held + carrier.content + carrier.issued
            stands -= carrier.received + carrier.carried
            yield Item(EXPENSE, carrier.account, -stands)


def inventory(places: Iterable[Place], fees: Decimal) -> tuple[Decimal, Decimal]:
    """(Inventory by sequential costing, how much of it the books do not show).

    ``fees`` are owed, and in the goods on hand already.
    """
    adjusted = [place for place in places if place.is_adjusted]
    total = sum((place.sequential for place in adjusted), ZERO)
    return total - fees, sum((place.difference for place in adjusted), ZERO) - fees


def effect_on_profit(places: Iterable[Place], fees: Decimal) -> Decimal:
    """How much higher profit would be: what moves from cost of sales to goods.

    Goods that are not billed change goods and debts alike; ``fees`` are owed, and no
    goods of their own.
    """
    kept = (MATERIALS, PROGRESS, FINISHED, NOT_INVOICED)
    return sum((x.difference for x in places if x.place in kept), ZERO) - fees


def is_beyond(amount: Decimal, base: Decimal, percent: Decimal) -> bool:
    """Whether a difference comes to more than so much of what it is compared with.

    >>> is_beyond(Decimal(6), Decimal(-100), Decimal(5))
    True
    """
    return abs(amount) * HUNDRED > abs(base) * percent
