from odoo import Command, fields, models
from odoo.exceptions import AccessError, ConcurrencyError, UserError
from odoo.tools import SQL

from .backflush_books import local_date

#: Adds a product's new price to its history, unless that ends with the price already.
INSERT_HISTORY = """
    INSERT INTO product_value (product_id, value, company_id, date, user_id,
           description, create_uid, create_date, write_uid, write_date)
    SELECT new.product_id, new.price, %(company)s, %(now)s, %(uid)s,
           %(text)s, %(uid)s, %(now)s, %(uid)s, %(now)s
      FROM unnest(%(ids)s::integer[], %(prices)s::numeric[])
           AS new (product_id, price)
      LEFT JOIN (
           SELECT DISTINCT ON (product_id) product_id, value
             FROM product_value
            WHERE company_id = %(company)s AND product_id = ANY(%(ids)s)
              AND move_id IS NULL AND lot_id IS NULL
            ORDER BY product_id, date DESC, id DESC) AS last
        ON last.product_id = new.product_id
     WHERE last.value IS DISTINCT FROM new.price
"""

#: Versions of the rows of recent movements; nobody's transaction lasts a whole day.
RECENT_LINES = """
    SELECT id, xmin::text
      FROM stock_move_line
     WHERE company_id = %s
       AND write_date > now() AT TIME ZONE 'UTC' - interval '1 day'
"""


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
        self._check_nothing_moved()
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

    def _check_nothing_moved(self):
        """Start over if goods were moved since this transaction began to look.

        Whoever moved goods and committed before the lock was granted is not in this
        transaction's view of the stock. A look with new eyes tells; from here on nobody
        moves anything before the end (DESIGN §4, rule 10).
        """
        with self.env.registry.cursor() as cr:
            cr.execute(SQL(RECENT_LINES, self.company_id.id))
            latest = dict(cr.fetchall())
        self.env["stock.move.line"].flush_model()
        query = SQL(
            "SELECT id, xmin::text FROM stock_move_line WHERE id = ANY(%s)",
            list(latest),
        )
        if dict(self.env.execute_query(query)) != latest:
            raise ConcurrencyError("Stock was moved while a version was activated")

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
            books, self._get_restated(changes), *self._get_cards_of(previous, self)
        )
        amounts, products = {}, {}
        for key, amount in result.target.amounts.items():
            amounts[key.account] = amounts.get(key.account, 0) + amount
            products.setdefault(key.account, set()).add(key.product)
        return {
            "version_id": self.id,
            "previous_id": previous.id,
            "product_count": len(changes),
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
        """Record each standard price with all its digits.

        `product.value` rounds to the currency, so this is the one way to keep a price
        of 0.01719. Prices that the history ends with already are not repeated.
        """
        if not prices:
            return
        ids = [product.id for product in prices]
        now, uid = fields.Datetime.now(), self.env.uid
        self.env["product.value"].flush_model()
        self.env.execute_query(
            SQL(
                INSERT_HISTORY,
                company=self.company_id.id,
                ids=ids,
                now=now,
                prices=list(prices.values()),
                text=self.env._("Costing version %(name)s", name=self.name),
                uid=uid,
            )
        )
        self.env["product.value"].invalidate_model()

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
            self, self._get_restated(changes), old_cards
        )

    @staticmethod
    def _get_cards_of(*versions):
        return [
            {card.product_id.id: card for card in version.standard_ids}
            for version in versions
        ]

    def _get_restated(self, changes):
        """[(product, quantity on hand, old, new standard)] of what is revalued."""
        covered = set(self._get_covered_products().ids)
        products = [p for p in changes if p.id in covered or p._is_backflush_covered()]
        quantities = self._get_quantities_on_hand(products)
        return [
            (product, quantities[product.id], *changes[product])
            for product in products
            if product.id in quantities
        ]

    def _get_quantities_on_hand(self, products):
        """{product id: valued quantity} as Odoo's inventory valuation counts it.

        In the company's own and transit locations, goods of other owners left out.
        """
        company = self.company_id
        # sudo: the accounts are about all stock, whatever the user may see of it
        Quant = self.env["stock.quant"].sudo()
        groups = Quant._read_group(
            [
                ("product_id", "in", [product.id for product in products]),
                ("location_id.is_valued_internal", "=", True),
                ("location_id.company_id", "=", company.id),
                ("owner_id", "in", [False, company.partner_id.id]),
            ],
            ["product_id"],
            ["quantity:sum"],
        )
        return {
            product.id: quantity
            for product, quantity in groups
            if not product.uom_id.is_zero(quantity)
        }
