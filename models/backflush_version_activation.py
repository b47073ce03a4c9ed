from odoo import fields, models
from odoo.exceptions import AccessError, UserError


class BackflushVersionActivation(models.AbstractModel):
    """How a costing version comes into force. Used by `backflush.version` only."""

    _name = "backflush.version.activation"
    _description = "Activation of a Costing Version"

    def action_activate(self):
        """Make this version's cards and prices the standard prices of its company.

        The version in force until now is closed. Stock on hand is revalued in the same
        transaction.
        """
        self.ensure_one()
        self._check_activation_right()
        previous = self._get_active(self.company_id)
        self._lock(previous | self)
        self._check_activation(previous)
        if previous:
            previous._set_state("closed")
            # the database knows of one active version at a time
            previous.flush_recordset()
        self._set_state("active")
        changes = self._apply_standard_prices()
        self._get_covered_products()._set_backflush_covered()
        self._post_revaluation(changes, previous)
        return True

    # -- checks -----------------------------------------------------------------

    def _check_activation_right(self):
        if self.env.su or self.env.user.has_group(
            "backflush_costing.group_backflush_manager"
        ):
            return
        raise AccessError(
            self.env._(
                "Only a manager of Backflush Costing may activate a costing version."
            )
        )

    def _check_activation(self, previous):
        """One sentence for each reason not to activate."""
        if self.state != "draft":
            raise UserError(
                self.env._(
                    "%(version)s has been activated already. Only a draft can be.",
                    version=self.display_name,
                )
            )
        self._check_activation_date(previous)
        if self.is_outdated:
            raise UserError(
                self.env._(
                    "Rates or prices of %(version)s have changed since its cards were "
                    "made: roll it up again.",
                    version=self.display_name,
                )
            )

    def _check_activation_date(self, previous):
        if not self.date_from:
            raise UserError(
                self.env._(
                    "Set the day from which %(version)s is valid.",
                    version=self.display_name,
                )
            )
        if previous and self.date_from <= previous.date_from:
            raise UserError(
                self.env._(
                    "%(version)s must be valid from a later day than %(previous)s, "
                    "which has been in force since %(date)s.",
                    version=self.display_name,
                    previous=previous.display_name,
                    date=fields.Date.to_string(previous.date_from),
                )
            )

    # -- standard prices --------------------------------------------------------

    def _get_standard_prices(self):
        """{product: standard price} of what is at standard cost; the card precedes.

        Products at average cost or FIFO have a standard in the version, but their
        `standard_price` is Odoo's running average.
        """
        prices = {price.product_id: price.price for price in self.price_ids}
        prices |= {card.product_id: card.amount for card in self.standard_ids}
        Product = self.env["product.product"].with_company(self.company_id)
        # sudo: setting standards takes no right to edit products
        products = Product.sudo().browse([product.id for product in prices])
        return {
            product: prices[product]
            for product in products
            if product.cost_method == "standard"
        }

    def _apply_standard_prices(self):
        """Set the products' standard prices; return {product: (old, new)} of changes.

        Odoo would write a price history rounded to cents, and rewrite the value of
        every receipt that is still in stock: `disable_auto_revaluation` leaves both to
        us.
        """
        prices = self._get_standard_prices()
        known = self.with_company(self.company_id).env
        changes = {}
        for product, price in prices.items():
            product = product.with_context(disable_auto_revaluation=True)
            old = product.standard_price
            if old != price:
                product.standard_price = price
                changes[product.with_env(known)] = (old, price)
        self._insert_price_history(prices)
        return changes

    def _insert_price_history(self, prices):
        """Record each standard price with all its digits."""
        text = self.env._("Costing version %(name)s", name=self.name)
        self.env["product.value"]._insert_backflush_prices(
            self.company_id, prices, dict.fromkeys(prices, text)
        )

    # -- coverage and revaluation -----------------------------------------------

    def _get_covered_products(self):
        """Products that the ledger contract is about from now on.

        Those under a trigger, on a card (kits are exploded there) or with a price.
        """
        groups = self.env["backflush.standard.line"]._read_group(
            [("standard_id.version_id", "=", self.id), ("component_id", "!=", False)],
            aggregates=["component_id:recordset"],
        )
        products = self.price_ids.product_id | groups[0][0]
        products = products.sudo().with_company(self.company_id)
        return products | self._find_triggered_products()

    def _post_revaluation(self, changes, previous):
        """Revalue the stock on hand of covered products whose standard has changed.

        :param changes: {product: (old standard, new standard)}
        :param previous: the version in force until now, if any
        :return: the posting; empty where no stock is worth more or less than before
        """
        changes = self._get_cards_costed_at_delivery(previous) | changes
        covered = [p for p in changes if p._is_backflush_covered()]
        quantities = self.env["backflush.revaluation"]._get_quantities_on_hand(
            covered, self.company_id
        )
        restated = [
            (product, quantities[product.id], *changes[product])
            for product in covered
            if product.id in quantities
        ]
        old_cards = {card.product_id.id: card for card in previous.standard_ids}
        return self.env["backflush.revaluation"]._post_version(
            self, restated, old_cards
        )

    def _get_cards_costed_at_delivery(self, previous):
        """{product: (standard, standard)} of goods that the books carry at their card.

        What a card is made of may change while its total does not.
        """
        cards = (previous | self).standard_ids
        products = cards.product_id.sudo().with_company(self.company_id)
        return {
            product.with_env(self.with_company(self.company_id).env): (
                product.standard_price,
                product.standard_price,
            )
            for product in products
            if product._get_backflush_trigger() == "delivery"
        }
