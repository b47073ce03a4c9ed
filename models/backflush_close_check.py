from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class BackflushClose(models.Model):
    """Why a period cannot be closed: one sentence, before anything is written."""

    _inherit = "backflush.close"

    def _check_can_post(self):
        self._check_end()
        self._check_order()
        self._check_gap()
        self._check_postings()
        self._check_lock(self.date_to)

    def _check_end(self):
        month = fields.Date.end_of(fields.Date.context_today(self), "month")
        if self.date_to > month:
            raise UserError(
                self.env._(
                    "%(period)s ends after this month. Close it in the month in which "
                    "it ends, or later.",
                    period=self.name,
                )
            )

    def _check_order(self):
        """Periods are closed one after the other."""
        closed = self.company_id._get_backflush_closed_until()
        if closed and closed >= self.date_from:
            raise UserError(
                self.env._(
                    "Periods until %(day)s are closed. Reverse those closes before you "
                    "post an earlier one.",
                    day=fields.Date.to_string(closed),
                )
            )
        domain = Domain("company_id", "=", self.company_id.id)
        domain &= Domain("state", "in", ("draft", "computed"))
        domain &= Domain("date_from", "<", self.date_from)
        if earlier := self.search(domain, order="date_from", limit=1):
            raise UserError(
                self.env._(
                    "%(earlier)s comes first and is not posted. Post or delete it, "
                    "then post %(period)s.",
                    earlier=earlier.name,
                    period=self.name,
                )
            )

    def _check_gap(self):
        """Nothing is booked before the period that no close would ever settle."""
        domain = Domain("company_id", "=", self.company_id.id)
        domain &= Domain("date", "<", self.date_from)
        if closed := self.company_id._get_backflush_closed_until():
            domain &= Domain("date", ">", closed)
        postings = self.env["backflush.posting"]
        if first := postings.search(domain, order="date", limit=1):
            raise UserError(
                self.env._(
                    "%(posting)s of %(day)s lies before %(period)s, in a period that "
                    "is not closed. Close that one first, or begin on that day.",
                    posting=first.name,
                    day=fields.Date.to_string(first.date),
                    period=self.name,
                )
            )

    def _check_postings(self):
        waiting = self.company_id._get_backflush_open_postings(self.date_to)
        if waiting:
            raise UserError(
                self.env._(
                    "%(count)s postings of %(period)s are not booked, the first is "
                    "%(posting)s. Retry the failed ones, and book the days that wait, "
                    "under Costing › Postings.",
                    count=len(waiting),
                    period=self.name,
                    posting=waiting[-1:].name,
                )
            )

    def _check_lock(self, day):
        journal = self.company_id._backflush_config("backflush_journal_id")
        locks = self.company_id._get_violated_lock_dates(day, False, journal)
        if locks:
            raise UserError(
                self.env._(
                    "%(day)s is in a period that is locked until %(lock)s. Lift the "
                    "lock date, then try again.",
                    day=fields.Date.to_string(day),
                    lock=fields.Date.to_string(locks[-1][0]),
                )
            )

    # -- accounts ---------------------------------------------------------------

    def _check_accounts(self, reader):
        """Every account that the entry needs; `reader` has read the period."""
        self._get_usable_journal(reader)
        for line in self.line_ids:
            if line.control or line.applied or line.variances:
                self._check_element(reader.books, line.element_id)
        for element_id, kind, account, _amount in reader.read_rows():
            if not account:
                element = self.env["backflush.element"].browse(element_id)
                reader.books.accounts.by_element[kind, element.id]
        if self._get_residues():
            reader.books.accounts.variance["rounding"]
        if self._needs_cost_of_sales(reader):
            self._get_usable(reader, "backflush_cost_of_sales_account_id")
        if self.part_ids._get_capitalised():
            self._get_usable(reader, "backflush_capitalised_variance_account_id")

    def _get_usable_journal(self, reader):
        return reader.books.journal

    def _check_element(self, books, element):
        place = self.env._(
            "the cost element %(name)s (Configuration › Costing › Cost Elements)",
            name=element.name,
        )
        purposes = {
            "control_account_id": self.env._("control account"),
            "applied_account_id": self.env._("applied account"),
        }
        for field, purpose in purposes.items():
            books.usable(element[field], purpose, lambda: place, element)

    def _needs_cost_of_sales(self, reader):
        return (
            any(line.timing for line in self.line_ids)
            or any(part.place == "cost_of_sales" for part in self.part_ids)
            or any(not parts for _account, _amount, parts in reader.usage)
        )

    def _get_usable(self, reader, field):
        """The id of one of the company's accounts, checked."""
        account = self.company_id._backflush_config(field)
        label = self.env["ir.model.fields"]._get("res.company", field)
        return reader.books.usable(
            account,
            self.env._("account '%(label)s'", label=label.field_description),
            lambda: self.env._("Settings › Backflush Costing"),
            None,
        )
