from odoo import fields, models

HOURS = {"digits": (16, 2), "readonly": True}


class BackflushTimeLine(models.TransientModel):
    """Hours of an order, operation and cost element, or timesheets that count nowhere.

    Amounts are in company currency at the standard rate, the difference positive =
    unfavourable. What an employee's hour costs is no part of the list.
    """

    _name = "backflush.time.line"
    _description = "Time Against Standards"
    _order = "date desc, production_id desc, operation_id, element_id, id"
    _rec_name = "production_id"

    run_id = fields.Many2one(
        "backflush.reconciliation", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    state = fields.Selection(
        [
            ("recorded", "Recorded"),
            ("assumed", "Order Without Time"),
            ("progress", "Order in Progress"),
            ("no_order", "Time Without Order"),
            ("cancelled", "On a Cancelled Order"),
            ("not_counted", "Not Counted"),
        ],
        string="Finding",
        readonly=True,
        help="Order without time: finished, and nobody recorded any, so that the "
        "allowed hours count. Not counted: the labour hours come from elsewhere (see "
        "the settings), or the product of the order has no standard cost card.",
    )
    date = fields.Date(
        readonly=True, help="Of the first completion, else of the last timesheet."
    )
    production_id = fields.Many2one(
        "mrp.production", string="Order", readonly=True, ondelete="cascade"
    )
    product_id = fields.Many2one("product.product", readonly=True, ondelete="cascade")
    project_id = fields.Many2one("project.project", readonly=True, ondelete="cascade")
    employee_id = fields.Many2one("hr.employee", readonly=True, ondelete="cascade")
    element_id = fields.Many2one(
        "backflush.element", string="Cost Element", readonly=True, ondelete="cascade"
    )
    workcenter_id = fields.Many2one(
        "mrp.workcenter", string="Work Center", readonly=True, ondelete="cascade"
    )
    operation_id = fields.Many2one(
        "mrp.routing.workcenter", readonly=True, ondelete="cascade"
    )
    workorder_id = fields.Many2one("mrp.workorder", readonly=True, ondelete="cascade")
    hours_allowed = fields.Float(
        string="Allowed", help="By the standard cost card, for what was made.", **HOURS
    )
    hours_people = fields.Float(string="By People", help="On timesheets.", **HOURS)
    hours_workcenter = fields.Float(
        string="By Work Center", help="Time tracking of work orders.", **HOURS
    )
    hours_assumed = fields.Float(
        string="Assumed",
        help="Nobody recorded any: the allowed hours count instead.",
        **HOURS,
    )
    hours_counted = fields.Float(
        string="Counted", help="What the variances start from.", **HOURS
    )
    hours_absorbed = fields.Float(
        string="Absorbed",
        help="Hours per unit of the card × good output. Allowed − absorbed is the lot "
        "size variance.",
        **HOURS,
    )
    rate = fields.Float(
        string="Std. Rate",
        digits=0,
        min_display_digits=2,
        readonly=True,
        aggregator=None,
    )
    amount_allowed = fields.Monetary(
        string="Allowed at Std.", readonly=True, help="Allowed hours × standard rate."
    )
    amount_counted = fields.Monetary(
        string="Counted at Std.", readonly=True, help="Counted hours × standard rate."
    )
    amount_efficiency = fields.Monetary(
        string="Efficiency Variance",
        readonly=True,
        help="(Counted − allowed) × standard rate; positive = unfavourable.",
    )
    efficiency = fields.Float(
        readonly=True,
        aggregator=None,
        digits=(16, 1),
        help="Allowed ÷ recorded hours: below 100 % it took longer than allowed.",
    )
    has_time_without_cost = fields.Boolean(
        string="Employee Without Hourly Cost",
        readonly=True,
        help="The hours of somebody without hourly cost count at the standard rate.",
    )
    has_negative_time = fields.Boolean(string="Negative Hours", readonly=True)

    def action_view_order(self):
        return self._open(self.production_id)

    def action_view_workorder(self):
        return self._open(self.workorder_id)

    def _open(self, record):
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
        }

    def action_view_timesheets(self):
        """Those of the order; without one, those that the line adds up."""
        self.ensure_one()
        domain = [("production_id", "=", self.production_id.id)]
        if not self.production_id:
            domain += [
                ("project_id", "=", self.project_id.id),
                ("employee_id", "=", self.employee_id.id),
                ("date", ">=", self.run_id.date_from),
                ("date", "<=", self.run_id.date_to),
            ]
        return self.env["mrp.production"]._open_backflush_timesheets(domain)
