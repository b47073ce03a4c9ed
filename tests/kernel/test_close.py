"""Variances of a period: textbook figures, and properties of each formula."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from costing.close import Capacity, Conversion, month_shares, period_rows
from hypothesis import given
from hypothesis import strategies as st

CENT = Decimal("0.01")
D = Decimal


def rows_of(element):
    return {
        (row.kind, row.workcenter): row.amount for row in period_rows(element, CENT)
    }


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        # the catalogue's month, under `completion`
        (
            Conversion(1, "labour", D("810.5"), D(690), D("46.5"), D(44)),
            {("timing", None): D(44), ("unallocated", None): D(30)},
        ),
        (
            Conversion(2, "variable_overhead", D(236), D(207), D("12.3"), D(12)),
            {("timing", None): D(12), ("overhead_spending", None): D("4.7")},
        ),
        (
            Conversion(
                3,
                "fixed_overhead",
                D(170),
                D(138),
                progress=D(8),
                capacities=(Capacity(9, D(40), D(160), D("34.5"), D(138), D(8)),),
            ),
            {
                ("timing", None): D(8),
                ("overhead_budget", None): D(10),
                ("overhead_volume", 9): D(14),
            },
        ),
        # under `delivery` nothing is applied before goods leave
        (
            Conversion(1, "labour", D("810.5"), D(360), D("13.5"), D(44), D(363)),
            {("timing", None): D(407), ("unallocated", None): D(30)},
        ),
        # fees: billed 32, standard 30, nothing delivered
        (
            Conversion(4, "subcontract", D(32), D(0), D(2)),
            {("timing", None): D(30)},
        ),
        # Webb: budget 276,000 for 4,800 h; 10,000 jackets × 0.4 h × 57.50
        (
            Conversion(
                3,
                "fixed_overhead",
                D(285000),
                D(230000),
                capacities=(Capacity(9, D(4800), D(276000), D(4000), D(230000)),),
            ),
            {("overhead_budget", None): D(9000), ("overhead_volume", 9): D(46000)},
        ),
    ],
)
def test_figures(element, expected):
    assert rows_of(element) == expected


amounts = st.decimals(-10_000, 10_000, places=2)
exact = st.decimals(-10_000, 10_000, places=6)
hours = st.decimals(0, 1000, places=3)
capacities = st.lists(
    st.builds(Capacity, st.integers(1, 9), hours, exact, hours, exact, exact),
    max_size=4,
    unique_by=lambda capacity: capacity.workcenter,
)
elements = st.builds(
    Conversion,
    st.just(1),
    st.sampled_from(
        ["labour", "variable_overhead", "conversion", "fixed_overhead", "subcontract"]
    ),
    amounts,
    amounts,
    amounts,
    exact,
    exact,
    capacities.map(tuple),
)


@given(elements)
def test_the_parts_are_the_whole(element):
    """control − applied = rows of orders + rows of the period, to the cent."""
    rows = period_rows(element, CENT)
    total = element.rows + sum((row.amount for row in rows), D(0))
    assert total == element.control - element.applied
    assert all(row.amount == row.amount.quantize(CENT) for row in rows)


@given(elements)
def test_the_other_way_round_every_sign_turns(element):
    turned = Conversion(
        element.element,
        element.type,
        -element.control,
        -element.applied,
        -element.rows,
        -element.progress,
        -element.stock,
        tuple(
            capacity._replace(
                normal=-capacity.normal,
                budget=-capacity.budget,
                absorbed=-capacity.absorbed,
                applied=-capacity.applied,
                progress=-capacity.progress,
            )
            for capacity in element.capacities
        ),
    )
    mirrored = {key: -amount for key, amount in rows_of(turned).items()}
    assert rows_of(element) == mirrored


@given(elements, amounts)
def test_what_is_spent_beyond_is_spending_or_budget(element, more):
    """More cost changes one row alone: never efficiency, volume or timing."""
    kinds = {"fixed_overhead": "overhead_budget", "labour": "unallocated"}
    kinds["subcontract"] = "timing"
    before = rows_of(element)
    after = rows_of(
        Conversion(
            element.element,
            element.type,
            element.control + more,
            element.applied,
            element.rows,
            element.progress,
            element.stock,
            element.capacities,
        )
    )
    key = (kinds.get(element.type, "overhead_spending"), None)
    changes = {
        x: after.get(x, D(0)) - before.get(x, D(0))
        for x in before.keys() | after.keys()
    }
    assert changes.pop(key, D(0)) == more
    # rounding of the budget may move a cent to the volume
    assert all(abs(change) <= CENT for change in changes.values())


@given(
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.integers(0, 400),
    st.integers(0, 400),
)
def test_parts_of_a_period_have_its_months(start, first, second):
    middle, end = start + timedelta(first), start + timedelta(first + second + 1)

    def months(since, until):
        return sum(share for _day, share in month_shares(since, until))

    whole = months(start, end)
    parts = months(start, middle) + months(middle + timedelta(1), end)
    assert abs(whole - parts) < D("1e-20")


def test_a_whole_year_has_twelve_months():
    shares = month_shares(date(2027, 1, 1), date(2027, 12, 31))
    assert abs(sum(share for _day, share in shares) - 12) < D("1e-20")
