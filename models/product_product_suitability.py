from odoo import api, fields, models
from odoo.fields import Domain

from .backflush_suitability import VERDICTS

GROUPS = "backflush_costing.group_backflush_user,mrp.group_mrp_manager"
#: A product with a bill of which nothing is known yet.
NEW = "new"


class ProductProduct(models.Model):
    """Shows on a product whether backflush costing suits it, in this company."""

    _inherit = "product.product"

    backflush_suitability = fields.Selection(
        [*VERDICTS, (NEW, "Not Measured")],
        compute="_compute_backflush_suitability",
        groups=GROUPS,
    )

    @api.depends_context("company")
    def _compute_backflush_suitability(self):
        rows = self.env["backflush.suitability"].search_fetch(
            self._get_backflush_suitability_domain(), ["product_id", "verdict"]
        )
        verdicts = {row.product_id.id: row.verdict for row in rows}
        for product in self:
            unknown = NEW if product.bom_ids else False
            product.backflush_suitability = verdicts.get(product.id, unknown)

    def _get_backflush_suitability_domain(self):
        return Domain("company_id", "=", self.env.company.id) & Domain(
            "product_id", "in", self.ids
        )

    def action_view_backflush_suitability(self):
        """Open what was measured of these products; first measure what is new."""
        rows = self.env["backflush.suitability"]
        rows.check_access("read")
        domain = self._get_backflush_suitability_domain()
        if new := self - rows.search(domain).product_id:
            rows._refresh(self.env.company, new)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "backflush_costing.backflush_suitability_action"
        )
        action |= {"domain": list(domain), "context": {}}
        found = rows.search(domain)
        if len(found) == 1:
            action |= {"views": [(False, "form")], "res_id": found.id}
        return action
