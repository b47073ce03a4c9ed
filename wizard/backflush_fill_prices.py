from odoo import api, fields, models
from odoo.fields import Domain

from ..costing.pricing import add_percent
from ..models.backflush_books import local_date, number
from ..models.backflush_purchase_reader import PurchaseReader
from ..models.backflush_structure import StructureReader

#: So many products are named in a message; the others are counted.
NAMED = 20


class BackflushFillPrices(models.TransientModel):
    """Fills the material prices of a draft from what was, is or would be paid."""

    _name = "backflush.fill.prices"
    _description = "Fill Prices"
    _check_company_auto = True

    version_id = fields.Many2one(
        "backflush.version",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="version_id.company_id")
    date_from = fields.Date(related="version_id.date_from")
    source = fields.Selection(
        [
            ("current", "Current standard"),
            ("bill", "Last vendor bill"),
            ("average", "Average of vendor bills"),
            ("vendor", "Vendor's price list"),
        ],
        string="Fill From",
        required=True,
        default="average",
    )
    months = fields.Integer(
        default=12, help="The average is over the bills of so many months."
    )
    date_to = fields.Date(
        string="Bills Until",
        default=lambda self: local_date(self.env.company),
        help="Bills of a later day do not count.",
    )
    order_quantity = fields.Float(
        default=1.0,
        digits="Product Unit",
        help="The price for an order of this quantity, in the unit of measure of each "
        "product. Where all prices of a vendor ask for more, the one that asks for the "
        "least counts.",
    )
    percent = fields.Float(
        string="Add (%)",
        help="On top of the price of the source, e.g. 3 for a rise of 3 %. Negative: "
        "less.",
    )
    category_ids = fields.Many2many(
        "product.category",
        string="Categories",
        help="Only products of these categories and of those below them. Neither "
        "categories nor products: everything that the bills of materials use, and what "
        "has a price in the version.",
    )
    product_ids = fields.Many2many(
        "product.product",
        string="Products",
        check_company=True,
        domain="[('type', '=', 'consu')]",
        help="These products, too, even if no bill of materials uses them.",
    )
    overwrite = fields.Boolean(
        string="Replace Entered Prices",
        help="Prices that were filled before are filled anew in any case; those that "
        "somebody entered or imported stay unless you tick this.",
    )

    _months_positive = models.Constraint(
        "CHECK(months > 0)", "Give at least one month for the average."
    )
    _order_quantity_not_negative = models.Constraint(
        "CHECK(order_quantity >= 0)", "An order quantity cannot be negative."
    )
    _percent_possible = models.Constraint(
        "CHECK(percent >= -100)", "A price cannot be lowered by more than 100 %."
    )

    def action_fill(self):
        """Fill the prices; say what was done, here and in the version's chatter."""
        self.ensure_one()
        version = self.version_id
        version.check_access("write")
        version._lock(version)
        version._check_draft()
        products = self._get_products()
        entered = products & self._get_entered()
        known = self._get_prices(products - entered)
        percent = number(self.percent)
        count = self.env["backflush.price"]._fill(
            version,
            {key: float(add_percent(price, percent)) for key, price in known.items()},
            self.source,
            self.percent,
        )
        unknown = (products - entered).filtered(lambda p: p.id not in known)
        sentences = self._get_sentences(count, entered, unknown)
        version.message_post(body=" ".join(sentences))
        return self._notify(sentences, is_complete=not unknown)

    # -- which products ---------------------------------------------------------

    def _get_products(self):
        """Products whose price is asked for; with superuser rights, in the company."""
        version = self.version_id
        bought = version._get_bought_products(StructureReader(version))
        bought |= version.price_ids.product_id.with_env(bought.env)
        if not self.category_ids and not self.product_ids:
            return bought
        chosen = self.product_ids.with_env(bought.env)
        if self.category_ids:
            chosen |= bought.search(
                Domain("id", "in", bought.ids)
                & Domain("categ_id", "child_of", self.category_ids.ids)
            )
        return chosen

    def _get_entered(self):
        """Products with a price that stays as somebody entered it."""
        if self.overwrite:
            return self.env["product.product"]
        prices = self.version_id.price_ids
        return prices.filtered(lambda price: price.source == "manual").product_id

    # -- prices -----------------------------------------------------------------

    def _get_prices(self, products):
        """{product id: price of the source}; what it does not know is left out.

        A source of one's own is a method `_get_prices_from_<source>` and a value of
        the selections here and on `backflush.price`.
        """
        return getattr(self, f"_get_prices_from_{self.source}")(products)

    def _get_prices_from_current(self, products):
        """Of what is bought: the cost of a subcontracted product is not its fee."""
        made = StructureReader(self.version_id).made
        return {
            product.id: number(product.standard_price)
            for product in products - made
            if product.standard_price > 0
        }

    def _get_prices_from_bill(self, products):
        return self._get_reader().get_last(products, self._get_day())

    def _get_prices_from_average(self, products):
        return self._get_reader().get_averages(products, self.months, self._get_day())

    def _get_prices_from_vendor(self, products):
        return self._get_reader().get_list_prices(
            products, self.date_from, self.order_quantity
        )

    def _get_reader(self):
        return PurchaseReader(self.company_id)

    def _get_day(self):
        return self.date_to or local_date(self.company_id)

    # -- report -----------------------------------------------------------------

    def _get_sentences(self, count, entered, unknown):
        """What was filled, what was kept, and what the source knows nothing of."""
        sentences = [
            self.env._(
                "Prices set: %(count)s (%(origin)s).",
                count=count,
                origin=self._describe_source(),
            )
        ]
        if entered:
            sentences.append(
                self.env._("Entered prices kept: %(count)s.", count=len(entered))
            )
        if unknown:
            sentences.append(
                self.env._(
                    "No price was found for %(products)s: nothing is changed there.",
                    products=self._name_products(unknown),
                )
            )
        return sentences

    def _describe_source(self):
        """In words, e.g. "Average of vendor bills, 12 months, +3 %"."""
        labels = dict(self._fields["source"]._description_selection(self.env))
        parts = [labels[self.source]]
        if self.source == "average":
            parts.append(self.env._("%(count)s months", count=self.months))
        if self.percent:
            parts.append(f"{self.percent:+g} %")
        return ", ".join(parts)

    def _name_products(self, products):
        names = ", ".join(products[:NAMED].mapped("display_name"))
        if len(products) <= NAMED:
            return names
        return self.env._(
            "%(names)s and %(count)s more", names=names, count=len(products) - NAMED
        )

    @api.model
    def _notify(self, sentences, is_complete):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if is_complete else "warning",
                "message": " ".join(sentences),
                "sticky": not is_complete,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
