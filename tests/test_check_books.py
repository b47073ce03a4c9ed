"""*Check the books*: sound books pass, in all variants."""

from odoo import Command, fields
from odoo.tests import tagged

from .check_common import CheckCommon
from .variants import Variant2, Variant3, Variant4


class SoundBooks:
    """Real flows of all kinds: nothing is wrong with them."""

    def _get_back(self, picking, quantity):
        """Return a part of a transfer."""
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_id=picking.id, active_model="stock.picking")
            .create({})
        )
        wizard.product_return_moves.quantity = quantity
        return self._validate(wizard._create_return())

    def test_nothing_happened(self):
        self.assertPassed()

    def test_whole_business(self):
        self._buy(self.m, 100, 5.2)
        self._buy(self.s, 10, 5.9)
        self._produce(self.p, 10)
        self._produce(self.p, 10, used={self.m: 22, self.s: 1})
        order = self._sell(self.p, 8, 40.0)
        self._deliver(order, 5)
        self._invoice(order)
        self._deliver(order)
        check = self.assertPassed()
        self.assertAccounts(check)
        self.assertFalse(
            check.note_line_ids.filtered(lambda line: line.res_model != "sale.order")
        )

    def assertAccounts(self, check):
        """The materials' account is proved, to the cent."""
        lines = check.proved_line_ids.filtered(
            lambda line: line.res_id == self.materials_account.id
        )
        self.assertEqual(len(lines), 1, check.line_ids.mapped("sentence"))
        self.assertEqual(lines.amount_difference, 0)
        self.assertTrue(lines.amount_found)

    def test_each_document_of_a_day_was_rounded(self):
        """20 orders take 10.0044 of M each, rounded to 10.00; the day is one item."""
        self._set_price(self.m, 5.0022)
        self._buy(self.m, 100, 5.0022)
        self.company.backflush_posting_mode = "daily"
        for _order in range(20):
            self._produce(self.p, 1)
        self.assertPassed()
        self.env["backflush.posting"].action_book()
        self.assertPassed()

    def _set_price(self, product, price):
        """New standards of a fraction of a cent."""
        version = self._create_version("Fractions", "2021-01-01", m=5.0, s=6.0)
        version.price_ids.filtered(lambda x: x.product_id == product).price = price
        version.action_roll_up()
        version.action_activate()

    def test_open_documents_are_named(self):
        receipt = self._order(self.m, 100, 5.2)
        self._receive(receipt)
        billed = self._order(self.m, 7, 5.2)
        billed.order_line.qty_received_method = "manual"
        bill = self.env["account.move"].create(
            {
                "move_type": "in_invoice",
                "partner_id": self.vendor.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": self.m.id,
                            "purchase_line_id": billed.order_line.id,
                            "quantity": 7,
                            "price_unit": 5.2,
                            "tax_ids": False,
                        }
                    )
                ],
            }
        )
        bill.action_post()
        self._produce(self.p, 10)
        sale = self._sell(self.p, 8, 40.0)
        self._deliver(sale)
        check = self.assertPassed()
        self.assertAccounts(check)
        notes = {line.document: line.sentence for line in check.note_line_ids}
        self.assertIn("100.00 kg received and not billed", notes[receipt.display_name])
        self.assertIn("7.00 kg billed and not received", notes[billed.display_name])
        if self.trigger == "completion":
            self.assertIn(
                "8.00 Units delivered and not invoiced", notes[sale.display_name]
            )

    def test_new_standards_with_open_documents(self):
        receipt = self._order(self.m, 100, 5.2)
        self._receive(receipt)
        self._produce(self.p, 10, used={self.m: 23})
        sale = self._sell(self.p, 8, 40.0)
        self._deliver(sale)
        self._activate_standards(name="v2", date_from="2021-01-01", m=5.5, s=6.0)
        self.assertAccounts(self.assertPassed())
        self._bill(receipt)
        self._invoice(sale)
        self.assertAccounts(self.assertPassed())
        self.m.standard_price = 5.7
        self.assertPassed()

    def test_parts_of_documents(self):
        receipt = self._order(self.m, 20, 5.2)
        self._receive(receipt)
        self._bill(receipt, quantity=8)
        self._produce(self.p, 6)
        sale = self._sell(self.p, 6, 40.0)
        self._deliver(sale)
        invoice = sale._create_invoices()
        invoice.invoice_line_ids.quantity = 2
        invoice.action_post()
        self.assertAccounts(self.assertPassed())

    def test_return_to_vendor_and_its_credit_note(self):
        order = self._order(self.m, 100, 5.2)
        picking = self._receive(order)
        self._bill(order)
        self._get_back(picking, 10)
        self.assertAccounts(self.assertPassed())
        order.order_line.product_qty = 90
        self._bill(order)
        self.assertAccounts(self.assertPassed())

    def test_billing_again_after_a_credit_note(self):
        bill = self._buy(self.m, 100, 5.2)
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_ids=bill.ids, active_model="account.move")
            .create({"journal_id": bill.journal_id.id})
        )
        wizard.refund_moves()
        bill.reversal_move_ids.action_post()
        self.assertAccounts(self.assertPassed())
        self._bill(bill.invoice_line_ids.purchase_order_id, 5.1)
        self.assertAccounts(self.assertPassed())

    def test_return_after_a_change_waits_for_its_day(self):
        """Under `delivery` the labour part of the change has no entry, even then."""
        self.company.backflush_posting_mode = "daily"
        self._buy(self.m, 100, 5.0)
        self._produce(self.p, 10)
        order = self._sell(self.p, 5, 40.0)
        picking = self._deliver(order)
        self._invoice(order)
        self._change_standards()
        back = self._return(picking, 1).move_ids.backflush_posting_ids
        self.assertEqual(back.state, "pending")
        self.assertEqual(back.variance_ids.mapped("amount"), [-1.0, -1.0])
        self.assertPassed()
        self.env["backflush.posting"].action_book()
        self.assertEqual(back.state, "posted")
        self.assertPassed()

    def test_byproducts(self):
        """What they are worth, and their open differences, stand with a material."""
        main = self._create_product("Q", self.finished, list_price=38.0)
        bran = self._create_product("Bran", self.finished, standard_price=0.9)
        share = {"product_id": bran.id, "product_qty": 10, "cost_share": 4}
        byproducts = [Command.create(share)]
        self._create_bom(main, 10, {self.m: 20}, 24, byproduct_ids=byproducts)
        version = self._create_version("With bran", "2020-06-01", m=5.0, s=6.0)
        price = {"product_id": bran.id, "price": 0.9}
        version.price_ids = [Command.create(price)]
        version.action_roll_up()
        version.action_activate()
        self._buy(self.m, 100, 5.0)
        order = self._create_production(main, 10)
        order.qty_producing = 10
        order._set_qty_producing()
        order.move_byproduct_ids.write({"quantity": 9, "picked": True})
        self._finish_as_is(order)
        kinds = order.backflush_posting_ids.variance_ids.mapped("kind")
        self.assertEqual(sorted(kinds), ["output_price", "output_quantity"])
        self.assertAccounts(self.assertPassed())
        sale = self._sell(bran, 4, 1.0)
        self._deliver(sale)
        self._invoice(sale)
        self.assertAccounts(self.assertPassed())

    def test_open_usage_of_a_part_after_new_standards(self):
        """It stands with the content of the part's card of the order's day."""
        assembly = self._create_product("Assembly", self.finished)
        self._create_bom(assembly, 1, {self.p: 1, self.m: 1})
        self._activate_standards(name="With it", date_from="2020-06-01", m=5.0, s=6.0)
        self._produce(self.p, 10)
        self._produce(assembly, 5, used={self.p: 6})
        self.assertPassed()
        self._change_standards()
        self.assertPassed()

    def test_charge_on_goods(self):
        """Its item is the user's own: the addon has added none to the bill."""
        goods = self._buy(self.m, 100, 5.2).invoice_line_ids
        bill = self._bill_charge(goods, 7.0)
        self.assertBalance("ppv", 27)
        self.assertPassed()
        self._reverse(bill)
        self.assertBalance("ppv", 20)
        self.assertPassed()

    def test_bill_reset_and_posted_again(self):
        bill = self._buy(self.m, 100, 5.2)
        bill.button_draft()
        self.assertPassed()
        bill.invoice_line_ids.price_unit = 5.1
        bill.action_post()
        self.assertAccounts(self.assertPassed())

    def test_quantities_corrected_after_done(self):
        self._buy(self.m, 100, 5.0)
        order = self._produce(self.p, 10)
        order.action_toggle_is_locked()
        order.move_raw_ids.quantity = 21
        self.assertPassed()
        order.move_finished_ids.quantity = 9
        self.assertAccounts(self.assertPassed())

    def test_receipt_corrected_before_the_bill(self):
        order = self._order(self.m, 100, 5.0)
        picking = self._receive(order)
        picking.action_toggle_is_locked()
        picking.move_ids.quantity = 90
        self._bill(order, quantity=60)
        self.assertAccounts(self.assertPassed())

    def test_backorder(self):
        self._buy(self.m, 100, 5.0)
        order = self._produce(self.p, 10, made=6, backorder=True)
        self._finish(order.production_group_id.production_ids - order)
        self.assertAccounts(self.assertPassed())

    def test_fractions_within_half_a_cent_per_item(self):
        self._activate_standards(name="v2", date_from="2021-01-01", m=0.333, s=6.0)
        self._buy(self.m, 7, 0.34)
        for _number in range(3):
            self._produce(self.p, 1, used={self.m: 1})
        check = self.assertPassed()
        residue = check.line_ids.filtered(lambda line: line.state == "rounding")
        self.assertEqual(check.has_residue, bool(residue))
        if self.trigger == "completion":
            self.assertTrue(residue)

    def test_failed_posting_is_the_only_mistake(self):
        self._buy(self.m, 100, 5.0)
        account = self.elements["labour"].applied_account_id
        if self.trigger == "delivery":
            self._produce(self.p, 10)
        self.elements["labour"].applied_account_id = False
        if self.trigger == "delivery":
            order = self._deliver(self._sell(self.p, 4, 40.0))
        else:
            order = self._produce(self.p, 10, used={self.m: 22})
        posting = order.backflush_posting_ids
        self.assertEqual(posting.state, "failed")
        check = self.assertFound("booked", posting, "applied account")
        self.assertEqual(check.broken_line_ids.mapped("res_model"), [posting._name])
        self.assertIn("1 of 13 checks found 1 document", check.summary)
        self.elements["labour"].applied_account_id = account
        posting.action_retry()
        self.assertAccounts(self.assertPassed())

    def test_reversed_posting_is_to_be_booked_again(self):
        self._buy(self.m, 100, 5.0)
        order = self._produce(self.p, 10, used={self.m: 22})
        posting = order.backflush_posting_ids
        posting.action_reverse()
        check = self.assertFound("booked", order, "not booked again")
        self.assertEqual(len(check.broken_line_ids), 1, self._describe(check))
        posting.action_retry()
        self.assertAccounts(self.assertPassed())

    def test_kit_in_parts(self):
        """A bill of 2 kits of 3 P each: 1.5 P in one kit."""
        self._produce(self.p, 12)
        kit = self._create_product("Kit", self.finished, is_storable=False)
        self._create_bom(kit, 2, {self.p: 3}, type="phantom")
        order = self._sell(kit, 8, 100.0)
        self._deliver(order)
        first = order._create_invoices()
        first.invoice_line_ids.quantity = 2
        first.action_post()
        self.assertPassed()
        self._invoice(order)
        self.assertPassed()

    def test_kit_invoiced_before_its_delivery(self):
        self._produce(self.p, 12)
        kit = self._create_product(
            "Kit", self.finished, is_storable=False, invoice_policy="order"
        )
        self._create_bom(kit, 1, {self.p: 2}, type="phantom")
        order = self._sell(kit, 3, 100.0)
        self._invoice(order)
        self.assertPassed()
        self._deliver(order)
        self.assertPassed()

    def test_customer_return(self):
        self._produce(self.p, 12)
        order = self._sell(self.p, 8, 40.0)
        picking = self._deliver(order)
        self._invoice(order)
        self._get_back(picking, 2)
        self.assertPassed()
        order._create_invoices(final=True).action_post()
        self.assertPassed()

    def test_consumable_on_an_order(self):
        glue = self._create_product(
            "Glue", self.materials, is_storable=False, standard_price=2.0
        )
        self._produce(self.p, 10, used={glue: 3})
        self.assertPassed()

    def _activate(self, name):
        version = self._create_version(name, "2020-06-01", m=5.0, s=6.0)
        version.action_roll_up()
        version.action_activate()

    def test_byproducts_not_made(self):
        """Under `delivery` they stand on the account of a material of their card."""
        product = self._create_product("Q", self.finished)
        other = self._create_product("B", self.finished, standard_price=0.9)
        byproduct = {"product_id": other.id, "product_qty": 1, "cost_share": 4}
        self._create_bom(
            product, 1, {self.m: 2}, byproduct_ids=[Command.create(byproduct)]
        )
        self._activate("With by-products")
        self._buy(self.m, 100, 5)
        for made in (10, 3):
            order = self._create_production(product, 10)
            order.qty_producing = 10
            order._set_qty_producing()
            order.move_byproduct_ids.quantity = made
            order.move_byproduct_ids.picked = True
            self._finish_as_is(order)
        self.assertAccounts(self.assertPassed())
        self._scrap(other, 1, production_id=order.id)
        self.assertAccounts(self.assertPassed())

    def test_used_up_to_make_the_same(self):
        self._buy(self.m, 100, 5)
        self._produce(self.p, 10)
        order = self._produce(self.p, 5, used={self.m: 8, self.p: 2})
        row = order.backflush_posting_ids.variance_ids.filtered("amount").filtered(
            lambda row: row.kind == "material_substitution"
        )
        self.assertEqual(row.component_id, self.p)
        self.assertAccounts(self.assertPassed())
        if self.materials_valuation == "real_time":
            self.assertClosed()

    def _create_levels(self, valuation, trigger):
        """Top is made of Part and of Goods, which are made of Part and M."""
        parts = self._create_category(
            "Parts", property_valuation=valuation, property_backflush_trigger=trigger
        )
        part = self._create_product("Part", parts)
        goods = self._create_product("Goods", self.finished)
        top = self._create_product("Top", self.finished)
        self._create_bom(part, 1, {self.m: 1}, minutes=30)
        self._create_bom(goods, 1, {part: 2, self.m: 1}, minutes=12)
        self._create_bom(top, 1, {goods: 1, part: 1, self.m: 1})
        self._activate("Levels")
        self._buy(self.m, 100, 5)
        self._produce(part, 20)
        self._produce(goods, 5, used={part: 12})
        return self._produce(top, 3)

    def test_the_same_part_on_two_levels(self):
        self._create_levels("real_time", "completion")
        self.assertPassed()

    def test_parts_costed_at_delivery_after_new_standards(self):
        """What an order used too much stays at the cards of its day."""
        self._create_levels("periodic", "delivery")
        self.assertPassed()
        self._activate_v2()
        self.assertPassed()

    def test_variances_that_add_up_to_nothing(self):
        """An entry needs no item for them."""
        self._buy(self.m, 100, 5)
        self._buy(self.s, 25, 4)
        self._produce(self.p, 6, used={self.m: 18, self.s: 0})
        order = self._produce(self.p, 6, used={self.m: 6, self.s: 5})
        self.assertRows(
            order.backflush_posting_ids.variance_ids,
            [("material_usage", -30.0), ("material_substitution", 30.0)],
        )
        self.assertPassed()

    def test_other_unit_of_measure(self):
        gram = self.env.ref("uom.product_uom_gram")
        order = self._order(self.m, 100, 5.2)
        line = order.order_line.copy(
            {
                "order_id": order.id,
                "product_uom_id": gram.id,
                "product_qty": 3500,
                "price_unit": 0.005,
            }
        )
        self.assertEqual(line.product_uom_id, gram)
        self._receive(order)
        self._bill(order)
        self.assertAccounts(self.assertPassed())


@tagged("post_install", "-at_install")
class TestSoundBooks1(SoundBooks, CheckCommon):
    pass


@tagged("post_install", "-at_install")
class TestSoundBooks2(SoundBooks, Variant2, CheckCommon):
    pass


@tagged("post_install", "-at_install")
class TestSoundBooks3(SoundBooks, Variant3, CheckCommon):
    pass


@tagged("post_install", "-at_install")
class TestSoundBooks4(SoundBooks, Variant4, CheckCommon):
    pass
