from odoo import api, fields, models


class BackflushCheckResult(models.Model):
    """What one proof of a check has looked at."""

    _name = "backflush.check.result"
    _inherit = "backflush.check.kept"
    _description = "Result of a Check of the Books"
    _order = "check_id desc, sequence, id"

    check_id = fields.Many2one(
        "backflush.check", required=True, readonly=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(readonly=True)
    code = fields.Char(required=True, readonly=True)
    rule = fields.Integer(
        readonly=True,
        aggregator=None,
        help="Rule of the ledger contract that is proved.",
    )
    name = fields.Char(string="What Is Proved", required=True, readonly=True)
    state = fields.Selection(
        [("passed", "Passed"), ("broken", "Mistakes Found")],
        required=True,
        readonly=True,
    )
    documents = fields.Integer(readonly=True, help="How many it has looked at.")
    broken = fields.Integer(
        string="Wrong", readonly=True, help="Documents that break the rule."
    )
    amount_expected = fields.Monetary(string="Expected", readonly=True)
    amount_found = fields.Monetary(string="Found", readonly=True)
    amount_difference = fields.Monetary(
        string="Difference", compute="_compute_amount_difference"
    )
    line_ids = fields.One2many("backflush.check.line", "result_id", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    company_id = fields.Many2one(
        related="check_id.company_id", store=True, precompute=True, index=True
    )

    @api.depends("amount_expected", "amount_found")
    def _compute_amount_difference(self):
        for result in self:
            result.amount_difference = result.amount_found - result.amount_expected
