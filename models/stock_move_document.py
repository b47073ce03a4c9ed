from odoo import models


class StockMove(models.Model):
    """The audit trail of a movement, and what its users know it by."""

    _name = "stock.move"
    _inherit = ["stock.move", "backflush.trail"]

    def _get_backflush_own_moves(self):
        return self

    def _get_backflush_name(self):
        """In plain words, where no document of its own has made the movement."""
        self.ensure_one()
        return self.reference or self.display_name

    def _get_backflush_document(self):
        """The scrap, unbuild, order or transfer that made the movement, or itself."""
        self.ensure_one()
        return (
            self.scrap_id
            or (self.unbuild_id | self.consume_unbuild_id)[:1]
            or self.production_id
            or self.raw_material_production_id
            or self.picking_id
            or self
        )
