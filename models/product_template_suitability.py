from odoo import api, fields, models

from .backflush_suitability import VERDICTS
from .product_product_suitability import GROUPS, NEW


class ProductTemplate(models.Model):
    """Shows the worst of its variants."""

    _inherit = "product.template"

    backflush_suitability = fields.Selection(
        [*VERDICTS, (NEW, "Not Measured")],
        compute="_compute_backflush_suitability",
        groups=GROUPS,
    )

    @api.depends_context("company")
    @api.depends("product_variant_ids")
    def _compute_backflush_suitability(self):
        ranks = [verdict for verdict, _name in VERDICTS] + [NEW]
        for template in self:
            known = template.product_variant_ids.mapped("backflush_suitability")
            known = [verdict for verdict in known if verdict]
            template.backflush_suitability = min(known, key=ranks.index, default=False)

    def action_view_backflush_suitability(self):
        return self.product_variant_ids.action_view_backflush_suitability()
