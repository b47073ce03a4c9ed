"""Events C13, C14: goods made by a subcontractor, and the bill of the fee."""

from odoo import Command
from odoo.tests import tagged

from .common import BackflushCommon
from .variants import Variant1, Variant2, Variant3, Variant4


class Subcontracting:
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fee = cls.elements["subcontract"]
        cls.fee.active = True
        for role in ("control", "applied", "price_variance"):
            account = cls.fee[f"{role}_account_id"] or cls._create_account(role)
            cls.fee[f"{role}_account_id"] = account
            cls.account_names[account] = f"fee_{role}"
            cls.accounts[f"fee_{role}"] = account
        cls.has_subcontracting = "is_subcontract" in cls.env["stock.move"]._fields
        cls.r = cls._create_product("R", cls.finished, list_price=12.0)
        if not cls.has_subcontracting:
            return
        cls._create_bom(
            cls.r,
            1,
            {cls.m: 1},
            type="subcontract",
            subcontractor_ids=[Command.set(cls.vendor.ids)],
        )
        cls._activate_standards(m=5.0, s=6.0, r=3.0)
        cls.r.seller_ids = [Command.create({"partner_id": cls.vendor.id, "price": 3.2})]

    def setUp(self):
        super().setUp()
        if not self.has_subcontracting:
            self.skipTest("Odoo's subcontracting is not installed")
        route = self.env.ref("mrp_subcontracting.route_resupply_subcontractor_mto")
        self.m.route_ids += route
        self._buy(self.m, 40, 5.0)

    def _subcontract(self, quantity=10, price=3.2, receive=True):
        order = self._order(self.r, quantity, price)
        pickings = order._get_subcontracting_resupplies()
        self.assertTrue(pickings)
        pickings.action_assign()
        self._validate(pickings)
        self.assertFalse(pickings.move_ids.backflush_fact_ids)
        if receive:
            self._receive(order)
        return order

    def _get_production(self, order):
        return order.order_line.move_ids._get_subcontract_production()

    def _get_rows(self):
        return self.env["backflush.variance"].search(
            [("kind", "=", "subcontract_price"), ("company_id", "=", self.company.id)]
        )

    def assertFee(self, amount):
        rows = self._get_rows()
        self.assertAlmostEqual(sum(rows.mapped("amount")), amount)
        self.assertFalse(rows.account_move_id)

    def assertSettled(self):
        self.assertLedgerIsStock()
        if self.materials_valuation == "real_time":
            self.assertClosed()

    def test_c13_received_from_the_subcontractor(self):
        order = self._subcontract()
        self.assertEqual(self.r.standard_price, 8.0)
        production = self._get_production(order)
        self.assertEqual(production.state, "done")
        posting = production.backflush_posting_ids
        self.assertRecordValues(posting, [{"event": "completion", "state": "posted"}])
        self.assertFalse(posting.variance_ids)
        if self.trigger == "completion":
            self.assertEntry(
                posting.account_move_id,
                {"finished": 80.0, "materials": -50.0, "fee_applied": -30.0},
            )
        else:
            self.assertFalse(posting.account_move_id)
        self.assertFalse(order.picking_ids.move_ids.backflush_fact_ids)
        self.assertFalse(order.picking_ids.move_ids.backflush_posting_ids)
        self.assertSettled()

    def test_c14_bill_of_the_fee(self):
        bill = self._bill(self._subcontract())
        self.assertEntry(bill, {"fee_control": 32.0, "liability_payable": -32.0})
        row = self._get_rows()
        self.assertRows(row, [("subcontract_price", 2.0)])
        self.assertRecordValues(
            row,
            [
                {
                    "element_id": self.fee.id,
                    "bill_line_id": bill.invoice_line_ids.id,
                    "account_id": self.fee.price_variance_account_id.id,
                    "quantity_actual": 10,
                    "price_standard": 3.0,
                    "price_actual": 3.2,
                }
            ],
        )
        self.assertFee(2.0)
        self.assertSettled()

    def test_fee_billed_before_the_goods_come(self):
        self.r.purchase_method = "purchase"
        order = self._subcontract(receive=False)
        bill = self._bill(order)
        self.assertEntry(bill, {"fee_control": 32.0, "liability_payable": -32.0})
        self.assertFee(2.0)
        version = self._create_version("Next", "2021-01-01", m=5.0, s=6.0, r=3.5)
        version.action_roll_up()
        version.action_activate()
        self._receive(order)
        self.assertFee(-3.0)
        rows = self._get_rows()
        self.assertEqual(rows.bill_line_id, bill.invoice_line_ids)
        bill.button_draft()
        self.assertFee(0.0)
        self.assertSettled()

    def test_bill_reset_cancelled_and_credited(self):
        order = self._subcontract()
        bill = self._bill(order)
        bill.button_draft()
        self.assertFalse(self._get_rows())
        bill.action_post()
        self.assertFee(2.0)
        refund = self._reverse(bill)
        self.assertEntry(refund, {"fee_control": -32.0, "liability_payable": 32.0})
        self.assertFee(0.0)
        again = self._bill(order, 3.1)
        self.assertFee(1.0)
        again.button_draft()
        again.button_cancel()
        self.assertFee(0.0)

    def test_reverse_and_create(self):
        bill = self._bill(self._subcontract())
        again = self._reverse(bill, modify=True, post=False)
        self.assertFee(0.0)
        again.action_post()
        self.assertFee(2.0)

    def test_price_only_credit_note(self):
        bill = self._bill(self._subcontract())
        self._credit(bill.invoice_line_ids, 10, 0.1)
        self.assertFee(1.0)

    def test_s1_new_standards(self):
        """R on hand at S1: 10 × 0.50, all of it material."""
        self._subcontract()
        before = self.env["account.move"].search([])
        version = self._create_version("Next", "2021-01-01", m=5.5, s=6.0, r=3.0)
        version.action_roll_up()
        version.action_activate()
        entry = self.env["account.move"].search([]) - before
        amounts = self._summarise(entry.line_ids)
        if self.trigger == "completion":
            self.assertEqual((amounts["finished"], amounts["materials"]), (5.0, 15.0))
        else:
            self.assertEqual(amounts["materials"], 20.0)
        self.assertSettled()

    def test_sold(self):
        self._subcontract()
        order = self._sell(self.r, 10, 12.0)
        picking = self._deliver(order)
        self._invoice(order)
        if self.trigger == "delivery":
            self.assertEntry(
                picking.move_ids.backflush_posting_ids.account_move_id,
                {"cost_of_sales": 80.0, "materials": -50.0, "fee_applied": -30.0},
            )
        self.assertBalance("cost_of_sales", 80.0)
        self.assertSettled()


@tagged("post_install", "-at_install")
class TestSubcontracting1(Subcontracting, Variant1, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestSubcontracting2(Subcontracting, Variant2, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestSubcontracting3(Subcontracting, Variant3, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestSubcontracting4(Subcontracting, Variant4, BackflushCommon):
    pass
