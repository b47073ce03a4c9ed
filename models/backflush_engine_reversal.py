import logging
from collections import defaultdict
from decimal import Decimal

from odoo import Command, api, models

from .backflush_books import Books, number

_logger = logging.getLogger(__name__)


class BackflushEngine(models.AbstractModel):
    """What cannot be posted, and what is taken back."""

    _inherit = "backflush.engine"

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
            engine.env["backflush.time"]._follow(batch.production_id)

    def _reverse_one(self, posting):
        record = posting._get_event_record()
        self._lock(record)
        books = Books(self.env.company, record)
        reversal = self._create_reversal(posting, books)
        for row in posting.variance_ids:
            self._oppose_row(
                row,
                reversal.date or books.date(row.date)[0],
                self._get_opposite_entry(row, reversal),
            )
        posting.write(
            {
                "state": "reversed",
                "reversal_move_id": reversal.id,
                "date_reversed": reversal.date or books.date(posting.date)[0],
            }
        )

    def _oppose_row(self, row, day, entry_id):
        """The opposite of `row`, of a period that is open, whatever the row's own."""
        reversal_row = row.copy(
            {
                "amount": -row.amount,
                "amount_exchange": -row.amount_exchange,
                "quantity_standard": -row.quantity_standard,
                "quantity_actual": -row.quantity_actual,
                "account_move_id": entry_id,
                "date": day,
                "state": "provisional",
                "close_id": False,
            }
        )
        row.spread_ids._mirror(reversal_row)

    @api.model
    def _oppose(self, rows):
        """Take back `rows` that a close has made final, of documents that are undone.

        They stay; what stood on an account left it with the document's own items.
        """
        for company, batch in rows.sudo().grouped("company_id").items():
            engine = self._as_engine(company)
            batch = batch.with_env(engine.env)
            books = Books(engine.env.company, batch.bill_line_id.move_id)
            for row in batch:
                entry = row.account_move_id
                is_carried = bool(entry.backflush_close_id)
                day = books.date(row.date)[0]
                engine._oppose_row(row, day, False if is_carried else entry.id)

    def _get_opposite_entry(self, row, reversal):
        """What carries the opposite of a row; of one that a close carried, the next."""
        if row.account_move_id == row.posting_id.account_move_id:
            return reversal.id
        if row.account_move_id.backflush_close_id:
            return False
        return row.account_move_id.id

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
