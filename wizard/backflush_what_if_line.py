from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..costing.what_if import Adjustment, PriceChange, QuantityChange, RateChange
from ..models.backflush_books import number


class BackflushWhatIfLine(models.TransientModel):
    """One price, rate or quantity that is tried out, or several of a kind."""

    _name = "backflush.what.if.line"
    _description = "Change to Try Out"
    _order = "what_if_id, sequence, id"
    _check_company_auto = True

    what_if_id = fields.Many2one(
        "backflush.what.if", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="what_if_id.company_id", store=True, precompute=True
    )
    version_id = fields.Many2one(related="what_if_id.version_id")
    sequence = fields.Integer(default=10)
    subject = fields.Selection(
        [
            ("price", "Price of a product"),
            ("category", "Prices of a category"),
            ("rate", "Rate"),
            ("quantity", "Quantity of a component"),
        ],
        string="What Changes",
        required=True,
        default="price",
    )
    product_id = fields.Many2one(
        "product.product",
        check_company=True,
        domain="[('type', '=', 'consu')]",
        ondelete="cascade",
        help="The product whose price changes, or the component.",
    )
    category_id = fields.Many2one(
        "product.category",
        ondelete="cascade",
        help="All products of this category, and of those below it, that are bought.",
    )
    made_product_id = fields.Many2one(
        "product.product",
        string="In the Bill Of",
        check_company=True,
        domain="[('type', '=', 'consu')]",
        ondelete="cascade",
        help="The product or kit whose bill changes; empty for all bills and kits.",
    )
    workcenter_id = fields.Many2one(
        "mrp.workcenter",
        string="Work Center",
        check_company=True,
        ondelete="cascade",
        help="Empty for all work centers.",
    )
    element_id = fields.Many2one(
        "backflush.element",
        string="Cost Element",
        domain="[('type', 'not in', ('material', 'subcontract'))]",
        ondelete="cascade",
        help="Empty for all cost elements of the work center.",
    )
    method = fields.Selection(
        [("percent", "By percent"), ("value", "To a new value")],
        string="How",
        required=True,
        default="percent",
    )
    amount = fields.Float(
        digits=0,
        min_display_digits=2,
        help="Percent (−5 for 5 % less); or the new price or rate, or the new quantity "
        "of the component per unit of the product.",
    )
    current = fields.Float(
        string="Now",
        compute="_compute_current",
        digits=0,
        min_display_digits=2,
        help="Price or rate in this version.",
    )

    @api.depends("subject", "product_id", "workcenter_id", "element_id", "version_id")
    def _compute_current(self):
        for line in self:
            line.current = line._get_current()

    @api.onchange("subject")
    def _onchange_subject(self):
        """What belongs to another kind of change is left behind."""
        kept = self._get_subject_fields()
        for name in (
            "product_id",
            "category_id",
            "made_product_id",
            "workcenter_id",
            "element_id",
        ):
            if name not in kept:
                self[name] = False

    @api.constrains("amount", "method")
    def _check_amount(self):
        for line in self:
            if line.amount < (-100 if line.method == "percent" else 0):
                raise ValidationError(
                    self.env._(
                        "Prices, rates and quantities cannot be negative: at most 100 "
                        "percent can be taken off."
                    )
                )

    @api.constrains("subject", "method", "product_id", "category_id", "made_product_id")
    def _check_subject(self):
        for line in self:
            if line.subject in ("price", "quantity") and not line.product_id:
                raise ValidationError(self.env._("Choose the product that changes."))
            if line.subject == "category" and not line.category_id:
                raise ValidationError(self.env._("Choose the category that changes."))
            if (
                line.subject == "quantity"
                and line.method == "value"
                and not line.made_product_id
            ):
                raise ValidationError(
                    self.env._(
                        "Choose the product in whose bill %(component)s gets a new "
                        "quantity. A percentage can go to all bills.",
                        component=line.product_id.display_name,
                    )
                )

    # -- what there is now --------------------------------------------------------

    def _get_subject_fields(self):
        return {
            "price": ("product_id",),
            "category": ("category_id",),
            "rate": ("workcenter_id", "element_id"),
            "quantity": ("product_id", "made_product_id"),
        }.get(self.subject, ())

    def _get_current(self):
        """The price or rate in the version; 0 where there are several, or none."""
        version = self.version_id
        if self.subject == "price":
            price = version.price_ids.filtered(
                lambda price: price.product_id == self.product_id
            )
            product = self.product_id.with_company(version.company_id)
            return price.price if price else product.standard_price
        if self.subject == "rate":
            rates = version.rate_ids.filtered(
                lambda rate: (
                    rate.workcenter_id == self.workcenter_id
                    and (not self.element_id or rate.element_id == self.element_id)
                )
            )
            return rates.rate if len(rates) == 1 else 0.0
        return 0.0

    # -- the kernel's change ------------------------------------------------------

    def _get_change(self, structure):
        """This line for `costing.what_if`."""
        self.ensure_one()
        adjustment = Adjustment(number(self.amount), self.method == "percent")
        if self.subject == "rate":
            return RateChange(
                self.workcenter_id.id or None, self.element_id.id or None, adjustment
            )
        if self.subject == "quantity":
            products = self.made_product_id.ids or None
            return QuantityChange(self.product_id.id, products, adjustment)
        return PriceChange(self._get_priced_products(structure), adjustment)

    def _get_priced_products(self, structure):
        """Products whose price this line changes: what is made has none."""
        if self.subject == "price":
            return self.product_id.ids
        # sudo: products of a kind that the user may not see are in bills, too
        products = (
            self.env["product.product"]
            .sudo()
            .search(
                [
                    (
                        "id",
                        "in",
                        [x for x in structure.prices if x not in structure.bills],
                    ),
                    ("categ_id", "child_of", self.category_id.id),
                ]
            )
        )
        return products.ids

    def _check_structure(self, structure):
        """Say what cannot change anything, instead of an empty list."""
        self.ensure_one()
        product = self.product_id.id
        is_made = product in structure.kept or (
            product in structure.bills and product not in structure.subcontracted
        )
        if self.subject == "price" and is_made:
            raise UserError(
                self.env._(
                    "%(product)s is made: its cost follows from its bill. Change the "
                    "price or the quantity of a component.",
                    product=self.product_id.display_name,
                )
            )
        if not self.amount and self.method == "percent":
            raise UserError(
                self.env._(
                    "0 percent changes nothing: enter how much %(change)s changes.",
                    change=self.display_name,
                )
            )
        if not self._is_found(structure):
            raise UserError(
                self.env._(
                    "%(change)s is not used in %(version)s: nothing would change.",
                    change=self.display_name,
                    version=self.version_id.display_name,
                )
            )

    def _is_found(self, structure):
        if self.subject == "price":
            return self.method == "value" or self.product_id.id in structure.prices
        if self.subject == "category":
            return bool(self._get_priced_products(structure))
        change = self._get_change(structure)
        if self.subject == "rate":
            return any(
                change.concerns(workcenter, rate.element)
                for workcenter, rates in structure.rates.items()
                for rate in rates
            )
        return any(
            component.product == change.component
            for bills in (structure.bills, structure.kits)
            for product, bill in bills.items()
            if change.products is None or product in change.products
            for component in bill.components
        )

    @api.depends("subject", "product_id", "category_id", "workcenter_id", "element_id")
    def _compute_display_name(self):
        for line in self:
            names = (line[name].display_name for name in line._get_subject_fields())
            line.display_name = " - ".join(name for name in names if name) or str(
                dict(line._fields["subject"]._description_selection(self.env)).get(
                    line.subject
                )
            )
