"""Order: standard against actual, for many orders in one statement.

The actual side comes from stock facts, timesheets, work-center time and cards, never
from the variances: what both sides leave is what the variances have to add up to.
Orders are those of `costing.sql.time`, with what was made, allowed and recorded.
"""

from collections.abc import Sequence
from typing import Any

from odoo.tools import SQL

from .time import (
    ALLOWED,
    RECORDED,
    SHARE,
    SHARED,
    SPOT,
    STEP,
    UNIT,
    UNPLANNED,
    WORK,
)
from .time_report import EVERY_RATE

#: Rows that belong to a period, a document or stock, even where they name an order.
#: A fee that was billed at another price stands with its bill.
NOT_OF_ORDERS = (
    "material_price",
    "subcontract_price",
    "overhead_spending",
    "overhead_budget",
    "overhead_volume",
    "unallocated",
    "material_count",
    "output_count",
    "revaluation",
    "timing",
)
#: Movements of the orders and of what was unbuilt from them.
MOVES = """
    flow AS MATERIALIZED (
        SELECT unit.id, m.id AS move, TRUE AS is_output,
               place.usage = 'inventory' AS is_scrap
          FROM unit
          JOIN stock_move m ON m.production_id = unit.id
          JOIN stock_location place ON place.id = m.location_dest_id
         WHERE m.unbuild_id IS NULL AND m.consume_unbuild_id IS NULL
         UNION ALL
        SELECT unit.id, m.id, FALSE, place.usage = 'inventory'
          FROM unit
          JOIN stock_move m ON m.raw_material_production_id = unit.id
          JOIN stock_location place ON place.id = m.location_dest_id
         WHERE m.production_id IS NULL AND m.unbuild_id IS NULL
           AND m.consume_unbuild_id IS NULL
         UNION ALL
        SELECT unit.id, m.id, place.usage = 'production', FALSE
          FROM unit
          JOIN mrp_unbuild u ON u.mo_id = unit.id
          JOIN stock_move m ON m.unbuild_id = u.id
          JOIN stock_location place ON place.id = m.location_dest_id
         UNION ALL
        SELECT unit.id, m.id, place.usage = 'production', FALSE
          FROM unit
          JOIN mrp_unbuild u ON u.mo_id = unit.id
          JOIN stock_move m ON m.consume_unbuild_id = u.id AND m.unbuild_id IS NULL
          JOIN stock_location place ON place.id = m.location_dest_id
    )"""
#: What they brought to stock (+) or took from it. Consumables have no facts: the order
#: says how much it used, at the price of the card, else at that of its first row.
GOODS = """
    goods AS MATERIALIZED (
        SELECT flow.id, flow.is_output, f.standard_id AS card,
               f.quantity::numeric AS quantity, f.amount::numeric AS amount,
               flow.is_output AND NOT flow.is_scrap AND f.product_id = unit.product
                   AS is_made
          FROM flow
          JOIN unit ON unit.id = flow.id
          JOIN backflush_stock_fact f ON f.move_id = flow.move
           AND f.company_id = %(company)s
         UNION ALL
        SELECT flow.id, flow.is_output, NULL, moved.quantity,
               moved.quantity * COALESCE(
                    (SELECT MIN(l.rate) FROM backflush_standard_line l
                      WHERE l.standard_id = unit.standard
                        AND l.component_id = m.product_id),
                    (SELECT (ARRAY_AGG(v.price_standard ORDER BY v.id))[1]
                       FROM backflush_variance v
                      WHERE v.production_id = flow.id
                        AND v.component_id = m.product_id
                        AND v.kind IN ('material_substitution', 'output_quantity')),
                    (variant.standard_price ->> %(company)s::text)::float8,
                    0)::numeric,
               FALSE
          FROM flow
          JOIN unit ON unit.id = flow.id
          JOIN stock_move m ON m.id = flow.move AND m.state = 'done'
          JOIN product_product variant ON variant.id = m.product_id
          JOIN product_template template ON template.id = variant.product_tmpl_id
           AND NOT COALESCE(template.is_storable, FALSE)
          JOIN uom_uom given ON given.id = m.product_uom
          JOIN uom_uom own ON own.id = template.uom_id
          JOIN stock_location source ON source.id = m.location_id
          JOIN LATERAL (
                SELECT (CASE WHEN source.usage = 'production' THEN 1 ELSE -1 END
                        * m.quantity * given.factor / own.factor)::numeric AS quantity
               ) moved ON TRUE
         WHERE NOT flow.is_scrap
    ), made AS (
        SELECT id, SUM(quantity) FILTER (WHERE is_made) AS quantity
          FROM goods GROUP BY id
    )"""
#: What one unit costs on the cards besides material.
CONTENT = """
    content AS MATERIALIZED (
        SELECT l.standard_id AS card, l.element_id AS element,
               e.type = 'fixed_overhead' OR l.line_type = 'fee' AS is_absorbed,
               SUM(l.amount)::numeric AS amount
          FROM backflush_standard_line l
          JOIN backflush_element e ON e.id = l.element_id
         WHERE l.line_type IN ('operation', 'fee')
           AND l.standard_id IN (SELECT standard FROM unit
                                  UNION SELECT card FROM goods WHERE is_output)
         GROUP BY 1, 2, 3
    )"""
#: Good output at the standards of its facts, by cost element.
STANDARD = """
    conversion AS (
        SELECT goods.id, content.element, SUM(goods.quantity * content.amount) AS amount
          FROM goods
          JOIN content ON content.card = goods.card
         WHERE goods.is_output
         GROUP BY goods.id, content.element
    ), standard_side AS (
        SELECT id, element, amount FROM conversion
         UNION ALL
        SELECT id, %(material)s, SUM(amount) FROM goods WHERE is_output GROUP BY id
         UNION ALL
        SELECT id, %(material)s, -SUM(amount) FROM conversion GROUP BY id
    )"""
#: Recorded hours of the work center, or allowed ones where there are none.
SPENT = """
    spent AS MATERIALIZED (
        SELECT unit.id, r.element, r.type, r.factor * r.rate AS price, spot.sheets,
               COALESCE(CASE WHEN r.type = 'labour' THEN spot.labour
                             ELSE spot.machine END, t.allowed, 0) AS hours
          FROM unit
          JOIN every_rate r ON r.id = unit.id
          LEFT JOIN spot ON spot.id = unit.id AND spot.place = r.place
          LEFT JOIN (SELECT id, place, SUM(allowed) AS allowed
                       FROM standard_time GROUP BY id, place) t
            ON t.id = unit.id AND t.place = r.place
    )"""
#: Everybody's hours at the standard rate: for those who may not know what they cost.
PEOPLE_AT_RATES = """
    people AS (
        SELECT id, element, SUM(hours * price) AS amount
          FROM spent WHERE type = 'labour' GROUP BY id, element
    )"""
#: People's hours at what they cost; where that is not known, at the standard rate.
PEOPLE_AT_COST = """
    hour AS (
        SELECT spot.id, spot.place, MIN(r.element) AS element,
               SUM(r.factor * r.rate) / spot.crew AS price, spot.share
          FROM spot
          JOIN every_rate r ON r.id = spot.id AND r.place = spot.place
         WHERE r.type = 'labour' AND spot.crew > 0 AND spot.sheets IS NOT NULL
         GROUP BY spot.id, spot.place, spot.crew, spot.share
    ), mean_hour AS (
        SELECT id, MIN(element) AS element, SUM(price * share) AS price
          FROM hour GROUP BY id
    ), people AS (
        SELECT sheet.id, mean_hour.element,
               SUM(COALESCE(sheet.cost, sheet.hours
                            * COALESCE(hour.price, mean_hour.price))) AS amount
          FROM sheet
          JOIN mean_hour ON mean_hour.id = sheet.id
          LEFT JOIN hour ON hour.id = sheet.id AND hour.place = sheet.place
         GROUP BY sheet.id, mean_hour.element
         UNION ALL
        SELECT id, element, SUM(hours * price)
          FROM spent
         WHERE type = 'labour' AND sheets IS NULL
         GROUP BY id, element
    )"""
#: What was used and spent, by cost element.
ACTUAL = """
    actual_side AS (
        SELECT id, %(material)s AS element, -SUM(amount) AS amount
          FROM goods WHERE NOT is_output GROUP BY id
         UNION ALL
        SELECT id, element, amount FROM people
         UNION ALL
        SELECT id, element, SUM(hours * price)
          FROM spent WHERE type <> 'labour' GROUP BY id, element
         UNION ALL
        SELECT unit.id, content.element, made.quantity * content.amount
          FROM unit
          JOIN made ON made.id = unit.id
          JOIN content ON content.card = unit.standard AND content.is_absorbed
    )"""
#: The rows of the orders, against what is to be explained, by cost element.
SIDES = """
    variance AS MATERIALIZED (
        SELECT v.production_id AS id, v.element_id AS element, v.kind,
               SUM(v.amount) AS amount, COUNT(*) AS parts
          FROM backflush_variance v
         WHERE v.production_id IN (SELECT id FROM unit)
           AND v.company_id = %(company)s AND v.kind NOT IN %(left_out)s
         GROUP BY 1, 2, 3
    ), side AS MATERIALIZED (
        SELECT id, element, SUM(standard) AS standard, SUM(actual) AS actual,
               SUM(variance) AS variance, SUM(parts) AS parts
          FROM (SELECT id, element, amount AS standard, 0 AS actual, 0 AS variance,
                       0 AS parts
                  FROM standard_side
                 UNION ALL
                SELECT id, element, 0, amount, 0, 0 FROM actual_side
                 UNION ALL
                SELECT id, COALESCE(element, %(material)s), 0, 0, amount, parts
                  FROM variance) every
         GROUP BY id, element
    )"""
#: One line for each order. What half a unit of the currency for each row and line of
#: its postings can explain is rounding; all else has to be nothing.
TOTALS = """
    document AS (
        SELECT p.production_id AS id, COUNT(line.id) AS parts,
               BOOL_OR(p.state = 'failed') AS is_open, MIN(p.date_event) AS day
          FROM backflush_posting p
          LEFT JOIN backflush_posting_line line ON line.posting_id = p.id
         WHERE p.production_id IN (SELECT id FROM unit)
           AND p.res_model IN ('mrp.production', 'mrp.unbuild')
         GROUP BY p.production_id
    ), total AS MATERIALIZED (
        SELECT side.id, ROUND(SUM(standard) / %(unit)s) * %(unit)s AS standard,
               ROUND(SUM(actual) / %(unit)s) * %(unit)s AS actual,
               SUM(variance) AS variance,
               ABS(SUM(actual) - SUM(standard) - SUM(variance)) <= 0.000001
                   + %(unit)s / 2.0 * (SUM(side.parts) + MIN(document.parts))
                   AS is_explained,
               BOOL_OR(document.is_open) AS is_open, MIN(document.day) AS day
          FROM side
          JOIN document ON document.id = side.id
         GROUP BY side.id
    )"""
INSERTED = """
    head AS (
        INSERT INTO backflush_order_proof (
               run_id, company_id, production_id, product_id, date, quantity,
               amount_standard, amount_actual, amount_difference, amount_variance,
               amount_rounding, amount_proof, state,
               create_uid, write_uid, create_date, write_date)
        SELECT %(run)s, %(company)s, total.id, unit.product,
               COALESCE(unit.day, total.day), COALESCE(made.quantity, 0),
               total.standard, total.actual, total.actual - total.standard,
               total.variance,
               CASE WHEN is_explained THEN actual - total.standard - variance
                    ELSE 0 END,
               CASE WHEN is_explained THEN 0
                    ELSE actual - total.standard - variance END,
               CASE WHEN is_explained THEN 'explained' WHEN is_open THEN 'open'
                    ELSE 'unexplained' END,
               %(uid)s, %(uid)s, %(now)s, %(now)s
          FROM total
          JOIN unit ON unit.id = total.id
          LEFT JOIN made ON made.id = total.id
        RETURNING id, production_id
    ), element_line AS (
        INSERT INTO backflush_order_proof_element (
               proof_id, element_id, amount_standard, amount_actual,
               amount_difference, create_uid, write_uid, create_date, write_date)
        SELECT head.id, side.element, ROUND(side.standard / %(unit)s) * %(unit)s,
               ROUND(side.actual / %(unit)s) * %(unit)s,
               ROUND(side.actual / %(unit)s) * %(unit)s
                   - ROUND(side.standard / %(unit)s) * %(unit)s,
               %(uid)s, %(uid)s, %(now)s, %(now)s
          FROM side
          JOIN head ON head.production_id = side.id
         WHERE side.standard <> 0 OR side.actual <> 0
    )
    INSERT INTO backflush_order_proof_variance (
           proof_id, element_id, kind, amount,
           create_uid, write_uid, create_date, write_date)
    SELECT head.id, variance.element, variance.kind, variance.amount,
           %(uid)s, %(uid)s, %(now)s, %(now)s
      FROM variance
      JOIN head ON head.production_id = variance.id
     WHERE variance.amount <> 0
"""
#: Orders with something finished, corrected or unbuilt in a period.
ORDERS = """
    SELECT DISTINCT p.production_id
      FROM backflush_posting p
     WHERE p.company_id = %(company)s AND p.production_id IS NOT NULL
       AND p.res_model IN ('mrp.production', 'mrp.unbuild')
       AND COALESCE(p.date, p.date_event) BETWEEN %(date_from)s AND %(date_to)s
     ORDER BY p.production_id
"""


def prove(
    orders: Sequence[int],
    *,
    projects: Sequence[int],
    with_cost: bool,
    **values: Any,
) -> SQL:
    """Write a proof of each of `orders`.

    :param with_cost: whether people's hours count at what they cost; else at the
        standard rate, and without `labour_rate`
    :param values: as `costing.sql.time.recompute` takes; besides, `run` (what the
        proofs belong to) and `material` (cost element)
    """
    parts = [UNIT, STEP, WORK, ALLOWED]
    if projects and values["by_sheet"]:
        parts.append(SHARED)
    parts += [RECORDED, UNPLANNED, SPOT, EVERY_RATE]
    parts += [MOVES, GOODS, CONTENT, STANDARD, SPENT]
    parts += [PEOPLE_AT_COST if with_cost else PEOPLE_AT_RATES]
    parts += [ACTUAL, SIDES, TOTALS, INSERTED]
    left_out = NOT_OF_ORDERS if with_cost else (*NOT_OF_ORDERS, "labour_rate")
    return SQL(
        "WITH " + ",".join(parts),
        orders=list(orders),
        projects=list(projects),
        shared=SQL(SHARE) if projects and values["by_sheet"] else SQL(""),
        as_open=False,
        left_out=left_out,
        **values,
    )
