"""What a movement and its later corrections leave to be billed or invoiced.

Plain Python: no Odoo import. Quantities in the product's unit of measure, standards in
company currency per unit.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from .variance import ZERO, Measured, Original


def find_lots(
    facts: Sequence[tuple[int, Measured]], original: Original | None = None
) -> tuple[
    list[tuple[int, Decimal, Decimal]], Decimal, tuple[tuple[int, Decimal], ...]
]:
    """What one movement's facts leave to be matched: (key, quantity, standard).

    A later correction downwards takes away from the newest; with ``original``, the
    standard of the movement that is returned, all of it passes at that. The second
    value is what stock carries more than passes (in the sign of the facts), the third
    how much of it belongs to which cost element, where the cards tell.
    """
    sign = -1 if facts and facts[0][1].quantity < 0 else 1
    lots: list[tuple[int, Decimal, Original]] = []
    change = ZERO
    parts: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for key, fact in facts:
        own = original or Original(fact.standard, fact.content)
        pieces = [(fact.quantity * sign, own)]
        if pieces[0][0] > 0:
            lots.append((key, pieces[0][0], own))
        else:
            pieces = list(_take_newest(lots, -pieces[0][0], own))
        for quantity, passes in pieces:
            change += sign * quantity * (fact.standard - passes.unit)
            for element, amount in _content_change(fact, passes):
                parts[element] += sign * quantity * amount
    split = tuple(sorted((e, x) for e, x in parts.items() if x))
    return [(key, q, passes.unit) for key, q, passes in lots], change, split


def _take_newest(
    lots: list[tuple[int, Decimal, Original]], quantity: Decimal, rest: Original
) -> Iterator[tuple[Decimal, Original]]:
    for index in range(len(lots) - 1, -1, -1):
        key, there, passes = lots[index]
        taken = min(there, quantity)
        if taken > 0:
            lots[index] = (key, there - taken, passes)
            quantity -= taken
            yield -taken, passes
    if quantity > 0:
        yield -quantity, rest


def _content_change(fact: Measured, passes: Original) -> Iterable[tuple[int, Decimal]]:
    if fact.content and passes.content:
        for element in fact.content.keys() | passes.content.keys():
            before = passes.content.get(element, ZERO)
            yield element, fact.content.get(element, ZERO) - before
