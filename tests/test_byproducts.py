"""Events C6 and D3: by-products, at standard and at average, for both triggers."""

from odoo import Command
from odoo.tests import tagged

from .common import BackflushCommon
from .variants import Variant1, Variant2, Variant3, Variant4

APPLIED = {
    "labour_applied": -100.0,
    "variable_overhead_applied": -30.0,
    "fixed_overhead_applied": -20.0,
}


class ByProducts:
    """Q is made like P and gives one B with each, which takes 4 % of its cost."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.q = cls._create_product("Q", cls.finished, list_price=38.0)
        cls.b = cls._create_product("B", cls.finished, list_price=1.0)
        cls.b.standard_price = 0.9
        cls._create_bom(
            cls.q,
            10,
            {cls.m: 20},
            minutes=24,
            byproduct_ids=[
                Command.create(
                    {"product_id": cls.b.id, "product_qty": 10, "cost_share": 4}
                )
            ],
        )
        cls._activate_standards(m=5.0, s=6.0, b=0.9)

    def setUp(self):
        super().setUp()
        self._buy(self.m, 100, 5)

    def _make(self, byproducts=9):
        order = self._create_production(self.q, 10)
        order.qty_producing = 10
        order._set_qty_producing()
        order.move_byproduct_ids.quantity = byproducts
        order.move_byproduct_ids.picked = True
        return self._finish_as_is(order)

    def test_c6_fewer_byproducts_than_expected(self):
        order = self._make()
        self.assertEqual(self.q.standard_price, 24)
        rows = [("output_price", 1.0), ("output_quantity", 0.9)]
        self.assertRows(order.backflush_posting_ids.variance_ids, rows)
        entry = order.backflush_posting_ids.account_move_id
        if self.trigger == "delivery":
            self.assertFalse(entry)
        else:
            expected = {
                "finished": 248.1,
                "material_price_variance": 1.0,
                "material_quantity_variance": 0.9,
                "materials": -100.0,
            }
            self.assertEntry(entry, expected | APPLIED)
        self.assertOrderExplained(order)
        self.assertLedgerIsStock()
        self._assertClosed()

    def test_d3_both_delivered_and_invoiced(self):
        self._make()
        entries = {
            self.q: (10, {"cost_of_sales": 240.0, "materials": -90.0} | APPLIED),
            self.b: (9, {"cost_of_sales": 8.1, "materials": -8.1}),
        }
        for product, (quantity, entry) in entries.items():
            order = self._sell(product, quantity, product.list_price)
            picking = self._deliver(order)
            posting = picking.backflush_posting_ids
            if self.trigger == "delivery":
                self.assertEntry(posting.account_move_id, entry)
            else:
                self.assertFalse(posting)
            self._invoice(order)
        self.assertBalance("cost_of_sales", 248.1)
        self.assertLedgerIsStock()
        self._assertClosed()

    def test_byproducts_corrected_scrapped_and_counted(self):
        order = self._make()
        self._correct(order.move_byproduct_ids, 12)
        self.assertLedgerIsStock()
        self.assertOrderExplained(order)
        rows = sum(order.backflush_posting_ids.variance_ids.mapped("amount"))
        self.assertAlmostEqual(rows, 1.0 - 1.8)
        scrap = self._scrap(self.b, 2)
        self.assertRows(
            scrap.move_ids.backflush_posting_ids.variance_ids, [("output_scrap", 1.8)]
        )
        self.assertLedgerIsStock()
        posting = self._count(self.b, 11).backflush_posting_ids
        self.assertRows(posting.variance_ids, [("output_count", -0.9)])
        self.assertLedgerIsStock()
        self._assertClosed()

    def test_byproduct_of_an_assembly(self):
        """Its largest line is P, which under `delivery` stands on no account itself."""
        box = self._create_product("Box", self.finished)
        lid = self._create_product("Lid", self.finished, standard_price=0.9)
        share = {"product_id": lid.id, "product_qty": 10, "cost_share": 4}
        byproducts = [Command.create(share)]
        self._create_bom(box, 10, {self.p: 10, self.s: 30}, byproduct_ids=byproducts)
        version = self._create_version("Boxes", "2020-06-01", m=5.0, s=6.0, b=0.9)
        version.price_ids = [Command.create({"product_id": lid.id, "price": 0.9})]
        version.action_roll_up()
        version.action_activate()
        self._buy(self.s, 30, 6)
        self._produce(self.p, 10)
        order = self._create_production(box, 10)
        order.qty_producing = 10
        order._set_qty_producing()
        order.move_byproduct_ids.write({"quantity": 9, "picked": True})
        self._finish_as_is(order)
        self.assertOrderExplained(order)
        self.assertLedgerIsStock()
        sale = self._sell(lid, 4, 2.0)
        self._deliver(sale)
        self._invoice(sale)
        self.assertBalance("cost_of_sales", 3.6)
        self._count(lid, 4)
        self._scrap(lid, 1)
        self.assertLedgerIsStock()
        self._assertClosed()

    def test_unbuild_takes_byproducts_along(self):
        order = self._make(10)
        unbuild = self._unbuild(self.q, 2, order)
        self.assertEqual(unbuild.backflush_posting_ids.state, "posted")
        self.assertEqual(self.b.qty_available, 8)
        self.assertOrderExplained(order)
        self.assertLedgerIsStock()

    def test_new_standards_revalue_byproducts(self):
        self._make()
        version = self._create_version("v2", "2021-01-01", m=5.5, s=6.0, b=1.2)
        version.action_roll_up()
        version.action_activate()
        self.assertEqual(self.b.standard_price, 1.2)
        self.assertLedgerIsStock()
        self._assertClosed()

    def _assertClosed(self):
        if self.materials_valuation == "real_time":
            self.assertClosed()


@tagged("post_install", "-at_install")
class TestByProducts1(ByProducts, Variant1, BackflushCommon):
    def test_byproduct_at_average_cost(self):
        """The main product is always at standard; what B is worth, Odoo says."""
        self.b.categ_id = self._create_category(
            "Average", property_cost_method="average", property_valuation="real_time"
        )
        order = self._make(10)
        posting = order.backflush_posting_ids
        self.assertEqual(posting.state, "posted", posting.error)
        self.assertOrderExplained(order)
        made = posting.fact_ids.filtered(lambda fact: fact.product_id == self.b)
        account = self.b.categ_id.property_stock_valuation_account_id
        items = posting.account_move_id.line_ids
        self.assertAlmostEqual(
            sum(x.balance for x in items if x.account_id == account), made.amount
        )


@tagged("post_install", "-at_install")
class TestByProducts2(ByProducts, Variant2, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestByProducts3(ByProducts, Variant3, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestByProducts4(ByProducts, Variant4, BackflushCommon):
    pass
