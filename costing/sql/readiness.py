"""What stands in the way of closing a period: records to look at, and amounts.

Each statement gives one row per record, its id first. ``since`` and ``until`` are the
moments (UTC) at which the period begins and is over.
"""

from dataclasses import replace
from typing import Any

from odoo.tools import SQL

from . import facts
from .frame import Frame
from .period import OPEN
from .time import STANDING
from .time_report import LOOSE

#: Movements whose value a posting should carry and none does, or that were recorded
#: with another quantity than they have moved; not what an open posting is named for.
UNBOOKED = """
    WITH unbooked AS (%(unbooked)s), odd AS (
        SELECT record AS move, found - expected AS quantity
          FROM (%(moves)s) compared
         WHERE ABS(expected - found) > tolerance
    )
    SELECT move, SUM(amount)
      FROM (SELECT move, amount FROM unbooked
             WHERE NOT is_running AND NOT EXISTS (
                    SELECT FROM backflush_posting p
                     WHERE p.company_id = %(company)s
                       AND p.state IN ('failed', 'pending')
                       AND (p.res_model, p.res_id) IN (
                            ('stock.move', unbooked.move),
                            ('mrp.production', unbooked.production)))
             UNION ALL
            SELECT move, 0 FROM odd) missing
     GROUP BY move
     ORDER BY move
"""
#: Orders booked in the period whose card knows people, and on which no time was
#: recorded that counts: its standard cost is taken for what was spent.
ASSUMED = """
    WITH made AS (
        SELECT p.res_id AS id, p.standard_id AS standard, p.date,
               o.project_id AS project, SUM(p.quantity) AS quantity
          FROM backflush_posting p
          JOIN mrp_production o ON o.id = p.res_id
         WHERE p.company_id = %(company)s AND p.res_model = 'mrp.production'
           AND p.event = 'completion' AND p.quantity > 0 AND {standing}
           AND p.date BETWEEN %(date_from)s AND %(date_to)s
         GROUP BY 1, 2, 3, 4
    ), people AS (
        SELECT l.standard_id AS standard, SUM(l.amount) AS amount
          FROM backflush_standard_line l
          JOIN backflush_element e ON e.id = l.element_id AND e.type = 'labour'
         WHERE l.line_type = 'operation'
           AND l.standard_id IN (SELECT standard FROM made)
         GROUP BY l.standard_id
    ), sheet AS (
        SELECT a.production_id AS id FROM account_analytic_line a
         WHERE %(by_sheet)s AND a.company_id = %(company)s
           AND a.production_id IS NOT NULL AND a.project_id IS NOT NULL
    ), shared AS (
        SELECT DISTINCT a.project_id AS project, DATE_TRUNC('month', a.date) AS month
          FROM account_analytic_line a
         WHERE %(by_sheet)s AND a.company_id = %(company)s
           AND a.production_id IS NULL AND a.project_id <> ALL(%(reserved)s::int[])
    ), machine AS (
        SELECT w.production_id AS id
          FROM mrp_workorder w
          JOIN mrp_workcenter_productivity t ON t.workorder_id = w.id
         WHERE %(by_machine)s AND t.duration > 0
           AND NOT COALESCE(w.backflush_is_assumed, FALSE)
           AND w.state IS DISTINCT FROM 'cancel'
    )
    SELECT made.id, SUM(made.quantity * people.amount)
      FROM made
      JOIN people ON people.standard = made.standard
     WHERE NOT EXISTS (SELECT FROM sheet WHERE sheet.id = made.id)
       AND NOT EXISTS (SELECT FROM machine WHERE machine.id = made.id)
       AND NOT EXISTS (SELECT FROM shared WHERE shared.project = made.project
                          AND shared.month = DATE_TRUNC('month', made.date))
     GROUP BY made.id
     ORDER BY made.id
""".format(standing=STANDING.format("p"))
#: Timesheets that count on no order.
STRAY = """
    SELECT id, hours FROM sheet WHERE state IS NOT NULL ORDER BY id
"""
#: Work orders on which somebody's time is running since the period or before.
TIMERS = """
    SELECT DISTINCT w.id
      FROM mrp_workcenter_productivity t
      JOIN mrp_workorder w ON w.id = t.workorder_id
      JOIN mrp_production o ON o.id = w.production_id
      JOIN product_product p ON p.id = o.product_id
      JOIN product_template goods ON goods.id = p.product_tmpl_id
     WHERE o.company_id = %(company)s AND t.date_end IS NULL
       AND t.date_start < %(until)s AND goods.categ_id = ANY(%(categories)s::int[])
     ORDER BY w.id
"""
#: Own goods whose count was due in the period, or that were counted and not applied.
COUNTS = """
    SELECT q.id, COALESCE(q.inventory_quantity_set, FALSE)
      FROM stock_quant q
      JOIN stock_location place ON place.id = q.location_id
      JOIN res_company company ON company.id = place.company_id
     WHERE place.company_id = %(company)s AND place.usage IN ('internal', 'transit')
       AND (q.owner_id IS NULL OR q.owner_id = company.partner_id)
       AND q.product_id = ANY(%(products)s)
       AND (q.inventory_quantity_set OR q.inventory_date <= %(date_to)s)
     ORDER BY q.id
"""
#: Orders open at the period's end on which time was recorded before it began.
LONG_OPEN = f"""
    SELECT o.id FROM ({OPEN}) o
     WHERE EXISTS (SELECT FROM account_analytic_line a
                    WHERE a.production_id = o.id AND a.date < %(date_from)s)
        OR EXISTS (SELECT FROM mrp_workorder w
                     JOIN mrp_workcenter_productivity t ON t.workorder_id = w.id
                    WHERE w.production_id = o.id AND t.date_start < %(since)s
                      AND NOT COALESCE(w.backflush_is_assumed, FALSE))
     ORDER BY o.id
"""
#: Entries of Odoo's inventory closing and what they have booked on accounts that carry
#: goods. One that was reversed until then has its opposite.
CLOSINGS = """
    SELECT i.move_id, SUM(i.balance)
      FROM account_move_line i
      JOIN account_move m ON m.id = i.move_id
     WHERE i.company_id = %(company)s AND i.parent_state = 'posted'
       AND i.account_id = ANY(%(accounts)s) AND i.move_id = ANY(%(entries)s)
       AND i.date > %(closed)s AND i.date <= %(date_to)s
       AND NOT EXISTS (SELECT FROM account_move undone
                        WHERE undone.reversed_entry_id = m.id
                          AND undone.state = 'posted'
                          AND undone.date <= %(date_to)s)
     GROUP BY i.move_id
    HAVING SUM(i.balance) <> 0
     ORDER BY i.move_id
"""


def unbooked(frame: Frame) -> SQL:
    """(movement, amount) of goods that moved and are in no posting, until today."""
    frame = replace(frame, as_of_end=False)
    return SQL(
        UNBOOKED,
        company=frame.company,
        unbooked=facts.unbooked(frame, frame.at_time_of_period("f.date")),
        moves=facts.moves(frame),
    )


def stray(**values: Any) -> SQL:
    """(timesheet, hours) of the period that count on no order."""
    return SQL("WITH " + LOOSE + STRAY, **values)


def query(text: str, **values: Any) -> SQL:
    """One of the statements above."""
    return SQL(text, **values)
