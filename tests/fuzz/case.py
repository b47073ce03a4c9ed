"""The factory in which scenarios are played, in one of the four variants.

Scenarios are plain calls, and whatever a call does is checked at once:

    shop = self.open_shop()
    mo1 = shop.make("P", 10, used={"M": 22})
    shop.sell("P", 4)
"""

from odoo import fields

from ..common import BackflushCommon
from ..time import RecordedTime
from .shop import Shop
from .shop_time import COSTS
from .standards import KIT, MATERIALS, RECIPES

RATES = {"labour": 20, "variable_overhead": 6, "fixed_overhead": 4}
#: Standards per family: whole cents come out exactly, fractions within rule 1's bound.
WHOLE_CENTS = {"M": 5, "S": 6, "K": 0.5, "B": 0.9}
FRACTIONS = {"M": 0.333, "S": 1.2345, "K": 0.01719, "B": 0.0777}


class ShopCase(RecordedTime, BackflushCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("stock.group_tracking_owner")
        cls.env["decimal.precision"].search([("name", "=", "Product Price")]).digits = 5
        cls._create_packing()
        cls._create_goods()
        cls._create_currency()

    @classmethod
    def _create_currency(cls):
        """A vendor's currency, with another rate at the order than at the bill."""
        cls.foreign = cls.env["res.currency"].create({"name": "FRG", "symbol": "F"})
        for days, rate in ((10, 4.0), (0, 3.0)):
            cls.env["res.currency.rate"].create(
                {
                    "name": fields.Date.subtract(fields.Date.today(), days=days),
                    "rate": rate,
                    "currency_id": cls.foreign.id,
                    "company_id": cls.company.id,
                }
            )

    @classmethod
    def _create_packing(cls):
        """A second category of materials, with accounts of its own."""
        cls.packing = cls._create_category(
            "Packing",
            property_valuation=cls.materials_valuation,
            property_price_difference_account_id=cls.ppv.id,
        )
        stock = cls.packing.property_stock_valuation_account_id
        stock.account_stock_variation_id = (
            cls.finished_account.account_stock_variation_id
        )
        perpetual = cls.materials_valuation == "real_time"
        cls.accounts["packing"] = (
            stock if perpetual else cls.packing.property_account_expense_categ_id
        )

    @classmethod
    def _create_goods(cls):
        """What there is besides M, S and P."""
        cls.products = {"M": cls.m, "S": cls.s, "P": cls.p}
        cls.products["K"] = cls._create_product("K", cls.packing)
        for name in ("B", "Q", "X"):
            cls.products[name] = cls._create_product(name, cls.finished)
        kit = cls._create_product("KIT", cls.finished, is_storable=False)
        cls.products["KIT"] = kit
        cls.product_names = {p.id: name for name, p in cls.products.items()}
        for name, recipe in RECIPES.items():
            if name != "P":
                cls._create_recipe(cls.products[name], recipe)
        components = {cls.products[name]: count for name, count in KIT.items()}
        cls._create_bom(kit, 1, components, type="phantom")

    @classmethod
    def _create_recipe(cls, product, recipe):
        components = {
            cls.products[name]: quantity * 10
            for name, quantity in recipe.components.items()
        }
        minutes = 24 if recipe.hours else 0  # 0.4 h, and 1 h of set-up for a lot of 10
        bom = cls._create_bom(product, 10, components, minutes=minutes)
        if recipe.byproduct:
            name, share = recipe.byproduct
            cls.env["mrp.bom.byproduct"].create(
                {
                    "bom_id": bom.id,
                    "product_id": cls.products[name].id,
                    "product_qty": 10,
                    "cost_share": share,
                }
            )

    def assertSettled(self, shop):
        """Every step has been checked; now all documents are made, and the books hold
        nothing but stock at standard.
        """
        shop.settle()
        waiting = self.company._get_backflush_open_postings()
        self.assertFalse(waiting, shop.scenario)

    def open_shop(self, prices=None):
        """A shop with standards in force and materials at hand."""
        shop = Shop(self, prices or WHOLE_CENTS, RATES)
        for cost in COSTS:
            self._get_employee(cost)
        for name in MATERIALS:
            shop.buy(name, 500, bill=shop.prices[name])
        return shop.fork()
