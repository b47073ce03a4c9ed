"""Orders that hang together: several levels, merged, split, cancelled, lots, kits."""

from odoo import Command
from odoo.tests import tagged

from .common import BackflushCommon
from .variants import Variant1, Variant2


class Levels:
    """T is made of 2 A and 1 kg S; A of 1 kg M. A is costed like P or the other way."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        other = "delivery" if cls.trigger == "completion" else "completion"
        cls.others = cls._create_category(
            "Other",
            property_valuation="real_time" if other == "completion" else "periodic",
            property_backflush_trigger=other,
        )
        cls.account_names[cls.others.property_stock_valuation_account_id] = "others"
        make = cls.env.ref("mrp.route_warehouse0_manufacture")
        order = cls.warehouse.mto_pull_id.route_id
        order.active = True
        routes = {"route_ids": [Command.set((make | order).ids)]}
        cls.a = cls._create_product("A", cls.finished, **routes)
        cls.o = cls._create_product("O", cls.others, **routes)
        cls.t = cls._create_product("T", cls.finished, list_price=100.0)
        cls._create_bom(cls.a, 1, {cls.m: 1}, minutes=30)
        cls._create_bom(cls.o, 1, {cls.m: 1}, minutes=30)
        cls._create_bom(cls.t, 1, {cls.a: 2, cls.o: 1, cls.s: 1}, minutes=60)
        cls._activate_standards(m=5.0, s=6.0)

    def setUp(self):
        super().setUp()
        self._buy(self.m, 100, 5)
        self._buy(self.s, 50, 6)

    def _find_orders(self, product):
        return self.env["mrp.production"].search([("product_id", "=", product.id)])

    def _assertBooks(self):
        self.assertClosed()
        for order in self.env["mrp.production"].search(
            [("company_id", "=", self.company.id), ("state", "=", "done")]
        ):
            states = set(order.backflush_posting_ids.mapped("state"))
            self.assertEqual(states, {"posted"})
            self.assertOrderExplained(order)


class Chains(Levels):
    def test_made_to_order_on_two_levels(self):
        top = self._create_production(self.t, 3)
        for product, quantity in ((self.a, 6), (self.o, 3)):
            order = self._find_orders(product)
            self.assertEqual(order.product_qty, quantity)
            self._finish(order)
        self._assertBooks()
        top.action_assign()
        self._finish(top)
        self._assertBooks()
        for product in (self.a, self.o):
            self.assertEqual(product.qty_available, 0)
        sale = self._sell(self.t, 3, 100)
        self._deliver(sale)
        self._invoice(sale)
        self._assertBooks()
        self.assertBalance("cost_of_sales", 3 * self.t.standard_price)
        for name in ("finished", "others"):
            account = next(a for a, n in self.account_names.items() if n == name)
            self.accounts[name] = account
            self.assertBalance(name, 0)

    def test_sub_assembly_scrapped_and_used_beyond_the_card(self):
        for product in (self.a, self.o):
            self._produce(product, 10)
        order = self._create_production(self.t, 3)
        for product in (self.a, self.o):
            self._scrap(product, 1, production_id=order.id)
        self._finish(order, used={self.a: 7, self.o: 4})
        rows = {}
        for row in order.backflush_posting_ids.variance_ids:
            rows[row.kind] = rows.get(row.kind, 0.0) + row.amount
        cost = self.a.standard_price + self.o.standard_price
        self.assertEqual(rows, {"material_scrap": cost, "material_usage": cost})
        self._assertBooks()

    def test_new_standards_leave_what_is_booked(self):
        """Parts are relieved through the cards in force when they were used."""
        for product in (self.a, self.o):
            self._produce(product, 10)
        order = self._produce(self.t, 3)
        self._activate_v2()
        postings = order.backflush_posting_ids
        self.env["backflush.engine"]._post_records(order)
        self.assertEqual(order.backflush_posting_ids, postings)
        used = order.move_raw_ids.filtered(lambda m: m.product_id == self.o)
        for quantity in (4, 3):
            self._correct(used, quantity)
            self._assertBooks()
        totals = {}
        for row in (order.backflush_posting_ids - postings).variance_ids:
            key = row.kind, row.element_id
            totals[key] = totals.get(key, 0) + row.amount
        self.assertEqual({round(x, 2) for x in totals.values()}, {0.0})

    def test_merged_orders(self):
        orders = self._create_production(self.a, 2) | self._create_production(self.a, 3)
        orders.action_merge()
        merged = self._find_orders(self.a).filtered(lambda o: o.state == "confirmed")
        self.assertEqual(merged.product_qty, 5)
        self._finish(merged)
        self.assertEqual(merged.backflush_posting_ids.quantity, 5)
        self.assertFalse(orders.exists().backflush_posting_ids)
        self._assertBooks()

    def test_split_order(self):
        order = self._create_production(self.a, 6)
        parts = order._split_productions({order: [2, 4]})
        for part in parts:
            self._finish(part)
        quantities = parts.backflush_posting_ids.mapped("quantity")
        self.assertEqual(sorted(quantities), [2, 4])
        self._assertBooks()

    def test_cancelled_order_books_nothing(self):
        order = self._create_production(self.a, 6)
        order.action_cancel()
        self.assertFalse(order.backflush_posting_ids)
        order = self._create_production(self.a, 6)
        self._finish(order, made=2, backorder=True)
        backorder = order.production_group_id.production_ids - order
        backorder.action_cancel()
        self.assertFalse(backorder.backflush_posting_ids)
        self._assertBooks()

    def test_serial_numbers(self):
        self.a.tracking = "serial"
        lots = self.env["stock.lot"].create(
            [{"product_id": self.a.id, "name": f"SN{number}"} for number in range(2)]
        )
        for lot in lots:
            order = self._create_production(self.a, 1)
            order.lot_producing_ids = lot
            order.qty_producing = 1
            order._set_qty_producing()
            self._finish_as_is(order)
            self.assertEqual(order.backflush_posting_ids.quantity, 1)
        self.assertEqual(self.a.qty_available, 2)
        sale = self._sell(self.a, 1, 50)
        self._deliver(sale)
        self._invoice(sale)
        self._assertBooks()

    def test_lots_of_a_component(self):
        self.m.tracking = "lot"
        lots = self.env["stock.lot"].create(
            [{"product_id": self.m.id, "name": f"L{number}"} for number in range(2)]
        )
        location = self.warehouse.lot_stock_id
        for lot in lots:
            quant = (
                self.env["stock.quant"]
                .with_context(inventory_mode=True)
                .create(
                    {
                        "product_id": self.m.id,
                        "location_id": location.id,
                        "lot_id": lot.id,
                        "inventory_quantity": 3,
                    }
                )
            )
            quant.action_apply_inventory()
        order = self._create_production(self.a, 5)
        order.action_assign()
        self._finish(order)
        self.assertEqual(order.backflush_posting_ids.mapped("state"), ["posted"])
        self.assertAlmostEqual(
            sum(order.backflush_posting_ids.variance_ids.mapped("amount")), 0
        )
        self._assertBooks()


@tagged("post_install", "-at_install")
class TestChains1(Chains, Variant1, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestChains2(Chains, Variant2, BackflushCommon):
    pass
