from dataclasses import replace

from odoo import fields, models

from ..costing.completion import Completion, completion_target
from ..costing.entry import Target
from ..costing.variance import ZERO, Flow, Original
from .backflush_books import local_date, number
from .backflush_job import Job


class MrpUnbuild(models.Model):
    """Taking a product apart: its completion the other way round.

    Goods move at today's standard; what was applied comes back at the card of the order
    that made the product, and `standard_change` takes the difference.
    """

    _name = "mrp.unbuild"
    _inherit = ["mrp.unbuild", "backflush.trail"]

    backflush_posting_ids = fields.Many2many(
        "backflush.posting",
        compute="_compute_backflush_posting_ids",
        groups="backflush_costing.group_backflush_user",
    )

    def _compute_backflush_posting_ids(self):
        postings = self.env["backflush.posting"].search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        )
        by_record = postings.grouped("res_id")
        for unbuild in self:
            unbuild.backflush_posting_ids = by_record.get(unbuild.id)

    def action_unbuild(self):
        with self.env["backflush.engine"]._collect():
            return super().action_unbuild()

    def _filter_backflush_events(self):
        """Unbuilds of products under a trigger, or of orders that have been posted."""
        orders = self.mo_id._filter_backflush_events()
        return self.filtered(
            lambda unbuild: (
                unbuild.mo_id in orders
                or unbuild.product_id.with_company(
                    unbuild.company_id
                )._get_backflush_trigger()
            )
        )

    # -- what the engine asks ---------------------------------------------------

    def _get_backflush_moves(self):
        """Its own movements, and its order's: it goes back to their standards."""
        order = self.mo_id
        return (
            self._get_backflush_own_moves()
            | order.move_raw_ids
            | (order.move_finished_ids)
        )

    def _get_backflush_own_moves(self):
        return self.produce_line_ids | self.consume_line_ids

    def _get_backflush_event(self):
        return "unbuild"

    def _get_backflush_date(self):
        self.ensure_one()
        dates = self._get_backflush_own_moves().mapped("date")
        return local_date(self.company_id, max(dates, default=None))

    def _prepare_backflush_identity(self):
        self.ensure_one()
        return {"production_id": self.mo_id.id, "product_id": self.product_id.id}

    def _prepare_backflush_jobs(self, books):
        return [unbuild._prepare_backflush_job(books) for unbuild in self]

    def _prepare_backflush_job(self, books):
        self.ensure_one()
        trigger = self._get_backflush_trigger(books)
        books.check_category(self.product_id, trigger)
        standard = self._get_backflush_standard(books)
        job = Job(
            record=self,
            trigger=trigger,
            group=self,
            product=self.product_id,
            standard=standard,
            is_blend=self._is_backflush_blend(books, standard),
            date_event=self._get_backflush_date(),
            quantity=ZERO,
            facts=books.facts_of(self._get_backflush_own_moves()),
            target=Target({}, {}),
        )
        self._set_backflush_target(job, books)
        return job

    def _set_backflush_target(self, job, books):
        order = self._get_backflush_completion(books, job.standard)
        if job.is_blend:
            order = replace(order, measures=books.measures(job.standard))
        if job.trigger == "delivery":
            order = replace(order, main=books.main_material(job.standard))
        job.quantity = order.output.quantity
        job.target = completion_target(books.card(job.standard), order, books.accounts)
        if job.trigger == "delivery":
            job.target = Target({}, {}, job.target.rows)
            job.remark = self.env._(
                "Nothing to book: %(product)s is costed at delivery.",
                product=self.product_id.display_name,
            )

    def _get_backflush_trigger(self, books):
        """That of its first posting, else of its order's, else the product's."""
        first = books.previous[self.id][:1].trigger
        if first:
            return first
        if self.mo_id:
            return self.mo_id._get_backflush_event_trigger_now()
        return self.product_id._get_backflush_trigger()

    def _get_backflush_standard(self, books):
        """The card at which it was made; without an order, the one in force."""
        postings = self.mo_id.backflush_posting_ids.filtered(
            lambda posting: posting.res_model == "mrp.production"
        )
        own = self._get_backflush_own_moves()
        return (
            books.frozen_standard(self)
            or postings.sorted("id").standard_id[:1]
            or books.facts_of(own).sorted("id").standard_id[:1]
            or books.get_standard(self.product_id)
        )

    def _is_backflush_blend(self, books, standard):
        """As its order was booked: what comes back is explained the same way."""
        made = self.mo_id.backflush_posting_ids.sorted("id").filtered(
            lambda posting: posting.res_model == "mrp.production"
        )
        return books.is_blend(self, standard, made)

    def _get_backflush_completion(self, books, standard):
        """What it took apart and gave back: a completion with minus signs."""
        own = self._get_backflush_own_moves()
        out = own.filtered(lambda move: move.location_dest_id.usage == "production")
        finished = out.filtered(lambda move: move.product_id == self.product_id)
        originals = self._get_backflush_originals(books, standard)
        card = books.card(standard)
        made = books.flows(finished, 1, card, originals)
        return Completion(
            output=made[0] if made else Flow(self.product_id.id, ZERO, ZERO),
            byproducts=books.flows(out - finished, 1, card, originals),
            used=books.flows(own - out, -1, card, originals),
            through=books.through(books.facts_of(own - out), -1),
        )

    def _get_backflush_originals(self, books, standard):
        """{product: Original}: the standards of the order's first facts.

        What the order has not moved goes back to the card.
        """
        card = books.card(standard)
        products = self._get_backflush_own_moves().product_id
        known = {
            x.product: Original(x.rate) for x in card.lines if x.product is not None
        }
        known[card.product] = Original(
            card.amount, books.content(standard), books.materials(standard)
        )
        moves = self.mo_id.move_raw_ids | self.mo_id.move_finished_ids
        for fact in books.facts_of(moves).sorted("id", reverse=True):
            if not fact.is_owner:
                split = ({}, {})
                if card := fact.standard_id:
                    split = (books.content(card), books.materials(card))
                known[fact.product_id.id] = Original(number(fact.standard), *split)
        return {p: known[p.id] for p in products if p.id in known}
