"""What a period's conversion cost says: control against applied, by cost element.

Plain Python: no Odoo import. Amounts are Decimal in company currency, positive =
unfavourable; hours are hours of the work centre. Sources: Horngren, Cost Accounting
(spending, budget and production-volume variances); Blocher, Cost Management (conversion
cost control and applied in backflush costing); IAS 2 (normal capacity).
"""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from .rounding import round_half_up

ZERO = Decimal(0)

#: Kinds that belong to a period, never to an order.
PERIOD_KINDS = (
    "overhead_spending",
    "overhead_budget",
    "overhead_volume",
    "unallocated",
    "timing",
)
#: What takes the difference that neither orders nor timing explain, by type of element.
SPENDING = {
    "labour": "unallocated",
    "variable_overhead": "overhead_spending",
    "conversion": "overhead_spending",
}


class Capacity(NamedTuple):
    """Fixed overhead of a work centre, at the standard rates of the period.

    ``budget`` is what its ``normal`` hours cost, ``applied`` what the hours do that
    output made ``absorbed``; ``progress`` is how much more orders that are still open
    hold than before.
    """

    workcenter: int
    normal: Decimal = ZERO
    budget: Decimal = ZERO
    absorbed: Decimal = ZERO
    applied: Decimal = ZERO
    progress: Decimal = ZERO

    @property
    def volume(self) -> Decimal:
        return self.budget - self.applied - self.progress

    @property
    def rate(self) -> Decimal:
        """Per hour, on average."""
        if self.normal:
            return self.budget / self.normal
        return self.applied / self.absorbed if self.absorbed else ZERO


@dataclass(frozen=True)
class Conversion:
    """A cost element in a period.

    ``control`` is what was spent, ``applied`` what backflush has credited, ``rows`` the
    rows of the element that no entry carries (of orders, and of standards that have
    changed). ``progress`` is how much more the open orders hold at standard than at the
    beginning, ``stock`` how much more conversion cost is in goods that are costed at
    delivery.
    """

    element: int
    type: str
    control: Decimal
    applied: Decimal
    rows: Decimal = ZERO
    progress: Decimal = ZERO
    stock: Decimal = ZERO
    capacities: Sequence[Capacity] = ()


class PeriodRow(NamedTuple):
    """One variance of the period; hours and prices only where there are any."""

    kind: str
    element: int
    workcenter: int | None
    amount: Decimal
    standard: Decimal = ZERO
    actual: Decimal = ZERO
    price: Decimal = ZERO


def period_rows(element: Conversion, unit: Decimal) -> list[PeriodRow]:
    """Rows that, with those of orders, add up to control − applied, to the unit.

    Fixed overhead: budget = control − normal hours × rate, volume = budget − absorbed −
    progress by work centre. Others: what control holds beyond recorded time at standard
    (labour: beyond the cost of recorded time). Fees: what is applied and not billed is
    timing.
    """
    total = round_half_up(element.control - element.applied - element.rows, unit)
    if element.type == "subcontract":
        rows = [_plain("timing", element, total)]
    else:
        timing = round_half_up(element.progress + element.stock, unit)
        rest = total - timing
        rows = [_plain("timing", element, timing)]
        if element.type in SPENDING:
            rows.append(_plain(SPENDING[element.type], element, rest))
        else:
            rows += _fixed_rows(element, rest, unit)
    return [row for row in rows if row.amount]


def _plain(kind: str, element: Conversion, amount: Decimal) -> PeriodRow:
    return PeriodRow(kind, element.element, None, amount)


def _fixed_rows(element: Conversion, rest: Decimal, unit: Decimal) -> list[PeriodRow]:
    """Budget and volume; the largest volume takes what rounding leaves."""
    budget = sum((capacity.budget for capacity in element.capacities), ZERO)
    spent = round_half_up(element.control - budget, unit)
    volumes = [
        PeriodRow(
            "overhead_volume",
            element.element,
            capacity.workcenter,
            round_half_up(capacity.volume, unit),
            capacity.normal,
            capacity.absorbed,
            capacity.rate,
        )
        for capacity in element.capacities
    ]
    left = rest - spent - sum((row.amount for row in volumes), ZERO)
    if left and volumes:
        largest = max(range(len(volumes)), key=lambda x: abs(volumes[x].amount))
        row = volumes[largest]
        volumes[largest] = row._replace(amount=row.amount + left)
    elif left:
        volumes.append(_plain("overhead_volume", element, left))
    return [_plain("overhead_budget", element, spent), *volumes]


def month_shares(date_from: date, date_to: date) -> Iterator[tuple[date, Decimal]]:
    """Each day of a period with the share of its calendar month.

    >>> sum(share for _, share in month_shares(date(2026, 2, 1), date(2026, 2, 14)))
    Decimal('0.5')
    """
    day = date_from
    while day <= date_to:
        yield day, Decimal(1) / monthrange(day.year, day.month)[1]
        day += timedelta(days=1)
