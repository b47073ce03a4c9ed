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
    product_categ_id = fields.Many2one(related="product_id.categ_id")
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
            ("bill", "Last vendor bill"),
            ("average", "Average of vendor bills"),
            ("vendor", "Vendor's price list"),
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
    percent = fields.Float(
        string="On Top (%)",
        readonly=True,
        aggregator=None,
        help="What was added to the price of the source when prices were filled.",
    )

    _product_unique = models.UniqueIndex(
        "(version_id, product_id)",
        "This product has a price in the version already: change that one. (To change "
        "prices by import, export them first, so that the file names them by ID.)",
    )
    _price_not_negative = models.Constraint(
        "CHECK(price >= 0)", "A standard price cannot be negative."
    )

    def write(self, vals):
        if "price" in vals and "source" not in vals:
            vals = {**vals, "source": "manual", "percent": 0}
        return super().write(vals)

    @api.depends("product_id")
    def _compute_display_name(self):
        for price in self:
            price.display_name = price.product_id.display_name

    @api.model
    def get_import_templates(self):
        return [
            {
                "label": self.env._("Import Template for Material Prices"),
                "template": "/backflush_costing/static/import/material_prices.csv",
            }
        ]

    @api.model
    def _fill(self, version, prices, source, percent=0):
        """Give products of a draft these prices; return how many were set.

        :param prices: {product id: price}
        :param source: where they come from
        :param percent: what of it was added on top
        """
        known = {price.product_id.id: price for price in version.price_ids}
        origin = {"source": source, "percent": percent}
        new, changed = [], 0
        for product_id, price in prices.items():
            vals = {"price": price, **origin}
            record = known.get(product_id)
            if not record:
                new.append({"version_id": version.id, "product_id": product_id, **vals})
            elif any(record[name] != value for name, value in vals.items()):
                record.write(vals)
                changed += 1
        self.create(new)
        return len(new) + changed
