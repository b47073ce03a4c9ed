from odoo import api, fields, models
from odoo.exceptions import UserError

from .backflush_proof import BROKEN, NOTE, PROVED, ROUNDING


class BackflushCheckLine(models.Model):
    """One document that a check of the books names, in words."""

    _name = "backflush.check.line"
    _inherit = "backflush.check.kept"
    _description = "Document Named by a Check of the Books"
    _order = "check_id desc, state, result_id, id"
    _rec_name = "document"

    result_id = fields.Many2one(
        "backflush.check.result",
        string="Proof",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    check_id = fields.Many2one(
        related="result_id.check_id", store=True, precompute=True, index=True
    )
    state = fields.Selection(
        [
            (BROKEN, "Mistake"),
            (NOTE, "To Know"),
            (ROUNDING, "Rounding"),
            (PROVED, "Proved"),
        ],
        required=True,
        readonly=True,
    )
    res_model = fields.Char(string="Document Model", readonly=True)
    res_id = fields.Many2oneReference(
        string="Document ID", model_field="res_model", readonly=True
    )
    document = fields.Char(readonly=True, help="Its name at the time of the check.")
    sentence = fields.Text(string="What Was Found", required=True, readonly=True)
    remedy = fields.Text(string="What To Do", readonly=True)
    amount_expected = fields.Monetary(string="Expected", readonly=True)
    amount_found = fields.Monetary(string="Found", readonly=True)
    amount_difference = fields.Monetary(
        string="Difference", compute="_compute_amount_difference"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    company_id = fields.Many2one(
        related="result_id.company_id", store=True, precompute=True, index=True
    )

    @api.depends("amount_expected", "amount_found")
    def _compute_amount_difference(self):
        for line in self:
            line.amount_difference = line.amount_found - line.amount_expected

    def action_open_document(self):
        """Open what the line is about."""
        self.ensure_one()
        record = self.env[self.res_model].browse(self.res_id).exists()
        if not record:
            raise UserError(
                self.env._("%(document)s is deleted.", document=self.document)
            )
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
        }
