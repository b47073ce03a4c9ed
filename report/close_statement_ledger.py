"""The T-accounts of a close, read in bulk as the kernel's values."""

from functools import cached_property

from odoo.fields import Domain

from ..costing.sql import statement
from ..costing.statement import (
    ZERO,
    Movement,
    Source,
    TAccount,
    letters,
    t_accounts,
)
from ..models.backflush_books import number
from ..models.backflush_close_adjust import ACCOUNT_FIELDS
from ..models.backflush_close_reader import CloseReader

CONVERSION, GOODS, VARIANCES, SALES = "conversion", "goods", "variances", "sales"
#: Sources of items in the order in which they are shown; the close's own come after.
SOURCES = ("bill", "invoice", "posting", "other", "closes")
STEPS, UNDONE = len(SOURCES), 1000


class StatementLedger:
    """Accounts that a close is about: before, what the period booked, after.

    :param close: in sudo, with its company; in the language of who reads it
    """

    def __init__(self, close):
        self.close, self.env, self.company = close, close.env, close.company_id
        self.reader = CloseReader(close.company_id, close.date_from, close.date_to)
        self.is_open = close.state in ("draft", "computed")

    def fetch(self, query, **values):
        """Rows of a statement of costing/sql/statement.py."""
        return self.reader.fetch(
            query, close=self.close.id, is_open=self.is_open, **values
        )

    # -- which accounts ---------------------------------------------------------

    @cached_property
    def sections(self) -> dict[int, str]:
        """{account id: section}, in the order in which they are shown."""
        found = dict.fromkeys(self._get_conversion_ids(), CONVERSION)
        for section, ids in (
            (GOODS, self.close.account_proof_ids.account_id.ids),
            # timing is on cost of sales, which is no account of variances
            (SALES, self._get_sales_ids()),
            (VARIANCES, self._get_variance_ids()),
        ):
            for account_id in ids:
                found.setdefault(account_id, section)
        for account in self._get_used():
            is_goods = account.internal_group == "asset"
            found.setdefault(account.id, GOODS if is_goods else SALES)
        order = (CONVERSION, GOODS, VARIANCES, SALES)
        return dict(sorted(found.items(), key=lambda item: order.index(item[1])))

    def _get_conversion_ids(self):
        for element in self.reader.elements:
            yield from element.control_account_id.ids
            yield from element.applied_account_id.ids

    def _get_variance_ids(self):
        for element in self.company._get_backflush_elements():
            yield from element.price_variance_account_id.ids
            yield from element.quantity_variance_account_id.ids
        yield from sorted({row[2] for row in self.rows if row[2]})
        yield from self.close.part_ids.account_id.ids
        yield from self.company._backflush_config(
            "backflush_revaluation_account_id"
        ).ids

    def _get_sales_ids(self):
        names = [*ACCOUNT_FIELDS.values(), "backflush_capitalised_variance_account_id"]
        names.remove("backflush_cost_of_sales_account_id")
        for name in ("backflush_cost_of_sales_account_id", *names):
            yield from self.company._backflush_config(name).ids

    def _get_used(self):
        """Accounts that the period's postings, closes and sales stand on."""
        rows = self.fetch(
            statement.ACCOUNTS,
            journal=self.company._backflush_config("backflush_journal_id").id or 0,
            categories=self.reader._get_categories("completion", "delivery").ids,
        )
        ids = {account for account, _is_sales in rows}
        ids |= {line.account for line in self.lines if line.account}
        return self.env["account.account"].browse(sorted(ids))

    # -- what they hold ---------------------------------------------------------

    @cached_property
    def lines(self):
        """What the close would book, as long as it is not posted."""
        if self.close.state != "computed":
            return []
        return self.close._get_lines(self.reader)

    @cached_property
    def rows(self):
        """[(kind, element id, account id, count, amount)] of the close's variances."""
        return self.fetch(statement.ROWS)

    @cached_property
    def accounts(self) -> dict[int, TAccount]:
        """{account id: T-account}, in the order of the sections."""
        found = t_accounts([*self._read_items(), *self._read_lines()])
        return {x: found[x] for x in self.sections if x in found} | {
            # what has no account yet
            x: account
            for x, account in found.items()
            if not x
        }

    @cached_property
    def letters(self):
        return letters(self.accounts.values())

    def _read_items(self):
        rows = self.fetch(
            statement.LEDGER,
            accounts=list(self.sections),
            carried=self._get_carried(),
            year=self.company.compute_fiscalyear_dates(self.close.date_from)[
                "date_from"
            ],
        )
        rows.sort(key=lambda row: row[3])
        steps, names = {}, self._get_source_names()
        for account, source, label, _first, debit, credit in rows:
            if source in ("close", "undone"):
                rank = steps.setdefault(label, STEPS + len(steps))
                known = self._get_step(rank, label, is_undone=source == "undone")
            else:
                known = names.get(source)
            yield Movement(account, known, number(debit), number(credit))

    def _get_carried(self):
        """Accounts that carry their balance over the end of a fiscal year."""
        accounts = self.env["account.account"].browse(self.sections)
        return accounts.filtered("include_initial_balance").ids

    def _get_source_names(self):
        labels = {
            "bill": self.env._("Vendor bills"),
            "invoice": self.env._("Customer invoices"),
            "posting": self.env._("Backflush postings"),
            "other": self.env._("Other entries"),
            "closes": self.env._("Other closes"),
        }
        return {name: Source(SOURCES.index(name), x) for name, x in labels.items()}

    def _get_step(self, rank, label, *, is_undone):
        name = (label or "").removesuffix(f" {self.close.name}")
        if is_undone:
            return Source(rank + UNDONE, self.env._("%(step)s, reversed", step=name))
        return Source(rank, name)

    def _read_lines(self):
        names = self.close._get_step_names()
        steps = {}
        for line in self.lines:
            rank = steps.setdefault(line.step, STEPS + len(steps))
            label = self.env._("%(step)s, not posted", step=names[line.step])
            source = Source(rank, label)
            debit, credit = max(line.amount, ZERO), max(-line.amount, ZERO)
            yield Movement(line.account or 0, source, debit, credit)

    # -- entries ----------------------------------------------------------------

    @cached_property
    def entries(self):
        """Journal entries of the close, oldest first."""
        domain = Domain("backflush_close_id", "=", self.close.id)
        entries = self.env["account.move"].search(domain, order="date, id")
        return entries.filtered(lambda entry: entry.state == "posted")
