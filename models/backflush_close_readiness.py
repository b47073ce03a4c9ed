"""What has to be seen to before a period is closed: the checks that may refuse it."""

from functools import cached_property

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..costing.sql.period import ACCOUNTS
from .backflush_close_found import BLOCKING, Found
from .backflush_close_reader import CloseReader
from .backflush_close_readiness_goods import GoodsReadiness
from .backflush_close_readiness_time import TimeReadiness
from .backflush_close_scope import CloseScope
from .backflush_posting_error import SETTINGS

#: The checks, in the order shown; `_find_…` says what each of them finds.
CHECKS = (
    "dates",
    "earlier",
    "lock",
    "postings",
    "accounts",
    "stock_accounts",
    "unbooked",
    "received_not_billed",
    "billed_not_received",
    "delivered_not_invoiced",
    "invoiced_not_delivered",
    "time_assumed",
    "time_unallocated",
    "timers",
    "counts",
    "work_in_process",
    "native_closing",
)
#: What an element's rows are, whatever happens: kinds of its two variance accounts.
KINDS = {
    "labour": ("unallocated", "labour_efficiency"),
    "variable_overhead": ("overhead_spending", "overhead_efficiency"),
    "conversion": ("overhead_spending", "overhead_efficiency"),
    "fixed_overhead": ("overhead_budget", "overhead_volume"),
    "subcontract": ("subcontract_price",),
}


class Readiness(GoodsReadiness, TimeReadiness):
    """The checks of one close; reads everything in bulk, and lives as long as they."""

    def __init__(self, close):
        self.close = close
        self.company = close.company_id
        self.scope = CloseScope(self.company, close.date_from, close.date_to)
        self.env = self.scope.env
        self.day = fields.Date.to_string(close.date_to)

    def find(self, check):
        """What the check finds, or nothing. The env must have seen all that is new."""
        return getattr(self, f"_find_{check}")()

    def money(self, amount):
        return self.company.currency_id.format(float(amount))

    @staticmethod
    def _found(sentence, count, records, amount=0.0):
        return Found(sentence, count, records, float(amount))

    def _refuse(self, *checks):
        """What one of them says: its refusal is the sentence."""
        for check in checks:
            try:
                check()
            except UserError as error:
                return str(error)
        return ""

    # -- the period -------------------------------------------------------------

    def _find_dates(self):
        close = self.close
        if sentence := self._refuse(close._check_end, close._check_fiscal_year):
            return Found(sentence, 1, state=BLOCKING)
        return None

    def _find_lock(self):
        if sentence := self._refuse(lambda: self.close._check_lock(self.close.date_to)):
            return Found(sentence, 1, state=BLOCKING)
        return None

    def _find_earlier(self):
        """Closes that come first, or postings before the period without a close."""
        close = self.close
        company = Domain("company_id", "=", self.company.id)
        if sentence := self._refuse(close._check_order):
            is_open = Domain("state", "in", ("draft", "computed"))
            is_open &= Domain("date_from", "<", close.date_from)
            is_later = Domain("state", "=", "posted")
            is_later &= Domain("date_to", ">=", close.date_from)
            records = self.env["backflush.close"].search(company & (is_open | is_later))
        elif sentence := self._refuse(close._check_gap):
            domain = company & Domain("date", "<", close.date_from)
            if closed := self.company._get_backflush_closed_until():
                domain &= Domain("date", ">", closed)
            records = self.env["backflush.posting"].search(domain)
        else:
            return None
        return Found(sentence, len(records), records, state=BLOCKING)

    def _find_postings(self):
        if sentence := self._refuse(self.close._check_postings):
            waiting = self.company._get_backflush_open_postings(self.close.date_to)
            return Found(sentence, len(waiting), waiting, state=BLOCKING)
        return None

    # -- accounts ---------------------------------------------------------------

    def _find_accounts(self):
        """Accounts that the entry needs; before the figures are known, may need."""
        errors = list(self._get_account_errors())
        if not errors:
            return None
        elements = self.env["backflush.element"]
        for error in errors:
            place = getattr(error, "place", None)
            if place and not isinstance(place, str) and place._name == elements._name:
                elements |= place
        return Found(
            " ".join(dict.fromkeys(map(str, errors))),
            len(errors),
            elements,
            state=BLOCKING,
            action=SETTINGS if len(elements) < len(errors) else "",
        )

    def _get_account_errors(self):
        """The refusals of posting, each once."""
        for check in self._get_account_checks():
            try:
                check()
            except UserError as error:
                yield error

    def _get_account_checks(self):
        close, reader = self.close, self._reader
        is_known = close.state == "computed"
        yield lambda: close._get_usable_journal(reader)
        by_element = reader.books.accounts.by_element
        for element in self._needed_elements:
            yield lambda element=element: close._check_element(reader.books, element)
            for kind in () if is_known else KINDS.get(element.type, ()):
                yield lambda key=(kind, element.id): by_element[key]
        for element_id, kind, account, _amount in reader.read_rows():
            if not account:
                yield lambda key=(kind, element_id): by_element[key]
        if (
            self._needed_elements
            if not is_known
            else close._needs_cost_of_sales(reader)
        ):
            name = "backflush_cost_of_sales_account_id"
            yield lambda: close._get_usable(reader, name)
        policy = self.company._backflush_config("backflush_variance_policy")
        if close.part_ids._get_capitalised() if is_known else policy == "prorate":
            other = "backflush_capitalised_variance_account_id"
            yield lambda: close._get_usable(reader, other)

    @cached_property
    def _reader(self):
        return CloseReader(self.company, self.close.date_from, self.close.date_to)

    @cached_property
    def _needed_elements(self):
        """Those with anything to clear."""
        if self.close.state == "computed":
            lines = self.close.line_ids.filtered(
                lambda x: x.control or x.applied or x.variances
            )
            return lines.element_id
        ids = {
            element
            for element, _account, control, applied in self._reader._fetch(ACCOUNTS)
            if control or applied
        }
        ids |= {element for element, *_row in self._reader.read_rows()}
        return self._reader.elements.filtered(lambda x: x.id in ids)
