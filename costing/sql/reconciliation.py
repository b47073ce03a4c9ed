"""Bills against standards: per order line, what came and what was charged for it.

Goods and documents without an order line belong together by partner and product (line
= 0). Quantities are in the product's unit of measure, amounts in company currency;
what went back to the vendor, and credit notes, count negative.
"""

from odoo.tools import SQL

from .shares import shares

#: What moved, at the standard at which it passes through its bill: a return at that of
#: the receipt that it returns. A later correction takes away from the newest: of what
#: came up to a fact there is left the least that was there at any time from then on.
GOODS = """
    SELECT company_id, line, partner, product,
           SUM(way * (kept - before)) AS quantity,
           SUM(way * (kept - before) * COALESCE(original, standard)) AS amount
      FROM (SELECT ran.*, COALESCE(LAG(kept) OVER (
                       PARTITION BY move ORDER BY id), 0) AS before
              FROM (SELECT fact.*, MIN(way * there) OVER (
                               PARTITION BY move ORDER BY id
                               ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS kept
                      FROM (%(facts)s) fact) ran) lot
     GROUP BY company_id, line, partner, product
"""
#: Facts of receipts and of returns to vendors; ``there`` is what had moved by then.
FACTS = """
    SELECT f.id, f.company_id, m.id AS move, f.product_id AS product,
           COALESCE(m.purchase_line_id, 0) AS line,
           CASE WHEN m.purchase_line_id IS NULL
                THEN partner.commercial_partner_id ELSE 0 END AS partner,
           f.standard, origin.standard AS original,
           SUM(f.quantity) OVER (PARTITION BY m.id ORDER BY f.id) AS there,
           SIGN(FIRST_VALUE(f.quantity) OVER (PARTITION BY m.id ORDER BY f.id)) AS way
      FROM backflush_stock_fact f
      JOIN stock_move m ON m.id = f.move_id
      JOIN stock_location source ON source.id = m.location_id
      JOIN stock_location target ON target.id = m.location_dest_id
      LEFT JOIN stock_picking picking ON picking.id = m.picking_id
      LEFT JOIN res_partner partner
        ON partner.id = COALESCE(m.partner_id, picking.partner_id)
      LEFT JOIN LATERAL (
            SELECT o.standard
              FROM backflush_stock_fact o
             WHERE o.move_id = m.origin_returned_move_id AND source.usage <> 'supplier'
             ORDER BY o.id LIMIT 1) origin ON TRUE
     WHERE NOT COALESCE(f.is_owner, FALSE)
       AND (m.purchase_line_id IS NOT NULL
            OR 'supplier' IN (source.usage, target.usage) AND m.sale_line_id IS NULL
               AND partner.commercial_partner_id IS NOT NULL)
"""
#: What subcontractors have made, at the fee of the card: their bills are for that.
MADE = """
    SELECT f.company_id, receipt.purchase_line_id AS line, 0 AS partner,
           f.product_id AS product, SUM(f.quantity) AS quantity,
           SUM(f.quantity * COALESCE(fee.amount, 0)) AS amount
      FROM backflush_stock_fact f
      JOIN stock_move m ON m.id = f.move_id AND m.production_id IS NOT NULL
      JOIN LATERAL (
            SELECT MIN(r.purchase_line_id) AS purchase_line_id
              FROM stock_move_move_rel link
              JOIN stock_move r ON r.id = link.move_dest_id
             WHERE link.move_orig_id = m.id AND r.is_subcontract) receipt
        ON receipt.purchase_line_id IS NOT NULL
      JOIN purchase_order_line line
        ON line.id = receipt.purchase_line_id AND line.product_id = f.product_id
      LEFT JOIN LATERAL (
            SELECT SUM(part.amount) AS amount
              FROM backflush_standard_line part
             WHERE part.standard_id = f.standard_id AND part.line_type = 'fee') fee
        ON TRUE
     GROUP BY f.company_id, receipt.purchase_line_id, f.product_id
"""
#: What bills passed, and at which standard; what they wait for. Without a bill: goods
#: that came, went back and came again. A credit note for goods that stayed passes
#: nothing: it is about the price.
MATCHED = """
    SELECT company_id, COALESCE(purchase_line_id, 0) AS line,
           COALESCE(partner_id, 0) AS partner, product_id AS product,
           COALESCE(SUM(way * quantity) FILTER (
                WHERE fact_id IS NOT NULL AND line_id IS NOT NULL), 0) AS quantity,
           COALESCE(SUM(CASE WHEN line_id IS NULL THEN quantity * (standard - passed)
                             ELSE way * quantity * standard END) FILTER (
                WHERE fact_id IS NOT NULL), 0) AS amount,
           COALESCE(SUM(way * quantity) FILTER (WHERE waits), 0) AS waiting_quantity,
           COALESCE(SUM(way * quantity * passed) FILTER (WHERE waits), 0)
               AS waiting_amount,
           COALESCE(SUM(way * quantity) FILTER (
                WHERE line_id IS NOT NULL AND (waits OR fact_id IS NOT NULL
                                               OR move_id IS NOT NULL)), 0) AS billed,
           COALESCE(SUM(way * amount) FILTER (WHERE line_id IS NOT NULL), 0)
               AS passed_amount
      FROM (SELECT *, CASE WHEN is_return THEN -1 ELSE 1 END AS way,
                   fact_id IS NULL AND move_id IS NULL
                   AND (passed <> 0 OR NOT is_return) AS waits
              FROM backflush_match
             WHERE side = 'purchase' AND reversal_id IS NULL) match
     GROUP BY company_id, COALESCE(purchase_line_id, 0), COALESCE(partner_id, 0),
              product_id
"""
#: What receipts corrected, because they came at another standard than was passed.
CORRECTED = """
    SELECT company_id, line, partner, product, SUM(amount) AS amount
      FROM (SELECT m.company_id, COALESCE(m.purchase_line_id, 0) AS line,
                   COALESCE(m.partner_id, 0) AS partner, m.product_id AS product,
                   ROUND(SUM(CASE WHEN m.is_return THEN -1 ELSE 1 END
                             * m.quantity * (m.standard - m.passed)),
                         unit.decimal_places) AS amount
              FROM backflush_match m
              JOIN res_company company ON company.id = m.company_id
              JOIN res_currency unit ON unit.id = company.currency_id
             WHERE m.side = 'purchase' AND m.reversal_id IS NULL
               AND m.line_id IS NOT NULL AND m.standard <> m.passed
             GROUP BY m.company_id, m.purchase_line_id, m.partner_id, m.product_id,
                      m.correction_move_id, unit.decimal_places) correction
     GROUP BY company_id, line, partner, product
"""
#: Lines of posted bills for goods that pass at standard, and charges on such goods.
BILLED = """
    SELECT goods.company_id, COALESCE(goods.purchase_line_id, 0) AS line,
           CASE WHEN goods.purchase_line_id IS NULL
                THEN entry.commercial_partner_id ELSE 0 END AS partner,
           goods.product_id AS product,
           SUM(l.balance + COALESCE(share.amount, 0)) AS amount
      FROM account_move_line l
      JOIN account_move document ON document.id = l.move_id
      JOIN account_move_line goods
        ON goods.id = COALESCE(l.backflush_goods_line_id, l.id)
      JOIN account_move entry ON entry.id = goods.move_id
      LEFT JOIN (%(shares)s) share ON share.line = l.id
     WHERE l.display_type = 'product' AND document.state = 'posted'
       AND document.move_type IN ('in_invoice', 'in_receipt', 'in_refund')
       AND (EXISTS (SELECT FROM backflush_match m WHERE m.line_id = l.id)
            OR EXISTS (
                SELECT FROM backflush_match m
                 WHERE m.reversal_id = l.move_id AND m.product_id = l.product_id)
            OR EXISTS (
                SELECT FROM backflush_variance v
                  JOIN backflush_posting p ON p.id = v.posting_id
                 WHERE v.bill_line_id = goods.id AND p.res_model = 'account.move'
                   AND p.res_id = l.move_id AND v.kind IN %(kinds)s
                   AND (goods.id = l.id OR v.account_id = l.account_id)))
     GROUP BY goods.company_id, COALESCE(goods.purchase_line_id, 0),
              CASE WHEN goods.purchase_line_id IS NULL
                   THEN entry.commercial_partner_id ELSE 0 END,
              goods.product_id
"""
#: What the rows say.
EXPLAINED = """
    SELECT v.company_id, COALESCE(l.purchase_line_id, 0) AS line,
           CASE WHEN l.purchase_line_id IS NULL
                THEN entry.commercial_partner_id ELSE 0 END AS partner,
           v.product_id AS product,
           SUM(v.amount) AS amount, SUM(v.amount_exchange) AS exchange
      FROM backflush_variance v
      JOIN account_move_line l ON l.id = v.bill_line_id
      JOIN account_move entry ON entry.id = l.move_id
     WHERE v.kind IN %(kinds)s
     GROUP BY v.company_id, COALESCE(l.purchase_line_id, 0),
              CASE WHEN l.purchase_line_id IS NULL
                   THEN entry.commercial_partner_id ELSE 0 END,
              v.product_id
"""
#: Confirmed order lines of covered products at standard cost.
ORDERED = """
    SELECT l.company_id, l.id AS line, 0 AS partner, l.product_id AS product,
           l.product_qty * COALESCE(given.factor / own.factor, 1) AS quantity
      FROM purchase_order_line l
      JOIN purchase_order o ON o.id = l.order_id
      JOIN res_company company ON company.id = l.company_id
      JOIN product_product variant ON variant.id = l.product_id
      JOIN product_template template ON template.id = variant.product_tmpl_id
      LEFT JOIN product_category category ON category.id = template.categ_id
      JOIN uom_uom own ON own.id = template.uom_id
      LEFT JOIN uom_uom given ON given.id = l.product_uom_id
     WHERE o.state IN ('purchase', 'done') AND l.display_type IS NULL
       AND template.is_storable
       AND (COALESCE(variant.property_backflush_covered->>l.company_id::text,
                     'false') = 'true'
            OR COALESCE(category.property_backflush_trigger->>l.company_id::text,
                        '') <> '')
       AND COALESCE(category.property_cost_method->>l.company_id::text,
                    company.cost_method, 'standard') = 'standard'
"""
#: Goods that go straight to the customer are never in stock.
DROPPED = """
    SELECT m.purchase_line_id AS line,
           SUM(CASE WHEN target.usage = 'supplier' THEN -m.quantity ELSE m.quantity END
               * COALESCE(given.factor / own.factor, 1)) AS quantity
      FROM stock_move m
      JOIN stock_location target ON target.id = m.location_dest_id
      JOIN product_product variant ON variant.id = m.product_id
      JOIN product_template template ON template.id = variant.product_tmpl_id
      JOIN uom_uom own ON own.id = template.uom_id
      LEFT JOIN uom_uom given ON given.id = m.product_uom
     WHERE m.is_dropship AND m.state = 'done' AND m.purchase_line_id IS NOT NULL
     GROUP BY m.purchase_line_id
"""
#: One row per key from all of them: added up, not joined, because a plan that joins
#: what it cannot estimate may compare everything with everything.
RECONCILED = """
    WITH parts AS (%(parts)s), totals AS (
        SELECT company_id, line, partner, product, %(totals)s
          FROM parts
         GROUP BY company_id, line, partner, product
    ), figures AS (
        SELECT t.company_id, t.line, t.partner, t.product,
               unit.decimal_places AS places, t.ordered, t.billed,
               COALESCE(dropped.quantity, t.received) AS received,
               t.billed_amount, t.passed_amount, t.variance, t.exchange,
               CASE WHEN dropped.line IS NULL THEN t.received - t.matched
                    ELSE GREATEST(dropped.quantity - t.billed, 0)
               END AS open_quantity,
               CASE WHEN dropped.line IS NULL
                    THEN t.received_amount - t.matched_amount ELSE 0
               END AS open_amount,
               CASE WHEN dropped.line IS NULL THEN t.waiting
                    ELSE GREATEST(t.billed - dropped.quantity, 0)
               END AS waiting_quantity,
               CASE WHEN dropped.line IS NULL THEN t.waiting_amount ELSE 0
               END AS waiting_amount
          FROM totals t
          JOIN res_company company ON company.id = t.company_id
          JOIN res_currency unit ON unit.id = company.currency_id
          LEFT JOIN (%(dropped)s) dropped ON dropped.line = t.line AND t.line <> 0
    )
    SELECT ROW_NUMBER() OVER (
               ORDER BY f.line, f.partner, f.product, f.company_id) AS id,
           f.company_id, f.product AS product_id,
           NULLIF(f.line, 0) AS purchase_line_id, o.id AS purchase_id,
           COALESCE(o.partner_id, NULLIF(f.partner, 0)) AS partner_id,
           o.user_id AS buyer_id, o.date_approve::date AS date,
           f.ordered AS quantity_ordered, f.received AS quantity_received,
           f.billed AS quantity_billed,
           f.open_quantity AS quantity_not_billed,
           ROUND(f.open_amount, f.places) AS amount_not_billed,
           f.waiting_quantity AS quantity_not_received,
           ROUND(f.waiting_amount, f.places) AS amount_not_received,
           f.billed_amount AS amount_billed, f.passed_amount AS amount_standard,
           f.variance AS amount_variance, f.exchange AS amount_exchange,
           f.unexplained AS amount_unexplained,
           f.line <> 0 AND f.billed > f.ordered AS is_overbilled,
           CASE WHEN f.unexplained <> 0 THEN 'unexplained'
                WHEN ROUND(f.waiting_quantity, 6) <> 0 THEN 'not_received'
                WHEN ROUND(f.open_quantity, 6) <> 0
                     OR ROUND(f.open_amount, f.places) <> 0 THEN 'not_billed'
                WHEN f.received = 0 AND f.billed = 0 AND f.billed_amount = 0
                THEN 'ordered'
                ELSE 'matched' END AS state
      FROM (SELECT *, ROUND(billed_amount - passed_amount - variance, places)
                          AS unexplained
              FROM figures) f
      LEFT JOIN purchase_order_line l ON l.id = f.line
      LEFT JOIN purchase_order o ON o.id = l.order_id
"""
#: Kinds of the rows about what vendors charge.
KINDS = ("material_price", "subcontract_price")


#: What is added up for each key.
MEASURES = (
    "ordered",
    "received",
    "received_amount",
    "matched",
    "matched_amount",
    "waiting",
    "waiting_amount",
    "billed",
    "billed_amount",
    "passed_amount",
    "variance",
    "exchange",
)


def reconciled(with_subcontracting: bool) -> SQL:
    """Every order line of goods at standard, and what has none, of all companies."""
    goods = {"received": "quantity", "received_amount": "amount"}
    matched = {
        "matched": "quantity",
        "matched_amount": "amount",
        "waiting": "waiting_quantity",
        "waiting_amount": "waiting_amount",
        "billed": "billed",
        "passed_amount": "passed_amount",
    }
    parts = [
        _part(SQL(ORDERED), ordered="quantity"),
        _part(SQL(GOODS, facts=SQL(FACTS)), **goods),
        _part(SQL(MATCHED), **matched),
        _part(SQL(CORRECTED), passed_amount="amount"),
        _part(SQL(BILLED, shares=shares(), kinds=KINDS), billed_amount="amount"),
        _part(SQL(EXPLAINED, kinds=KINDS), variance="amount", exchange="exchange"),
    ]
    if with_subcontracting:
        parts.append(_part(SQL(MADE), **goods))
    return SQL(
        RECONCILED,
        parts=SQL(" UNION ALL ").join(parts),
        totals=SQL(", ").join(SQL(f"SUM({name}) AS {name}") for name in MEASURES),
        dropped=SQL(DROPPED),
    )


def _part(source: SQL, **measures: str) -> SQL:
    """What one of the queries knows, as columns that all of them have."""
    columns = [
        SQL(f"COALESCE({measures[name]}, 0)::numeric AS {name}")
        if name in measures
        else SQL(f"0::numeric AS {name}")
        for name in MEASURES
    ]
    keys = SQL("SELECT company_id, line, partner, product")
    return SQL("%s, %s FROM (%s) part", keys, SQL(", ").join(columns), source)
