"""What one run of *Check the books* looks at, read in bulk."""

from collections import defaultdict
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import chain
from zoneinfo import ZoneInfo

from odoo.fields import Domain
from odoo.tools import SQL

from ..costing.entry import MATERIAL, Accounts, main_material, relieve
from ..costing.sql import ledger
from ..costing.sql.frame import Frame, Product
from ..costing.variance import ZERO
from .backflush_book_accounts import Lookup
from .backflush_books import Books, number
from .backflush_proof_documents import DocumentReader

ONE = Decimal(1)


class ProofScope:
    """Company, period and covered products of one check, with what the proofs share.

    Lives as long as one check.
    """

    #: Leave out what came after the period.
    as_of_end = False

    def __init__(self, company, date_from, date_to):
        # sudo: whoever proves the books may not see all goods and documents of others
        self.company = company.sudo().with_company(company)
        self.env = self.company.env
        self.date_from = date_from
        self.date_to = date_to
        self.unit = number(self.company.currency_id.rounding)

    @cached_property
    def frame(self) -> Frame:
        return Frame(
            company=self.company.id,
            date_from=self.date_from,
            date_to=self.date_to,
            since=self._get_moment(self.date_from),
            until=self.until,
            unit=self.company.currency_id.rounding,
            products=[self._prepare_product(product) for product in self.products],
            own=self._get_own_condition(),
            as_of_end=self.as_of_end,
        )

    @cached_property
    def until(self):
        """The moment in UTC at which the period is over."""
        return self._get_moment(self.date_to + timedelta(days=1))

    def _get_moment(self, day):
        zone = self.company.partner_id.tz or self.company.resource_calendar_id.tz
        midnight = datetime.combine(day, time.min, ZoneInfo(zone or "UTC"))
        return midnight.astimezone(UTC).replace(tzinfo=None)

    def _get_own_condition(self):
        """Goods of other owners are recorded with an amount of 0."""
        if "is_owner" in self.env["backflush.stock.fact"]._fields:
            return SQL("f.is_owner IS NOT TRUE")
        return SQL("TRUE")

    @cached_property
    def last_close(self):
        """The last period that was closed before the end; may be none."""
        day = self.date_to + timedelta(days=0 if self.as_of_end else 1)
        return self.env["backflush.close"]._get_last(self.company, day)

    # -- products ---------------------------------------------------------------

    @cached_property
    def products(self):
        """Covered products that are kept in stock, archived ones too."""
        Product = self.env["product.product"].with_context(active_test=False)
        triggered = self.env["product.category"].search(
            [("property_backflush_trigger", "!=", False)]
        )
        domain = (
            Domain("is_storable", "=", True)
            & Domain(Product._check_company_domain(self.company))
            & (
                Domain("property_backflush_covered", "=", True)
                | Domain("categ_id", "in", triggered.ids)
            )
        )
        return Product.search(domain).with_context(active_test=True)

    @cached_property
    def delivered(self):
        """Those that are costed at delivery."""
        return self.products.filtered(
            lambda product: product._get_backflush_trigger() == "delivery"
        )

    def _prepare_product(self, product):
        is_delivered = product in self.delivered
        return Product(
            product.id,
            None if is_delivered else self._accounts[product.id] or None,
            self._get_price(product),
            product._is_backflush_at_standard(),
            product._is_backflush_perpetual(),
            is_delivered,
            self._early.get(product.id, 0),
        )

    @cached_property
    def switches(self):
        """The switches of the company, which documents of before them may outlast."""
        return self.env["backflush.switch"]._find_done(self.company)

    @cached_property
    def _early(self):
        """{product id: last stock fact before a switch made it perpetual}"""
        result = {}
        for switch in self.switches.sorted(lambda x: x.last_fact_id.id):
            lines = switch.line_ids.filtered(lambda x: x.trigger and not x.trigger_old)
            result |= dict.fromkeys(lines.product_ids.ids, switch.last_fact_id.id)
        return result

    def _get_price(self, product):
        """Standard of one unit."""
        return product.standard_price

    @cached_property
    def known(self):
        """{product id: what the queries know of it}."""
        return {product.id: product for product in self.frame.products}

    @cached_property
    def _accounts(self):
        return Lookup(self._find_account)

    def _find_account(self, product_id):
        product_id = self._find_host(product_id) or product_id
        return self.books.product(product_id)._get_backflush_relief_account().id

    # -- where goods stand ------------------------------------------------------

    @cached_property
    def books(self):
        books = Books(self.company, self.env["stock.move"])
        books.prefetch(self.products)
        return books

    @cached_property
    def carried(self):
        """{product id: {account id: amount of one unit}} of products at standard.

        Goods costed at delivery stand on their materials' accounts with what their card
        says of those, by-products on that of the material that they came of; goods that
        are bought and costed at delivery stand on none.
        """
        result = {
            product.id: {product.account: number(product.price)}
            for product in self.frame.products
            if product.at_standard and product.account
        }
        for product, card in self.cards.items():
            result[product.id] = self._get_content(card)
        return result

    @cached_property
    def cards(self):
        """{product costed at delivery: its card in force}."""
        Standard = self.env["backflush.standard"]
        return Standard._get_active_cards(self.delivered, self.company)

    @cached_property
    def _plain_accounts(self):
        """No account is missing here: what has none is not carried."""
        return Accounts(0, self._accounts, defaultdict(int), {})

    def _get_content(self, standard):
        result = defaultdict(Decimal)
        for _product, account_id, amount in self.get_materials(standard):
            result[account_id] += amount
        return dict(result)

    def get_materials(self, standard):
        """[(product id, account id, amount)] of the materials in one unit of a card."""
        return [
            (part.product, part.account, part.amount)
            for part in self._relieve(standard, self._plain_accounts)
            if part.kind == MATERIAL and self._is_carried(part.product)
        ]

    def _relieve(self, standard, accounts):
        inner = self._inner[standard.version_id]
        return relieve(self.books.card(standard), accounts, inner)

    @cached_property
    def _inner(self):
        """{version: cards of goods costed at delivery, by product id}."""
        return Lookup(self._read_inner)

    def _read_inner(self, version):
        cards = self.cards | self.books.find_cards(self.delivered, version)
        return {product.id: self.books.card(card) for product, card in cards.items()}

    def _is_carried(self, product_id):
        known = self.known.get(self._find_host(product_id) or product_id)
        return bool(known and known.account)

    def _find_host(self, product_id):
        """The material with which a by-product costed at delivery stands."""
        product = self.books.product(product_id)
        if product._get_backflush_trigger() != "delivery":
            return None
        standard = self.books.find_yield(product).standard_id
        inner = self._inner[standard.version_id]
        return standard and main_material(self.books.card(standard), inner)

    def get_main_material(self, standard_id):
        """The material with which what an order costed at delivery stands."""
        standard = self.env["backflush.standard"].browse(standard_id or [])
        inner = self._inner[standard.version_id]
        return standard and main_material(self.books.card(standard), inner)

    def get_shares(self, product_id, standard_id):
        """{account id: share} of an open amount that stands with a material.

        Without a product, with the largest material line of the event's card. A product
        that is itself costed at delivery stands there with the material content of the
        card only that was in force with the event's own.
        """
        standard = self.env["backflush.standard"].browse(standard_id or [])
        if not product_id:
            lines = standard.line_ids.filtered("component_id")
            product_id = lines.sorted("amount", reverse=True)[:1].component_id.id
        known = self.known.get(product_id)
        if known and known.account:
            return {known.account: ONE}
        product = self.books.product(product_id)
        found = self.books.find_cards(product, standard.version_id)
        card = found.get(product) or self.cards.get(product)
        if not card or not card.amount:
            return {}
        total = number(card.amount)
        content = self._get_content(card)
        return {account: part / total for account, part in content.items()}

    def get_inner_amount(self, moves, product_id):
        """What was used of a product within goods that are costed at delivery.

        :return: amount taken off its account by the cards of those goods
        """
        total = ZERO
        books = Books(self.company, moves)
        through = books.through(books.facts_of(moves), -1)
        for amount, standard in chain.from_iterable(through.values()):
            if standard.card.amount:
                parts = relieve(standard.card, self._plain_accounts, standard.inner)
                units = amount / standard.card.amount
                total += units * sum(
                    (x.amount for x in parts if x.product == product_id), ZERO
                )
        return total

    # -- stock and documents ----------------------------------------------------

    @cached_property
    def on_hand(self):
        """{product id: valued quantity}."""
        rows = self.env.execute_query(ledger.on_hand(self.frame))
        return {product_id: number(quantity) for product_id, quantity in rows}

    @cached_property
    def purchases(self):
        """What bills have done with what came in, by order line."""
        return DocumentReader(self).read_purchases()

    @cached_property
    def sales(self):
        """What invoices have done with what went out, by order line."""
        return DocumentReader(self).read_sales()
