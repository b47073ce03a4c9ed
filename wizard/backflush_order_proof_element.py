from odoo import fields, models


class BackflushOrderProofElement(models.TransientModel):
    """Both sides of an order, of one cost element."""

    _name = "backflush.order.proof.element"
    _description = "Cost Element of an Order's Proof"
    _order = "proof_id, element_id, id"

    proof_id = fields.Many2one(
        "backflush.order.proof", required=True, index=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="proof_id.currency_id")
    element_id = fields.Many2one("backflush.element", readonly=True, ondelete="cascade")
    amount_standard = fields.Monetary(string="Standard", readonly=True)
    amount_actual = fields.Monetary(string="Actual", readonly=True)
    amount_difference = fields.Monetary(string="Difference", readonly=True)
