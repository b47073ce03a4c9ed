from odoo import api, fields, models


class BackflushCloseLine(models.Model):
    """Conversion cost of one element in a period: control − applied, explained."""

    _name = "backflush.close.line"
    _description = "Conversion Cost of a Period"
    _inherit = ["backflush.close.detail"]
    _order = "close_id, element_id"

    date_from = fields.Date(related="close_id.date_from")
    date_to = fields.Date(related="close_id.date_to", store=True)
    state = fields.Selection(related="close_id.state")
    element_id = fields.Many2one(
        "backflush.element", required=True, readonly=True, ondelete="restrict"
    )
    control = fields.Monetary(readonly=True, help="What was really spent.")
    applied = fields.Monetary(readonly=True, help="What backflush has credited.")
    variances = fields.Monetary(
        string="Known Variances",
        readonly=True,
        help="Rows of orders, and of standards that have changed, that no entry "
        "carries yet.",
    )
    period_variances = fields.Monetary(
        string="Variances of the Period",
        readonly=True,
        help="Spending, budget, volume, and what was paid beyond recorded time.",
    )
    timing = fields.Monetary(
        readonly=True,
        help="Spent and not yet applied: open orders, and goods that are costed when "
        "delivered. It comes back with the opposite sign.",
    )
    remainder = fields.Monetary(
        compute="_compute_remainder", help="What nothing explains: 0."
    )

    @api.depends("control", "applied", "variances", "period_variances", "timing")
    def _compute_remainder(self):
        for line in self:
            explained = line.variances + line.period_variances + line.timing
            line.remainder = line.control - line.applied - explained

    def action_view_control(self):
        return self._view_items(self.element_id.control_account_id)

    def action_view_applied(self):
        return self._view_items(self.element_id.applied_account_id)

    def _view_items(self, account):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_account_moves_all"
        )
        domain = [
            ("account_id", "=", account.id),
            ("company_id", "=", self.company_id.id),
            ("date", ">=", self.date_from),
            ("date", "<=", self.date_to),
            ("parent_state", "=", "posted"),
        ]
        return {**action, "domain": domain, "context": {}}

    def action_view_variances(self):
        self.ensure_one()
        action = self.close_id.action_view_variances()
        return {
            **action,
            "domain": [*action["domain"], ("element_id", "=", self.element_id.id)],
        }


class BackflushCloseProgress(models.Model):
    """What orders that were still open at a period's end held at standard."""

    _name = "backflush.close.progress"
    _description = "Open Orders at a Period's End"
    _inherit = ["backflush.close.detail"]
    _order = "close_id, element_id, workcenter_id"

    element_id = fields.Many2one(
        "backflush.element", required=True, readonly=True, ondelete="restrict"
    )
    workcenter_id = fields.Many2one(
        "mrp.workcenter", readonly=True, ondelete="restrict"
    )
    amount = fields.Float(
        digits=0,
        min_display_digits=2,
        readonly=True,
        help="Recorded hours × standard rate, not rounded.",
    )
