from odoo import api, fields, models
from odoo.tools import format_date

from ..costing.sql.labour_rate import labour_rates


class BackflushLabourRate(models.Model):
    """What people cost more, or less, than the standard rates; of nobody in person.

    For everybody who reads costs: the single variances of this kind are for those who
    may read employees' hourly costs. How groups are formed: costing/sql/labour_rate.py.
    """

    _name = "backflush.labour.rate"
    _description = "Labour Rate Variance by Department"
    _auto = False
    _order = "month desc, element_id, is_merged, department_id, workcenter_id"
    _depends = {
        "backflush.variance": [
            "amount",
            "company_id",
            "date",
            "department_id",
            "element_id",
            "kind",
            "quantity_actual",
            "timesheet_id",
            "workcenter_id",
        ],
        "account.analytic.line": ["employee_id"],
    }

    month = fields.Date(string="First Day of Month", readonly=True)
    month_name = fields.Char(string="Month", compute="_compute_month_name")
    element_id = fields.Many2one("backflush.element", readonly=True)
    department_id = fields.Many2one(
        "hr.department", readonly=True, help="Empty in rows of merged groups."
    )
    workcenter_id = fields.Many2one("mrp.workcenter", readonly=True)
    is_merged = fields.Boolean(
        string="Several Groups",
        readonly=True,
        help="Departments and work centres with one employee each are shown together, "
        "so that nobody's hourly cost can be told from them.",
    )
    is_private = fields.Boolean(
        string="Amount Hidden",
        readonly=True,
        help="The time of one employee alone: the amount would tell her hourly cost. "
        "It is for those who may read employees' hourly costs.",
    )
    employees = fields.Integer(readonly=True, aggregator=None)
    hours = fields.Float(readonly=True)
    amount = fields.Monetary(
        readonly=True, help="Positive = unfavourable (paid more than the rate)."
    )
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")

    @api.depends("month")
    @api.depends_context("lang")
    def _compute_month_name(self):
        for rate in self:
            rate.month_name = format_date(self.env, rate.month, date_format="LLLL yyyy")

    @property
    def _table_query(self):
        return labour_rates()
