"""Roll-up of standard cost cards through all levels of bills and routings.

Plain Python: no Odoo import. Amounts are Decimal in company currency and are never
rounded, quantities are in the product's own unit of measure, times in hours.

A card is the standard cost of one unit: each component at its own card or price, each
operation at the rates of its work center, less the cost share of the by-products.
Set-up and clean-up are spread over the standard lot. Source: Horngren, Cost Accounting
(standard costing); whole cycles, capacity and by-product shares as in Odoo's own price
of a bill.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import NamedTuple

from .structure import (
    BYPRODUCT,
    COMPONENT,
    FEE,
    HUNDRED,
    ONE,
    OPERATION,
    ZERO,
    Bill,
    Card,
    CardLine,
    Operation,
    Structure,
)

#: What Odoo rounds the share that is left to the main product to.
SHARE_UNIT = Decimal("0.0001")
#: Cycles are counted up; a ratio this close to a whole number is that number.
CYCLE_TOLERANCE = Decimal("1e-9")


@dataclass(frozen=True, slots=True)
class RollUp:
    """Cards in the order of their dependencies, and what stands in the way.

    ``missing`` products have neither price nor bill and count as 0. ``cycles`` are
    circles of bills, the first product repeated at the end; ``blocked`` products have a
    bill and no card because a circle is below them (or they are part of it).
    """

    cards: dict[int, Card]
    missing: tuple[int, ...]
    cycles: tuple[tuple[int, ...], ...]
    blocked: tuple[int, ...]


def whole_cycles(quantity: Decimal, capacity: Decimal) -> Decimal:
    """Cycles that ``quantity`` takes; one that is begun counts as a whole one.

    >>> whole_cycles(Decimal("10.5"), Decimal(5))
    Decimal('3')
    """
    ratio = (quantity / capacity).quantize(CYCLE_TOLERANCE)
    return ratio.to_integral_value(rounding=ROUND_CEILING)


def allowed_hours(
    fixed: Decimal, cycle: Decimal, capacity: Decimal, quantity: Decimal
) -> Decimal:
    """Standard time of an order over ``quantity`` units.

    >>> allowed_hours(Decimal(1), Decimal("0.4"), Decimal(1), Decimal(6))
    Decimal('3.4')
    """
    return fixed + whole_cycles(quantity, capacity) * cycle


def roll_up(structure: Structure) -> RollUp:
    """Cards of every product with a bill, from the bottom up."""
    order = _Order(structure)
    sheet = _Sheet(structure)
    for product in structure.purchased:
        sheet.add_purchased(product)
    for product in order.products:
        sheet.add_made(product)
    return RollUp(
        cards=sheet.cards,
        missing=tuple(sheet.missing),
        cycles=tuple(order.cycles),
        blocked=tuple(order.blocked),
    )


class _Node(NamedTuple):
    product: int
    is_kit: bool


class _Order:
    """Products with a bill, components first; circles are named and left out."""

    def __init__(self, structure: Structure) -> None:
        self.structure = structure
        self.products: list[int] = []
        self.blocked: list[int] = []
        self.cycles: list[tuple[int, ...]] = []
        self._path: dict[_Node, Iterator[_Node]] = {}
        self._done: dict[_Node, bool] = {}
        for product in structure.bills:
            if product not in structure.kept:
                self._visit(_Node(product, False))

    def _below(self, node: _Node) -> Iterator[_Node]:
        structure = self.structure
        bill = (structure.kits if node.is_kit else structure.bills)[node.product]
        for product in dict.fromkeys(line.product for line in bill.components):
            if product in structure.kept and product not in structure.kits:
                continue
            if product in structure.kits or product in structure.bills:
                yield _Node(product, product in structure.kits)

    def _visit(self, start: _Node) -> None:
        """Depth first, without recursion: bills may be nested deeper than the stack."""
        if start in self._done:
            return
        blocked: set[_Node] = set()
        self._path[start] = self._below(start)
        while self._path:
            node, below = next(reversed(self._path.items()))
            child = next(below, None)
            if child is None:
                del self._path[node]
                self._leave(node, node in blocked)
                if node in blocked and self._path:
                    blocked.add(next(reversed(self._path)))
            elif child in self._path:
                blocked.add(node)
                self._add_cycle(child)
            elif child not in self._done:
                self._path[child] = self._below(child)
            elif self._done[child]:
                blocked.add(node)

    def _leave(self, node: _Node, is_blocked: bool) -> None:
        self._done[node] = is_blocked
        if not node.is_kit:
            (self.blocked if is_blocked else self.products).append(node.product)

    def _add_cycle(self, first: _Node) -> None:
        path = list(self._path)
        members = [node.product for node in path[path.index(first) :]]
        self.cycles.append((*members, first.product))


class _Need(NamedTuple):
    product: int
    quantity: Decimal


class _Work(NamedTuple):
    operation: Operation
    hours: Decimal
    fixed: Decimal
    cycle: Decimal
    capacity: Decimal


class _Sheet:
    """Cards made so far."""

    def __init__(self, structure: Structure) -> None:
        self.structure = structure
        self.cards: dict[int, Card] = dict(structure.kept)
        self.splits: dict[int, Mapping[int, Decimal]] = {
            product: card.split for product, card in structure.kept.items()
        }
        self.missing: dict[int, None] = {}

    def add_purchased(self, product: int) -> None:
        """Card of one material line: the product at its own price."""
        if product in self.structure.kept:
            return
        line = self._component_line(_Need(product, ONE))
        self.splits[product] = split = {self.structure.material: line.amount}
        self.cards[product] = Card(product, ONE, line.amount, (line,), split)

    def add_made(self, product: int) -> None:
        bill = self.structure.bills[product]
        needs: list[_Need] = []
        works: list[_Work] = []
        for part in self._explode(bill, bill.lot):
            if isinstance(part, _Need):
                needs.append(part)
            else:
                works.append(part)
        lines = [self._component_line(need) for need in needs]
        for work in works:
            lines += self._operation_lines(work)
        lines += self._fee_lines(product)
        gross = sum((line.amount for line in lines), ZERO)
        lines += self._byproduct_lines(bill, gross)
        amount = sum((line.amount for line in lines), ZERO)
        self.splits[product] = split = _split(lines, self.splits)
        self.cards[product] = Card(product, bill.lot, amount, tuple(lines), split)

    def _explode(
        self, bill: Bill, lot: Decimal, units: Decimal | None = None
    ) -> Iterator[_Need | _Work]:
        """Materials and work of one unit, kits replaced in their place.

        ``lot`` is the standard lot of the card, ``units`` the kits in one unit of it.
        """
        kits = self.structure.kits
        for operation in bill.operations:
            if units is None:
                yield _work(operation, lot)
            elif units:
                yield _kit_work(operation, bill, units, lot)
        for component in bill.components:
            quantity = component.allowed / bill.quantity
            if units is not None:
                quantity *= units
            if component.product in kits:
                yield from self._explode(kits[component.product], lot, quantity)
            else:
                yield _Need(component.product, quantity)

    def _component_line(self, need: _Need) -> CardLine:
        rate = self._value(need.product)
        return CardLine(
            COMPONENT,
            self.structure.material,
            need.quantity,
            rate,
            need.quantity * rate,
            product=need.product,
        )

    def _value(self, product: int) -> Decimal:
        """Card or price of a product; nothing known counts as 0 and is reported."""
        if product in self.cards:
            return self.cards[product].amount
        if product not in self.structure.prices:
            self.missing[product] = None
            return ZERO
        return self.structure.prices[product]

    def _operation_lines(self, work: _Work) -> Iterator[CardLine]:
        operation = work.operation
        for rate in self.structure.rates.get(operation.workcenter, ()):
            hours = work.hours * rate.hours
            yield CardLine(
                OPERATION,
                rate.element,
                hours,
                rate.amount,
                hours * rate.amount,
                operation=operation.operation,
                workcenter=operation.workcenter,
                fixed_hours=work.fixed * rate.hours,
                cycle_hours=work.cycle * rate.hours,
                capacity=work.capacity,
            )

    def _fee_lines(self, product: int) -> Iterator[CardLine]:
        structure = self.structure
        if product in structure.subcontracted and structure.subcontract is not None:
            if fee := structure.prices.get(product, ZERO):
                yield CardLine(FEE, structure.subcontract, ONE, fee, fee)

    def _byproduct_lines(self, bill: Bill, gross: Decimal) -> Iterator[CardLine]:
        """Credits: shares of the gross cost, which lower the material element.

        The share left to the product is rounded as Odoo rounds it; by-products of which
        nothing is expected take no share, because no order will ever yield them.
        """
        yields = [byproduct for byproduct in bill.byproducts if byproduct.quantity]
        total = sum((byproduct.share for byproduct in yields), ZERO)
        kept = (ONE - total / HUNDRED).quantize(SHARE_UNIT, rounding=ROUND_HALF_UP)
        for byproduct in yields:
            if byproduct.product not in self.structure.bills:
                self._value(byproduct.product)
            share = (ONE - kept) * byproduct.share / total if total else ZERO
            quantity = byproduct.quantity / bill.quantity
            yield CardLine(
                BYPRODUCT,
                self.structure.material,
                -quantity,
                gross * share / quantity,
                -gross * share,
                product=byproduct.product,
            )


def complete_splits(cards: Mapping[int, Card]) -> dict[int, dict[int, Decimal]]:
    """Cumulative amounts by cost element of cards that hang together.

    A component without a card among them is bought: it is all material. A card that is
    its own component (bought, with a card at its price) is, too.
    """
    splits: dict[int, dict[int, Decimal]] = {}
    for start in cards:
        waiting = [start]
        while waiting:
            product = waiting[-1]
            lines = cards[product].lines
            below = {line.product or 0 for line in lines if line.type == COMPONENT}
            missing = [p for p in below - {product} if p in cards and p not in splits]
            if product not in splits and missing:
                waiting += missing
                continue
            splits.setdefault(product, _split(lines, splits))
            waiting.pop()
    return splits


def _split(
    lines: Iterable[CardLine], splits: Mapping[int, Mapping[int, Decimal]]
) -> dict[int, Decimal]:
    """Amount by cost element, components taken apart by their own splits."""
    result: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for line in lines:
        split = splits.get(line.product or 0) if line.type == COMPONENT else None
        if split is None:
            result[line.element] += line.amount
            continue
        for element, amount in split.items():
            result[element] += amount * line.quantity
    return dict(result)


def _work(operation: Operation, lot: Decimal) -> _Work:
    """Time of an operation per unit: an order over the standard lot, spread over it."""
    _name, _workcenter, fixed, cycle, capacity = operation
    hours = allowed_hours(fixed, cycle, capacity, lot) / lot
    return _Work(operation, hours, fixed, cycle, capacity)


def _kit_work(operation: Operation, kit: Bill, units: Decimal, lot: Decimal) -> _Work:
    """Time of a kit's operation per unit: kits are prepared in lots of their own.

    So a cycle, seen from the card, is one lot of kits, and set-up falls due once for
    each of the lots that the card's standard lot takes.
    """
    _name, _workcenter, fixed, cycle, capacity = operation
    run = whole_cycles(kit.lot, capacity) * cycle
    lots = lot * units / kit.lot
    hours = (fixed + run) * units / kit.lot
    return _Work(operation, hours, fixed * lots, run, kit.lot / units)
