"""What one batch of one company needs to be posted, read in bulk, as plain values."""

from collections import defaultdict
from datetime import UTC
from decimal import Decimal
from functools import cached_property
from zoneinfo import ZoneInfo

from odoo import fields
from odoo.exceptions import UserError

from ..costing.entry import Amounts, Key, Recorded
from ..costing.variance import Flow
from .backflush_book_accounts import BookAccounts
from .backflush_book_cards import BookCards, number

__all__ = ["Books", "local_date", "number"]


def local_date(company, moment=None):
    """The company's calendar day of a UTC moment (default: now)."""
    moment = moment or fields.Datetime.now()
    zone = company.partner_id.tz or company.resource_calendar_id.tz or "UTC"
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()


class Books(BookAccounts, BookCards):
    """Accounts, cards and earlier postings for one batch of event records.

    Lives as long as one batch. What is missing raises a `UserError` that names it and
    says where to set it; it becomes the reason of a failed posting.
    """

    def __init__(self, company, records):
        self.env = company.env
        self.company = company
        self.records = records
        self.unit = number(company.currency_id.rounding)
        self.standards = {}
        self._product_ids = set()
        self._prefetch = ()
        self._cards = {}
        self._frozen_cards = {}
        self._dates = {}
        self._distributions = {}

    # -- dates, numbers, analytics ----------------------------------------------

    def date(self, date_event):
        """Accounting date of an event and, where it differs, the reason.

        The event date, or the day after the last lock date it violates: never "today".
        """
        if date_event not in self._dates:
            locks = self.company._get_violated_lock_dates(
                date_event, False, self.journal
            )
            date, reason = date_event, ""
            if locks:
                date = fields.Date.add(locks[-1][0], days=1)
                reason = self.env._(
                    "%(event)s is in a locked period: booked on the first open day.",
                    event=fields.Date.to_string(date_event),
                )
            self._dates[date_event] = (date, reason)
        return self._dates[date_event]

    @cached_property
    def _sequence(self):
        return self.company._get_backflush_sequence()

    def next_name(self, date_event) -> str:
        """The next number of the company's postings, in the year of the event.

        Numbering never stops anything: without a usable sequence a posting has none.
        """
        day = fields.Date.to_string(date_event)
        try:
            sequence = self._sequence.with_context(ir_sequence_date=day)
            return sequence._next() if sequence else "/"
        except UserError:
            return "/"

    def distribution(self, account_id: int, product):
        """What the users' analytic distribution models say for a variance line."""
        key = (account_id, product.id)
        if key not in self._distributions:
            models = self.env["account.analytic.distribution.model"]
            account = self.env["account.account"].browse(account_id)
            self._distributions[key] = models._get_distribution(
                {
                    "product_id": product.id,
                    "product_categ_id": product.categ_id.id,
                    "account_prefix": account.code,
                    "company_id": self.company.id,
                }
            )
        return self._distributions[key]

    # -- what is known of the events --------------------------------------------

    @cached_property
    def previous(self) -> dict:
        """Earlier postings by event record id, oldest first."""
        postings = self.env["backflush.posting"].search(
            [
                ("res_model", "=", self.records._name),
                ("res_id", "in", self.records.ids),
                ("company_id", "=", self.company.id),
            ],
            order="id",
        )
        result = defaultdict(self.env["backflush.posting"].browse)
        result.update(postings.grouped("res_id"))
        return result

    def booked(self, record) -> Amounts:
        """Σ lines of the record's postings that still stand."""
        result: Amounts = defaultdict(Decimal)
        for line in self.standing(record).line_ids:
            key = Key(
                line.account_id.id,
                line.element_id.id or None,
                line.kind,
                line.product_id.id or None,
            )
            result[key] += number(line.amount)
        return dict(result)

    def recorded(self, record) -> dict[Key, Recorded]:
        """Σ of the variance rows of the record's postings that still stand."""
        result: dict = {}
        for row in self.standing(record).variance_ids:
            key = Key(
                row.account_id.id,
                row.element_id.id or None,
                row.kind,
                self._row_product(row),
            )
            known = result.get(key, Recorded())
            added = (row.quantity_standard, row.quantity_actual, row.amount)
            result[key] = Recorded(
                *(x + number(y) for x, y in zip(known, added, strict=True))
            )
        return result

    def standing(self, record):
        return self.previous[record.id].filtered(lambda p: p.state == "posted")

    @staticmethod
    def _row_product(row) -> int | None:
        if row.kind == "rounding":
            return None
        return (row.component_id or row.product_id).id

    def waiting(self, record):
        """The record's posting that is still to be posted, if any."""
        return self.previous[record.id].filtered(
            lambda p: p.state in ("failed", "pending")
        )[-1:]

    def frozen_standard(self, record):
        """The card of the record's first posting, if any: it stays."""
        return self.previous[record.id].standard_id[:1]

    @cached_property
    def facts(self) -> dict:
        """Stock facts by movement id, for the movements of the batch."""
        moves = self.records._get_backflush_moves()
        facts = self.env["backflush.stock.fact"].search(
            [("move_id", "in", moves.ids)], order="id"
        )
        self._product_ids.update(facts.product_id.ids)
        result = defaultdict(self.env["backflush.stock.fact"].browse)
        result.update(
            {move.id: group for move, group in facts.grouped("move_id").items()}
        )
        return result

    def product(self, product_id: int):
        """A product, read together with all others of the batch."""
        if len(self._prefetch) != len(self._product_ids):
            self._prefetch = tuple(self._product_ids)
        product = self.env["product.product"].browse(product_id)
        return product.with_prefetch(self._prefetch)

    def prefetch(self, products):
        """Have `products` read together."""
        self._product_ids.update(products.ids)

    def facts_of(self, moves):
        empty = self.env["backflush.stock.fact"]
        return empty.union(*(self.facts[move_id] for move_id in moves.ids))

    def flows(self, moves, sign: int) -> list[Flow]:
        """What movements brought (`sign` 1) or took (−1) per product, by facts."""
        totals: dict = {}
        for move in moves:
            quantity, amount = totals.get(move.product_id, (Decimal(0), Decimal(0)))
            for fact in self.facts[move.id]:
                quantity += sign * number(fact.quantity)
                amount += sign * number(fact.amount)
            if not move.product_id.is_storable and move.state == "done":
                # Consumables have no stock, so no facts: used as the order says, at
                # their cost, out of the expense account that their bills go to.
                used = move.product_uom._compute_quantity(
                    move.quantity, move.product_id.uom_id, round=False
                )
                quantity += number(used)
                amount += number(used) * number(move.product_id.standard_price)
            totals[move.product_id] = (quantity, amount)
        return [
            Flow(
                product.id,
                quantity,
                amount,
                number(product.standard_price),
                product.cost_method != "standard",
            )
            for product, (quantity, amount) in totals.items()
            if quantity or amount
        ]
