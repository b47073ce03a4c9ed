"""Variances of time: figures of the catalogue, and properties of each formula."""

from decimal import Decimal

import pytest
from costing.hours import (
    HourRate,
    Order,
    Place,
    Run,
    Sheet,
    Time,
    round_rows,
    time_rows,
)
from hypothesis import given
from hypothesis import strategies as st

CENT = Decimal("0.01")
D = Decimal
RATES = (
    HourRate(1, "labour", D(20)),
    HourRate(2, "variable_overhead", D(6)),
    HourRate(3, "fixed_overhead", D(4)),
)
ASSEMBLY = Place(7, (Run(D(1), D("0.4"), D(1), D("0.5")),), RATES)


def totals(order, time):
    result = {}
    for row in time_rows(order, time):
        result[row.element, row.kind] = (
            result.get((row.element, row.kind), 0) + row.amount
        )
    return {key: amount for key, amount in result.items() if amount}


def sheets(hours, cost):
    return Time((Sheet(1, D(hours), D(hours) * D(cost)),))


@pytest.mark.parametrize(
    ("made", "starts", "time", "expected"),
    [
        ("10", True, sheets("5", 20), {}),
        (
            "10",
            True,
            sheets("5.5", 21),
            {
                (1, "labour_rate"): D("5.5"),
                (1, "labour_efficiency"): D(10),
                (2, "overhead_efficiency"): D(3),
            },
        ),
        (
            "6",
            True,
            sheets("3.4", 20),
            {(1, "lot_size"): D(8), (2, "lot_size"): D("2.4")},
        ),
        (
            "4",
            False,
            sheets("1.6", 20),
            {(1, "lot_size"): D(-8), (2, "lot_size"): D("-2.4")},
        ),
        ("12", True, Time(), {(1, "lot_size"): D(-4), (2, "lot_size"): D("-1.2")}),
    ],
)
def test_figures_of_the_catalogue(made, starts, time, expected):
    assert totals(Order((ASSEMBLY,), (D(made),), starts), time) == expected


def test_an_unbuild_lowers_what_is_allowed():
    rows = time_rows(Order((ASSEMBLY,), (D(12), D(11))), sheets("5.8", 20))
    later = {(r.element, r.kind): r.amount for r in rows if r.step == 1}
    assert later == {
        (1, "labour_efficiency"): D(8),
        (1, "lot_size"): D(2),
        (2, "overhead_efficiency"): D("2.4"),
        (2, "lot_size"): D("0.6"),
    }


# -- properties -----------------------------------------------------------------

amounts = st.decimals(0, 1000, places=2)
hours = st.decimals(D("0.01"), 100, places=2)
crews = st.decimals(D("0.5"), 5, places=1)


@st.composite
def places(draw):
    result = []
    for number in range(draw(st.integers(1, 3))):
        run = Run(draw(hours), draw(hours), D(draw(st.integers(1, 5))), draw(hours))
        rates = [HourRate(2, "variable_overhead", draw(amounts))]
        if draw(st.booleans()):
            rates.append(HourRate(1, "labour", draw(amounts), draw(crews)))
        if draw(st.booleans()):
            rates.append(HourRate(3, "fixed_overhead", draw(amounts)))
        result.append(Place(number + 1, (run,), tuple(rates)))
    return tuple(result)


@st.composite
def orders(draw):
    made = draw(st.lists(st.integers(1, 20).map(D), min_size=1, max_size=3))
    return Order(draw(places()), tuple(made), draw(st.booleans()))


@st.composite
def times(draw):
    place = st.one_of(st.none(), st.integers(1, 4))
    found = [
        Sheet(number, draw(hours), draw(amounts), draw(place))
        for number in range(draw(st.integers(0, 4)))
    ]
    machine = draw(st.dictionaries(st.integers(1, 3), hours, max_size=3))
    return Time(tuple(found), machine, draw(st.booleans()))


@given(orders(), times())
def test_labour_explains_what_people_cost(order, time):
    """Cost − absorbed = the rows of labour, whichever place the time was spent at."""
    absorbed = actual = D(0)
    for place in order.places:
        for rate in place.rates:
            if rate.type == "labour":
                absorbed += place.unit_hours * order.made[-1] * rate.factor * rate.rate
    if not any(place.crew for place in order.places):
        return
    rows = [row for row in time_rows(order, time) if row.element == 1]
    if time.sheets:
        actual = sum(sheet.cost for sheet in time.sheets)
        explained = sum(row.amount for row in rows)
        assert abs(actual - absorbed - explained) < D("1e-15")


@given(orders(), times())
def test_hours_of_the_rows_are_the_hours_recorded(order, time):
    """Each hour of a timesheet counts once, wherever people work."""
    places = tuple(
        Place(x.id, x.runs, tuple(r._replace(rate=r.rate + 1) for r in x.rates))
        for x in order.places
    )
    order = Order(places, order.made[:1], order.starts)
    if not time.sheets or not any(place.crew for place in places):
        return
    allowed = sum(
        place.allowed(order.made[0], starts=order.starts) * place.crew
        for place in places
    )
    rows = [x for x in time_rows(order, time) if x.kind == "labour_efficiency"]
    spent = sum(sheet.hours for sheet in time.sheets)
    beyond = sum(row.actual - row.standard for row in rows)
    assert abs(beyond - (spent - allowed)) < D("1e-15")


@given(orders())
def test_time_nobody_recorded_has_no_efficiency(order):
    kinds = {row.kind for row in time_rows(order, Time())}
    assert kinds <= {"lot_size"}


@given(orders(), times(), st.decimals(D("0.1"), 9, places=1))
def test_another_currency_changes_amounts_in_proportion(order, time, factor):
    places = tuple(
        Place(
            place.id,
            place.runs,
            tuple(rate._replace(rate=rate.rate * factor) for rate in place.rates),
        )
        for place in order.places
    )
    paid = tuple(sheet._replace(cost=sheet.cost * factor) for sheet in time.sheets)
    other = time_rows(
        Order(places, order.made, order.starts),
        Time(paid, time.machine, time.by_machine),
    )
    total = sum(row.amount for row in time_rows(order, time))
    assert abs(sum(row.amount for row in other) - total * factor) < D("1e-10")


@given(orders(), times(), st.integers(2, 12).map(D))
def test_another_unit_of_output_changes_nothing(order, time, dozen):
    places = tuple(
        Place(
            place.id,
            tuple(
                run._replace(
                    capacity=run.capacity * dozen, unit_hours=run.unit_hours / dozen
                )
                for run in place.runs
            ),
            place.rates,
        )
        for place in order.places
    )
    made = tuple(quantity * dozen for quantity in order.made)
    other = time_rows(Order(places, made, order.starts), time)
    total = sum(row.amount for row in time_rows(order, time))
    assert abs(sum(row.amount for row in other) - total) < D("1e-10")


@given(orders(), st.decimals(D("0.01"), D("0.5"), places=2))
def test_favourable_mirrors_unfavourable(order, part):
    """As many hours fewer than allowed as there were more."""
    order = Order(order.places, order.made[:1], order.starts)

    def spend(factor):
        machine = {
            place.id: place.allowed(order.made[0], starts=order.starts) * factor
            for place in order.places
        }
        rows = time_rows(order, Time((), machine))
        return [row for row in rows if row.kind.endswith("efficiency")]

    more, less = spend(1 + part), spend(1 - part)
    assert len(more) == len(less)
    for worse, better in zip(more, less, strict=True):
        assert worse.amount > 0
        assert abs(worse.amount + better.amount) < D("1e-15")


@given(orders(), times())
def test_rounded_rows_add_up_to_the_rounded_total(order, time):
    rows = time_rows(order, time)
    rounded = round_rows(rows, CENT)
    for element in {row.element for row in rows}:
        exact = sum(row.amount for row in rows if row.element == element)
        total = sum((x.amount for x in rounded if x.element == element), D(0))
        assert abs(total - exact) <= CENT / 2
        assert total == total.quantize(CENT)


@given(orders(), times(), st.data())
def test_one_change_or_many_end_up_the_same(order, time, data):
    final = Order(order.places, order.made[-1:], order.starts)
    through = totals(order, time)
    at_once = totals(final, time)
    for key in through.keys() | at_once.keys():
        assert abs(through.get(key, 0) - at_once.get(key, 0)) < D("1e-15")
