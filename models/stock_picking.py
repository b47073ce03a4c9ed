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

    backflush_fact_count = fields.Integer(
        compute="_compute_backflush_fact_count",
        groups="backflush_costing.group_backflush_user",
    )

    @api.depends("move_ids.backflush_fact_ids")
    def _compute_backflush_fact_count(self):
        for picking in self:
            picking.backflush_fact_count = len(picking.move_ids.backflush_fact_ids)

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
        domain = [("picking_id", "=", self.id)]
        return self._get_backflush_action("backflush_posting_action", domain)

    def action_view_backflush_facts(self):
        domain = [("move_id", "in", self.move_ids.ids)]
        return self._get_backflush_action("backflush_stock_fact_action", domain)

    def _get_backflush_action(self, name, domain):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            f"backflush_costing.{name}"
        )
        return {**action, "domain": domain, "context": {}}
