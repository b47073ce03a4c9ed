"""A generated period of finished orders, written set-based: copies of template orders.

Each order has its output and components as movements and stock facts, a posting with
its lines, two work orders and, by its class, time:

    0 1   two timesheets, each on a work order; work-order time assumed
    2     two timesheets, each on a work order; work-order time recorded as well
    3 4   two timesheets on the order, shared among its operations; none recorded
    5-8   work-order time only
    9     nobody recorded anything

Every twentieth order is the backorder of the one before.  Some orders make another
quantity than the standard lot.  Everything is drawn by hashes of the order's number, so
that the same number of orders gives the same data.
"""

from __future__ import annotations

from typing import Any

import _variance_shop as shop

#: The period: a month that is over, and before anything that the ORM has made.
DATE_FROM, DATE_TO = "2025-03-01", "2025-03-31"
TABLES = (
    "mrp_production_group",
    "mrp_production",
    "stock_move",
    "backflush_posting",
    "backflush_posting_line",
    "backflush_stock_fact",
    "mrp_workorder",
    "mrp_workcenter_productivity",
    "account_analytic_line",
)
#: A number below the second argument, drawn for an order and a purpose.
DRAW = """
CREATE OR REPLACE FUNCTION bench_draw(number integer, purpose integer, below integer)
RETURNS integer LANGUAGE sql IMMUTABLE AS
'SELECT abs(mod(hashint4extended(number, purpose), below))::integer'
"""
#: One row per order to make; the ids of what belongs to it follow from its number.
ORDERS = """
CREATE TABLE bench_order AS
SELECT n, lead, n - lead AS later,
       (%(templates)s::integer[])[1 + bench_draw(lead, 1, %(products)s)] AS template,
       (ARRAY[10, 10, 10, 10, 10, 10, 5, 20, 7, 13])[1 + bench_draw(n, 2, 10)]
           AS quantity,
       bench_draw(n, 3, 10) AS class,
       CASE WHEN n > lead THEN 2 WHEN n %% 20 = 19 THEN 1 ELSE 0 END AS part,
       %(date_from)s::date + ((lead - 1)::bigint * %(days)s / %(orders)s)::integer
           + interval '8 hours'
           + (lead %% 480 + 10 * (n - lead)) * interval '1 minute' AS moment,
       %(mrp_production)s + n AS production_id,
       %(mrp_production_group)s + lead AS group_id,
       %(backflush_posting)s + n AS posting_id,
       %(stock_move)s + (n - 1) * %(moves)s AS moves,
       %(mrp_workorder)s + (n - 1) * 2 AS workorders
  FROM (SELECT n, CASE WHEN n %% 20 = 0 THEN n - 1 ELSE n END AS lead
          FROM generate_series(1, %(orders)s) n) numbers
"""
#: One row per work order to make, with the hours that its card allows at the work
#: center; `speed` is what recorded time is, over allowed time.
WORK = """
CREATE TABLE bench_work AS
SELECT o.n, o.class, w.rank, w.id AS template, o.workorders + w.rank AS workorder_id,
       o.production_id, o.moment, o.quantity, l.workcenter_id, r.crew,
       CASE WHEN o.later = 0 THEN l.fixed_hours ELSE 0 END
           + ceil(o.quantity / l.capacity) * l.cycle_hours AS allowed,
       0.85 + bench_draw(o.n, 4 + w.rank::integer, 51) / 100.0 AS speed,
       o.class NOT IN (2, 5, 6, 7, 8) AS is_assumed
  FROM bench_order o
  JOIN (SELECT id, production_id, operation_id,
               row_number() OVER (PARTITION BY production_id ORDER BY id) AS rank
          FROM mrp_workorder WHERE production_id = ANY(%(templates)s)) w
    ON w.production_id = o.template
  JOIN backflush_posting p ON p.production_id = o.template
  JOIN backflush_standard s ON s.id = p.standard_id
  JOIN backflush_standard_line l
    ON l.standard_id = s.id AND l.operation_id = w.operation_id
  JOIN backflush_element e ON e.id = l.element_id AND e.type = 'variable_overhead'
  JOIN backflush_rate r
    ON r.version_id = s.version_id AND r.workcenter_id = l.workcenter_id
  JOIN backflush_element labour
    ON labour.id = r.element_id AND labour.type = 'labour'
"""
MINUTES = "round(o.allowed * 60 * CASE WHEN o.is_assumed THEN 1 ELSE o.speed END, 2)"
#: Hours of one timesheet: of its work order, or half of those of the whole order.
HOURS = """
greatest(0.05, round(o.speed * o.crew * CASE WHEN o.class < 3 THEN o.allowed ELSE
    (SELECT avg(x.allowed) FROM bench_work x WHERE x.n = o.n) END, 2))
"""
SHEETS = f"""
(SELECT o.*, {HOURS} AS hours,
        1 + bench_draw(o.n, 6 + o.rank::integer, %(sheets)s) AS employee
   FROM (SELECT * FROM bench_work WHERE class < 5 ORDER BY workorder_id) o) o
JOIN (SELECT *, row_number() OVER (ORDER BY id) AS place, round(-amount, 2) AS cost
        FROM account_analytic_line WHERE id = ANY(%(sheet_ids)s)) t
  ON t.place = o.employee
"""
RATIO = f"o.quantity / {shop.LOT}.0"
MOVE = """
stock_move x ON x.id = {link}
JOIN bench_order o
  ON o.template = COALESCE(x.production_id, x.raw_material_production_id)
"""
MOVE_RANK = """
(SELECT id, row_number() OVER (
            PARTITION BY COALESCE(production_id, raw_material_production_id)
            ORDER BY id) AS rank
   FROM stock_move
  WHERE production_id = ANY(%(templates)s)
     OR raw_material_production_id = ANY(%(templates)s)) ranked ON ranked.id = {link}
"""
#: Lines of the template postings by unit made; what rounding leaves comes afterwards.
LINES = f"""
(SELECT x.*, p.production_id AS template,
        CASE x.kind WHEN 'output' THEN s.amount
                    WHEN 'applied' THEN -(SELECT sum(l.amount)
                                            FROM backflush_standard_line l
                                           WHERE l.standard_id = s.id
                                             AND l.line_type = 'operation'
                                             AND l.element_id = x.element_id)
                    ELSE x.amount / {shop.LOT} END AS unit
   FROM backflush_posting_line x
   JOIN backflush_posting p ON p.id = x.posting_id
   JOIN backflush_standard s ON s.id = p.standard_id
  WHERE x.kind <> 'rounding') t
JOIN bench_order o ON o.template = t.template
"""
#: A line and a row per posting whose other lines do not balance to the cent.
ROUNDING = """
WITH rest AS (
    SELECT l.posting_id, o.production_id, o.moment, t.product_id, t.company_id,
           e.id AS element_id, e.quantity_variance_account_id AS account_id,
           -sum(l.amount) AS amount
      FROM bench_order o
      JOIN mrp_production t ON t.id = o.template
      JOIN backflush_posting_line l ON l.posting_id = o.posting_id
      JOIN backflush_element e ON e.company_id = t.company_id AND e.type = 'material'
     GROUP BY l.posting_id, o.production_id, o.moment, t.id, e.id
    HAVING sum(l.amount) <> 0),
lines AS (
    INSERT INTO backflush_posting_line
           (kind, posting_id, date, company_id, element_id, account_id, amount,
            create_date, write_date)
    SELECT 'rounding', posting_id, moment::date, company_id, element_id, account_id,
           amount, moment, moment
      FROM rest)
INSERT INTO backflush_variance
       (kind, state, posting_id, date, product_id, company_id, element_id, account_id,
        production_id, quantity_standard, quantity_actual, price_standard,
        price_actual, amount, create_date, write_date)
SELECT 'rounding', 'provisional', posting_id, moment::date, product_id, company_id,
       element_id, account_id, production_id, 0, 0, 0, 0, amount, moment, moment
  FROM rest
"""
_SHARED = {"create_date": "o.moment", "write_date": "o.moment"}
#: Where the copies of a table's rows come from, and what differs in them.
COPIES: dict[str, tuple[str, dict[str, str]]] = {
    "mrp_production_group": (
        """mrp_production_group t
           JOIN mrp_production x ON x.production_group_id = t.id
           JOIN bench_order o ON o.template = x.id AND o.later = 0""",
        {"id": "o.group_id", "name": "'GEN/' || o.n"},
    ),
    "mrp_production": (
        "mrp_production t JOIN bench_order o ON o.template = t.id",
        {
            "id": "o.production_id",
            "production_group_id": "o.group_id",
            "backorder_sequence": "o.part",
            "name": """'GEN/' || o.lead || CASE o.part
                       WHEN 0 THEN '' ELSE '-00' || o.part END""",
            "origin": "NULL",
            "product_qty": "o.quantity",
            "qty_producing": "o.quantity",
            "product_uom_qty": "o.quantity",
            "date_start": "o.moment - interval '1 day'",
            "date_deadline": "o.moment",
            "date_finished": "o.moment",
        },
    ),
    "stock_move": (
        f"stock_move t JOIN {MOVE.format(link='t.id')} "
        f"JOIN {MOVE_RANK.format(link='t.id')}",
        {
            "id": "o.moves + ranked.rank",
            "production_id": "CASE WHEN t.production_id > 0 THEN o.production_id END",
            "raw_material_production_id": """CASE WHEN t.raw_material_production_id > 0
                                             THEN o.production_id END""",
            "production_group_id": "o.group_id",
            "workorder_id": "NULL",
            "account_move_id": "NULL",
            "origin": "'GEN/' || o.n",
            "reference": "'GEN/' || o.n",
            "product_qty": f"t.product_qty * {RATIO}",
            "product_uom_qty": f"t.product_uom_qty * {RATIO}",
            "quantity": f"t.quantity * {RATIO}",
            "value": f"t.value * {RATIO}",
            "date": "o.moment",
            "date_deadline": "o.moment",
        },
    ),
    "backflush_posting": (
        "backflush_posting t JOIN bench_order o ON o.template = t.production_id",
        {
            "id": "o.posting_id",
            "name": "'BF/GEN/' || o.n",
            "res_id": "o.production_id",
            "production_id": "o.production_id",
            "account_move_id": "NULL",
            "quantity": "o.quantity",
            "amount": f"round(t.amount * {RATIO}, 2)",
            "date": "o.moment::date",
            "date_event": "o.moment::date",
        },
    ),
    "backflush_posting_line": (
        LINES,
        {
            "id": "DEFAULT",
            "posting_id": "o.posting_id",
            "date": "o.moment::date",
            "amount": "round(t.unit * o.quantity, 2)",
        },
    ),
    "backflush_stock_fact": (
        f"backflush_stock_fact t JOIN {MOVE.format(link='t.move_id')} "
        f"JOIN {MOVE_RANK.format(link='t.move_id')}",
        {
            "id": "DEFAULT",
            "move_id": "o.moves + ranked.rank",
            "posting_id": "o.posting_id",
            "quantity": f"t.quantity * {RATIO}",
            "amount": f"t.amount * {RATIO}",
            "date": "o.moment",
        },
    ),
    "mrp_workorder": (
        "mrp_workorder t JOIN bench_work o ON o.template = t.id",
        {
            "id": "o.workorder_id",
            "production_id": "o.production_id",
            "leave_id": "NULL",
            "barcode": "NULL",
            "qty_produced": "o.quantity",
            "duration_expected": "round(o.allowed * 60, 2)",
            "duration": MINUTES,
            "duration_unit": f"round({MINUTES} / o.quantity, 2)",
            "backflush_is_assumed": "o.is_assumed",
            "date_start": "o.moment - interval '6 hours'",
            "date_finished": "o.moment",
            "production_date": "o.moment - interval '1 day'",
        },
    ),
    "mrp_workcenter_productivity": (
        """(SELECT DISTINCT ON (workorder_id) * FROM mrp_workcenter_productivity
             ORDER BY workorder_id, id) t
           JOIN bench_work o ON o.template = t.workorder_id""",
        {
            "id": "DEFAULT",
            "workorder_id": "o.workorder_id",
            "duration": MINUTES,
            "date_start": f"o.moment - {MINUTES} * interval '1 minute'",
            "date_end": "o.moment",
            "account_move_line_id": "NULL",
        },
    ),
    "account_analytic_line": (
        SHEETS,
        {
            "id": "DEFAULT",
            "production_id": "o.production_id",
            "workorder_id": "CASE WHEN o.class < 3 THEN o.workorder_id END",
            "unit_amount": "o.hours",
            "amount": "-round(o.hours * t.cost, 2)",
            "date": "o.moment::date",
        },
    ),
}


def generate(env: Any, orders: int) -> dict[str, int]:
    """Write ``orders`` finished orders of the period; return how many rows of what."""
    env.flush_all()
    cr = env.cr
    values = _get_values(env, orders)
    cr.execute("DROP TABLE IF EXISTS bench_order, bench_work")
    for statement in (DRAW, ORDERS, WORK):
        cr.execute(statement, values)
    cr.execute("CREATE UNIQUE INDEX ON bench_work (n, rank)")
    cr.execute("CREATE INDEX ON bench_order (template)")
    cr.execute("ANALYZE bench_order, bench_work")
    counts = {table: _copy(cr, table, values) for table in TABLES}
    cr.execute(ROUNDING)
    cr.execute("DROP TABLE bench_order, bench_work")
    cr.execute("DROP FUNCTION bench_draw")
    env.invalidate_all()
    cr.commit()
    return counts


def _get_values(env: Any, orders: int) -> dict[str, Any]:
    """What the statements ask for; of each table, the highest id before."""
    templates, sheets = shop.get_templates(env), shop.get_sheets(env)
    values = {
        "orders": orders,
        "templates": templates.ids,
        "products": len(templates),
        "moves": shop.TAKEN + 1,
        "sheet_ids": sheets.ids,
        "sheets": len(sheets),
        "date_from": DATE_FROM,
        "days": int(DATE_TO[-2:]),
    }
    for table in TABLES:
        env.cr.execute(f"SELECT max(id) FROM {table}")
        values[table] = env.cr.fetchone()[0]
    return values


def _copy(cr: Any, table: str, values: dict[str, Any]) -> int:
    """Write the copies of a table's rows; let its sequence go on after them."""
    rows, changes = COPIES[table]
    changes = _SHARED | changes
    if changes["id"] == "DEFAULT":
        changes["id"] = f"nextval('{table}_id_seq')"
    cr.execute(
        """SELECT column_name FROM information_schema.columns
            WHERE table_name = %s AND table_schema = current_schema""",
        [table],
    )
    names = [name for (name,) in cr.fetchall()]
    missing = changes.keys() - set(names)
    assert not missing, f"{table} has no {missing}"
    chosen = ", ".join(changes.get(name, f"t.{name}") for name in names)
    cr.execute(
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {chosen} FROM {rows}", values
    )
    written = cr.rowcount
    cr.execute(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))")
    cr.execute(f"ANALYZE {table}")
    return written
