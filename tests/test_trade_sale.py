"""Events D4, D5, S3 and S4 around changes of standard, kits, documents in any order."""

from odoo import Command
from odoo.tests import tagged

from .common import BackflushCommon
from .variants import Variant1, Variant2, Variant3, Variant4


class SaleTrade:
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)
        cls.account_names[cls.company.backflush_revaluation_account_id] = "revaluation"

    def setUp(self):
        super().setUp()
        self._buy(self.m, 100, 5.0)
        self._produce(self.p, 30)

    @property
    def completion(self):
        return self.trigger == "completion"

    def assertSettled(self):
        """Everything delivered is invoiced: nothing is left over anywhere."""
        if self.completion:
            self.assertEqual(round(self._get_undocumented(self.finished), 2), 0.0)
        self.assertLedgerIsStock()
        if self.materials_valuation == "real_time":
            self.assertClosed()

    def _get_cost(self, moves):
        return self._summarise(moves.line_ids).get("cost_of_sales", 0.0)

    def assertCost(self, moves, amount):
        """Cost of sales in documents: at the invoice, or with the delivery."""
        self.assertAlmostEqual(self._get_cost(moves), amount if self.completion else 0)

    def _sell_and_deliver(self, quantity=5):
        order = self._sell(self.p, quantity, 40.0)
        return order, self._deliver(order)

    def _sell_first(self, quantity=5):
        """Invoiced on the order, before delivery."""
        self.p.invoice_policy = "order"
        order = self._sell(self.p, quantity, 40.0)
        return order, self._invoice(order)

    # -- returns ----------------------------------------------------------------

    def test_s4_return_after_a_change(self):
        order, picking = self._sell_and_deliver()
        self._invoice(order)
        self._change_standards()
        before = self.env["account.move"].search([])
        back = self._return(picking, 1)
        posting = back.move_ids.backflush_posting_ids
        self.assertRecordValues(posting, [{"event": "return", "state": "posted"}])
        rows = [("standard_change", -1.0), ("standard_change", -1.0)]
        self.assertRows(posting.variance_ids, rows)
        labour = posting.variance_ids.filtered(lambda x: x.element_id.type == "labour")
        self.assertEqual(labour.amount, -1.0)
        entry = posting.account_move_id
        if self.completion:
            self.assertEntry(entry, {"finished": 2.0, "revaluation": -2.0})
            self.assertEqual(labour.account_move_id, entry)
        else:
            self.assertEntry(
                entry,
                {
                    "materials": 11.0,
                    "labour_applied": 10.0,
                    "variable_overhead_applied": 3.0,
                    "fixed_overhead_applied": 2.0,
                    "revaluation": -1.0,
                    "cost_of_sales": -25.0,
                },
            )
            self.assertFalse(labour.account_move_id)
        self.assertEqual(self.env["account.move"].search([]) - before, entry)
        self.assertLedgerIsStock()
        note = order._create_invoices(final=True)
        note.action_post()
        self.assertEqual(note.move_type, "out_refund")
        self.assertCost(note, -25.0)
        self.assertSettled()

    def test_d5_price_only_credit_note(self):
        order, _picking = self._sell_and_deliver()
        line = self._invoice(order).invoice_line_ids
        note = self._credit(line, 5, 1.0)
        self.assertEntry(note, {"income": 5.0, "asset_receivable": -5.0})
        self.assertSettled()

    def test_credit_note_before_the_goods_come_back(self):
        order, picking = self._sell_and_deliver()
        line = self._invoice(order).invoice_line_ids
        self._change_standards()
        note = self._credit(line, 2, 40.0)
        self.assertEntry(note, {"income": 80.0, "asset_receivable": -80.0})
        posting = self._return(picking, 2).move_ids.backflush_posting_ids
        entry = self._summarise(posting.account_move_id.line_ids)
        self.assertEqual(entry["cost_of_sales"], -50.0)
        if self.completion:
            self.assertEqual(
                entry, {"finished": 54.0, "cost_of_sales": -50.0, "revaluation": -4.0}
            )
        self.assertSettled()

    def test_goods_exchanged_after_a_change(self):
        """Sent back and delivered again, at another standard, without documents."""
        order, picking = self._sell_and_deliver()
        self._invoice(order)
        self._change_standards()
        back = self._return(picking, 2)
        again = self._return(back, 2)
        if self.completion:
            posting = again.move_ids.backflush_posting_ids
            self.assertEntry(
                posting.account_move_id, {"finished": -4.0, "revaluation": 4.0}
            )
        self.assertSettled()

    def test_delivered_quantity_corrected_after_a_change(self):
        order, picking = self._sell_and_deliver()
        invoice = self._invoice(order)
        self.assertCost(invoice, 125.0)
        self._change_standards()
        move = picking.move_ids
        move.quantity = 4
        posting = move.backflush_posting_ids.sorted("id")[-1:]
        entry = self._summarise(posting.account_move_id.line_ids)
        if self.completion:
            self.assertEqual(entry, {"finished": 2.0, "revaluation": -2.0})
            rows = [("standard_change", -1.0), ("standard_change", -1.0)]
            self.assertRows(posting.variance_ids, rows)
        else:
            self.assertEqual(posting.event, "correction")
            self.assertEqual((entry["materials"], entry["revaluation"]), (11.0, -1.0))
            self.assertEqual(entry["cost_of_sales"], -25.0)
        self.assertLedgerIsStock()
        move.quantity = 7
        self.assertLedgerIsStock()
        self._invoice(order)
        self.assertSettled()

    # -- invoiced before delivery -----------------------------------------------

    def test_invoiced_before_delivery(self):
        order, invoice = self._sell_first()
        self.assertCost(invoice, 125.0)
        self.assertLedgerIsStock()
        self._change_standards()
        self.assertLedgerIsStock()
        move = self._deliver(order).move_ids
        posting = move.backflush_posting_ids
        self.assertEqual(posting.event, "delivery")
        if self.completion:
            self.assertEntry(
                posting.account_move_id, {"finished": -10.0, "revaluation": 10.0}
            )
            rows = [("standard_change", 5.0), ("standard_change", 5.0)]
            self.assertRows(posting.variance_ids, rows)
        else:
            self.assertEqual(self._get_cost(posting.account_move_id), 135.0)
        self.assertSettled()

    def test_invoiced_before_delivery_in_parts(self):
        order, first = self._sell_first()
        order.order_line.product_uom_qty = 8
        self._change_standards()
        second = self._invoice(order)
        self.assertCost(first | second, 5 * 25 + 3 * 27)
        self._deliver(order, 6)
        self._deliver(order)
        postings = order.picking_ids.move_ids.backflush_posting_ids
        if self.completion:
            # 5 at 27 instead of 25, in the first delivery
            self.assertEntry(
                postings.account_move_id, {"finished": -10.0, "revaluation": 10.0}
            )
        self.assertSettled()

    def test_invoice_of_goods_never_delivered_is_credited(self):
        order, invoice = self._sell_first()
        note = self._credit(invoice.invoice_line_ids, 2, 40.0)
        self.assertCost(note, -50.0)
        self._deliver(order, 3)
        self.assertSettled()

    def test_plain_delivery_makes_no_document(self):
        if not self.completion:
            return
        order, picking = self._sell_and_deliver()
        self._invoice(order)
        self.assertFalse(picking.move_ids.backflush_posting_ids)
        self.assertFalse(picking.move_ids.backflush_fact_ids.posting_id)

    # -- documents in any order -------------------------------------------------

    def test_invoice_is_a_posting_with_its_cost_items(self):
        order, _picking = self._sell_and_deliver()
        invoice = self._invoice(order)
        posting = invoice.backflush_posting_ids
        if not self.completion:
            self.assertFalse(posting)
            return
        self.assertRecordValues(posting, [{"event": "invoice", "state": "posted"}])
        self.assertEqual(
            sorted((x.kind, x.amount) for x in posting.line_ids),
            [("cost_of_sales", 125.0), ("output", -125.0)],
        )
        invoice.button_draft()
        self.assertEqual(posting.state, "reversed")
        self.assertLedgerIsStock()
        invoice.action_post()
        self.assertEqual(invoice.backflush_posting_ids.mapped("sequence"), [2, 1])
        self.assertSettled()

    def test_reverse_and_create(self):
        order, _picking = self._sell_and_deliver()
        invoice = self._invoice(order)
        self._change_standards()
        again = self._reverse(invoice, modify=True)
        self.assertCost(invoice.reversal_move_ids, -125.0)
        self.assertCost(again, 125.0)
        self.assertSettled()

    def test_earlier_invoice_posted_again_takes_its_own_goods(self):
        order = self._sell(self.p, 10, 40.0)
        self._deliver(order, 5)
        first = self._invoice(order)
        self._change_standards()
        self._deliver(order)
        second = self._invoice(order)
        first.button_draft()
        first.action_post()
        self.assertCost(first, 125.0)
        self.assertCost(second, 135.0)
        self.assertSettled()

    def test_reversed_without_return(self):
        order, _picking = self._sell_and_deliver()
        note = self._reverse(self._invoice(order))
        self.assertCost(note, 0.0)
        again = self._invoice(order)
        self.assertCost(again, 0.0)
        self.assertSettled()

    # -- kits -------------------------------------------------------------------

    def _create_kit(self, **values):
        other = self._create_product("P2", self.finished, list_price=40.0)
        self._create_bom(other, 10, {self.m: 30}, minutes=24)
        self._activate_standards(name="With P2", date_from="2020-06-01", m=5.0, s=6.0)
        self._produce(other, 20)
        kit = self._create_product("Kit", self.finished, list_price=100.0, **values)
        self._create_bom(kit, 1, {self.p: 2, other: 1}, type="phantom")
        self.p2 = other
        # 2 × 25 + 30
        self.assertEqual(other.standard_price, 30.0)
        return kit

    def _check_kit(self, kit):
        order = self._sell(kit, 4, 100.0)
        picking = self._deliver(order)
        self.assertEqual(picking.move_ids.product_id, self.p | self.p2)
        first = order._create_invoices()
        first.invoice_line_ids.quantity = 1
        first.action_post()
        self.assertCost(first, 80.0)
        self._change_standards_with_p2()
        second = self._invoice(order)
        self.assertCost(second, 240.0)
        items = second.line_ids.filtered(lambda x: x.display_type == "cogs")
        if self.completion:
            products = {(x.product_id, x.balance) for x in items if x.balance < 0}
            self.assertEqual(products, {(self.p, -150.0), (self.p2, -90.0)})
        back = self._return(picking)
        note = order._create_invoices(final=True)
        note.action_post()
        self.assertCost(note, -320.0)
        self.assertEqual(len(back.move_ids.backflush_posting_ids), 2)
        self.assertSettled()

    def _change_standards_with_p2(self):
        version = self._create_version("Next", "2021-01-01", m=6.0, s=6.0)
        version.action_roll_up()
        version.action_activate()
        self.assertEqual((self.p.standard_price, self.p2.standard_price), (27, 33))

    def test_kit_of_two_components(self):
        self._check_kit(self._create_kit(is_storable=False))

    def test_storable_kit_of_two_components(self):
        self._check_kit(self._create_kit())

    def test_kit_with_the_same_component_twice(self):
        kit = self._create_product(
            "Kit", self.finished, is_storable=False, list_price=100.0
        )
        bom = self._create_bom(kit, 1, {self.p: 2}, type="phantom")
        bom.bom_line_ids.copy({"product_qty": 1, "bom_id": bom.id})
        order = self._sell(kit, 4, 100.0)
        picking = self._deliver(order)
        self.assertEqual(len(picking.move_ids), 2)
        self._change_standards()
        first = order._create_invoices()
        first.invoice_line_ids.quantity = 3
        first.action_post()
        self.assertCost(first, 225.0)
        self.assertCost(self._invoice(order), 75.0)
        self._return(picking)
        note = order._create_invoices(final=True)
        note.action_post()
        self.assertCost(note, -300.0)
        self.assertSettled()

    def test_kit_delivered_in_parts(self):
        kit = self._create_kit()
        order = self._sell(kit, 4, 100.0)
        picking = order.picking_ids
        for move in picking.move_ids:
            move.quantity = 4 if move.product_id == self.p else 2
            move.picked = True
        wizard = picking.button_validate()
        self.env[wizard["res_model"]].with_context(**wizard["context"]).create(
            {}
        ).process()
        first = self._invoice(order)
        self.assertEqual(first.invoice_line_ids.quantity, 2)
        self.assertCost(first, 160.0)
        self._change_standards_with_p2()
        self._deliver(order)
        # delivered at 2 × 27 + 33
        self.assertCost(self._invoice(order), 174.0)
        self.assertSettled()

    # -- the rest ---------------------------------------------------------------

    def test_goods_of_another_owner(self):
        self.env.user.group_ids += self.env.ref("stock.group_tracking_owner")
        quants = self.env["stock.quant"]
        quants._update_available_quantity(
            self.p, self.warehouse.lot_stock_id, 5, owner_id=self.vendor
        )
        order = self._sell(self.p, 2, 40.0)
        picking = order.picking_ids
        picking.move_ids.move_line_ids.owner_id = self.vendor
        self._validate(picking)
        self.assertFalse(picking.move_ids.backflush_fact_ids)
        self.assertFalse(picking.move_ids.backflush_posting_ids.account_move_id)
        invoice = self._invoice(order)
        self.assertCost(invoice, 0.0)

    def test_lines_without_an_order_match_goods_without_one(self):
        picking = self.env["stock.picking"].create(
            {
                "partner_id": self.customer.id,
                "picking_type_id": self.warehouse.out_type_id.id,
                "location_id": self.warehouse.lot_stock_id.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": self.p.id,
                            "product_uom_qty": 4,
                            "product_uom": self.unit.id,
                            "location_id": self.warehouse.lot_stock_id.id,
                            "location_dest_id": self.env.ref(
                                "stock.stock_location_customers"
                            ).id,
                        }
                    )
                ],
            }
        )
        picking.action_confirm()
        self._validate(picking)
        self._change_standards()
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": self.p.id,
                            "quantity": 4,
                            "price_unit": 40.0,
                            "tax_ids": False,
                        }
                    )
                ],
            }
        )
        invoice.action_post()
        self.assertCost(invoice, 100.0)
        self.assertSettled()


@tagged("post_install", "-at_install")
class TestSaleTrade1(SaleTrade, Variant1, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestSaleTrade2(SaleTrade, Variant2, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestSaleTrade3(SaleTrade, Variant3, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestSaleTrade4(SaleTrade, Variant4, BackflushCommon):
    pass
