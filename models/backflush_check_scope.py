"""What one run of the configuration check looks at, read in bulk."""

from functools import cached_property

from odoo.fields import Domain


class Scope:
    """The covered products of one company, by category, and their accounts.

    With `focus`, only those categories are checked, with the values that they have now,
    saved or not; all others serve as comparison. Lives as long as one check.
    """

    def __init__(self, company, focus=None):
        # sudo: the check compares products that its user may have no access to
        self.company = company.sudo().with_company(company)
        self.env = self.company.env
        self.focus = focus.with_env(self.env) if focus is not None else None
        self.config_company = self.company._get_backflush_config_company()

    # -- products and categories

    @cached_property
    def triggered(self):
        """Categories under a trigger."""
        saved = self.env["product.category"].search(
            [("property_backflush_trigger", "!=", False)]
        )
        if self.focus is None:
            return saved
        return (saved - self.focus._origin) | self.focus.filtered(
            "property_backflush_trigger"
        )

    @cached_property
    def version(self):
        return self.env["backflush.version"]._get_active(self.company)

    @cached_property
    def cards_domain(self):
        return Domain("standard_id.version_id", "in", self.version.ids)

    @cached_property
    def storable_domain(self):
        Product = self.env["product.product"]
        return Domain("is_storable", "=", True) & Domain(
            Product._check_company_domain(self.company)
        )

    @cached_property
    def in_version(self):
        """Ids of the products on a card or with a price in the active version."""
        lines = self.env["backflush.standard.line"]._read_group(
            self.cards_domain & Domain("component_id", "!=", False), ["component_id"]
        )
        return {
            *(product.id for (product,) in lines),
            *self.version.standard_ids.product_id.ids,
            *self.version.price_ids.product_id.ids,
        }

    @cached_property
    def covered_domain(self):
        """Flagged, under a trigger, or in the active version."""
        return self.storable_domain & (
            Domain("property_backflush_covered", "=", True)
            | Domain("categ_id", "in", self.triggered._origin.ids)
            | Domain("id", "in", self.in_version)
        )

    @cached_property
    def covered(self):
        return self.env["product.product"].search(self.covered_domain)

    @cached_property
    def groups(self):
        """{category: covered products}; every category under a trigger is there."""
        typed = {category._origin: category for category in self.focus or ()}
        groups = dict.fromkeys(self.triggered, self.env["product.product"])
        for category, products in self.covered.grouped("categ_id").items():
            groups[typed.get(category, category)] = products
        return groups

    @cached_property
    def checked(self):
        """The part of `groups` that the check is about."""
        if self.focus is None:
            return self.groups
        return {c: self.groups[c] for c in self.focus if c in self.groups}

    @cached_property
    def uncovered(self):
        """{category: one storable product in it that is not covered}."""
        groups = self.env["product.product"]._read_group(
            self.storable_domain & Domain("id", "not in", self.covered.ids),
            ["categ_id"],
            ["id:min"],
        )
        Product = self.env["product.product"]
        return {category: Product.browse(example) for category, example in groups}

    def is_empty(self):
        """Whether a category in focus has nothing to do with backflush costing."""
        if self.focus is None or self.focus & self.triggered:
            return False
        domain = self.covered_domain & Domain("categ_id", "in", self.focus._origin.ids)
        return not self.env["product.product"].search_count(domain, limit=1)

    # -- valuation and accounts of a category

    def is_perpetual(self, category):
        valuation = category.property_valuation or self.company.inventory_valuation
        return valuation == "real_time"

    def is_standard(self, category):
        method = category.property_cost_method or self.company.cost_method
        return method == "standard"

    def get_valuation_account(self, category):
        field = category._fields["property_stock_valuation_account_id"]
        return (
            category.property_stock_valuation_account_id
            or field.get_company_dependent_fallback(category)
            or self.company.account_stock_valuation_id
        )

    def get_expense_account(self, category):
        return category.property_account_expense_categ_id or (
            self.company.expense_account_id
        )

    @cached_property
    def elements(self):
        return self.company._get_backflush_elements()

    @cached_property
    def material(self):
        return self.company._get_backflush_element("material")

    @cached_property
    def element_accounts(self):
        """Accounts that cost elements use."""
        return (
            self.elements.control_account_id
            | self.elements.applied_account_id
            | self.elements.price_variance_account_id
            | self.elements.quantity_variance_account_id
        )
