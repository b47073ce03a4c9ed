"""Events A1–A4, A6, A7, S2: bills pass materials at the standard of their receipt."""

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import BackflushCommon
from .variants import Variant3


class PurchaseEvents:
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)

    def _get_rows(self, bill):
        return self.env["backflush.variance"].search(
            [("bill_line_id.move_id", "=", bill.id)]
        )

    def _check(self, bill, entry, rows):
        self.assertEntry(bill, entry)
        variances = self._get_rows(bill)
        self.assertRows(variances, rows)
        self.assertEqual(variances.account_move_id, bill if rows else bill.browse())

    def test_a1_receipt_books_nothing(self):
        before = self.env["account.move"].search_count([])
        picking = self._receive(self._order(self.m, 100, 5.2))
        self.assertEqual(self.env["account.move"].search_count([]), before)
        fact = self.env["backflush.stock.fact"].search(
            [("move_id", "in", picking.move_ids.ids)]
        )
        self.assertEqual((fact.quantity, fact.standard, fact.amount), (100, 5, 500))
        self.assertFalse(fact.posting_id)

    def test_a2_bill_above_standard(self):
        bill = self._buy(self.m, 100, 5.2)
        self._check(
            bill,
            {"materials": 500.0, "ppv": 20.0, "liability_payable": -520.0},
            [("material_price", 20.0)],
        )
        row = self._get_rows(bill)
        self.assertEqual(
            (row.quantity_actual, row.price_standard, row.price_actual), (100, 5, 5.2)
        )
        self.assertEqual((row.partner_id, row.product_id), (self.vendor, self.m))
        posting = bill.backflush_posting_ids
        self.assertEqual((posting.event, posting.state), ("bill", "posted"))
        self.assertEqual(
            sorted((line.kind, line.amount) for line in posting.line_ids),
            [("material_price", 20.0), ("passed", -20.0)],
        )

    def test_a3_bill_below_standard(self):
        bill = self._buy(self.m, 40, 4.75)
        self._check(
            bill,
            {"materials": 200.0, "ppv": -10.0, "liability_payable": -190.0},
            [("material_price", -10.0)],
        )

    def test_a4_foreign_currency_takes_balances(self):
        currency = self.env["res.currency"].create({"name": "FRG", "symbol": "F"})
        today = fields.Date.today()
        rate = self.env["res.currency.rate"].create(
            {
                "name": fields.Date.subtract(today, days=10),
                "rate": 3.06,
                "currency_id": currency.id,
                "company_id": self.company.id,
            }
        )
        order = self._order(
            self.m,
            20,
            15.30,
            currency_id=currency.id,
            date_order=fields.Date.subtract(today, days=5),
        )
        rate.copy({"name": today, "rate": 3.00})
        self._receive(order)
        bill = self._bill(order, 15.30)
        self._check(
            bill,
            {"materials": 100.0, "ppv": 2.0, "liability_payable": -102.0},
            [("material_price", 2.0)],
        )
        self.assertEqual(self._get_rows(bill).amount_exchange, 2.0)

    def test_s2_bill_after_a_change_passes_at_the_old_standard(self):
        order = self._order(self.m, 10, 5.3)
        self._receive(order)
        self.m.with_context(disable_auto_revaluation=True).standard_price = 5.5
        bill = self._bill(order)
        self._check(
            bill,
            {"materials": 50.0, "ppv": 3.0, "liability_payable": -53.0},
            [("material_price", 3.0)],
        )

    def test_partial_bills_around_a_change_match_oldest_first(self):
        order = self._order(self.m, 20, 6.0)
        self._receive(order, 10)
        self.m.with_context(disable_auto_revaluation=True).standard_price = 7.0
        order.order_line.product_qty = 20
        backorder = order.picking_ids.filtered(lambda p: p.state != "done")
        if not backorder:
            order.order_line.product_qty = 30
            backorder = order.picking_ids.filtered(lambda p: p.state != "done")
        self._validate(backorder)
        first = self._bill(order, quantity=4)
        second = self._bill(order, quantity=9)
        # 4 × 5; 6 × 5 + 3 × 7
        self.assertEqual(self._summarise(first.line_ids)["materials"], 20.0)
        self.assertEqual(self._summarise(second.line_ids)["materials"], 51.0)

    def test_a6_return_and_credit_note_undo_the_price_variance(self):
        bill = self._buy(self.m, 100, 5.2)
        order = bill.invoice_line_ids.purchase_order_id
        picking = order.picking_ids
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_id=picking.id, active_model="stock.picking")
            .create({})
        )
        wizard.product_return_moves.quantity = 10
        self._validate(wizard._create_return())
        order.order_line.product_qty = 90
        refund = self._bill(order)
        self.assertEqual(refund.move_type, "in_refund")
        self._check(
            refund,
            {"materials": -50.0, "ppv": -2.0, "liability_payable": 52.0},
            [("material_price", -2.0)],
        )

    def test_a7_price_only_credit_note_takes_nothing_out_of_stock(self):
        bill = self._buy(self.m, 100, 5.2)
        goods = bill.invoice_line_ids
        refund = self.env["account.move"].create(
            {
                "move_type": "in_refund",
                "partner_id": self.vendor.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": self.m.id,
                            "purchase_line_id": goods.purchase_line_id.id,
                            "quantity": 100,
                            "price_unit": 0.09,
                            "tax_ids": False,
                        }
                    )
                ],
            }
        )
        refund.action_post()
        self._check(
            refund,
            {"ppv": -9.0, "liability_payable": 9.0},
            [("material_price", -9.0)],
        )

    def test_billing_again_after_a_credit_note_brings_no_new_goods(self):
        bill = self._buy(self.m, 100, 5.2)
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_ids=bill.ids, active_model="account.move")
            .create({"journal_id": bill.journal_id.id})
        )
        wizard.refund_moves()
        bill.reversal_move_ids.action_post()
        again = self._bill(bill.invoice_line_ids.purchase_order_id, 5.1)
        self.assertEqual(again.state, "posted")
        self.assertBalance("materials", 500)
        self.assertBalance("ppv", 10)

    def test_missing_variance_account_is_said(self):
        self.materials.property_price_difference_account_id = False
        self.elements["material"].price_variance_account_id = False
        with self.assertRaisesRegex(UserError, "variance account"):
            self._buy(self.m, 100, 5.2)

    def test_reset_and_post_again_records_once(self):
        bill = self._buy(self.m, 100, 5.2)
        bill.button_draft()
        self.assertFalse(self._get_rows(bill))
        self.assertEqual(bill.backflush_posting_ids.mapped("state"), ["reversed"])
        bill.invoice_line_ids.price_unit = 5.1
        bill.action_post()
        self._check(
            bill,
            {"materials": 500.0, "ppv": 10.0, "liability_payable": -510.0},
            [("material_price", 10.0)],
        )
        self.assertEqual(
            sorted(bill.backflush_posting_ids.mapped(lambda p: (p.sequence, p.state))),
            [(1, "reversed"), (2, "posted")],
        )

    def test_draft_bill_can_still_be_deleted(self):
        bill = self._buy(self.m, 100, 5.2)
        bill.button_draft()
        bill.name = False
        bill.unlink()
        self.assertFalse(bill.exists())

    def test_future_bill_is_matched_once(self):
        order = self._order(self.m, 100, 5.2)
        self._receive(order)
        tomorrow = fields.Date.add(fields.Date.today(), days=30)
        bill = self._bill(order, 5.5, post=False, date=tomorrow, invoice_date=tomorrow)
        bill._post(soft=True)
        self.assertEqual(bill.state, "draft")
        self.assertFalse(self._get_rows(bill))
        bill.auto_post = "no"
        bill.invoice_line_ids.price_unit = 5.2
        bill._post(soft=False)
        self._check(
            bill,
            {"materials": 500.0, "ppv": 20.0, "liability_payable": -520.0},
            [("material_price", 20.0)],
        )

    def test_two_bills_posted_together_share_the_receipt(self):
        order = self._order(self.m, 10, 6.0)
        self._receive(order)
        self.m.with_context(disable_auto_revaluation=True).standard_price = 9.0
        bills = self._bill(order, quantity=6, post=False)
        order.invalidate_recordset()
        bills |= bills.copy({"invoice_date": fields.Date.today()})
        second = bills[1].invoice_line_ids
        second.purchase_line_id = order.order_line
        second.quantity = 4
        bills._post(soft=False)
        passed = [self._summarise(bill.line_ids)["materials"] for bill in bills]
        self.assertEqual(passed, [30.0, 20.0])

    def test_without_difference_account_the_element_takes_it(self):
        self.materials.property_price_difference_account_id = False
        bill = self._buy(self.m, 100, 5.2)
        self._check(
            bill,
            {
                "materials": 500.0,
                "material_price_variance": 20.0,
                "liability_payable": -520.0,
            },
            [("material_price", 20.0)],
        )

    def test_without_anglo_saxon_flag(self):
        self.company.anglo_saxon_accounting = False
        bill = self._buy(self.m, 100, 5.2)
        self._check(
            bill,
            {"materials": 500.0, "ppv": 20.0, "liability_payable": -520.0},
            [("material_price", 20.0)],
        )

    def test_tiny_unit_price_is_never_rounded(self):
        self.env["decimal.precision"].search(
            [("name", "=", "Product Price")]
        ).digits = 5
        self.m.with_context(disable_auto_revaluation=True).standard_price = 0.01719
        bill = self._buy(self.m, 30000, 0.01782)
        self._check(
            bill,
            {"materials": 515.7, "ppv": 18.9, "liability_payable": -534.6},
            [("material_price", 18.9)],
        )


@tagged("post_install", "-at_install")
class TestBillingUser(BackflushCommon):
    def test_whoever_may_post_bills_needs_no_right_of_ours(self):
        self._activate_standards(m=5.0, s=6.0)
        user = new_test_user(
            self.env,
            "billing",
            "account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.materials.property_price_difference_account_id = False
        order = self._order(self.m, 100, 5.2)
        self._receive(order)
        bill = self._bill(order, post=False).with_user(user)
        bill.action_post()
        self.assertEqual(bill.state, "posted")
        self.assertEqual(
            self._summarise(bill.sudo().line_ids)["material_price_variance"], 20.0
        )
        with self.assertRaises(AccessError):
            self.env["backflush.variance"].with_user(user).search([])
        bill.button_draft()
        self.assertFalse(
            self.env["backflush.variance"].search([("product_id", "=", self.m.id)])
        )


@tagged("post_install", "-at_install")
class TestPurchasePerpetual(PurchaseEvents, BackflushCommon):
    def test_closing_finds_nothing(self):
        self._buy(self.m, 100, 5.2)
        self._buy(self.m, 40, 4.75)
        self.assertBalance("materials", 700)
        self.assertClosed()


@tagged("post_install", "-at_install")
class TestPurchasePeriodic(PurchaseEvents, Variant3, BackflushCommon):
    """The same entries on the materials' expense account."""
