"""What a statement of close reads: items by account and source, rows, late facts."""

from .closing import DUE

#: Accounts of the period's postings and closes, and of cost lines of goods made here.
ACCOUNTS = """
    SELECT i.account_id, BOOL_OR(i.display_type = 'cogs') AS is_sales
      FROM account_move_line i
      JOIN account_move m ON m.id = i.move_id
      LEFT JOIN product_product product ON product.id = i.product_id
      LEFT JOIN product_template template ON template.id = product.product_tmpl_id
     WHERE i.company_id = %(company)s AND i.parent_state = 'posted'
       AND i.date BETWEEN %(date_from)s AND %(date_to)s
       AND (m.journal_id = %(journal)s OR m.backflush_close_id = %(close)s
            OR i.display_type = 'cogs' AND template.categ_id = ANY(%(categories)s))
     GROUP BY i.account_id
"""
#: Balances of `carried` accounts go back to the beginning, others to that of the year.
LEDGER = """
    SELECT account_id, source, label, MIN(id) AS first, SUM(debit), SUM(credit)
      FROM (
        SELECT i.id, i.account_id, i.debit, i.credit,
               CASE WHEN i.date < %(date_from)s THEN 'opening'
                    WHEN m.backflush_close_id = %(close)s AND m.reversed_entry_id > 0
                    THEN 'undone'
                    WHEN m.backflush_close_id = %(close)s THEN 'close'
                    WHEN m.backflush_close_id IS NOT NULL THEN 'closes'
                    WHEN m.move_type LIKE 'in\\_%%' THEN 'bill'
                    WHEN m.move_type LIKE 'out\\_%%' THEN 'invoice'
                    WHEN EXISTS (SELECT FROM backflush_posting p
                                  WHERE p.account_move_id = m.id)
                      OR EXISTS (SELECT FROM backflush_posting p
                                  WHERE p.reversal_move_id = m.id)
                    THEN 'posting'
                    ELSE 'other' END AS source,
               CASE WHEN i.date >= %(date_from)s AND m.backflush_close_id = %(close)s
                    THEN i.name END AS label
          FROM account_move_line i
          JOIN account_move m ON m.id = i.move_id
         WHERE i.company_id = %(company)s AND i.parent_state = 'posted'
           AND i.account_id = ANY(%(accounts)s) AND i.date <= %(date_to)s
           AND (i.account_id = ANY(%(carried)s) OR i.date >= %(year)s)) items
     GROUP BY account_id, source, label
"""
#: Rows that the close has settled, or would.
_ROWS = (
    """
      FROM backflush_variance v
      LEFT JOIN backflush_posting p ON p.id = v.posting_id
      LEFT JOIN account_move_line bill ON bill.id = v.bill_line_id
      LEFT JOIN mrp_production o ON o.id = v.production_id
     WHERE v.company_id = %(company)s
       AND (v.close_id = %(close)s
            OR %(is_open)s AND v.state = 'provisional'
               AND """
    + DUE.format(day="v.date")
    + ")"
)
ROWS = f"""
    SELECT v.kind, v.element_id, v.account_id, COUNT(*), SUM(v.amount)
    {_ROWS}
     GROUP BY 1, 2, 3
     ORDER BY 2, 1, 3
"""
#: Of them, those about something that belongs to a period before.
LATE = f"""
    SELECT source, COUNT(*), SUM(amount)
      FROM (
        SELECT v.amount,
               CASE WHEN bill.date < %(date_from)s THEN 'bill'
                    WHEN o.state = 'done'
                         AND (o.date_finished AT TIME ZONE 'UTC'
                              AT TIME ZONE %(zone)s)::date < %(date_from)s
                    THEN 'order'
                    WHEN p.date_event < %(date_from)s OR v.date < %(date_from)s
                    THEN 'other' END AS source
        {_ROWS}) late
     WHERE source IS NOT NULL
     GROUP BY source
     ORDER BY source
"""
#: Versions whose cards the postings of a period have used.
VERSIONS = """
    SELECT DISTINCT card.version_id
      FROM backflush_posting p
      JOIN backflush_standard card ON card.id = p.standard_id
     WHERE p.company_id = %(company)s
       AND p.date BETWEEN %(date_from)s AND %(date_to)s
"""
