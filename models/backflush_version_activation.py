from odoo import Command, fields, models
from odoo.exceptions import AccessError, UserError

from .backflush_books import local_date
from .backflush_on_hand import read_quantities_on_hand


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

    def action_preview_activation(self):
        """Show what activation would do to the books, with a button to go on."""
        self.ensure_one()
        self._check_activation_right()
        previous = self._get_active(self.company_id)
        self._check_activation(previous)
        preview = self.env["backflush.activation"].create(
            self._prepare_preview(previous)
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Activate %(name)s", name=self.name),
            "res_model": preview._name,
            "res_id": preview.id,
            "view_mode": "form",
            "target": "new",
        }

    def _prepare_preview(self, previous):
        changes = self._get_price_changes(self._get_standard_prices())
        revaluation = self.env["backflush.revaluation"]
        books = revaluation._get_books(self.company_id, self)
        result = revaluation._compute(
            books,
            self._get_restated(changes, previous),
            *self._get_cards_of(previous, self),
        )
        amounts, products = {}, {}
        for key, amount in result.target.amounts.items():
            amounts[key.account] = amounts.get(key.account, 0) + amount
            products.setdefault(key.account, set()).add(key.product)
        return {
            "version_id": self.id,
            "previous_id": previous.id,
            "product_count": len(changes),
            # rows are positive where stock loses
            "amount_unposted": -float(
                sum(row.amount for row in result.open_rows.values())
            ),
            "warnings": "\n".join(self._get_activation_warnings(previous)),
            "line_ids": [
                Command.create(
                    {
                        "account_id": account,
                        "amount": float(amount),
                        "product_count": len(products[account]),
                    }
                )
                for account, amount in amounts.items()
                if amount
            ],
        }

    def _get_activation_warnings(self, previous):
        """What whoever activates this version should know, one sentence each."""
        today = local_date(self.company_id)
        if self.date_from > today:
            yield self.env._(
                "This version is valid from %(date)s. Schedule it for that day, or "
                "activate it now nevertheless.",
                date=fields.Date.to_string(self.date_from),
            )
        lost = previous.sudo().standard_ids.product_id - self.standard_ids.product_id
        if lost:
            yield self.env._(
                "%(count)s products have a card in force and none in this version; "
                "orders for them could not be posted: %(products)s",
                count=len(lost),
                products=", ".join(lost[:10].mapped("display_name")),
            )
        if self.exceptions:
            yield self.env._("The roll-up found exceptions: see the last page.")

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
        if self.state == "simulation":
            raise UserError(
                self.env._(
                    "%(version)s is a simulation, which is never activated. Copy it to "
                    "a draft and activate that.",
                    version=self.display_name,
                )
            )
        if self.state != "draft":
            raise UserError(
                self.env._(
                    "%(version)s has been activated already. Only a draft can be.",
                    version=self.display_name,
                )
            )
        self._check_activation_date(previous)
        self._check_open_period()
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

    def _check_open_period(self):
        """Standards of a locked period are those that its entries were made with."""
        journal = self.company_id.sudo()._backflush_config("backflush_journal_id")
        first = min(self.date_from, local_date(self.company_id))
        locks = self.company_id._get_violated_lock_dates(first, False, journal)
        if locks:
            raise UserError(
                self.env._(
                    "%(date)s is in a period that is locked up to %(lock)s: let "
                    "%(version)s be valid from a later day.",
                    date=fields.Date.to_string(first),
                    lock=fields.Date.to_string(locks[-1][0]),
                    version=self.display_name,
                )
            )

    # -- standard prices --------------------------------------------------------

    def _get_standard_prices(self):
        """{product: standard price} of what is at standard cost; the card precedes.

        Products at average cost or FIFO have a standard in the version, but their
        `standard_price` is Odoo's running average. So is it with lots that are valued
        on their own, whose stock does not follow the product's price.
        """
        prices = {price.product_id: price.price for price in self.price_ids}
        prices |= {card.product_id: card.amount for card in self.standard_ids}
        Product = self.env["product.product"].with_company(self.company_id)
        # sudo: setting standards takes no right to edit products
        products = Product.sudo().browse([product.id for product in prices])
        return {
            product: prices[product]
            for product in products
            if product.cost_method == "standard" and not product.lot_valuated
        }

    def _get_price_changes(self, prices):
        """{product: (old, new)} of standard prices that are to become other ones."""
        known = self.with_company(self.company_id).env
        return {
            product.with_env(known): (product.standard_price, price)
            for product, price in prices.items()
            if product.standard_price != price
        }

    def _apply_standard_prices(self):
        """Set the products' standard prices; return {product: (old, new)} of changes.

        Odoo would write a price history rounded to cents, and rewrite the value of
        every receipt that is still in stock: `disable_auto_revaluation` leaves both to
        us.
        """
        prices = self._get_standard_prices()
        changes = self._get_price_changes(prices)
        for product, (_old, price) in changes.items():
            # sudo: setting standards takes no right to edit products
            product = product.sudo().with_context(disable_auto_revaluation=True)
            product.standard_price = price
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
        old_cards, _new_cards = self._get_cards_of(previous, self)
        return self.env["backflush.revaluation"]._post_version(
            self, self._get_restated(changes, previous), old_cards
        )

    @staticmethod
    def _get_cards_of(*versions):
        return [
            {card.product_id.id: card for card in version.standard_ids}
            for version in versions
        ]

    def _get_restated(self, changes, previous):
        """[(product, quantity on hand, old, new standard)] of what is revalued."""
        changes = self._get_cards_costed_at_delivery(previous) | changes
        covered = set(self._get_covered_products().ids)
        products = [p for p in changes if p.id in covered or p._is_backflush_covered()]
        quantities = read_quantities_on_hand(self.company_id, products)
        return [
            (product, quantities[product.id], *changes[product])
            for product in products
            if product.id in quantities
        ]

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
