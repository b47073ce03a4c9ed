"""How far standards have moved away from what is paid and what work takes.

Plain Python: no Odoo import. Amounts in company currency and not rounded, quantities in
the product's own unit of measure, times in hours of the work center.

Prices are compared with the average of recent bills, times with the time that the card
allows for the quantities really made. Source: Horngren, Cost Accounting (standards are
to be reviewed regularly against recent experience).
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from .rollup import allowed_hours
from .structure import BYPRODUCT, COMPONENT, HUNDRED, OPERATION, ZERO, Card, CardLine

MONTHS = Decimal(12)


class Times(NamedTuple):
    """Standard time of an operation, as a function of the quantity made."""

    fixed: Decimal
    cycle: Decimal
    capacity: Decimal


class Runs(NamedTuple):
    """Orders of one size on which somebody recorded time for an operation.

    ``starts`` is whether set-up is allowed: once for an order and its backorders.
    ``hours`` is what was recorded on all of them.
    """

    quantity: Decimal
    starts: bool
    orders: int
    hours: Decimal


class Pace(NamedTuple):
    """Allowed and recorded hours of an operation over the same orders."""

    quantity: Decimal = ZERO
    allowed: Decimal = ZERO
    recorded: Decimal = ZERO
    orders: int = 0

    @property
    def ratio(self) -> Decimal | None:
        """Recorded to allowed; None where nothing was recorded or allowed."""
        return self.recorded / self.allowed if self.orders and self.allowed else None


class Drift(NamedTuple):
    """Difference of recent cost or time to the standard, per unit and in percent."""

    amount: Decimal
    percent: Decimal


def measure_pace(times: Iterable[Times], runs: Iterable[Runs]) -> Pace:
    """What orders took for an operation, beside what the card allows for them.

    >>> times = [Times(Decimal(1), Decimal("0.4"), Decimal(1))]
    >>> measure_pace(times, [Runs(Decimal(10), True, 2, Decimal(11))]).allowed
    Decimal('10.0')
    """
    times = tuple(times)
    quantity = allowed = recorded = ZERO
    orders = 0
    for run in runs:
        for fixed, cycle, capacity in times:
            setup = fixed if run.starts else ZERO
            hours = allowed_hours(setup, cycle, capacity, run.quantity)
            allowed += run.orders * hours
        quantity += run.orders * run.quantity
        recorded += run.hours
        orders += run.orders
    return Pace(quantity, allowed, recorded, orders)


def measure_drift(standard: Decimal, actual: Decimal) -> Drift:
    """Positive where more is spent than the standard says.

    A standard of 0 that costs something has drifted by 100 %.

    >>> measure_drift(Decimal(5), Decimal("5.25"))
    Drift(amount=Decimal('0.25'), percent=Decimal('5.00'))
    """
    amount = actual - standard
    if standard:
        return Drift(amount, amount / abs(standard) * HUNDRED)
    return Drift(amount, HUNDRED if amount else ZERO)


def per_year(quantity: Decimal, months: int) -> Decimal:
    """What ``quantity`` of so many months is in a year."""
    return quantity * MONTHS / months


def reprice(
    cards: Mapping[int, Card],
    prices: Mapping[int, Decimal],
    ratios: Mapping[tuple[int, int], Decimal],
) -> dict[int, Decimal]:
    """What one unit of each card would cost at other prices and times.

    Quantities and structure stay as they are on the cards, through all levels.

    :param prices: by product; the others stay
    :param ratios: new time to the card's, by product made and operation
    """
    amounts: dict[int, Decimal] = {}
    for card in _components_first(cards):
        cost = credit = old_cost = ZERO
        for line in card.lines:
            if line.type == BYPRODUCT:
                credit += line.amount
                continue
            old_cost += line.amount
            cost += _reprice_line(card, line, amounts, prices, ratios)
        # by-products take the same share of what the rest costs
        share = credit / old_cost if old_cost else ZERO
        amounts[card.product] = cost + cost * share
    return amounts


def _reprice_line(
    card: Card,
    line: CardLine,
    amounts: Mapping[int, Decimal],
    prices: Mapping[int, Decimal],
    ratios: Mapping[tuple[int, int], Decimal],
) -> Decimal:
    if line.type == COMPONENT and line.product is not None:
        known = amounts if line.product in amounts else prices
        return line.quantity * known.get(line.product, line.rate)
    if line.type == OPERATION and line.operation is not None:
        return line.amount * ratios.get((card.product, line.operation), Decimal(1))
    return line.amount


def _components_first(cards: Mapping[int, Card]) -> Iterator[Card]:
    """Each card after those of its components; without recursion, for deep bills."""
    done: set[int] = set()
    for start in cards:
        waiting = [start]
        while waiting:
            product = waiting[-1]
            below = [
                line.product
                for line in cards[product].lines
                if line.type == COMPONENT
                and line.product in cards
                and line.product not in done
                # bought, with a card at its own price
                and line.product != product
            ]
            if product not in done and below:
                waiting += [component for component in below if component is not None]
                continue
            waiting.pop()
            if product not in done:
                done.add(product)
                yield cards[product]


class Limits(NamedTuple):
    """From where on a standard is to be looked at."""

    percent: Decimal
    age: int
    documents: int


def has_drifted(drift: Drift, documents: int, limits: Limits) -> bool:
    """Whether enough documents say that a standard is off by more than the limit."""
    return documents >= limits.documents and abs(drift.percent) > limits.percent
