"""Bills, routings, prices and rates: what a roll-up needs, and the cards it gives.

Plain Python: no Odoo import. Amounts are Decimal in company currency and are never
rounded, quantities are in the product's own unit of measure, times in hours.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import NamedTuple

ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)

COMPONENT = "component"
OPERATION = "operation"
FEE = "fee"
BYPRODUCT = "byproduct"


class Component(NamedTuple):
    """A material of a bill: quantity per bill, in the component's unit.

    ``scrap`` is the allowance for what is expected to be lost, in percent of it.
    """

    product: int
    quantity: Decimal
    scrap: Decimal = ZERO

    @property
    def allowed(self) -> Decimal:
        """Standard quantity per bill, normal scrap included.

        >>> Component(1, Decimal(20), Decimal(5)).allowed
        Decimal('21')
        """
        return self.quantity * (ONE + self.scrap / HUNDRED)


class Operation(NamedTuple):
    """A step of a routing at a work center.

    ``fixed`` is set-up and clean-up of one order, ``cycle`` the time of one cycle
    (efficiency included), ``capacity`` the units of the product that a cycle yields.
    """

    operation: int
    workcenter: int
    fixed: Decimal
    cycle: Decimal
    capacity: Decimal


class ByProduct(NamedTuple):
    """What a bill yields besides: quantity per bill, share of its cost in percent."""

    product: int
    quantity: Decimal
    share: Decimal


@dataclass(frozen=True, slots=True)
class Bill:
    """How ``quantity`` units of a product are made, and in which standard lot."""

    quantity: Decimal
    lot: Decimal
    components: tuple[Component, ...] = ()
    operations: tuple[Operation, ...] = ()
    byproducts: tuple[ByProduct, ...] = ()


class Rate(NamedTuple):
    """Rate per hour of a cost element; its hours per hour of the work center (crew)."""

    element: int
    amount: Decimal
    hours: Decimal = ONE


@dataclass(frozen=True, slots=True)
class Structure:
    """Everything that a roll-up needs.

    ``material`` and ``subcontract`` are the cost elements of materials and of fees.
    ``kits`` are never made: they are replaced by their components. ``purchased`` names
    products without a bill that get a card of one line, at their own price;
    ``subcontracted`` those with a bill whose price is the fee for one unit. ``kept``
    cards stay as they are, whatever the bills say.
    """

    material: int
    bills: Mapping[int, Bill] = field(default_factory=dict)
    kits: Mapping[int, Bill] = field(default_factory=dict)
    prices: Mapping[int, Decimal] = field(default_factory=dict)
    rates: Mapping[int, tuple[Rate, ...]] = field(default_factory=dict)
    purchased: Collection[int] = ()
    subcontract: int | None = None
    subcontracted: Collection[int] = ()
    kept: Mapping[int, "Card"] = field(default_factory=dict)


class CardLine(NamedTuple):
    """One line of a card, per unit of its product: amount = quantity × rate.

    The last three are the operation's time as a function of the quantity made, in hours
    of the element (see `allowed_hours`).
    """

    type: str
    element: int
    quantity: Decimal
    rate: Decimal
    amount: Decimal
    product: int | None = None
    operation: int | None = None
    workcenter: int | None = None
    fixed_hours: Decimal = ZERO
    cycle_hours: Decimal = ZERO
    capacity: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Card:
    """Standard cost of one unit; ``split`` is cumulative, by cost element."""

    product: int
    lot: Decimal
    amount: Decimal
    lines: tuple[CardLine, ...]
    split: dict[int, Decimal]


def convert(quantity: Decimal, factor: Decimal, to_factor: Decimal) -> Decimal:
    """``quantity`` of one unit of measure in another; factors are to a common unit.

    >>> convert(Decimal(3), Decimal(12), Decimal(1))
    Decimal('36')
    """
    return quantity if factor == to_factor else quantity * factor / to_factor


def find_purchased(
    bills: Mapping[int, Bill], kits: Mapping[int, Bill]
) -> tuple[int, ...]:
    """Products without a bill that the bills use (through kits, too) or yield."""
    found: dict[int, None] = {}
    seen: set[int] = set()
    waiting = list(bills.values())
    for bill in waiting:
        products = [line.product for line in bill.components]
        products += [line.product for line in bill.byproducts]
        for product in products:
            if product in kits and product not in seen:
                seen.add(product)
                waiting.append(kits[product])
            elif product not in kits and product not in bills:
                found[product] = None
    return tuple(found)


def find_below(structure: Structure, products: Iterable[int]) -> set[int]:
    """``products`` and everything that their bills use, through all levels and kits."""
    found: set[int] = set()
    waiting = list(products)
    while waiting:
        product = waiting.pop()
        if product in found:
            continue
        found.add(product)
        bill = structure.kits.get(product) or structure.bills.get(product)
        if bill:
            waiting += [line.product for line in bill.components]
    return found


def select(
    structure: Structure, products: Iterable[int], cards: Mapping[int, Card]
) -> Structure:
    """A structure in which only ``products``, with all levels below, get new cards.

    The others keep theirs of ``cards``; without one they get none.
    """
    wanted = find_below(structure, products)
    return replace(
        structure,
        bills={p: bill for p, bill in structure.bills.items() if p in wanted},
        purchased=[p for p in structure.purchased if p in wanted],
        kept={p: card for p, card in cards.items() if p not in wanted},
    )
