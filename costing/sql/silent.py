"""Rule 9: documents of before a switch, of goods that were not perpetual yet.

They have passed nothing, and the switch has booked what was open of them.
"""

from odoo.tools import SQL

from .frame import Frame

#: Per order line, what its documents would have passed: an invoice has no cost items, a
#: bill stands on another account than the one that carries the goods since.
SILENT = """
    SELECT COALESCE(match.purchase_line_id, match.sale_line_id, 0) AS line,
           COALESCE(match.partner_id, 0) AS partner, match.product_id AS product,
           SUM(CASE WHEN match.is_return THEN -match.amount ELSE match.amount END)
      FROM backflush_match match
      JOIN account_move_line l ON l.id = match.line_id
      JOIN account_move entry ON entry.id = l.move_id
      JOIN %(products)s ON product.id = match.product_id
     WHERE match.company_id = %(company)s AND match.side = %(side)s
       AND match.reversal_id IS NULL AND entry.state = 'posted' AND %(known)s
       AND l.account_id <> product.account
       AND NOT EXISTS (
            SELECT FROM account_move_line item
             WHERE item.cogs_origin_id = l.id AND item.display_type = 'cogs'
               AND item.account_id = product.account)
       AND entry.create_date <= (
            SELECT MAX(switch.date_done)
              FROM backflush_switch_line_product_rel switched
              JOIN backflush_switch_line line
                ON line.id = switched.backflush_switch_line_id
               AND line.valuation = 'real_time'
              JOIN backflush_switch switch ON switch.id = line.switch_id
             WHERE switched.product_product_id = match.product_id
               AND switch.company_id = %(company)s AND switch.state = 'done')
     GROUP BY 1, 2, 3
"""


def silent(frame: Frame, side: str) -> SQL:
    """Per order line: what a switch has booked in the place of documents before it."""
    return SQL(
        SILENT,
        company=frame.company,
        products=frame.product_table(),
        side=side,
        known=frame.known_by("l.date"),
    )
