"""Rule 3 for materials and output: what orders used and made, against the books."""

from odoo.tools import SQL

from .facts import TOLERANCE
from .frame import Frame

#: Kinds of rows that explain materials and output; hours are explained elsewhere.
MATERIAL_KINDS = (
    "material_usage",
    "material_substitution",
    "material_mix",
    "material_yield",
    "material_scrap",
    "material_issue_price",
    "output_price",
    "output_quantity",
    "method",
    "rounding",
    "standard_change",
)
#: Kinds of posting lines that stand for goods of an order.
STOCK_KINDS = ("output", "material")
#: Orders with postings that stand (booked, or waiting for their day), by the card of
#: the first of them; only those with an event in the period.
ORDERS = """
    SELECT posting.res_id AS id,
           (ARRAY_AGG(posting.standard_id ORDER BY posting.id)
                FILTER (WHERE posting.standard_id IS NOT NULL))[1] AS standard,
           ARRAY_AGG(posting.id) AS postings
      FROM backflush_posting posting
     WHERE posting.company_id = %(company)s AND posting.res_model = 'mrp.production'
       AND posting.state IN ('posted', 'pending')
     GROUP BY posting.res_id
    HAVING BOOL_OR(%(period)s)
"""
#: Facts that postings of these orders carry, reversed postings included.
ORDER_FACTS = """
    SELECT posting.res_id AS id, f.product_id AS product, f.quantity, f.amount,
           m.production_id IS NOT NULL AND f.product_id = production.product_id
               AS is_output
      FROM backflush_posting posting
      JOIN orders ON orders.id = posting.res_id
      JOIN backflush_stock_fact f ON f.posting_id = posting.id
      JOIN stock_move m ON m.id = f.move_id
      JOIN mrp_production production ON production.id = posting.res_id
     WHERE posting.company_id = %(company)s AND posting.res_model = 'mrp.production'
       AND %(own)s
"""
#: Per order: used − made + what its card applies for good output, against its rows.
#: Products without stock have no facts: the card's part for them counts as applied, and
#: their rows are left out.
EXPLAINED = """
    WITH orders AS (%(orders)s), fact AS (%(facts)s), card AS (
        SELECT orders.id, SUM(line.amount) AS amount
          FROM orders
          JOIN backflush_standard_line line ON line.standard_id = orders.standard
          LEFT JOIN product_product variant ON variant.id = line.component_id
          LEFT JOIN product_template template ON template.id = variant.product_tmpl_id
         WHERE line.line_type NOT IN ('component', 'byproduct')
            OR NOT COALESCE(template.is_storable, FALSE)
         GROUP BY orders.id
    ), moved AS (
        SELECT id, -SUM(amount) AS used,
               SUM(quantity) FILTER (WHERE is_output) AS made
          FROM fact
         GROUP BY id
    ), booked AS (
        SELECT orders.id, SUM(v.amount) AS amount, COUNT(*) AS parts
          FROM orders
          JOIN backflush_variance v ON v.posting_id = ANY(orders.postings)
          LEFT JOIN product_product variant ON variant.id = v.component_id
          LEFT JOIN product_template template ON template.id = variant.product_tmpl_id
         WHERE v.kind IN %(kinds)s AND COALESCE(template.is_storable, TRUE)
         GROUP BY orders.id
    ), line AS (
        SELECT orders.id, COUNT(*) AS parts
          FROM orders
          JOIN backflush_posting_line line ON line.posting_id = ANY(orders.postings)
         GROUP BY orders.id
    )
    SELECT orders.id AS record, NULL::int AS detail,
           COALESCE(moved.used, 0) + COALESCE(card.amount * moved.made, 0) AS expected,
           COALESCE(booked.amount, 0) AS found,
           %(tolerance)s + %(unit)s / 2.0
               * (COALESCE(booked.parts, 0) + COALESCE(line.parts, 0)) AS tolerance
      FROM orders
      LEFT JOIN card ON card.id = orders.id
      LEFT JOIN moved ON moved.id = orders.id
      LEFT JOIN booked ON booked.id = orders.id
      LEFT JOIN line ON line.id = orders.id
"""
#: Per order and product: amount of its facts, against the lines for these goods. Goods
#: that are costed at delivery are relieved through their cards.
STOCK_SIDE = """
    WITH orders AS (%(orders)s), fact AS (%(facts)s), moved AS (
        SELECT fact.id, fact.product, SUM(fact.amount) AS amount
          FROM fact
          JOIN %(products)s ON product.id = fact.product AND NOT product.is_delivered
         GROUP BY fact.id, fact.product
    ), line AS (
        SELECT orders.id, line.product_id AS product,
               SUM(line.amount) FILTER (WHERE line.kind IN %(kinds)s) AS amount,
               COUNT(*) AS parts
          FROM orders
          JOIN backflush_posting_line line ON line.posting_id = ANY(orders.postings)
          JOIN backflush_posting posting ON posting.id = line.posting_id
           -- under `delivery` it moves only what a switch has moved since
           AND posting.trigger IS DISTINCT FROM 'delivery'
         GROUP BY orders.id, line.product_id
    ), book AS (
        SELECT id, SUM(parts) AS parts FROM line GROUP BY id
    )
    SELECT moved.id AS record, moved.product AS detail, moved.amount AS expected,
           COALESCE(line.amount, 0) AS found,
           %(tolerance)s + %(unit)s / 2.0 * book.parts AS tolerance
      FROM moved
      JOIN book ON book.id = moved.id
      LEFT JOIN line ON line.id = moved.id AND line.product = moved.product
"""
#: Per card used by a posting: its amount against its lines.
CARDS = """
    SELECT card.id AS record, NULL::int AS detail, card.amount AS expected,
           COALESCE(SUM(line.amount), 0) AS found,
           %(tolerance)s * GREATEST(1, ABS(card.amount)) AS tolerance
      FROM backflush_standard card
      LEFT JOIN backflush_standard_line line ON line.standard_id = card.id
     WHERE card.id IN (
            SELECT standard_id FROM backflush_posting posting
             WHERE posting.company_id = %(company)s AND %(period)s)
     GROUP BY card.id
"""
#: Cards used by postings whose version is not in force and never was.
DRAFT_CARDS = """
    SELECT card.id, version.state
      FROM backflush_standard card
      JOIN backflush_version version ON version.id = card.version_id
     WHERE version.state NOT IN ('active', 'closed')
       AND card.id IN (
            SELECT standard_id FROM backflush_posting posting
             WHERE posting.company_id = %(company)s AND %(period)s)
"""
#: Events that are booked twice: more than one posting that is no correction stands.
TWICE = """
    SELECT MIN(posting.id) AS record, NULL::int AS detail, 1 AS expected,
           COUNT(*) AS found, 0 AS tolerance
      FROM backflush_posting posting
     WHERE posting.company_id = %(company)s
       AND posting.state IN ('posted', 'pending')
       AND posting.event NOT IN ('correction', 'revaluation')
     GROUP BY posting.res_model, posting.res_id, posting.event
    HAVING BOOL_OR(%(period)s)
"""
#: Postings of bills and invoices that stand although their document does not.
WITHOUT_DOCUMENT = """
    SELECT posting.id AS record, entry.id AS detail, 1 AS expected,
           (entry.state = 'posted')::int AS found, 0 AS tolerance
      FROM backflush_posting posting
      LEFT JOIN account_move entry ON entry.id = posting.account_move_id
     WHERE posting.company_id = %(company)s AND posting.event IN ('bill', 'invoice')
       AND posting.state = 'posted' AND %(period)s
"""


def _of_postings(query: str, frame: Frame) -> SQL:
    return SQL(
        query,
        company=frame.company,
        period=frame.in_period("posting.date_event"),
        tolerance=TOLERANCE,
    )


def _of_orders(query: str, frame: Frame, kinds: tuple[str, ...]) -> SQL:
    return SQL(
        query,
        orders=_of_postings(ORDERS, frame),
        facts=SQL(ORDER_FACTS, company=frame.company, own=frame.own),
        products=frame.product_table(),
        kinds=kinds,
        unit=frame.unit,
        tolerance=TOLERANCE,
    )


def explained(frame: Frame) -> SQL:
    """Per order: what its goods and card leave unexplained, against its rows."""
    return _of_orders(EXPLAINED, frame, MATERIAL_KINDS)


def stock_side(frame: Frame) -> SQL:
    """Per order and product: facts against posting lines."""
    return _of_orders(STOCK_SIDE, frame, STOCK_KINDS)


def cards(frame: Frame) -> SQL:
    """Per card in use: its amount against the sum of its lines."""
    return _of_postings(CARDS, frame)


def draft_cards(frame: Frame) -> SQL:
    """Cards in use that no activated version holds."""
    return _of_postings(DRAFT_CARDS, frame)


def twice(frame: Frame) -> SQL:
    """Events with more than one posting that stands."""
    return _of_postings(TWICE, frame)


def without_document(frame: Frame) -> SQL:
    """Postings of documents that are not posted."""
    return _of_postings(WITHOUT_DOCUMENT, frame)
