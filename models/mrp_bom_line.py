from odoo import fields, models


class MrpBomLine(models.Model):
    _inherit = "mrp.bom.line"

    backflush_scrap = fields.Float(
        string="Scrap Allowance (%)",
        digits=(5, 2),
        help="What is expected to be lost in production, in percent of the quantity. "
        "Standard cost cards count so much more; orders ask for the quantity alone.",
    )

    _backflush_scrap_not_negative = models.Constraint(
        "CHECK(backflush_scrap >= 0)", "A scrap allowance cannot be negative."
    )
