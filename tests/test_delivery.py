"""Events D1–D3 of the event catalogue: delivery, cost of sales and invoice."""

from odoo import Command
from odoo.tests import tagged

from .common import BackflushCommon
from .variants import Variant2, Variant3, Variant4

COST = {
    "cost_of_sales": 25.0,
    "materials": -10.0,
    "labour_applied": -10.0,
    "variable_overhead_applied": -3.0,
    "fixed_overhead_applied": -2.0,
}


class DeliveryEvents:
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)

    def setUp(self):
        super().setUp()
        self._produce(self.p, 30)

    def _check_delivery(self, picking, quantity):
        postings = picking.sudo().backflush_posting_ids
        if self.trigger == "completion":
            self.assertFalse(postings)
            return
        self.assertEqual(postings.mapped("event"), ["delivery"])
        self.assertEqual(postings.quantity, quantity)
        self.assertEntry(
            postings.account_move_id,
            {name: quantity * amount for name, amount in COST.items()},
        )

    def _check_invoice(self, invoice, quantity, cost=25.0):
        entry = {"asset_receivable": 40.0 * quantity, "income": -40.0 * quantity}
        if self.trigger == "completion":
            entry |= {"cost_of_sales": cost * quantity, "finished": -cost * quantity}
        self.assertEntry(invoice, entry)

    def test_d1_delivery_and_invoice(self):
        order = self._sell(self.p, 20, 40.0)
        self._check_delivery(self._deliver(order), 20)
        self._check_invoice(self._invoice(order), 20)

    def test_d2_partial_delivery_and_its_backorder(self):
        order = self._sell(self.p, 8, 40.0)
        self._check_delivery(self._deliver(order, 5), 5)
        self._check_invoice(self._invoice(order), 5)
        self._check_delivery(self._deliver(order), 3)

    def test_s3_invoice_costs_at_the_standard_of_the_delivery(self):
        order = self._sell(self.p, 8, 40.0)
        self._deliver(order, 5)
        self._invoice(order)
        self._deliver(order)
        self.p.with_context(disable_auto_revaluation=True).standard_price = 27.0
        self._check_invoice(self._invoice(order), 3)

    def test_partial_invoices_around_a_change(self):
        order = self._sell(self.p, 8, 40.0)
        self._deliver(order, 5)
        self.p.with_context(disable_auto_revaluation=True).standard_price = 27.0
        self._deliver(order)
        invoice = order._create_invoices()
        invoice.invoice_line_ids.quantity = 6
        invoice.action_post()
        # 5 × 25 + 1 × 27
        if self.trigger == "completion":
            self.assertEqual(self._summarise(invoice.line_ids)["cost_of_sales"], 152.0)
            second = self._invoice(order)
            self.assertEqual(self._summarise(second.line_ids)["cost_of_sales"], 54.0)

    def test_goods_cheaper_than_a_cent_are_costed(self):
        screw = self._create_product("Screw", self.finished, list_price=1.0)
        screw.with_context(disable_auto_revaluation=True).standard_price = 0.004
        if self.trigger == "delivery":
            return
        order = self._sell(screw, 10000, 1.0)
        self._deliver(order)
        invoice = self._invoice(order)
        self.assertEqual(self._summarise(invoice.line_ids)["cost_of_sales"], 40.0)

    def test_multi_step_delivery_costs_at_the_customer(self):
        self.warehouse.delivery_steps = "pick_ship"
        order = self._sell(self.p, 4, 40.0)
        pick = order.picking_ids.filtered(lambda p: p.state == "assigned")
        self._validate(pick)
        self.assertFalse(pick.backflush_posting_ids)
        ship = order.picking_ids - pick
        self._validate(ship)
        self._check_delivery(ship, 4)

    def test_two_products_of_one_picking_share_an_entry(self):
        other = self._create_product("P2", self.finished, list_price=40.0)
        self._create_bom(other, 10, {self.m: 20}, minutes=24)
        self._activate_standards(name="Next", date_from="2021-01-01", m=5.0, s=6.0)
        self._produce(other, 10)
        order = self._sell(self.p, 4, 40.0)
        order.order_line.copy(
            {"order_id": order.id, "product_id": other.id, "product_uom_qty": 6}
        )
        picking = order.picking_ids
        self._validate(picking)
        postings = picking.backflush_posting_ids
        if self.trigger == "completion":
            self.assertFalse(postings)
            return
        self.assertEqual(sorted(postings.mapped("quantity")), [4, 6])
        self.assertEqual(len(postings.account_move_id), 1)
        self._check_shared_entry(postings)

    def _check_shared_entry(self, postings):
        self.assertEntry(
            postings.account_move_id,
            {name: 10 * amount for name, amount in COST.items()},
        )
        small = postings.sorted("quantity")[0]
        small.action_reverse()
        self.assertBalance("cost_of_sales", 150)
        postings.sorted("quantity")[1].action_reverse()
        self.assertBalance("cost_of_sales", 0)

    def test_kit_is_costed_by_its_components(self):
        kit = self._create_product("Kit", self.finished, is_storable=False)
        self._create_bom(kit, 1, {self.p: 2}, type="phantom")
        order = self._sell(kit, 3, 100.0)
        picking = self._deliver(order)
        self.assertEqual(picking.move_ids.product_id, self.p)
        self._check_delivery(picking, 6)
        self.p.with_context(disable_auto_revaluation=True).standard_price = 99.0
        entry = {"asset_receivable": 300.0, "income": -300.0}
        if self.trigger == "completion":
            entry |= {"cost_of_sales": 150.0, "finished": -150.0}
        self.assertEntry(self._invoice(order), entry)

    def test_kit_of_several_units_invoiced_in_parts(self):
        """A bill of 2 kits of 3 P each: 1.5 P in one kit; stored kits cost once too."""
        kit = self._create_product("Kit", self.finished, list_price=100.0)
        self._create_bom(kit, 2, {self.p: 3}, type="phantom")
        order = self._sell(kit, 8, 100.0)
        self._deliver(order)
        first = order._create_invoices()
        first.invoice_line_ids.quantity = 2
        first.action_post()
        second = self._invoice(order)
        costs = [
            self._summarise(x.line_ids).get("cost_of_sales") for x in first | second
        ]
        expected = [75.0, 225.0] if self.trigger == "completion" else [None, None]
        self.assertEqual(costs, expected)

    def test_d4_return_at_the_same_standard(self):
        order = self._sell(self.p, 20, 40.0)
        picking = self._deliver(order)
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_id=picking.id, active_model="stock.picking")
            .create({})
        )
        wizard.product_return_moves.quantity = 2
        back = self._validate(wizard._create_return())
        postings = back.backflush_posting_ids
        if self.trigger == "completion":
            self.assertFalse(postings)
            return
        self.assertEqual((postings.event, postings.quantity), ("return", -2))
        self.assertEntry(
            postings.account_move_id,
            {name: -2 * amount for name, amount in COST.items()},
        )


@tagged("post_install", "-at_install")
class TestDelivery1(DeliveryEvents, BackflushCommon):
    def test_closing_finds_nothing(self):
        self._buy(self.m, 100, 5.2)
        order = self._sell(self.p, 20, 40.0)
        self._deliver(order)
        self._invoice(order)
        self.assertBalance("finished", 250)
        self.assertBalance("materials", 200)
        self.assertClosed()


@tagged("post_install", "-at_install")
class TestDelivery2(DeliveryEvents, Variant2, BackflushCommon):
    def test_materials_account_carries_the_content_of_finished_goods(self):
        self._buy(self.m, 100, 5.2)
        order = self._sell(self.p, 20, 40.0)
        self._deliver(order)
        self._invoice(order)
        # 40 kg on hand (100 bought, 60 used) and 10 P × 10.00 of material
        self.assertBalance("materials", 300)
        self.assertBalance("finished", 0)
        self.assertClosed()

    def test_sub_assembly_that_is_costed_at_delivery(self):
        box = self._create_product("Box", self.finished)
        self._create_bom(box, 1, {self.p: 2, self.m: 1})
        self._activate_standards(name="Next", date_from="2021-01-01", m=5.0, s=6.0)
        self._buy(self.m, 100, 5.0)
        self._produce(box, 5, used={self.p: 11})
        # on hand 35 kg M, 19 P × 10.00, 5 Box × 25.00; open usage 1 P × 10.00
        self.assertBalance("materials", 500)
        self.assertClosed()

    def test_open_usage_stays_on_the_materials_account(self):
        self._buy(self.m, 100, 5.0)
        self._produce(self.p, 10, used={self.m: 22})
        # 18 kg on hand, 40 P × 10.00, open usage 2 × 5.00
        self.assertBalance("materials", 500)
        self.assertClosed()


@tagged("post_install", "-at_install")
class TestDelivery3(DeliveryEvents, Variant3, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestDelivery4(DeliveryEvents, Variant4, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestDeliveryQueries(Variant2, BackflushCommon):
    def _count(self, products):
        """Queries that posting a transfer of `products` takes."""
        lines = [
            Command.create({"product_id": product.id, "product_uom_qty": 1})
            for product in products
        ]
        order = self.env["sale.order"].create(
            {"partner_id": self.customer.id, "order_line": lines}
        )
        order.action_confirm()
        journal = self.company.backflush_journal_id
        journal.active = False
        picking = self._deliver(order)
        journal.active = True
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.env["backflush.engine"]._post_records(picking.move_ids)
        self.env.flush_all()
        after = self.env.cr.sql_log_count
        postings = picking.backflush_posting_ids
        self.assertEqual(set(postings.mapped("state")), {"posted"})
        self.assertEqual(len(postings), len(products))
        return after - before

    def test_no_query_for_each_line(self):
        products = [self._create_product(f"N{n}", self.finished) for n in range(24)]
        for product in products:
            self._create_bom(product, 10, {self.m: 20}, minutes=24)
        self._activate_standards(m=5.0, s=6.0)
        self._buy(self.m, 1000, 5)
        for product in products:
            self._produce(product, 10)
        self._count(products[:2])
        few, many = self._count(products[:4]), self._count(products)
        self.assertLessEqual(many, few + 4)
