"""Mix and yield: the usage of a blend's components, split (Horngren, Cost Accounting).

Plain Python: no Odoo import. Quantities in each component's own unit of measure; totals
of several components are taken in the unit that they share. Amounts in company
currency, positive = unfavourable, not rounded.

mix = (AQ − ΣAQ · SQ/ΣSQ) × SP: more of this component than its share of what went in;
yield = (ΣAQ · SQ/ΣSQ − SQ) × SP: more of all components than the output allows, in the
standard proportion. Together they are the usage, (AQ − SQ) × SP.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from .variance import ZERO, Row

USAGE, MIX, YIELD = "material_usage", "material_mix", "material_yield"


class Measure(NamedTuple):
    """In what a component is measured: units of one ``group`` convert into each other.

    ``factor`` is the size of the unit in that group; ``is_pieces`` says that things are
    counted, which are seldom what is blended.
    """

    group: int
    factor: Decimal
    is_pieces: bool = False


class Part(NamedTuple):
    """One component of a card: quantity and amount per unit of the product."""

    product: int
    quantity: Decimal
    amount: Decimal


def get_whole(key: Any) -> Any:
    """Where the usage stands that a key of mix or yield is a part of; else the key."""
    return key._replace(kind=USAGE) if key.kind in (MIX, YIELD) else key


def find_blend(
    parts: Iterable[Part], measures: Mapping[int, Measure], made: Measure | None = None
) -> dict[int, Decimal]:
    """{component: its share of the unit that all of the blend share}.

    The components that are measured alike; one alone is no blend. Where several groups
    are, those measured as the product ``made`` is, then those with the largest amount;
    what is counted in pieces (bottles, labels) only where nothing else is blended.
    Shares are the standard quantities in the shared unit.
    """
    groups: dict[int, dict[int, Decimal]] = defaultdict(dict)
    amounts: dict[int, Decimal] = defaultdict(lambda: ZERO)
    pieces = set()
    for part in parts:
        measure = measures.get(part.product)
        if not measure or not part.quantity:
            continue
        group = groups[measure.group]
        known = group.get(part.product, ZERO)
        group[part.product] = known + part.quantity * measure.factor
        amounts[measure.group] += part.amount
        if measure.is_pieces:
            pieces.add(measure.group)
    blends = [group for group, members in groups.items() if len(members) > 1]
    if not blends:
        return {}

    def rank(group: int) -> tuple[bool, bool, Decimal]:
        is_made = made is not None and made.group == group
        return group not in pieces, is_made, amounts[group]

    return groups[max(blends, key=rank)]


def split_usage(
    rows: Iterable[Row], blend: Mapping[int, Decimal], measures: Mapping[int, Measure]
) -> list[Row]:
    """Rows of usage of the components in ``blend``, each as mix and yield.

    Rows of other kinds and components stay as they are.
    """
    rows = list(rows)
    total = sum(blend.values(), ZERO)
    if not total:
        return rows
    blended = {
        row.product: row
        for row in rows
        if row.kind == USAGE and row.product is not None and row.product in blend
    }
    used = sum(
        (row.quantity_actual * measures[x].factor for x, row in blended.items()), ZERO
    )
    result = [row for row in rows if row not in blended.values()]
    for product, row in blended.items():
        result += _split(row, used * blend[product], total * measures[product].factor)
    return result


def _split(row: Row, share: Decimal, total: Decimal) -> tuple[Row, Row]:
    """``share`` ÷ ``total``: what all that went in holds of it at standard mix."""
    # divided last: exact where the proportion is kept
    mix = (row.quantity_actual * total - share) * row.price_standard / total
    mixed = share / total
    return (
        row._replace(kind=MIX, quantity_standard=mixed, amount=mix),
        row._replace(kind=YIELD, quantity_actual=mixed, amount=row.amount - mix),
    )
