from odoo import api, models


class BackflushCheckProduct(models.AbstractModel):
    """Checks of product categories and of the covered products in them."""

    _name = "backflush.check.product"
    _description = "Backflush Check of Products"

    @api.model
    def _get_category_checks(self):
        return [
            "_check_cost_method",
            "_check_valuation",
            "_check_category_accounts",
            "_check_price_difference",
            "_check_periodic_materials",
            "_check_shared_valuation",
            "_check_variation_accounts",
            "_check_lots",
            "_check_cards",
        ]

    @api.model
    def _check_cost_method(self, scope):
        for category in scope.checked:
            if category in scope.triggered and not scope.is_standard(category):
                yield self._prepare_issue(
                    scope,
                    "cost_method",
                    self.env._(
                        "%(category)s is not valued at standard cost: set its costing "
                        "method to Standard Price.",
                        category=category.display_name,
                    ),
                    category=category,
                )

    @api.model
    def _check_valuation(self, scope):
        for category in scope.checked:
            trigger = category.property_backflush_trigger
            perpetual = scope.is_perpetual(category)
            if trigger == "completion" and not perpetual:
                message = self.env._(
                    "%(category)s is booked when goods are finished, but its stock is "
                    "not: set its inventory valuation to Perpetual.",
                    category=category.display_name,
                )
            elif trigger == "delivery" and perpetual:
                message = self.env._(
                    "%(category)s is booked when goods are delivered; Odoo would book "
                    "their cost a second time: set its inventory valuation to "
                    "Periodic.",
                    category=category.display_name,
                )
            else:
                continue
            yield self._prepare_issue(scope, "valuation", message, category=category)

    @api.model
    def _check_category_accounts(self, scope):
        """The account that carries a perpetual product, else its expense account."""
        for category in scope.checked:
            if scope.is_perpetual(category):
                account = scope.get_valuation_account(category)
                label = self.env._("The stock valuation account")
            else:
                account = scope.get_expense_account(category)
                label = self.env._("The expense account")
            yield from self._check_account(
                scope,
                account,
                label,
                category.display_name or self.env._("products without category"),
                "blocking",
                category=category,
            )

    @api.model
    def _check_price_difference(self, scope):
        """Said, never skipped: the material element's account takes the difference."""
        for category, products in scope.checked.items():
            bought = products.filtered("purchase_ok")
            if category in scope.triggered or not bought or not category:
                continue
            if not scope.is_perpetual(category) or not scope.is_standard(category):
                continue
            account = category.property_price_difference_account_id
            if account:
                label = self.env._("The price difference account")
                owner = category.display_name
                yield from self._check_account(
                    scope, account, label, owner, "blocking", category=category
                )
                continue
            instead = scope.material.price_variance_account_id
            yield self._prepare_issue(
                scope,
                "price_difference",
                self.env._(
                    "%(category)s has no price difference account: what a bill differs "
                    "from the standard goes to the price-variance account of the "
                    "material element, %(account)s.",
                    category=category.display_name,
                    account=instead.display_name or self.env._("which is missing too"),
                ),
                "warning",
                category=category,
            )

    @api.model
    def _check_periodic_materials(self, scope):
        """Bills and relief meet on the expense account: nothing else may be on it."""
        other = self._get_other_expense_accounts(scope)
        for category, products in scope.checked.items():
            if category in scope.triggered or scope.is_perpetual(category):
                continue
            own = products.filtered("property_account_expense_id")
            account = scope.get_expense_account(category)
            if products - own and account in other:
                yield self._prepare_shared_expense(
                    scope, category.display_name, account, category=category
                )
            for product in own:
                account = product.property_account_expense_id
                if account in other:
                    yield self._prepare_shared_expense(
                        scope,
                        product.display_name,
                        account,
                        category=category,
                        product=product,
                    )

    @api.model
    def _get_other_expense_accounts(self, scope):
        """Accounts that carry something else than periodic materials."""
        accounts = scope.element_accounts | scope.company.expense_account_id
        accounts |= scope.company._backflush_config(
            "backflush_cost_of_sales_account_id"
        )
        for category in scope.triggered:
            accounts |= scope.get_expense_account(category)
            accounts |= scope.groups[category].property_account_expense_id
        for category in scope.uncovered:
            accounts |= scope.get_expense_account(category)
        return accounts

    @api.model
    def _prepare_shared_expense(self, scope, owner, account, **place):
        message = self.env._(
            "Bills of %(owner)s go to the expense account %(account)s, from where they "
            "are relieved at standard cost. Other costs go there too: choose an "
            "expense account that is used for periodic materials only.",
            owner=owner or self.env._("products without category"),
            account=account.display_name,
        )
        return self._prepare_issue(
            scope, "periodic_material", message, "warning", **place
        )

    @api.model
    def _check_shared_valuation(self, scope):
        """Ledger = stock can only be compared where all of an account is covered."""
        others = {}
        for category, example in scope.uncovered.items():
            others.setdefault(scope.get_valuation_account(category), example)
        for category in scope.checked:
            account = scope.get_valuation_account(category)
            if not account or account not in others or not scope.is_perpetual(category):
                continue
            yield self._prepare_issue(
                scope,
                "shared_valuation",
                self.env._(
                    "The stock valuation account %(account)s of %(category)s also "
                    "carries products that backflush costing does not cover, for "
                    "example %(product)s. Give one of them an account of its own, else "
                    "it cannot be compared with stock at standard cost.",
                    category=category.display_name
                    or self.env._("products without category"),
                    account=account.display_name,
                    product=others[account].display_name,
                ),
                "warning",
                category=category,
            )

    @api.model
    def _check_variation_accounts(self, scope):
        """Odoo's closing books the period's variation on top of a perpetual account."""
        for category in scope.checked:
            account = scope.get_valuation_account(category)
            twice = account.account_stock_variation_id and (
                account.account_stock_expense_id
            )
            if scope.is_perpetual(category) and twice:
                yield self._prepare_issue(
                    scope,
                    "variation",
                    self.env._(
                        "%(account)s, the stock valuation account of %(category)s, has "
                        "a variation and an expense account of its own. Odoo's "
                        "inventory closing would book there what postings have booked "
                        "already: clear the two on the account.",
                        account=account.display_name,
                        category=category.display_name,
                    ),
                    "warning",
                    category=category,
                    record=account,
                )

    @api.model
    def _check_lots(self, scope):
        for category, products in scope.checked.items():
            for product in products.filtered("lot_valuated"):
                yield self._prepare_issue(
                    scope,
                    "lot_valuated",
                    self.env._(
                        "%(product)s is valued by lot or serial number. There is one "
                        "standard cost for all of them: switch off its valuation by "
                        "lot.",
                        product=product.display_name,
                    ),
                    category=category,
                    product=product,
                )

    @api.model
    def _check_cards(self, scope):
        """Products under a trigger without a standard cost card in the active version.

        Kits need none: their components are delivered. Neither do, under `completion`,
        by-products and what is bought, as long as it has a standard otherwise.
        """
        if not scope.version:
            return
        products = self._get_products_without_card(scope)
        boms = scope.env["mrp.bom"]._bom_find(products, company_id=scope.company.id)
        for category, members in scope.checked.items():
            for product in members & products:
                bom = boms[product]
                needed = bom or category.property_backflush_trigger == "delivery"
                if bom.type == "phantom":
                    continue
                if not needed and product.id in scope.in_version:
                    continue
                yield self._prepare_issue(
                    scope,
                    "card",
                    self._get_card_message(product, bom),
                    "blocking" if needed else "warning",
                    category=category,
                    product=product,
                )

    @api.model
    def _get_products_without_card(self, scope):
        products = scope.env["product.product"].union(
            *(scope.checked[c] for c in scope.checked if c in scope.triggered)
        )
        cards = scope.env["backflush.standard"]._get_active_cards(
            products, scope.company
        )
        return products.filtered(lambda product: not cards.get(product))

    @api.model
    def _get_card_message(self, product, bom):
        if bom:
            return self.env._(
                "%(product)s has no standard cost card in the active costing version: "
                "roll up a new version and activate it.",
                product=product.display_name,
            )
        return self.env._(
            "%(product)s has neither a bill of materials nor a standard cost card in "
            "the active costing version: add one and roll up a new version.",
            product=product.display_name,
        )
