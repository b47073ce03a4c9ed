from odoo import models

from ..costing.entry import Target
from ..costing.movement import delivery_target
from ..costing.variance import ZERO
from .backflush_books import number
from .backflush_job import Job
from .backflush_switch_late import SwitchHistory


class StockMove(models.Model):
    """Deliveries and customer returns under the trigger `delivery`."""

    _inherit = "stock.move"

    def _prepare_backflush_delivery(self, books):
        """Cost of sales of a delivered (negative: returned) quantity at its card."""
        self.ensure_one()
        product = self.product_id
        if not books.standing(self):
            books.check_category(product, product._get_backflush_trigger())
        standard = (
            books.frozen_standard(self)
            or self._get_backflush_original_standard()
            or self._get_backflush_standard(books)
            or books.get_standard(product)
        )
        facts = self._filter_backflush_delivered(books.facts_of(self))
        shipped = [
            (-number(fact.quantity), books.priced(fact.standard_id or standard))
            for fact in facts
        ]
        quantity = sum((moved for moved, _standard in shipped), ZERO)
        target = delivery_target(
            books.priced(standard),
            shipped,
            books.accounts,
            books.cost_of_sales_account(product, self._get_backflush_position()),
        )
        return Job(
            record=self,
            trigger="delivery",
            group=self._get_backflush_group(),
            product=product,
            standard=standard,
            date_event=self._get_backflush_date(),
            quantity=quantity,
            facts=facts,
            target=target if standard.amount else Target({}, {}),
        )

    def _filter_backflush_delivered(self, facts):
        """Without what moved under another trigger, before a switch: its invoice costs
        it, or the switch has.
        """
        if len(facts) < 2:
            return facts  # nothing was corrected
        history = SwitchHistory(self.company_id)
        known = self.product_id.id

        def moved_under(fact):
            return history.get_triggers(fact.id).get(known, "delivery")

        if not history or moved_under(facts.sorted("id")[0]) == "delivery":
            return facts
        return facts.filtered(lambda fact: moved_under(fact) == "delivery")

    def _get_backflush_position(self):
        """The fiscal position of the sale: Odoo's own cost lines would follow it."""
        return self.sale_line_id.order_id.fiscal_position_id
