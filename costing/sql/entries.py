"""Rule 1: journal entries, posting lines and variance rows say the same."""

from odoo.tools import SQL

from ..variance import KINDS, REVALUATION_KINDS
from .frame import DOCUMENTS, Frame

#: Every journal entry of the addon: debit against credit.
BALANCED = """
    SELECT entry.id AS record, NULL::int AS detail,
           SUM(GREATEST(item.balance, 0)) AS expected,
           SUM(GREATEST(-item.balance, 0)) AS found,
           0 AS tolerance
      FROM account_move entry
      JOIN account_move_line item ON item.move_id = entry.id
     WHERE entry.company_id = %(company)s
       AND %(period)s
       AND entry.id IN (
            SELECT account_move_id FROM backflush_posting
             WHERE company_id = %(company)s
             UNION
            SELECT reversal_move_id FROM backflush_posting
             WHERE company_id = %(company)s)
     GROUP BY entry.id
"""
#: Journal items of the addon's entries and the lines of all postings that share them.
SAME_AS_LINES = """
    WITH part AS (
        SELECT account_move_id AS entry, id AS posting, 1 AS sign
          FROM backflush_posting
         WHERE company_id = %(company)s AND event NOT IN %(documents)s
           AND account_move_id IS NOT NULL AND state <> 'failed'
         UNION ALL
        SELECT reversal_move_id, id, -1
          FROM backflush_posting
         WHERE company_id = %(company)s AND event NOT IN %(documents)s
           AND reversal_move_id IS NOT NULL
    ), booked AS (
        SELECT part.entry, line.account_id AS account,
               SUM(part.sign * line.amount) AS amount
          FROM part
          JOIN backflush_posting_line line ON line.posting_id = part.posting
         GROUP BY part.entry, line.account_id
    ), item AS (
        SELECT move_id AS entry, account_id AS account,
               SUM(balance) FILTER (WHERE parent_state = 'posted') AS amount
          FROM account_move_line
         WHERE move_id IN (SELECT entry FROM part)
           AND account_id IS NOT NULL
         GROUP BY move_id, account_id
    )
    SELECT COALESCE(booked.entry, item.entry) AS record,
           COALESCE(booked.account, item.account) AS detail,
           COALESCE(booked.amount, 0) AS expected,
           COALESCE(item.amount, 0) AS found,
           0 AS tolerance
      FROM booked
      FULL JOIN item USING (entry, account)
      JOIN account_move entry ON entry.id = COALESCE(booked.entry, item.entry)
     WHERE %(period)s
"""
#: The items that the addon added to vendor bills, and the lines of the bills' postings.
SAME_AS_BILL_LINES = """
    WITH covered AS (
        SELECT product.id, MIN(f.date)::date AS since
          FROM %(products)s
          LEFT JOIN backflush_stock_fact f
            ON f.product_id = product.id AND f.company_id = %(company)s
         WHERE product.at_standard
         GROUP BY product.id
    ), booked AS (
        SELECT posting.account_move_id AS entry, line.account_id AS account,
               SUM(line.amount) AS amount
          FROM backflush_posting posting
          JOIN backflush_posting_line line ON line.posting_id = posting.id
         WHERE posting.company_id = %(company)s AND posting.event = 'bill'
           AND posting.state = 'posted'
         GROUP BY posting.account_move_id, line.account_id
    ), item AS (
        SELECT item.move_id AS entry, item.account_id AS account,
               SUM(item.balance) AS amount
          FROM account_move_line item
          JOIN account_move entry ON entry.id = item.move_id
          JOIN account_move_line origin ON origin.id = item.cogs_origin_id
          JOIN covered ON covered.id = origin.product_id
         WHERE item.company_id = %(company)s AND item.display_type = 'cogs'
           AND entry.state = 'posted'
           AND entry.move_type IN ('in_invoice', 'in_receipt', 'in_refund')
           AND (item.date >= covered.since
                OR item.move_id IN (SELECT entry FROM booked))
         GROUP BY item.move_id, item.account_id
    )
    SELECT COALESCE(booked.entry, item.entry) AS record,
           COALESCE(booked.account, item.account) AS detail,
           COALESCE(booked.amount, 0) AS expected,
           COALESCE(item.amount, 0) AS found,
           0 AS tolerance
      FROM booked
      FULL JOIN item USING (entry, account)
      JOIN account_move entry ON entry.id = COALESCE(booked.entry, item.entry)
     WHERE %(period)s
"""
#: Posted postings that book amounts, but point at no journal entry.
WITHOUT_ENTRY = """
    SELECT record, NULL::int AS detail, SUM(amount) AS expected, 0 AS found,
           0 AS tolerance
      FROM (SELECT posting.id AS record, GREATEST(SUM(line.amount), 0) AS amount
              FROM backflush_posting posting
              JOIN backflush_posting_line line ON line.posting_id = posting.id
             WHERE posting.company_id = %(company)s AND posting.state = 'posted'
               AND posting.account_move_id IS NULL
               AND %(period)s
             GROUP BY posting.id, line.account_id) account
     GROUP BY record
"""
#: The lines of each posting add up to nothing.
LINES_BALANCED = """
    SELECT posting.id AS record, NULL::int AS detail,
           SUM(GREATEST(line.amount, 0)) AS expected,
           SUM(GREATEST(-line.amount, 0)) AS found,
           0 AS tolerance
      FROM backflush_posting posting
      JOIN backflush_posting_line line ON line.posting_id = posting.id
     WHERE posting.company_id = %(company)s AND posting.state <> 'failed'
       AND %(period)s
     GROUP BY posting.id
"""
#: Variance rows of a posting, and its lines of the same kinds. While its entry waits,
#: no row has one: then what changed standards mean for conversion cost, where that is
#: no line (under ``delivery``), is left to the close.
ROWS = """
    WITH posting AS (
        SELECT id, account_move_id FROM backflush_posting posting
         WHERE company_id = %(company)s
           AND (state = 'posted' AND account_move_id IS NOT NULL OR state = 'pending')
           AND %(period)s
    ), line AS (
        SELECT line.posting_id AS posting, line.account_id AS account,
               SUM(line.amount) AS amount
          FROM posting
          JOIN backflush_posting_line line ON line.posting_id = posting.id
         WHERE line.kind IN %(kinds)s
         GROUP BY line.posting_id, line.account_id
    ), booked AS (
        SELECT v.posting_id AS posting, v.account_id AS account, SUM(v.amount) AS amount
          FROM posting
          JOIN backflush_variance v ON v.posting_id = posting.id
           AND v.account_move_id IS NOT DISTINCT FROM posting.account_move_id
          LEFT JOIN backflush_element element ON element.id = v.element_id
         WHERE posting.account_move_id IS NOT NULL
            OR element.type = 'material' OR v.kind NOT IN %(restated)s
            OR EXISTS (
                SELECT FROM backflush_posting_line line
                 WHERE line.posting_id = v.posting_id AND line.kind = v.kind
                   AND line.element_id = v.element_id
                   AND line.account_id = v.account_id)
         GROUP BY v.posting_id, v.account_id
    )
    SELECT COALESCE(line.posting, booked.posting) AS record,
           COALESCE(line.account, booked.account) AS detail,
           COALESCE(line.amount, 0) AS expected,
           COALESCE(booked.amount, 0) AS found,
           0 AS tolerance
      FROM line
      FULL JOIN booked USING (posting, account)
"""
#: Variance rows whose journal entry is not posted, or has nothing on their account.
ROWS_WITHOUT_ITEM = """
    SELECT v.id AS record, v.account_id AS detail, v.amount AS expected, 0 AS found,
           0 AS tolerance
      FROM backflush_variance v
     WHERE v.company_id = %(company)s AND v.account_move_id IS NOT NULL
       AND v.amount <> 0
       AND %(period)s
       AND NOT EXISTS (
            SELECT FROM account_move_line item
             WHERE item.move_id = v.account_move_id
               AND item.account_id = v.account_id
               AND item.parent_state = 'posted')
       -- what adds up to nothing needs no item
       AND 0 <> (
            SELECT SUM(other.amount) FROM backflush_variance other
             WHERE other.account_move_id = v.account_move_id
               AND other.account_id = v.account_id)
"""


def _of_entries(query: str, frame: Frame, column: str = "entry.date") -> SQL:
    return SQL(
        query,
        company=frame.company,
        documents=DOCUMENTS,
        kinds=KINDS,
        restated=REVALUATION_KINDS,
        products=frame.product_table() if "%(products)s" in query else SQL(),
        period=frame.in_period(column),
    )


def balanced(frame: Frame) -> SQL:
    """Per journal entry: debit against credit."""
    return _of_entries(BALANCED, frame)


def same_as_lines(frame: Frame) -> SQL:
    """Per journal entry and account: posting lines against journal items."""
    return _of_entries(SAME_AS_LINES, frame)


def same_as_bill_lines(frame: Frame) -> SQL:
    """Per vendor bill and account: posting lines against added journal items."""
    return _of_entries(SAME_AS_BILL_LINES, frame)


def without_entry(frame: Frame) -> SQL:
    """Postings that say posted and book amounts, without a journal entry."""
    return _of_entries(WITHOUT_ENTRY, frame, "posting.date")


def lines_balanced(frame: Frame) -> SQL:
    """Per posting: debit against credit of its lines."""
    return _of_entries(LINES_BALANCED, frame, "posting.date_event")


def rows(frame: Frame) -> SQL:
    """Per posting and account: variance lines against variance rows."""
    return _of_entries(ROWS, frame, "posting.date_event")


def rows_without_item(frame: Frame) -> SQL:
    """Variance rows that stand on an entry without such an item."""
    return _of_entries(ROWS_WITHOUT_ITEM, frame, "v.date")
