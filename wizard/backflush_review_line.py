from odoo import api, fields, models

from ..models.backflush_bulk import insert_rows


class BackflushReviewLine(models.TransientModel):
    """One standard beside what was paid for it, or what it took, recently.

    A material's price, the time of an operation, or the card of a product at recent
    prices and times. Per unit of measure of the product; times in hours of the work
    center.
    """

    _name = "backflush.review.line"
    _description = "Standard Review Line"
    _order = "to_review desc, effect_size desc, id"

    review_id = fields.Many2one(
        "backflush.review", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    version_id = fields.Many2one("backflush.version", readonly=True, ondelete="cascade")
    type = fields.Selection(
        [
            ("material", "Material price"),
            ("operation", "Operation time"),
            ("product", "Product card"),
        ],
        string="Standard Of",
        required=True,
        readonly=True,
    )
    product_id = fields.Many2one("product.product", readonly=True, ondelete="cascade")
    product_categ_id = fields.Many2one(
        "product.category", readonly=True, ondelete="cascade"
    )
    uom_id = fields.Many2one(
        "uom.uom", string="Unit", readonly=True, ondelete="cascade"
    )
    operation_id = fields.Many2one(
        "mrp.routing.workcenter", readonly=True, ondelete="cascade"
    )
    workcenter_id = fields.Many2one(
        "mrp.workcenter", string="Work Center", readonly=True, ondelete="cascade"
    )
    standard = fields.Float(
        digits=0,
        min_display_digits=2,
        readonly=True,
        aggregator=None,
        help="Price, hours of the work center, or cost of the card, per unit. Hours "
        "are those that the card allows for the quantities really made.",
    )
    actual = fields.Float(
        string="Recent",
        digits=0,
        min_display_digits=2,
        readonly=True,
        aggregator=None,
        help="Average price of the bills, recorded hours per unit made, or the card at "
        "these prices and times.",
    )
    drift = fields.Float(
        digits=0,
        min_display_digits=2,
        readonly=True,
        aggregator=None,
        help="Recent less standard.",
    )
    drift_percent = fields.Float(
        string="Drift (%)", digits=(16, 1), readonly=True, aggregator=None
    )
    documents = fields.Integer(
        string="Bills or Orders",
        readonly=True,
        help="Vendor bills of a material, orders with recorded time of an operation, "
        "finished orders of a product.",
    )
    yearly_quantity = fields.Float(
        digits="Product Unit",
        readonly=True,
        aggregator=None,
        help="Bought or made in the period, as if it went on for a year.",
    )
    effect = fields.Monetary(
        string="Yearly Effect",
        readonly=True,
        help="Drift × yearly quantity, hours at the standard rates. Positive: more is "
        "spent than the standard says. Materials and operations are in the effect of "
        "the products, too: add up the ones or the others.",
    )
    effect_size = fields.Float(readonly=True, aggregator=None)
    in_force_since = fields.Datetime(readonly=True)
    age = fields.Integer(string="Age (Days)", readonly=True, aggregator="max")
    is_known = fields.Boolean(readonly=True)
    has_drifted = fields.Boolean(readonly=True)
    is_old = fields.Boolean(string="Not Reviewed for Long", readonly=True)
    to_review = fields.Boolean(readonly=True)

    @api.depends("type", "product_id", "operation_id")
    def _compute_display_name(self):
        for line in self:
            names = (line.product_id.display_name, line.operation_id.display_name)
            line.display_name = " - ".join(name for name in names if name)

    @api.model
    def _insert_rows(self, rows):
        """Insert rows of `ReviewRows`: there may be tens of thousands."""
        if not rows:
            return
        columns = list(rows[0])
        insert_rows(self, columns, [tuple(row.values()) for row in rows])
