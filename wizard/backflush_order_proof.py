from odoo import api, fields, models


class BackflushOrderProof(models.TransientModel):
    """One order: what its good output was to cost, what it cost, and why.

    Amounts are in company currency, variances positive = unfavourable. Whoever may not
    read what an employee's hour costs sees all hours at the standard rate.
    """

    _name = "backflush.order.proof"
    _description = "Order: Standard Against Actual"
    _order = "date desc, production_id desc, id"

    run_id = fields.Many2one(
        "backflush.reconciliation", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    production_id = fields.Many2one(
        "mrp.production",
        string="Manufacturing Order",
        readonly=True,
        ondelete="cascade",
    )
    product_id = fields.Many2one("product.product", readonly=True, ondelete="cascade")
    date = fields.Date(readonly=True, help="On which its first completion was booked.")
    quantity = fields.Float(
        string="Good Output",
        digits="Product Unit",
        readonly=True,
        aggregator=None,
        help="Made, less what was unbuilt.",
    )
    amount_standard = fields.Monetary(
        string="Standard",
        readonly=True,
        help="Good output and by-products at the standards at which they moved, less "
        "what was scrapped of them.",
    )
    amount_actual = fields.Monetary(
        string="Actual",
        readonly=True,
        help="Materials at what stock carried them at, recorded hours at their cost "
        "(else at the standard rate, and allowed ones where none were recorded), fixed "
        "overhead as absorbed, the subcontractor's standard fee.",
    )
    amount_difference = fields.Monetary(
        string="Difference", readonly=True, help="Actual − standard."
    )
    amount_variance = fields.Monetary(
        string="Variances", readonly=True, help="Sum of the variances of the order."
    )
    amount_rounding = fields.Monetary(
        string="Rounding",
        readonly=True,
        help="What rounding each entry and variance for itself may leave.",
    )
    amount_proof = fields.Monetary(
        string="Unexplained",
        readonly=True,
        help="Actual − standard − variances: has to be 0.00.",
    )
    state = fields.Selection(
        [
            ("explained", "Explained"),
            ("open", "Not Booked Yet"),
            ("unexplained", "Unexplained"),
        ],
        readonly=True,
    )
    element_ids = fields.One2many("backflush.order.proof.element", "proof_id")
    variance_ids = fields.One2many("backflush.order.proof.variance", "proof_id")
    is_at_rates = fields.Boolean(compute="_compute_is_at_rates")

    @api.depends("production_id")
    def _compute_display_name(self):
        for proof in self:
            proof.display_name = self.env._(
                "%(order)s: standard against actual",
                order=proof.production_id.display_name,
            )

    @api.depends_context("uid")
    def _compute_is_at_rates(self):
        self.is_at_rates = not self.env.user.has_group("hr.group_hr_user")

    def action_view_order(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "mrp.production",
            "res_id": self.production_id.id,
            "views": [(False, "form")],
        }

    def action_view_variances(self):
        return self.production_id.action_view_backflush_variances()

    def action_view_facts(self):
        return self.production_id.action_view_backflush_facts()

    def action_view_timesheets(self):
        return self.production_id.action_view_backflush_timesheets()
