"""What a period's end is compared with: standards as they were, profit, balances."""

#: (product, price in force at a moment); before the first known change: as then.
PRICES = """
    SELECT DISTINCT ON (product_id) product_id, value
      FROM product_value
     WHERE company_id = %(company)s AND product_id = ANY(%(products)s)
       AND move_id IS NULL AND lot_id IS NULL
     ORDER BY product_id, date < %(until)s DESC,
              CASE WHEN date < %(until)s THEN date END DESC,
              CASE WHEN date < %(until)s THEN id END DESC, date, id
"""
#: Profit of a period: all income less all expenses.
PROFIT = """
    SELECT COALESCE(-SUM(i.balance), 0)
      FROM account_move_line i
      JOIN account_account a ON a.id = i.account_id
     WHERE i.company_id = %(company)s AND i.parent_state = 'posted'
       AND i.date BETWEEN %(date_from)s AND %(date_to)s
       AND (a.account_type LIKE 'income%%' OR a.account_type LIKE 'expense%%')
"""
#: What accounts hold at a period's end, but for perpetual goods that are no `products`:
#: documents and movements name them on their items, postings on their lines.
BALANCES = """
    WITH held AS (
        SELECT account_id, balance AS amount
          FROM account_move_line
         WHERE company_id = %(company)s AND parent_state = 'posted'
           AND date <= %(date_to)s AND account_id = ANY(%(accounts)s)
           AND (product_id IS NULL OR product_id = ANY(%(products)s))
         UNION ALL
        SELECT line.account_id, -line.amount
          FROM backflush_posting p
          JOIN backflush_posting_line line ON line.posting_id = p.id
         WHERE p.company_id = %(company)s AND p.event <> ALL(%(documents)s)
           AND p.state IN ('posted', 'reversed') AND p.date <= %(date_to)s
           AND (p.date_reversed > %(date_to)s) IS NOT FALSE
           AND line.account_id = ANY(%(accounts)s)
           AND line.product_id <> ALL(%(products)s)
    )
    SELECT account_id, SUM(amount)
      FROM held
     GROUP BY account_id
    HAVING SUM(amount) <> 0
"""
