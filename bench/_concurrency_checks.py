"""What must be true in the database once everybody has finished.

Each check is a statement that finds what breaks it; the first ones hold in plain Odoo
as well.  ``{orders}`` and ``{transfers}`` are the ids that were finished so far.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import _common as common

_CENT = 0.005
# movements of the finished orders and transfers, with the sign of what they change
_MOVES = """
    SELECT m.*,
           CASE WHEN source.usage = 'internal' THEN -1 ELSE 1 END AS sign
      FROM stock_move m
      JOIN stock_location source ON source.id = m.location_id
      LEFT JOIN mrp_production p
        ON p.id IN (m.production_id, m.raw_material_production_id)
     WHERE m.state = 'done' AND m.quantity <> 0
       AND (p.id = ANY('{orders}') OR m.picking_id = ANY('{transfers}'))
"""
PLAIN = {
    "every order is done and made its quantity once": """
        SELECT p.name
          FROM mrp_production p
         WHERE p.id = ANY('{orders}')
           AND (p.state <> 'done' OR p.product_qty <>
                (SELECT coalesce(sum(m.quantity), 0)
                   FROM stock_move m
                  WHERE m.production_id = p.id AND m.state = 'done'))
    """,
    "every transfer is done": """
        SELECT name FROM stock_picking
         WHERE id = ANY('{transfers}') AND state <> 'done'
    """,
    "stock on hand = its movements": """
        SELECT product_id, sum(quantity)
          FROM (SELECT q.product_id, q.quantity
                  FROM stock_quant q
                  JOIN stock_location l ON l.id = q.location_id
                 WHERE l.usage = 'internal'
                 UNION ALL
                SELECT l.product_id, CASE WHEN source.usage = 'internal'
                       THEN l.quantity ELSE -l.quantity END
                  FROM stock_move_line l
                  JOIN stock_location source ON source.id = l.location_id
                 WHERE l.state = 'done') AS everything
         GROUP BY product_id
        HAVING abs(sum(quantity)) > 0.0001
    """,
    "every posted entry balances": """
        SELECT m.name
          FROM account_move m
          JOIN account_move_line l ON l.move_id = m.id
         WHERE m.state = 'posted'
         GROUP BY m.id
        HAVING abs(sum(l.balance)) >= 0.005
    """,
    "no entry is a draft, no number is missing or used twice": """
        SELECT journal_id, sequence_prefix, count(*), max(sequence_number)
          FROM account_move
         GROUP BY journal_id, sequence_prefix
        HAVING count(*) <> count(DISTINCT sequence_number)
            OR count(*) <> max(sequence_number)
            OR bool_or(state <> 'posted')
    """,
    "no transaction is left open": """
        SELECT pid, state
          FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()
           AND state <> 'idle'
    """,
}
ADDON = {
    "every order has one standing completion": """
        SELECT p.name, count(b.id)
          FROM mrp_production p
          LEFT JOIN backflush_posting b ON b.res_model = 'mrp.production'
           AND b.res_id = p.id AND b.event = 'completion' AND b.state = 'posted'
         WHERE p.id = ANY('{orders}')
         GROUP BY p.id
        HAVING count(b.id) <> 1
    """,
    "every delivered line has one standing posting": """
        SELECT m.id, count(b.id)
          FROM stock_move m
          LEFT JOIN backflush_posting b ON b.res_model = 'stock.move'
           AND b.res_id = m.id AND b.event = 'delivery' AND b.state = 'posted'
         WHERE m.picking_id = ANY('{transfers}')
         GROUP BY m.id
        HAVING count(b.id) <> 1
    """,
    "nothing is pending or failed": """
        SELECT name, state, error FROM backflush_posting
         WHERE state NOT IN ('posted', 'reversed')
    """,
    "lines of postings = items of their entries, by account": """
        SELECT entry, account, sum(amount)
          FROM (SELECT p.account_move_id AS entry, l.account_id AS account, l.amount
                  FROM backflush_posting p
                  JOIN backflush_posting_line l ON l.posting_id = p.id
                 UNION ALL
                SELECT p.reversal_move_id, l.account_id, -l.amount
                  FROM backflush_posting p
                  JOIN backflush_posting_line l ON l.posting_id = p.id
                 UNION ALL
                SELECT l.move_id, l.account_id, -l.balance
                  FROM account_move_line l
                  JOIN res_company c ON c.id = l.company_id
                   AND c.backflush_journal_id = l.journal_id
                  JOIN account_move m ON m.id = l.move_id
                   AND m.backflush_close_id IS NULL
                 WHERE l.parent_state = 'posted') AS both_sides
         WHERE entry IS NOT NULL
         GROUP BY entry, account
        HAVING abs(sum(amount)) >= 0.005
    """,
    "facts = movements": f"""
        SELECT m.id, m.sign * m.quantity, sum(f.quantity)
          FROM ({_MOVES}) AS m
          LEFT JOIN backflush_stock_fact f ON f.move_id = m.id
         GROUP BY m.id, m.sign, m.quantity
        HAVING m.sign * m.quantity IS DISTINCT FROM sum(f.quantity)
    """,
    "every fact has its posting": f"""
        SELECT f.id FROM backflush_stock_fact f
         WHERE f.posting_id IS NULL AND f.move_id IN (SELECT id FROM ({_MOVES}) AS m)
    """,
    "no number of a posting is used twice": """
        SELECT company_id, name FROM backflush_posting
         GROUP BY company_id, name HAVING count(*) > 1
    """,
}


def check(
    database: str, orders: list[int], transfers: list[int], *, addon: bool
) -> Iterator[tuple[bool, str]]:
    """Carry the checks out: whether each holds, and what it says or what breaks it."""
    checks: Mapping[str, str] = PLAIN | (ADDON if addon else {})
    ids = {
        "orders": f"{{{','.join(map(str, orders))}}}",
        "transfers": f"{{{','.join(map(str, transfers))}}}",
    }
    for name, statement in checks.items():
        found = common.query(statement.format(**ids), database)
        text = f"{name}: broken by {found[:5]}" if found else name
        yield not found, text


def check_closing(amounts: list[float]) -> tuple[bool, str]:
    """Ledger = stock: Odoo's own closing has nothing to book."""
    found = [amount for amount in amounts if abs(amount) >= _CENT]
    text = "ledger = stock"
    return not found, f"{text}: Odoo's closing would book {found}" if found else text
