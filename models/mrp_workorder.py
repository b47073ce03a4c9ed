from odoo import fields, models


class MrpWorkorder(models.Model):
    _inherit = "mrp.workorder"

    backflush_is_assumed = fields.Boolean(
        string="Time Assumed",
        copy=False,
        readonly=True,
        help="Nobody recorded time: the duration is what Odoo expected and filled in "
        "when the order was finished.",
    )
