import logging
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from weakref import WeakKeyDictionary

from odoo import Command, api, models
from odoo.exceptions import UserError
from odoo.tools import SQL, OrderedSet, ormcache
from odoo.tools.misc import clean_context

from ..costing.entry import Key, Target, merge, owed
from ..costing.variance import COMPONENT_KINDS, KINDS
from .backflush_books import Books, number
from .backflush_bulk import forget, insert
from .backflush_once import start_over

_logger = logging.getLogger(__name__)

#: Kinds whose rows point at the lines of bills.
BILL_KINDS = ("material_price", "subcontract_price")
#: Where the events of a running call wait until its end, by cursor. (Not in the
#: cursor's own `precommit.data` or `cache`: savepoints clear those.)
_collected: WeakKeyDictionary = WeakKeyDictionary()


@dataclass
class Job:
    """One event record on its way to a posting.

    ``group`` is the document that gets one journal entry (order or picking); ``target``
    what the event should have booked, ``owed`` what it still owes. A ``silent`` job
    makes a document only where there is something to book. ``open_entry`` is the entry
    of Odoo's own that carries the open rows, where one does. ``made`` is the product
    that the rows are about, where `product` is a component of it; ``shares`` says by
    key which amounts are about which bill lines.
    """

    record: Any
    trigger: str
    group: Any
    product: Any
    standard: Any
    date_event: Any
    quantity: Decimal
    facts: Any
    target: Target
    silent: bool = False
    shares: dict = field(default_factory=dict)
    open_entry: Any = None
    made: Any = None
    remark: str = ""
    identity: dict = field(default_factory=dict)
    owed: Target | None = None
    posting: Any = None
    values: dict = field(default_factory=dict)

    @property
    def new_facts(self):
        return self.facts.filtered(lambda fact: not fact.posting_id)


class BackflushEngine(models.AbstractModel):
    """The one way anything is booked: target − booked, for a batch of event records.

    Event records (`mrp.production`, `stock.move`) say what they should have booked in
    `_prepare_backflush_jobs`; this model does the rest, the same for all of them.
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
            with start_over():
                engine._post_batch(batch.with_env(engine.env))

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
            return bool(news)
        settled = books.standing(job.record) and not books.waiting(job.record)
        return bool(news or job.new_facts or not settled)

    # -- journal entries --------------------------------------------------------

    def _create_entries(self, jobs, books):
        """One journal entry per order or picking, by account; all in one create."""
        groups = defaultdict(list)
        for job in jobs:
            if job.owed.amounts:
                groups[job.group].append(job)
        vals = {
            group: self._prepare_entry_vals(members, lines, books)
            for group, members in groups.items()
            if (lines := self._prepare_entry_lines(members, books))
        }
        entries = self.env["account.move"].create(list(vals.values()))
        if entries:
            entries._post(soft=False)
        return dict(zip(vals, entries, strict=True))

    def _prepare_entry_vals(self, jobs, lines, books):
        return {
            "move_type": "entry",
            "journal_id": books.journal.id,
            "date": books.date(jobs[0].date_event)[0],
            "company_id": books.company.id,
            "ref": self._get_group_name(jobs),
            "line_ids": [Command.create(vals) for vals in lines],
        }

    def _prepare_entry_lines(self, jobs, books):
        totals: dict[int, Decimal] = defaultdict(Decimal)
        variances = set()
        for key, amount in merge(job.owed.amounts for job in jobs).items():
            totals[key.account] += amount
            if key.kind in KINDS:
                variances.add(key.account)
        label = self._get_entry_label(jobs)
        return [
            {
                "account_id": account,
                "name": label,
                "balance": float(amount),
                # Given here, or Odoo searches distribution models once per line. Only
                # variances carry analytics: the order's own analytic lines have the
                # cost already.
                "analytic_distribution": account in variances
                and books.distribution(account, jobs[0].product),
            }
            for account, amount in totals.items()
            if amount
        ]

    def _get_group_name(self, jobs):
        """What the accountant knows the order, transfer or movement by."""
        return self.env["backflush.posting"]._get_name_of(jobs[0].group)

    def _get_entry_label(self, jobs):
        products = {job.product for job in jobs}
        name = self._get_group_name(jobs)
        if len(products) == 1:
            return f"{name} - {products.pop().name}"
        return name

    # -- documents --------------------------------------------------------------

    def _create_postings(self, jobs, books, entries):
        """Write everything down, in one statement for each kind of record."""
        fresh = []
        for job in jobs:
            vals = self._prepare_posting_vals(job, books, entries.get(job.group))
            job.posting = books.waiting(job.record)
            if job.posting:
                # A failed posting is kept and posted, under its own number.
                job.posting.write(vals | job.posting._prepare_solved())
            else:
                fresh.append(job)
            job.values = vals | job.record._prepare_backflush_identity()
        self._insert_postings(fresh, books)
        self._tie_facts(jobs)
        lines = [vals for job in jobs for vals in self._prepare_lines(job, books)]
        insert(self.env["backflush.posting.line"], lines)
        rows = [vals for job in jobs for vals in self._prepare_variances(job, books)]
        insert(self.env["backflush.variance"], rows)

    def _insert_postings(self, jobs, books):
        books.reserve_names(len(jobs))
        for job in jobs:
            job.values |= self._prepare_identity(job.record, books)
            job.values["is_open"] = job.values["state"] == "pending"
        postings = self.env["backflush.posting"]
        vals_list = [job.values for job in jobs]
        ids = dict(insert(postings, vals_list, ["res_id", "id"]))
        for job in jobs:
            job.posting = postings.browse(ids[job.record.id])

    def _tie_facts(self, jobs):
        """Give the new facts their posting; those of others have one already."""
        pairs = [
            (fact_id, job.posting.id) for job in jobs for fact_id in job.new_facts.ids
        ]
        if not pairs:
            return
        facts, postings = (list(ids) for ids in zip(*pairs, strict=True))
        model = self.env["backflush.stock.fact"]
        self.env.execute_query(
            SQL(
                """UPDATE backflush_stock_fact fact SET posting_id = new.posting
                     FROM unnest(%s, %s) AS new(fact, posting)
                    WHERE fact.id = new.fact AND fact.posting_id IS NULL
                RETURNING fact.id""",
                facts,
                postings,
            )
        )
        model.browse(facts).invalidate_recordset(["posting_id"], flush=False)
        forget(model)

    def _prepare_posting_vals(self, job, books, entry):
        date, reason = books.date(job.date_event)
        # the day's entry will carry it (backflush.day)
        waits = books.is_daily and bool(job.owed.amounts)
        remark = not entry and not waits and self._get_nothing_booked(job)
        return {
            "event": self._get_event(job.record, books),
            "trigger": job.trigger,
            "state": "pending" if waits else "posted",
            "error": job.remark or remark or False,
            "date_event": job.date_event,
            "date": date,
            "date_reason": reason or False,
            "product_id": job.product.id,
            "standard_id": job.standard.id,
            "quantity": float(job.quantity),
            "account_move_id": entry and entry.id,
            "amount": float(sum(x for x in job.owed.amounts.values() if x > 0)),
        }

    def _get_event(self, record, books):
        if books.standing(record):
            return "correction"
        return record._get_backflush_event()

    def _prepare_identity(self, record, books):
        """What names the event; the same for posted and failed postings."""
        sequences = books.previous[record.id].mapped("sequence")
        return {
            "name": books.next_name(record._get_backflush_date()),
            "event": self._get_event(record, books),
            "res_model": record._name,
            "res_id": record.id,
            "sequence": max(sequences, default=0) + 1,
            "company_id": books.company.id,
            **record._prepare_backflush_identity(),
        }

    def _get_nothing_booked(self, job):
        if not job.quantity:
            return self.env._("Nothing to book: the quantity is 0.")
        if job.standard and not job.standard.amount:
            return self.env._("Nothing to book: the standard is 0.")
        return self.env._("Nothing to book: everything is booked already.")

    def _prepare_lines(self, job, books):
        """Values of all columns, those that the ORM would compute included."""
        for key, amount in job.owed.amounts.items():
            yield {
                "posting_id": job.posting.id,
                "account_id": key.account,
                "element_id": key.element,
                "kind": key.kind,
                "product_id": key.product,
                "amount": amount,
                "company_id": books.company.id,
                "date": job.values["date"],
            }

    def _prepare_variances(self, job, books):
        for key, row in job.owed.rows.items():
            entry = job.values["account_move_id"]
            vals = self._prepare_variance(job, books, key, row, entry)
            yield from self._share(job, key, vals)
        for key, row in job.owed.open_rows.items():
            entry = job.open_entry and job.open_entry.id
            vals = self._prepare_variance(job, books, key, row, entry)
            yield from self._share(job, key, vals)

    def _share(self, job, key, vals):
        """Split a row by the bill lines that it is about, where it is about some."""
        if key.kind not in BILL_KINDS:
            return [vals]
        return job.record._share_backflush_row(job, key, vals)

    def _prepare_variance(self, job, books, key, row, entry_id):
        """Values of all columns, those that the ORM would compute included."""
        product = job.made or job.product
        # a product may be used up to make more of the same
        is_part = key.product != product.id or key.kind in COMPONENT_KINDS
        return {
            "kind": key.kind,
            "element_id": key.element,
            "date": job.values["date"],
            "product_id": product.id,
            "component_id": key.product if is_part else False,
            "production_id": job.values.get("production_id"),
            "bill_line_id": False,
            "posting_id": job.posting.id,
            "quantity_standard": float(row.quantity_standard),
            "quantity_actual": float(row.quantity_actual),
            "price_standard": float(row.price_standard),
            "price_actual": float(row.price_actual),
            "amount": float(row.amount),
            "account_id": key.account,
            "account_move_id": entry_id,
            "state": "provisional",
            "company_id": books.company.id,
        }

    # -- failures and reversals -------------------------------------------------

    def _fail(self, record, error):
        """Keep the event as a failed posting that says what to do."""
        Posting = self.env["backflush.posting"]
        books = Books(self.env.company, record)
        posting = books.waiting(record)
        failure = Posting._prepare_failure(error, posting)
        _logger.info("Backflush posting of %s failed: %s", record, failure["error"])
        if posting:
            is_known = posting.error == failure["error"]
            posting.write(failure)
        else:
            is_known = False
            identity = self._prepare_identity(record, books)
            date_event = record._get_backflush_date()
            posting = Posting.create({**identity, **failure, "date_event": date_event})
        if not is_known:
            posting._note_orders()

    @api.model
    def _reverse(self, postings):
        """Reverse posted postings: opposite entry and rows, event open again."""
        for company, batch in postings.sudo().grouped("company_id").items():
            engine = self._as_engine(company)
            for posting in batch.with_env(engine.env):
                engine._reverse_one(posting)
            batch.with_env(engine.env)._note_orders()

    def _reverse_one(self, posting):
        record = posting._get_event_record()
        self._lock(record)
        books = Books(self.env.company, record)
        reversal = self._create_reversal(posting, books)
        for row in posting.variance_ids:
            row.copy(
                {
                    "amount": -row.amount,
                    "quantity_standard": -row.quantity_standard,
                    "quantity_actual": -row.quantity_actual,
                    "account_move_id": reversal.id
                    if row.account_move_id == posting.account_move_id
                    else row.account_move_id.id,
                    "date": reversal.date or row.date,
                }
            )
        posting.write({"state": "reversed", "reversal_move_id": reversal.id})

    def _create_reversal(self, posting, books):
        """The opposite of what the posting booked; its entry may carry others too.

        What waits for its day's entry never gets there.
        """
        if posting.state != "posted":
            return self.env["account.move"]
        totals: dict[int, Decimal] = defaultdict(Decimal)
        for line in posting.line_ids:
            totals[line.account_id.id] -= number(line.amount)
        label = self.env._("Reversal of %(name)s", name=posting.name)
        lines = [
            Command.create(
                {
                    "account_id": account,
                    "name": label,
                    "balance": float(amount),
                    "analytic_distribution": self._get_booked_analytics(
                        posting, account
                    ),
                }
            )
            for account, amount in totals.items()
            if amount
        ]
        if not lines:
            return self.env["account.move"]
        reversal = self.env["account.move"].create(
            {
                "move_type": "entry",
                # what adds up to nothing has no entry
                "journal_id": (posting.account_move_id.journal_id or books.journal).id,
                "company_id": books.company.id,
                "date": books.date(posting.date)[0],
                "ref": label,
                "reversed_entry_id": posting.account_move_id.id,
                "line_ids": lines,
            }
        )
        reversal._post(soft=False)
        return reversal

    def _get_booked_analytics(self, posting, account_id):
        items = posting.account_move_id.line_ids
        item = items.filtered(lambda item: item.account_id.id == account_id)[:1]
        return item.analytic_distribution
