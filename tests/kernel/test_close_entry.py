"""The entry of a close: every step in balance, whatever the figures."""

from decimal import Decimal

from costing.close_entry import (
    CAPITALISE,
    RELEASE,
    WRITE_OFF,
    Cleared,
    Line,
    conversion_lines,
    disposition_lines,
    release_lines,
    usage_lines,
)
from costing.disposition import (
    CAPITALISED,
    SALES,
    Bases,
    Part,
    Standing,
    expense,
    is_material,
    prorate,
    returned,
)
from hypothesis import given
from hypothesis import strategies as st

D = Decimal
CENT = D("0.01")
amounts = st.decimals(-10_000, 10_000, places=2)
exact = st.decimals(-10_000, 10_000, places=6)
accounts = st.integers(1, 5)
parts = st.lists(
    st.builds(
        Part,
        st.integers(1, 2),
        accounts,
        st.sampled_from((*CAPITALISED, SALES)),
        amounts,
        st.sampled_from(("price", "quantity", "")),
    )
)


def total(lines):
    return sum((line.amount for line in lines), D(0))


@given(st.dictionaries(accounts, exact, min_size=1), accounts)
def test_usage_balances_whatever_is_rounded(stood, account):
    rows = {account: sum(stood.values(), D(0)).quantize(CENT)}
    lines = usage_lines(rows, stood, CENT)
    assert total(lines) == 0
    assert all(line.amount == line.amount.quantize(CENT) for line in lines)


def test_usage_of_a_part_costed_at_delivery():
    lines = usage_lines({1: D("10")}, {2: D(20) / 3, 3: D(10) / 3}, CENT)
    assert lines == [
        Line("usage", 1, D("10")),
        Line("usage", 2, D("-6.67")),
        Line("usage", 3, D("-3.33")),
    ]


@given(amounts, amounts, amounts)
def test_conversion_is_cleared(control, applied, known):
    rows = {7: known, 8: control - applied - known}
    lines = conversion_lines(rows, [Cleared(1, control, 2, applied)])
    assert total(lines) == 0
    found = {line.account: line.amount for line in lines}
    assert (found.get(1, 0), found.get(2, 0)) == (-control, applied)


@given(amounts, amounts)
def test_one_account_shows_the_difference(control, applied):
    lines = conversion_lines({8: control - applied}, [Cleared(1, control, 1, applied)])
    assert {x.account: x.amount for x in lines} == {
        account: amount
        for account, amount in ((8, control - applied), (1, applied - control))
        if amount
    }


@given(parts)
def test_disposition_balances_and_comes_back(given_parts):
    lines = disposition_lines(given_parts, 90, 91)
    for step in (CAPITALISE, WRITE_OFF):
        assert total([line for line in lines if line.step == step]) == 0
    kept = {x.account: x.amount for x in lines if x.step == CAPITALISE}
    released = release_lines(given_parts, 91)
    assert {line.account: -line.amount for line in released} == kept
    assert {line.step for line in released} <= {RELEASE}


@given(parts)
def test_what_comes_back_can_be_prorated_again(given_parts):
    """As the kind that it was: none of it is expensed for its kind."""
    for part in given_parts:
        if part.group and part.amount:
            standing = [returned(part, 1)]
            bases = {part.element: Bases(D(5), D(5), D(0), D(0))}
            again = prorate(standing, bases, 1, CENT)
            assert {x.place for x in again} <= set(CAPITALISED)
            assert sum((x.amount for x in again), D(0)) == part.amount


def test_expense_leaves_what_stays_on_its_account():
    rows = [
        Standing(1, "material_price", 10, D(3)),
        Standing(1, "material_issue_price", 10, D(4)),
        Standing(1, "revaluation", 11, D(9)),
        Standing(2, "timing", 12, D(9)),
    ]
    assert expense(rows) == [Part(1, 10, SALES, D(7))]


def test_materiality():
    """5.00 of prices against an inventory of 100.00; losses do not count."""
    rows = [
        Standing(1, "material_price", 10, D(-5)),
        Standing(1, "material_count", 11, D(50)),
    ]
    bases = {1: Bases(D(60), D(40), D(900), D(0))}
    assert is_material(rows, bases, D(0))
    assert is_material(rows, bases, D(5))
    assert not is_material(rows, bases, D("5.01"))
