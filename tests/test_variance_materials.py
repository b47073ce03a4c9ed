"""Prices of materials against their standards, by bills out of the ordinary: posted
later, corrected by a second one, without a product, for more than was ordered."""

from datetime import timedelta

from freezegun import freeze_time
from odoo import Command, fields
from odoo.tests import tagged

from .check_common import CheckCommon
from .variants import Variant1, Variant2, Variant3, Variant4


class MaterialPrices:
    def _get_rows(self, bills):
        return self.env["backflush.variance"].search(
            [("bill_line_id.move_id", "in", bills.ids)]
        )

    def _create_bill(self, *lines, **values):
        bill = self.env["account.move"].create(
            {
                "move_type": "in_invoice",
                "partner_id": self.vendor.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [
                    Command.create({"quantity": 1, "tax_ids": False, **line})
                    for line in lines
                ],
                **values,
            }
        )
        bill.action_post()
        return bill

    def assertSound(self):
        """Ledger = stock, PPV = Σ rows on it, *Check the books* agrees."""
        self.assertLedgerIsStock()
        rows = self.env["backflush.variance"].search([("account_id", "=", self.ppv.id)])
        self.assertBalance("ppv", sum(rows.mapped("amount")))
        return self.assertPassed()

    def assertNoted(self, document, *words):
        """*Check the books* passes, and says what is open about the document."""
        check = self.assertSound()
        lines = check.note_line_ids.filtered(
            lambda line: (line.res_model, line.res_id) == (document._name, document.id)
        )
        text = " ".join(lines.mapped("sentence"))
        text = text.replace("\xa0", " ").replace("\ufeff", "")
        for word in words:
            self.assertIn(word, text)

    # -- future-dated bills -----------------------------------------------------

    def _bill_later(self, order, price):
        """As the button *Confirm on its date* does; returns the bill and its date."""
        day = fields.Date.add(fields.Date.today(), days=20)
        bill = self._bill(order, price, post=False, date=day, invoice_date=day)
        bill._post(soft=True)
        self.assertEqual((bill.state, bill.auto_post), ("draft", "at_date"))
        return bill, day

    def test_future_bill_until_its_day_and_after(self):
        order = self._order(self.m, 100, 5.0)
        self._receive(order)
        bill, day = self._bill_later(order, 5.2)
        self.assertFalse(self._get_rows(bill) or bill.backflush_posting_ids)
        self.assertNoted(order, "100", "received and not billed", "500.00")
        # the standard changes meanwhile: it passes at that of the receipt
        with freeze_time(fields.Datetime.now() + timedelta(days=10)):
            self._change_standards()
            self.assertLedgerIsStock()
        with freeze_time(fields.Datetime.now() + timedelta(days=20)):
            bill._post()
            self.assertEqual(bill.state, "posted")
            row = self._get_rows(bill)
            self.assertRecordValues(
                row,
                [
                    {
                        "kind": "material_price",
                        "date": day,
                        "amount": 20.0,
                        "price_standard": 5.0,
                        "price_actual": 5.2,
                    }
                ],
            )
            self.assertEntry(
                bill, {"materials": 500.0, "ppv": 20.0, "liability_payable": -520.0}
            )
            self.assertSound()

    def test_future_bill_posted_at_once(self):
        """Whoever confirms it today has it in the books of its own day."""
        order = self._order(self.m, 100, 5.0)
        self._receive(order)
        day = fields.Date.add(fields.Date.today(), days=20)
        bill = self._bill(order, 5.2, date=day, invoice_date=day)
        self.assertEqual(bill.state, "posted")
        self.assertEqual(self._get_rows(bill).mapped("date"), [day])
        self.assertEqual(bill.backflush_posting_ids.mapped("date"), [day])
        self.assertSound()

    def test_future_bill_cancelled(self):
        order = self._order(self.m, 100, 5.0)
        self._receive(order)
        bill, _day = self._bill_later(order, 5.2)
        bill.button_cancel()
        self.assertFalse(self._get_rows(bill))
        self.assertNoted(order, "received and not billed")

    # -- without the anglo-saxon flag -------------------------------------------

    def test_company_without_anglo_saxon_flag(self):
        """Purchase, completion, sale and both credit notes are the same without it."""
        self.company.anglo_saxon_accounting = False
        bill = self._buy(self.m, 100, 5.2)
        self.assertEntry(
            bill, {"materials": 500.0, "ppv": 20.0, "liability_payable": -520.0}
        )
        self._produce(self.p, 10, used={self.m: 22})
        sale = self._sell(self.p, 8, 40.0)
        self._deliver(sale)
        self._invoice(sale)
        self.assertBalance("cost_of_sales", 200.0)
        order = bill.invoice_line_ids.purchase_order_id
        self._return(order.picking_ids, 10)
        self._credit(bill.invoice_line_ids, 10, 5.2)
        self._return(sale.picking_ids, 2)
        self._credit(sale.invoice_ids.invoice_line_ids, 2, 40.0)
        self.assertBalance("cost_of_sales", 150.0)
        self.assertBalance("ppv", 18.0)
        self.assertSound()

    # -- price corrections ------------------------------------------------------

    def test_price_corrected_by_a_second_bill(self):
        """Charged on the goods of the first: all of it is price."""
        goods = self._buy(self.m, 100, 5.2).invoice_line_ids
        charge = {"product_id": self.m.id, "quantity": 100, "price_unit": 0.3}
        bill = self._create_bill({**charge, "backflush_goods_line_id": goods.id})
        self.assertEntry(bill, {"ppv": 30.0, "liability_payable": -30.0})
        rows = self._get_rows(goods.move_id)
        self.assertRows(rows, [("material_price", 20.0), ("material_price", 30.0)])
        self.assertEqual(rows.bill_line_id, goods)
        self.assertEqual(rows.product_id, self.m)
        self.assertSound()
        bill.button_draft()
        self.assertRows(self._get_rows(goods.move_id), [("material_price", 20.0)])
        self.assertSound()

    def test_second_bill_of_the_order_counts_as_goods(self):
        """Nobody said that it is a correction: goods are expected, and it is said."""
        goods = self._buy(self.m, 100, 5.2).invoice_line_ids
        order = goods.purchase_line_id
        line = {"product_id": self.m.id, "quantity": 100, "price_unit": 0.3}
        second = self._create_bill({**line, "purchase_line_id": order.id})
        self.assertNoted(order.order_id, "100", "billed and not received", "500.00")
        # told that it is a correction, nothing is expected any more
        second.button_draft()
        second.invoice_line_ids.write(
            {"purchase_line_id": False, "backflush_goods_line_id": goods.id}
        )
        second.action_post()
        self.assertEntry(second, {"ppv": 30.0, "liability_payable": -30.0})
        self.assertSound()

    def test_price_corrected_down_and_up_again(self):
        goods = self._buy(self.m, 100, 5.2).invoice_line_ids
        self._credit(goods, 100, 0.3)
        self.assertBalance("ppv", -10.0)
        charge = {"price_unit": 10.0, "backflush_goods_line_id": goods.id}
        self._create_bill({**charge, "name": "Agreed in the end"})
        self.assertBalance("ppv", 0.0)
        self.assertSound()

    # -- lines without a product ------------------------------------------------

    def test_line_without_product_on_a_bill_of_goods(self):
        """Pallets on the same bill are an expense, and no price of the goods."""
        order = self._order(self.m, 100, 5.2)
        self._receive(order)
        bill = self._bill(order, post=False)
        expense = self._create_account("Pallets")
        self.account_names = {**self.account_names, expense: "pallets"}
        pallets = {"name": "Pallets", "price_unit": 12.0, "account_id": expense.id}
        bill.invoice_line_ids = [Command.create({**pallets, "tax_ids": False})]
        bill.action_post()
        self.assertEntry(
            bill,
            {
                "materials": 500.0,
                "ppv": 20.0,
                "pallets": 12.0,
                "liability_payable": -532.0,
            },
        )
        self.assertRows(self._get_rows(bill), [("material_price", 20.0)])
        self.assertSound()

    def test_line_without_product_as_a_charge(self):
        goods = self._buy(self.m, 100, 5.2).invoice_line_ids
        charge = {"name": "Freight", "price_unit": 7.0}
        bill = self._create_bill({**charge, "backflush_goods_line_id": goods.id})
        self.assertEntry(bill, {"ppv": 7.0, "liability_payable": -7.0})
        self.assertSound()

    def test_line_without_product_on_the_materials_account(self):
        """Money without goods: *Check the books* names the account, and the bill.

        On an expense account it may be something else that is bought there: a note.
        """
        self._buy(self.m, 100, 5.2)
        account = self.materials_account
        line = {"name": "Some M", "price_unit": 50.0, "account_id": account.id}
        bill = self._create_bill(line)
        self.assertFalse(self._get_rows(bill) or bill.backflush_posting_ids)
        if self.materials_valuation == "real_time":
            check = self.assertFound("ledger", account, "50.00")
            self.assertIn(bill.name, check.note_line_ids.mapped("document"))
        else:
            check = self.assertPassed()
            notes = check.note_line_ids.filtered(lambda x: x.res_id == account.id)
            self.assertEqual(notes.amount_difference, 50.0)
            self.assertIn("goods that are not covered", notes.remedy)
        bill.button_draft()
        bill.button_cancel()
        self.assertSound()

    def test_product_taken_off_the_line_of_an_order(self):
        order = self._order(self.m, 100, 5.2)
        self._receive(order)
        bill = self._bill(order, post=False)
        bill.invoice_line_ids.product_id = False
        bill.action_post()
        self.assertEqual(bill.state, "posted")
        self.assertFalse(self._get_rows(bill))
        # it is no bill of the goods: they are not billed, and the account has too much
        check = self._check()
        sentences = {x.document: x.sentence for x in check.note_line_ids}
        self.assertIn("received and not billed", sentences[order.name])
        lines = check.line_ids.filtered(lambda x: x.res_id == self.materials_account.id)
        self.assertEqual(set(lines.mapped("amount_difference")), {520.0})

    # -- more than was ordered --------------------------------------------------

    def test_bill_for_more_than_ordered(self):
        order = self._order(self.m, 100, 5.2)
        self._receive(order)
        bill = self._bill(order, quantity=110)
        self.assertEntry(
            bill, {"materials": 550.0, "ppv": 22.0, "liability_payable": -572.0}
        )
        self.assertRows(self._get_rows(bill), [("material_price", 22.0)])
        self.assertNoted(order, "10", "billed and not received", "50.00")
        # the vendor takes it back
        note = self._credit(bill.invoice_line_ids, 10, 5.2)
        self.assertEntry(
            note, {"materials": -50.0, "ppv": -2.0, "liability_payable": 52.0}
        )
        check = self.assertSound()
        self.assertFalse(check.note_line_ids)

    def test_bill_for_more_than_ordered_and_received_after_a_change(self):
        order = self._order(self.m, 100, 5.2)
        self._receive(order)
        bill = self._bill(order, quantity=110)
        self._change_standards()
        order.order_line.product_qty = 110
        move = self._receive(order).move_ids
        # what was expected at 5.00 comes at 5.50
        posting = move.backflush_posting_ids
        self.assertRows(posting.variance_ids, [("material_price", -5.0)])
        self.assertEqual(posting.variance_ids.bill_line_id.move_id, bill)
        check = self.assertSound()
        self.assertFalse(check.note_line_ids)

    def test_bill_without_anything_received(self):
        order = self._order(self.m, 100, 5.2)
        line = order.order_line
        bill = self._create_bill(
            {
                "product_id": self.m.id,
                "purchase_line_id": line.id,
                "quantity": 100,
                "price_unit": 5.2,
            }
        )
        self.assertRows(self._get_rows(bill), [("material_price", 20.0)])
        self.assertNoted(order, "100", "billed and not received", "500.00")

    # -- tax that cannot be deducted --------------------------------------------

    def test_tax_that_cannot_be_deducted_is_price(self):
        """10 % on 520, of which 40 % stay a cost; returned in part with its tax."""
        deductible = self._create_account("Input tax", "asset_current")
        repartition = [
            Command.clear(),
            Command.create({"repartition_type": "base"}),
            Command.create({"factor_percent": 40, "account_id": False}),
            Command.create({"factor_percent": 60, "account_id": deductible.id}),
        ]
        tax = self.env["account.tax"].create(
            {
                "name": "Partly deductible",
                "amount": 10.0,
                "type_tax_use": "purchase",
                "company_id": self.company.id,
                "country_id": self.company.account_fiscal_country_id.id,
                "invoice_repartition_line_ids": repartition,
                "refund_repartition_line_ids": repartition,
            }
        )
        order = self._order(self.m, 100, 5.2)
        self._receive(order)
        bill = self._bill(order, post=False)
        bill.invoice_line_ids.tax_ids = tax
        bill.action_post()
        self.assertRows(self._get_rows(bill), [("material_price", 20.0 + 20.8)])
        row = self._get_rows(bill)
        self.assertAlmostEqual(row.price_actual, 5.408)
        self.assertSound()
        self._return(order.picking_ids, 100)
        note = self._reverse(bill)
        rows = self._get_rows(bill | note)
        self.assertAlmostEqual(sum(rows.mapped("amount")), 0.0)
        self.assertBalance("ppv", 0.0)
        self.assertBalance("materials", 0.0)
        self.assertSound()


@tagged("post_install", "-at_install")
class TestMaterialPrices1(Variant1, MaterialPrices, CheckCommon):
    pass


@tagged("post_install", "-at_install")
class TestMaterialPrices2(Variant2, MaterialPrices, CheckCommon):
    pass


@tagged("post_install", "-at_install")
class TestMaterialPrices3(Variant3, MaterialPrices, CheckCommon):
    pass


@tagged("post_install", "-at_install")
class TestMaterialPrices4(Variant4, MaterialPrices, CheckCommon):
    pass
