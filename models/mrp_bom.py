from odoo import fields, models


class MrpBom(models.Model):
    _inherit = "mrp.bom"

    backflush_lot_size = fields.Float(
        string="Standard Lot",
        digits="Product Unit",
        help="Quantity usually made in one order, in the unit of the bill. Standard "
        "cost cards spread set-up and clean-up over it. 0: the quantity of the bill.",
    )

    _backflush_lot_size_not_negative = models.Constraint(
        "CHECK(backflush_lot_size >= 0)", "A standard lot cannot be negative."
    )
