"""T-accounts: nothing is lost or counted twice, whatever was booked."""

from decimal import Decimal

from costing.statement import Movement, Source, letters, percent_of, t_accounts
from hypothesis import given
from hypothesis import strategies as st

SOURCES = (None, Source(0, "Bills"), Source(5, "Write-off"), Source(5, "Conversion"))
amounts = st.integers(0, 10**9).map(lambda cents: Decimal(cents) / 100)
movements = st.lists(
    st.builds(Movement, st.integers(1, 4), st.sampled_from(SOURCES), amounts, amounts),
    max_size=30,
)


@given(movements)
def test_balances_are_those_of_the_items(items):
    found = t_accounts(items)
    for account_id in range(1, 5):
        own = [x for x in items if x.account == account_id]
        opening = sum(x.debit - x.credit for x in own if x.source is None)
        closing = sum(x.debit - x.credit for x in own)
        if account_id in found:
            assert found[account_id].opening == opening
            assert found[account_id].closing == closing
        else:
            assert opening == closing == 0


@given(movements)
def test_each_source_has_one_place_on_each_side(items):
    for account in t_accounts(items).values():
        for side in (account.debits, account.credits):
            sources = [source for source, _amount in side]
            assert sources == sorted(set(sources))
        assert sum(x for _source, x in account.debits) == account.debit
        assert sum(x for _source, x in account.credits) == account.credit


@given(movements)
def test_letters_name_what_has_moved(items):
    found = t_accounts(items)
    known = letters(found.values())
    moved = {move.source for account in found.values() for move in account.movements}
    assert set(known) == moved
    assert list(known.values()) == list("abc"[: len(known)])


def test_letters_go_on_after_z():
    moves = [Movement(1, Source(x, str(x)), Decimal(1)) for x in range(28)]
    found = list(letters(t_accounts(moves).values()).values())
    assert found[25:] == ["z", "aa", "ab"]


def test_percent():
    assert percent_of(Decimal(-64), Decimal(1280)) == 5
    assert percent_of(Decimal(1), Decimal(0)) is None
