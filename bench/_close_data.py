"""What a close reads besides finished orders, written set-based for a generated period.

To the orders of `_variance_data` it adds one journal entry for each day that carries
their postings, copies of purchases with their bills, of sales with their invoices, and
of an order that people work on, and an entry of what conversion has really cost.

Records that belong together are copied together: a column that refers to a record which
is copied, too, refers to that one's copy of the same number.
"""

from __future__ import annotations

from typing import Any

import _close_shop as shop
import _variance_data

DATE_FROM, DATE_TO = _variance_data.DATE_FROM, _variance_data.DATE_TO
DAYS = int(DATE_TO[-2:])
DAY = f"('{DATE_FROM}'::date + (n %% {DAYS})::integer)"
MOMENT = f"({DAY} + interval '9 hours')"
NUMBER = "'{name}/' || n"
#: Columns that differ in copies, by name; of all tables that have them.
CHANGES = {
    "create_date": MOMENT,
    "write_date": MOMENT,
    "date": DAY,
    "invoice_date": DAY,
    "date_event": DAY,
    "date_order": MOMENT,
    "date_approve": MOMENT,
    "date_done": MOMENT,
    "effective_date": MOMENT,
    "delivery_date": DAY,
    "origin": "NULL",
    "barcode": "NULL",
    "access_token": "NULL",
}
MOMENTS = ("stock_move", "backflush_stock_fact", "stock_picking")
NAMED = (
    "purchase_order",
    "sale_order",
    "stock_picking",
    "account_move",
    "backflush_posting",
    "mrp_production",
    "mrp_production_group",
)
RELATIONS = ("sale_order_line_invoice_rel",)
KEYS = """
SELECT a.attname, referred.relname
  FROM pg_constraint c
  JOIN pg_class t ON t.oid = c.conrelid
  JOIN pg_class referred ON referred.oid = c.confrelid
  JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = c.conkey[1]
 WHERE c.contype = 'f' AND t.relname = %s AND array_length(c.conkey, 1) = 1
"""
MAP = """
DROP TABLE IF EXISTS bench_map;
CREATE TEMP TABLE bench_map (name text, old integer, place integer, first bigint,
                             many integer, PRIMARY KEY (name, old))
"""
#: Lines of the period's postings, by day and account.
DAYS_BOOKED = """
SELECT p.date, l.account_id, sum(l.amount)
  FROM backflush_posting p
  JOIN backflush_posting_line l ON l.posting_id = p.id
 WHERE p.company_id = %s AND p.account_move_id IS NULL AND p.state = 'posted'
   AND p.date BETWEEN %s AND %s
 GROUP BY p.date, l.account_id
HAVING sum(l.amount) <> 0
 ORDER BY p.date, l.account_id
"""
ON_HAND = """
UPDATE stock_quant q
   SET quantity = q.quantity + moved.quantity
  FROM (SELECT product_id, sum(quantity) AS quantity
          FROM backflush_stock_fact
         WHERE date BETWEEN %s AND %s::date + interval '1 day'
         GROUP BY product_id) moved, stock_location place
 WHERE moved.product_id = q.product_id AND place.id = q.location_id
   AND place.usage = 'internal'
"""


def generate(env: Any, orders: int) -> dict[str, int]:
    """Write a period with ``orders`` finished orders; return how many rows of what."""
    counts = _variance_data.generate(env, orders)
    for name, every in shop.EVERY.items():
        copied = _copy(env, name, shop.get_records(env, name), max(1, orders // every))
        for table, number in copied.items():
            counts[table] = counts.get(table, 0) + number
    env.cr.execute(ON_HAND, [DATE_FROM, DATE_TO])
    assert env.cr.rowcount, "nothing moved"
    env.invalidate_all()
    _book_days(env)
    _spend(env)
    env.cr.commit()
    return counts


# -- copies ----------------------------------------------------------------------------


def _copy(
    env: Any, name: str, records: dict[str, list[int]], copies: int
) -> dict[str, int]:
    """So many copies of what belongs together; the number of rows of each table."""
    cr = env.cr
    cr.execute(MAP)
    for table, ids in records.items():
        cr.execute(f"SELECT max(id) FROM {table}")
        first = cr.fetchone()[0]
        for place, old in enumerate(ids, start=1):
            cr.execute(
                "INSERT INTO bench_map VALUES (%s, %s, %s, %s, %s)",
                [table, old, place, first, len(ids)],
            )
    counts = {}
    for table in records:
        counts[table] = _copy_table(cr, table, name, records, copies)
        cr.execute(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))")
    if "sale_order" in records:
        for table in RELATIONS:
            _copy_table(cr, table, name, records, copies)
    for table in records:
        cr.execute(f"ANALYZE {table}")
    return counts


def _copy_table(
    cr: Any, table: str, name: str, records: dict[str, list[int]], copies: int
) -> int:
    cr.execute(KEYS, [table])
    keys = {column: other for column, other in cr.fetchall() if other in records}
    cr.execute(
        """SELECT column_name FROM information_schema.columns
            WHERE table_name = %s AND table_schema = current_schema""",
        [table],
    )
    columns = [column for (column,) in cr.fetchall()]
    expressions = [_get_value(table, column, keys, name) for column in columns]
    if "id" in columns:
        found = f"t.id IN (SELECT old FROM bench_map WHERE name = '{table}')"
    else:
        found = " AND ".join(
            f"t.{column} IN (SELECT old FROM bench_map WHERE name = '{other}')"
            for column, other in keys.items()
        )
    cr.execute(
        f"INSERT INTO {table} ({', '.join(columns)})"
        f" SELECT {', '.join(expressions)} FROM {table} t,"
        f" generate_series(1, {copies}) n WHERE {found}".replace("%%", "%")
    )
    return cr.rowcount


def _get_value(table: str, column: str, keys: dict[str, str], name: str) -> str:
    if column == "id":
        return _to(table, "t.id")
    if column in keys:
        return _to(keys[column], f"t.{column}")
    if column == "res_id" and table == "backflush_posting":
        bill, move = _to("account_move", "t.res_id"), _to("stock_move", "t.res_id")
        return f"""CASE t.res_model WHEN 'account.move' THEN {bill}
                   WHEN 'stock.move' THEN {move} ELSE t.res_id END"""
    if column == "name" and table in NAMED:
        return NUMBER.format(name=f"{name}/{table}")
    if column == "date" and table in MOMENTS:
        return MOMENT
    return CHANGES.get(column, f"t.{column}")


def _to(table: str, column: str) -> str:
    """The copy of the record that ``column`` refers to; itself where it has none."""
    return f"""COALESCE((SELECT x.first + (n - 1) * x.many + x.place FROM bench_map x
                WHERE x.name = '{table}' AND x.old = {column}), {column})"""


# -- entries ---------------------------------------------------------------------------


def _book_days(env: Any) -> None:
    """One entry for each day, which carries its postings and their rows."""
    env.cr.execute(DAYS_BOOKED, [env.company.id, DATE_FROM, DATE_TO])
    days: dict[Any, list[tuple[int, float]]] = {}
    for day, account, amount in env.cr.fetchall():
        days.setdefault(day, []).append((account, float(amount)))
    for day, amounts in days.items():
        entry = _book(env, day, amounts)
        for table, condition in (
            ("backflush_posting", "account_move_id IS NULL AND date = %s"),
            (
                "backflush_variance",
                """account_move_id IS NULL AND date = %s AND posting_id IS NOT NULL""",
            ),
        ):
            env.cr.execute(
                f"UPDATE {table} SET account_move_id = %s WHERE {condition}",
                [entry.id, day],
            )
    env.invalidate_all()


def _book(env: Any, day: Any, amounts: list[tuple[int, float]]) -> Any:
    entry = env["account.move"].create(
        {
            "move_type": "entry",
            "journal_id": env.company._backflush_config("backflush_journal_id").id,
            "date": day,
            "line_ids": [
                (0, 0, {"account_id": account, "balance": amount})
                for account, amount in amounts
            ],
        }
    )
    entry._post(soft=False)
    return entry


def _spend(env: Any) -> None:
    """Somewhat more than was applied in the period, by cost element."""
    elements = env.company._get_backflush_elements()
    elements = elements.filtered(
        lambda x: x.type != "material" and x.control_account_id
    )
    env.cr.execute(
        """SELECT l.element_id, -sum(l.amount)
             FROM backflush_posting_line l
             JOIN backflush_posting p ON p.id = l.posting_id
            WHERE l.kind = 'applied' AND p.date BETWEEN %s AND %s
            GROUP BY l.element_id""",
        [DATE_FROM, DATE_TO],
    )
    applied = {element: float(amount) for element, amount in env.cr.fetchall()}
    amounts = [
        (element.control_account_id.id, round(1.07 * applied.get(element.id, 0), 2))
        for element in elements
    ]
    domain = [("account_type", "=", "liability_current")]
    payable = env["account.account"].search(domain, limit=1)
    total = round(sum(amount for _account, amount in amounts), 2)
    _book(env, DATE_TO, [*amounts, (payable.id, -total)])
