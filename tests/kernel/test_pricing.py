"""Prices from purchases: worked examples and laws that hold for any figures."""

from decimal import Decimal as D

from costing.pricing import Bought, add_percent, average_price
from hypothesis import given
from hypothesis import strategies as st

AMOUNTS = st.decimals(0, 10**6, places=2)
QUANTITIES = st.decimals("0.001", 10**6, places=3)


def test_average_is_weighted_by_quantity():
    assert average_price(Bought(D(400), D(2020))) == D("5.05")


def test_nothing_left_says_nothing():
    assert average_price(Bought(D(0), D(10))) is None
    assert average_price(Bought(D(-1), D(-10))) is None
    assert average_price(Bought(D(5), D("-0.01"))) is None


def test_free_goods_have_the_price_0():
    assert average_price(Bought(D(5), D(0))) == 0


@given(QUANTITIES, AMOUNTS, QUANTITIES, AMOUNTS)
def test_average_lies_between_the_prices(first, amount, second, other):
    prices = (amount / first, other / second)
    average = average_price(Bought(first + second, amount + other))
    slack = D("1e-15") * max(1, *prices)
    assert min(prices) - slack <= average <= max(prices) + slack


@given(AMOUNTS, st.decimals(-500, 500, places=2))
def test_percent_never_makes_a_price_negative(price, percent):
    raised = add_percent(price, percent)
    assert raised >= 0
    assert (raised >= price) == (percent >= 0 or price == 0)
