"""What a period's conversion cost is made of: accounts, output, stock, open orders."""

from collections.abc import Sequence
from typing import Any

from odoo.tools import SQL

from .time import (
    ALLOWED,
    RECORDED,
    SPOT,
    STANDING,
    STEP,
    UNIT,
    UNPLANNED,
    WORK,
)

#: By cost element and account: what its accounts hold, apart from the closes; credited
#: by postings (also those whose day is not booked yet), and everything else.
ACCOUNTS = """
    WITH element AS (
        SELECT e.id, account.id AS account
          FROM backflush_element e
          CROSS JOIN LATERAL (
               SELECT e.control_account_id AS id UNION SELECT e.applied_account_id
               ) account
         WHERE e.id = ANY(%(elements)s)
           -- what an archived one has left to another is the other's
           AND NOT EXISTS (
               SELECT FROM backflush_element other
                WHERE other.id = ANY(%(elements)s)
                  AND (other.active, other.id) > (e.active, e.id)
                  AND account.id IN (other.control_account_id, other.applied_account_id)
               )
    ), own AS (
        SELECT account_move_id AS id FROM backflush_posting
         WHERE company_id = %(company)s AND account_move_id IS NOT NULL
           AND event NOT IN ('bill', 'invoice')
         UNION
        SELECT reversal_move_id FROM backflush_posting
         WHERE company_id = %(company)s AND reversal_move_id IS NOT NULL
    ), item AS (
        SELECT element.id, i.account_id AS account, i.balance,
               own.id IS NOT NULL AND i.date >= %(date_from)s AS is_applied
          FROM element
          JOIN account_move_line i ON i.account_id = element.account
          JOIN account_move m ON m.id = i.move_id
          LEFT JOIN own ON own.id = i.move_id
         WHERE i.company_id = %(company)s AND i.parent_state = 'posted'
           AND (i.date BETWEEN %(date_from)s AND %(date_to)s
                AND m.backflush_close_id IS NULL
                -- closed before: with the close's entry nothing, but for what somebody
                -- has booked there since
                OR i.date BETWEEN %(late_from)s AND %(late_to)s)
         UNION ALL
        SELECT element.id, l.account_id, l.amount, TRUE
          FROM backflush_posting p
          JOIN backflush_posting_line l ON l.posting_id = p.id
          JOIN element ON l.account_id = element.account
         WHERE p.company_id = %(company)s AND p.state IN ('pending', 'failed')
           AND p.date BETWEEN %(date_from)s AND %(date_to)s
    )
    SELECT id, account, COALESCE(SUM(balance) FILTER (WHERE NOT is_applied), 0),
           COALESCE(-SUM(balance) FILTER (WHERE is_applied), 0)
      FROM item GROUP BY id, account ORDER BY id, account
"""
#: What postings have applied, by cost element and an account that is its no more.
FORMER = """
    SELECT item.element_id, item.account_id, -SUM(item.amount)
      FROM (SELECT l.element_id, l.account_id, l.amount
              FROM backflush_posting p
              JOIN backflush_posting_line l ON l.posting_id = p.id
             WHERE p.company_id = %(company)s AND l.kind = 'applied'
               AND l.element_id = ANY(%(elements)s)
               AND p.date BETWEEN %(date_from)s AND %(date_to)s
               AND (p.state IN ('posted', 'pending', 'failed')
                    OR p.reversal_move_id IS NOT NULL)
             UNION ALL
            SELECT l.element_id, l.account_id, -l.amount
              FROM backflush_posting p
              JOIN account_move m ON m.id = p.reversal_move_id
              JOIN backflush_posting_line l ON l.posting_id = p.id
             WHERE p.company_id = %(company)s AND l.kind = 'applied'
               AND l.element_id = ANY(%(elements)s)
               AND m.date BETWEEN %(date_from)s AND %(date_to)s) item
     WHERE NOT EXISTS (
           SELECT FROM backflush_element e
            WHERE e.id = ANY(%(elements)s)
              AND item.account_id IN (e.control_account_id, e.applied_account_id))
     GROUP BY 1, 2
    HAVING SUM(item.amount) <> 0
     ORDER BY 1, 2
"""
#: Archived cost elements about which a company's period has rows or applied cost.
ARCHIVED = """
    SELECT e.id
      FROM backflush_element e
     WHERE NOT e.active AND e.type <> 'material' AND e.company_id = ANY(%(companies)s)
       AND (EXISTS (SELECT FROM backflush_variance v
                     WHERE v.element_id = e.id AND v.company_id = %(company)s
                       AND v.state = 'provisional' AND v.date <= %(date_to)s)
            OR EXISTS (SELECT FROM backflush_posting_line l
                         JOIN backflush_posting p ON p.id = l.posting_id
                        WHERE l.element_id = e.id AND l.kind = 'applied'
                          AND p.company_id = %(company)s
                          AND p.date BETWEEN %(date_from)s AND %(date_to)s))
     ORDER BY e.id
"""
#: When facts of a posting came into the books of a period, and left them: with their
#: posting, its reversal, and whatever has booked them again. Other periods have what
#: was theirs, whatever has become of it since.
BOOKED = """
    WITH RECURSIVE taken AS (
        SELECT p.id AS origin, p.successor_id AS next
          FROM backflush_posting p
         WHERE p.company_id = %(company)s AND p.successor_id IS NOT NULL
         UNION ALL
        SELECT taken.origin, p.successor_id
          FROM taken
          JOIN backflush_posting p ON p.id = taken.next
         WHERE p.successor_id IS NOT NULL
    ), step AS (
        SELECT id AS origin, id FROM backflush_posting
         WHERE company_id = %(company)s
           AND (date BETWEEN %(date_from)s AND %(date_to)s
                OR date_reversed BETWEEN %(date_from)s AND %(date_to)s)
         UNION ALL
        SELECT origin, next FROM taken
    ), booked AS (
        SELECT step.origin AS id,
               SUM((p.date BETWEEN %(date_from)s AND %(date_to)s)::int
                   - COALESCE(p.date_reversed BETWEEN %(date_from)s AND %(date_to)s,
                              FALSE)::int) AS times
          FROM step
          JOIN backflush_posting p ON p.id = step.id
         WHERE p.date IS NOT NULL
         GROUP BY step.origin
    )"""
#: Output made, by the card at which it was applied.
MADE = f"""{BOOKED}
    SELECT p.standard_id, SUM(f.quantity * booked.times)
      FROM booked
      JOIN backflush_posting p ON p.id = booked.id
      JOIN backflush_stock_fact f ON f.posting_id = p.id
      JOIN stock_move m ON m.id = f.move_id
      LEFT JOIN stock_location place ON place.id = m.location_dest_id
     WHERE p.res_model IN ('mrp.production', 'mrp.unbuild') AND booked.times <> 0
       AND f.product_id = p.product_id AND p.standard_id IS NOT NULL
       AND (m.production_id IS NOT NULL
            OR COALESCE(m.consume_unbuild_id, m.unbuild_id) IS NOT NULL
               AND place.usage = 'production')
     GROUP BY p.standard_id
    HAVING SUM(f.quantity * booked.times) <> 0
"""
#: Change of stock of goods that are costed at delivery, by the card in force. What
#: waits for its posting is not made or delivered yet, as far as the books know.
STOCK = f"""{BOOKED}, moved AS (
        SELECT f.id, booked.times
          FROM booked
          JOIN backflush_stock_fact f ON f.posting_id = booked.id
         WHERE booked.times <> 0
         UNION ALL
        SELECT id, 1
          FROM backflush_stock_fact
         WHERE company_id = %(company)s AND posting_id IS NULL
           AND (date AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date
               BETWEEN %(date_from)s AND %(date_to)s
    )
    SELECT f.standard_id, SUM(f.quantity * moved.times)
      FROM moved
      JOIN backflush_stock_fact f ON f.id = moved.id
      JOIN product_product product ON product.id = f.product_id
      JOIN product_template t ON t.id = product.product_tmpl_id
      JOIN stock_move m ON m.id = f.move_id
     WHERE f.standard_id IS NOT NULL
       AND (product.id = ANY(%(also)s::int[])
            OR t.categ_id = ANY(%(categories)s::int[])
               AND product.id <> ALL(%(other)s::int[]))
       -- until then, what an order has used is in work, and as little applied
       AND NOT (f.posting_id IS NULL AND m.raw_material_production_id IS NOT NULL)
       AND NOT (f.posting_id IS NULL AND EXISTS (
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
    HAVING SUM(f.quantity * moved.times) <> 0
"""
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
