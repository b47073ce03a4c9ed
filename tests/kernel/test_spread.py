"""Properties of spreading count differences (plain pytest, no Odoo)."""

from decimal import Decimal as D

import pytest
from costing.spread import spread
from hypothesis import given
from hypothesis import strategies as st

units = st.sampled_from([D("0.01"), D(1), D("0.05")])
counts = st.integers(-100000, 100000)
usages = st.dictionaries(
    st.integers(1, 500), st.decimals("0.001", 10000, places=3), min_size=1, max_size=60
)


def test_in_proportion_and_the_largest_takes_the_cent():
    shares = spread(D("10.00"), {1: D(1), 2: D(1), 3: D(1)}, D("0.01"))
    assert [share.amount for share in shares] == [D("3.34"), D("3.33"), D("3.33")]
    assert [share.quantity for share in shares] == [1, 1, 1]
    shares = spread(D("10.00"), {1: D(20), 2: D(60)}, D("0.01"))
    assert [tuple(share) for share in shares] == [
        (2, 60, D("0.75"), D("7.50")),
        (1, 20, D("0.25"), D("2.50")),
    ]


@given(counts, usages, units)
def test_parts_sum_to_the_whole(count, usage, unit):
    amount = count * unit
    shares = spread(amount, usage, unit)
    assert {share.product for share in shares} == set(usage)
    assert sum(share.amount for share in shares) == amount
    assert sum(share.part for share in shares) == pytest.approx(D(1), abs=D("1e-20"))
    for share in shares:
        assert share.amount % unit == 0
        assert share.amount * amount >= 0, "nobody gains by what is missing"
        exact = amount * usage[share.product] / sum(usage.values())
        # half a unit by rounding, one that others left
        assert abs(share.amount - exact) <= unit * D("1.5") + D("1e-20")


@given(counts, usages, units)
def test_found_mirrors_missing(count, usage, unit):
    found = spread(-count * unit, usage, unit)
    for one, other in zip(spread(count * unit, usage, unit), found, strict=True):
        assert other == one._replace(amount=-one.amount)


@given(counts, usages, units, st.sampled_from([D(1000), D("0.001"), D(8)]))
def test_the_unit_of_the_material_changes_no_amount(count, usage, unit, factor):
    other = {product: quantity * factor for product, quantity in usage.items()}
    one, two = (spread(count * unit, x, unit) for x in (usage, other))
    assert [share.amount for share in one] == [share.amount for share in two]


def test_many_small_users_bear_a_cent_or_nothing():
    """Halves of a cent: none of them bears what rounding left of all others."""
    shares = spread(D("5.00"), dict.fromkeys(range(1000), D(1)), D("0.01"))
    assert sorted({share.amount for share in shares}) == [0, D("0.01")]


def test_who_used_nothing_bears_nothing():
    usage = {1: D(5), 2: D(0), 3: D(-2)}
    assert [x.product for x in spread(D(1), usage, D("0.01"))] == [1]
    assert spread(D(1), {3: D(-2)}, D("0.01")) == ()
    assert spread(D(1), {}, D("0.01")) == ()
