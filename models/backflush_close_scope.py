"""The books of a period as they stood at its end: what goods were worth, and where."""

from copy import copy
from dataclasses import replace
from datetime import timedelta
from functools import cached_property

from odoo import fields
from odoo.tools import SQL

from ..costing.sql import bridge, facts, ledger
from .backflush_books import PastTriggers, number
from .backflush_proof_documents import DocumentReader
from .backflush_proof_ledger import LedgerProof
from .backflush_proof_scope import ProofScope


class CloseScope(ProofScope):
    """Covered products at the standards that were in force at the period's end."""

    as_of_end = True

    def __init__(self, company, date_from, date_to):
        super().__init__(company, date_from, date_to)
        switches = self.env["backflush.switch"]
        self.triggers = switches._get_triggers_at(self.company, date_to)
        self.company = self.company.with_context(
            backflush_triggers=PastTriggers(self.triggers)
        )
        self.env = self.company.env

    @cached_property
    def ledger(self):
        """The proof of the accounts that carry goods."""
        return LedgerProof(self)

    # -- goods ------------------------------------------------------------------

    @cached_property
    def used(self):
        """[(product id, quantity, amount)] of what orders had used by then that were
        not finished.
        """
        return [
            (row["product"], -number(row["quantity"]), -number(row["amount"]))
            for row in self.env.execute_query_dict(facts.unbooked(self.frame))
            if row["production"] and row["amount"] <= 0
        ]

    @cached_property
    def documents(self):
        """(purchases, sales), also of goods at average or FIFO, which are not proved:
        what is open of them counts as it moved.
        """
        other = copy(self)
        others = [x for x in self.frame.products if not x.at_standard]
        products = [x._replace(at_standard=True) for x in others]
        other.frame = replace(self.frame, products=products)
        reader = DocumentReader(other)
        return (
            self.purchases + (reader.read_purchases() if products else []),
            self.sales + (reader.read_sales() if products else []),
        )

    def read_closed(self, accounts):
        """{account id: what Odoo's own closing has booked on it by then}"""
        journal = self.company._backflush_config("account_stock_journal_id")
        query = ledger.closed(self.frame, accounts, journal.id or None)
        return {x: number(y) for x, y in self.env.execute_query(query)}

    # -- standards --------------------------------------------------------------

    @cached_property
    def version(self):
        """The version in force then; none: as today."""
        versions = self.env["backflush.version"]
        return versions._get_in_force(self.company, self.date_to)

    @cached_property
    def prices(self):
        """{product id: standard price then}, from the history of prices."""
        return self._read_prices(self.products)

    def _read_prices(self, products):
        self.env["product.value"].flush_model()
        query = SQL(
            bridge.PRICES,
            company=self.company.id,
            products=products.ids,
            until=self.until,
        )
        return dict(self.env.execute_query(query))

    def get_values(self, products):
        """{product that is not covered: what was on hand of it then, at its price}"""
        self.prices.update(self._read_prices(products))
        valued = products._with_backflush_stock(self._last_moment)
        return {
            product: number(held.qty_available) * number(self._get_price(product))
            for product, held in zip(products, valued, strict=True)
            if held.qty_available
        }

    @property
    def _last_moment(self):
        return self.until - timedelta(seconds=1)

    def _get_price(self, product):
        if product.cost_method != "standard":
            return self._get_average(product)
        price = self.prices.get(product.id)
        return product.standard_price if price is None else price

    def _get_average(self, product):
        """Average or FIFO has no history of prices: Odoo works out what it was."""
        if self._last_moment >= fields.Datetime.now():
            return product.standard_price
        if product.cost_method == "average":
            return product._run_avco(at_date=self._last_moment)[0]
        quantity = product._with_backflush_stock(self._last_moment).qty_available
        if product.uom_id.compare(quantity, 0) <= 0:
            return product.standard_price
        return product._run_fifo(quantity, at_date=self._last_moment) / quantity

    @cached_property
    def made_cards(self):
        """{product under a trigger: its card in force then}"""
        made = self.products.filtered(lambda product: product._get_backflush_trigger())
        cards = self.env["backflush.standard"]
        if not self.version or self.version.state == "active":
            return cards._get_active_cards(made, self.company)
        domain = [("version_id", "=", self.version.id), ("product_id", "in", made.ids)]
        return {card.product_id: card for card in cards.search(domain)}

    @cached_property
    def cards(self):
        """Those of products costed at delivery."""
        delivered = set(self.delivered.ids)
        return {x: card for x, card in self.made_cards.items() if x.id in delivered}
