from odoo import models


class StockScrap(models.Model):
    """Goods thrown away: from the document to what it booked."""

    _name = "stock.scrap"
    _inherit = ["stock.scrap", "backflush.trail"]

    def _get_backflush_own_moves(self):
        return self.move_ids
