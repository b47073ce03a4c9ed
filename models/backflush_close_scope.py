"""The books of a period as they stood at its end: what goods were worth, and where."""

from functools import cached_property

from odoo.tools import SQL

from ..costing.sql import bridge
from .backflush_proof_ledger import LedgerProof
from .backflush_proof_scope import ProofScope


class CloseScope(ProofScope):
    """Covered products at the standards that were in force at the period's end."""

    as_of_end = True

    def __init__(self, company, date_from, date_to):
        super().__init__(company, date_from, date_to)
        switches = self.env["backflush.switch"]
        self.triggers = switches._get_triggers_at(self.company, date_to)
        self.company = self.company.with_context(backflush_triggers=self.triggers)
        self.env = self.company.env

    # -- switched since ---------------------------------------------------------

    def _is_perpetual(self, product):
        """As the trigger of then wanted it."""
        if trigger := self.triggers.get(product.id):
            return trigger == "completion"
        return super()._is_perpetual(product)

    def _find_account(self, product_id):
        if self.triggers.get(product_id) == "completion":
            template = self.books.product(product_id).product_tmpl_id
            return template._get_product_accounts()["stock_valuation"].id
        return super()._find_account(product_id)

    @cached_property
    def ledger(self):
        """The proof of the accounts that carry goods."""
        return LedgerProof(self)

    # -- standards --------------------------------------------------------------

    @cached_property
    def version(self):
        """The version in force then; none: as today."""
        versions = self.env["backflush.version"]
        return versions._get_in_force(self.company, self.date_to)

    @cached_property
    def prices(self):
        """{product id: standard price then}, from the history of prices."""
        self.env["product.value"].flush_model()
        query = SQL(
            bridge.PRICES,
            company=self.company.id,
            products=self.products.ids,
            until=self.until,
        )
        return dict(self.env.execute_query(query))

    def _get_price(self, product):
        price = self.prices.get(product.id)
        return product.standard_price if price is None else price

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
