import logging
from collections import defaultdict
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL, OrderedSet, ormcache
from odoo.tools.misc import clean_context

from ..costing.entry import Key, owed
from .backflush_books import Books
from .backflush_once import start_over

_logger = logging.getLogger(__name__)

#: Where the events of a running call wait until its end, by cursor. (Not in the
#: cursor's own `precommit.data` or `cache`: savepoints clear those.)
_collected: WeakKeyDictionary = WeakKeyDictionary()


class BackflushEngine(models.AbstractModel):
    """The one way anything is booked: target − booked, for a batch of event records.

    Event records (`mrp.production`, `stock.move`) say what they should have booked in
    `_prepare_backflush_jobs`; this model does the rest, the same for all of them. How
    it makes entries, writes postings and reverses them is in the files beside.
    """

    _name = "backflush.engine"
    _description = "Backflush Engine"

    # -- collecting the events of a call ----------------------------------------

    @api.model
    @contextmanager
    def _collect(self):
        """Post the events registered inside once, at the end of the outermost call.

        Numbering journal entries holds a lock until commit: the later, the better.
        """
        cursor = self.env.cr
        if cursor in _collected:
            yield
            return
        _collected[cursor] = events = defaultdict(OrderedSet)
        try:
            yield
        finally:
            del _collected[cursor]
        for model, ids in events.items():
            self._post_records(self.env[model].browse(ids))

    @api.model
    def _enqueue(self, records):
        """Have `records` posted at the end of the running call, or now outside one."""
        if not records:
            return
        events = _collected.get(self.env.cr)
        if events is None:
            self._post_records(records)
        else:
            events[records._name].update(records.ids)

    @api.model
    def _get_enqueued(self, model):
        """The records of `model` that are posted at the end of the running call."""
        return self.env[model].browse(_collected.get(self.env.cr, {}).get(model, ()))

    @api.model
    @ormcache("name")
    def _get_lists_of(self, name):
        """[(model, its fields)] that list records of the model `name`, or follow from
        such lists, and are not stored.
        """
        registry = self.pool
        result = defaultdict(list)
        for link in self.env[name]._fields.values():
            for inverse in registry.field_inverses[link]:
                for known in (inverse, *registry.get_dependent_fields(inverse)):
                    if not (known.store and known.column_type):
                        result[known.model_name].append(known.name)
        return [(model, tuple(fields)) for model, fields in result.items()]

    # -- posting ----------------------------------------------------------------

    @api.model
    def _post_records(self, records):
        """Bring the books of event records in line with their facts.

        sudo: a shop user causes postings without any right in accounting. It covers the
        postings and their journal entries, never Odoo's own stock calls.
        """
        # Work that was rolled back may have taken its records along.
        records = self._lock(records)
        for company, batch in records.sudo().grouped("company_id").items():
            engine = self._as_engine(company)
            batch = batch.with_env(engine.env)
            with start_over():
                engine._post_batch(batch)
                engine._follow_time(batch)

    def _follow_time(self, records):
        """Variances of time follow what was made, whatever has become of the entry."""
        orders = {
            "mrp.production": lambda: records,
            "mrp.unbuild": lambda: records.mo_id,
        }
        if find := orders.get(records._name):
            self.env["backflush.time"]._follow(find())

    @api.model
    def _as_engine(self, company):
        """The engine, acting for one company, without the defaults of a screen."""
        partner = company.sudo().partner_id
        partner.fetch(["lang", "tz"])  # of its many fields
        context = clean_context(self.env.context)
        context |= {
            "backflush_engine": True,
            "allowed_company_ids": company.ids,
            # whoever finishes an order does not follow its journal entry
            "mail_create_nosubscribe": True,
            # documents speak the company's language, whoever has them posted: the
            # same reason of failure is the same sentence
            "lang": partner.lang or self.env.lang,
        }
        return self.with_env(self.env(su=True, context=context)).with_company(company)

    def _post_batch(self, records):
        # What others left to be written is theirs: its errors are no failure of ours.
        self.env.cr.flush()
        try:
            with self.env.cr.savepoint():
                self._book(records)
            return
        except UserError as error:
            if len(records) == 1:
                self._fail(records, error)
                return
        # One bad order must not keep its neighbours out of the books.
        for record in records:
            try:
                with self.env.cr.savepoint():
                    self._book(record)
            except UserError as error:
                self._fail(record, error)

    def _lock(self, records):
        """Wait for whoever is posting the same events, in id order.

        Return those that are there.
        """
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM %s WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
                SQL.identifier(records._table),
                sorted(records.ids),
            )
        )
        found = {record_id for (record_id,) in rows}
        return records.filtered(lambda record: record.id in found)

    def _touch(self, records):
        """Make a concurrent correction of the same record start over.

        Finishing an order writes it anyway; a correction does not, and waiting for the
        lock alone would leave this transaction with an old view of the postings.
        """
        if records:
            self.env.execute_query(
                SQL(
                    "UPDATE %s SET write_date = write_date WHERE id = ANY(%s)"
                    " RETURNING id",
                    SQL.identifier(records._table),
                    records.ids,
                )
            )

    def _book(self, records):
        books = Books(self.env.company, records)
        books.check_company()
        self._touch(records.filtered(lambda record: books.previous[record.id]))
        jobs = records._prepare_backflush_jobs(books)
        due = [job for job in jobs if self._settle(job, books)]
        entries = {} if books.is_daily else self._create_entries(due, books)
        self._create_postings(due, books, entries)
        self.env["backflush.posting"].union(
            *(job.posting for job in due)
        )._note_orders()

    def _settle(self, job, books):
        """Set what `job` still owes; return whether there is anything to write down."""
        account = books.accounts.variance["rounding"] if job.target.amounts else 0
        rounding = Key(account, books.accounts.material_element, "rounding", None)
        job.owed = owed(
            job.target,
            books.booked(job.record),
            books.recorded(job.record, with_entry=True),
            books.recorded(job.record, with_entry=False),
            books.unit,
            rounding,
        )
        if job.shares:
            job.record._add_backflush_swaps(job)
        news = job.owed.amounts or job.owed.rows or job.owed.open_rows
        if job.silent:
            # one that has failed is settled, also where nothing was to be booked
            return bool(news or books.waiting(job.record))
        settled = books.standing(job.record) and not books.waiting(job.record)
        return bool(news or job.new_facts or not settled)
