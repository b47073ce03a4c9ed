"""Matching bills and invoices to the goods that moved, oldest first.

Plain Python: no Odoo import. Quantities in the product's unit of measure, standards in
company currency per unit. A *pool* is one product of one order line (or, without order
lines, of one partner): what moved, what came back, and what documents have claimed.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from .variance import ZERO

#: Less than this is what converting units leaves, not a quantity.
TINY = Decimal("1e-9")


class Lot(NamedTuple):
    """Goods that moved at one standard, the standard at which their document passes.

    ``origin`` is the movement that brought or took the goods first: for a return the
    movement that it returns, otherwise the movement itself. Goods of another owner have
    a negative key and pass at 0.
    """

    key: int
    move: int
    origin: int
    quantity: Decimal
    standard: Decimal


class Claim(NamedTuple):
    """A quantity on a posted document line, and what it was matched to.

    ``passed`` is the standard on the document, ``standard`` the one at which the
    quantity should pass now. Matched to a ``lot``, or to what a document of the other
    direction has ``taken`` back; to neither while it waits for goods.
    """

    key: int
    quantity: Decimal
    passed: Decimal
    standard: Decimal
    is_return: bool
    lot: int | None = None
    taken: int | None = None


class Part(NamedTuple):
    """A quantity of a document about to be posted, and what it is matched to."""

    quantity: Decimal
    standard: Decimal
    lot: Lot | None = None
    taken: int | None = None


class Change(NamedTuple):
    """A quantity of a claim that is matched anew.

    ``part`` is the key of what is split off, where that is not the whole claim. The
    movement ``move`` owes the ledger what the document did not pass.
    """

    claim: int
    part: int | None
    quantity: Decimal
    standard: Decimal
    lot: Lot | None
    move: int | None


class Netted(NamedTuple):
    """Goods that came back and others that went in their place, without documents."""

    lot: Lot
    back: Lot
    quantity: Decimal


@dataclass
class Pool:
    """Lots are in the order in which they moved, claims in that of their posting."""

    lots: list[Lot]
    returns: list[Lot]
    claims: list[Claim]

    def free(self, *, is_return: bool) -> list[Lot]:
        """Goods that no document has claimed."""
        claimed: dict[int | None, Decimal] = defaultdict(lambda: ZERO)
        for claim in self.claims:
            claimed[claim.lot] += claim.quantity
        lots = self.returns if is_return else self.lots
        rests = [x._replace(quantity=x.quantity - claimed[x.key]) for x in lots]
        return [lot for lot in rests if lot.quantity > TINY]

    def open(self, *, is_return: bool) -> list[Claim]:
        """Claims that wait for goods, less what was taken back."""
        taken: dict[int | None, Decimal] = defaultdict(lambda: ZERO)
        for claim in self.claims:
            taken[claim.taken] += claim.quantity
        return [
            claim._replace(quantity=rest)
            for claim in self.claims
            if claim.is_return is is_return and claim.lot is None and not claim.taken
            if (rest := claim.quantity - taken[claim.key]) > TINY
        ]

    def change(
        self,
        key: int,
        quantity: Decimal,
        standard: Decimal,
        lot: Lot | None,
        move: int | None,
    ) -> Change:
        """Match a quantity of a claim anew; the rest keeps the claim's key."""
        index = next(i for i, claim in enumerate(self.claims) if claim.key == key)
        claim = self.claims[index]
        anew = claim._replace(
            standard=standard, lot=lot.key if lot else None, taken=None
        )
        if claim.quantity - quantity <= TINY:
            self.claims[index] = anew
            return Change(key, None, claim.quantity, standard, lot, move)
        part = self.new_key()
        self.claims[index] = claim._replace(quantity=claim.quantity - quantity)
        self.claims.append(anew._replace(key=part, quantity=quantity))
        return Change(key, part, quantity, standard, lot, move)

    def new_key(self) -> int:
        """A key for a claim that is not stored yet: negative."""
        return min([0, *(claim.key for claim in self.claims)]) - 1


def match_document(
    pool: Pool, quantity: Decimal, standard: Decimal, *, is_return: bool
) -> list[Part]:
    """What a document's quantity is matched to.

    A bill or invoice: goods that moved, oldest first, those that came back without a
    credit note last; then what a credit note took back without goods; the rest waits
    for goods at today's ``standard``. A credit note: goods that came back; then what
    was billed without goods; the rest takes nothing out until goods come back.
    """
    parts = []
    for source in _find_sources(pool, is_return):
        part = source._replace(quantity=min(quantity, source.quantity))
        if part.quantity > TINY:
            parts.append(part)
            quantity -= part.quantity
    if quantity > TINY:
        parts.append(Part(quantity, ZERO if is_return else standard))
    return parts


def _find_sources(pool: Pool, is_return: bool) -> list[Part]:
    others = [
        Part(claim.quantity, claim.standard, None, claim.key)
        for claim in pool.open(is_return=not is_return)
    ]
    came_back: dict[int, Decimal] = defaultdict(lambda: ZERO)
    if not is_return:
        for lot in pool.free(is_return=True):
            came_back[lot.origin] += lot.quantity
    first, last = [], []
    for lot in pool.free(is_return=is_return):
        held = min(lot.quantity, came_back[lot.origin])
        came_back[lot.origin] -= held
        first.append(Part(lot.quantity - held, lot.standard, lot))
        last.append(Part(held, lot.standard, lot))
    return first + last + others


def settle(pool: Pool) -> list[Change]:
    """Match claims to goods that have moved since, and free those whose goods are gone.

    Goods that arrive are for what was billed before them, also where a credit note has
    taken that back meanwhile: it was for the price alone, or the goods will be billed
    once more.
    """
    changes = list(_release(pool))
    for is_return in (False, True):
        for lot in pool.free(is_return=is_return):
            waiting = pool.open(is_return=is_return)
            rest = lot.quantity
            for claim in waiting:
                quantity = min(rest, claim.quantity)
                if quantity > TINY:
                    rest -= quantity
                    changes.append(_assign(pool, claim.key, quantity, lot))
            if not is_return and rest > TINY:
                changes += _part_pairs(pool, lot, rest)
    return changes


def _assign(pool: Pool, key: int, quantity: Decimal, lot: Lot) -> Change:
    return pool.change(key, quantity, lot.standard, lot, lot.move)


def _release(pool: Pool) -> Iterator[Change]:
    """Free the newest claims of goods that a correction has taken away."""
    for lot in (*pool.lots, *pool.returns):
        claims = [claim for claim in pool.claims if claim.lot == lot.key]
        excess = sum((claim.quantity for claim in claims), ZERO) - lot.quantity
        for claim in reversed(claims):
            quantity = min(excess, claim.quantity)
            if quantity > TINY:
                excess -= quantity
                if claim.is_return:
                    yield pool.change(claim.key, quantity, ZERO, None, lot.move)
                else:
                    yield pool.change(claim.key, quantity, claim.passed, None, None)


def _part_pairs(pool: Pool, lot: Lot, rest: Decimal) -> Iterator[Change]:
    """Give goods to bills that credit notes have taken back, or that re-bill those."""
    for claim in list(pool.claims):
        if claim.is_return or claim.lot is not None:
            continue
        if claim.taken:
            quantity = min(rest, claim.quantity)
            if quantity > TINY:
                rest -= quantity
                yield _assign(pool, claim.key, quantity, lot)
            continue
        for taker in [x for x in reversed(pool.claims) if x.taken == claim.key]:
            quantity = min(rest, taker.quantity)
            if quantity > TINY:
                rest -= quantity
                yield pool.change(taker.key, quantity, ZERO, None, lot.move)
                yield _assign(pool, claim.key, quantity, lot)


def net(pool: Pool) -> list[Netted]:
    """Pair what came back with what went in its place, where no document is about it.

    First with what the same movement moved, which passes at the same standard.
    """
    lots = {x.key: x for x in pool.free(is_return=False) if x.key > 0}
    backs = [x for x in pool.free(is_return=True) if x.key > 0]
    result = []
    for same in (True, False):
        for index, back in enumerate(backs):
            for lot in lots.values():
                quantity = min(backs[index].quantity, lots[lot.key].quantity)
                if quantity > TINY and (not same or lot.move == back.origin):
                    result.append(Netted(lot, back, quantity))
                    _take(backs, index, quantity)
                    left = lots[lot.key].quantity - quantity
                    lots[lot.key] = lot._replace(quantity=left)
    return [x for x in result if x.lot.standard != x.back.standard]


def _take(lots: list[Lot], index: int, quantity: Decimal) -> None:
    lots[index] = lots[index]._replace(quantity=lots[index].quantity - quantity)
