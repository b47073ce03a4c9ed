"""Labour-rate variances by month, element, department and work centre.

Nobody's hourly cost can be told from them: hours × (cost − rate) of one person, with
the hours, is her cost. Groups of fewer than two people are therefore merged, into one
row for the month and element; where even that is one person, the whole month and
element is one row; where that is one person, too, the row has hours and no amount.
"""

from odoo.tools import SQL

#: One row per person and group first, so that counting rows counts people; a timesheet
#: that is gone names nobody.
LABOUR_RATES = """
    WITH person AS (
        SELECT MIN(v.id) AS id, v.company_id, v.element_id,
               date_trunc('month', v.date)::date AS month,
               v.department_id, v.workcenter_id, t.employee_id,
               SUM(v.quantity_actual) AS hours, SUM(v.amount) AS amount
          FROM backflush_variance v
          LEFT JOIN account_analytic_line t ON t.id = v.timesheet_id
         WHERE v.kind = 'labour_rate'
         GROUP BY v.company_id, v.element_id, date_trunc('month', v.date)::date,
                  v.department_id, v.workcenter_id, t.employee_id
    ), team AS (
        SELECT *, COUNT(employee_id) OVER (
                   PARTITION BY company_id, month, element_id, department_id,
                                workcenter_id) < %(people)s AS is_lone
          FROM person
    ), counted AS (
        SELECT *, employee_id IS NOT NULL AND ROW_NUMBER() OVER (
                   PARTITION BY company_id, month, element_id, is_lone, employee_id
                   ORDER BY id) = 1 AS is_first
          FROM team
    ), shown AS (
        SELECT *, is_lone OR BOOL_OR(is_lone) OVER period
                   AND COUNT(*) FILTER (WHERE is_lone AND is_first) OVER period
                       < %(people)s AS is_merged
          FROM counted
        WINDOW period AS (PARTITION BY company_id, month, element_id)
    )
    SELECT MIN(id) AS id, company_id, month, element_id, is_merged,
           CASE WHEN NOT is_merged THEN department_id END AS department_id,
           CASE WHEN NOT is_merged THEN workcenter_id END AS workcenter_id,
           COUNT(DISTINCT employee_id) AS employees,
           SUM(hours) AS hours,
           CASE WHEN COUNT(DISTINCT employee_id) >= %(people)s THEN SUM(amount) END
               AS amount,
           COUNT(DISTINCT employee_id) < %(people)s AS is_private
      FROM shown
     GROUP BY company_id, month, element_id, is_merged,
              CASE WHEN NOT is_merged THEN department_id END,
              CASE WHEN NOT is_merged THEN workcenter_id END
"""
#: So many people a group needs before an amount is shown for it.
PEOPLE = 2


def labour_rates() -> SQL:
    """The variances of all companies, in groups that tell of nobody in person."""
    return SQL(LABOUR_RATES, people=PEOPLE)
