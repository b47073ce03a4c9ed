"""Journal, cost elements and accounts of a batch: found and checked."""

from collections.abc import Callable
from functools import cached_property

from ..costing.entry import Accounts, main_material
from ..costing.variance import REVALUATION_KINDS
from .backflush_posting_error import ELEMENTS, SETTINGS, PostingError


class Lookup(dict):
    """A mapping that finds (and keeps) what it is first asked for."""

    def __init__(self, find: Callable):
        super().__init__()
        self._find = find

    def __missing__(self, key):
        self[key] = value = self._find(key)
        return value


class BookAccounts:
    """Part of `Books`: needs `env`, `company` and `_carriers`."""

    @cached_property
    def journal(self):
        journal = self.company._backflush_config("backflush_journal_id")
        if not journal:
            raise PostingError(
                self.env._(
                    "%(company)s has no backflush journal. Load its chart of accounts "
                    "(Invoicing › Configuration › Settings › Fiscal Localization) or "
                    "choose a journal under Settings › Backflush Costing, then retry.",
                    company=self.company.display_name,
                ),
                SETTINGS,
            )
        if not journal.active:
            raise PostingError(
                self.env._(
                    "The backflush journal %(journal)s is archived. Unarchive it, or "
                    "choose another one under Settings › Backflush Costing, then "
                    "retry.",
                    journal=journal.display_name,
                ),
                journal,
            )
        return journal

    @cached_property
    def elements(self):
        elements = self.company._get_backflush_elements()
        accounts = (
            elements.applied_account_id
            | elements.price_variance_account_id
            | elements.quantity_variance_account_id
        )
        # sudo: read ahead, in one go; no right is needed for what is never asked for
        accounts.sudo().fetch(["active"])
        return elements

    @cached_property
    def material(self):
        element = self.elements.filtered(lambda e: e.type == "material")[:1]
        if not element:
            raise PostingError(
                self.env._(
                    "%(company)s has no active cost element of type Material. Load its "
                    "chart of accounts, or add the element under Configuration › "
                    "Costing › Cost Elements, then retry.",
                    company=self.company.display_name,
                ),
                ELEMENTS,
            )
        return element

    def check_company(self):
        """Say first what is missing for everything."""
        return bool(self.journal and self.material)

    @cached_property
    def accounts(self) -> Accounts:
        return Accounts(
            material_element=self.material.id,
            stock=Lookup(self._find_stock_account),
            applied=Lookup(self._find_applied_account),
            variance=Lookup(self._find_variance_account),
            by_element=Lookup(self._find_element_account),
        )

    def _find_stock_account(self, product_id: int) -> int:
        product = self.product(product_id)
        if host := self.find_host(product):
            return self.accounts.stock[host.id]
        purpose = (
            self.env._("stock valuation account")
            if product._is_backflush_perpetual()
            else self.env._("expense account")
        )
        return self.usable(
            self._get_relief_account(product),
            purpose,
            lambda: self._category_place(product),
            product.categ_id or product,
        )

    def _get_relief_account(self, product):
        """The account that carries `product`; of perpetual goods that of the category,
        which Odoo looks up together with all its others.
        """
        if not (product.is_storable and product._is_backflush_perpetual()):
            return product._get_backflush_relief_account()
        category = product.categ_id
        if category not in self._carriers:
            self._carriers[category] = product._get_backflush_relief_account()
        return self._carriers[category]

    def _category_place(self, product):
        return self.env._(
            "the category %(category)s of %(product)s (Inventory › Configuration › "
            "Product Categories)",
            category=product.categ_id.display_name or self.env._("(none)"),
            product=product.display_name,
        )

    def find_host(self, product):
        """The material on whose account a by-product costed at delivery stands.

        That of the largest material line on the card that yields it (ties: the first).
        """
        if product._get_backflush_trigger() != "delivery":
            return product.browse()
        standard = self.find_yield(product).standard_id
        if not standard:
            return product.browse()
        return self.product(main_material(*self.priced(standard)) or False)

    def find_yield(self, product):
        """The line of a card in force that yields `product` as a by-product."""
        domain = [
            ("component_id", "=", product.id),
            ("line_type", "=", "byproduct"),
            ("standard_id.version_id.company_id", "=", self.company.id),
            ("standard_id.version_id.state", "=", "active"),
        ]
        return self.env["backflush.standard.line"].search(domain, order="id", limit=1)

    def is_byproduct(self, product) -> bool:
        return bool(self.find_yield(product))

    def is_perpetual(self, product) -> bool:
        """Whether a stock valuation account carries `product`, or what it came of."""
        carrier = self.find_host(product) or product
        return carrier.is_storable and carrier._is_backflush_perpetual()

    def _find_applied_account(self, element_id: int) -> int:
        element = self.env["backflush.element"].browse(element_id)
        return self.usable(
            element.applied_account_id,
            self.env._("applied account"),
            lambda: self._element_place(element),
            element,
        )

    def _find_variance_account(self, kind: str) -> int:
        account = self.material._get_variance_account(kind)
        if kind in REVALUATION_KINDS:
            return self.usable(
                account,
                self.env._("revaluation account"),
                lambda: self.env._("Settings › Backflush Costing"),
                SETTINGS,
            )
        return self.usable(
            account,
            self.env._("variance account"),
            lambda: self._element_place(self.material),
            self.material,
        )

    def _find_element_account(self, key: tuple[str, int]) -> int:
        kind, element_id = key
        element = self.env["backflush.element"].browse(element_id)
        return self.usable(
            element._get_variance_account(kind),
            self.env._("variance account"),
            lambda: self._element_place(element),
            element,
        )

    def check_category(self, product, trigger):
        """Refuse a set-up in which Odoo would cost the same goods a second time."""
        category = product.categ_id
        if not trigger:
            raise PostingError(
                self.env._(
                    "The category %(category)s is under no backflush trigger any more. "
                    "Set it there again, then retry.",
                    category=category.display_name,
                ),
                category,
            )
        if trigger != category.property_backflush_trigger:
            return  # booked under another trigger, and corrected under it
        wanted = "real_time" if trigger == "completion" else "periodic"
        if product.cost_method != "standard":
            raise PostingError(
                self.env._(
                    "The category %(category)s is not at standard cost: set its "
                    "Costing Method to Standard Price, then retry.",
                    category=category.display_name,
                ),
                category,
            )
        if product.valuation != wanted:
            raise PostingError(
                self.env._(
                    "The category %(category)s is set to Backflush Costing "
                    "'%(trigger)s', which needs the inventory valuation "
                    "'%(valuation)s': set it there, then retry.",
                    category=category.display_name,
                    trigger=self._get_label(
                        category, "property_backflush_trigger", trigger
                    ),
                    valuation=self._get_label(category, "property_valuation", wanted),
                ),
                category,
            )

    def _get_label(self, record, name: str, value: str) -> str:
        """A choice as the user sees it on the form of `record`."""
        field = record._fields[name]
        return dict(field._description_selection(self.env))[value]

    def cost_of_sales_account(self, product, position=None) -> int:
        """Where what is sold is costed, as `position` (a fiscal position) maps it."""
        template = product.product_tmpl_id
        account = template.get_product_accounts(fiscal_pos=position)["expense"]
        return self.usable(
            account,
            self.env._("expense account"),
            lambda: self.env._(
                "the product %(name)s or its category", name=product.display_name
            ),
            self._get_expense_owner(product),
        )

    def _get_expense_owner(self, product):
        """The product where it has an expense account of its own, else its category."""
        if product.property_account_expense_id or not product.categ_id:
            return product
        return product.categ_id

    def _element_place(self, element):
        return self.env._(
            "the cost element %(name)s (Configuration › Costing › Cost Elements)",
            name=element.display_name,
        )

    def usable(
        self, account, purpose: str, place: Callable[[], str], owner=None
    ) -> int:
        """The id of `account`, checked; `owner` is the record that names it.

        Naming the `place` takes longer than finding the account.
        """
        if not account:
            raise PostingError(
                self.env._(
                    "No %(purpose)s: set it on %(place)s, then retry.",
                    purpose=purpose,
                    place=place(),
                ),
                owner,
            )
        if not account.active:
            raise PostingError(
                self.env._(
                    "The %(purpose)s %(account)s is archived: unarchive it, or choose "
                    "another one on %(place)s, then retry.",
                    purpose=purpose,
                    account=account.display_name,
                    place=place(),
                ),
                owner or account,
            )
        return account.id
