from dataclasses import replace

from odoo import api, fields, models

from ..costing.completion import Completion, completion_target
from ..costing.entry import Target
from ..costing.variance import ZERO, Flow
from .backflush_books import local_date
from .backflush_job import Job
from .mrp_workorder import FILLS


class MrpProduction(models.Model):
    _inherit = "mrp.production"

    backflush_posting_ids = fields.One2many(
        "backflush.posting",
        "production_id",
        groups="backflush_costing.group_backflush_user",
    )
    backflush_posting_count = fields.Integer(
        compute="_compute_backflush_counts",
        groups="backflush_costing.group_backflush_user",
    )
    backflush_variance_ids = fields.One2many(
        "backflush.variance",
        "production_id",
        groups="backflush_costing.group_backflush_user",
    )
    backflush_variance_count = fields.Integer(
        compute="_compute_backflush_counts",
        groups="backflush_costing.group_backflush_user",
    )

    # orders that share the time of a project are looked for by it
    project_id = fields.Many2one(index="btree_not_null")
    backflush_timesheet_ids = fields.One2many(
        "account.analytic.line",
        "production_id",
        string="Timesheets",
        domain=[("project_id", "!=", False)],
    )

    @api.depends("backflush_posting_ids", "backflush_variance_ids")
    def _compute_backflush_counts(self):
        for order in self:
            order.backflush_posting_count = len(order.backflush_posting_ids)
            order.backflush_variance_count = len(order.backflush_variance_ids)

    def write(self, vals):
        time = self.env["backflush.time"]
        shared = time._get_shared_months(self) if "project_id" in vals else set()
        res = super().write(vals)
        if "date_finished" in vals:
            self._move_backflush_date()
        if "project_id" in vals:
            time._follow(self)
            time._follow_projects(shared)
        return res

    def _move_backflush_date(self):
        """Have what is booked moved to the day on which the orders were finished now.

        An order that is posted at the end of this call follows its date by itself.

        sudo: whoever corrects an order need not see its postings.
        """
        waiting = self.env["backflush.engine"]._get_enqueued(self._name)
        done = (self - waiting).sudo().filtered(lambda order: order.state == "done")
        moved = done.filtered(
            lambda order: order._find_backflush_misdated(order.backflush_posting_ids)
        )
        self.env["backflush.engine"]._enqueue(moved.with_env(self.env))

    def _find_backflush_misdated(self, postings):
        """Those of `postings` that stand on another day than the order's."""
        day = self._get_backflush_date()
        return postings._filter_recorded().filtered(
            lambda p: p.res_model == self._name and p.date_event != day
        )

    def button_mark_done(self):
        with self.env["backflush.engine"]._collect():
            return super().button_mark_done()

    def _post_inventory(self, cancel_backorder=False):
        engine = self.env["backflush.engine"]
        self.workorder_ids._mark_backflush_assumed()
        filling = self.with_context(**{FILLS: True})
        with engine._collect():
            res = super(MrpProduction, filling)._post_inventory(
                cancel_backorder=cancel_backorder
            )
            # Their movements register them too; an order without any is registered
            # here, so that it is said why nothing was booked.
            engine._enqueue(self._filter_backflushed())
        return res

    def _action_cancel(self):
        res = super()._action_cancel()
        # sudo: whoever cancels an order need not see its variances
        if rated := self.filtered(lambda order: order.sudo().backflush_variance_ids):
            self.env["backflush.time"]._follow_sheets(rated, set())
        return res

    def _post_labour(self):
        # Conversion cost is applied by the completion entry, at standard.
        return super(MrpProduction, self - self._filter_backflushed())._post_labour()

    def _filter_backflushed(self):
        """Orders of products under a trigger."""
        return self.filtered(
            lambda order: order.product_id.with_company(
                order.company_id
            )._get_backflush_trigger()
        )

    def _filter_backflush_events(self):
        """Orders of products under a trigger, and those that have been posted."""
        triggered = self._filter_backflushed()
        rest = self - triggered
        if not rest:
            return triggered
        # sudo: a shop user corrects an order without seeing its postings
        posted = rest.sudo().backflush_posting_ids.filtered(
            lambda posting: posting.res_model == self._name
        )
        return triggered | posted.production_id.with_env(self.env)

    def _cover_backflush_products(self, moves):
        """Cover what is put on an order of a product under a trigger."""
        for company, orders in self._filter_backflushed().grouped("company_id").items():
            products = moves.filtered(
                lambda m, orders=orders: (
                    m.raw_material_production_id in orders or m.production_id in orders
                )
            ).product_id
            products.with_company(company)._set_backflush_covered()

    def _get_backflush_time_project(self):
        """Where time on the order is booked: its own project, else the company's."""
        self.ensure_one()
        project = self.project_id.filtered("allow_timesheets")
        return project or self.company_id._backflush_config("backflush_project_id")

    # -- what the engine asks ---------------------------------------------------

    def _get_backflush_moves(self):
        return self.move_raw_ids | self.move_finished_ids

    def _get_backflush_event(self):
        return "completion"

    def _get_backflush_date(self):
        self.ensure_one()
        moment = self.date_finished if self.state == "done" else False
        return local_date(self.company_id, moment)

    def _prepare_backflush_identity(self):
        self.ensure_one()
        return {"production_id": self.id, "product_id": self.product_id.id}

    def _prepare_backflush_jobs(self, books):
        engine = self.env["backflush.engine"]
        for order in self.filtered(lambda order: books.previous[order.id]):
            # what is booked on another day is booked again as a whole
            if order._find_backflush_misdated(books.previous[order.id]):
                engine._reverse(books.standing(order))
        fresh = self.filtered(
            lambda order: (
                not (
                    books.frozen_standard(order)
                    or order._get_backflush_first_standard(books)
                )
            )
        )
        books.load_cards(fresh.product_id)
        return [
            order._prepare_backflush_job(books)
            for order in self
            # an order in progress, or whose completion was rolled back, owes nothing
            if order.state == "done"
            or books.previous[order.id]
            or books.facts_of(order._get_backflush_moves())
        ]

    def _prepare_backflush_job(self, books):
        """What the order should have booked: its facts against its card."""
        self.ensure_one()
        job = Job(
            record=self,
            trigger=self._get_backflush_event_trigger(books),
            group=self,
            product=self.product_id,
            standard=books.frozen_standard(self),
            date_event=self._get_backflush_date(),
            quantity=ZERO,
            facts=books.facts_of(self._get_backflush_moves()),
            target=Target({}, {}),
        )
        books.check_category(self.product_id, job.trigger)
        job.standard = (
            job.standard
            or self._get_backflush_first_standard(books)
            or books.get_standard(self.product_id)
        )
        self._set_backflush_target(job, job.trigger, books)
        return job

    def _get_backflush_first_standard(self, books):
        """The card that was in force when the order's output first moved."""
        finished = self.move_finished_ids.filtered(
            lambda move: move.product_id == self.product_id
        )
        return books.facts_of(finished).sorted("id").standard_id[:1]

    def _get_backflush_event_trigger(self, books):
        """The trigger of the order's first posting stays; else the product's."""
        first = books.standing(self)[:1].trigger
        return first or self.product_id._get_backflush_trigger()

    def _get_backflush_event_trigger_now(self):
        """The same without books at hand, for what is scrapped from the order."""
        standing = self.backflush_posting_ids._filter_recorded().filtered(
            lambda p: p.res_model == self._name
        )
        first = standing.sorted("id")[:1].trigger
        return first or self.product_id._get_backflush_trigger()

    def _set_backflush_target(self, job, trigger, books):
        card = books.card(job.standard)
        order = self._get_backflush_completion(books, card)
        job.is_blend = books.is_blend(self, job.standard)
        if job.is_blend:
            order = replace(order, measures=books.measures(job.standard))
        if trigger == "delivery":
            order = replace(order, main=books.main_material(job.standard))
        job.quantity = order.output.quantity
        target = completion_target(card, order, books.accounts)
        job.target = target
        if trigger == "delivery":
            # Nothing is carried before delivery: the rows wait for the close.
            job.target = Target({}, {}, target.rows)
            job.remark = self.env._(
                "Nothing to book at completion: %(product)s is costed at delivery.",
                product=self.product_id.display_name,
            )

    def _get_backflush_completion(self, books, card):
        """What the order made and used, by its stock facts."""
        finished = self.move_finished_ids.filtered(
            lambda move: move.product_id == self.product_id
        )
        made = books.flows(finished, 1)
        return Completion(
            output=made[0] if made else Flow(self.product_id.id, ZERO, ZERO),
            byproducts=books.flows(self.move_finished_ids - finished, 1, card),
            used=books.flows(self.move_raw_ids, -1, card),
            through=books.through(books.facts_of(self.move_raw_ids), -1),
        )

    # -- buttons ----------------------------------------------------------------

    def action_view_backflush_postings(self):
        return self._get_backflush_action("backflush_posting_action")

    def action_view_backflush_variances(self):
        return self._get_backflush_action("backflush_variance_action")

    def action_view_backflush_facts(self):
        """Also of what was scrapped from the order."""
        action = self._get_backflush_action("backflush_stock_fact_action")
        moves = self.all_move_raw_ids | self.move_finished_ids
        return {**action, "domain": [("move_id", "in", moves.ids)]}

    def _get_backflush_action(self, name):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            f"backflush_costing.{name}"
        )
        action["domain"] = [("production_id", "=", self.id)]
        action["context"] = {}
        return action
