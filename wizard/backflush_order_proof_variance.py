from odoo import fields, models

from ..costing.variance import KINDS
from ..models.backflush_posting_line import kind_selection


class BackflushOrderProofVariance(models.TransientModel):
    """The variances of an order, of one cost element and kind."""

    _name = "backflush.order.proof.variance"
    _description = "Variance of an Order's Proof"
    _order = "proof_id, element_id, kind, id"

    proof_id = fields.Many2one(
        "backflush.order.proof", required=True, index=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="proof_id.currency_id")
    element_id = fields.Many2one("backflush.element", readonly=True, ondelete="cascade")
    kind = fields.Selection(kind_selection(KINDS), readonly=True)
    amount = fields.Monetary(readonly=True, help="Positive = unfavourable.")
