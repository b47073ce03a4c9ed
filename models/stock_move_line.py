from odoo import api, models

#: What changes the quantity that a done movement moved, or whose goods they were.
MOVED = {"quantity", "location_id", "location_dest_id", "owner_id", "lot_id"}
MOVED |= {"move_id", "picked", "product_uom_id", "quant_id"}


class StockMoveLine(models.Model):
    """Odoo's own hook, `_update_stock_move_value`, passes over movements that had no
    valued goods before: those of another owner, and those of quantity 0.
    """

    _inherit = "stock.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        ids = {vals["move_id"] for vals in vals_list if vals.get("move_id")}
        moves = self.env["stock.move"].browse(ids)
        with moves._correct_backflush():
            lines = super().create(vals_list)
            # of done transfers, to which goods have been added
            added = (lines.move_id - moves).filtered(lambda move: move.state == "done")
            added._record_backflush_facts()
        return lines

    def write(self, vals):
        if not MOVED & vals.keys():
            return super().write(vals)
        with self.move_id._correct_backflush():
            return super().write(vals)
