from odoo import api, fields, models

from ..costing.comparison import LOT_SIZE, PRICE, QUANTITY, RATE, STRUCTURE
from ..models.backflush_bulk import insert_rows
from .backflush_comparison_product import shown

COLUMNS = (
    "comparison_id",
    "line_id",
    "company_id",
    "product_id",
    "category_id",
    "element_id",
    "reason",
    "amount",
    "stock_effect",
    "volume_effect",
)


class BackflushComparisonChange(models.TransientModel):
    """One reason why the standard cost of a product changes, in one cost element."""

    _name = "backflush.comparison.change"
    _description = "Reason of a Changed Standard Cost"
    _order = "line_id, id"
    _rec_name = "reason"

    comparison_id = fields.Many2one(
        "backflush.comparison",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    line_id = fields.Many2one(
        "backflush.comparison.product",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    product_id = fields.Many2one(
        "product.product", required=True, readonly=True, ondelete="cascade"
    )
    category_id = fields.Many2one(
        "product.category", readonly=True, ondelete="set null"
    )
    element_id = fields.Many2one(
        "backflush.element",
        string="Cost Element",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    reason = fields.Selection(
        [
            (PRICE, "Price"),
            (QUANTITY, "Quantity"),
            (RATE, "Rate"),
            (STRUCTURE, "Structure"),
            (LOT_SIZE, "Lot size"),
        ],
        required=True,
        readonly=True,
        help="Price and rate: at the new quantity. Quantity and lot size: at the old "
        "price. Structure: components, operations or products that are new or gone, "
        "made instead of bought, and the share of by-products.",
    )
    amount = fields.Float(
        string="Per Unit",
        digits=0,
        min_display_digits=2,
        readonly=True,
        help="Of one unit of the product. All reasons of a product add up to its "
        "change.",
    )
    stock_effect = fields.Monetary(
        string="Effect on Stock", readonly=True, help="Quantity on hand × per unit."
    )
    volume_effect = fields.Monetary(
        string="Effect on Volume",
        readonly=True,
        help="Yearly volume × per unit. The volume is what left to customers in the "
        "last 12 months, less returns.",
    )

    @api.model
    def _insert_rows(self, comparison, rows, ids):
        """Write the reasons of `rows`.

        :param ids: {product id: id of its backflush.comparison.product}
        """
        values = [
            (
                comparison.id,
                ids[item.product],
                comparison.company_id.id,
                item.product,
                row.facts.category,
                element,
                reason,
                shown(amount),
                shown(amount * row.stock),
                shown(amount * row.volume),
            )
            for row in rows
            for item in [row.difference]
            for (element, reason), amount in sorted(
                item.effects.items(), key=lambda effect: -abs(effect[1])
            )
        ]
        insert_rows(self, COLUMNS, values)
        self.env.invalidate_all()
