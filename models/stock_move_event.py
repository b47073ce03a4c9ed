from odoo import api, fields, models
from odoo.fields import Domain

from .backflush_books import local_date


class StockMove(models.Model):
    """Which event a movement is, and what the engine asks of any event record.

    What each event books is in the files beside: delivery, loss.
    """

    _inherit = "stock.move"

    @api.model
    def _read_group(self, domain, *args, **kwargs):
        """Without covered products where Odoo's closing reclassifies by location."""
        if self.env.context.get("backflush_uncovered_only"):
            domain = Domain(domain) & Domain(
                [
                    ("product_id.property_backflush_covered", "=", False),
                    ("product_id.categ_id.property_backflush_trigger", "=", False),
                ]
            )
        return super()._read_group(domain, *args, **kwargs)

    is_backflush_delivery = fields.Boolean(compute="_compute_is_backflush_delivery")

    @api.depends("state", "location_id", "location_dest_id", "origin_returned_move_id")
    def _compute_is_backflush_delivery(self):
        for move in self:
            product = move.product_id.with_company(move.company_id)
            move.is_backflush_delivery = bool(move._get_backflush_direction()) and (
                product._get_backflush_trigger() == "delivery"
                # posted once, corrected for ever (sudo: by shop users)
                or bool(
                    (move | move.origin_returned_move_id)
                    .sudo()
                    ._get_backflush_first_posting("delivery")
                )
            )

    def _get_backflush_first_posting(self, trigger):
        """The first posting of this movement under `trigger`, also a reversed one."""
        postings = self.backflush_posting_ids.sorted("id")
        return postings.filtered(lambda posting: posting.trigger == trigger)[:1]

    def _get_backflush_direction(self):
        """1 for a movement out to a customer, −1 for its return, else 0.

        What comes in from the transit between companies is a return only of what was
        sent there; else it was bought.
        """
        self.ensure_one()
        side, is_return = self._get_backflush_trade()
        if side != "sale":
            return 0
        if is_return:
            return -1 if self._is_in() else 0
        return 1 if self._is_out() else 0

    # -- what the engine asks ---------------------------------------------------

    def _get_backflush_moves(self):
        return self

    def _get_backflush_event(self):
        self.ensure_one()
        if self._is_backflush_loss():
            return "scrap" if self.scrap_id else "count"
        side, is_return = self._get_backflush_trade()
        if is_return:
            return "return"
        return "delivery" if side == "sale" else "receipt"

    def _get_backflush_date(self):
        self.ensure_one()
        return local_date(self.company_id, self.picking_id.date_done or self.date)

    def _prepare_backflush_identity(self):
        self.ensure_one()
        return {
            "move_id": self.id,
            "picking_id": self.picking_id.id,
            "production_id": self._get_backflush_order().id,
            "product_id": self.product_id.id,
        }

    def _get_backflush_order(self):
        """The order that goods were scrapped from."""
        return self.raw_material_production_id | self.production_id

    def _prepare_backflush_jobs(self, books):
        """What each movement should have booked; those that owe nothing left out."""
        jobs = []
        trades = self.browse()
        for move in self:
            if move._is_backflush_loss():
                jobs.append(move._prepare_backflush_loss(books))
            elif move.is_backflush_delivery:
                jobs.append(move._prepare_backflush_delivery(books))
            else:
                trades |= move
        return jobs + trades._prepare_backflush_trades(books)

    def _get_backflush_group(self):
        """The document whose movements share one journal entry."""
        return self.picking_id or self

    def _get_backflush_standard(self, books):
        """The card of the product when it first moved; it stays."""
        first = books.facts_of(self).sorted("id")[:1].standard_id
        return books.frozen_standard(self) or first

    def _get_backflush_original_standard(self):
        """The card at which goods that come back were delivered."""
        origin = self.origin_returned_move_id
        postings = self.env["backflush.posting"].search(
            Domain("move_id", "in", origin.ids)
            & Domain("event", "=", "delivery")
            & Domain("standard_id", "!=", False),
            order="id",
            limit=1,
        )
        return postings.standard_id
