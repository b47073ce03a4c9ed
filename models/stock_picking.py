from odoo import api, fields, models


class StockPicking(models.Model):
    _inherit = "stock.picking"

    backflush_posting_ids = fields.One2many(
        "backflush.posting",
        "picking_id",
        groups="backflush_costing.group_backflush_user",
    )
    backflush_posting_count = fields.Integer(
        compute="_compute_backflush_posting_count",
        groups="backflush_costing.group_backflush_user",
    )

    @api.depends("backflush_posting_ids")
    def _compute_backflush_posting_count(self):
        for picking in self:
            picking.backflush_posting_count = len(picking.backflush_posting_ids)

    def button_validate(self):
        with self.env["backflush.engine"]._collect():
            return super().button_validate()

    def _action_done(self):
        # The date of the transfer is written after its movements are done.
        with self.env["backflush.engine"]._collect():
            return super()._action_done()

    def action_view_backflush_postings(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "backflush_costing.backflush_posting_action"
        )
        action["domain"] = [("picking_id", "=", self.id)]
        action["context"] = {}
        return action
