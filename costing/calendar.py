"""Periods of a fiscal year: calendar months, or quarters of 13 weeks.

Plain Python: no Odoo import. A period lies inside one fiscal year, and those of a year
leave no day out. Weeks begin on the weekday with which the fiscal year begins.
Source: the 4-4-5 calendar of retail and manufacturing; a year of 52 weeks is one or two
days short, so that the last period takes what is left.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

#: Weeks of the three periods of a quarter.
WEEKS = {"445": (4, 4, 5), "454": (4, 5, 4), "544": (5, 4, 4)}
QUARTERS = 4
DAY = timedelta(days=1)


class Period(NamedTuple):
    """A period of a fiscal year, its first and last day included."""

    number: int
    first: date
    last: date


def periods(first: date, last: date, calendar: str) -> list[Period]:
    """The periods of the fiscal year from ``first`` to ``last``.

    :param calendar: `month`, or one of `WEEKS`

    >>> year = periods(date(2026, 1, 1), date(2026, 12, 31), "445")
    >>> [period.last.isoformat() for period in year[:3]]
    ['2026-01-28', '2026-02-25', '2026-04-01']
    """
    ends = _week_ends(first, WEEKS[calendar]) if calendar in WEEKS else _months(first)
    result: list[Period] = []
    start = first
    for end in ends:
        if end >= last:
            break
        result.append(Period(len(result) + 1, start, end))
        start = end + DAY
    return [*result, Period(len(result) + 1, start, last)]


def find_period(day: date, first: date, last: date, calendar: str) -> Period:
    """The period of the fiscal year in which ``day`` lies."""
    return next(p for p in periods(first, last, calendar) if p.last >= day)


def _months(first: date) -> Iterator[date]:
    """Last days of calendar months, without end."""
    day = first
    while True:
        day = day.replace(day=monthrange(day.year, day.month)[1])
        yield day
        day += DAY


def _week_ends(first: date, weeks: tuple[int, ...]) -> Iterator[date]:
    """Last days of all periods but the last, which ends with the fiscal year."""
    end = first - DAY
    for count in (weeks * QUARTERS)[:-1]:
        end += timedelta(weeks=count)
        yield end
