"""Labour-rate variances by month, element, department and work centre.

Nobody's hourly cost can be told from them: hours × (cost − rate) of one person, with
the hours, is her cost. Groups of fewer than two people are therefore merged, into one
row for the month and element; where even that is one person, the whole month and
element is one row; where that is one person, too, the row has hours and no amount.
"""

from odoo.tools import SQL

#: ``people`` counts employees: a row whose timesheet is gone names nobody.
LABOUR_RATES = """
    WITH spent AS (
        SELECT v.id, v.company_id, v.element_id,
               date_trunc('month', v.date)::date AS month,
               COALESCE(v.department_id, 0) AS department,
               COALESCE(v.workcenter_id, 0) AS workcenter,
               t.employee_id, v.quantity_actual AS hours, v.amount
          FROM backflush_variance v
          LEFT JOIN account_analytic_line t ON t.id = v.timesheet_id
         WHERE v.kind = 'labour_rate'
    ), team AS (
        SELECT company_id, month, element_id, department, workcenter,
               COUNT(DISTINCT employee_id) AS people
          FROM spent
         GROUP BY company_id, month, element_id, department, workcenter
    ), lone AS (
        SELECT spent.company_id, spent.month, spent.element_id,
               COUNT(DISTINCT spent.employee_id) AS people
          FROM spent
          JOIN team
            ON team.company_id = spent.company_id AND team.month = spent.month
           AND team.element_id IS NOT DISTINCT FROM spent.element_id
           AND team.department = spent.department
           AND team.workcenter = spent.workcenter
         WHERE team.people < %(people)s
         GROUP BY spent.company_id, spent.month, spent.element_id
    ), shown AS (
        SELECT spent.*,
               team.people < %(people)s OR lone.people IS NOT NULL
                   AND lone.people < %(people)s AS is_merged
          FROM spent
          JOIN team
            ON team.company_id = spent.company_id AND team.month = spent.month
           AND team.element_id IS NOT DISTINCT FROM spent.element_id
           AND team.department = spent.department
           AND team.workcenter = spent.workcenter
          LEFT JOIN lone
            ON lone.company_id = spent.company_id AND lone.month = spent.month
           AND lone.element_id IS NOT DISTINCT FROM spent.element_id
    )
    SELECT MIN(id) AS id, company_id, month, element_id, is_merged,
           CASE WHEN is_merged THEN NULL ELSE NULLIF(department, 0) END
               AS department_id,
           CASE WHEN is_merged THEN NULL ELSE NULLIF(workcenter, 0) END
               AS workcenter_id,
           COUNT(DISTINCT employee_id) AS employees,
           SUM(hours) AS hours,
           CASE WHEN COUNT(DISTINCT employee_id) >= %(people)s THEN SUM(amount) END
               AS amount,
           COUNT(DISTINCT employee_id) < %(people)s AS is_private
      FROM shown
     GROUP BY company_id, month, element_id, is_merged,
              CASE WHEN is_merged THEN NULL ELSE NULLIF(department, 0) END,
              CASE WHEN is_merged THEN NULL ELSE NULLIF(workcenter, 0) END
"""
#: So many people a group needs before an amount is shown for it.
PEOPLE = 2


def labour_rates() -> SQL:
    """The variances of all companies, in groups that tell of nobody in person."""
    return SQL(LABOUR_RATES, people=PEOPLE)
