"""What a period's conversion cost is made of: accounts, output, stock, open orders."""

from collections.abc import Sequence
from typing import Any

from odoo.tools import SQL

from .time import (
    AGAIN,
    ALLOWED,
    RECORDED,
    SPOT,
    STANDING,
    STEP,
    UNIT,
    UNPLANNED,
    WORK,
)

#: By cost element: what its accounts hold, apart from the closes; credited by postings
#: (also those whose day is not booked yet), and everything else.
ACCOUNTS = """
    WITH element AS (
        SELECT id, control_account_id AS control, applied_account_id AS applied
          FROM backflush_element WHERE id = ANY(%(elements)s)
    ), own AS (
        SELECT account_move_id AS id FROM backflush_posting
         WHERE company_id = %(company)s AND account_move_id IS NOT NULL
           AND event NOT IN ('bill', 'invoice')
         UNION
        SELECT reversal_move_id FROM backflush_posting
         WHERE company_id = %(company)s AND reversal_move_id IS NOT NULL
    ), item AS (
        SELECT element.id, i.balance,
               own.id IS NOT NULL AND i.date >= %(date_from)s AS is_applied
          FROM element
          JOIN account_move_line i ON i.account_id IN (element.control, element.applied)
          JOIN account_move m ON m.id = i.move_id
          LEFT JOIN own ON own.id = i.move_id
         WHERE i.company_id = %(company)s AND i.parent_state = 'posted'
           AND (i.date BETWEEN %(date_from)s AND %(date_to)s
                AND m.backflush_close_id IS NULL
                -- closed before: with the close's entry nothing, but for what somebody
                -- has booked there since
                OR i.date BETWEEN %(late_from)s AND %(late_to)s)
         UNION ALL
        SELECT element.id, l.amount, TRUE
          FROM backflush_posting p
          JOIN backflush_posting_line l ON l.posting_id = p.id
          JOIN element ON l.account_id IN (element.control, element.applied)
         WHERE p.company_id = %(company)s AND p.state IN ('pending', 'failed')
           AND p.date BETWEEN %(date_from)s AND %(date_to)s
    )
    SELECT id, COALESCE(SUM(balance) FILTER (WHERE NOT is_applied), 0),
           COALESCE(-SUM(balance) FILTER (WHERE is_applied), 0)
      FROM item GROUP BY id
"""
#: Output made, by the card at which it was applied; facts stay with their posting when
#: it is reversed, their day is that of the posting that took its place.
MADE = """
    SELECT p.standard_id, SUM(f.quantity)
      FROM backflush_posting p
      JOIN backflush_stock_fact f ON f.posting_id = p.id
      JOIN stock_move m ON m.id = f.move_id
      LEFT JOIN stock_location place ON place.id = m.location_dest_id
     WHERE p.company_id = %(company)s
       AND p.res_model IN ('mrp.production', 'mrp.unbuild')
       AND ({standing} AND p.date BETWEEN %(date_from)s AND %(date_to)s
            OR NOT {standing}
               AND {again} BETWEEN %(date_from)s AND %(date_to)s)
       AND f.product_id = p.product_id AND p.standard_id IS NOT NULL
       AND (m.production_id IS NOT NULL
            OR COALESCE(m.consume_unbuild_id, m.unbuild_id) IS NOT NULL
               AND place.usage = 'production')
     GROUP BY p.standard_id
""".format(standing=STANDING.format("p"), again=AGAIN)
#: Change of stock of goods that are costed at delivery, by the card in force. What
#: waits for its posting is not made or delivered yet, as far as the books know.
STOCK = """
    SELECT f.standard_id, SUM(f.quantity)
      FROM backflush_stock_fact f
      JOIN product_product product ON product.id = f.product_id
      JOIN product_template t ON t.id = product.product_tmpl_id
      JOIN stock_move m ON m.id = f.move_id
      LEFT JOIN backflush_posting p ON p.id = f.posting_id
     WHERE f.company_id = %(company)s AND f.standard_id IS NOT NULL
       AND (product.id = ANY(%(also)s::int[])
            OR t.categ_id = ANY(%(categories)s::int[])
               AND product.id <> ALL(%(other)s::int[]))
       AND CASE WHEN p.id IS NULL
                THEN (f.date AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date
                WHEN {standing} THEN p.date
                ELSE {again} END BETWEEN %(date_from)s AND %(date_to)s
       AND NOT (p.id IS NULL AND EXISTS (
                SELECT FROM backflush_posting waits
                 WHERE waits.company_id = f.company_id
                   AND waits.state = 'failed' AND waits.date IS NULL
                   AND (waits.res_model, waits.res_id) IN (
                        ('stock.move', f.move_id),
                        ('mrp.production', m.production_id),
                        ('mrp.production', m.raw_material_production_id),
                        ('mrp.unbuild', m.consume_unbuild_id),
                        ('mrp.unbuild', m.unbuild_id))))
     GROUP BY f.standard_id
""".format(standing=STANDING.format("p"), again=AGAIN)
#: Conversion cost of goods on hand that a switch of trigger has taken off what is
#: applied (as long as they are not delivered), or applied.
SWITCHED = """
    SELECT l.element_id, SUM(l.amount)
      FROM backflush_posting p
      JOIN backflush_posting_line l ON l.posting_id = p.id
     WHERE p.company_id = %(company)s AND p.res_model = 'backflush.switch'
       AND p.date BETWEEN %(date_from)s AND %(date_to)s
       AND p.state = 'posted' AND l.kind = 'applied'
     GROUP BY l.element_id
"""
#: Orders that were not finished on a day, and on which time had been recorded; also
#: before they are confirmed.
OPEN = """
    SELECT o.id
      FROM mrp_production o
      JOIN product_product p ON p.id = o.product_id
      JOIN product_template t ON t.id = p.product_tmpl_id
     WHERE o.company_id = %(company)s AND o.state <> 'cancel'
       AND (p.id = ANY(%(also)s::int[])
            OR t.categ_id = ANY(%(categories)s::int[])
               AND p.id <> ALL(%(other)s::int[]))
       AND (EXISTS (SELECT FROM account_analytic_line a
                     WHERE a.production_id = o.id AND a.date <= %(until)s)
            OR EXISTS (SELECT FROM mrp_workorder w
                         JOIN mrp_workcenter_productivity t ON t.workorder_id = w.id
                        WHERE w.production_id = o.id AND t.duration > 0
                          AND NOT COALESCE(w.backflush_is_assumed, FALSE)))
       AND NOT EXISTS (SELECT FROM backflush_posting done
                        WHERE done.company_id = o.company_id
                          AND done.res_model = 'mrp.production'
                          AND done.res_id = o.id AND done.date <= %(until)s
                          AND {standing})
""".format(standing=STANDING.format("done"))
#: What they hold at standard: recorded hours × rate, by element and work centre.
PROGRESS = """
    SELECT element, workcenter,
           SUM(CASE WHEN type = 'labour' THEN labour ELSE machine END * factor * rate)
      FROM spot_rate
     WHERE CASE WHEN type = 'labour' THEN labour ELSE machine END > 0
     GROUP BY element, workcenter
"""


def progress(orders: Sequence[int], **values: Any) -> SQL:
    """(element, work centre, amount) of the time recorded on `orders` until a day.

    :param values: as for `time.recompute`
    """
    parts = [UNIT, STEP, WORK, ALLOWED, RECORDED, UNPLANNED, SPOT]
    return SQL(
        "WITH " + ",".join(parts) + PROGRESS,
        orders=list(orders),
        shared=SQL(""),
        as_open=True,
        **values,
    )
