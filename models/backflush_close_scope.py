"""The books of a period as they stood at its end: what goods were worth, and where."""

from functools import cached_property

from odoo.tools import SQL

from ..costing.sql import bridge
from .backflush_proof_ledger import LedgerProof
from .backflush_proof_scope import ProofScope


class CloseScope(ProofScope):
    """Covered products at the standards that were in force at the period's end."""

    as_of_end = True

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
    def cards(self):
        """{product costed at delivery: its card in force then}"""
        if not self.version or self.version.state == "active":
            return super().cards
        cards = self.env["backflush.standard"].search(
            [
                ("version_id", "=", self.version.id),
                ("product_id", "in", self.delivered.ids),
            ]
        )
        return {card.product_id: card for card in cards}
