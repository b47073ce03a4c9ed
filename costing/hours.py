"""Variances of recorded time: labour rate, efficiencies and lot size of one order.

Plain Python: no Odoo import. Hours of the work centre are turned into hours of a cost
element by a factor: its crew for labour, else 1. Amounts are Decimal in company
currency, positive = unfavourable. `costing.sql.time` is the twin for many orders.
Source of the formulas: Horngren, Cost Accounting (rate and efficiency variances);
set-up absorbed over the standard lot: Blocher, Cost Management.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from .rollup import allowed_hours
from .rounding import round_half_up

ZERO = Decimal(0)
ONE = Decimal(1)
LABOUR = "labour"
#: Cost that does not vary with hours: it has a budget and a volume instead.
FIXED = "fixed_overhead"


class Run(NamedTuple):
    """Time of the work centre: set-up of an order, one cycle, units that it yields, and
    what the card spreads over each unit.
    """

    fixed: Decimal
    cycle: Decimal
    capacity: Decimal
    unit_hours: Decimal


class HourRate(NamedTuple):
    """What an hour of a cost element costs; its hours per hour of the work centre."""

    element: int
    type: str
    rate: Decimal
    factor: Decimal = ONE


@dataclass(frozen=True)
class Place:
    """An operation of a card, or a work centre that the card does not know."""

    id: int
    runs: Sequence[Run] = ()
    rates: Sequence[HourRate] = ()

    @property
    def crew(self) -> Decimal:
        """People at the work centre; 0 where nobody is paid for by the hour."""
        return sum((x.factor for x in self.rates if x.type == LABOUR), ZERO)

    @property
    def unit_hours(self) -> Decimal:
        return sum((run.unit_hours for run in self.runs), ZERO)

    def allowed(self, quantity: Decimal, *, starts: bool) -> Decimal:
        """Hours of the work centre for an order of `quantity` units.

        Set-up only where the order is the first of those that it was split into.
        """
        return sum(
            (
                allowed_hours(
                    run.fixed if starts else ZERO, run.cycle, run.capacity, quantity
                )
                for run in self.runs
            ),
            ZERO,
        )


class Sheet(NamedTuple):
    """A timesheet: hours of people and what they cost; None where that is unknown."""

    id: int
    hours: Decimal
    cost: Decimal | None
    place: int | None = None


@dataclass(frozen=True)
class Time:
    """What was recorded on an order: by people, and by work centres (hours by place).

    ``by_machine`` says that labour follows the work centres where no sheet is.
    """

    sheets: Sequence[Sheet] = ()
    machine: Mapping[int, Decimal] = field(default_factory=dict)
    by_machine: bool = True


@dataclass(frozen=True)
class Order:
    """Good output after each change (correction, unbuild), and the card's operations.

    None where nothing is finished yet: then only rates are known.
    """

    places: Sequence[Place]
    made: Sequence[Decimal] = ()
    starts: bool = True


class TimeRow(NamedTuple):
    """One variance; hours of the element, prices per hour, the amount not rounded.

    ``step`` is the number of the change of output that it belongs to, ``sheet`` the
    timesheet.
    """

    kind: str
    element: int
    place: int | None
    sheet: int | None
    step: int
    standard: Decimal
    actual: Decimal
    price: Decimal
    paid: Decimal
    amount: Decimal


def time_rows(order: Order, time: Time) -> list[TimeRow]:
    """All variances of an order's time, not rounded."""
    work = _Work(order, time)
    rows = [*_rate_rows(work), *_efficiency_rows(work), *_lot_rows(order)]
    return [row for row in rows if row.amount]


def round_rows(rows: Sequence[TimeRow], unit: Decimal) -> list[TimeRow]:
    """Rows of an element add up to their rounded total; the largest takes the rest."""
    result = []
    by_element: dict[int, list[TimeRow]] = defaultdict(list)
    for row in rows:
        by_element[row.element].append(row)
    for group in by_element.values():
        total = round_half_up(sum((row.amount for row in group), ZERO), unit)
        rounded = [round_half_up(row.amount, unit) for row in group]
        largest = max(range(len(group)), key=lambda x: abs(group[x].amount))
        rounded[largest] += total - sum(rounded, ZERO)
        result += [
            row._replace(amount=amount)
            for row, amount in zip(group, rounded, strict=True)
            if amount
        ]
    return result


class _Work:
    """Recorded time by place, in hours of the work centre; None where there is none.

    Sheets that name no place where people work are spread over those by allowed time.
    """

    def __init__(self, order: Order, time: Time) -> None:
        self.order, self.time = order, time
        self.named: dict[int, Decimal] = defaultdict(lambda: ZERO)
        for sheet in time.sheets:
            if sheet.place is not None:
                self.named[sheet.place] += sheet.hours
        self.total = sum((sheet.hours for sheet in time.sheets), ZERO)
        self.shares = self._get_shares()

    def _get_shares(self) -> dict[int, Decimal]:
        places = self.order.places
        manned = any(place.crew for place in places)
        weight = {place.id: place.crew if manned else ONE for place in places}
        made = self.order.made[-1] if self.order.made else ZERO
        starts = self.order.starts
        for hours in (
            {
                x.id: x.allowed(made, starts=starts) if self.order.made else ZERO
                for x in places
            },
            {x.id: x.unit_hours for x in places},
            {x.id: ONE for x in places},
        ):
            total = sum((weight[x] * hours[x] for x in hours), ZERO)
            if total > 0:
                return {x: weight[x] * hours[x] / total for x in hours}
        return {}

    def labour(self, place: Place) -> Decimal | None:
        if not place.crew:
            return None
        if not self.time.sheets:
            machine = self.time.machine.get(place.id)
            return machine if self.time.by_machine and machine else None
        manned = sum((self.named[x.id] for x in self.order.places if x.crew), ZERO)
        loose = (self.total - manned) * self.shares[place.id]
        return (self.named[place.id] + loose) / place.crew

    def machine(self, place: Place) -> Decimal | None:
        """Recorded by the work centre, else what people worked there ÷ crew."""
        if machine := self.time.machine.get(place.id):
            return machine
        if not self.time.sheets:
            return None
        loose = self.total - sum(self.named.values(), ZERO)
        people = self.named[place.id] + loose * self.shares[place.id]
        return people / (place.crew or ONE) or None


def _efficiency_rows(work: _Work) -> Iterator[TimeRow]:
    """(recorded − allowed) × rate; a later change of output changes what is allowed."""
    starts = work.order.starts
    for place in work.order.places:
        recorded = {True: work.labour(place), False: work.machine(place)}
        before = ZERO
        for step, made in enumerate(work.order.made):
            now = place.allowed(made, starts=starts)
            allowed, before = now - before, now
            for rate in place.rates:
                hours = recorded[rate.type == LABOUR]
                if rate.type == FIXED or hours is None:
                    continue
                kind = "labour" if rate.type == LABOUR else "overhead"
                standard = allowed * rate.factor
                actual = hours * rate.factor if step == 0 else ZERO
                yield TimeRow(
                    f"{kind}_efficiency",
                    rate.element,
                    place.id,
                    None,
                    step,
                    standard,
                    actual,
                    rate.rate,
                    rate.rate,
                    (actual - standard) * rate.rate,
                )


def _lot_rows(order: Order) -> Iterator[TimeRow]:
    """(allowed − absorbed) × rate: set-up and whole cycles of an odd lot."""
    for place in order.places:
        before = (ZERO, ZERO)
        for step, made in enumerate(order.made):
            now = (place.allowed(made, starts=order.starts), place.unit_hours * made)
            allowed, absorbed = now[0] - before[0], now[1] - before[1]
            before = now
            for rate in place.rates:
                if rate.type == FIXED:
                    continue
                yield TimeRow(
                    "lot_size",
                    rate.element,
                    place.id,
                    None,
                    step,
                    absorbed * rate.factor,
                    allowed * rate.factor,
                    rate.rate,
                    rate.rate,
                    (allowed - absorbed) * rate.factor * rate.rate,
                )


def _rate_rows(work: _Work) -> Iterator[TimeRow]:
    """Cost − hours × rate of each timesheet; by place where it names one."""
    mixed: dict[int, Decimal] = defaultdict(lambda: ZERO)
    prices: dict[int, Decimal] = defaultdict(lambda: ZERO)
    split = {place.id: _get_parts(place) for place in work.order.places if place.crew}
    for place, parts in split.items():
        for element, part, price in parts:
            mixed[element] += part * work.shares[place]
            prices[element] += part * price * work.shares[place]
    blend = [(x, part, prices[x] / part) for x, part in mixed.items() if part > 0]
    for sheet in work.time.sheets:
        if sheet.cost is None:
            continue
        for element, part, price in split.get(sheet.place or 0, blend):
            hours = sheet.hours * part
            yield TimeRow(
                "labour_rate",
                element,
                sheet.place,
                sheet.id,
                0,
                hours,
                hours,
                price,
                sheet.cost / sheet.hours if sheet.hours else price,
                sheet.cost * part - hours * price,
            )


def _get_parts(place: Place) -> list[tuple[int, Decimal, Decimal]]:
    """(element, its part of the people's hours, rate) of those who are paid there."""
    crew = place.crew
    return [
        (rate.element, rate.factor / crew, rate.rate)
        for rate in place.rates
        if rate.type == LABOUR
    ]
