"""What has happened to the products of a company: one statement for each measure.

From plain Odoo's own documents, so that products can be measured before any trigger is
switched on; variances of covered products are the only part that is ours. The formulas
are those of `costing.suitability`.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from odoo.tools import SQL


class Window(NamedTuple):
    """Orders and movements of a company from ``since`` until before ``until`` (UTC).

    ``first`` and ``last`` are the same as days of the company's time ``zone``.
    ``products``: only orders of these; None: of all.
    """

    company: int
    since: datetime
    until: datetime
    first: date
    last: date
    zone: str
    products: Sequence[int] | None = None


#: Orders finished in the period; ``team``: an order and its backorders.
DONE = """
    finished AS MATERIALIZED (
        SELECT o.id, o.product_id, o.bom_id, o.create_date, o.date_start,
               o.date_finished, COALESCE(o.production_group_id, -o.id) AS team
          FROM mrp_production o
         WHERE o.company_id = %(company)s AND o.state = 'done'
           AND o.date_finished >= %(since)s AND o.date_finished < %(until)s
           AND (%(products)s::int[] IS NULL OR o.product_id = ANY(%(products)s)))"""
#: Days of each order. Odoo stamps the end on the start of orders whose work nobody
#: started; unless somebody had recorded time before, their start is not known.
CYCLE = """
    , stamped AS (
        SELECT w.production_id,
               MIN(t.date_start) FILTER (
                   WHERE t.date_end < w.date_finished - INTERVAL '1 minute') AS begun
          FROM finished f
          JOIN mrp_workorder w ON w.production_id = f.id
          LEFT JOIN mrp_workcenter_productivity t ON t.workorder_id = w.id
         GROUP BY w.production_id
        HAVING BOOL_OR(w.date_start = w.date_finished AND w.date_start = f.date_start)
    ), cycle AS (
        SELECT f.id, f.product_id,
               s.production_id IS NULL OR s.begun IS NOT NULL AS is_known,
               GREATEST(EXTRACT(EPOCH FROM f.date_finished - CASE
                   WHEN s.production_id IS NULL THEN f.date_start
                   ELSE COALESCE(s.begun, f.create_date) END), 0) / 86400.0 AS days
          FROM finished f
          LEFT JOIN stamped s ON s.production_id = f.id)"""
#: By product: orders, those with a known start, their median and 90th percentile of
#: days, and the same of all orders.
CYCLES = f"""
    WITH {DONE} {CYCLE}
    SELECT product_id, COUNT(*), COUNT(*) FILTER (WHERE is_known),
           (PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY days)
                FILTER (WHERE is_known))::numeric,
           (PERCENTILE_CONT(0.9) WITHIN GROUP (ORDER BY days)
                FILTER (WHERE is_known))::numeric,
           (PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY days))::numeric,
           (PERCENTILE_CONT(0.9) WITHIN GROUP (ORDER BY days))::numeric
      FROM cycle GROUP BY product_id
"""
#: The longest orders first.
LONGEST = f"WITH {DONE} {CYCLE} SELECT id FROM cycle ORDER BY days DESC, id LIMIT 80"
#: Lines and operations are for the variants that have one of their values of each
#: attribute. Values that make no variants are chosen in the order: never asked for.
APPLIES = """NOT EXISTS (
    SELECT FROM {rel} r
      JOIN product_template_attribute_value v
        ON v.id = r.product_template_attribute_value_id
      LEFT JOIN product_variant_combination c
        ON c.product_template_attribute_value_id = v.id
       AND c.product_product_id = node.product_id
     WHERE r.{column} = {alias}.id
     GROUP BY v.attribute_id
    HAVING NOT BOOL_OR(c.product_product_id IS NOT NULL))"""
#: What bills ask for: components (kits taken apart) and operations, by bill and product
#: made.
ASKED = (
    """
    , kit AS (
        SELECT DISTINCT ON (p.id) p.id AS product_id, b.id AS bom_id
          FROM mrp_bom b
          JOIN product_product p ON p.product_tmpl_id = b.product_tmpl_id
           AND (b.product_id IS NULL OR b.product_id = p.id)
         WHERE b.type = 'phantom' AND b.active
           AND (b.company_id IS NULL OR b.company_id = %(company)s)
         ORDER BY p.id, b.sequence, b.product_id, b.id
    ), node AS (
        SELECT DISTINCT bom_id AS root, product_id AS made, bom_id, product_id
          FROM finished WHERE bom_id IS NOT NULL
         UNION
        SELECT node.root, node.made, kit.bom_id, kit.product_id
          FROM node
          JOIN mrp_bom_line l ON l.bom_id = node.bom_id
          JOIN kit ON kit.product_id = l.product_id
         WHERE """
    + APPLIES.format(
        rel="mrp_bom_line_product_template_attribute_value_rel",
        column="mrp_bom_line_id",
        alias="l",
    )
    + """
    ), part AS MATERIALIZED (
        SELECT node.root, node.made, l.id, l.product_id, l.create_date, l.write_date
          FROM node
          JOIN mrp_bom_line l ON l.bom_id = node.bom_id
          JOIN product_product p ON p.id = l.product_id
          JOIN product_template t ON t.id = p.product_tmpl_id AND t.type = 'consu'
          LEFT JOIN kit ON kit.product_id = l.product_id
         WHERE kit.bom_id IS NULL AND l.product_qty > 0
           AND """
    + APPLIES.format(
        rel="mrp_bom_line_product_template_attribute_value_rel",
        column="mrp_bom_line_id",
        alias="l",
    )
    + """
    ), step AS MATERIALIZED (
        SELECT node.root, node.made, s.id, s.create_date
          FROM node
          JOIN mrp_routing_workcenter s ON s.bom_id = node.bom_id AND s.active
         WHERE """
    + APPLIES.format(
        rel="mrp_routing_workcenter_product_template_attribute_value_rel",
        column="mrp_routing_workcenter_id",
        alias="s",
    )
    + ")"
)
#: What orders used and did. A bill may have been changed since: what it asks for only
#: since the order was entered is not missed, and what is on no line of it (any more)
#: counts as added when somebody added it later than the order, or the bill is still as
#: it was.
DEPARTED = """
    , used AS MATERIALIZED (
        SELECT f.id, f.team, f.create_date AS entered, m.product_id, m.bom_line_id,
               BOOL_OR(m.create_date > f.create_date) AS is_later
          FROM finished f
          JOIN stock_move m ON m.raw_material_production_id = f.id
         WHERE m.state = 'done' AND m.quantity > 0 AND m.scrap_id IS NULL
         GROUP BY f.id, f.team, f.create_date, m.product_id, m.bom_line_id
    ), worked AS MATERIALIZED (
        SELECT f.id, f.team, w.operation_id,
               BOOL_OR(w.create_date > f.create_date) AS is_later
          FROM finished f
          JOIN mrp_workorder w ON w.production_id = f.id
         WHERE w.state <> 'cancel'
         GROUP BY f.id, f.team, w.operation_id
    ), departed AS (
        SELECT id, 'bill' AS why FROM finished WHERE bom_id IS NULL
         UNION
        SELECT f.id, 'material'
          FROM finished f
          JOIN used ON used.id = f.id AND used.bom_line_id IS NULL
          JOIN mrp_bom b ON b.id = f.bom_id
         WHERE (used.is_later OR b.write_date <= f.create_date)
           AND NOT EXISTS (
               SELECT FROM part
                WHERE part.root = f.bom_id AND part.made = f.product_id
                  AND part.product_id = used.product_id)
         UNION
        SELECT f.id, 'material'
          FROM (SELECT f.team, part.product_id
                  FROM finished f
                  JOIN part ON part.root = f.bom_id AND part.made = f.product_id
                 WHERE part.create_date <= f.create_date
                EXCEPT
                SELECT team, product_id FROM used
                EXCEPT
                -- another product is on the line now than when the order was entered
                SELECT used.team, part.product_id
                  FROM used JOIN part ON part.id = used.bom_line_id
                 WHERE part.write_date > used.entered) missing
          JOIN finished f ON f.team = missing.team
         UNION
        SELECT f.id, 'operation'
          FROM finished f
          JOIN worked ON worked.id = f.id AND worked.operation_id IS NULL
          JOIN mrp_bom b ON b.id = f.bom_id
         WHERE worked.is_later OR b.write_date <= f.create_date
         UNION
        SELECT f.id, 'operation'
          FROM (SELECT f.team, step.id
                  FROM finished f
                  JOIN step ON step.root = f.bom_id AND step.made = f.product_id
                 WHERE step.create_date <= f.create_date
                EXCEPT
                SELECT team, operation_id FROM worked) missing
          JOIN finished f ON f.team = missing.team)"""
#: By product: orders that departed, and why: without a bill, by components, by
#: operations (one order may be in several).
CUSTOMISED = f"""
    WITH RECURSIVE {DONE} {ASKED} {DEPARTED}
    SELECT f.product_id, COUNT(DISTINCT f.id),
           COUNT(*) FILTER (WHERE d.why = 'bill'),
           COUNT(*) FILTER (WHERE d.why = 'material'),
           COUNT(*) FILTER (WHERE d.why = 'operation')
      FROM departed d JOIN finished f ON f.id = d.id
     GROUP BY f.product_id
"""
OWN_WAY = f"""
    WITH RECURSIVE {DONE} {ASKED} {DEPARTED}
    SELECT DISTINCT id FROM departed ORDER BY id DESC
"""
#: By product and component (storable ones): the value used, at today's cost.
USED = f"""
    WITH {DONE}
    SELECT f.product_id, m.product_id,
           SUM(line.quantity_product_uom)
               * COALESCE((p.standard_price->>%(company)s::text)::numeric, 0)
      FROM finished f
      JOIN stock_move m ON m.raw_material_production_id = f.id
      JOIN stock_move_line line ON line.move_id = m.id
      JOIN product_product p ON p.id = m.product_id
      JOIN product_template t ON t.id = p.product_tmpl_id AND t.is_storable
     WHERE line.state = 'done' AND m.scrap_id IS NULL
     GROUP BY f.product_id, m.product_id, p.standard_price->>%(company)s::text
"""
#: By product: days, average and standard deviation of the end-of-day stock, and what
#: was used or sold (net of what came back). Own goods in the company's valued
#: locations. What is there now, less what came since, was there at the beginning; a
#: product that had nothing then counts from its first movement on.
STOCK = """
    WITH place AS MATERIALIZED (
        SELECT id FROM stock_location
         WHERE company_id = %(company)s AND usage IN ('internal', 'transit')
    ), owner AS (
        SELECT partner_id FROM res_company WHERE id = %(company)s
    ), moved AS MATERIALIZED (
        SELECT line.product_id,
               (line.date AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date AS day,
               SUM(CASE WHEN target.id IS NULL THEN -1 ELSE 1 END
                   * line.quantity_product_uom) AS quantity,
               SUM(CASE
                   WHEN m.consume_unbuild_id IS NOT NULL THEN 0
                   -- Odoo has the place of production on both sides of a movement
                   WHEN target.id IS NULL AND away.usage = 'production'
                   THEN CASE WHEN m.unbuild_id IS NULL THEN 1 ELSE 0 END
                   WHEN target.id IS NULL AND away.usage IN ('customer', 'transit')
                   THEN 1
                   WHEN source.id IS NULL AND away.usage IN ('customer', 'transit')
                   THEN -1
                   WHEN source.id IS NULL AND away.usage = 'production'
                    AND m.unbuild_id IS NOT NULL THEN -1
                   ELSE 0 END * line.quantity_product_uom) AS used
          FROM stock_move_line line
          JOIN stock_move m ON m.id = line.move_id
          LEFT JOIN place source ON source.id = line.location_id
          LEFT JOIN place target ON target.id = line.location_dest_id
          JOIN stock_location away
            ON away.id = CASE WHEN target.id IS NULL THEN line.location_dest_id
                              ELSE line.location_id END
          CROSS JOIN owner
         WHERE line.state = 'done' AND line.date >= %(since)s
           AND line.product_id = ANY(%(stocked)s)
           AND (source.id IS NULL) <> (target.id IS NULL)
           AND (line.owner_id IS NULL OR line.owner_id = owner.partner_id)
         GROUP BY 1, 2
    ), present AS (
        SELECT q.product_id, SUM(q.quantity) AS quantity
          FROM stock_quant q
          JOIN place ON place.id = q.location_id
          CROSS JOIN owner
         WHERE q.product_id = ANY(%(stocked)s)
           AND (q.owner_id IS NULL OR q.owner_id = owner.partner_id)
         GROUP BY q.product_id
    ), opening AS (
        SELECT product_id, SUM(quantity) AS quantity
          FROM (SELECT product_id, quantity FROM present
                 UNION ALL
                SELECT product_id, -quantity FROM moved) both_sides
         GROUP BY product_id
        HAVING SUM(quantity) <> 0
    ), change AS (
        SELECT product_id, day, SUM(quantity) AS quantity, SUM(used) AS used
          FROM (SELECT product_id, day, quantity, used FROM moved
                 WHERE day <= %(last)s
                 UNION ALL
                SELECT product_id, %(first)s::date, quantity, 0 FROM opening) changes
         GROUP BY product_id, day
    ), level AS (
        SELECT product_id, used,
               SUM(quantity) OVER (PARTITION BY product_id ORDER BY day) AS quantity,
               LEAD(day, 1, %(last)s::date + 1)
                   OVER (PARTITION BY product_id ORDER BY day) - day AS days
          FROM change
    ), total AS (
        SELECT product_id, SUM(days) AS days, SUM(days * quantity) AS quantity,
               SUM(days * quantity ^ 2) AS square, SUM(used) AS used
          FROM level GROUP BY product_id
    )
    SELECT product_id, days, quantity / days,
           SQRT(GREATEST(square / days - (quantity / days) ^ 2, 0)), used
      FROM total
"""
#: By product: variances of its orders without their sign, and the standard of what they
#: made. Not the labour rate, which belongs to periods, and tells what people earn.
VARIANCES = f"""
    WITH {DONE}, off AS (
        SELECT f.product_id, ABS(SUM(v.amount)) AS amount
          FROM finished f
          JOIN backflush_variance v ON v.production_id = f.id
         WHERE v.company_id = %(company)s AND v.kind <> 'labour_rate'
         GROUP BY f.id, f.product_id
    ), made AS (
        SELECT f.product_id, SUM(fact.quantity * card.amount) AS amount
          FROM finished f
          JOIN stock_move m ON m.production_id = f.id AND m.product_id = f.product_id
          JOIN backflush_stock_fact fact ON fact.move_id = m.id
          JOIN backflush_posting p ON p.id = fact.posting_id
          JOIN backflush_standard card ON card.id = p.standard_id
         GROUP BY f.product_id
    )
    SELECT made.product_id, COALESCE(SUM(off.amount), 0), made.amount
      FROM made LEFT JOIN off ON off.product_id = made.product_id
     GROUP BY made.product_id, made.amount
"""


def query(text: str, window: Window, **values: Any) -> SQL:
    """One of the statements above; ``stocked``: the products whose stock is asked."""
    known = window._asdict()
    known["products"] = None if window.products is None else list(window.products)
    return SQL(text, **known, **values)
