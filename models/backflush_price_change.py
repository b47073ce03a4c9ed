from contextlib import contextmanager
from weakref import WeakKeyDictionary

from odoo import api, models
from odoo.tools import SQL

from .backflush_books import number
from .backflush_on_hand import read_quantities_on_hand, shared_versions

#: Prices that a running call has changed, as they were before, by cursor:
#: {company id: {product id: price}}.
_collected: WeakKeyDictionary = WeakKeyDictionary()


class BackflushPriceChange(models.AbstractModel):
    """What becomes of a standard price that was not set by a costing version.

    Set by hand, by import or by Odoo's cost buttons, on a covered product: the goods on
    hand are revalued at once, in the same transaction, and the card is marked, because
    it says something else now.
    """

    _name = "backflush.price.change"
    _description = "Standard Price Changed by Hand"

    # -- collecting the changes of a call ---------------------------------------

    @api.model
    @contextmanager
    def _collect(self):
        """Book the prices changed inside at the end of the outermost call, in one go.

        An import would otherwise make a journal entry for each product.
        """
        cursor = self.env.cr
        if cursor in _collected:
            yield
            return
        _collected[cursor] = changes = {}
        try:
            yield
        finally:
            del _collected[cursor]
        self._book_all(changes)

    @api.model
    def _book_collected(self):
        """Book what the running call has changed so far, because goods move now.

        Those that come later come at the new price: they are not to be revalued.
        """
        if changes := _collected.get(self.env.cr):
            known = dict(changes)
            changes.clear()
            self._book_all(known)

    def _book_all(self, changes):
        for company_id, old_prices in changes.items():
            company = self.env["res.company"].browse(company_id)
            # an import that fails is rolled back, with the products that it made
            products = self.env["product.product"].browse(old_prices).exists()
            self._book(company, {p.id: old_prices[p.id] for p in products})

    @api.model
    def _add(self, company, old_prices):
        """Book changed prices at the end of the running call, or now outside one.

        :param old_prices: {product id: standard price before, in `company`}
        """
        changes = _collected.get(self.env.cr)
        if changes is None:
            self._book(company, old_prices)
        else:
            known = changes.setdefault(company.id, {})
            for product_id, price in old_prices.items():
                known.setdefault(product_id, price)

    # -- booking ----------------------------------------------------------------

    @api.model
    def _book(self, company, old_prices):
        """Keep the history, revalue the goods on hand, mark cards and prices.

        sudo: whoever may change a price causes the posting, with no right in
        accounting.
        """
        engine = self.env["backflush.engine"]._as_engine(company)
        products = engine.env["product.product"].browse(old_prices)
        changes = {
            product: (old_prices[product.id], product.standard_price)
            for product in products
            if product.standard_price != old_prices[product.id]
        }
        if not changes:
            return
        self = self.with_env(engine.env)
        self._lock_movements(company)
        self._record(company, changes)
        self._revalue(company, changes)
        self._mark_drifted(company, products)

    def _record(self, company, changes):
        prices = {product: new for product, (_old, new) in changes.items()}
        texts = {
            product: self.env._(
                "Price changed from %(old)s to %(new)s",
                old=number(old),
                new=number(new),
            )
            for product, (old, new) in changes.items()
        }
        self.env["product.value"]._insert_backflush_prices(company, prices, texts)

    def _revalue(self, company, changes):
        """Goods costed at delivery stand on no account at their price: card only."""
        Revaluation = self.env["backflush.revaluation"]
        carried = [p for p in changes if p._get_backflush_trigger() != "delivery"]
        on_hand = read_quantities_on_hand(company.with_env(self.env), carried)
        restated = [
            (product, on_hand[product.id], *changes[product])
            for product in carried
            if product.id in on_hand
        ]
        if restated:
            Revaluation._post_prices(company, restated)

    # -- nothing moves meanwhile ------------------------------------------------

    def _lock_movements(self, company):
        """Let no goods move and no version come into force until this is committed.

        Movements share the row that is updated here: those that come later wait, then
        start over with the new price.
        """
        self.env.execute_query(
            SQL(
                "UPDATE backflush_version SET write_date = write_date "
                "WHERE %s RETURNING id",
                shared_versions(company),
            )
        )

    # -- cards and prices that say something else -------------------------------

    def _mark_drifted(self, company, products):
        """Mark cards and prices in force that the products do not have, unmark others.

        A card precedes the price of the same product.
        """
        domain = [
            ("product_id", "in", products.ids),
            ("version_id.company_id", "=", company.id),
            ("version_id.state", "=", "active"),
        ]
        cards = self.env["backflush.standard"].search(domain)
        prices = self.env["backflush.price"].search(domain)
        standards = {price.product_id: price.price for price in prices}
        standards |= {card.product_id: card.amount for card in cards}
        for parts in (cards, prices):
            drifted = parts.filtered(
                lambda part: (
                    part.product_id.standard_price != standards[part.product_id]
                )
            )
            drifted.filtered(lambda part: not part.is_drifted).is_drifted = True
            (parts - drifted).filtered("is_drifted").is_drifted = False
