"""A close in SQL alone: the least that computing and posting a period have to do.

Exactly what the generated period of `_close_data` asks for: elements for labour and the
two overheads, timesheets on every operation of open orders, goods costed at completion,
no close before.  It writes rows of time and of the period, the disposition, the bridge
and both entries, and makes the rows final, with all keys.
"""

from __future__ import annotations

from typing import Any

import _variance_sql

#: What people cost who work on orders that are still open.
OPEN_RATES = """
INSERT INTO backflush_variance
       (kind, element_id, date, product_id, workcenter_id, operation_id, department_id,
        production_id, timesheet_id, quantity_standard, quantity_actual, price_standard,
        price_actual, amount, account_id, state, company_id, create_uid, write_uid,
        create_date, write_date)
SELECT 'labour_rate', %(labour)s, a.date, o.product_id, w.workcenter_id, w.operation_id,
       a.department_id, o.id, a.id, a.unit_amount, a.unit_amount, r.rate,
       -a.amount / a.unit_amount, round(-a.amount - a.unit_amount::numeric * r.rate, 2),
       %(labour_price)s, 'provisional', %(company)s, %(user)s, %(user)s,
       now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
  FROM mrp_production o
  JOIN account_analytic_line a ON a.production_id = o.id
  JOIN mrp_workorder w ON w.id = a.workorder_id
  JOIN backflush_rate r
    ON r.workcenter_id = w.workcenter_id AND r.version_id = %(version)s
   AND r.element_id = %(labour)s
 WHERE o.company_id = %(company)s AND o.state NOT IN ('done', 'cancel')
   AND a.date BETWEEN %(date_from)s AND %(date_to)s;
"""
#: Control and applied of each element; the hours and rates of the period's cards.
CONVERSION = """
CREATE TEMP TABLE bench_element AS
SELECT e.id, e.type, e.control_account_id AS control_id,
       e.applied_account_id AS applied_id,
       e.price_variance_account_id AS price_id,
       e.quantity_variance_account_id AS quantity_id,
       COALESCE((SELECT sum(l.balance) FROM account_move_line l
                  WHERE l.account_id = e.control_account_id
                    AND l.parent_state = 'posted' AND l.company_id = %(company)s
                    AND l.date BETWEEN %(date_from)s AND %(date_to)s), 0) AS control,
       COALESCE((SELECT -sum(l.balance) FROM account_move_line l
                  WHERE l.account_id = e.applied_account_id
                    AND l.parent_state = 'posted' AND l.company_id = %(company)s
                    AND l.date BETWEEN %(date_from)s AND %(date_to)s), 0) AS applied,
       COALESCE((SELECT sum(v.amount) FROM backflush_variance v
                  WHERE v.element_id = e.id AND v.state = 'provisional'
                    AND v.account_move_id IS NULL
                    AND v.date BETWEEN %(date_from)s AND %(date_to)s), 0) AS explained
  FROM backflush_element e
 WHERE e.company_id = %(company)s AND e.active AND e.type <> 'material';

CREATE TEMP TABLE bench_progress AS
SELECT e.id AS element_id, c.workcenter_id,
       sum(a.unit_amount::numeric * r.rate
           / CASE e.type WHEN 'labour' THEN 1 ELSE crew.crew END) AS amount
  FROM mrp_production o
  JOIN account_analytic_line a ON a.production_id = o.id
  JOIN mrp_workorder c ON c.id = a.workorder_id
  JOIN backflush_rate r
    ON r.workcenter_id = c.workcenter_id AND r.version_id = %(version)s
  JOIN bench_element e ON e.id = r.element_id
  JOIN backflush_rate crew
    ON crew.workcenter_id = c.workcenter_id AND crew.version_id = %(version)s
   AND crew.element_id = %(labour)s
 WHERE o.company_id = %(company)s AND a.date <= %(date_to)s
   AND o.state NOT IN ('done', 'cancel')
 GROUP BY e.id, c.workcenter_id;

CREATE TEMP TABLE bench_made AS
SELECT p.standard_id, sum(f.quantity) AS quantity
  FROM backflush_posting p
  JOIN backflush_stock_fact f ON f.posting_id = p.id AND f.product_id = p.product_id
 WHERE p.company_id = %(company)s AND p.res_model = 'mrp.production'
   AND p.state = 'posted' AND p.date BETWEEN %(date_from)s AND %(date_to)s
 GROUP BY p.standard_id;
"""
#: Rows of the period. Volume takes what budget and timing leave.
ROWS = """
CREATE TEMP TABLE bench_row AS
WITH base AS (
    SELECT e.*, round(COALESCE((SELECT sum(amount) FROM bench_progress p
                                 WHERE p.element_id = e.id), 0), 2) AS timing
      FROM bench_element e
), volume AS (
    SELECT e.id, r.workcenter_id, r.normal_hours * r.rate
           - COALESCE((SELECT sum(l.amount * m.quantity)
                         FROM bench_made m
                         JOIN backflush_standard_line l
                           ON l.standard_id = m.standard_id
                        WHERE l.element_id = e.id
                          AND l.workcenter_id = r.workcenter_id), 0)
           - COALESCE((SELECT p.amount FROM bench_progress p
                        WHERE p.element_id = e.id
                          AND p.workcenter_id = r.workcenter_id), 0) AS amount,
           r.normal_hours * r.rate AS budget
      FROM bench_element e
      JOIN backflush_rate r ON r.element_id = e.id AND r.version_id = %(version)s
     WHERE e.type = 'fixed_overhead'
), spent AS (
    SELECT id, round(sum(amount), 2) AS amount, sum(budget) AS budget FROM volume
     GROUP BY id
)
SELECT 'timing' AS kind, id AS element_id, NULL::integer AS workcenter_id,
       timing AS amount, %(cost_of_sales)s AS account_id FROM base
 UNION ALL
SELECT CASE type WHEN 'labour' THEN 'unallocated' ELSE 'overhead_spending' END, id,
       NULL, control - applied - explained - timing,
       CASE type WHEN 'labour' THEN quantity_id ELSE price_id END
  FROM base WHERE type <> 'fixed_overhead'
 UNION ALL
SELECT 'overhead_budget', base.id, NULL, round(base.control - spent.budget, 2), price_id
  FROM base JOIN spent USING (id)
 UNION ALL
SELECT 'overhead_volume', id, workcenter_id, round(volume.amount, 2), quantity_id
  FROM volume JOIN base USING (id);
-- what rounding leaves falls on the largest volume
UPDATE bench_row r
   SET amount = r.amount + rest.amount
  FROM (SELECT e.id, e.control - e.applied - e.explained
               - (SELECT sum(amount) FROM bench_row WHERE element_id = e.id) AS amount,
               (SELECT workcenter_id FROM bench_row
                 WHERE element_id = e.id AND kind = 'overhead_volume'
                 ORDER BY abs(amount) DESC LIMIT 1) AS workcenter_id
          FROM bench_element e WHERE e.type = 'fixed_overhead') rest
 WHERE r.element_id = rest.id AND r.workcenter_id = rest.workcenter_id;

INSERT INTO backflush_close (company_id, date_from, date_to, state, create_date)
VALUES (%(company)s, %(date_from)s, %(date_to)s, 'computed', now());

INSERT INTO backflush_variance
       (kind, element_id, date, workcenter_id, quantity_standard, quantity_actual,
        price_standard, price_actual, amount, account_id, state, company_id, close_id,
        create_uid, write_uid, create_date, write_date)
SELECT kind, element_id, %(date_to)s, workcenter_id, 0, 0, 0, 0, amount, account_id,
       'provisional', %(company)s, (SELECT max(id) FROM backflush_close), %(user)s,
       %(user)s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
  FROM bench_row WHERE amount <> 0;

INSERT INTO backflush_close_line (close_id, company_id, date_to, element_id, control,
                                  applied, variances)
SELECT (SELECT max(id) FROM backflush_close), %(company)s, %(date_to)s, id, control,
       applied, explained FROM bench_element;
INSERT INTO backflush_close_progress (close_id, company_id, element_id, workcenter_id,
                                      amount)
SELECT (SELECT max(id) FROM backflush_close), %(company)s, element_id, workcenter_id,
       amount FROM bench_progress;
"""
#: Variances by element, account and kind, and what goods hold of each element.
DISPOSITION = """
CREATE TEMP TABLE bench_standing AS
SELECT element_id, account_id, kind IN ('unallocated', 'rounding', 'overhead_volume')
           AS is_expense, sum(amount) AS amount
  FROM backflush_variance
 WHERE company_id = %(company)s AND state = 'provisional' AND kind <> 'timing'
   AND kind NOT IN ('revaluation', 'standard_change')
   AND date BETWEEN %(date_from)s AND %(date_to)s
 GROUP BY 1, 2, 3;

CREATE TEMP TABLE bench_stock AS
SELECT product_id, sum(quantity) AS quantity
  FROM (SELECT q.product_id, q.quantity
          FROM stock_quant q
          JOIN stock_location l ON l.id = q.location_id AND l.usage = 'internal'
         UNION ALL
        SELECT product_id, -quantity FROM backflush_stock_fact
         WHERE company_id = %(company)s AND date >= %(date_to)s::date + 1) moved
 GROUP BY product_id;

CREATE TEMP TABLE bench_sold AS
SELECT f.standard_id, -sum(f.quantity) AS quantity, -sum(f.amount) AS amount
  FROM backflush_stock_fact f
  JOIN stock_move m ON m.id = f.move_id
  JOIN stock_location place
    ON place.id = m.location_dest_id AND place.usage = 'customer'
 WHERE f.company_id = %(company)s
   AND f.date BETWEEN %(date_from)s AND %(date_to)s::date + 1
 GROUP BY f.standard_id;

INSERT INTO backflush_close_part (close_id, company_id, element_id, account_id, place,
                                  amount)
SELECT (SELECT max(id) FROM backflush_close), %(company)s, element_id, account_id,
       place, round(amount * share, 2)
  FROM bench_standing,
       (SELECT 'finished_goods' AS place, COALESCE((
               SELECT sum(quantity) FROM bench_stock WHERE quantity > 0), 0)
               / (1 + COALESCE((SELECT sum(quantity) FROM bench_sold), 0)) AS share
         UNION ALL SELECT 'cost_of_sales', 1) places
 WHERE amount <> 0;
"""
#: Goods, documents that are missing, open orders' materials, and profit.
BRIDGE = """
CREATE TEMP TABLE bench_place AS
SELECT 'stock' AS place,
       sum(s.quantity * (p.standard_price ->> %(company)s::text)::numeric) AS amount
  FROM bench_stock s JOIN product_product p ON p.id = s.product_id
 UNION ALL
SELECT CASE WHEN m.purchase_line_id IS NULL THEN 'not_invoiced' ELSE 'not_billed' END,
       sum(f.amount)
  FROM backflush_stock_fact f
  JOIN stock_move m ON m.id = f.move_id
  LEFT JOIN (SELECT purchase_line_id, sum(quantity) AS quantity FROM account_move_line
              WHERE parent_state = 'posted' AND date <= %(date_to)s
                AND purchase_line_id IS NOT NULL
              GROUP BY 1) billed ON billed.purchase_line_id = m.purchase_line_id
  LEFT JOIN (SELECT rel.order_line_id, sum(l.quantity) AS quantity
               FROM sale_order_line_invoice_rel rel
               JOIN account_move_line l ON l.id = rel.invoice_line_id
              WHERE l.parent_state = 'posted' AND l.date <= %(date_to)s
              GROUP BY 1) invoiced ON invoiced.order_line_id = m.sale_line_id
 WHERE f.company_id = %(company)s AND f.date < %(date_to)s::date + 1
   AND (m.purchase_line_id IS NOT NULL AND billed.quantity IS NULL
        OR m.sale_line_id IS NOT NULL AND invoiced.quantity IS NULL)
 GROUP BY 1
 UNION ALL
SELECT 'issued', sum(f.amount)
  FROM backflush_stock_fact f
  JOIN stock_move m ON m.id = f.move_id
  LEFT JOIN backflush_posting p ON p.id = f.posting_id
 WHERE f.company_id = %(company)s AND f.date < %(date_to)s::date + 1
   AND m.raw_material_production_id IS NOT NULL
   AND (p.id IS NULL OR p.date > %(date_to)s)
 UNION ALL
SELECT 'balance', sum(balance) FROM account_move_line
 WHERE company_id = %(company)s AND parent_state = 'posted' AND date <= %(date_to)s
   AND account_id IN (SELECT DISTINCT account_id FROM backflush_posting_line
                       WHERE kind IN ('output', 'material'))
 UNION ALL
SELECT 'profit', -sum(l.balance)
  FROM account_move_line l JOIN account_account a ON a.id = l.account_id
 WHERE l.company_id = %(company)s AND l.parent_state = 'posted'
   AND l.date BETWEEN %(date_from)s AND %(date_to)s
   AND (a.account_type LIKE 'income%%' OR a.account_type LIKE 'expense%%');

INSERT INTO backflush_close_bridge (close_id, company_id, place, sequential, backflush,
                                    difference)
SELECT (SELECT max(id) FROM backflush_close), %(company)s, place, amount, 0, amount
  FROM bench_place;
"""
#: One entry, its items by account; rows are final and carried by it.
POST = """
INSERT INTO account_move (journal_id, company_id, currency_id, move_type, state, date,
                          name, auto_post, backflush_close_id)
SELECT %(journal)s, %(company)s, %(currency)s, 'entry', 'posted', %(date_to)s,
       'BENCH/' || max(id), 'no', max(id) FROM backflush_close;

INSERT INTO account_move_line (move_id, company_id, account_id, journal_id, date,
                               currency_id, company_currency_id, parent_state,
                               display_type, balance, debit, credit, amount_currency)
SELECT (SELECT max(id) FROM account_move WHERE backflush_close_id IS NOT NULL),
       %(company)s, account_id, %(journal)s, %(date_to)s, %(currency)s, %(currency)s,
       'posted', 'product', amount, greatest(amount, 0), greatest(-amount, 0), amount
  FROM (SELECT account_id, sum(amount) AS amount
          FROM (SELECT control_id AS account_id, -control AS amount FROM bench_element
                 UNION ALL SELECT applied_id, applied FROM bench_element
                 UNION ALL
                SELECT account_id, sum(amount) FROM backflush_variance
                 WHERE company_id = %(company)s AND state = 'provisional'
                   AND account_move_id IS NULL
                   AND date BETWEEN %(date_from)s AND %(date_to)s
                 GROUP BY account_id) items
         GROUP BY account_id) totals
 WHERE amount <> 0;

UPDATE backflush_variance
   SET state = 'final', close_id = (SELECT max(id) FROM backflush_close),
       write_date = now() AT TIME ZONE 'UTC',
       account_move_id = COALESCE(account_move_id, (
           SELECT max(id) FROM account_move WHERE backflush_close_id IS NOT NULL))
 WHERE company_id = %(company)s AND state = 'provisional'
   AND date BETWEEN %(date_from)s AND %(date_to)s;
UPDATE backflush_close SET state = 'posted';
DROP TABLE bench_element, bench_progress, bench_made, bench_row, bench_standing,
           bench_stock, bench_sold, bench_place;
"""


def get_parameters(env: Any, date_from: str, date_to: str) -> dict[str, Any]:
    """The period, the elements and accounts, and the version in force."""
    company = env.company
    version = env["backflush.version"]._get_active(company)
    return {
        **_variance_sql.get_parameters(env, date_from, date_to),
        "version": version.id,
        "journal": company._backflush_config("backflush_journal_id").id,
        "currency": company.currency_id.id,
        "cost_of_sales": company._backflush_config(
            "backflush_cost_of_sales_account_id"
        ).id,
    }


def compute(cr: Any, values: dict[str, Any]) -> None:
    """Rows of time and of the period, disposition and bridge."""
    _variance_sql.compute(cr, values, write=True)
    for statement in (OPEN_RATES, CONVERSION, ROWS, DISPOSITION, BRIDGE):
        cr.execute(statement, values)


def post(cr: Any, values: dict[str, Any]) -> None:
    """The entry; all rows of the period are final."""
    cr.execute(POST, values)
