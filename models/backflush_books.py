"""What one batch of one company needs to be posted, read in bulk, as plain values."""

from collections import defaultdict, deque
from decimal import Decimal
from functools import cached_property

from odoo import fields
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..costing.entry import Amounts, Key, Recorded
from ..costing.variance import (
    ZERO,
    Flow,
    Measured,
    Original,
    material_changes,
    restate,
)
from .backflush_book_accounts import BookAccounts
from .backflush_book_blends import BookBlends
from .backflush_book_cards import BookCards, number
from .backflush_book_dates import BookDates, local_date

FACT_FIELDS = (
    "move_id",
    "product_id",
    "quantity",
    "standard",
    "amount",
    "standard_id",
    "is_owner",
    "posting_id",
    "sequence",
)

__all__ = ["Books", "LastFact", "PastTriggers", "local_date", "number"]


class LastFact(int):
    """Id of the last stock fact that is not the addon's to book, as a context value.

    A type of its own: numbers that a call from outside puts there do not count.
    """


class PastTriggers(dict):
    """{product id: trigger} of before a switch, as a context value.

    A type of its own: what a call from outside puts there does not count.
    """


class Books(BookAccounts, BookBlends, BookCards, BookDates):
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
        self._carriers = {}
        self._priced = {}
        self._contents = {}
        self._dates = {}
        self._distributions = {}
        self._numbers = deque()

    @property
    def is_daily(self) -> bool:
        """Whether entries are made once a day."""
        return self.company.backflush_posting_mode == "daily"

    # -- numbers, analytics -----------------------------------------------------

    @cached_property
    def _sequence(self):
        return self.company._get_backflush_sequence()

    def reserve_names(self, count: int):
        """Draw so many numbers at once, where the sequence simply counts."""
        sequence = self._sequence
        if sequence.implementation == "standard" and not sequence.use_date_range:
            name = f"ir_sequence_{sequence.id:03}"  # as Odoo names it
            query = "SELECT nextval(%s) FROM generate_series(1, %s)"
            rows = self.env.execute_query(SQL(query, name, count))
            self._numbers.extend(drawn for (drawn,) in rows)

    def next_name(self, date_event) -> str:
        """The next number of the company's postings, in the year of the event.

        Numbering never stops anything: without a usable sequence a posting has none.
        """
        day = fields.Date.to_string(date_event)
        try:
            sequence = self._sequence.with_context(ir_sequence_date=day)
            if self._numbers:
                return sequence.get_next_char(self._numbers.popleft())
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

    def recorded(self, record, *, with_entry: bool) -> dict[Key, Recorded]:
        """Σ of the variance rows of the record's postings that still stand.

        Those that are lines of their posting (`with_entry`), or those that no entry of
        the addon carries.
        """
        result: dict = {}
        for posting in self.standing(record):
            lines = {
                (line.element_id, line.kind, line.account_id)
                for line in posting.line_ids
            }
            for row in posting.variance_ids:
                is_line = (
                    row.account_move_id == posting.account_move_id
                    and (row.element_id, row.kind, row.account_id) in lines
                )
                if is_line is with_entry:
                    key = self._row_key(row)
                    result[key] = self._add_row(result.get(key, Recorded()), row)
        return result

    def _row_key(self, row) -> Key:
        element = row.element_id.id or None
        return Key(row.account_id.id, element, row.kind, self._row_product(row))

    @staticmethod
    def _add_row(known: Recorded, row) -> Recorded:
        added = (row.quantity_standard, row.quantity_actual, row.amount)
        return Recorded(*(x + number(y) for x, y in zip(known, added, strict=True)))

    def standing(self, record):
        """The record's postings that count as booked."""
        return self.previous[record.id]._filter_recorded()

    @staticmethod
    def _row_product(row) -> int | None:
        if row.kind == "rounding":
            return None
        return (row.component_id or row.product_id).id

    def waiting(self, record):
        """The record's posting that failed before anything was recorded, if any."""
        previous = self.previous[record.id]
        failed = previous.filtered(lambda p: p.state == "failed")
        return (failed - failed._filter_recorded())[-1:]

    def frozen_standard(self, record):
        """The card of the record's first posting, if any: it stays."""
        return self.previous[record.id].standard_id[:1]

    @cached_property
    def facts(self) -> dict:
        """Stock facts by movement id, for the movements of the batch."""
        moves = self.records._get_backflush_moves()
        domain = [("move_id", "in", moves.ids)]
        last = self.env.context.get("backflush_facts_after")
        if isinstance(last, LastFact):
            domain.append(("id", ">", int(last)))  # Odoo has booked the others
        facts = self.env["backflush.stock.fact"].search_fetch(
            domain, FACT_FIELDS, order="id"
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

    def flows(self, moves, sign: int, card=None, originals=None) -> list[Flow]:
        """What movements brought (`sign` 1) or took (−1) per product, by facts.

        `originals` ({product: Original}) are the standards at which the event was first
        booked; without, those of the first fact of each product. What has no facts goes
        at the price on the `card`.
        """
        by_product: dict = defaultdict(self.env["stock.move"].browse)
        for move in moves:
            by_product[move.product_id] |= move
        flows = []
        for product, group in by_product.items():
            original = (originals or {}).get(product)
            flow = self.flow(product, self.facts_of(group), sign, original)
            if not product.is_storable:
                flow = self._consume(flow, group, sign, card)
            flows.append(flow)
        return [flow for flow in flows if flow.quantity or flow.stock_amount]

    def through(self, facts, sign: int) -> dict:
        """Amounts of facts of goods costed at delivery, with the card of each.

        They stand on no account of their own but through that card.
        """
        result: dict = defaultdict(list)
        for fact in facts.sorted("id"):
            product = fact.product_id
            if product._get_backflush_trigger() == "delivery" and fact.amount:
                standard = self.priced(fact.standard_id or self.get_standard(product))
                result[product.id].append((sign * number(fact.amount), standard))
        return result

    def flow(self, product, facts, sign: int, original=None) -> Flow:
        """What `facts` of one product brought (`sign` 1) or took (−1)."""
        facts = facts.sorted("id")
        valued = facts.filtered(lambda fact: not fact.is_owner)
        # the split of a card is only asked for where there is more than one
        split = bool(original) or len(valued.standard_id) > 1
        measured = [self._measure(fact, sign, split=split) for fact in valued]
        actual_cost = product.cost_method != "standard"
        amount, change, parts = sum((x.amount for x in measured), ZERO), ZERO, ()
        materials = ()
        if measured and not actual_cost:
            first = measured[0]
            original = original or Original(
                first.standard, first.content, first.materials
            )
            element = self.accounts.material_element
            amount, change, parts = restate(measured, original, element)
            materials = material_changes(measured, original)
        owned = sum((sign * number(x.quantity) for x in facts - valued), ZERO)
        return Flow(
            product.id,
            sum((x.quantity for x in measured), ZERO) + owned,
            amount,
            number(product.standard_price),
            actual_cost,
            change,
            parts,
            owned,
            materials,
        )

    def _consume(self, flow, moves, sign, card) -> Flow:
        """Consumables have no stock, so no facts: used as the order says, out of the
        expense account that their bills go to; at the price of the card, or, where it
        has none, at the one in force when they were first recorded.
        """
        moved = [(sign * self._consumed(move), move) for move in moves]
        quantity = sum((used for used, _move in moved), ZERO)
        price = card and card.price(flow.product)
        if price is not None:
            return flow._replace(quantity=quantity, amount=quantity * price)
        amount = sum((used * self._get_price_of(move) for used, move in moved), ZERO)
        return flow._replace(quantity=quantity, amount=amount)

    def _get_price_of(self, move) -> Decimal:
        """The price at which its document first recorded it, else the one in force."""
        document = move._get_backflush_maker()
        rows = self.previous[document.id].variance_ids
        if document._name == "mrp.unbuild":
            rows = document.mo_id.backflush_variance_ids | rows
        first = rows.sorted("id").filtered(
            lambda row: (
                row.component_id == move.product_id
                and row.kind in ("material_substitution", "output_quantity")
            )
        )[:1]
        return number(first.price_standard if first else move.product_id.standard_price)

    def _measure(self, fact, sign, *, split) -> Measured:
        standard = fact.standard_id
        has_card = split and standard
        content = self.content(standard) if has_card else {}
        materials = self.materials(standard) if has_card else {}
        return Measured(
            sign * number(fact.quantity),
            number(fact.standard),
            sign * number(fact.amount),
            content,
            materials,
        )

    @staticmethod
    def _consumed(move) -> Decimal:
        """What a done movement would have changed in stock, in the product's unit."""
        if move.state != "done":
            return ZERO
        unit = move.product_id.uom_id
        moved = move.product_uom._compute_quantity(move.quantity, unit, round=False)
        return number(moved if move.location_id.usage == "production" else -moved)
