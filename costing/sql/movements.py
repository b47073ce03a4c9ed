"""Rule 2: what postings of movements and unbuilds book, against what has moved.

Orders have a query of their own (`orders.stock_side`), bills and invoices theirs.
"""

from odoo.tools import SQL

from .facts import TOLERANCE
from .frame import Frame
from .orders import STOCK_KINDS

LOSSES = ("scrap", "count", "unbuild")
SALES = ("delivery", "return")
#: Events with postings that stand (booked, or waiting for their day), named by the
#: first of these; only those of the period. Their card is the first posting's.
EVENTS = """
    SELECT posting.res_model AS model, posting.res_id AS id,
           MIN(posting.id) AS first, ARRAY_AGG(posting.id) AS postings,
           (ARRAY_AGG(posting.standard_id ORDER BY posting.id)
                FILTER (WHERE posting.standard_id IS NOT NULL))[1] AS standard
      FROM backflush_posting posting
     WHERE posting.company_id = %(company)s
       AND posting.res_model IN ('stock.move', 'mrp.unbuild')
       AND posting.state IN ('posted', 'pending')
     GROUP BY posting.res_model, posting.res_id
    HAVING BOOL_OR(posting.event IN %(events)s) AND BOOL_OR(%(period)s)
       AND %(trigger)s
"""
#: Goods costed at delivery are lost off their materials, not off an account of theirs;
#: also where a switch has put them under another trigger since.
UNDER_COMPLETION = SQL("BOOL_AND(posting.trigger IS DISTINCT FROM 'delivery')")
#: Per event and product: its facts, and its lines of these kinds. What Odoo books
#: itself, on the account of a location, has no lines.
SIDES = """
    WITH event AS (%(event)s), moved AS (
        SELECT event.first, f.product_id AS product, SUM(f.quantity) AS quantity,
               SUM(f.amount) AS amount, MIN(card.amount) AS price
          FROM event
          JOIN backflush_posting posting
            ON posting.res_model = event.model AND posting.res_id = event.id
          JOIN backflush_stock_fact f ON f.posting_id = posting.id
          JOIN stock_move m ON m.id = f.move_id
          JOIN %(products)s
            ON product.id = f.product_id AND product.is_delivered = %(is_delivered)s
          LEFT JOIN backflush_standard card ON card.id = event.standard
         WHERE %(own)s AND NOT (m.account_move_id IS NOT NULL AND f.sequence = 1)
         GROUP BY event.first, f.product_id
    ), line AS (
        SELECT event.first, line.product_id AS product,
               SUM(line.amount) FILTER (WHERE line.kind IN %(kinds)s) AS amount,
               COUNT(*) AS parts
          FROM event
          JOIN backflush_posting_line line ON line.posting_id = ANY(event.postings)
         GROUP BY event.first, line.product_id
    ), book AS (
        SELECT first, SUM(parts) AS parts FROM line GROUP BY first
    )
    SELECT moved.first AS record, moved.product AS detail, %(expected)s AS expected,
           COALESCE(line.amount, 0) AS found,
           %(tolerance)s + %(unit)s / 2.0 * book.parts AS tolerance
      FROM moved
      JOIN book ON book.first = moved.first
      LEFT JOIN line ON line.first = moved.first AND line.product = moved.product
"""


def _sides(
    frame: Frame, events: tuple[str, ...], kinds: tuple[str, ...], expected: str
) -> SQL:
    return SQL(
        SIDES,
        event=SQL(
            EVENTS,
            company=frame.company,
            events=events,
            period=frame.in_period("posting.date_event"),
            trigger=SQL("TRUE") if events == SALES else UNDER_COMPLETION,
        ),
        products=frame.product_table(),
        is_delivered=events == SALES,
        own=frame.own,
        kinds=kinds,
        expected=SQL(expected),
        tolerance=TOLERANCE,
        unit=frame.unit,
    )


def lost(frame: Frame) -> SQL:
    """Per scrap, count and unbuild: its goods as stock carries them."""
    return _sides(frame, LOSSES, STOCK_KINDS, "moved.amount")


def sold(frame: Frame) -> SQL:
    """Per delivery and return of goods costed then: cost of sales at their card."""
    return _sides(
        frame, SALES, ("cost_of_sales",), "-moved.quantity * COALESCE(moved.price, 0)"
    )
