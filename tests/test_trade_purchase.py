"""Events A5, A5r, A6, A7 and S2 around changes of standard: what moves after its bill,
what goes back, and documents that are posted, reset and reversed in any order."""

from odoo import fields
from odoo.tests import tagged

from .common import BackflushCommon
from .variants import Variant3


class PurchaseTrade:
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)

    def _get_rows(self, bill):
        return self.env["backflush.variance"].search(
            [("bill_line_id.move_id", "=", bill.id)]
        )

    def _get_passed(self, bill):
        return self._summarise(bill.line_ids).get("materials", 0.0)

    def assertSettled(self):
        """Everything received is billed: nothing is left over anywhere."""
        self.assertEqual(round(self._get_undocumented(self.materials), 2), 0.0)
        self.assertLedgerIsStock()
        if self.materials_valuation == "real_time":
            self.assertClosed()

    def assertExplained(self):
        """Rule 3: PPV = Σ rows that stand on it."""
        rows = self.env["backflush.variance"].search(
            [("account_id", "=", self.ppv.id), ("company_id", "=", self.company.id)]
        )
        self.assertBalance("ppv", sum(rows.mapped("amount")))

    # -- billed before receipt --------------------------------------------------

    def _bill_first(self, quantity=20, price=5.05):
        order = self._order(self.m, quantity, price)
        order.order_line.product_id.purchase_method = "purchase"
        order.order_line.invalidate_recordset()
        order.invalidate_recordset()
        return order, self._bill(order)

    def test_a5_bill_before_receipt(self):
        order, bill = self._bill_first()
        self.assertEntry(
            bill, {"materials": 100.0, "ppv": 1.0, "liability_payable": -101.0}
        )
        rows = self._get_rows(bill)
        self.assertRows(rows, [("material_price", 1.0)])
        self.assertEqual(rows.state, "provisional")
        self.assertLedgerIsStock()
        picking = self._receive(order)
        self.assertFalse(picking.move_ids.backflush_posting_ids)
        self.assertSettled()

    def test_a5r_received_at_another_standard(self):
        order, bill = self._bill_first()
        self.m.standard_price = 5.5
        picking = self._receive(order)
        posting = picking.move_ids.backflush_posting_ids
        self.assertRecordValues(
            posting, [{"event": "receipt", "state": "posted", "picking_id": picking.id}]
        )
        self.assertEntry(posting.account_move_id, {"materials": 10.0, "ppv": -10.0})
        row = posting.variance_ids
        self.assertRows(row, [("material_price", -10.0)])
        self.assertEqual(row.bill_line_id, bill.invoice_line_ids)
        self.assertEqual(
            (row.quantity_actual, row.price_standard, row.price_actual), (20, 5.5, 5)
        )
        self.assertSettled()
        self.assertExplained()

    def test_a5r_in_daily_mode_is_recorded_once(self):
        """What waited for its day was not known when the rows were shared anew."""
        order, _bill = self._bill_first()
        self.company.backflush_posting_mode = "daily"
        self.m.standard_price = 5.5
        moves = self._receive(order).move_ids
        posting = moves.backflush_posting_ids
        self.assertEqual(posting.state, "pending")
        self.env["backflush.engine"]._post_records(moves)
        self.assertEqual(moves.backflush_posting_ids, posting)

    def test_a5r_in_parts(self):
        """Two bills, two receipts at two standards, neither of the same quantity."""
        order, first = self._bill_first(12)
        order.order_line.product_qty = 20
        second = self._bill(order, 5.2)
        self.m.standard_price = 5.5
        picking = self._receive(order, 15)
        posting = picking.move_ids.backflush_posting_ids
        self.assertEntry(posting.account_move_id, {"materials": 7.5, "ppv": -7.5})
        rows = {x.bill_line_id.move_id: x.amount for x in posting.variance_ids}
        self.assertEqual(rows, {first: -6.0, second: -1.5})
        self.m.standard_price = 4.0
        order.order_line.product_qty = 21
        order.order_line.product_qty = 20
        rest = order.picking_ids.filtered(lambda p: p.state != "done")
        if not rest:
            return
        posting = self._validate(rest, 5).move_ids.backflush_posting_ids
        self.assertEntry(posting.account_move_id, {"materials": -5.0, "ppv": 5.0})
        self.assertExplained()
        self.assertSettled()

    def test_a5r_and_the_bill_is_reset(self):
        order, bill = self._bill_first()
        self.m.standard_price = 5.5
        move = self._receive(order).move_ids
        bill.button_draft()
        self.assertBalance("ppv", 0)
        self.assertEqual(
            move.backflush_posting_ids.sorted("id").mapped("event"),
            ["receipt", "correction"],
        )
        self.assertFalse(sum(move.backflush_posting_ids.variance_ids.mapped("amount")))
        bill.invoice_line_ids.price_unit = 5.6
        bill.action_post()
        self.assertEqual(self._get_passed(bill), 110.0)
        self.assertBalance("ppv", 2)
        self.assertSettled()
        bill.button_cancel()
        self.assertBalance("ppv", 0)
        self.assertLedgerIsStock()

    def test_a_bill_that_goes_leaves_its_goods_to_another(self):
        order, first = self._bill_first(10)
        order.order_line.product_qty = 20
        second = self._bill(order)
        self.m.standard_price = 5.5
        picking = self._receive(order, 10)
        first.button_draft()
        first.button_cancel()
        rows = picking.move_ids.backflush_posting_ids.variance_ids
        amounts = {}
        for row in rows:
            bill = row.bill_line_id.move_id
            amounts[bill] = amounts.get(bill, 0) + row.amount
        self.assertEqual(amounts, {first: 0, second: -5.0})
        self.assertSettled()

    def test_correction_of_a_receipt_in_a_locked_period(self):
        order, bill = self._bill_first()
        self.m.standard_price = 5.5
        picking = self._receive(order)
        today = fields.Date.today()
        picking.date_done = fields.Datetime.subtract(picking.date_done, days=10)
        self.env.flush_all()
        self.company.sudo().fiscalyear_lock_date = fields.Date.subtract(today, days=5)
        bill.button_draft()
        correction = picking.move_ids.backflush_posting_ids.sorted("id")[-1]
        self.assertEqual((correction.event, correction.state), ("correction", "posted"))
        self.assertEqual(
            correction.account_move_id.date, fields.Date.subtract(today, days=4)
        )
        self.assertIn("locked", correction.date_reason)

    def test_missing_account_never_stops_a_receipt(self):
        order, _bill = self._bill_first()
        self.m.standard_price = 5.5
        journal = self.company.backflush_journal_id
        self.company.backflush_journal_id = False
        posting = self._receive(order).move_ids.backflush_posting_ids
        self.assertEqual(posting.state, "failed")
        self.company.backflush_journal_id = journal
        posting.action_retry()
        self.assertEntry(posting.account_move_id, {"materials": 10.0, "ppv": -10.0})
        self.assertSettled()

    def test_received_quantity_corrected_after_the_bill(self):
        bill = self._buy(self.m, 10, 5.2)
        move = bill.invoice_line_ids.purchase_line_id.move_ids
        self.m.standard_price = 6.0
        move.quantity = 8
        # 2 leave at 6.00, and are billed without goods at 5.00
        posting = move.backflush_posting_ids
        entry = self._summarise(posting.account_move_id.line_ids)
        self.assertEqual(entry["materials"], -2.0)
        self.assertRows(posting.variance_ids, [("standard_change", 2.0)])
        self.assertLedgerIsStock()
        move.quantity = 10
        self.assertLedgerIsStock()
        self.assertSettled()

    # -- goods that go back -----------------------------------------------------

    def _buy_and_change(self):
        bill = self._buy(self.m, 100, 5.2)
        self.m.standard_price = 5.5
        return bill, bill.invoice_line_ids.purchase_order_id

    def _check_return(self, move, amount=5.0):
        posting = move.backflush_posting_ids
        self.assertRecordValues(posting, [{"event": "return", "state": "posted"}])
        entry = self._summarise(posting.account_move_id.line_ids)
        self.assertEqual(entry.pop("materials"), -amount)
        self.assertEqual(list(entry.values()), [amount])
        self.assertEqual(
            posting.variance_ids.account_id,
            self.company.backflush_revaluation_account_id,
        )
        self.assertRows(posting.variance_ids, [("standard_change", amount)])

    def test_vendor_return_and_refund_after_a_change(self):
        bill, order = self._buy_and_change()
        back = self._return(order.picking_ids, 10)
        self._check_return(back.move_ids)
        self.assertLedgerIsStock()
        order.order_line.product_qty = 90
        refund = self._bill(order)
        self.assertEqual(refund.move_type, "in_refund")
        self.assertEntry(
            refund, {"materials": -50.0, "ppv": -2.0, "liability_payable": 52.0}
        )
        self.assertRows(self._get_rows(refund), [("material_price", -2.0)])
        self.assertEqual(self._get_passed(bill), 500.0)
        self.assertSettled()
        self.assertExplained()

    def test_return_without_refund(self):
        order = self._order(self.m, 100, 5.2)
        picking = self._receive(order)
        self.m.standard_price = 5.5
        self._check_return(self._return(picking, 10).move_ids)
        bill = self._bill(order)
        self.assertEqual(bill.invoice_line_ids.quantity, 90)
        self.assertEqual(self._get_passed(bill), 450.0)
        self.assertSettled()

    def test_refund_before_the_return(self):
        bill, order = self._buy_and_change()
        refund = self._credit(bill.invoice_line_ids, 10, 5.2)
        self.assertEntry(refund, {"ppv": -52.0, "liability_payable": 52.0})
        self.assertRows(self._get_rows(refund), [("material_price", -52.0)])
        move = self._return(order.picking_ids, 10).move_ids
        posting = move.backflush_posting_ids
        entry = self._summarise(posting.account_move_id.line_ids)
        self.assertEqual((entry["materials"], entry["ppv"]), (-55.0, 50.0))
        self.assertRows(
            posting.variance_ids, [("material_price", 50.0), ("standard_change", 5.0)]
        )
        row = posting.variance_ids.filtered(lambda x: x.kind == "material_price")
        self.assertEqual(row.bill_line_id, refund.invoice_line_ids)
        self.assertSettled()
        self.assertExplained()

    def test_refund_of_goods_that_never_came(self):
        order, bill = self._bill_first(20)
        refund = self._credit(bill.invoice_line_ids, 5, 5.05)
        self.assertEntry(
            refund, {"materials": -25.0, "ppv": -0.25, "liability_payable": 25.25}
        )
        self._receive(order, 15)
        self.assertSettled()
        self.assertExplained()

    def test_goods_exchanged_after_a_change(self):
        """Sent back and delivered again, at another standard, without documents."""
        bill, order = self._buy_and_change()
        back = self._return(order.picking_ids, 10)
        again = self._return(back, 10)
        self.assertSettled()
        # the vendor makes documents of it after all
        line = bill.invoice_line_ids
        bill = self._bill(order, 5.2, 10) if order.invoice_status != "no" else bill
        self._credit(line, 10, 5.2)
        self.assertLedgerIsStock()
        self.assertTrue(again)

    # -- documents in any order -------------------------------------------------

    def _receive_twice(self):
        order = self._order(self.m, 20, 6.0)
        self._receive(order, 10)
        self.m.standard_price = 7.0
        order.order_line.product_qty = 30
        rest = order.picking_ids.filtered(lambda p: p.state not in ("done", "cancel"))
        self._validate(rest, 10)
        return order

    def test_earlier_bill_posted_again_takes_its_own_goods(self):
        order = self._receive_twice()
        first = self._bill(order, quantity=10)
        second = self._bill(order, quantity=10)
        first.button_draft()
        first.invoice_line_ids.price_unit = 5.0
        first.action_post()
        self.assertEqual([self._get_passed(x) for x in first | second], [50.0, 70.0])
        self.assertSettled()
        self.assertExplained()

    def test_deleted_bill_gives_its_goods_back(self):
        order = self._receive_twice()
        first = self._bill(order, quantity=10)
        second = self._bill(order, quantity=10)
        first.button_draft()
        first.name = False
        first.unlink()
        third = self._bill(order, quantity=10)
        self.assertEqual([self._get_passed(x) for x in second | third], [70.0, 50.0])
        self.assertSettled()
        self.assertExplained()

    def test_reverse_and_create(self):
        bill, _order = self._buy_and_change()
        again = self._reverse(bill, modify=True, post=False)
        reversal = bill.reversal_move_ids
        self.assertEqual(reversal.state, "posted")
        self.assertRows(self._get_rows(reversal), [("material_price", -20.0)])
        self.assertExplained()
        self.assertLedgerIsStock()
        again.invoice_line_ids.price_unit = 5.1
        again.action_post()
        self.assertEntry(
            again, {"materials": 500.0, "ppv": 10.0, "liability_payable": -510.0}
        )
        self.assertExplained()
        self.assertSettled()
        # the reversal itself is opened again: now it is a credit note like others
        reversal.button_draft()
        self.assertLedgerIsStock()
        self.assertExplained()

    def test_reverse_and_create_before_the_receipt(self):
        order, bill = self._bill_first()
        self.m.standard_price = 5.5
        picking = self._receive(order)
        self._reverse(bill, modify=True)
        self.assertSettled()
        self.assertExplained()
        amounts = picking.move_ids.backflush_posting_ids.variance_ids.mapped("amount")
        self.assertEqual(round(sum(amounts), 2), 0)

    def test_reversed_without_return(self):
        bill, _order = self._buy_and_change()
        refund = self._reverse(bill)
        self.assertEntry(refund, {"ppv": -520.0, "liability_payable": 520.0})
        self.assertLedgerIsStock()
        self.assertExplained()
        refund.button_draft()
        self.assertSettled()
        self.assertExplained()

    # -- other goods ------------------------------------------------------------

    def test_lines_without_an_order_match_goods_without_one(self):
        picking = self.env["stock.picking"].create(
            {
                "partner_id": self.vendor.id,
                "picking_type_id": self.warehouse.in_type_id.id,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": self.warehouse.lot_stock_id.id,
            }
        )
        self.env["stock.move"].create(
            {
                "product_id": self.m.id,
                "product_uom_qty": 10,
                "product_uom": self.kg.id,
                "picking_id": picking.id,
                "location_id": picking.location_id.id,
                "location_dest_id": picking.location_dest_id.id,
            }
        )
        picking.action_confirm()
        self._validate(picking)
        self._buy(self.m, 5, 5.0)  # an order of the same vendor is another matter
        self.m.standard_price = 6.0
        bill = self._bill_by_hand(self.m, 10, 5.3)
        self.assertEntry(
            bill, {"materials": 50.0, "ppv": 3.0, "liability_payable": -53.0}
        )
        self.assertSettled()
        refund = self._credit(bill.invoice_line_ids, 4, 5.3)
        self.assertEqual(self._get_passed(refund), 0)
        back = self._return(picking, 4)
        self.assertEqual(back.move_ids.backflush_posting_ids.event, "return")
        self.assertSettled()
        self.assertExplained()

    def _bill_by_hand(self, product, quantity, price):
        bill = self.env["account.move"].create(
            {
                "move_type": "in_invoice",
                "partner_id": self.vendor.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [
                    (
                        0,
                        0,
                        {
                            "product_id": product.id,
                            "quantity": quantity,
                            "price_unit": price,
                            "tax_ids": False,
                        },
                    )
                ],
            }
        )
        bill.action_post()
        return bill

    def test_goods_of_another_owner(self):
        self.env.user.group_ids += self.env.ref("stock.group_tracking_owner")
        order = self._order(self.m, 10, 5.2)
        picking = order.picking_ids
        picking.owner_id = self.vendor
        picking.move_ids.move_line_ids.owner_id = self.vendor
        self._validate(picking)
        picking.move_ids.move_line_ids.owner_id = self.vendor
        self.assertFalse(picking.move_ids.backflush_fact_ids)
        bill = self._bill(order)
        self.assertEntry(bill, {"ppv": 52.0, "liability_payable": -52.0})
        self.assertBalance("materials", 0)
        self.assertFalse(picking.move_ids.backflush_posting_ids)

    def test_multi_step_receipt(self):
        self.warehouse.reception_steps = "two_steps"
        order, bill = self._bill_first(10)
        self.m.standard_price = 5.5
        first = order.picking_ids
        self._validate(first)
        self.assertEqual(first.move_ids.backflush_posting_ids.event, "receipt")
        store = first.move_ids.move_dest_ids.picking_id
        self._validate(store)
        self.assertFalse(store.move_ids.backflush_fact_ids)
        self.assertFalse(store.move_ids.backflush_posting_ids)
        self.assertSettled()
        self.assertTrue(bill)

    def test_transit_within_the_company_moves_no_value(self):
        self._buy(self.m, 10, 5.0)
        other = self.env["stock.warehouse"].create(
            {"name": "Other", "code": "OTH", "company_id": self.company.id}
        )
        transit = self.company.internal_transit_location_id
        for source, target in (
            (self.warehouse.lot_stock_id, transit),
            (transit, other.lot_stock_id),
        ):
            move = self._move(self.m, 4, source, target)
            self.assertFalse(move.backflush_fact_ids or move.backflush_posting_ids)
        self.assertSettled()

    def _move(self, product, quantity, source, target):
        move = self.env["stock.move"].create(
            {
                "product_id": product.id,
                "product_uom_qty": quantity,
                "product_uom": product.uom_id.id,
                "location_id": source.id,
                "location_dest_id": target.id,
                "company_id": self.company.id,
            }
        )
        move._action_confirm()
        move.quantity = quantity
        move.picked = True
        move._action_done()
        return move


@tagged("post_install", "-at_install")
class TestPurchaseTradePerpetual(PurchaseTrade, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestPurchaseTradePeriodic(PurchaseTrade, Variant3, BackflushCommon):
    pass
