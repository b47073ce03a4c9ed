from odoo import api, fields, models
from odoo.fields import Domain

from .backflush_books import PastTriggers


class ProductProduct(models.Model):
    _inherit = "product.product"

    property_backflush_covered = fields.Boolean(
        string="Covered by Backflush Costing",
        company_dependent=True,
        copy=False,
        help="The stock account of this product holds standard prices only. Set when a "
        "costing version is activated or the product is first used.",
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_if_on_no_card(self):
        self.env["backflush.standard.line"]._refuse_deletion("component_id", self)

    # -- standard prices changed by hand ----------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not any({"standard_price", "qty_available"} <= set(v) for v in vals_list):
            return super().create(vals_list)
        # first the price: nothing has been on hand at another one
        counts = [vals.get("qty_available") for vals in vals_list]
        products = super().create(
            [
                {name: value for name, value in vals.items() if name != "qty_available"}
                for vals in vals_list
            ]
        )
        for product, count in zip(products, counts, strict=True):
            if count:
                product.qty_available = count
        return products

    def write(self, vals):
        if {"standard_price", "qty_available"} <= set(vals):
            # first the price: it revalues what has been on hand before the count
            price = {"standard_price": vals["standard_price"]}
            self.write(price)
            return self.write({k: v for k, v in vals.items() if k not in price})
        code = self.env.su or not self.env.context.get("disable_auto_revaluation")
        if code or "standard_price" not in vals:
            return super().write(vals)
        # a caller from outside may not leave out the revaluation of what is covered
        covered = self.filtered(lambda p: p._is_backflush_at_standard())
        res = super(ProductProduct, self - covered).write(vals)
        if covered:
            covered = covered.with_context(disable_auto_revaluation=False)
            res = super(ProductProduct, covered).write(vals)
        return res

    @api.model
    def load(self, fields, data):
        with self.env["backflush.price.change"]._collect():
            return super().load(fields, data)

    def action_bom_cost(self):
        with self.env["backflush.price.change"]._collect():
            return super().action_bom_cost()

    def _change_standard_price(self, old_price):
        """The history of covered products is ours, and so is their revaluation.

        Odoo would round the price and rewrite the value of receipts still in stock.
        """
        covered = self.filtered(lambda p: p._is_backflush_at_standard())
        res = None
        if others := self - covered:
            res = super(ProductProduct, others)._change_standard_price(old_price)
        if covered:
            self.env["backflush.price.change"]._add(
                self.env.company,
                {product.id: old_price.get(product, 0.0) for product in covered},
            )
        return res

    def _get_standard_price_at_date(self, date=None):
        """Of covered products: of the current company's own history only."""
        self.ensure_one()
        today = not date or date == fields.Date.today()
        if today or not self._is_backflush_at_standard():
            return super()._get_standard_price_at_date(date)
        history = self.env["product.value"]
        price = history._find_backflush_price(self, self.env.company, date)
        return price.value if price else self.standard_price

    # -- coverage ---------------------------------------------------------------

    def _get_backflush_trigger(self):
        """Return `completion`, `delivery` or False, in the current company.

        Whoever looks at a day before a switch gives what was in force then.
        """
        self.ensure_one()
        known = self._get_backflush_switched()
        if self.id in known:
            return known[self.id]
        return self.categ_id.property_backflush_trigger or False

    def _get_backflush_switched(self):
        """{product id: trigger} before a switch, where that is looked at."""
        known = self.env.context.get("backflush_triggers")
        return known if isinstance(known, PastTriggers) else PastTriggers()

    def _is_backflush_perpetual(self):
        """Whether Odoo values it perpetually; before a switch, as its trigger wants."""
        self.ensure_one()
        if trigger := self._get_backflush_switched().get(self.id):
            return trigger == "completion"
        return self.valuation == "real_time"

    def _is_backflush_covered(self):
        """Whether the ledger contract is about this product, in the current company."""
        self.ensure_one()
        return self.property_backflush_covered or bool(self._get_backflush_trigger())

    def _is_backflush_at_standard(self):
        """Whether its stock account holds this product at its standard price.

        Lots valued on their own have a price of their own each.
        """
        self.ensure_one()
        return (
            self._is_backflush_covered()
            and self.cost_method == "standard"
            and not self.lot_valuated
        )

    def _set_backflush_covered(self):
        """Cover the products of `self` from now on, in the current company.

        sudo: the first movement of a product may be made by a shop user.
        """
        new = self.filtered(lambda p: not p.property_backflush_covered)
        if new:
            new.sudo().property_backflush_covered = True

    def _with_backflush_stock(self, at_date=None):
        """The same products; their quantities are what the current company owns.

        Not Odoo's own context of valuation, which with `sudo` has the places of all
        companies.
        """
        company = self.env.company
        places = self.env["stock.location"].search(
            Domain("is_valued_internal", "=", True)
            & Domain("company_id", "=", company.id)
        )
        return self.with_context(
            location=places.ids,
            owners=[False, company.partner_id.id],
            to_date=at_date,
        )

    def _get_backflush_relief_account(self):
        """Account that carries this product as a material.

        Its stock valuation account when perpetual, its expense account when periodic
        (or not kept in stock at all).
        """
        self.ensure_one()
        accounts = self.product_tmpl_id._get_product_accounts()
        perpetual = self.is_storable and self._is_backflush_perpetual()
        name = "stock_valuation" if perpetual else "expense"
        return accounts[name]

    # -- buttons ----------------------------------------------------------------

    def action_view_backflush_postings(self):
        """Postings of what was made or delivered, and of what was used for it."""
        domain = Domain("product_id", "in", self.ids)
        domain |= Domain("line_ids.product_id", "in", self.ids)
        return self._get_backflush_action("backflush_posting_action", domain)

    def action_view_backflush_facts(self):
        domain = Domain("product_id", "in", self.ids)
        return self._get_backflush_action("backflush_stock_fact_action", domain)

    def action_view_backflush_variances(self):
        domain = Domain("product_id", "in", self.ids)
        domain |= Domain("component_id", "in", self.ids)
        return self._get_backflush_action("backflush_variance_action", domain)

    def _get_backflush_action(self, name, domain):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            f"backflush_costing.{name}"
        )
        return {**action, "domain": list(domain), "context": {}}
