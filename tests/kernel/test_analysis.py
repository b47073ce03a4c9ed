"""Types and thresholds of variances."""

from decimal import Decimal

from costing.analysis import TYPES, is_exceptional, percent, variance_type
from costing.variance import KINDS
from hypothesis import given
from hypothesis import strategies as st

amounts = st.decimals(-10_000, 10_000, places=2)
thresholds = st.decimals(0, 500, places=2)


def test_every_kind_has_one_type():
    members = [kind for kinds in TYPES.values() for kind in kinds]
    assert sorted(members) == sorted(KINDS)
    assert all(kind in TYPES[variance_type(kind)] for kind in KINDS)


@given(amounts, amounts, thresholds, thresholds)
def test_favourable_and_unfavourable_mirror(amount, standard, from_, share):
    found = is_exceptional(amount, standard, from_, share)
    assert found == is_exceptional(-amount, standard, from_, share)
    assert found == is_exceptional(amount, -standard, from_, share)


@given(amounts, amounts)
def test_thresholds_of_zero_are_not_used(amount, standard):
    assert not is_exceptional(amount, standard, Decimal(0), Decimal(0))


@given(amounts, amounts, thresholds, thresholds)
def test_whichever_is_reached_first(amount, standard, from_, share):
    either = is_exceptional(amount, standard, from_, Decimal(0)) or is_exceptional(
        amount, standard, Decimal(0), share
    )
    assert is_exceptional(amount, standard, from_, share) == either


@given(amounts)
def test_no_percentage_where_the_standard_allows_nothing(amount):
    assert percent(amount, Decimal(0)) is None
    assert not is_exceptional(amount, Decimal(0), Decimal(0), Decimal("0.01"))


def test_reached_exactly():
    assert is_exceptional(Decimal(5), Decimal(100), Decimal(0), Decimal(5))
    assert is_exceptional(Decimal(-5), Decimal(100), Decimal(5), Decimal(0))
    assert not is_exceptional(Decimal("4.99"), Decimal(100), Decimal(5), Decimal(5))
