from collections import defaultdict
from decimal import Decimal
from functools import partial

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.service.model import retrying
from odoo.tools import SQL

from ..costing.variance import KINDS
from .backflush_books import Books, local_date, number
from .backflush_posting_error import PostingError

#: The variance rows that are lines of their posting; the others belong to no entry of
#: the addon, or wait for the close.
ROWS_QUERY = """
    UPDATE backflush_variance row
       SET account_move_id = %(entry)s, date = %(date)s
     WHERE row.posting_id = ANY(%(postings)s)
       AND row.account_move_id IS NULL
       AND EXISTS (
            SELECT FROM backflush_posting_line line
             WHERE line.posting_id = row.posting_id
               AND line.account_id = row.account_id
               AND line.element_id IS NOT DISTINCT FROM row.element_id
               AND line.kind = row.kind)
 RETURNING row.id
"""


class BackflushDay(models.AbstractModel):
    """Books what is recorded without an entry: one entry per day and journal.

    With the posting mode *daily* an event's posting, lines, facts and rows are written
    at once and count as booked; only the journal entry waits. A posting whose entry
    cannot be made is *failed* and keeps its lines: that is what tells it from one whose
    event has not been booked at all.
    """

    _name = "backflush.day"
    _description = "Daily Summary of Backflush Postings"

    # -- by schedule ------------------------------------------------------------

    @api.model
    def _cron_book(self):
        """Book the days that are over, and all where entries are immediate again."""
        progress = self.env["ir.cron"]._commit_progress
        days = [
            postings.ids
            for company, waiting in self._find_waiting().grouped("company_id").items()
            for postings in self._split(company, self._filter_over(company, waiting))
        ]
        progress(remaining=sum(len(ids) for ids in days))
        for ids in days:
            # Odoo starts a request over that met with somebody else's; not a job.
            retrying(partial(self._book_unlocked, ids), self.env)
            if not progress(len(ids)):
                break

    def _filter_over(self, company, postings):
        if company.backflush_posting_mode == "immediate":
            return postings
        today = local_date(company)
        return postings.filtered(lambda posting: posting.date_event < today)

    def _split(self, company, postings):
        """The postings of `company` by accounting day; together where none is known."""
        books = self._get_books(company, postings)
        try:
            by_day = postings.grouped(lambda p: books.date(p.date_event)[0])
        except UserError:
            return [postings] if postings else []
        return [by_day[day] for day in sorted(by_day)]

    @api.model
    def _book_unlocked(self, ids):
        """Book those that nobody else is booking or reversing right now."""
        postings = self.env["backflush.posting"].browse(ids)
        self._book(postings.try_lock_for_update(allow_referencing=True))

    @api.model
    def _schedule(self):
        """Have the job run now.

        sudo: who changes a company's settings need not have rights on schedules.
        """
        name = "backflush_costing.backflush_day_cron_book"
        if cron := self.env.ref(name, raise_if_not_found=False):
            cron.sudo()._trigger()

    # -- booking ----------------------------------------------------------------

    @api.model
    def _find_waiting(self, companies=None):
        """Recorded postings without their entry, oldest first; by default everybody's.

        Those that have failed are among them.
        """
        domain = Domain("state", "=", "pending")
        domain |= Domain("state", "=", "failed") & Domain("line_ids", "!=", False)
        if companies is not None:
            domain &= Domain("company_id", "in", companies.ids)
        return self.env["backflush.posting"].search(domain, order="date_event, id")

    @api.model
    def _book_waiting(self, postings):
        """Book `postings` as soon as nobody else does; return the journal entries."""
        self.env["backflush.engine"]._lock(postings)
        postings.invalidate_recordset()
        return self._book(postings)

    @api.model
    def _book(self, postings):
        """Book those of the locked `postings` that still wait, company by company.

        sudo: an accountant of ours need not have rights on journal entries.
        """
        entries = self.env["account.move"]
        waiting = postings.sudo()._filter_waiting()
        for company, batch in waiting.grouped("company_id").items():
            books = self._get_books(company, batch)
            day = self.with_env(books.env)
            entries |= day._book_company(books, batch.with_env(books.env))
        return entries.with_env(self.env)

    def _get_books(self, company, postings):
        env = self.env["backflush.engine"]._as_engine(company).env
        return Books(env.company, postings.with_env(env))

    def _book_company(self, books, postings):
        entries = self.env["account.move"]
        usable = postings - self._fail_archived(postings)
        for batch in self._split(books.company, usable):
            try:
                with self.env.cr.savepoint():
                    entries |= self._book_day(books, batch)
            except UserError as error:
                self._fail(batch, error)
        return entries

    def _fail_archived(self, postings):
        """Fail those with a line on an archived account: they would stop all others."""
        groups = self.env["backflush.posting.line"]._read_group(
            Domain("posting_id", "in", postings.ids)
            & Domain("account_id.active", "=", False),
            ["account_id"],
            ["posting_id:recordset"],
        )
        failed = postings.browse()
        for account, batch in groups:
            sentence = self.env._(
                "The account %(account)s is archived. Unarchive it (Invoicing › "
                "Configuration › Chart of Accounts) and retry; or reverse this posting "
                "and retry: it is then booked on the account that is set now.",
                account=account.display_name,
            )
            self._fail(batch - failed, PostingError(sentence, account))
            failed |= batch
        return failed

    def _fail(self, postings, error):
        for posting in postings:
            posting.write(posting._prepare_failure(error, posting))

    def _book_day(self, books, postings):
        """Make the entry of one accounting day and mark what it carries."""
        date = books.date(postings[0].date_event)[0]
        vals = self._prepare_entry_vals(books, postings, date)
        entry = self.env["account.move"].create(vals) if vals["line_ids"] else None
        if entry:
            entry._post(soft=False)
        self._mark(books, postings, date, entry or self.env["account.move"])
        return entry or self.env["account.move"]

    def _prepare_entry_vals(self, books, postings, date):
        label = self.env._(
            "Backflush postings of %(day)s", day=fields.Date.to_string(date)
        )
        return {
            "move_type": "entry",
            "journal_id": books.journal.id,
            "date": date,
            "company_id": books.company.id,
            "ref": label,
            "line_ids": [
                Command.create(self._prepare_item_vals(label, key, amount))
                for key, amount in self._get_totals(books, postings).items()
                if amount
            ],
        }

    def _get_totals(self, books, postings):
        """{(account, element, analytic distribution): total} of the postings' lines."""
        totals = defaultdict(Decimal)
        groups = self.env["backflush.posting.line"]._read_group(
            [("posting_id", "in", postings.ids)],
            ["account_id", "element_id", "kind", "posting_id.product_id"],
            ["amount:sum"],
        )
        for account, element, kind, product, amount in groups:
            # as in an entry of its own: only variances carry analytics
            shares = kind in KINDS and books.distribution(account.id, product)
            shares = tuple(sorted(shares.items())) if shares else ()
            totals[account, element, shares] += number(amount)
        return totals

    def _prepare_item_vals(self, label, key, amount):
        account, element, shares = key
        return {
            "account_id": account.id,
            "name": f"{label} - {element.name}" if element else label,
            "balance": float(amount),
            "analytic_distribution": dict(shares) or False,
            "backflush_element_id": element.id,
        }

    def _mark(self, books, postings, date, entry):
        self.env["backflush.variance"].flush_model()
        self.env["backflush.posting.line"].flush_model()
        self.env.execute_query(
            SQL(ROWS_QUERY, entry=entry.id or None, date=date, postings=postings.ids)
        )
        self.env["backflush.variance"].invalidate_model()
        for day, batch in (
            postings.filtered(lambda p: p.date != date).grouped("date_event").items()
        ):
            batch.write({"date": date, "date_reason": books.date(day)[1] or False})
        nothing = not entry and self.env._(
            "Nothing to book: the postings of the day add up to nothing."
        )
        failed = postings.filtered(lambda p: p.state == "failed")
        (failed if entry else postings).write({"error": nothing})
        failed.write(failed._prepare_solved())
        postings.write({"state": "posted", "account_move_id": entry.id})
