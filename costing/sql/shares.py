"""What a document books beside a line on the line's own account, shared among lines.

The twin of `account.move.line._get_backflush_aside`: cumulative shares, each rounded to
the unit of the currency, so that they add up to the whole.
"""

from odoo.tools import SQL

#: What Odoo books on the account of some lines in an item of its own, for the lines
#: together: taxes that stay a cost, and the share that is private.
ASIDE = """
    SELECT item.id AS item, item.balance AS whole, l.id AS line, l.balance,
           item.company_currency_id AS currency
      FROM account_move_line item
      JOIN account_tax_repartition_line part
        ON part.id = item.tax_repartition_line_id AND part.account_id IS NULL
      JOIN account_move_line l
        ON l.move_id = item.move_id AND l.account_id = item.account_id
       AND l.display_type = 'product'
     WHERE item.parent_state = 'posted'
       AND EXISTS (
            SELECT FROM account_move_line_account_tax_rel tax
              LEFT JOIN account_tax_filiation_rel child
                ON child.parent_tax = tax.account_tax_id
             WHERE tax.account_move_line_id = l.id
               AND item.tax_line_id IN (tax.account_tax_id, child.child_tax))
     UNION ALL
    SELECT item.id, item.balance, l.id, l.balance, item.company_currency_id
      FROM account_move_line item
      JOIN account_move_line l
        ON l.move_id = item.move_id AND l.account_id = item.account_id
       AND l.name = item.name AND l.display_type = 'product'
       AND l.deductible_amount <> 100
     WHERE item.display_type = 'non_deductible_product'
       AND item.parent_state = 'posted'
"""
SHARES = """
    SELECT line, SUM(share) AS amount
      FROM (SELECT line,
                   ROUND(whole * upto / NULLIF(total, 0), places)
                   - ROUND(whole * (upto - balance) / NULLIF(total, 0), places)
                       AS share
              FROM (SELECT line, whole, balance, unit.decimal_places AS places,
                           SUM(balance) OVER (PARTITION BY item ORDER BY line) AS upto,
                           SUM(balance) OVER (PARTITION BY item) AS total
                      FROM (%(aside)s) aside
                      JOIN res_currency unit ON unit.id = aside.currency) run) part
     GROUP BY line
"""


def shares() -> SQL:
    """(line, amount) of the lines of all posted documents that have a share."""
    return SQL(SHARES, aside=SQL(ASIDE))
