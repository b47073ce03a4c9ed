from odoo import api, models


class UomUom(models.Model):
    _inherit = "uom.uom"

    @api.ondelete(at_uninstall=False)
    def _unlink_if_on_no_card(self):
        self.env["backflush.standard.line"]._refuse_deletion("uom_id", self)
