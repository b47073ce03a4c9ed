"""Time against standards: hours allowed, recorded, assumed and absorbed, as a list.

Hours of each order, operation and cost element, as `costing.sql.time` counts them; and
timesheets that count nowhere, with the reason. Amounts are at the standard rate: what
an hour really cost is no part of the list.
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
    STANDING,
    STEP,
    UNIT,
    UNPLANNED,
    WORK,
)

COLUMNS = """
    INSERT INTO backflush_time_line (
           run_id, company_id, state, date, production_id, product_id, project_id,
           employee_id, element_id, workcenter_id, operation_id, workorder_id,
           hours_allowed, hours_people, hours_workcenter, hours_assumed, hours_counted,
           hours_absorbed, rate, amount_allowed, amount_counted, amount_efficiency,
           efficiency, has_time_without_cost, has_negative_time,
           create_uid, write_uid, create_date, write_date)
"""
#: By order, the rates of all its places: of the card, and those it does not know.
EVERY_RATE = """
    every_rate AS MATERIALIZED (
        SELECT unit.id, place.place, place.operation, place.workcenter,
               rate.element, rate.type, rate.rate, rate.factor
          FROM unit
          JOIN rate ON rate.standard = unit.standard
          JOIN place ON place.standard = unit.standard AND place.place = rate.place
         WHERE rate.type <> 'fixed_overhead'
         UNION ALL
        SELECT id, place, NULLIF(GREATEST(place, 0), 0), workcenter,
               element, type, rate, factor
          FROM stray_rate
         WHERE type <> 'fixed_overhead'
    )"""
#: By order, operation and cost element; hours are those of the element.
TIMES = """
    odd AS (
        SELECT id, BOOL_OR(cost IS NULL AND hours <> 0) AS is_free,
               BOOL_OR(hours < 0) AS is_negative, MAX(day) AS day
          FROM sheet GROUP BY id
    ), hours AS (
        SELECT unit.id, unit.day, unit.product, r.place, r.operation, r.workcenter,
               r.element, r.type, r.rate, r.factor,
               COALESCE(t.allowed, 0) * r.factor AS allowed,
               COALESCE(t.absorbed, 0) * r.factor AS absorbed,
               CASE WHEN spot.sheets IS NULL THEN 0
                    WHEN r.type = 'labour' THEN spot.labour
                    WHEN machine.hours IS NULL THEN spot.machine END * r.factor
                   AS people,
               machine.hours * r.factor AS machine,
               CASE WHEN r.type = 'labour' THEN spot.labour
                    ELSE spot.machine END * r.factor AS recorded
          FROM unit
          JOIN every_rate r ON r.id = unit.id
          LEFT JOIN spot ON spot.id = unit.id AND spot.place = r.place
          LEFT JOIN machine ON machine.id = unit.id AND machine.place = r.place
          LEFT JOIN (SELECT id, place, SUM(allowed) AS allowed,
                            SUM(absorbed) AS absorbed
                       FROM standard_time GROUP BY id, place) t
            ON t.id = unit.id AND t.place = r.place
    )
"""
COMPARED = """
    SELECT %(run)s, %(company)s,
           CASE WHEN hours.day IS NULL THEN 'progress'
                WHEN recorded IS NOT NULL THEN 'recorded'
                WHEN type = 'labour' AND machine > 0 THEN 'not_counted'
                ELSE 'assumed' END,
           COALESCE(hours.day, odd.day), hours.id, product, NULL::int, NULL::int,
           element, workcenter, operation,
           (SELECT MIN(w.id) FROM mrp_workorder w
             WHERE w.production_id = hours.id
               AND COALESCE(w.operation_id, -w.workcenter_id) = hours.place),
           allowed, COALESCE(people, 0), COALESCE(machine, 0),
           CASE WHEN recorded IS NULL THEN allowed ELSE 0 END,
           COALESCE(recorded, allowed), absorbed, rate, allowed * rate,
           COALESCE(recorded, allowed) * rate,
           CASE WHEN hours.day IS NULL THEN 0
                ELSE (COALESCE(recorded, allowed) - allowed) * rate END,
           CASE WHEN hours.day IS NOT NULL AND recorded > 0 THEN allowed / recorded END,
           COALESCE(odd.is_free, FALSE), COALESCE(odd.is_negative, FALSE),
           %(uid)s, %(uid)s, %(now)s, %(now)s
      FROM hours
      LEFT JOIN odd ON odd.id = hours.id
     WHERE allowed <> 0 OR recorded <> 0 OR machine <> 0
"""
#: Timesheets of the period that count on no order: they name none and nobody shares
#: them, their order is cancelled, has no card, or timesheets are not what counts.
LOOSE = """
    sheet AS (
        SELECT a.id, a.project_id AS project, a.employee_id AS employee,
               a.production_id AS production, o.product_id AS product, a.date AS day,
               a.amount = 0 AS is_free,
               a.unit_amount::numeric * COALESCE(given.factor / hour.factor, 1)::numeric
                   AS hours,
               CASE WHEN a.production_id IS NULL THEN 'no_order'
                    WHEN o.state = 'cancel' THEN 'cancelled'
                    WHEN NOT %(by_sheet)s THEN 'not_counted'
                    WHEN NOT EXISTS (
                            SELECT FROM backflush_posting p
                             WHERE p.res_model = 'mrp.production' AND p.res_id = o.id
                               AND p.company_id = a.company_id
                               AND p.standard_id IS NOT NULL)
                     AND NOT EXISTS (
                            SELECT FROM backflush_standard card
                             WHERE card.version_id = %(version)s::int
                               AND card.product_id = o.product_id)
                    THEN 'not_counted' END AS state
          FROM account_analytic_line a
          LEFT JOIN mrp_production o ON o.id = a.production_id
          LEFT JOIN uom_uom given ON given.id = a.product_uom_id
          LEFT JOIN uom_uom hour ON hour.id = %(hour)s
         WHERE a.company_id = %(company)s AND a.project_id IS NOT NULL
           AND a.date BETWEEN %(date_from)s AND %(date_to)s
           AND (a.production_id IS NOT NULL
                OR a.project_id = ANY(%(reserved)s::int[])
                OR EXISTS (SELECT FROM mrp_production mate
                            WHERE mate.project_id = a.project_id
                              AND mate.company_id = a.company_id)
                   AND NOT (%(by_sheet)s AND EXISTS (
                        SELECT FROM mrp_production mate
                          JOIN backflush_posting p
                            ON p.res_model = 'mrp.production' AND p.res_id = mate.id
                           AND p.company_id = mate.company_id AND p.quantity > 0
                           AND {standing}
                         WHERE mate.project_id = a.project_id
                           AND mate.company_id = a.company_id
                           AND DATE_TRUNC('month', p.date)
                               = DATE_TRUNC('month', a.date))))
    )
""".format(standing=STANDING.format("p"))
FOUND = """
    SELECT %(run)s, %(company)s, state, MAX(day), production, product, project,
           employee, NULL::int, NULL::int, NULL::int, NULL::int, 0, SUM(hours), 0, 0, 0,
           0, NULL::float8, 0, 0, 0, NULL::float8,
           BOOL_OR(is_free), BOOL_OR(hours < 0), %(uid)s, %(uid)s, %(now)s, %(now)s
      FROM sheet
     WHERE state IS NOT NULL
     GROUP BY state, production, product, project, employee
"""


def compare(orders: Sequence[int], *, projects: Sequence[int], **values: Any) -> SQL:
    """Write the hours of `orders`; `values` as `costing.sql.order_proof.prove`."""
    parts = [UNIT, STEP, WORK, ALLOWED]
    if projects and values["by_sheet"]:
        parts.append(SHARED)
    parts += [RECORDED, UNPLANNED, SPOT, EVERY_RATE, TIMES]
    return SQL(
        "WITH " + ",".join(parts) + COLUMNS + COMPARED,
        orders=list(orders),
        projects=list(projects),
        shared=SQL(SHARE) if projects and values["by_sheet"] else SQL(""),
        as_open=False,
        **values,
    )


def find_loose(_orders: Sequence[int] = (), **values: Any) -> SQL:
    """Write the timesheets of the period that count nowhere.

    :param values: besides, `date_from`, `date_to` and `reserved` (the project of order
        time, whose hours nobody shares)
    """
    return SQL("WITH " + LOOSE + COLUMNS + FOUND, **values)
