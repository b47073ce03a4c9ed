"""*Check the books* after bills and goods that did not come in one simple order."""

from odoo import Command, fields
from odoo.tests import tagged

from .check_common import CheckCommon
from .variants import Variant3


class Trade:
    """All of it is sound, so nothing must be named."""

    def assertSound(self, *, settled=True):
        self.assertLedgerIsStock()
        rows = self.env["backflush.variance"].search([("account_id", "=", self.ppv.id)])
        self.assertBalance("ppv", sum(rows.mapped("amount")))
        if settled and self.materials_valuation == "real_time":
            self.assertClosed()
        self.assertPassed()

    def _create_bill(self, move_type="in_invoice", **line):
        bill = self.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": self.vendor.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [Command.create({"tax_ids": False, **line})],
            }
        )
        bill.action_post()
        return bill

    def _receive_without_order(self, quantity):
        picking = self.env["stock.picking"].create(
            {
                "partner_id": self.vendor.id,
                "picking_type_id": self.warehouse.in_type_id.id,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": self.warehouse.lot_stock_id.id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": self.m.id,
                            "product_uom_qty": quantity,
                            "product_uom": self.kg.id,
                            "location_id": self.env.ref(
                                "stock.stock_location_suppliers"
                            ).id,
                            "location_dest_id": self.warehouse.lot_stock_id.id,
                        }
                    )
                ],
            }
        )
        picking.action_confirm()
        return self._validate(picking)

    def test_bill_between_two_others_opened_again(self):
        """It leaves a gap: the later one keeps the goods that it was matched to."""
        order = self._order(self.m, 100, 5.2)
        self._receive(order, 50)
        self._bill(order, quantity=30)
        second = self._bill(order, 6.0, quantity=20)
        self.m.standard_price = 5.75
        self._receive(order, 50)
        self._bill(order, 4.0)
        second.button_draft()
        self.assertSound(settled=False)
        second.button_cancel()
        self.assertSound(settled=False)
        second.button_draft()
        second.action_post()
        self.assertSound()

    def test_reversed_and_billed_anew(self):
        order = self._order(self.m, 100, 5.2)
        self._receive(order)
        self.m.standard_price = 5.5
        again = self._reverse(self._bill(order), modify=True, post=False)
        again.invoice_line_ids.price_unit = 5.9
        again.action_post()
        self.assertSound()

    def test_goods_sent_back_and_brought_again(self):
        order = self._order(self.m, 10, 5.2)
        picking = self._receive(order)
        self._bill(order)
        self.m.standard_price = 5.5
        back = self._return(picking, 6)
        self.m.standard_price = 5.7
        again = self._return(back, 4)
        self.assertSound(settled=False)
        self.m.standard_price = 5.8
        self._return(again, 1)
        self.assertSound(settled=False)

    def test_receipt_corrected_after_a_change(self):
        order = self._order(self.m, 10, 5.2)
        picking = self._receive(order)
        self.m.standard_price = 5.5
        self._bill(order)
        self._correct(picking.move_ids, 8)
        self.assertSound(settled=False)
        self._correct(picking.move_ids, 15)
        self._bill(order)
        self.assertSound()

    def test_return_corrected_after_a_change(self):
        order = self._order(self.m, 10, 5.2)
        picking = self._receive(order)
        bill = self._bill(order)
        self.m.standard_price = 5.5
        back = self._return(picking, 6)
        self._credit(bill.invoice_line_ids, 6, 5.2)
        self.m.standard_price = 5.7
        self._correct(back.move_ids, 4)
        self.assertSound(settled=False)

    def test_billed_without_an_order_before_it_came(self):
        self._receive_without_order(10)
        self._create_bill(product_id=self.m.id, quantity=14, price_unit=5.3)
        self.assertSound(settled=False)
        self.m.standard_price = 5.5
        self._receive_without_order(4)
        self.assertSound()

    def test_purchase_receipt(self):
        """The vendor's bill and its payment in one: Odoo knows no stock there."""
        self._receive_without_order(10)
        receipt = self._create_bill(
            "in_receipt", product_id=self.m.id, quantity=10, price_unit=5.3
        )
        self.assertEqual(receipt.invoice_line_ids.account_id, self.materials_account)
        self.assertSound()

    def test_tax_that_stays_a_cost(self):
        parts = [
            Command.create({"repartition_type": "base"}),
            Command.create({"repartition_type": "tax", "factor_percent": 100}),
        ]
        tax = self.env["account.tax"].create(
            {
                "name": "Not deductible",
                "amount": 20,
                "type_tax_use": "purchase",
                "company_id": self.company.id,
                "invoice_repartition_line_ids": parts,
                "refund_repartition_line_ids": parts,
            }
        )
        order = self._order(self.m, 10, 5.2)
        self._receive(order)
        bill = self._bill(order, post=False)
        bill.invoice_line_ids.tax_ids = tax
        bill.action_post()
        self.assertSound()

    def test_share_that_is_private(self):
        """Odoo takes it off the account that carries the goods."""
        order = self._order(self.m, 10, 5.2)
        self._receive(order)
        bill = self._bill(order, post=False)
        bill.invoice_line_ids.deductible_amount = 50
        bill.action_post()
        rows = self.env["backflush.variance"].search(
            [("bill_line_id", "=", bill.invoice_line_ids.id)]
        )
        self.assertRows(rows, [("material_price", -24.0)])
        self.assertSound()

    def test_charge_on_goods(self):
        goods = self._buy(self.m, 100, 5.2).invoice_line_ids
        freight = self._create_product(
            "Freight", self.materials, is_storable=False, type="service"
        )
        self._create_bill(
            product_id=freight.id,
            quantity=1,
            price_unit=7.0,
            backflush_goods_line_id=goods.id,
        )
        self.assertSound()

    def test_fiscal_position_that_maps_the_stock_account(self):
        abroad = self._create_account("Stock abroad", "asset_current")
        position = self.env["account.fiscal.position"].create(
            {
                "name": "Abroad",
                "company_id": self.company.id,
                "account_ids": [
                    Command.create(
                        {
                            "account_src_id": self.materials_account.id,
                            "account_dest_id": abroad.id,
                        }
                    )
                ],
            }
        )
        order = self._order(self.m, 10, 5.2, fiscal_position_id=position.id)
        self._receive(order)
        bill = self._bill(order)
        self.assertEqual(bill.invoice_line_ids.account_id, abroad)
        self.assertSound()

    def test_invoice_opened_again_after_the_delivery(self):
        """The delivery has corrected it, which does not mean that it is booked."""
        self._buy(self.m, 100, 5.0)
        self._produce(self.p, 20)
        self.p.invoice_policy = "order"
        sale = self._sell(self.p, 20, 40.0)
        invoice = self._invoice(sale)
        self._change_standards()
        self._deliver(sale)
        self.assertSound()
        invoice.button_draft()
        self.assertSound(settled=False)

    def test_account_chosen_by_the_user_is_named(self):
        order = self._order(self.m, 10, 5.2)
        self._receive(order)
        bill = self._bill(order, post=False)
        bill.invoice_line_ids.account_id = self._create_account("Other")
        bill.action_post()
        self.assertFound("bills", bill, "$ 0.00 has passed", "should be $ 50.00")


@tagged("post_install", "-at_install")
class TestCheckTrade1(Trade, CheckCommon):
    pass


@tagged("post_install", "-at_install")
class TestCheckTrade3(Trade, Variant3, CheckCommon):
    pass
