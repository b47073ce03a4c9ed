from odoo import models

from ..costing.entry import Card, Standard, Target
from ..costing.movement import material_loss, output_loss
from ..costing.variance import ZERO
from .backflush_books import number
from .backflush_job import Job


class StockMove(models.Model):
    """Goods scrapped, missing or found: nothing was made of them or sold."""

    _inherit = "stock.move"

    def _is_backflush_loss(self):
        """Whether valued goods went to, or came from, an inventory-loss location."""
        self.ensure_one()
        return "inventory" in self._get_backflush_ends()

    def _prepare_backflush_loss(self, books):
        """Scrap or count: goods at their facts against their quantity variance.

        Odoo itself books a perpetual product where the location has an account of its
        own; then the rows stand on that entry and the posting has no lines.
        """
        self.ensure_one()
        product = self.product_id
        facts = books.facts_of(self)
        trigger = self._get_backflush_loss_trigger(books)
        native = facts.filtered(lambda fact: self._is_backflush_native(fact))
        target = self._get_backflush_loss(books, facts - native, trigger)
        by_odoo = self._get_backflush_loss(books, native, trigger)
        open_rows = by_odoo.rows
        remark = ""
        if native:
            remark = self.env._(
                "Booked by Odoo on the account of the location %(location)s.",
                location=self._get_backflush_loss_location().display_name,
            )
        elif self._waits_for_backflush_close(books):
            remark = self.env._(
                "Nothing to book now: what %(order)s uses is booked with the close.",
                order=self.raw_material_production_id.display_name,
            )
            target, open_rows = Target({}, {}), target.rows
        return Job(
            record=self,
            trigger=trigger,
            group=self._get_backflush_group(),
            product=product,
            made=self.raw_material_production_id.product_id,
            standard=self._get_backflush_standard(books),
            date_event=self._get_backflush_date(),
            quantity=sum((number(fact.quantity) for fact in facts), ZERO),
            facts=facts,
            target=Target(target.amounts, target.rows, open_rows),
            open_entry=self.account_move_id if native else None,
            remark=remark,
        )

    def _get_backflush_loss(self, books, facts, trigger):
        """What `facts` owe: an order's component or a material, or a product."""
        kind = "scrap" if self.scrap_id else "count"
        debit = self._get_backflush_loss_location().valuation_account_id.id or None
        if trigger and not self.raw_material_production_id:
            carried = trigger == "completion"
            lost = [
                (
                    books.flow(self.product_id, fact, -1),
                    self._get_backflush_lost_standard(books, fact, carried=carried),
                )
                for fact in facts
            ]
            return output_loss(
                lost, f"output_{kind}", books.accounts, carried=carried, debit=debit
            )
        flow = books.flow(self.product_id, facts, -1)
        through = books.through(facts, -1)
        return material_loss(flow, f"material_{kind}", books.accounts, through, debit)

    def _get_backflush_lost_standard(self, books, fact, *, carried):
        """The card of lost goods. A by-product that stock carries needs none."""
        standard = fact.standard_id or self._get_backflush_standard(books)
        if not standard and carried and books.is_byproduct(self.product_id):
            return Standard(Card(self.product_id.id, ZERO, ()))
        return books.priced(standard or books.get_standard(self.product_id))

    def _get_backflush_loss_trigger(self, books):
        """The product's trigger when it was first booked; False for a material."""
        first = books.previous[self.id][:1]
        return first.trigger if first else self.product_id._get_backflush_trigger()

    def _get_backflush_loss_location(self):
        ends = self.location_id | self.location_dest_id
        return ends.filtered(lambda location: location.usage == "inventory")[:1]

    def _is_backflush_native(self, fact):
        """Whether Odoo booked this fact: the movement itself, never its corrections."""
        return bool(self.account_move_id) and fact.sequence == 1

    def _waits_for_backflush_close(self, books):
        """Under `delivery`, what an order uses has no entry before the close."""
        order = self.raw_material_production_id
        return bool(order) and order._get_backflush_event_trigger_now() == "delivery"
