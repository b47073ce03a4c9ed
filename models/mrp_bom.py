from odoo import api, fields, models
from odoo.exceptions import UserError


class MrpBom(models.Model):
    _inherit = "mrp.bom"

    backflush_lot_size = fields.Float(
        string="Standard Lot",
        digits="Product Unit",
        help="Quantity usually made in one order, in the unit of the bill. Standard "
        "cost cards spread set-up and clean-up over it. 0: the quantity of the bill.",
    )

    backflush_is_blend = fields.Boolean(
        string="Blend",
        help="The components can replace each other in part: what an order uses more "
        "or less of them is shown as mix (other proportions than the standard) and "
        "yield (more in total than the output allows), instead of usage. Only for "
        "components whose units convert into each other (kg and g): others keep their "
        "usage, and what is not on the standard cost card is a substitution. Orders "
        "that are booked already stay as they are.",
    )

    _backflush_lot_size_not_negative = models.Constraint(
        "CHECK(backflush_lot_size >= 0)", "A standard lot cannot be negative."
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_if_named_by_no_kept_version(self):
        """A version that was in force goes on telling which bills it was made of.

        sudo: versions of every company, whatever the user may see of them.
        """
        version = self.env["backflush.version"].sudo()
        domain = [("bom_ids", "in", self.ids), ("state", "in", ("active", "closed"))]
        if version := version.search(domain, limit=1):
            bill = (version.bom_ids & self)[:1]
            raise UserError(
                self.env._(
                    "The costing version %(version)s was made of the bill %(bill)s: "
                    "archive it instead.",
                    version=version.display_name,
                    bill=bill.display_name,
                )
            )
