from odoo import api, fields, models
from odoo.addons.backflush_costing.models.backflush_books import local_date


class BackflushActivation(models.TransientModel):
    """What activating a costing version will do to the books, before it is done."""

    _name = "backflush.activation"
    _description = "Activation of a Costing Version"

    version_id = fields.Many2one(
        "backflush.version", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="version_id.company_id")
    currency_id = fields.Many2one(related="company_id.currency_id")
    previous_id = fields.Many2one(
        "backflush.version", string="In Force Until Now", readonly=True
    )
    date_from = fields.Date(related="version_id.date_from")
    is_ahead = fields.Boolean(
        compute="_compute_is_ahead", help="The version is valid from a day to come."
    )
    product_count = fields.Integer(
        string="Standard Prices That Change",
        readonly=True,
        help="Products whose standard price is another one afterwards.",
    )
    line_ids = fields.One2many(
        "backflush.activation.line", "activation_id", readonly=True
    )
    amount_unposted = fields.Monetary(
        string="Without an Entry",
        readonly=True,
        help="Conversion cost of goods costed at delivery stands on no account "
        "before that: its change is recorded as a variance without an entry, and "
        "cleared at the period close. Positive: they gain.",
    )
    warnings = fields.Text(readonly=True)

    @api.depends("version_id")
    def _compute_is_ahead(self):
        for preview in self:
            today = local_date(preview.company_id)
            preview.is_ahead = preview.version_id.date_from > today

    def action_activate(self):
        self.ensure_one()
        self.version_id.action_activate()
        return self._close()

    def action_schedule(self):
        self.ensure_one()
        self.version_id.action_schedule()
        return self._close()

    def _close(self):
        return {"type": "ir.actions.act_window_close"}


class BackflushActivationLine(models.TransientModel):
    """The revaluation of one account."""

    _name = "backflush.activation.line"
    _description = "Revaluation of an Account"
    _order = "amount desc, id"

    activation_id = fields.Many2one(
        "backflush.activation", required=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="activation_id.currency_id")
    account_id = fields.Many2one("account.account", required=True, readonly=True)
    product_count = fields.Integer(
        string="Products", readonly=True, help="Products on hand that are revalued."
    )
    amount = fields.Monetary(
        string="Revaluation", readonly=True, help="Debit is positive."
    )
