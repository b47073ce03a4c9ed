import logging
from datetime import timedelta

import psycopg2
from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import OrderedSet

from .backflush_posting_error import PostingError, prepare_place

_logger = logging.getLogger(__name__)

#: Events whose posting follows another document: they are not posted by themselves.
FOREIGN_EVENTS = ("bill", "invoice", "revaluation")
#: The schedule tries again after this pause, twice as long each time, up to the most.
PAUSE, LONGEST_PAUSE = timedelta(minutes=15), timedelta(days=1)
CRON = "backflush_costing.backflush_posting_cron_retry"


class BackflushPostingQueue(models.AbstractModel):
    """What failed, why, where it is set right, and when it is tried again.

    Used by `backflush.posting` only.
    """

    _name = "backflush.posting.queue"
    _description = "Queue of Failed Backflush Postings"

    tries = fields.Integer(
        readonly=True, aggregator=None, help="How often it has been tried in vain."
    )
    date_tried = fields.Datetime(string="Last Try", readonly=True)
    date_retry = fields.Datetime(
        string="Next Try",
        readonly=True,
        help="From then on the schedule tries again by itself.",
    )
    place_model = fields.Char(readonly=True)
    place_id = fields.Many2oneReference(model_field="place_model", readonly=True)
    place_action = fields.Char(readonly=True)
    place_name = fields.Char(string="Place to Fix", compute="_compute_place_name")
    age = fields.Integer(
        string="Age (Days)",
        compute="_compute_age",
        aggregator=None,
        help="Days since the event.",
    )

    @api.depends("date_event")
    @api.depends_context("tz")
    def _compute_age(self):
        today = fields.Date.context_today(self)
        for posting in self:
            posting.age = (today - posting.date_event).days if posting.date_event else 0

    @api.depends("place_model", "place_id", "place_action")
    @api.depends_context("lang")
    def _compute_place_name(self):
        # sudo: names only; opening the place asks for the rights that it needs
        sudo = self.sudo()
        names = {}
        for model, postings in (
            sudo.filtered("place_model").grouped("place_model").items()
        ):
            ids = postings.mapped("place_id")
            places = self.env[model].sudo().browse(ids).exists()
            names |= {(model, place.id): place.display_name for place in places}
        for posting in sudo:
            if posting.place_action:
                action = self.env.ref(posting.place_action, raise_if_not_found=False)
                posting.place_name = action.sudo().name if action else False
            else:
                key = (posting.place_model, posting.place_id)
                posting.place_name = names.get(key, False)

    # -- what is in the queue ---------------------------------------------------

    @api.model
    def _get_queue_domain(self):
        """Postings that wait for somebody to set something right."""
        return Domain("state", "=", "failed")

    @api.model
    def _get_retry_domain(self):
        """Those of them whose event can be booked again.

        One that has lines is recorded: it only lacks its day's entry, which the job
        that books the days makes.
        """
        return (
            self._get_queue_domain()
            & Domain("event", "not in", FOREIGN_EVENTS)
            & Domain("line_ids", "=", False)
        )

    @api.model
    def _get_batch(self):
        """How many a run of the schedule, or one press of *Retry All*, takes."""
        return 200

    # -- what the engine writes -------------------------------------------------

    @api.model
    def _prepare_failure(self, error, posting=None):
        """Vals of a posting that failed, `posting` where it did so before."""
        tries = (posting.tries if posting else 0) + 1
        now = fields.Datetime.now()
        return {
            "state": "failed",
            "error": self._get_reason(error),
            "tries": tries,
            "date_tried": now,
            "date_retry": now + self._get_pause(tries),
            **prepare_place(error),
        }

    @api.model
    def _get_reason(self, error):
        """Why it failed, and what to do; our own sentences say so themselves."""
        reason = str(error.args[0] if error.args else error)
        if isinstance(error, PostingError):
            return reason
        return self.env._(
            "The journal entry was refused: %(reason)s Set that right, then retry.",
            reason=f"{reason.rstrip('.')}.",
        )

    @api.model
    def _prepare_solved(self):
        """Vals of a posting that is no failure any more."""
        return {"date_retry": False, **prepare_place(None)}

    @api.model
    def _get_pause(self, tries):
        doublings = min(tries - 1, 10)  # 10 are far beyond the longest pause
        return min(PAUSE * 2**doublings, LONGEST_PAUSE)

    # -- by button --------------------------------------------------------------

    def action_retry(self):
        """Post failed postings again; each on its own.

        Those that still cannot be posted keep the reason why. The event of a reversed
        posting is booked again, as the next posting. What is recorded and waits for
        its day's entry is booked with its day.
        """
        self.check_access("read")
        self._check_accountant()
        recorded = self._filter_waiting()
        self.env["backflush.day"]._book_waiting(recorded)
        waiting = (self - recorded).filtered(
            lambda p: p.state != "posted" and p.event not in FOREIGN_EVENTS
        )
        for records in waiting._get_event_records():
            self.env["backflush.engine"]._post_records(records)
        # sudo: whose activity it is does not matter, the reason is gone
        self.sudo()._sync_activities(waiting.company_id)
        return (waiting | recorded)._notify_retry()

    def action_retry_all(self):
        """Retry the whole queue of the chosen companies, the oldest events first.

        A long queue is left to the schedule, which books it step by step.
        """
        self._check_accountant()
        domain = self._get_retry_domain() & Domain(
            "company_id", "in", self.env.companies.ids
        )
        most = self._get_batch()
        due = self.search(domain, order="date_event, id", limit=most + 1)
        if len(due) <= most:
            return due.action_retry()
        # sudo: an accountant may not write postings, and starts what runs anyway
        everything = self.search(domain).sudo().with_context(backflush_engine=True)
        everything.write({"date_retry": fields.Datetime.now()})
        self.env.ref(CRON).sudo()._trigger()
        return self._notify(
            self.env._(
                "%(count)s postings are being retried in the background.",
                count=len(everything),
            ),
            "info",
        )

    def action_fix(self):
        """Open the place where this is set right; else the document itself."""
        self.ensure_one()
        if self.place_action:
            return self.env["ir.actions.actions"]._for_xml_id(self.place_action)
        place = self.place_model and self.env[self.place_model].browse(self.place_id)
        if not place or not place.exists():
            return self.action_open_event()
        # what is company-dependent there is to be set for this company
        company = {"allowed_company_ids": self.company_id.ids}
        return {**self._open(place), "context": company}

    def _notify_retry(self):
        """Say what became of the postings that have been tried."""
        open_events = self.search(
            self._get_queue_domain() & Domain("res_id", "in", self.mapped("res_id"))
        )
        keys = set(open_events.mapped(lambda p: (p.res_model, p.res_id)))
        failed = self.filtered(lambda p: (p.res_model, p.res_id) in keys)
        posted = len(self) - len(failed)
        if not self:
            return self._notify(self.env._("Nothing to retry."), "info")
        if not failed:
            message = self.env._("%(count)s posted.", count=posted)
            return self._notify(message, "success")
        if len(self) == 1:
            message = self.env._("Still failed: %(reason)s", reason=open_events.error)
            return self._notify(message, "warning")
        message = self.env._(
            "%(posted)s posted, %(failed)s still failed.",
            posted=posted,
            failed=len(failed),
        )
        return self._notify(message, "warning")

    @api.model
    def _notify(self, message, kind):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": message,
                "type": kind,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _get_event_records(self):
        """Yield the records that the events happened on, model by model."""
        for model, postings in self.grouped("res_model").items():
            # an event with several postings is one event
            ids = OrderedSet(postings.mapped("res_id"))
            if records := self.env[model].browse(ids).exists():
                yield records

    # -- by schedule ------------------------------------------------------------

    @api.model
    def _cron_retry(self):
        """Retry what is due, document by document, and tell the accountants.

        Each document is committed: what follows cannot roll it back. One that somebody
        is working on is left to the next run.
        """
        domain = self._get_retry_domain() & (
            Domain("date_retry", "=", False)
            | Domain("date_retry", "<=", fields.Datetime.now())
        )
        due = self.search(domain, order="date_retry, id", limit=self._get_batch())
        progress = self.env["ir.cron"]._commit_progress
        progress(remaining=self.search_count(domain))
        for unit in due._get_retry_units():
            unit._retry_unlocked()
            if not progress(len(unit)):
                break
        self._sync_activities()

    def _get_retry_units(self):
        """Postings that share a journal entry: those of one order or transfer."""
        return self.grouped(
            lambda p: (p.company_id, p.res_model, p.picking_id or p.res_id)
        ).values()

    def _retry_unlocked(self):
        """Retry postings whose documents nobody is working on.

        An error that is no refusal is logged and keeps nobody else waiting; those of
        the database (serialization, deadlock, lost connection) end the run, as in Odoo.
        """
        try:
            with self.env.cr.savepoint():
                for records in self._get_event_records():
                    free = records.try_lock_for_update(allow_referencing=True)
                    self.env["backflush.engine"]._post_records(free)
        except psycopg2.Error:
            raise
        except Exception:
            _logger.exception("Backflush postings %s could not be retried", self.ids)
        # What has not really been tried must not stand in the way of the others.
        now = fields.Datetime.now()
        skipped = self.filtered(
            lambda p: p.state == "failed" and (p.date_retry or now) <= now
        )
        if skipped:
            engine = self.env["backflush.engine"]._as_engine(skipped.company_id)
            skipped.with_env(engine.env).write({"date_retry": now + PAUSE})
