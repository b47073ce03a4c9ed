"""What the books must show, for *Check the books*.

Plain Python: no Odoo import. Quantities in the product's unit of measure, amounts in
company currency. `costing.sql.matching` is the set-based twin of `settle`.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from .entry import Key, Target, merge
from .matching import TINY, Pool
from .revaluation import RESTATED
from .variance import ZERO, Row

#: Quantities closer than this are the same: unit conversions are not exact.
QUANTITY_UNIT = Decimal("0.000001")


class Moved(NamedTuple):
    """One stock fact as a bill or invoice sees it: a later correction is negative.

    ``standard`` is the price at which the quantity passes; 0 where something else has
    already costed it.
    """

    quantity: Decimal
    standard: Decimal


class Match(NamedTuple):
    """What a document's quantity was matched to, and the amount that passes with it."""

    quantity: Decimal
    amount: Decimal


def match_oldest_first(
    moved: Iterable[Moved], already: Decimal, quantity: Decimal
) -> Match:
    """Match ``quantity`` to what moved, after ``already`` was matched by others.

    >>> facts = [Moved(Decimal(10), Decimal(5)), Moved(Decimal(10), Decimal(6))]
    >>> match_oldest_first(facts, Decimal(8), Decimal(4))
    Match(quantity=Decimal('4'), amount=Decimal('22'))
    """
    upper = _taken(moved := _net(moved), already + quantity)
    lower = _taken(moved, already)
    return Match(upper.quantity - lower.quantity, upper.amount - lower.amount)


def _net(moved: Iterable[Moved]) -> list[Moved]:
    """Let negative corrections take away from the newest quantity before them."""
    result: list[Moved] = []
    for fact in moved:
        rest = fact.quantity
        while rest < 0 and result:
            last = result.pop()
            rest += last.quantity
            if rest > 0:
                result.append(last._replace(quantity=rest))
        if fact.quantity > 0:
            result.append(fact)
    return result


def _taken(moved: Iterable[Moved], quantity: Decimal) -> Match:
    taken, amount = ZERO, ZERO
    for fact in moved:
        part = min(fact.quantity, quantity - taken)
        if part <= 0:
            break
        taken += part
        amount += part * fact.standard
    return Match(taken, amount)


class Settled(NamedTuple):
    """What documents of one direction have done with what moved in that direction.

    ``passed`` is what should have gone through the account; ``open_quantity`` and
    ``open_amount`` moved and are on no document yet.
    """

    moved: Decimal
    matched: Decimal
    passed: Decimal
    open_quantity: Decimal
    open_amount: Decimal


def settle(moved: Iterable[Moved], documented: Decimal) -> Settled:
    """Match the quantity on all documents to all that moved, oldest first.

    >>> facts = [Moved(Decimal(10), Decimal(5)), Moved(Decimal(10), Decimal(6))]
    >>> settle(facts, Decimal(12))[1:]
    (Decimal('12'), Decimal('62'), Decimal('8'), Decimal('48'))
    """
    moved = list(moved)
    total = sum((fact.quantity for fact in moved), ZERO)
    taken = match_oldest_first(moved, ZERO, documented)
    rest = match_oldest_first(moved, documented, max(total - taken.quantity, ZERO))
    return Settled(total, taken.quantity, taken.amount, rest.quantity, rest.amount)


def count_ahead(settled: Settled, documented: Decimal, credited: Decimal) -> Decimal:
    """Quantity on documents that has not moved yet.

    ``credited`` is on documents of the other direction: to bill again what a credit
    note has taken back brings no new goods.
    """
    ahead = min(documented - settled.matched, documented - credited - settled.moved)
    return ahead if ahead > QUANTITY_UNIT else ZERO


class Told(NamedTuple):
    """What the recorded matches of an order line (or partner) add up to.

    ``documented`` is the quantity on documents, ``expected`` what it should have passed
    at, by the standards of the goods it was matched to; both with returns taken off.
    ``restated`` is what movements owed since the documents were posted. ``is_sound``:
    nothing is matched twice, nor to goods that are not there.
    """

    documented: Decimal
    expected: Decimal
    restated: Decimal
    open_quantity: Decimal
    open_amount: Decimal
    ahead: Decimal
    ahead_amount: Decimal
    is_sound: bool


def tell(pool: Pool, exchanged: Decimal = ZERO) -> Told:
    """Read a pool's matches against its goods.

    ``exchanged`` is what movements owed for goods that others have taken the place of,
    without any document.
    """
    lots = {lot.key: lot for lot in (*pool.lots, *pool.returns)}
    rest = {lot.key: lot.quantity for lot in lots.values()}
    documented = expected = restated = ZERO
    is_sound = True
    for claim in pool.claims:
        quantity = -claim.quantity if claim.is_return else claim.quantity
        standard = claim.standard
        if claim.lot in lots:
            standard = lots[claim.lot].standard
            rest[claim.lot] -= claim.quantity
        elif claim.lot is not None:
            is_sound = False
        documented += quantity
        expected += quantity * standard
        restated += quantity * (claim.standard - claim.passed)
    goods = [(1, x) for x in pool.free(is_return=False)]
    goods += [(-1, x) for x in pool.free(is_return=True)]
    waiting = pool.open(is_return=False)
    return Told(
        documented,
        expected,
        restated,
        sum((sign * lot.quantity for sign, lot in goods), ZERO),
        sum((sign * lot.quantity * lot.standard for sign, lot in goods), ZERO)
        - exchanged,
        sum((claim.quantity for claim in waiting), ZERO),
        sum((claim.quantity * claim.standard for claim in waiting), ZERO),
        is_sound and all(quantity >= -TINY for quantity in rest.values()),
    )


def residue_bound(unit: Decimal, rounded: int, values: int) -> Decimal:
    """How far an account may be from its stock (DESIGN §4, rule 1).

    Half a rounding unit for each of the amounts that were ``rounded`` into its balance
    (an item of a day's entry adds up many), and for each of the ``values`` (quantity ×
    standard) that were rounded for the comparison.

    >>> residue_bound(Decimal("0.01"), 3, 1)
    Decimal('0.020')
    """
    return unit / 2 * (rounded + values)


def book_residues(residues: Mapping[int, Decimal], rounding: Key) -> Target:
    """Entry that takes what rounding has left off the accounts that carry goods.

    ``residues`` is balance − stock by account; ``rounding`` names the line and the row
    that take it.
    """
    total = sum(residues.values(), ZERO)
    stock = {
        Key(account, None, RESTATED, None): -amount
        for account, amount in residues.items()
    }
    row = Row(rounding.kind, None, ZERO, ZERO, ZERO, ZERO, total)
    return Target(merge([stock, {rounding: total}]), {rounding: row} if total else {})
