"""Properties of judging whether backflush costing suits a product (no Odoo)."""

from decimal import Decimal as D

import pytest
from costing.suitability import (
    BORDERLINE,
    CONDITIONS,
    FITS,
    NEVER,
    UNFIT,
    UNKNOWN,
    VERDICTS,
    Cycle,
    Figures,
    Limits,
    Stock,
    days_on_hand,
    grade,
    judge,
    measure,
    measure_stock,
    share,
    variability,
    weigh,
)
from hypothesis import given
from hypothesis import strategies as st

amounts = st.decimals(0, 100000, places=3)
shares = st.decimals(0, 1, places=3)
few = st.integers(0, 40)
limits = st.builds(
    Limits,
    st.integers(1, 20),
    amounts,
    shares,
    amounts,
    amounts,
    st.decimals(0, 3, places=2),
    shares,
)
cycles = st.builds(Cycle, few, amounts, amounts, amounts, amounts)
stocks = st.builds(
    Stock, st.integers(1, 366), st.decimals(-10, 1000, places=2), amounts, amounts
)
levels = st.lists(st.tuples(st.integers(1, 60), amounts), min_size=1, max_size=20)


@st.composite
def figures(draw):
    orders = draw(few)
    return Figures(
        orders,
        draw(st.integers(0, orders)),
        draw(st.none() | cycles),
        *(draw(st.none() | amounts) for _ in range(5)),
    )


GOOD = Figures(
    orders=20,
    departed=1,
    cycle=Cycle(20, D(2), D(4), D(2), D(4)),
    materials_days=D(12),
    materials_variability=D("0.9"),
    finished_days=D(3),
    finished_variability=D("1.2"),
    variance_share=D("0.02"),
)


def test_a_product_that_fits():
    result = judge(GOOD, Limits())
    assert result.verdict == FITS
    assert [x.code for x in result.conditions] == list(CONDITIONS)
    assert result.reasons == ()


@pytest.mark.parametrize(
    ("change", "code", "verdict"),
    [
        ({"cycle": Cycle(20, D(6), D(9), D(6), D(9))}, "cycle", BORDERLINE),
        ({"cycle": Cycle(20, D(11), D(30), D(11), D(30))}, "cycle", UNFIT),
        ({"departed": 3}, "customised", BORDERLINE),
        ({"departed": 5}, "customised", UNFIT),
        ({"materials_days": D(61)}, "materials", BORDERLINE),
        (
            {"materials_days": D(61), "materials_variability": D("1.1")},
            "materials",
            UNFIT,
        ),
        ({"finished_days": D(31), "finished_variability": None}, "finished", UNFIT),
        ({"variance_share": D("0.051")}, "variance", BORDERLINE),
        ({"variance_share": D("0.2")}, "variance", UNFIT),
    ],
)
def test_each_condition_by_itself(change, code, verdict):
    result = judge(GOOD._replace(**change), Limits())
    assert result.verdict == verdict
    assert [(x.code, x.verdict) for x in result.reasons] == [(code, verdict)]


def test_stocks_may_be_high_if_they_are_constant():
    high = GOOD._replace(materials_days=D(200), materials_variability=D("0.1"))
    assert judge(high, Limits()).verdict == FITS


def test_what_lies_there_is_not_constant():
    idle = GOOD._replace(finished_days=NEVER, finished_variability=D("0.1"))
    assert judge(idle, Limits()).verdict == UNFIT


def test_too_little_history_is_unknown_whatever_it_says():
    bad = GOOD._replace(orders=4, departed=4)
    result = judge(bad, Limits())
    assert result.verdict == UNKNOWN
    assert result.get("customised").verdict == UNFIT


def test_starts_that_nobody_recorded():
    """What cycles were at most can only speak for the product."""
    short = Cycle(0, None, None, D(3), D(4))
    condition = judge(GOOD._replace(cycle=short), Limits()).get("cycle")
    assert (condition.verdict, condition.figure) == (FITS, 3)
    assert condition.is_at_most
    long = judge(GOOD._replace(cycle=short._replace(longest_median=D(40))), Limits())
    assert long.verdict == UNKNOWN
    assert long.get("cycle").verdict == UNKNOWN
    # some are known, and too few
    some = Cycle(4, D(90), D(90), D(3), D(4))
    assert judge(GOOD._replace(cycle=some), Limits()).verdict == FITS
    enough = some._replace(orders=5)
    assert judge(GOOD._replace(cycle=enough), Limits()).verdict == UNFIT


def test_a_limit_of_zero_allows_nothing():
    strict = Limits(customised=D(0))
    assert judge(GOOD._replace(departed=0), strict).verdict == FITS
    assert judge(GOOD, strict).verdict == UNFIT


@given(figures(), limits)
def test_as_good_as_the_worst_condition(known, asked):
    result = judge(known, asked)
    if known.orders < asked.orders:
        assert result.verdict == UNKNOWN
        return
    ranks = [VERDICTS.index(x.verdict) for x in result.conditions]
    assert VERDICTS.index(result.verdict) == max(ranks)
    assert {x.code for x in result.reasons} == {
        x.code for x in result.conditions if x.verdict != FITS
    }
    # the worst comes first
    ranks = [VERDICTS.index(x.verdict) for x in result.reasons]
    assert ranks == sorted(ranks, reverse=True)


@given(figures(), limits, st.sampled_from(Limits._fields[1:]), amounts)
def test_a_higher_limit_never_makes_it_worse(known, asked, name, more):
    lenient = asked._replace(**{name: getattr(asked, name) + more})
    before, after = (judge(known, x).verdict for x in (asked, lenient))
    assert VERDICTS.index(after) <= VERDICTS.index(before)


@given(amounts, amounts, amounts)
def test_grades_follow_the_figure(one, other, limit):
    low, high = sorted((one, other))
    assert VERDICTS.index(grade(low, limit)) <= VERDICTS.index(grade(high, limit))


# -- figures ----------------------------------------------------------------------


def test_days_and_variability_by_hand():
    """10 days of 100, 10 of 50, 20 of 0; 200 used in 40 days = 5 a day."""
    stock = measure_stock([(10, D(100)), (10, D(50)), (20, D(0))], D(200))
    assert (stock.days, stock.average) == (40, D("37.5"))
    assert days_on_hand(stock) == D("7.5")
    # variance (100² × 10 + 50² × 10) ÷ 40 − 37.5² = 1718.75
    assert variability(stock) == pytest.approx(D("1718.75").sqrt() / D("37.5"))


def test_stock_that_nobody_uses():
    stock = measure_stock([(30, D(7))])
    assert (days_on_hand(stock), variability(stock)) == (NEVER, 0)
    empty = measure_stock([(30, D(0))])
    assert (days_on_hand(empty), variability(empty)) == (0, None)
    assert measure_stock([]) is None


@given(levels, st.integers(0, 19), st.integers(1, 59))
def test_only_the_days_count_that_a_level_lasted(parts, index, cut):
    """A level cut in two is the same stock."""
    index %= len(parts)
    days, quantity = parts[index]
    if days <= cut:
        return
    split = [*parts[:index], (cut, quantity), (days - cut, quantity)]
    split += parts[index + 1 :]
    one, other = measure_stock(parts), measure_stock(split)
    assert one.days == other.days
    assert one.average == pytest.approx(other.average)
    assert one.deviation == pytest.approx(other.deviation, abs=D("1e-9"))


@given(levels, amounts, st.sampled_from([D(1000), D(12), D("0.125")]))
def test_the_unit_of_measure_changes_nothing(parts, used, factor):
    one = measure_stock(parts, used)
    other = measure_stock([(d, q * factor) for d, q in parts], used * factor)
    assert days_on_hand(one) == pytest.approx(days_on_hand(other))
    if variability(one) is None:
        assert variability(other) is None
    else:
        assert variability(one) == pytest.approx(variability(other), abs=D("1e-9"))


@given(st.lists(st.tuples(amounts, stocks), min_size=1, max_size=8))
def test_weighted_figures_lie_between_their_parts(parts):
    days, varies = weigh(parts)
    slack = D("1e-12")
    all_days = [days_on_hand(stock) for _weight, stock in parts]
    assert min(all_days) * (1 - slack) <= days <= max(all_days) * (1 + slack)
    each = [variability(s) for _w, s in parts if variability(s) is not None]
    if varies is not None:
        assert min(each) * (1 - slack) <= varies <= max(each) * (1 + slack)
    # in which order they come does not matter
    assert weigh(parts[::-1])[0] == pytest.approx(days)


def test_materials_in_money():
    """Inventory 300 + 40 at a usage of 10 + 20 a day: 340 ÷ 30 days."""
    bolts = Stock(10, D(100), D(0), D(100) / 3)  # 3.00 each: 100 of value used
    plates = Stock(10, D(10), D(0), D(50))  # 4.00 each: 200 of value used
    days, varies = weigh([(D(100), bolts), (D(200), plates)])
    assert days == pytest.approx(D(340) / 30)
    assert varies == 0


def test_figures_of_a_product():
    known = {1: Stock(10, D(5), D(1), D(50)), 2: Stock(10, D(20), D(0), D(100))}
    result = measure(1, (8, 2), None, [(2, D(7)), (3, D(9))], known, (D(5), D(100)))
    # component 3 is not stocked
    assert result == Figures(8, 2, None, D(2), D(0), D(1), D("0.2"), D("0.05"))
    bare = measure(9, (1, 0), None, [], {}, None)
    assert bare == Figures(1, 0)
    assert share(1, 0) is None
