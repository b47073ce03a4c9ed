from odoo import models


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    def _update_stock_move_value(self, old_qty_by_ml=None):
        # Odoo calls this for every change of a movement; only done ones have facts.
        with self.env["backflush.engine"]._collect():
            res = super()._update_stock_move_value(old_qty_by_ml)
            self.move_id.filtered(
                lambda move: move.state == "done"
            )._record_backflush_facts()
        return res
