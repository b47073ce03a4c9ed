"""Time variances of a period in SQL alone: the least that a recompute has to do.

Exactly what the generated orders of `_variance_data` ask for: elements for labour and
variable overhead, labour hours from timesheets where the order has any, every posting
a completion that stands.  Each row is rounded by itself.
"""

from __future__ import annotations

from typing import Any

KINDS = ("labour_rate", "labour_efficiency", "overhead_efficiency", "lot_size")
#: Finished orders of the period, and operations of cards: labour beside overhead.
ORDERS = """
CREATE TEMP TABLE bench_done ON COMMIT DROP AS
SELECT p.production_id, p.product_id, p.standard_id, p.date,
       o.backorder_sequence <= 1 AS is_first, sum(f.quantity) AS quantity
  FROM backflush_posting p
  JOIN mrp_production o ON o.id = p.production_id
  JOIN stock_move m ON m.production_id = o.id AND m.product_id = o.product_id
  JOIN backflush_stock_fact f ON f.move_id = m.id
 WHERE p.company_id = %(company)s
   AND p.event = 'completion'
   AND p.state = 'posted'
   AND p.date BETWEEN %(date_from)s AND %(date_to)s
 GROUP BY p.id, o.id;

CREATE TEMP TABLE bench_card ON COMMIT DROP AS
SELECT l.standard_id, l.operation_id, l.workcenter_id, l.capacity, r.crew,
       l.element_id AS labour, l.rate AS labour_rate, l.quantity AS labour_unit,
       l.fixed_hours AS labour_fixed, l.cycle_hours AS labour_cycle,
       v.element_id AS overhead, v.rate AS overhead_rate, v.quantity AS overhead_unit,
       v.fixed_hours AS overhead_fixed, v.cycle_hours AS overhead_cycle
  FROM backflush_standard s
  JOIN backflush_standard_line l ON l.standard_id = s.id
  JOIN backflush_standard_line v
    ON v.standard_id = s.id AND v.operation_id = l.operation_id
  JOIN backflush_rate r
    ON r.version_id = s.version_id AND r.workcenter_id = l.workcenter_id
   AND r.element_id = l.element_id
 WHERE s.company_id = %(company)s
   AND l.element_id = %(labour)s
   AND v.element_id = %(overhead)s;

ANALYZE bench_done, bench_card;
"""
#: Operations of orders with what is allowed, absorbed and recorded at the work center.
STEPS = """
CREATE TEMP TABLE bench_step ON COMMIT DROP AS
SELECT d.production_id, d.product_id, d.date, w.id AS workorder_id,
       c.operation_id, c.workcenter_id, c.crew, c.labour_rate, c.overhead_rate,
       CASE WHEN d.is_first THEN c.labour_fixed ELSE 0 END
           + ceil(d.quantity / c.capacity) * c.labour_cycle AS labour_allowed,
       CASE WHEN d.is_first THEN c.overhead_fixed ELSE 0 END
           + ceil(d.quantity / c.capacity) * c.overhead_cycle AS overhead_allowed,
       d.quantity * c.labour_unit AS labour_absorbed,
       d.quantity * c.overhead_unit AS overhead_absorbed,
       CASE WHEN NOT w.backflush_is_assumed THEN t.hours END AS machine
  FROM bench_done d
  JOIN bench_card c ON c.standard_id = d.standard_id
  JOIN mrp_workorder w
    ON w.production_id = d.production_id AND w.operation_id = c.operation_id
  LEFT JOIN (SELECT workorder_id, sum(duration)::numeric / 60 AS hours
               FROM mrp_workcenter_productivity
              WHERE workorder_id IS NOT NULL
              GROUP BY workorder_id) t ON t.workorder_id = w.id;

CREATE TEMP TABLE bench_sheet ON COMMIT DROP AS
SELECT a.id, a.production_id, a.workorder_id, a.date, a.department_id,
       a.unit_amount::numeric AS hours, -a.amount AS cost
  FROM account_analytic_line a
  JOIN bench_done d ON d.production_id = a.production_id;

ANALYZE bench_step, bench_sheet;
"""
#: Recorded hours of each operation, and the rate of time that names no operation.
RECORDED = """
CREATE TEMP TABLE bench_recorded ON COMMIT DROP AS
SELECT s.*,
       CASE WHEN labour_recorded IS NOT NULL THEN labour_recorded
            WHEN machine IS NOT NULL THEN machine * crew
            ELSE labour_allowed END AS labour_hours,
       CASE WHEN machine IS NOT NULL THEN machine
            WHEN labour_recorded IS NOT NULL THEN labour_recorded / crew
            ELSE overhead_allowed END AS overhead_hours
  FROM (SELECT s.*,
               CASE WHEN b.production_id IS NOT NULL THEN
                   COALESCE(n.hours, 0) + b.loose * s.labour_allowed
                   / sum(s.labour_allowed) OVER (PARTITION BY s.production_id)
               END AS labour_recorded
          FROM bench_step s
          LEFT JOIN (SELECT workorder_id, sum(hours) AS hours
                       FROM bench_sheet
                      WHERE workorder_id IS NOT NULL
                      GROUP BY workorder_id) n ON n.workorder_id = s.workorder_id
          LEFT JOIN (SELECT production_id,
                            COALESCE(sum(hours) FILTER (WHERE workorder_id IS NULL), 0)
                                AS loose
                       FROM bench_sheet
                      GROUP BY production_id) b
            ON b.production_id = s.production_id) s;

CREATE TEMP TABLE bench_rate ON COMMIT DROP AS
SELECT production_id,
       sum(labour_allowed * labour_rate) / sum(labour_allowed) AS rate
  FROM bench_step
 GROUP BY production_id;

ANALYZE bench_recorded, bench_rate;
"""
#: Both elements have an efficiency and a lot-size row per operation.
FOUND = """
    SELECT 'labour_efficiency' AS kind, %(labour)s AS element_id, date, product_id,
           workcenter_id, operation_id, NULL::integer AS department_id, production_id,
           NULL::integer AS timesheet_id,
           labour_allowed AS quantity_standard, labour_hours AS quantity_actual,
           labour_rate AS price_standard, labour_rate AS price_actual,
           (labour_hours - labour_allowed) * labour_rate AS amount,
           %(labour_quantity)s AS account_id
      FROM bench_recorded
     UNION ALL
    SELECT 'overhead_efficiency', %(overhead)s, date, product_id, workcenter_id,
           operation_id, NULL, production_id, NULL, overhead_allowed,
           overhead_hours, overhead_rate, overhead_rate,
           (overhead_hours - overhead_allowed) * overhead_rate, %(overhead_quantity)s
      FROM bench_recorded
     UNION ALL
    SELECT 'lot_size', %(labour)s, date, product_id, workcenter_id, operation_id, NULL,
           production_id, NULL, labour_absorbed, labour_allowed,
           labour_rate, labour_rate,
           (labour_allowed - labour_absorbed) * labour_rate, %(labour_quantity)s
      FROM bench_recorded
     UNION ALL
    SELECT 'lot_size', %(overhead)s, date, product_id, workcenter_id, operation_id,
           NULL, production_id, NULL, overhead_absorbed, overhead_allowed,
           overhead_rate, overhead_rate,
           (overhead_allowed - overhead_absorbed) * overhead_rate,
           %(overhead_quantity)s
      FROM bench_recorded
     UNION ALL
    SELECT 'labour_rate', %(labour)s, h.date, d.product_id, s.workcenter_id,
           s.operation_id, h.department_id, h.production_id, h.id,
           h.hours, h.hours, COALESCE(s.labour_rate, r.rate), h.cost / h.hours,
           h.cost - h.hours * COALESCE(s.labour_rate, r.rate), %(labour_price)s
      FROM bench_sheet h
      JOIN bench_done d ON d.production_id = h.production_id
      JOIN bench_rate r ON r.production_id = h.production_id
      LEFT JOIN bench_step s ON s.workorder_id = h.workorder_id"""
#: The rows where the addon writes its own, with all keys.
WRITE = f"""
INSERT INTO backflush_variance
       (kind, element_id, date, product_id, workcenter_id, operation_id, department_id,
        production_id, timesheet_id, quantity_standard, quantity_actual,
        price_standard, price_actual, amount, account_id, state, company_id,
        create_uid, write_uid, create_date, write_date)
SELECT kind, element_id, date, product_id, workcenter_id, operation_id, department_id,
       production_id, timesheet_id, quantity_standard, quantity_actual,
       price_standard, price_actual, round(amount, 2), account_id, 'provisional',
       %(company)s, %(user)s, %(user)s, now() AT TIME ZONE 'UTC',
       now() AT TIME ZONE 'UTC'
  FROM ({FOUND}) found
 WHERE round(amount, 2) <> 0
"""
#: Nothing written: what is left of the work then.
COUNT = f"""
SELECT count(*), sum(round(amount, 2)) FROM ({FOUND}) found
 WHERE round(amount, 2) <> 0
"""


def get_parameters(env: Any, date_from: str, date_to: str) -> dict[str, Any]:
    """The period, the two elements and their accounts."""
    elements = {e.type: e for e in env.company._get_backflush_elements()}
    labour, overhead = elements["labour"], elements["variable_overhead"]
    return {
        "company": env.company.id,
        "user": env.uid,
        "date_from": date_from,
        "date_to": date_to,
        "labour": labour.id,
        "overhead": overhead.id,
        "labour_price": labour.price_variance_account_id.id,
        "labour_quantity": labour.quantity_variance_account_id.id,
        "overhead_quantity": overhead.quantity_variance_account_id.id,
    }


def compute(cr: Any, parameters: dict[str, Any], *, write: bool) -> None:
    """Compute all provisional time variances of the period, and insert them."""
    for statement in (ORDERS, STEPS, RECORDED, WRITE if write else COUNT):
        cr.execute(statement, parameters)
