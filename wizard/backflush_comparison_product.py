from decimal import ROUND_HALF_UP, Decimal

from odoo import api, fields, models

from ..costing.comparison import LOT_SIZE, PRICE, QUANTITY, RATE, STRUCTURE
from ..models.backflush_bulk import insert_rows

#: Decimals of what is shown; unit costs may be far below a cent.
DECIMALS = 12
HUNDRED = Decimal(100)
COLUMNS = (
    "comparison_id",
    "company_id",
    "product_id",
    "category_id",
    "supply",
    "presence",
    "reasons",
    "old_cost",
    "new_cost",
    "change",
    "change_percent",
    "change_size",
    "quantity",
    "stock_effect",
    "stock_effect_size",
    "volume",
    "volume_effect",
    "volume_effect_size",
)


def shown(amount) -> float:
    """A figure without the last digits, which binary numbers do not keep."""
    return float(round(amount, DECIMALS))


class BackflushComparisonProduct(models.TransientModel):
    """One product whose standard cost changes, why, and how much that matters."""

    _name = "backflush.comparison.product"
    _description = "Changed Standard Cost"
    _order = "stock_effect_size desc, volume_effect_size desc, change_size desc, id"
    _rec_name = "product_id"

    comparison_id = fields.Many2one(
        "backflush.comparison",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    new_version_id = fields.Many2one(related="comparison_id.new_version_id")
    product_id = fields.Many2one(
        "product.product", required=True, readonly=True, ondelete="cascade"
    )
    uom_id = fields.Many2one(related="product_id.uom_id")
    category_id = fields.Many2one(
        "product.category", readonly=True, ondelete="set null"
    )
    supply = fields.Selection(
        [("made", "Made"), ("bought", "Bought")], required=True, readonly=True
    )
    presence = fields.Selection(
        [
            ("both", "In both versions"),
            ("new", "New version only"),
            ("gone", "Old version only"),
        ],
        required=True,
        readonly=True,
        help="A product that only one of the versions knows has no effect on the value "
        "of stock or sales here.",
    )
    reasons = fields.Char(
        string="Why",
        readonly=True,
        help="Per unit of the product, by cost element, through all levels below.",
    )
    old_cost = fields.Float(
        digits=0, min_display_digits=2, readonly=True, aggregator=None
    )
    new_cost = fields.Float(
        digits=0, min_display_digits=2, readonly=True, aggregator=None
    )
    change = fields.Float(
        digits=0,
        min_display_digits=2,
        readonly=True,
        aggregator=None,
        help="Per unit: new cost − old cost.",
    )
    change_percent = fields.Float(
        string="Change %",
        digits=(16, 2),
        readonly=True,
        aggregator=None,
        help="Of the old cost.",
    )
    change_size = fields.Float(
        string="Change of at Least (%)",
        readonly=True,
        aggregator=None,
        help="Change in percent of the old cost, up or down.",
    )
    quantity = fields.Float(
        string="On Hand",
        digits="Product Unit",
        readonly=True,
        aggregator=None,
        help="Valued quantity: in the company's own and transit locations, goods of "
        "other owners left out.",
    )
    stock_effect = fields.Monetary(
        string="Effect on Stock",
        readonly=True,
        help="Quantity on hand × change. Nothing for products at average cost or FIFO, "
        "whose stock does not follow the standard.",
    )
    stock_effect_size = fields.Float(readonly=True, aggregator=None)
    volume = fields.Float(
        string="Yearly Volume",
        digits="Product Unit",
        readonly=True,
        aggregator=None,
        help="Expected of the next 12 months: units that left to customers in the last "
        "12, less returns.",
    )
    volume_effect = fields.Monetary(
        string="Effect on Volume",
        readonly=True,
        help="Yearly volume × change. The volume is what left to customers in the last "
        "12 months, less returns.",
    )
    volume_effect_size = fields.Float(readonly=True, aggregator=None)
    change_ids = fields.One2many(
        "backflush.comparison.change", "line_id", string="Reasons", readonly=True
    )

    def action_open_changes(self):
        return self.comparison_id.action_open_changes()

    def action_open_old_card(self):
        return self._open_card(self.comparison_id.old_version_id)

    def action_open_new_card(self):
        return self._open_card(self.comparison_id.new_version_id)

    def action_open_product(self):
        self.ensure_one()
        return self.product_id.get_formview_action()

    def _open_card(self, version):
        """The card in `version`, or where there is none its price list."""
        self.ensure_one()
        card = self.env["backflush.standard"].search(
            [("version_id", "=", version.id), ("product_id", "=", self.product_id.id)]
        )
        return (card or version).get_formview_action()

    # -- rows -------------------------------------------------------------------

    @api.model
    def _insert_rows(self, comparison, rows):
        """Write `rows` (see `Row`) of `comparison`; return {product id: id}."""
        describe = self._get_describer(comparison, rows)
        values = [self._prepare_row(comparison, row, describe) for row in rows]
        return dict(insert_rows(self, COLUMNS, values, ["product_id", "id"]))

    @api.model
    def _prepare_row(self, comparison, row, describe):
        item, facts = row.difference, row.facts
        percent = self._get_percent(row)
        stock, volume = item.change * row.stock, item.change * row.volume
        return (
            comparison.id,
            comparison.company_id.id,
            item.product,
            facts.category,
            "made" if item.is_made else "bought",
            row.presence,
            describe(row),
            shown(item.old or 0),
            shown(item.new or 0),
            shown(item.change),
            shown(percent),
            shown(abs(percent)),
            facts.on_hand,
            shown(stock),
            shown(abs(stock)),
            facts.volume,
            shown(volume),
            shown(abs(volume)),
        )

    @api.model
    def _get_percent(self, row):
        """Change in percent of the old cost; what cost nothing doubles, so to say."""
        if not row.is_in_both:
            return Decimal(0)
        item = row.difference
        return item.change / item.old * HUNDRED if item.old else HUNDRED

    # -- reasons in words -------------------------------------------------------

    @api.model
    def _get_describer(self, comparison, rows):
        """A function that puts the reasons of a row in one line, the largest first."""
        reasons = {reason for row in rows for reason in row.difference.effects}
        ids = list({element for element, _kind in reasons})
        names = {x.id: x.name for x in self.env["backflush.element"].browse(ids)}
        labels = {
            (element, kind): self._get_reason_label(kind, names[element])
            for element, kind in reasons
        }
        one_sided = {
            "new": self.env._("In the new version only"),
            "gone": self.env._("In the old version only"),
        }
        # sudo: every user has a language, not everybody may read languages
        lang = self.env["res.lang"].sudo()._lang_get(self.env.lang or "en_US")

        def describe(row):
            if not row.is_in_both:
                return one_sided[row.presence]
            effects = row.difference.effects
            return " · ".join(
                f"{labels[reason]} {_format_signed(lang, effects[reason])}"
                for reason in sorted(effects, key=lambda x: -abs(effects[x]))
            )

        return describe

    @api.model
    def _get_reason_label(self, kind, element):
        labels = {
            PRICE: self.env._("Price of %(element)s", element=element),
            QUANTITY: self.env._("Quantity of %(element)s", element=element),
            RATE: self.env._("%(element)s rate", element=element),
            STRUCTURE: self.env._("Structure: %(element)s", element=element),
            LOT_SIZE: self.env._("Lot size: %(element)s", element=element),
        }
        return labels[kind]


def _format_signed(lang, amount) -> str:
    """At least two decimals, and enough to tell a small amount from nothing."""
    decimals = 2
    if amount and abs(amount) < 1:
        decimals = max(2, 2 - amount.adjusted())
    unit = Decimal(1).scaleb(-min(decimals, DECIMALS))
    text = f"{amount.quantize(unit, rounding=ROUND_HALF_UP):+f}"
    whole, _point, fraction = text.partition(".")
    fraction = fraction[:2] + fraction[2:].rstrip("0")
    return f"{whole}{lang.decimal_point}{fraction}"
