"""The cards of a costing version, read in bulk as the roll-up's plain values."""

from collections import defaultdict
from dataclasses import replace

from odoo.tools import SQL

from ..costing.rollup import complete_splits
from ..costing.structure import Card, CardLine
from .backflush_books import number

LINE_QUERY = """
    SELECT l.standard_id, l.line_type, l.element_id, l.quantity, l.rate, l.amount,
           l.component_id, l.operation_id, l.workcenter_id,
           l.fixed_hours, l.cycle_hours, l.capacity
      FROM backflush_standard_line l
      JOIN backflush_standard s ON s.id = l.standard_id
     WHERE s.version_id = %s
     ORDER BY l.standard_id, l.sequence, l.id
"""
CARD_QUERY = """
    SELECT id, product_id, lot_size, amount
      FROM backflush_standard
     WHERE version_id = %s
     ORDER BY id
"""


def read_cards(version) -> dict[int, Card]:
    """{product id: card} of all cards of `version`, two queries for any number.

    The same values that the roll-up gave (`costing.rollup.Card`), with their cumulative
    split by cost element worked out again.
    """
    env = version.env
    env["backflush.standard"].flush_model()
    env["backflush.standard.line"].flush_model()
    lines = defaultdict(list)
    for card_id, *values in env.execute_query(SQL(LINE_QUERY, version.id)):
        lines[card_id].append(_read_line(*values))
    cards = {
        product_id: Card(
            product_id, number(lot), number(amount), tuple(lines[card_id]), {}
        )
        for card_id, product_id, lot, amount in env.execute_query(
            SQL(CARD_QUERY, version.id)
        )
    }
    splits = complete_splits(cards)
    return {key: replace(card, split=splits[key]) for key, card in cards.items()}


def _read_line(
    line_type,
    element,
    quantity,
    rate,
    amount,
    product,
    operation,
    workcenter,
    fixed_hours,
    cycle_hours,
    capacity,
) -> CardLine:
    return CardLine(
        line_type,
        element,
        number(quantity),
        number(rate),
        number(amount),
        product,
        operation,
        workcenter,
        number(fixed_hours),
        number(cycle_hours),
        number(capacity),
    )
