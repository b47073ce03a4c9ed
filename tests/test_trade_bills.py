"""Event A8, and what a bill's items may be besides the price of goods: charges, taxes
that stay a cost, mapped accounts, other currencies and units; goods never received."""

from odoo import Command, fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from .common import BackflushCommon
from .variants import Variant2, Variant3


class Bills:
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)
        cls.freight = cls._create_product("Freight", cls.materials, is_storable=False)
        cls.freight.type = "service"

    def _get_rows(self, line):
        return self.env["backflush.variance"].search([("bill_line_id", "=", line.id)])

    def _create_bill(self, *lines, **values):
        return self.env["account.move"].create(
            {
                "move_type": "in_invoice",
                "partner_id": self.vendor.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [
                    Command.create({"tax_ids": False, **vals}) for vals in lines
                ],
                **values,
            }
        )

    def assertSettled(self):
        self.assertLedgerIsStock()
        if self.materials_valuation == "real_time":
            self.assertClosed()

    def assertExplained(self):
        rows = self.env["backflush.variance"].search([("account_id", "=", self.ppv.id)])
        self.assertBalance("ppv", sum(rows.mapped("amount")))

    # -- later charges ----------------------------------------------------------

    def _charge(self, goods, price=7.0):
        bill = self._create_bill(
            {"product_id": self.freight.id, "quantity": 1, "price_unit": price}
        )
        bill.invoice_line_ids.backflush_goods_line_id = goods
        return bill

    def test_a8_freight_billed_later(self):
        goods = self._buy(self.m, 100, 5.2).invoice_line_ids
        bill = self._charge(goods)
        self.assertEqual(bill.invoice_line_ids.account_id, self.ppv)
        bill.action_post()
        self.assertEntry(bill, {"ppv": 7.0, "liability_payable": -7.0})
        rows = self._get_rows(goods)
        self.assertRows(rows, [("material_price", 20.0), ("material_price", 7.0)])
        row = rows.filtered(lambda row: row.account_move_id == bill)
        self.assertEqual((row.amount, row.product_id), (7.0, self.m))
        self.assertEqual(
            [
                (x.kind, x.account_id, x.amount)
                for x in bill.backflush_posting_ids.line_ids
            ],
            [("material_price", self.ppv, 7.0), ("passed", self.ppv, -7.0)],
        )
        self.assertSettled()
        self.assertExplained()
        bill.button_draft()
        self.assertRows(self._get_rows(goods), [("material_price", 20.0)])
        bill.invoice_line_ids.backflush_goods_line_id = False
        self.assertNotEqual(bill.invoice_line_ids.account_id, self.ppv)
        bill.action_post()
        self.assertRows(self._get_rows(goods), [("material_price", 20.0)])

    def test_charge_on_the_same_bill(self):
        order = self._order(self.m, 100, 5.2)
        self._receive(order)
        bill = self._bill(order, post=False)
        bill.invoice_line_ids = [
            Command.create(
                {
                    "product_id": self.freight.id,
                    "quantity": 1,
                    "price_unit": 7.0,
                    "tax_ids": False,
                    "backflush_goods_line_id": bill.invoice_line_ids.id,
                }
            )
        ]
        bill.action_post()
        self.assertEntry(
            bill, {"materials": 500.0, "ppv": 27.0, "liability_payable": -527.0}
        )
        self.assertExplained()
        again = self._reverse(bill, modify=True, post=False)
        self.assertExplained()
        self.assertBalance("ppv", 0)
        again.invoice_line_ids[1].backflush_goods_line_id = again.invoice_line_ids[0]
        again.action_post()
        self.assertBalance("ppv", 27)
        self.assertExplained()

    def test_charge_on_something_else_is_refused(self):
        bill = self._charge(self.env["account.move.line"])
        with self.assertRaisesRegex(ValidationError, "goods at standard cost"):
            bill.invoice_line_ids.backflush_goods_line_id = bill.invoice_line_ids
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_line_ids": [Command.create({"product_id": self.m.id})],
            }
        )
        with self.assertRaisesRegex(ValidationError, "goods at standard cost"):
            bill.invoice_line_ids.backflush_goods_line_id = invoice.invoice_line_ids

    def test_charge_without_goods_is_plain_odoo(self):
        bill = self._charge(self.env["account.move.line"])
        bill.action_post()
        self.assertNotIn(self.ppv, bill.line_ids.account_id)
        self.assertFalse(bill.backflush_posting_ids)

    def test_goods_are_chosen_by_whoever_enters_bills(self):
        goods = self._buy(self.m, 100, 5.2).invoice_line_ids
        user = new_test_user(
            self.env,
            "biller",
            "account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        bill = self._charge(self.env["account.move.line"]).with_user(user)
        with Form(bill) as form, form.invoice_line_ids.edit(0) as line:
            line.backflush_goods_line_id = goods.with_user(user)
        bill.action_post()
        self.assertEntry(bill.sudo(), {"ppv": 7.0, "liability_payable": -7.0})
        with self.assertRaises(AccessError):
            self.env["backflush.match"].with_user(user).search([])

    # -- taxes, fiscal positions ------------------------------------------------

    def _create_tax(self, amount, **values):
        return self.env["account.tax"].create(
            {
                "name": f"Lasting {amount}",
                "amount": amount,
                "type_tax_use": "purchase",
                "company_id": self.company.id,
                "country_id": self.company.account_fiscal_country_id.id,
                **values,
            }
        )

    def test_tax_that_stays_a_cost(self):
        """Half of the tax has no account: Odoo leaves it on that of the goods."""
        tax = self._create_tax(10.0)
        deductible = self._create_account("Input tax", "asset_current")
        self.account_names = {**self.account_names, deductible: "tax"}
        repartition = [
            Command.clear(),
            Command.create({"repartition_type": "base"}),
            Command.create({"factor_percent": 50, "account_id": False}),
            Command.create({"factor_percent": 50, "account_id": deductible.id}),
        ]
        tax.write(
            {
                "invoice_repartition_line_ids": repartition,
                "refund_repartition_line_ids": repartition,
            }
        )
        order = self._order(self.m, 100, 5.2)
        self._receive(order)
        other = self._order(self.s, 10, 6.0)
        self._receive(other)
        bill = self._bill(order, post=False)
        bill.invoice_line_ids.tax_ids = tax
        bill.invoice_line_ids = [
            Command.create(
                {
                    "product_id": self.s.id,
                    "purchase_line_id": other.order_line.id,
                    "quantity": 10,
                    "price_unit": 6.0,
                    "tax_ids": [Command.set(tax.ids)],
                }
            )
        ]
        bill.action_post()
        # half of 10 % on 520 and on 60
        self.assertEntry(
            bill,
            {
                "materials": 560.0,
                "ppv": 20.0 + 26.0 + 3.0,
                "tax": 29.0,
                "liability_payable": -638.0,
            },
        )
        amounts = [self._get_rows(x).amount for x in bill.invoice_line_ids]
        self.assertEqual(amounts, [46.0, 3.0])
        self.assertSettled()
        self.assertExplained()

    def test_fiscal_position_that_maps_every_account(self):
        position = self.env["account.fiscal.position"].create(
            {"name": "Abroad", "company_id": self.company.id}
        )
        mapped = {}
        for name, account in (
            ("stock", self.materials_account),
            ("ppv", self.ppv),
        ):
            mapped[name] = self._create_account(f"{name} abroad")
            self.account_names = {
                **self.account_names,
                mapped[name]: f"{name}_abroad",
            }
            self.env["account.fiscal.position.account"].create(
                {
                    "position_id": position.id,
                    "account_src_id": account.id,
                    "account_dest_id": mapped[name].id,
                }
            )
        order = self._order(self.m, 100, 5.2, fiscal_position_id=position.id)
        self._receive(order)
        bill = self._bill(order)
        self.assertEqual(bill.invoice_line_ids.account_id, mapped["stock"])
        # the account that is relieved has to carry the goods
        self.assertEntry(
            bill, {"materials": 500.0, "ppv_abroad": 20.0, "liability_payable": -520.0}
        )
        row = self._get_rows(bill.invoice_line_ids)
        self.assertEqual((row.amount, row.account_id), (20.0, mapped["ppv"]))
        self.assertSettled()

    # -- currencies and units ---------------------------------------------------

    def test_three_rates_and_three_units(self):
        """Ordered in tonnes of foreign currency, kept in kg, used in grams."""
        today = fields.Date.today()
        currency = self.env["res.currency"].create({"name": "FRG", "symbol": "F"})
        for days, rate in ((10, 4.0), (5, 2.5), (0, 2.0)):
            self.env["res.currency.rate"].create(
                {
                    "name": fields.Date.subtract(today, days=days),
                    "rate": rate,
                    "currency_id": currency.id,
                    "company_id": self.company.id,
                }
            )
        tonne = self.env.ref("uom.product_uom_ton")
        gram = self.env.ref("uom.product_uom_gram")
        order = self.env["purchase.order"].create(
            {
                "partner_id": self.vendor.id,
                "company_id": self.company.id,
                "currency_id": currency.id,
                "date_order": fields.Date.subtract(today, days=8),
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.m.id,
                            "product_qty": 0.3,
                            "product_uom_id": tonne.id,
                            "price_unit": 11000.0,
                            "tax_ids": False,
                        }
                    )
                ],
            }
        )
        order.button_confirm()
        self._receive(order)
        self.assertEqual(self.m.qty_available, 300)
        first = self._bill(order, quantity=0.1)
        second = self._bill(order, quantity=0.2)
        # 1 100 F at 2.0 = 550 for 100 kg
        self.assertEntry(
            first, {"materials": 500.0, "ppv": 50.0, "liability_payable": -550.0}
        )
        self.assertEntry(
            second, {"materials": 1000.0, "ppv": 100.0, "liability_payable": -1100.0}
        )
        row = self._get_rows(first.invoice_line_ids)
        # 1 100 F were 275 at the order's rate
        self.assertEqual((row.amount_exchange, row.quantity_actual), (275.0, 100))
        self.bom.bom_line_ids.write({"product_qty": 20000, "product_uom_id": gram.id})
        self._produce(self.p, 10)
        self.assertEqual(self.m.qty_available, 280)
        self.assertSettled()

    def test_units_that_never_come_out_even(self):
        """Bills in dozens, of a price whose parts do not add up to the whole."""
        dozen = self.env.ref("uom.product_uom_dozen")
        nail = self._create_product("Nail", self.materials)
        type(self).nail = nail
        self.addCleanup(delattr, type(self), "nail")
        self._activate_standards(
            name="Nails", date_from="2020-06-01", m=5.0, s=6.0, nail=0.015
        )
        order = self._order(nail, 30, 1.0)
        line = order.order_line
        self.assertEqual(line.product_uom_id, self.unit)
        self._receive(order)
        for quantity in (0.25, 0.5, 1.75):
            bill = self._bill(order, quantity=quantity, post=False)
            bill.invoice_line_ids.product_uom_id = dozen
            bill.invoice_line_ids.price_unit = 4.0
            bill.action_post()
        pools = self._get_undocumented(self.materials)
        self.assertAlmostEqual(pools, 0.0, 6)
        # 0.045 + 0.09 + 0.315: rounded each by itself they were 0.46
        self.assertBalance("materials", 0.45)

    # -- goods that go straight to the customer ---------------------------------

    def _drop_ship(self):
        if "is_dropship" not in self.env["stock.picking"]._fields:
            self.skipTest("Odoo's drop-shipping is not installed")
        route = self.env.ref("stock_dropshipping.route_drop_shipping")
        product = self.m
        product.seller_ids = [
            Command.create({"partner_id": self.vendor.id, "price": 5.2})
        ]
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "product_uom_qty": 10,
                            "price_unit": 9.0,
                            "tax_ids": False,
                            "route_ids": [Command.set(route.ids)],
                        }
                    )
                ],
            }
        )
        order.action_confirm()
        purchase = order._get_purchase_orders()
        purchase.button_confirm()
        return order, purchase

    def test_drop_shipped_goods(self):
        order, purchase = self._drop_ship()
        expense = self.materials.property_account_expense_categ_id
        self.account_names = {**self.account_names, expense: "expense"}
        picking = purchase.picking_ids
        self._validate(picking)
        self.assertFalse(picking.move_ids.backflush_fact_ids)
        self.assertFalse(picking.move_ids.backflush_posting_ids)
        bill = self._bill(purchase)
        self.assertEntry(
            bill, {"expense": 50.0, "ppv": 2.0, "liability_payable": -52.0}
        )
        self.assertRows(
            self._get_rows(bill.invoice_line_ids), [("material_price", 2.0)]
        )
        self.m.standard_price = 7.0
        invoice = self._invoice(order)
        self.assertEntry(invoice, {"asset_receivable": 90.0, "income": -90.0})
        self._check_stock_empty()
        refund = self._credit(bill.invoice_line_ids, 10, 0.1)
        self.assertEntry(refund, {"ppv": -1.0, "liability_payable": 1.0})
        self._return(picking, 4)
        refund = self._credit(bill.invoice_line_ids, 4, 5.2)
        self.assertEntry(
            refund, {"expense": -20.0, "ppv": -0.8, "liability_payable": 20.8}
        )
        self._check_stock_empty()
        self.assertExplained()

    def test_drop_shipped_goods_billed_and_invoiced_first(self):
        self.m.purchase_method = "purchase"
        self.m.invoice_policy = "order"
        order, purchase = self._drop_ship()
        expense = self.materials.property_account_expense_categ_id
        self.account_names = {**self.account_names, expense: "expense"}
        invoice = self._invoice(order)
        self.assertEntry(invoice, {"asset_receivable": 90.0, "income": -90.0})
        bill = self._bill(purchase)
        self.assertEntry(
            bill, {"expense": 50.0, "ppv": 2.0, "liability_payable": -52.0}
        )
        self.m.standard_price = 7.0
        self._validate(purchase.picking_ids)
        self._check_stock_empty()
        self.assertExplained()

    def _check_stock_empty(self):
        account = self.materials.property_stock_valuation_account_id
        items = self.env["account.move.line"].search([("account_id", "=", account.id)])
        self.assertEqual(round(sum(items.mapped("balance")), 2), 0)


@tagged("post_install", "-at_install")
class TestBillsPerpetual(Bills, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestBillsPeriodic(Bills, Variant3, BackflushCommon):
    pass


class OtherCurrency:
    @classmethod
    def _create_company(cls, **values):
        currency = cls.env.ref("base.JPY")
        currency.active = True
        company = super()._create_company(**values)
        # the chart of accounts has brought its own
        company.currency_id = currency
        return company


@tagged("post_install", "-at_install")
class TestCurrencyWithoutDecimals(OtherCurrency, BackflushCommon):
    """Standards of fractions, a currency of whole yen."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=0.4, s=6.0)

    def test_parts_add_up(self):
        order = self._order(self.m, 10, 1.0)
        self._receive(order)
        passed = [
            self._summarise(self._bill(order, quantity=1).line_ids).get("materials", 0)
            for _part in range(10)
        ]
        self.assertEqual(sum(passed), 4)
        self.assertEqual(self.company.currency_id.rounding, 1)
        self.assertTrue(all(amount == int(amount) for amount in passed))
        self.assertClosed()

    def test_sale_after_a_change(self):
        self._buy(self.m, 100, 0.4)
        self._produce(self.p, 10)
        order = self._sell(self.p, 3, 40.0)
        picking = self._deliver(order)
        self._invoice(order)
        self._change_standards()
        self._return(picking, 1)
        note = order._create_invoices(final=True)
        note.action_post()
        for item in self.env["account.move.line"].search(
            [("company_id", "=", self.company.id)]
        ):
            self.assertEqual(item.balance, int(item.balance))
        # rule 1: half a unit per item at most
        stock = self.p.qty_available * self.p.standard_price
        items = self.env["account.move.line"].search(
            [("account_id", "=", self.finished_account.id)]
        )
        balance = sum(items.mapped("balance"))
        self.assertLessEqual(abs(balance - stock), len(items) * 0.5)


class TransitBetweenCompanies:
    """Goods sold to, and bought from, another company of the group."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)
        cls.transit = cls.env["stock.location"].create(
            {"name": "Between companies", "usage": "transit", "company_id": False}
        )

    def _move(self, picking_type, source, target, line, product, quantity):
        name = line._name.split(".")[0]
        picking = self.env["stock.picking"].create(
            {
                "partner_id": line.order_id.partner_id.id,
                "picking_type_id": picking_type.id,
                "location_id": source.id,
                "location_dest_id": target.id,
            }
        )
        self.env["stock.move"].create(
            {
                "product_id": product.id,
                "product_uom_qty": quantity,
                "product_uom": product.uom_id.id,
                "picking_id": picking.id,
                "location_id": source.id,
                "location_dest_id": target.id,
                f"{name}_line_id": line.id,
            }
        )
        picking.action_confirm()
        return self._validate(picking)

    def test_bought_from_another_company(self):
        for product, standard in ((self.m, 5.0), (self.p, 25.0)):
            order = self._order(product, 10, standard + 0.2)
            order.picking_ids.action_cancel()
            picking = self._move(
                self.warehouse.in_type_id,
                self.transit,
                self.warehouse.lot_stock_id,
                order.order_line,
                product,
                10,
            )
            fact = picking.move_ids.backflush_fact_ids
            self.assertEqual((fact.quantity, fact.standard), (10, standard))
            # a receipt, not the return of a delivery
            self.assertFalse(picking.move_ids.backflush_posting_ids)
        self.m.standard_price = 5.5
        back = self._return(
            self.env["stock.picking"].search(
                [("move_ids.product_id", "=", self.m.id), ("state", "=", "done")],
                limit=1,
                order="id desc",
            ),
            4,
        )
        self.assertEqual(back.move_ids.backflush_posting_ids.event, "return")

    def test_sold_to_another_company(self):
        self._buy(self.m, 100, 5.0)
        self._produce(self.p, 10)
        order = self._sell(self.p, 4, 40.0)
        order.picking_ids.action_cancel()
        picking = self._move(
            self.warehouse.out_type_id,
            self.warehouse.lot_stock_id,
            self.transit,
            order.order_line,
            self.p,
            4,
        )
        posting = picking.move_ids.backflush_posting_ids
        expected = ["delivery"] if self.trigger == "delivery" else []
        self.assertEqual(posting.mapped("event"), expected)
        self._change_standards()
        back = self._return(picking, 1)
        self.assertEqual(back.move_ids.backflush_posting_ids.event, "return")
        self.assertLedgerIsStock()


@tagged("post_install", "-at_install")
class TestTransitCompletion(TransitBetweenCompanies, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestTransitDelivery(TransitBetweenCompanies, Variant2, BackflushCommon):
    pass
