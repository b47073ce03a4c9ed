"""Rule 12: quantities convert between units of measure without drift.

Bought by the tonne or the dozen, on the bill of materials in grams, kept in kilograms.
"""

from decimal import Decimal

from odoo import Command, fields
from odoo.tests import Form, tagged

from .common import BackflushCommon
from .variants import Variant2, Variant3


class UnitCase(BackflushCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tonne = cls.env.ref("uom.product_uom_ton")
        cls.gram = cls.env.ref("uom.product_uom_gram")
        cls.dozen = cls.env.ref("uom.product_uom_dozen")
        cls.box = cls._create_product("Box", cls.finished, list_price=40.0)
        cls.lid = cls._create_product("Lid", cls.materials, standard_price=0.5)
        cls.box_bom = cls._create_bom(cls.box, 3, {cls.m: 1, cls.lid: 3})
        line = cls.box_bom.bom_line_ids.filtered(lambda x: x.product_id == cls.m)
        line.write({"product_uom_id": cls.gram.id, "product_qty": 1000})
        cls._activate_standards(m=6.0, s=6.0, lid=0.5)

    def _order_in(self, product, unit, quantity, price, **values):
        order = self.env["purchase.order"].create(
            {
                "partner_id": self.vendor.id,
                "company_id": self.company.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "product_uom_id": unit.id,
                            "product_qty": quantity,
                            "price_unit": price,
                            "tax_ids": False,
                        }
                    )
                ],
                **values,
            }
        )
        order.button_confirm()
        return order

    def _get_facts(self, product):
        return self.env["backflush.stock.fact"].search(
            [("product_id", "=", product.id)]
        )


class UnitEvents(UnitCase):
    def test_bought_by_the_tonne(self):
        order = self._order_in(self.m, self.tonne, 0.25, 6400)
        self._receive(order)
        self.assertEqual(self._get_facts(self.m).quantity, 250)
        bill = self._bill(order)
        self.assertEntry(
            bill, {"materials": 1500, "ppv": 100, "liability_payable": -1600}
        )
        row = bill.backflush_posting_ids.variance_ids
        self.assertEqual(
            (row.quantity_actual, row.price_standard, row.price_actual), (250, 6, 6.4)
        )

    def test_billed_in_parts_and_in_another_unit(self):
        """A third of a tonne three times, billed in kilograms and tonnes."""
        order = self._order_in(self.m, self.tonne, 1, 6000)
        self._receive(order)
        for quantity in (0.33, 0.33, 0.34):
            bill = self._bill(order, quantity=quantity)
            self.assertEqual(bill.state, "posted")
        self.assertBalance("materials", 6000)
        self.assertBalance("ppv", 0)

    def test_bought_by_the_dozen(self):
        order = self._order_in(self.lid, self.dozen, 7, 6.6)
        self._receive(order)
        self.assertEqual(self._get_facts(self.lid).quantity, 84)
        bill = self._bill(order)
        self.assertEntry(
            bill, {"materials": 42, "ppv": 4.2, "liability_payable": -46.2}
        )

    def test_three_rates_and_three_units(self):
        """Ordered at 3.06, received at 3.03, billed at 3.00 to the company's unit."""
        currency = self.env["res.currency"].create({"name": "FRG", "symbol": "F"})
        today = fields.Date.today()
        rates = self.env["res.currency.rate"]
        for days, rate in ((10, 3.06), (4, 3.03), (0, 3.0)):
            rates.create(
                {
                    "name": fields.Date.subtract(today, days=days),
                    "rate": rate,
                    "currency_id": currency.id,
                    "company_id": self.company.id,
                }
            )
        order = self._order_in(
            self.m,
            self.tonne,
            0.02,
            18360,
            currency_id=currency.id,
            date_order=fields.Date.subtract(today, days=9),
        )
        picking = self._receive(order)
        picking.date_done = fields.Date.subtract(today, days=3)
        bill = self._bill(order)
        # 20 kg: 367.20 F / 3.00 = 122.40, standard 120.00, at the order's rate 120.00
        self.assertEntry(
            bill, {"materials": 120, "ppv": 2.4, "liability_payable": -122.4}
        )
        row = bill.backflush_posting_ids.variance_ids
        self.assertEqual((row.amount, row.amount_exchange), (2.4, 2.4))

    def test_rate_of_the_bill_changed_by_hand(self):
        currency = self.env["res.currency"].create({"name": "FRG", "symbol": "F"})
        self.env["res.currency.rate"].create(
            {"rate": 3.0, "currency_id": currency.id, "company_id": self.company.id}
        )
        order = self._order_in(self.m, self.kg, 20, 18.0, currency_id=currency.id)
        self._receive(order)
        bill = self._bill(order, post=False)
        bill.invoice_currency_rate = 2.88
        bill.action_post()
        self.assertEntry(bill, {"materials": 120, "ppv": 5, "liability_payable": -125})

    def test_grams_on_the_bill_of_materials(self):
        """A third of a kilogram in each box; Odoo takes 0.33 kg, and so do we."""
        self.assertAlmostEqual(self.box.standard_price, 2.5)
        for _count in range(3):
            order = self._produce(self.box, 1)
            # (0.33 − 0.333…) × 6.00
            self.assertRows(
                order.backflush_posting_ids.variance_ids, [("material_usage", -0.02)]
            )
            self.assertOrderExplained(order)
        self.assertEqual(self._get_facts(self.m).mapped("quantity"), [-0.33] * 3)
        whole = self._produce(self.box, 9)
        self.assertFalse(whole.backflush_posting_ids.variance_ids)
        self.assertEqual(min(self._get_facts(self.m).mapped("quantity")), -3)


@tagged("post_install", "-at_install")
class TestUnits(UnitEvents):
    def test_ledger_and_closing(self):
        self._bill_of(self.m, self.tonne, 1, 6100)
        self._bill_of(self.lid, self.dozen, 10, 5.0)
        self._produce(self.box, 30)
        order = self._make_order_by_the_dozen(2)
        self._deliver(order)
        self._invoice(order)
        # 30 made, 24 sold
        self.assertBalance("finished", 6 * 2.5)
        self.assertBalance("materials", 990 * 6 + 90 * 0.5)
        self.assertClosed()

    def _bill_of(self, product, unit, quantity, price):
        order = self._order_in(product, unit, quantity, price)
        self._receive(order)
        return self._bill(order)

    def _make_order_by_the_dozen(self, dozens):
        order = self._sell(self.box, 1, 480.0)
        order = order.copy()
        order.order_line.write(
            {"product_uom_id": self.dozen.id, "product_uom_qty": dozens}
        )
        order.action_confirm()
        return order

    def test_order_in_dozens(self):
        """The order is in dozens, the posting in the product's unit."""
        order = self.env["mrp.production"].create(
            {
                "product_id": self.box.id,
                "product_qty": 2,
                "product_uom_id": self.dozen.id,
                "bom_id": self.box_bom.id,
                "company_id": self.company.id,
            }
        )
        order.action_confirm()
        with Form(order) as form:
            form.qty_producing = 2
        self._finish_as_is(order)
        posting = order.backflush_posting_ids
        self.assertEqual((posting.quantity, posting.amount), (24, 60))
        self.assertFalse(posting.variance_ids)


@tagged("post_install", "-at_install")
class TestUnitsDelivery(Variant2, UnitEvents):
    def test_sold_by_the_dozen(self):
        self._produce(self.box, 30)
        order = self._sell(self.box, 1, 480.0).copy()
        order.order_line.write({"product_uom_id": self.dozen.id, "product_uom_qty": 2})
        order.action_confirm()
        picking = self._deliver(order)
        posting = picking.backflush_posting_ids
        self.assertEqual((posting.quantity, posting.amount), (24, 60))
        quantity = Decimal(str(sum(self._get_facts(self.box).mapped("quantity"))))
        self.assertEqual(quantity, 6)


@tagged("post_install", "-at_install")
class TestUnitsPeriodic(Variant3, UnitEvents):
    pass
