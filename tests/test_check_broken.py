"""*Check the books*: what is broken is found, and named in words."""

from odoo import Command
from odoo.tests import tagged

from .check_common import BrokenBooks
from .variants import Variant2


@tagged("post_install", "-at_install")
class TestBrokenEntries(BrokenBooks):
    def test_item_that_unbalances_its_entry(self):
        self._shift(7, self._get_item(self.entry, "materials"))
        check = self.assertFound("balance", self.entry, "does not balance")
        self.assertFound("lines", self.entry, "103.00", "110.00")
        self.assertFound("ledger", self.materials_account, "7.00")
        self.assertRegex(check.summary, "3 of 13 checks found 2 documents")
        result = check.result_ids.filtered(lambda r: r.code == "balance")
        self.assertEqual((result.state, result.broken), ("broken", 1))
        self.assertEqual(result.amount_difference, -7)

    def test_items_that_still_balance(self):
        items = [self._get_item(self.entry, x) for x in ("finished", "materials")]
        self._shift(7, *items)
        self.assertFound("lines", self.entry, "257.00", "-117.00")

    def test_entry_that_is_gone(self):
        self._execute(
            "UPDATE backflush_posting SET account_move_id = NULL WHERE id = %s",
            self.posting.id,
        )
        self.assertFound("lines", self.posting, "gone")

    def test_entry_that_is_not_posted_any_more(self):
        self._execute(
            "UPDATE account_move_line SET parent_state = 'draft' WHERE move_id = %s",
            self.entry.id,
        )
        self.assertFound("lines", self.entry)
        self.assertFound("rows", self.posting, "not posted")

    def test_changed_and_deleted_posting_lines(self):
        line = self.posting.line_ids.filtered(lambda x: x.product_id == self.m)[:1]
        self._execute(
            "UPDATE backflush_posting_line SET amount = amount + 1 WHERE id = %s",
            line.id,
        )
        self.assertFound("balance", self.posting, "does not balance")
        self.assertFound("lines", self.entry)
        self.assertFound("orders", self.order, "109.00")
        self._execute("DELETE FROM backflush_posting_line WHERE id = %s", line.id)
        self.assertFound("lines", self.entry)

    def test_changed_variance(self):
        row = self.posting.variance_ids
        self._execute("UPDATE backflush_variance SET amount = 11 WHERE id = %s", row.id)
        self.assertFound("rows", self.posting, "11.00")
        self.assertFound("orders", self.order, "explain", "11.00")

    def test_variance_on_an_account_without_item(self):
        row = self.posting.variance_ids
        self._execute(
            "UPDATE backflush_variance SET account_id = %s WHERE id = %s",
            self.ppv.id,
            row.id,
        )
        self.assertFound("rows", self.posting, "nothing there")

    def test_reversal_is_the_opposite(self):
        self.posting.action_reverse()
        self.posting.action_retry()
        self.assertPassed()
        reversal = self.posting.reversal_move_id
        items = [self._get_item(reversal, x) for x in ("finished", "materials")]
        self._shift(7, *items)
        self.assertFound("lines", reversal)


@tagged("post_install", "-at_install")
class TestBrokenStock(BrokenBooks):
    def test_changed_amount_of_a_fact(self):
        self._execute(
            "UPDATE backflush_stock_fact SET amount = amount + 3 WHERE id = %s",
            self.fact.id,
        )
        self.assertFound("amounts", self.order, "110.00", "107.00")
        self.assertFound("orders", self.order)

    def test_changed_quantity_of_a_fact(self):
        self._execute(
            "UPDATE backflush_stock_fact SET quantity = -21 WHERE id = %s", self.fact.id
        )
        self.assertFound("moves", self.order, "-22.00 kg moved, -21.00 kg")
        self.assertFound("on_hand", self.m)

    def test_movement_without_fact(self):
        self._execute("DELETE FROM backflush_stock_fact WHERE id = %s", self.fact.id)
        self.assertFound("moves", self.order, "nothing is recorded")

    def test_movement_changed_past_odoo(self):
        self._execute(
            "UPDATE stock_move_line SET quantity_product_uom = 30 WHERE move_id = %s",
            self.fact.move_id.id,
        )
        self.assertFound("moves", self.order, "-30.00 kg moved, -22.00 kg")

    def test_stock_changed_past_odoo(self):
        self._execute(
            "UPDATE stock_quant SET quantity = quantity + 4"
            " WHERE product_id = %s AND location_id = %s",
            self.m.id,
            self.warehouse.lot_stock_id.id,
        )
        self.assertFound("on_hand", self.m, "82.00 kg", "78.00 kg", "20.00")
        self.assertFound("ledger", self.materials_account, "20.00")

    def test_price_changed_past_odoo(self):
        self._execute(
            "UPDATE product_product SET standard_price = %s WHERE id = %s",
            f'{{"{self.company.id}": 6.0}}',
            self.m.id,
        )
        self.assertFound("ledger", self.materials_account, "78.00")

    def test_entry_by_hand_is_named(self):
        entry = self.env["account.move"].create(
            {
                "line_ids": [
                    Command.create({"account_id": account.id, "balance": balance})
                    for account, balance in (
                        (self.materials_account, 9),
                        (self.ppv, -9),
                    )
                ]
            }
        )
        entry.action_post()
        check = self.assertFound("ledger", self.materials_account, "Difference $ 9.00")
        notes = check.note_line_ids.filtered(lambda line: line.res_id == entry.id)
        self.assertIn("Booked by hand", notes.sentence)

    def test_goods_on_hand_before_they_were_covered(self):
        oil = self._create_product("Oil", self.materials, standard_price=3.0)
        self.env["stock.quant"].with_context(inventory_mode=True).create(
            {
                "product_id": oil.id,
                "location_id": self.warehouse.lot_stock_id.id,
                "inventory_quantity": 50,
            }
        ).action_apply_inventory()
        self.assertPassed()
        self._produce(self.p, 10, used={oil: 2})
        # 50 on hand at 3.00 that nobody has booked
        self.assertFound("ledger", self.materials_account, "Difference $ -150.00")

    def test_goods_at_average_are_named_not_judged(self):
        average = self._create_category(
            "Average", property_valuation="real_time", property_cost_method="average"
        )
        paint = self._create_product("Paint", average)
        paint.categ_id.property_stock_valuation_account_id = self.materials_account
        self._buy(paint, 10, 3.0)
        self._produce(self.p, 10, used={paint: 2})
        self._check_named()

    def _check_named(self):
        check = self._check()
        self.assertEqual(check.state, "passed", self._describe(check))
        notes = check.note_line_ids.filtered(
            lambda line: line.res_id == self.materials_account.id
        )
        self.assertIn("average or FIFO", notes.remedy)
        return notes

    def test_residue_of_goods_at_average_is_named(self):
        """Used before it is billed at another price: what Odoo never corrects."""
        average = self._create_category(
            "Average", property_valuation="real_time", property_cost_method="average"
        )
        paint = self._create_product("Paint", average)
        paint.categ_id.property_stock_valuation_account_id = self.materials_account
        order = self._order(paint, 10, 3.0)
        self._receive(order)
        used = self._produce(self.p, 10, used={paint: 2})
        fact = used.backflush_posting_ids.fact_ids.filtered(
            lambda fact: fact.product_id == paint
        )
        self._bill(order, 4.0)
        self.assertEqual(fact.amount, -6.0)
        # 40.00 billed, less 6.00 used: Odoo values the 8 kg on hand at something else
        self.assertNotEqual(paint.total_value, 34.0)
        self.assertIn("34.00", self._check_named().sentence)


@tagged("post_install", "-at_install")
class TestBrokenDocuments(BrokenBooks):
    def test_bill_that_leaves_another_amount_on_the_account(self):
        goods = self.bill.invoice_line_ids
        self._shift(5, goods, self._get_item(self.bill, "liability_payable"))
        self.assertFound("bills", self.bill, "505.00", "500.00")

    def test_changed_difference_of_a_bill(self):
        items = self.bill.line_ids.filtered(lambda x: x.display_type == "cogs")
        self._shift(5, *items)
        self.assertFound("lines", self.bill)
        self.assertFound("bills", self.bill, "variances of this bill say")

    def test_invoice_at_another_cost(self):
        items = self.invoice.line_ids.filtered(lambda x: x.display_type == "cogs")
        self._shift(5, *items.sorted("balance"))
        self.assertFound("invoices", self.invoice, "195.00", "200.00")

    def test_posting_of_a_bill_that_is_not_posted(self):
        self._execute(
            "UPDATE account_move SET state = 'draft' WHERE id = %s", self.bill.id
        )
        posting = self.bill.backflush_posting_ids
        self.assertFound("once", posting, "is not posted")

    def test_order_that_is_booked_twice(self):
        self._execute(
            """
            INSERT INTO backflush_posting (name, event, trigger, state, date_event,
                date, res_model, res_id, sequence, company_id)
            SELECT name, event, trigger, state, date_event, date, res_model, res_id, 2,
                   company_id
              FROM backflush_posting WHERE id = %s
            """,
            self.posting.id,
        )
        self.assertFound("once", self.posting, self.order.name, "2 times")

    def test_movement_that_no_posting_carries(self):
        self._execute(
            "UPDATE backflush_stock_fact SET posting_id = NULL WHERE id = %s",
            self.fact.id,
        )
        self.assertFound("booked", self.order, "in no posting")

    def test_scrap_count_and_unbuild_at_another_amount(self):
        """Posting and entry say the same, and not what has moved."""
        self._scrap(self.p, 1)
        self._unbuild(self.p, 1, self.order)
        self._count(self.m, 70)
        self.assertPassed()
        for event, product in (
            ("scrap", self.p),
            ("unbuild", self.p),
            ("unbuild", self.m),
            ("count", self.m),
        ):
            posting = self._find_posting(event)
            with self.subTest(event, product=product.name):
                self._shift_posting(posting, product, 4)
                self.assertFound("booked", posting, product.display_name, "moved at")
                self._shift_posting(posting, product, -4)
                self.assertPassed()

    def test_posting_that_waits_too_long(self):
        self._make_pending(0)
        check = self.assertPassed()
        notes = check.note_line_ids.filtered(
            lambda line: line.res_id == self.posting.id
        )
        self.assertIn("Waits since", notes.sentence)
        self._make_pending(10)
        self.assertFound("booked", self.posting, "Waits since")

    def _make_pending(self, days):
        """As if the entry of its day were still to be made."""
        self._execute(
            "UPDATE backflush_variance SET account_move_id = NULL"
            " WHERE posting_id = %s",
            self.posting.id,
        )
        self._execute(
            "UPDATE backflush_posting SET account_move_id = NULL, state = 'pending',"
            " is_open = TRUE, date_event = date_event - %s WHERE id = %s",
            days,
            self.posting.id,
        )
        self._execute("DELETE FROM account_move WHERE id = %s", self.entry.id)

    def test_card_that_was_changed(self):
        card = self.posting.standard_id
        self._execute(
            "UPDATE backflush_standard_line SET amount = amount + 1 WHERE id = %s",
            card.line_ids[0].id,
        )
        self.assertFound("cards", card, "25.00", "26.00")

    def test_card_of_a_version_that_is_no_longer_active(self):
        card = self.posting.standard_id
        self._execute(
            "UPDATE backflush_version SET state = 'draft' WHERE id = %s",
            card.version_id.id,
        )
        self.assertFound("cards", card, "never activated")


@tagged("post_install", "-at_install")
class TestBrokenDelivery(Variant2, BrokenBooks):
    def test_delivery_at_another_amount(self):
        posting = self.delivery.backflush_posting_ids
        entry = posting.account_move_id
        items = [self._get_item(entry, x) for x in ("cost_of_sales", "materials")]
        self._shift(6, *items)
        self.assertFound("lines", entry)
        self.assertFound("ledger", self.materials_account, "in goods costed", "6.00")

    def test_delivery_and_return_booked_at_another_amount(self):
        """Posting and entry say the same, and not what was delivered."""
        self._return(self.delivery, 1)
        self.assertPassed()
        for event, amounts in ("delivery", ("200.00", "204.00")), ("return", ()):
            posting = self._find_posting(event)
            with self.subTest(event):
                self._shift_posting(posting, self.p, 4)
                self.assertFound("booked", posting, self.p.display_name, *amounts)
                self._shift_posting(posting, self.p, -4)
                self.assertPassed()

    def test_open_usage_that_says_something_else(self):
        self._execute(
            "UPDATE backflush_variance SET amount = 12 WHERE id = %s",
            self.posting.variance_ids.id,
        )
        self.assertFound("orders", self.order, "10.00", "12.00")
        self.assertFound("ledger", self.materials_account, "Difference $ -2.00")

    def test_delivery_that_no_posting_carries(self):
        posting = self.delivery.backflush_posting_ids
        self._execute(
            "UPDATE backflush_stock_fact SET posting_id = NULL WHERE posting_id = %s",
            posting.id,
        )
        self.assertFound("booked", self.delivery, "in no posting")
