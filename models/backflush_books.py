"""What one batch of one company needs to be posted, read in bulk, as plain values."""

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC
from decimal import Decimal
from functools import cached_property
from zoneinfo import ZoneInfo

from odoo import fields
from odoo.exceptions import UserError

from ..costing.entry import (
    MATERIAL,
    Accounts,
    Amounts,
    Card,
    CardLine,
    Key,
    Recorded,
    relieve,
)
from ..costing.variance import Flow


def number(value: float) -> Decimal:
    """A float from the database as the decimal it was written as."""
    return Decimal(repr(value or 0.0))


def local_date(company, moment=None):
    """The company's calendar day of a UTC moment (default: now)."""
    moment = moment or fields.Datetime.now()
    zone = company.partner_id.tz or company.resource_calendar_id.tz or "UTC"
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()


class Lookup(dict):
    """A mapping that finds (and keeps) what it is first asked for."""

    def __init__(self, find: Callable):
        super().__init__()
        self._find = find

    def __missing__(self, key):
        self[key] = value = self._find(key)
        return value


class Books:
    """Accounts, cards and earlier postings for one batch of event records.

    Lives as long as one batch. What is missing raises a `UserError` that names it and
    says where to set it; it becomes the reason of a failed posting.
    """

    def __init__(self, company, records):
        self.env = company.env
        self.company = company
        self.records = records
        self.unit = number(company.currency_id.rounding)

    # -- accounts ---------------------------------------------------------------

    @cached_property
    def journal(self):
        journal = self.company._backflush_config("backflush_journal_id")
        if not journal:
            raise UserError(
                self.env._(
                    "%(company)s has no backflush journal. Load its chart of accounts "
                    "(Invoicing › Configuration › Settings › Fiscal Localization) or "
                    "choose a journal under Settings › Backflush Costing, then retry.",
                    company=self.company.display_name,
                )
            )
        if not journal.active:
            raise UserError(
                self.env._(
                    "The backflush journal %(journal)s is archived. Unarchive it, or "
                    "choose another one under Settings › Backflush Costing, then retry.",
                    journal=journal.display_name,
                )
            )
        return journal

    @cached_property
    def elements(self):
        return self.company._get_backflush_elements()

    @cached_property
    def material(self):
        element = self.elements.filtered(lambda e: e.type == "material")[:1]
        if not element:
            raise UserError(
                self.env._(
                    "%(company)s has no active cost element of type Material. Load its "
                    "chart of accounts, or add the element under Costing › "
                    "Configuration › Cost Elements, then retry.",
                    company=self.company.display_name,
                )
            )
        return element

    @cached_property
    def accounts(self) -> Accounts:
        return Accounts(
            material_element=self.material.id,
            stock=Lookup(self._find_stock_account),
            applied=Lookup(self._find_applied_account),
            variance=Lookup(self._find_variance_account),
        )

    def _find_stock_account(self, product_id: int) -> int:
        product = self.env["product.product"].browse(product_id)
        account = product._get_backflush_relief_account()
        place = self.env._(
            "the category %(category)s of %(product)s (Inventory › Configuration › "
            "Product Categories)",
            category=product.categ_id.display_name or self.env._("(none)"),
            product=product.display_name,
        )
        purpose = (
            self.env._("stock valuation account")
            if product.valuation == "real_time"
            else self.env._("expense account")
        )
        return self._usable(account, purpose, place)

    def _find_applied_account(self, element_id: int) -> int:
        element = self.env["backflush.element"].browse(element_id)
        return self._usable(
            element.applied_account_id,
            self.env._("applied account"),
            self._element_place(element),
        )

    def _find_variance_account(self, kind: str) -> int:
        return self._usable(
            self.material._get_variance_account(kind),
            self.env._("variance account"),
            self._element_place(self.material),
        )

    def check_category(self, product):
        """Refuse a set-up in which Odoo would cost the same goods a second time."""
        category = product.categ_id
        trigger = product._get_backflush_trigger()
        wanted = "real_time" if trigger == "completion" else "periodic"
        if product.cost_method != "standard":
            raise UserError(
                self.env._(
                    "The category %(category)s is not at standard cost: set its Costing "
                    "Method to Standard Price, then retry.",
                    category=category.display_name,
                )
            )
        if product.valuation != wanted:
            labels = dict(category._fields["property_valuation"]._description_selection(
                self.env
            ))
            raise UserError(
                self.env._(
                    "The category %(category)s is costed at %(trigger)s, which needs the "
                    "inventory valuation %(valuation)s: set it there, then retry.",
                    category=category.display_name,
                    trigger=trigger,
                    valuation=labels[wanted],
                )
            )

    def cost_of_sales_account(self, product) -> int:
        account = product.product_tmpl_id._get_product_accounts()["expense"]
        return self._usable(
            account,
            self.env._("expense account"),
            self.env._("the product %(name)s or its category", name=product.display_name),
        )

    def _element_place(self, element):
        return self.env._(
            "the cost element %(name)s (Costing › Configuration › Cost Elements)",
            name=element.display_name,
        )

    def _usable(self, account, purpose: str, place: str) -> int:
        if not account:
            raise UserError(
                self.env._(
                    "No %(purpose)s: set it on %(place)s, then retry.",
                    purpose=purpose,
                    place=place,
                )
            )
        if not account.active:
            raise UserError(
                self.env._(
                    "The %(purpose)s %(account)s is archived: unarchive it, or choose "
                    "another one on %(place)s, then retry.",
                    purpose=purpose,
                    account=account.display_name,
                    place=place,
                )
            )
        return account.id

    # -- cards ------------------------------------------------------------------

    def load_cards(self, products):
        """Read the active cards of `products` in one go."""
        cards = self.env["backflush.standard"]._get_active_cards(products, self.company)
        for product in products:
            self.standards[product.id] = cards.get(product)

    @cached_property
    def standards(self) -> dict:
        return {}

    def get_standard(self, product):
        """The active card of `product`, checked."""
        if product.id not in self.standards:
            self.load_cards(product)
        standard = self.standards[product.id]
        if not standard:
            raise UserError(
                self.env._(
                    "%(product)s has no standard cost card in an active costing version. "
                    "Roll up and activate a version that has it (Costing › Standards › "
                    "Costing Versions), then retry.",
                    product=product.display_name,
                )
            )
        if standard.uom_id != product.uom_id:
            raise UserError(
                self.env._(
                    "The standard cost card of %(product)s is per %(card_unit)s, but the "
                    "product is now kept in %(unit)s. Roll up and activate a new costing "
                    "version (Costing › Standards › Costing Versions), then retry.",
                    product=product.display_name,
                    card_unit=standard.uom_id.name,
                    unit=product.uom_id.name,
                )
            )
        return standard

    @cached_property
    def _cards(self) -> dict[int, Card]:
        return {}

    def card(self, standard) -> Card:
        """The plain values of a card."""
        if standard.id not in self._cards:
            lines = tuple(
                CardLine(
                    line.line_type,
                    line.element_id.id,
                    line.component_id.id or None,
                    number(line.quantity),
                    number(line.rate),
                    number(line.amount),
                )
                for line in standard.line_ids
            )
            self._cards[standard.id] = Card(
                standard.product_id.id, number(standard.amount), lines
            )
        return self._cards[standard.id]

    def inner_cards(self, product_ids) -> dict[int, Card]:
        """Cards of those components that are themselves costed at delivery, all levels.

        Such a component stands on no stock account: it is relieved through its card.
        """
        result: dict[int, Card] = {}
        level = self.env["product.product"].browse(product_ids)
        while level := level.filtered(
            lambda p: p.id not in result and p._get_backflush_trigger() == "delivery"
        ):
            self.load_cards(level.filtered(lambda p: p.id not in self.standards))
            for product in level:
                result[product.id] = self.card(self.get_standard(product))
            level = level.browse(
                {x.product for p in level for x in result[p.id].lines if x.product}
            )
        return result

    def material_content(self, standard) -> dict:
        """Material content per unit of a card, by perpetual valuation account.

        What periodic materials contribute stands on their expense account and is none
        of the closing's business.
        """
        card = self.card(standard)
        inner = self.inner_cards([line.product for line in card.lines if line.product])
        totals: dict = defaultdict(Decimal)
        for part in relieve(card, self.accounts, inner):
            material = self.env["product.product"].browse(part.product)
            if part.kind == MATERIAL and material.valuation == "real_time":
                account = self.env["account.account"].browse(part.account)
                totals[account] += part.amount
        return dict(totals)

    def open_usage_account(self, row):
        """Perpetual materials account on which an unbooked material row still stands."""
        material = row.component_id
        if not material:
            lines = row.posting_id.standard_id.line_ids.filtered("component_id")
            material = lines.sorted("amount", reverse=True)[:1].component_id
        if not material or material.valuation != "real_time":
            return None
        return self.env["account.account"].browse(self.accounts.stock[material.id])

    # -- dates, numbers, analytics ----------------------------------------------

    @cached_property
    def _dates(self) -> dict:
        return {}

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
        return self._sequence._next(sequence_date=date_event)

    @cached_property
    def _distributions(self) -> dict:
        return {}

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
        result = defaultdict(self.env["backflush.stock.fact"].browse)
        result.update({move.id: group for move, group in facts.grouped("move_id").items()})
        return result

    def facts_of(self, moves):
        empty = self.env["backflush.stock.fact"]
        return empty.union(*(self.facts[move_id] for move_id in moves.ids))

    def flows(self, moves, sign: int) -> list[Flow]:
        """What movements brought (`sign` 1) or took (−1), per product, by their facts."""
        totals: dict = {}
        for move in moves:
            quantity, amount = totals.get(move.product_id, (Decimal(0), Decimal(0)))
            for fact in self.facts[move.id]:
                quantity += sign * number(fact.quantity)
                amount += sign * number(fact.amount)
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
