from odoo import api, fields, models


class BackflushPrice(models.Model):
    """Standard price of a product that is bought, in one costing version."""

    _name = "backflush.price"
    _description = "Standard Material Price"
    _inherit = ["backflush.version.part"]
    _order = "version_id, product_id"
    _check_company_auto = True
    _outdates_cards = True

    version_id = fields.Many2one(
        "backflush.version", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="version_id.company_id", store=True, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    product_id = fields.Many2one(
        "product.product",
        required=True,
        index=True,
        check_company=True,
        domain="[('type', '=', 'consu')]",
        ondelete="restrict",
    )
    uom_id = fields.Many2one(related="product_id.uom_id")
    price = fields.Float(
        digits=0,
        min_display_digits="Product Price",
        required=True,
        aggregator=None,
        help="Per unit of measure of the product, in the company's currency; kept with "
        "all its digits.",
    )
    source = fields.Selection(
        [
            ("current", "Current standard"),
            ("vendor", "Vendor's price"),
            ("manual", "Entered"),
        ],
        required=True,
        default="manual",
        readonly=True,
        help="Where the price comes from.",
    )
    is_drifted = fields.Boolean(
        string="Drifted",
        copy=False,
        readonly=True,
        help="The product's cost was changed by hand: it is another one than this. "
        "Roll up and activate a new costing version, or set the cost back.",
    )

    _product_unique = models.UniqueIndex(
        "(version_id, product_id)", "This product has a price in the version already."
    )
    _price_not_negative = models.Constraint(
        "CHECK(price >= 0)", "A standard price cannot be negative."
    )

    def write(self, vals):
        if "price" in vals and "source" not in vals:
            vals = {**vals, "source": "manual"}
        return super().write(vals)

    @api.depends("product_id")
    def _compute_display_name(self):
        for price in self:
            price.display_name = price.product_id.display_name
