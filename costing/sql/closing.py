"""Rows of variances that a close carries, settles and makes final; what was sold."""

from typing import Any

from odoo.tools import SQL

from ..disposition import KEPT

#: Days of facts that a close is about: its period, and what became known of the closed
#: ones before it.
DUE = """
    ({day} BETWEEN %(date_from)s AND %(date_to)s
     OR {day} BETWEEN %(late_from)s AND %(late_to)s)"""
#: Material rows that no entry carries: under `delivery` what orders used beyond cards.
IS_USAGE = """
    (v.account_move_id IS NULL AND element.type = 'material'
     AND v.kind <> 'revaluation' AND p.state IN ('posted', 'reversed'))"""
#: Rows of conversion cost that no entry carries. Those that wait for their day's entry
#: will be carried by it.
IS_CONVERSION = """
    (v.account_move_id IS NULL AND element.type <> 'material'
     AND v.kind NOT IN ('output_scrap', 'output_count')
     AND NOT (v.kind IN ('revaluation', 'standard_change')
              AND COALESCE(p.state IN ('pending', 'failed'), FALSE)
              AND p.trigger IS DISTINCT FROM 'delivery'))"""
#: What rounding has left on stock accounts.
IS_ROUNDING = """
    (v.account_move_id IS NULL AND v.kind = 'rounding' AND v.posting_id IS NULL)"""
#: Rows not final yet, of a company and until the end of a period.
ROWS = """
      FROM backflush_variance v
      JOIN backflush_element element ON element.id = v.element_id
      LEFT JOIN backflush_posting p ON p.id = v.posting_id
     WHERE v.company_id = %(company)s AND v.state = 'provisional'
       AND """ + DUE.format(day="v.date")
#: By the component they are about and the card of their posting.
USAGE = f"""
    SELECT v.account_id, v.component_id, p.standard_id,
           v.kind = 'standard_change' AS is_change, SUM(v.amount)
    {ROWS} AND {IS_USAGE}
     GROUP BY 1, 2, 3, 4
    HAVING SUM(v.amount) <> 0
     ORDER BY 1, 2, 3, 4
"""
#: By element, kind and account.
CONVERSION = f"""
    SELECT v.element_id, v.kind, v.account_id, SUM(v.amount)
    {ROWS} AND {IS_CONVERSION}
     GROUP BY 1, 2, 3
    HAVING SUM(v.amount) <> 0
     ORDER BY 1, 3, 2
"""
#: What stands on accounts of variances, or will with the close. Not what a location's
#: own account has: the user wants to see it there.
STANDING = f"""
    SELECT v.element_id, v.kind, v.account_id, SUM(v.amount)
    {ROWS} AND v.kind NOT IN %(kept)s AND v.account_id IS NOT NULL
       AND v.account_id <> ALL(%(places)s::int[])
       AND (v.account_move_id IS NOT NULL OR {IS_USAGE} OR {IS_CONVERSION}
            OR {IS_ROUNDING})
     GROUP BY 1, 2, 3
    HAVING SUM(v.amount) <> 0
     ORDER BY 1, 3, 2
"""
#: Rows of an element whose account was not known when they were made.
FILL = f"""
    UPDATE backflush_variance target
       SET account_id = %(account)s
      FROM (SELECT v.id {ROWS} AND v.account_id IS NULL AND v.kind = %(kind)s
               AND v.element_id = %(element)s) due
     WHERE due.id = target.id
 RETURNING target.id
"""
FINALISE = f"""
    UPDATE backflush_variance target
       SET state = 'final', close_id = %(close)s, write_date = %(now)s,
           write_uid = %(uid)s,
           account_move_id = CASE WHEN due.is_carried THEN %(entry)s
                                  ELSE target.account_move_id END
      FROM (SELECT v.id, {IS_USAGE} OR {IS_CONVERSION} OR {IS_ROUNDING} AS is_carried
              {ROWS}) due
     WHERE due.id = target.id
 RETURNING target.id
"""
#: The rows of a close that is taken back; its entries carry none of them any more.
REOPEN = """
    UPDATE backflush_variance
       SET state = 'provisional', close_id = NULL, write_date = %(now)s,
           write_uid = %(uid)s,
           account_move_id = CASE WHEN account_move_id = ANY(%(entries)s::int[])
                                  THEN NULL ELSE account_move_id END
     WHERE close_id = %(close)s
 RETURNING id
"""
#: Goods delivered in a period, net of what came back: quantity and amount by card.
SOLD = """
    WITH sold AS (
        SELECT f.posting_id, f.standard_id, f.quantity, f.amount
          FROM backflush_stock_fact f
          JOIN stock_move m ON m.id = f.move_id
          JOIN stock_location origin ON origin.id = m.location_id
          JOIN stock_location place ON place.id = m.location_dest_id
         WHERE f.company_id = %(company)s AND f.is_owner IS NOT TRUE
           AND (f.date AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date
               BETWEEN %(date_from)s AND %(date_to)s
           AND (origin.usage = 'customer' OR place.usage = 'customer'
                OR origin.usage = 'transit' AND origin.company_id IS NULL
                OR place.usage = 'transit' AND place.company_id IS NULL)
    )
    SELECT NULL::int AS element, standard_id AS card, -SUM(quantity) AS quantity,
           -SUM(amount) AS amount
      FROM sold GROUP BY standard_id
     UNION ALL
    -- cost of sales moves at the card of the delivery, stock at today's
    SELECT v.element_id, NULL, 0, -SUM(v.amount)
      FROM backflush_variance v
     WHERE v.kind = 'standard_change' AND v.company_id = %(company)s
       AND v.posting_id IN (SELECT posting_id FROM sold)
     GROUP BY v.element_id
"""


def query(text: str, **values: Any) -> SQL:
    """One of the statements above; `values` are those of `CloseReader`, and its own."""
    return SQL(text, kept=KEPT, **values)
