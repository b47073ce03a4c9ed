from odoo import api, fields, models
from odoo.exceptions import UserError

from ..costing.variance import KINDS

KIND_LABELS = {
    "output": "Output",
    "material": "Material",
    "applied": "Conversion cost applied",
    "cost_of_sales": "Cost of sales",
    "passed": "Passed at standard",
    "restated": "Restated stock",
}


def kind_selection(kinds):
    """Selection of kinds with their names in plain words."""
    return [(kind, kind.replace("_", " ").capitalize()) for kind in kinds]


class BackflushPostingLine(models.Model):
    """What a posting books on one account, by cost element and kind (debit +)."""

    _name = "backflush.posting.line"
    _description = "Backflush Posting Line"
    # the latest postings first; the lines of each as they were booked
    _order = "posting_id.id desc, id"

    posting_id = fields.Many2one(
        "backflush.posting",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    account_id = fields.Many2one(
        "account.account",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    element_id = fields.Many2one(
        "backflush.element", readonly=True, ondelete="restrict"
    )
    kind = fields.Selection(
        list(KIND_LABELS.items()) + kind_selection(KINDS), required=True, readonly=True
    )
    product_id = fields.Many2one(
        "product.product", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    amount = fields.Monetary(readonly=True, help="Debit positive, credit negative.")
    currency_id = fields.Many2one(related="posting_id.currency_id")
    company_id = fields.Many2one(
        related="posting_id.company_id", store=True, precompute=True, index=True
    )
    date = fields.Date(related="posting_id.date", store=True, precompute=True)
    event = fields.Selection(related="posting_id.event")
    document_name = fields.Char(related="posting_id.document_name")
    account_move_id = fields.Many2one(related="posting_id.account_move_id")

    _amount_nonzero = models.Constraint(
        "CHECK(amount <> 0)", "A posting line cannot be zero."
    )

    def write(self, vals):
        if not self.env.context.get("backflush_engine") or not self.env.su:
            raise UserError(
                self.env._(
                    "The lines of a backflush posting cannot be edited. Reverse the "
                    "posting instead."
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_refused(self):
        raise UserError(
            self.env._("The lines of a backflush posting cannot be deleted.")
        )

    def action_open_posting(self):
        self.ensure_one()
        return self.posting_id._open(self.posting_id)
