from odoo import models
from odoo.fields import Domain


class ResPartner(models.Model):
    _inherit = "res.partner"

    def action_view_backflush_variances(self):
        """What the bills of this vendor cost beyond, or below, the standards."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "backflush_costing.backflush_variance_action"
        )
        vendors = self.commercial_partner_id
        domain = Domain("partner_id", "child_of", vendors.ids)
        return {**action, "domain": list(domain), "context": {}}
