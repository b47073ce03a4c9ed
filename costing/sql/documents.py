"""Rule 9: what passed through the accounts with bills and invoices.

Lines without an order line are matched by product and partner (line = 0).
"""

from collections.abc import Iterable
from typing import NamedTuple

from odoo.tools import SQL

from .facts import valued, ways
from .frame import Frame

#: What moved, at the standard at which it passes through its document: a return at that
#: of the movement it returns. What moved before there were facts passes as today; its
#: documents, and those of goods that were not perpetual yet, may have passed nothing.
#: What a delivery has costed, before a switch, passes at nothing.
MOVED = """
    WITH way AS (%(ways)s), before AS (
        SELECT move, product, quantity FROM (%(moved)s) moved
    ), moved AS (
        SELECT way.fact AS id, way.move, way.product, way.quantity, FALSE AS is_early,
               way.way = 'posting' AS is_costed
          FROM way
         WHERE way.way IN ('document', 'posting')
         UNION ALL
        SELECT move - 3000000000, move, product, quantity, TRUE, FALSE FROM before
    )
    SELECT COALESCE(%(line)s, 0) AS line,
           CASE WHEN %(line)s IS NULL
                THEN COALESCE(partner.commercial_partner_id, 0) ELSE 0 END AS partner,
           moved.product,
           CASE WHEN m.is_out THEN 'out' ELSE 'in' END AS direction,
           moved.id,
           CASE WHEN m.is_out THEN -moved.quantity ELSE moved.quantity END AS quantity,
           CASE WHEN moved.is_costed THEN 0
                ELSE COALESCE(origin.standard, f.standard, product.price)
                END AS standard,
           moved.is_early OR moved.id <= product.early AS is_early
      FROM moved
      JOIN %(products)s ON product.id = moved.product AND product.at_standard
       AND product.account IS NOT NULL
      JOIN stock_move m ON m.id = moved.move
      JOIN stock_location source ON source.id = m.location_id
      JOIN stock_location destination ON destination.id = m.location_dest_id
      LEFT JOIN stock_picking picking ON picking.id = m.picking_id
      LEFT JOIN res_partner partner
        ON partner.id = COALESCE(m.partner_id, picking.partner_id)
      LEFT JOIN backflush_stock_fact f ON f.id = moved.id
      LEFT JOIN LATERAL (
            SELECT o.standard FROM backflush_stock_fact o
             WHERE o.move_id = m.origin_returned_move_id
             ORDER BY o.date DESC, o.id DESC
             LIMIT 1) origin ON TRUE
     WHERE %(side)s AND %(known)s
"""
#: Movements of order lines that no fact tells of.
BEFORE = """
    %(line)s IS NOT NULL
    AND NOT EXISTS (SELECT FROM backflush_stock_fact f WHERE f.move_id = m.id)
"""
PURCHASE_SIDE = (
    "(m.purchase_line_id IS NOT NULL"
    " OR 'supplier' IN (source.usage, destination.usage))"
)
SALE_SIDE = (
    "product.is_perpetual AND m.purchase_line_id IS NULL AND"
    " ('customer' IN (source.usage, destination.usage)"
    " OR source.usage = 'transit' AND source.company_id IS NULL"
    " OR destination.usage = 'transit' AND destination.company_id IS NULL)"
)
#: The day of the first fact of each product: looked up once, not for each line.
SINCE = """
    SELECT product_id, MIN(date::date) AS day
      FROM backflush_stock_fact
     WHERE company_id = %s
     GROUP BY product_id
"""
#: Lines of posted bills for goods at standard, in the product's own unit; `passed` is
#: what they and the items added to them leave on the account that carries the goods.
BILLED = """
    SELECT COALESCE(l.purchase_line_id, 0) AS line,
           CASE WHEN l.purchase_line_id IS NULL
                THEN COALESCE(entry.commercial_partner_id, 0) ELSE 0 END AS partner,
           l.product_id AS product,
           CASE entry.move_type WHEN 'in_refund' THEN 'out' ELSE 'in' END AS direction,
           l.quantity * COALESCE(given.factor / own.factor, 1) AS quantity,
           CASE WHEN l.account_id = product.account OR added.is_mapped
                THEN l.balance + COALESCE(added.balance, 0) ELSE 0 END AS passed,
           l.move_id AS entry, l.date
      FROM account_move_line l
      JOIN account_move entry ON entry.id = l.move_id
      JOIN %(products)s ON product.id = l.product_id AND product.at_standard
       AND product.account IS NOT NULL
      JOIN product_product variant ON variant.id = l.product_id
      JOIN product_template template ON template.id = variant.product_tmpl_id
      JOIN uom_uom own ON own.id = template.uom_id
      LEFT JOIN uom_uom given ON given.id = l.product_uom_id
      LEFT JOIN LATERAL (
            SELECT SUM(item.balance) AS balance,
                   BOOL_OR(item.account_id = product.account) AS is_mapped
              FROM account_move_line item
             WHERE item.cogs_origin_id = l.id AND item.display_type = 'cogs'
               AND item.account_id IN (l.account_id, product.account)) added ON TRUE
      LEFT JOIN (%(since)s) since ON since.product_id = product.id
     WHERE l.company_id = %(company)s AND l.display_type = 'product'
       AND entry.state = 'posted'
       AND entry.move_type IN ('in_invoice', 'in_receipt', 'in_refund')
       AND (l.purchase_line_id IS NOT NULL OR since.day <= l.date)
       AND NOT EXISTS (
            SELECT FROM stock_move direct
             WHERE direct.purchase_line_id = l.purchase_line_id AND direct.is_dropship)
"""
#: Lines of posted bills with a tax that stays a cost, or a share that is private: Odoo
#: books those on the account of the lines, in items of its own.
SHARED_LINES = """
    SELECT DISTINCT l.id
      FROM account_move_line l
      JOIN account_move entry ON entry.id = l.move_id
      JOIN %(products)s ON product.id = l.product_id AND product.at_standard
      JOIN account_move_line aside
        ON aside.move_id = l.move_id AND aside.account_id = l.account_id
      LEFT JOIN account_tax_repartition_line part
        ON part.id = aside.tax_repartition_line_id AND part.account_id IS NULL
     WHERE l.company_id = %(company)s AND l.display_type = 'product'
       AND entry.state = 'posted'
       AND entry.move_type IN ('in_invoice', 'in_receipt', 'in_refund')
       AND (part.id IS NOT NULL OR aside.display_type = 'non_deductible_product')
       AND %(known)s
"""
#: Lines of posted customer invoices, by the goods they sell (a kit by its components:
#: `kit` holds their quantity in one unit of the line); `passed` is the cost they took
#: off the account that carries the goods.
INVOICED = """
    WITH kit AS (%(kits)s)
    SELECT COALESCE(sold.line, 0) AS line,
           CASE WHEN sold.line IS NULL
                THEN COALESCE(entry.commercial_partner_id, 0) ELSE 0 END AS partner,
           product.id AS product,
           CASE entry.move_type WHEN 'out_refund' THEN 'in' ELSE 'out' END AS direction,
           l.quantity * COALESCE(given.factor / own.factor, 1)
               * COALESCE(kit.quantity, 1) AS quantity,
           -COALESCE(added.balance, 0) AS passed,
           l.move_id AS entry, l.date
      FROM account_move_line l
      JOIN account_move entry ON entry.id = l.move_id
      LEFT JOIN kit ON kit.item = l.id
      JOIN %(products)s ON product.id = COALESCE(kit.product, l.product_id)
       AND product.at_standard AND product.is_perpetual AND NOT product.is_delivered
      JOIN product_product variant ON variant.id = l.product_id
      JOIN product_template template ON template.id = variant.product_tmpl_id
      JOIN uom_uom own ON own.id = template.uom_id
      LEFT JOIN uom_uom given ON given.id = l.product_uom_id
      LEFT JOIN LATERAL (
            SELECT MIN(rel.order_line_id) AS line
              FROM sale_order_line_invoice_rel rel
             WHERE rel.invoice_line_id = l.id) sold ON TRUE
      LEFT JOIN LATERAL (
            SELECT SUM(item.balance) AS balance
              FROM account_move_line item
             WHERE item.cogs_origin_id = l.id AND item.display_type = 'cogs'
               AND item.product_id = product.id
               AND (item.account_id = product.account
                    OR entry.fiscal_position_id IS NOT NULL
                       AND item.balance * l.balance > 0)) added ON TRUE
      LEFT JOIN (%(since)s) since ON since.product_id = product.id
     WHERE l.company_id = %(company)s AND l.display_type = 'product'
       AND entry.state = 'posted'
       AND entry.move_type IN ('out_invoice', 'out_receipt', 'out_refund')
       AND (sold.line IS NOT NULL OR since.day <= l.date)
       AND NOT EXISTS (
            SELECT FROM stock_move direct
             WHERE direct.sale_line_id = sold.line AND direct.is_dropship)
"""
#: Invoice lines whose order line delivers something else, now or later: kits.
KIT_LINES = """
    SELECT DISTINCT l.id
      FROM account_move_line l
      JOIN account_move entry ON entry.id = l.move_id
      JOIN sale_order_line_invoice_rel rel ON rel.invoice_line_id = l.id
      JOIN stock_move m ON m.sale_line_id = rel.order_line_id
      JOIN %(products)s ON product.id = m.product_id
     WHERE l.company_id = %(company)s AND l.display_type = 'product'
       AND entry.state = 'posted' AND m.product_id <> l.product_id
"""
#: What postings added later, because goods moved at another standard than they passed.
CORRECTED = """
    SELECT COALESCE(%(line)s, 0) AS line, m.product_id AS product,
           SUM(item.amount) AS amount
      FROM backflush_posting posting
      JOIN stock_move m ON m.id = posting.res_id
      JOIN %(products)s ON product.id = m.product_id
      JOIN backflush_posting_line item
        ON item.posting_id = posting.id AND item.account_id = product.account
     WHERE posting.company_id = %(company)s AND posting.res_model = 'stock.move'
       AND posting.state IN ('posted', 'pending')
       AND posting.trigger IS DISTINCT FROM 'delivery'
       AND m.origin_returned_move_id IS NULL
       AND %(line)s IS NOT NULL AND %(known)s
     GROUP BY %(line)s, m.product_id
"""
#: Per bill and product: the difference taken out of its lines, against its rows.
BILL_ROWS = """
    SELECT l.move_id AS record, l.product_id AS detail,
           -SUM(COALESCE(added.balance, 0)) AS expected,
           SUM(COALESCE(explained.amount, 0)) AS found,
           0 AS tolerance
      FROM account_move_line l
      JOIN account_move entry ON entry.id = l.move_id
      LEFT JOIN %(products)s ON product.id = l.product_id
      LEFT JOIN LATERAL (
            SELECT SUM(item.balance) AS balance
              FROM account_move_line item
             WHERE item.cogs_origin_id = l.id AND item.display_type = 'cogs'
               AND item.account_id IN (l.account_id, product.account)) added ON TRUE
      LEFT JOIN LATERAL (
            SELECT SUM(v.amount) AS amount
              FROM backflush_variance v
             WHERE v.bill_line_id = l.id AND v.kind = 'material_price'
               AND v.account_move_id = l.move_id) explained ON TRUE
     WHERE l.company_id = %(company)s AND l.display_type = 'product'
       AND entry.state = 'posted' AND %(period)s
       AND l.move_id IN (
            SELECT account_move_id FROM backflush_posting
             WHERE company_id = %(company)s AND event = 'bill'
             UNION
            SELECT account_move_id FROM backflush_variance
             WHERE company_id = %(company)s AND kind = 'material_price')
     GROUP BY l.move_id, l.product_id
"""


class Side(NamedTuple):
    """Purchases or sales: column of the order line, condition, documents."""

    line: str
    condition: str
    documents: SQL


def purchases(frame: Frame) -> Side:
    """Receipts, returns to vendors, bills and their refunds."""
    documents = SQL(
        BILLED,
        company=frame.company,
        products=frame.product_table(),
        since=SQL(SINCE, frame.company),
    )
    return Side("m.purchase_line_id", PURCHASE_SIDE, _known(frame, documents))


def sales(frame: Frame, kits: Iterable[tuple[int, int, float]]) -> Side:
    """Deliveries, customer returns, invoices and credit notes.

    ``kits``: (invoice line, component, its quantity in one unit of the line)
    """
    items, components, quantities = (
        map(list, zip(*kits, strict=True)) if (kits := list(kits)) else ([], [], [])
    )
    table = SQL(
        "SELECT * FROM unnest(%s::int[], %s::int[], %s::numeric[])"
        " AS kit (item, product, quantity)",
        items,
        components,
        quantities,
    )
    documents = SQL(
        INVOICED,
        company=frame.company,
        products=frame.product_table(),
        kits=table,
        since=SQL(SINCE, frame.company),
    )
    return Side("m.sale_line_id", SALE_SIDE, _known(frame, documents))


def _known(frame: Frame, documents: SQL) -> SQL:
    """Those that are known at the end of the period, where that is asked for."""
    if not frame.as_of_end:
        return documents
    known = frame.known_by("document.date")
    return SQL("SELECT * FROM (%s) document WHERE %s", documents, known)


def moved(frame: Frame, side: Side) -> SQL:
    """What moved on one side, at the standards at which it passes."""
    return SQL(
        MOVED,
        ways=ways(frame),
        moved=valued(frame, SQL(BEFORE, line=SQL(side.line))),
        products=frame.product_table(),
        line=SQL(side.line),
        side=SQL(side.condition),
        known=frame.known_at("COALESCE(f.date, m.date)"),
    )


def corrected(frame: Frame, side: Side) -> SQL:
    """Per order line and product: what postings added on the account later."""
    return SQL(
        CORRECTED,
        company=frame.company,
        products=frame.product_table(),
        line=SQL(side.line),
        known=frame.known_by("posting.date"),
    )


def kit_lines(frame: Frame) -> SQL:
    """Invoice lines that sell kits."""
    return SQL(KIT_LINES, company=frame.company, products=frame.product_table())


def shared_lines(frame: Frame) -> SQL:
    """Bill lines that share their account with other items about them."""
    return SQL(
        SHARED_LINES,
        company=frame.company,
        products=frame.product_table(),
        known=frame.known_by("l.date"),
    )


def bill_rows(frame: Frame) -> SQL:
    """Per bill and product: price differences against their rows."""
    return SQL(
        BILL_ROWS,
        company=frame.company,
        products=frame.product_table(),
        period=frame.in_period("entry.date"),
    )
