"""Periods of fiscal years: no day is left out, none counts twice."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from costing.calendar import WEEKS, find_period, periods
from costing.close import month_shares
from hypothesis import given
from hypothesis import strategies as st

CALENDARS = ["month", *WEEKS]
FIRST_DAYS = st.dates(date(2000, 1, 1), date(2060, 12, 31))
#: A whole year, or a short first one.
LENGTHS = st.one_of(st.sampled_from([365, 366]), st.integers(1, 366))


@given(FIRST_DAYS, LENGTHS, st.sampled_from(CALENDARS))
def test_periods_partition_the_year(first, days, calendar):
    last = first + timedelta(days=days - 1)
    result = periods(first, last, calendar)
    assert [p.number for p in result] == list(range(1, len(result) + 1))
    assert result[0].first == first
    assert result[-1].last == last
    for period in result:
        assert period.first <= period.last
    for period, following in zip(result, result[1:], strict=False):
        assert following.first == period.last + timedelta(days=1)


@given(FIRST_DAYS, LENGTHS, st.sampled_from(CALENDARS), st.data())
def test_every_day_has_its_period(first, days, calendar, data):
    last = first + timedelta(days=days - 1)
    day = data.draw(st.dates(first, last))
    period = find_period(day, first, last, calendar)
    assert period.first <= day <= period.last
    assert period in periods(first, last, calendar)


@given(FIRST_DAYS, st.sampled_from([365, 366]), st.sampled_from(list(WEEKS)))
def test_weeks_of_a_whole_year(first, days, calendar):
    result = periods(first, first + timedelta(days=days - 1), calendar)
    assert len(result) == 12
    lengths = [(p.last - p.first).days + 1 for p in result]
    weeks = [7 * count for count in WEEKS[calendar] * 4]
    assert lengths[:-1] == weeks[:-1]
    assert lengths[-1] == weeks[-1] + days - 364
    assert {p.first.weekday() for p in result} == {first.weekday()}


@given(st.integers(2000, 2060), st.integers(1, 12), st.sampled_from(CALENDARS))
def test_normal_capacity_of_a_year_is_that_of_twelve_months(year, month, calendar):
    """A fixed budget by month is spread over the periods without anything lost."""
    first = date(year, month, 1)
    last = date(year + 1, month, 1) - timedelta(days=1)
    shares = [
        sum((share for _day, share in month_shares(p.first, p.last)), Decimal(0))
        for p in periods(first, last, calendar)
    ]
    assert len(shares) == 12
    assert abs(sum(shares) - 12) < Decimal("1e-20")


def test_months_begin_and_end_with_the_fiscal_year():
    result = periods(date(2026, 4, 6), date(2027, 4, 5), "month")
    assert len(result) == 13
    assert result[0] == (1, date(2026, 4, 6), date(2026, 4, 30))
    assert result[-1] == (13, date(2027, 4, 1), date(2027, 4, 5))


@pytest.mark.parametrize(
    ("calendar", "ends"),
    [
        ("445", ["2026-01-28", "2026-02-25", "2026-04-01"]),
        ("454", ["2026-01-28", "2026-03-04", "2026-04-01"]),
        ("544", ["2026-02-04", "2026-03-04", "2026-04-01"]),
    ],
)
def test_first_quarter(calendar, ends):
    result = periods(date(2026, 1, 1), date(2026, 12, 31), calendar)
    assert [p.last.isoformat() for p in result[:3]] == ends
    assert result[-1].last == date(2026, 12, 31)
