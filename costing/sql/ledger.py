"""Rule 2: the accounts that carry goods, and what stands between them and stock."""

from collections.abc import Sequence
from datetime import date, datetime

from odoo.tools import SQL

from .frame import DOCUMENTS, Frame

#: Balance of each account, and how many amounts have been rounded for it since a day:
#: its items; an item of the addon's that adds up several documents counts as those. (A
#: revaluation rounds for each product.)
BALANCES = """
    WITH own AS (
        SELECT p.account_move_id AS entry FROM backflush_posting p
         WHERE p.company_id = %(company)s AND p.event <> ALL(%(documents)s)
         UNION
        SELECT p.reversal_move_id FROM backflush_posting p
         WHERE p.company_id = %(company)s
    ), item AS (
        SELECT item.account_id, SUM(item.balance) AS balance,
               COUNT(*) FILTER (WHERE own.entry IS NULL AND (
                   item.date > %(since)s OR item.create_date > %(closed)s)) AS rounded
          FROM account_move_line item
          LEFT JOIN own ON own.entry = item.move_id
         WHERE item.company_id = %(company)s AND item.parent_state = 'posted'
           AND item.account_id = ANY(%(accounts)s) AND %(known)s
         GROUP BY item.account_id
    ), document AS (
        SELECT line.account_id,
               CASE WHEN p.event = 'revaluation' THEN COUNT(*) ELSE 1 END
               * CASE WHEN p.reversal_move_id IS NULL THEN 1 ELSE 2 END AS rounded
          FROM backflush_posting p
          JOIN backflush_posting_line line ON line.posting_id = p.id
         WHERE p.company_id = %(company)s AND p.event <> ALL(%(documents)s)
           AND p.date > %(since)s AND line.account_id = ANY(%(accounts)s)
         GROUP BY p.id, line.account_id
    ), documents AS (
        SELECT account_id, SUM(rounded)::int AS rounded
          FROM document
         GROUP BY account_id
    )
    SELECT account_id, COALESCE(item.balance, 0),
           COALESCE(item.rounded, 0) + COALESCE(documents.rounded, 0)
      FROM item
      FULL JOIN documents USING (account_id)
"""
#: Lines that are to be booked with others, later.
PENDING = """
    SELECT line.account_id, SUM(line.amount)
      FROM backflush_posting posting
      JOIN backflush_posting_line line ON line.posting_id = posting.id
     WHERE posting.company_id = %(company)s AND posting.state = 'pending' AND %(known)s
     GROUP BY line.account_id
"""
#: Material rows that no entry carries before the close: by the component they are
#: about, and the card of their posting. Rows of a reversed posting have their opposite,
#: unless a close has carried the one and not yet the other.
OPEN_USAGE = """
    SELECT v.component_id, p.standard_id, v.kind = 'standard_change' AS is_change,
           SUM(v.amount)
      FROM backflush_variance v
      JOIN backflush_posting p ON p.id = v.posting_id
       AND p.state IN ('posted', 'reversed')
      JOIN backflush_element element ON element.id = v.element_id
     WHERE v.company_id = %(company)s AND v.account_move_id IS NULL
       AND v.kind <> 'revaluation' AND element.type = 'material' AND %(known)s
     GROUP BY 1, 2, 3
"""
#: Accounts that carry other goods, or other things, too.
MIXED = """
    SELECT DISTINCT item.account_id
      FROM account_move_line item
      JOIN account_move entry ON entry.id = item.move_id
      LEFT JOIN product_product variant ON variant.id = item.product_id
      LEFT JOIN product_template template ON template.id = variant.product_tmpl_id
     WHERE item.company_id = %(company)s AND item.parent_state = 'posted'
       AND item.account_id = ANY(%(accounts)s)
       AND (item.product_id IS NULL AND entry.move_type <> 'entry'
                AND item.account_id = ANY(%(expenses)s)
            OR item.product_id <> ALL(%(products)s)
               AND (template.is_storable OR item.account_id = ANY(%(expenses)s)))
     UNION
    SELECT DISTINCT line.account_id
      FROM backflush_posting_line line
     WHERE line.company_id = %(company)s AND line.account_id = ANY(%(accounts)s)
       AND line.product_id <> ALL(%(products)s)
"""
#: Journal entries on these accounts that neither Odoo nor the addon has made.
BY_HAND = """
    SELECT item.account_id, item.move_id, SUM(item.balance)
      FROM account_move_line item
      JOIN account_move entry ON entry.id = item.move_id
     WHERE item.company_id = %(company)s AND item.parent_state = 'posted'
       AND item.account_id = ANY(%(accounts)s) AND %(period)s
       AND (entry.move_type = 'entry'
                AND NOT EXISTS (
                    SELECT FROM backflush_posting p
                     WHERE p.account_move_id = entry.id
                        OR p.reversal_move_id = entry.id)
                AND NOT EXISTS (
                    SELECT FROM stock_move m WHERE m.account_move_id = entry.id)
            OR entry.move_type <> 'entry' AND item.product_id IS NULL)
     GROUP BY item.account_id, item.move_id
     ORDER BY item.account_id, item.move_id
"""
#: What Odoo's own inventory closing has booked on accounts: entries in the stock
#: journal that no movement (whose items name their goods) and no document of the addon
#: has made.
CLOSED = """
    SELECT item.account_id, SUM(item.balance)
      FROM account_move_line item
      JOIN account_move entry ON entry.id = item.move_id
     WHERE item.company_id = %(company)s AND item.parent_state = 'posted'
       AND item.account_id = ANY(%(accounts)s) AND %(known)s
       AND entry.journal_id = %(journal)s AND entry.move_type = 'entry'
       AND item.product_id IS NULL AND entry.backflush_close_id IS NULL
       AND NOT EXISTS (
            SELECT FROM backflush_posting p
             WHERE p.account_move_id = entry.id OR p.reversal_move_id = entry.id)
       AND NOT EXISTS (SELECT FROM stock_move m WHERE m.account_move_id = entry.id)
     GROUP BY item.account_id
    HAVING SUM(item.balance) <> 0
"""
#: Valued quantity on hand of covered products: what is there now, less what came later.
ON_HAND = """
    SELECT moved.product_id, SUM(moved.quantity)
      FROM (SELECT q.product_id, q.quantity
              FROM stock_quant q
              JOIN stock_location place ON place.id = q.location_id
              JOIN res_company company ON company.id = place.company_id
             WHERE place.company_id = %(company)s
               AND place.usage IN ('internal', 'transit')
               AND (q.owner_id IS NULL OR q.owner_id = company.partner_id)
             UNION ALL
            SELECT f.product_id, -f.quantity
              FROM backflush_stock_fact f
             WHERE f.company_id = %(company)s AND %(own)s AND NOT %(known)s) moved
      JOIN %(products)s ON product.id = moved.product_id
     GROUP BY moved.product_id
    HAVING SUM(moved.quantity) <> 0
"""


def balances(
    frame: Frame, accounts: Sequence[int], since: date, closed: datetime
) -> SQL:
    """(account, balance, amounts that were rounded for it after ``since``, or that were
    booked for days before it when those had been ``closed``).
    """
    return SQL(
        BALANCES,
        company=frame.company,
        documents=list(DOCUMENTS),
        accounts=list(accounts),
        since=since,
        closed=closed,
        known=frame.known_by("item.date"),
    )


def pending(frame: Frame) -> SQL:
    """(account, amount) of lines that wait for their entry."""
    return SQL(PENDING, company=frame.company, known=frame.known_by("posting.date"))


def open_usage(frame: Frame) -> SQL:
    """(component, card of the event, whether it is `standard_change`, amount) of rows
    that no entry carries yet.
    """
    return SQL(OPEN_USAGE, company=frame.company, known=frame.known_by("v.date"))


def mixed(frame: Frame, accounts: Sequence[int], expenses: Sequence[int]) -> SQL:
    """Accounts that carry more than covered goods at standard.

    ``expenses``: those of ``accounts`` that are expense accounts of periodic goods.
    """
    return SQL(
        MIXED,
        company=frame.company,
        accounts=list(accounts),
        expenses=list(expenses),
        products=[product.id for product in frame.products if product.at_standard],
    )


def by_hand(frame: Frame, accounts: Sequence[int]) -> SQL:
    """(account, entry, amount) booked by hand in the period."""
    return SQL(
        BY_HAND,
        company=frame.company,
        accounts=list(accounts),
        period=frame.in_period("item.date"),
    )


def closed(frame: Frame, accounts: Sequence[int], journal: int | None) -> SQL:
    """(account, amount) that Odoo's own closing has booked in the ``journal``."""
    return SQL(
        CLOSED,
        company=frame.company,
        accounts=list(accounts),
        known=frame.known_by("item.date"),
        journal=journal,
    )


def on_hand(frame: Frame) -> SQL:
    """(product, quantity) that Odoo's inventory valuation counts."""
    return SQL(
        ON_HAND,
        company=frame.company,
        products=frame.product_table(),
        own=frame.own,
        known=frame.known_at("f.date"),
    )
