"""Rows of recorded time, and how they take the place of those that are there.

Goes on where `time` ends: it says what was made, allowed and recorded.
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
    TIME_KINDS,
    UNIT,
    UNPLANNED,
    WORK,
)

#: The rows, not rounded: efficiency and lot size by operation, rates by timesheet.
ROWS = """
    split AS (
        SELECT id, place, element, factor / crew AS part, factor / crew * rate AS price,
               share
          FROM spot_rate
         WHERE type = 'labour' AND crew > 0 AND sheets IS NOT NULL
    ), mixed AS (
        SELECT id, element, SUM(part * share) AS part, SUM(price * share) AS price
          FROM split GROUP BY id, element HAVING SUM(part * share) > 0
    ), only_place AS (
        SELECT id, MIN(workcenter) AS workcenter
          FROM spot WHERE crew > 0
         GROUP BY id HAVING COUNT(DISTINCT workcenter) = 1
    ), raw AS (
        SELECT sheet.id, 'labour_rate' AS kind,
               COALESCE(split.element, mixed.element) AS element,
               NULLIF(GREATEST(sheet.place, 0), 0) AS operation,
               COALESCE(sheet.workcenter, only_place.workcenter) AS workcenter,
               sheet.department, sheet.timesheet, sheet.day,
               sheet.hours * COALESCE(split.part, mixed.part) AS standard,
               sheet.hours * COALESCE(split.part, mixed.part) AS actual,
               COALESCE(split.price / split.part, mixed.price / mixed.part) AS price,
               sheet.cost / NULLIF(sheet.hours, 0) AS paid,
               sheet.cost * COALESCE(split.part, mixed.part)
                   - sheet.hours * COALESCE(split.price, mixed.price) AS amount
          FROM sheet
          LEFT JOIN split ON split.id = sheet.id AND split.place = sheet.place
          LEFT JOIN mixed ON split.id IS NULL AND mixed.id = sheet.id
          LEFT JOIN only_place ON only_place.id = sheet.id
         WHERE sheet.cost IS NOT NULL
           AND (split.id IS NOT NULL OR mixed.id IS NOT NULL)
         UNION ALL
        SELECT r.id, CASE WHEN r.type = 'labour' THEN 'labour_efficiency'
                          ELSE 'overhead_efficiency' END,
               r.element, r.operation, r.workcenter, NULL, NULL, step.day,
               COALESCE(t.allowed, 0) * r.factor, spent.hours * r.factor,
               r.rate, r.rate,
               (spent.hours - COALESCE(t.allowed, 0)) * r.factor * r.rate
          FROM spot_rate r
          JOIN step ON step.id = r.id
          LEFT JOIN standard_time t ON t.id = r.id AND t.place = r.place
           AND t.day = step.day
          JOIN LATERAL (
                SELECT CASE WHEN NOT step.is_first THEN 0
                            WHEN r.type = 'labour' THEN r.labour
                            ELSE r.machine END AS hours,
                       CASE WHEN r.type = 'labour' THEN r.labour
                            ELSE r.machine END IS NOT NULL AS is_known
               ) spent ON spent.is_known
         WHERE r.type <> 'fixed_overhead'
         UNION ALL
        SELECT t.id, 'lot_size', r.element, place.operation, place.workcenter,
               NULL, NULL, t.day, t.absorbed * r.factor, t.allowed * r.factor,
               r.rate, r.rate, (t.allowed - t.absorbed) * r.factor * r.rate
          FROM standard_time t
          JOIN unit ON unit.id = t.id
          JOIN rate r ON r.standard = unit.standard AND r.place = t.place
           AND r.type <> 'fixed_overhead'
          JOIN place ON place.standard = unit.standard AND place.place = t.place
         WHERE t.allowed <> t.absorbed
    )"""
#: The rows of an order and element add up to their rounded total; the largest takes
#: what rounding leaves.
ROUNDED = """
    cent AS (
        SELECT raw.*, ROUND(amount / %(unit)s) AS units,
               ROUND(SUM(amount) OVER whole / %(unit)s)
                   - SUM(ROUND(amount / %(unit)s)) OVER whole AS rest,
               ROW_NUMBER() OVER (
                    PARTITION BY id, element
                    ORDER BY ABS(amount) DESC, kind, day, operation, workcenter,
                             timesheet, department) AS nth
          FROM raw
        WINDOW whole AS (PARTITION BY id, element)
    ), target AS (
        SELECT id, kind, element, operation, workcenter, department, timesheet, day,
               standard, actual, price, COALESCE(paid, price) AS paid,
               (units + CASE WHEN nth = 1 THEN rest ELSE 0 END) * %(unit)s AS amount
          FROM cent
    )"""
#: Nothing is closed yet: all of the target is due.
ALL_DUE = """
    due AS MATERIALIZED (
        SELECT * FROM target WHERE amount <> 0
    )"""
#: What belongs to a closed period and was not known there is due on the first open day.
REST_DUE = """
    due AS MATERIALIZED (
        SELECT id, kind, element, operation, workcenter, department, timesheet, day,
               SUM(standard) AS standard, SUM(actual) AS actual,
               COALESCE(MAX(price) FILTER (WHERE is_new), MAX(price)) AS price,
               COALESCE(MAX(paid) FILTER (WHERE is_new), MAX(paid)) AS paid,
               SUM(amount) AS amount
          FROM (SELECT id, kind, element, operation, workcenter, department, timesheet,
                       GREATEST(day, %(open)s::date) AS day, standard, actual, price,
                       paid, amount, TRUE AS is_new
                  FROM target
                 UNION ALL
                SELECT v.production_id, v.kind, v.element_id, v.operation_id,
                       v.workcenter_id, v.department_id, v.timesheet_id,
                       GREATEST(v.date, %(open)s::date), -v.quantity_standard,
                       -v.quantity_actual, v.price_standard, v.price_actual, -v.amount,
                       FALSE
                  FROM backflush_variance v
                 WHERE v.production_id IN (SELECT id FROM ids)
                   AND v.company_id = %(company)s
                   AND v.kind IN %(kinds)s AND v.state = 'final') part
         GROUP BY id, kind, element, operation, workcenter, department, timesheet, day
        HAVING SUM(amount) <> 0
    )"""
SAME = """
    v.production_id = due.id AND v.kind = due.kind AND v.element_id = due.element
    AND v.date = due.day AND v.amount = due.amount
    AND v.quantity_standard = due.standard::float8
    AND v.quantity_actual = due.actual::float8
    AND v.price_standard = due.price::float8 AND v.price_actual = due.paid::float8
    AND COALESCE(v.operation_id, 0) = COALESCE(due.operation, 0)
    AND COALESCE(v.workcenter_id, 0) = COALESCE(due.workcenter, 0)
    AND COALESCE(v.department_id, 0) = COALESCE(due.department, 0)
    AND COALESCE(v.timesheet_id, 0) = COALESCE(due.timesheet, 0)
    AND v.state = 'provisional'"""
#: Rows that are as they should be are left alone.
REPLACED = f"""
    gone AS (
        DELETE FROM backflush_variance v
         WHERE v.production_id IN (SELECT id FROM ids) AND v.company_id = %(company)s
           AND v.kind IN %(kinds)s AND v.state = 'provisional'
           AND NOT EXISTS (SELECT FROM due WHERE {SAME})
        RETURNING v.id
    ), added AS (
        INSERT INTO backflush_variance (
               company_id, kind, element_id, product_id, production_id, operation_id,
               workcenter_id, department_id, timesheet_id, date, quantity_standard,
               quantity_actual, price_standard, price_actual, amount, account_id, state,
               create_uid, write_uid, create_date, write_date)
        SELECT %(company)s, due.kind, due.element, o.product_id, due.id, due.operation,
               due.workcenter, due.department, due.timesheet, due.day, due.standard,
               due.actual, due.price, due.paid, due.amount,
               CASE WHEN due.kind = 'labour_rate' THEN e.price_variance_account_id
                    ELSE e.quantity_variance_account_id END,
               'provisional', %(uid)s, %(uid)s, %(now)s, %(now)s
          FROM due
          JOIN mrp_production o ON o.id = due.id
          JOIN backflush_element e ON e.id = due.element
         WHERE NOT EXISTS (SELECT FROM backflush_variance v WHERE {SAME})
        RETURNING id
    )
    SELECT (SELECT COUNT(*) FROM gone), (SELECT COUNT(*) FROM added)
"""


def recompute(
    orders: Sequence[int], *, projects: Sequence[int], is_closed: bool, **values: Any
) -> SQL:
    """Bring the provisional rows of `orders` in line; returns how many went and came.

    :param values: `company`, `version` and `categories` (of open orders' cards), `hour`
        (unit of measure), `pool` (cost element), `by_sheet` and `by_machine` (what
        counts as labour), `unit` (of the currency), `open` (first open day), `uid`,
        `now`; what was recorded `until` a day of the time `zone`
    """
    parts = [UNIT, STEP, WORK, ALLOWED]
    shared = SQL("")
    if projects and values["by_sheet"]:
        parts.append(SHARED)
        shared = SQL(SHARE)
    parts += [RECORDED, UNPLANNED, SPOT, ROWS, ROUNDED]
    parts += [REST_DUE if is_closed else ALL_DUE, REPLACED]
    return SQL(
        "WITH " + ",".join(parts),
        orders=list(orders),
        projects=list(projects),
        shared=shared,
        as_open=False,
        kinds=TIME_KINDS,
        **values,
    )
