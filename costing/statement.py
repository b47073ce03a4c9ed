"""The T-accounts of a statement of close: what stood there, what came, what stands.

Plain Python: no Odoo import. Amounts are Decimal in company currency, debit +.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from string import ascii_lowercase
from typing import NamedTuple

ZERO = Decimal(0)
HUNDRED = Decimal(100)


class Source(NamedTuple):
    """Where items come from; ``rank`` orders them, as they are booked."""

    rank: int
    label: str


class Movement(NamedTuple):
    """What a source has booked on an account; without one, what stood there before."""

    account: int
    source: Source | None
    debit: Decimal = ZERO
    credit: Decimal = ZERO


@dataclass
class TAccount:
    """An account in a period: ``movements`` by source, between two balances."""

    account: int
    opening: Decimal = ZERO
    movements: list[Movement] = field(default_factory=list)

    @property
    def debit(self) -> Decimal:
        return sum((x.debit for x in self.movements), ZERO)

    @property
    def credit(self) -> Decimal:
        return sum((x.credit for x in self.movements), ZERO)

    @property
    def closing(self) -> Decimal:
        return self.opening + self.debit - self.credit

    @property
    def debits(self) -> list[tuple[Source | None, Decimal]]:
        return [(x.source, x.debit) for x in self.movements if x.debit]

    @property
    def credits(self) -> list[tuple[Source | None, Decimal]]:
        return [(x.source, x.credit) for x in self.movements if x.credit]


def t_accounts(movements: Iterable[Movement]) -> dict[int, TAccount]:
    """Each account that has a balance or moves; sources once each, in their order."""
    accounts: dict[int, TAccount] = {}
    merged: dict[tuple[int, Source], Movement] = {}
    for move in movements:
        account = accounts.setdefault(move.account, TAccount(move.account))
        if move.source is None:
            account.opening += move.debit - move.credit
            continue
        key = (move.account, move.source)
        known = merged.get(key, Movement(*key))
        merged[key] = known._replace(
            debit=known.debit + move.debit, credit=known.credit + move.credit
        )
    for _key, move in sorted(merged.items()):
        if move.debit or move.credit:
            accounts[move.account].movements.append(move)
    return {key: x for key, x in accounts.items() if x.opening or x.movements}


def letters(accounts: Iterable[TAccount]) -> Mapping[Source, str]:
    """A reference for each source that has booked something, as textbooks have them.

    >>> letters([TAccount(1, movements=[Movement(1, Source(2, "Bills"))])])
    {Source(rank=2, label='Bills'): 'a'}
    """
    sources = sorted({x.source for a in accounts for x in a.movements if x.source})
    return {source: _letter(place) for place, source in enumerate(sources)}


def _letter(place: int) -> str:
    """a … z, aa, ab …

    >>> _letter(27)
    'ab'
    """
    before, last = divmod(place, len(ascii_lowercase))
    return (_letter(before - 1) if before else "") + ascii_lowercase[last]


def percent_of(amount: Decimal, base: Decimal) -> Decimal | None:
    """How much of what it is compared with; None where there is nothing.

    >>> percent_of(Decimal(5), Decimal(-50))
    Decimal('10')
    """
    return abs(amount) * HUNDRED / abs(base) if base else None
