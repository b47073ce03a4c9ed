"""Switching a trigger by date: what moves with it, and that nothing is lost."""

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .switching import Switching


@tagged("post_install", "-at_install")
class TestSwitchAndBack(Switching):
    """Completion, delivery, completion, with perpetual materials."""

    def test_goods_on_hand_move_to_their_materials_and_back(self):
        self._buy(self.m, 100, 5.0)
        self._produce(self.p, 10)
        switch = self._switch("delivery")
        there = {
            "materials": 100.0,
            "labour_applied": 100.0,
            "variable_overhead_applied": 30.0,
            "fixed_overhead_applied": 20.0,
            "finished": -250.0,
        }
        self.assertEntryOf(switch, there)
        self.assertEqual(switch.posting_id.event, "revaluation")
        self.assertEqual(self.finished.property_valuation, "periodic")
        with self._at(self.first):
            back = self._switch("completion")
        self.assertEntryOf(back, {name: -x for name, x in there.items()})
        self.assertEqual(self.finished.property_valuation, "real_time")
        with self._at(self.first):
            self.assertPassed()

    def test_months_around_it_end_at_the_same_expense(self):
        expense = self._try(self._play)
        found = self._play(lambda: self._switch("delivery"))
        self.assertEqual(found, expense)
        self.assertBalance("finished", 0)

    def test_month_before_it_is_closed_later(self):
        """That month is explained by the trigger that was in force in it."""
        self._make()
        expected = self._try(self._get_period, self.today)
        self._switch("delivery")
        self.assertEqual(self._get_period(self.today), expected)

    def _get_period(self, day):
        close = self._close_month(day)
        return sorted(
            (x.element_id.type, x.control, x.applied, x.timing) for x in close.line_ids
        )

    def test_delivered_before_and_invoiced_later(self):
        """What no invoice will cost any more is expensed with the switch."""
        self._buy(self.m, 100, 5.0)
        self._produce(self.p, 10)
        sale = self._sell(self.p, 4, 40.0)
        self._deliver(sale)
        self._switch("delivery")
        self.assertBalance("cost_of_sales", 100.0)
        self.assertBalance("finished", 0.0)
        with self._at(self._get_day()):
            self._invoice(sale)
            self.assertBooksAgree()
        self.assertBalance("cost_of_sales", 100.0)

    def test_delivered_and_invoiced_in_part_before(self):
        """What its delivery has costed is costed by no invoice after the switch."""
        self._switch("delivery")
        with self._at(self.first):
            self._buy(self.m, 100, 5.0)
            self._produce(self.p, 10)
            sale = self._sell(self.p, 4, 40.0)
            self._deliver(sale, 3)
            self._invoice(sale)
            self._deliver(sale)
        day = fields.Date.add(fields.Date.end_of(self.first, "month"), days=1)
        self._switch("completion", day=day)
        with self._at(day):
            self._invoice(sale)
            self.assertBooksAgree()
            sentences = self.assertPassed().line_ids.mapped("sentence")
        self.assertFalse([x for x in sentences if "invoiced" in x])
        self.assertBalance("cost_of_sales", 100.0)

    def test_delivered_before_and_invoiced_between(self):
        """Expensed with the first switch, passed by no invoice, and back again."""
        sale = self._deliver_and_switch()
        with self._at(self.first):
            self._invoice(sale)
        self._switch_back()
        self.assertBalance("cost_of_sales", 100.0)

    def test_delivered_before_and_invoiced_after_both(self):
        """Expensed with the first switch: the second one takes that back."""
        sale = self._deliver_and_switch()
        day = self._switch_back()
        self.assertBalance("finished", 250.0)
        with self._at(day):
            self._invoice(sale)
            self.assertBooksAgree()
            self.assertPassed()
        self.assertBalance("finished", 150.0)

    def test_invoiced_first_under_delivery(self):
        """Goods that leave after the switch are costed, although no invoice does."""
        self.p.invoice_policy = "order"
        self._switch("delivery")
        with self._at(self.first):
            self._buy(self.m, 100, 5.0)
            self._produce(self.p, 10)
            sale = self._sell(self.p, 4, 40.0)
            self._deliver(sale, 1)
            self._invoice(sale)
        with self._at(self._switch_back()):
            self._deliver(sale)
            self.assertBooksAgree()
            self.assertPassed()
        self.assertBalance("finished", 150.0)

    def _deliver_and_switch(self):
        self._buy(self.m, 100, 5.0)
        self._produce(self.p, 10)
        sale = self._sell(self.p, 4, 40.0)
        self._deliver(sale)
        self._switch("delivery")
        return sale

    def _switch_back(self):
        """Closing counts goods by where they are; what is open stands beside them."""
        day = fields.Date.add(fields.Date.end_of(self.first, "month"), days=1)
        self._switch("completion", day=day, in_process=True)
        with self._at(day):
            self.assertLedgerIsStock()
            self.assertPassed()
        return day

    def test_price_set_by_hand_has_no_place_under_delivery(self):
        self._buy(self.m, 100, 5.0)
        self._produce(self.p, 10)
        self.p.standard_price = 26.0
        switch = self._switch("delivery")
        self.assertEqual(
            self._summarise(switch.account_move_id.line_ids)["revaluation"], 10.0
        )
        self.assertRows(switch.posting_id.variance_ids, [("revaluation", 10.0)])

    def test_usage_that_the_close_has_not_booked_stays(self):
        self._switch("delivery")
        with self._at(self.first):
            self._buy(self.m, 100, 5.0)
            self._produce(self.p, 10, used={self.m: 22})
        day = fields.Date.add(fields.Date.end_of(self.first, "month"), days=1)
        self._switch("completion", day=day)
        self._close_month(self.first)
        with self._at(day):
            self.assertBooksAgree()


@tagged("post_install", "-at_install")
class TestSwitchOn(Switching):
    """From Odoo's own perpetual valuation, and back to it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.finished.property_backflush_trigger = False
        cls.trigger = False
        place = cls.p.with_company(cls.company).property_stock_production
        cls.production = cls._create_account("Cost of Production", "asset_current")
        place.valuation_account_id = cls.production
        cls.account_names[cls.production] = "production"
        cls.accounts["production"] = cls.production

    def _make(self):
        res = super()._make()
        self.assertFalse(self.open_order.backflush_posting_ids)
        return res

    def test_goods_on_hand_stay_where_they_are(self):
        self._make()
        switch = self._switch("completion")
        self.assertFalse(switch.posting_id)
        self.assertTrue(self.p.property_backflush_covered)
        self.assertEqual(switch.production_ids, self.open_order)
        off = self._switch(False)
        self.assertFalse(off.posting_id)
        self.assertEqual(self.finished.property_valuation, "real_time")

    def test_on_and_the_months_around_it(self):
        self._play(lambda: self._switch("completion"))
        self.assertBalance("finished", 0)
        self.assertBalance("labour_applied", 0)

    def test_to_delivery_and_the_months_around_it(self):
        self._play(lambda: self._switch("delivery"))
        self.assertBalance("finished", 0)
        self.assertBalance("labour_applied", 0)

    def test_materials_that_an_open_order_has_used(self):
        """Taken back from where Odoo booked them; the completion books them."""
        self._buy(self.m, 100, 5.0)
        order = self._create_production(self.p, 10)
        move = order.move_raw_ids
        move.quantity, move.picked = 20, True
        move._action_done()
        self.assertBalance("production", 100.0)
        switch = self._switch("completion", in_process=True)
        self.assertEntryOf(switch, {"materials": 100.0, "production": -100.0})
        self._try(self._switch_off)
        with self._at(self._get_day()):
            order.qty_producing = 10
            self._finish_as_is(order)
            self.assertBooksAgree()
        self.assertEqual(order.backflush_posting_ids.state, "posted")
        self.assertBalance("materials", 400.0)
        self.assertBalance("finished", 250.0)

    def _switch_off(self):
        """What no completion will book any more goes where Odoo books it."""
        off = self._switch(False)
        self.assertEntryOf(off, {"materials": -100.0, "production": 100.0})
        self.assertEqual(off.posting_id.fact_ids.quantity, -20.0)


@tagged("post_install", "-at_install")
class TestSwitchPeriodic(Switching):
    """From Odoo's own periodic valuation: what only its closing has valued."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.finished.write(
            {"property_backflush_trigger": False, "property_valuation": "periodic"}
        )
        cls.trigger = False
        cls.variation = cls.finished_account.account_stock_variation_id
        cls.account_names[cls.variation] = "variation"

    def test_on_books_what_the_closing_would(self):
        self._count(self.p, 10)
        switch = self._switch("completion")
        self.assertEntryOf(switch, {"finished": 250.0, "variation": -250.0})
        self.assertEqual(self.finished.property_valuation, "real_time")

    def test_on_less_what_the_last_closing_has_booked(self):
        self._count(self.p, 8)
        self.env["account.move"].create(
            {
                "line_ids": [
                    (0, 0, {"account_id": self.finished_account.id, "debit": 150.0}),
                    (0, 0, {"account_id": self.variation.id, "credit": 150.0}),
                ]
            }
        ).action_post()
        switch = self._switch("completion")
        self.assertEntryOf(switch, {"finished": 50.0, "variation": -50.0})

    def test_to_delivery(self):
        self._count(self.p, 10)
        switch = self._switch("delivery")
        self.assertEntryOf(
            switch,
            {
                "materials": 100.0,
                "labour_applied": 100.0,
                "variable_overhead_applied": 30.0,
                "fixed_overhead_applied": 20.0,
                "variation": -250.0,
            },
        )

    def test_on_with_deliveries_that_wait_for_their_invoice(self):
        """Odoo's invoice will take them off the account: they are put there."""
        self._count(self.p, 10)
        sale = self._sell(self.p, 4, 40.0)
        self._deliver(sale)
        switch = self._switch_on()
        self.assertEntryOf(switch, {"finished": 250.0, "variation": -250.0})
        with self._at(self._get_day()):
            invoice = self._invoice(sale)
            self.assertBooksAgree()
        self.assertBalance("finished", 150.0)
        self.assertEqual(self._summarise(invoice.line_ids)["cost_of_sales"], 100.0)

    def test_on_with_receipts_that_wait_for_their_bill(self):
        """The bill will put them on the account: they are not put there twice."""
        self._count(self.p, 10)
        purchase = self._order(self.p, 2, 25.0)
        self._receive(purchase)
        switch = self._switch_on()
        self.assertEntryOf(switch, {"finished": 250.0, "variation": -250.0})
        with self._at(self._get_day()):
            self._bill(purchase)
            self.assertBooksAgree()
        self.assertBalance("finished", 300.0)

    def test_on_with_documents_in_part(self):
        """What is invoiced or billed already has been expensed, as Odoo does."""
        self._count(self.p, 10)
        sale = self._sell(self.p, 4, 40.0)
        self._deliver(sale, 3)
        self._invoice(sale)
        self._deliver(sale)
        self._switch("completion", in_process=True)
        self.assertBalance("finished", 175.0)
        with self._at(self._get_day()):
            self._invoice(sale)
            self.assertClosed()
            self.assertPassed()
        self.assertBalance("finished", 150.0)

    def test_on_with_goods_that_were_not_followed(self):
        """No costing version was in force when they moved: there are no facts."""
        self.p.property_backflush_covered = False
        self.p.invalidate_recordset()
        self._count(self.p, 10)
        sale, purchase = self._sell(self.p, 4, 40.0), self._order(self.p, 2, 25.0)
        self._deliver(sale, 3)
        self._invoice(sale)
        self._deliver(sale)
        self._receive(purchase)
        self.assertFalse(self.p.stock_move_ids.backflush_fact_ids)
        self._switch("completion", in_process=True)
        self.assertBalance("finished", 175.0)
        with self._at(self._get_day()):
            self._invoice(sale)
            self._bill(purchase)
            self.assertClosed()
            self.assertPassed()
        self.assertBalance("finished", 200.0)

    def test_on_with_goods_that_are_invoiced_first(self):
        """No movement will cost them: the switch does, as their invoice would have."""
        self.p.invoice_policy = "order"
        self._count(self.p, 10)
        sale = self._sell(self.p, 4, 40.0)
        self._deliver(sale, 1)
        self._invoice(sale)
        switch = self._switch_on()
        self.assertEntryOf(switch, {"finished": 150.0, "variation": -150.0})
        with self._at(self._get_day()):
            self.assertPassed()
            self._deliver(sale)
            self.assertBooksAgree()
            self.assertPassed()

    def test_on_with_goods_that_are_billed_first(self):
        """The bill has passed nothing, which is no break: the switch has."""
        self._count(self.p, 10)
        self.p.purchase_method = "purchase"
        purchase = self._order(self.p, 5, 25.0)
        self._bill(purchase)
        switch = self._switch_on()
        self.assertEntryOf(switch, {"finished": 375.0, "variation": -375.0})
        with self._at(self._get_day()):
            self.assertPassed()
            self._receive(purchase)
            self.assertBooksAgree()
            self.assertPassed()

    def test_invoice_of_before_is_credited_and_made_anew(self):
        """Neither the credit note nor the new invoice costs what has been expensed."""
        self._count(self.p, 10)
        sale = self._sell(self.p, 4, 40.0)
        self._deliver(sale)
        invoice = self._invoice(sale)
        self._switch_on()
        with self._at(self._get_day()):
            self._reverse(invoice)
            self._invoice(sale)
            self.assertBooksAgree()
            self.assertPassed()
        self.assertBalance("finished", 150.0)

    def test_invoice_of_before_is_not_posted_again(self):
        self._count(self.p, 10)
        sale = self._sell(self.p, 4, 40.0)
        self._deliver(sale)
        invoice = self._invoice(sale)
        self._switch_on()
        with self._at(self._get_day()):
            with self.assertRaisesRegex(UserError, "credit note and a new invoice"):
                invoice.button_draft()
            new = self._reverse(invoice, modify=True)
            self.assertNotIn("cost_of_sales", self._summarise(new.line_ids))
            self.assertBooksAgree()
            self.assertPassed()
        self.assertBalance("finished", 150.0)

    def test_returns_that_wait_for_their_credit_notes(self):
        self._count(self.p, 10)
        sale = self._sell(self.p, 4, 40.0)
        delivery = self._deliver(sale)
        self._invoice(sale)
        self._return(delivery, 2)
        purchase = self._order(self.p, 5, 25.0)
        receipt = self._receive(purchase)
        self._bill(purchase)
        self._return(receipt, 2)
        self._switch_on()
        with self._at(self._get_day()):
            sale._create_invoices(final=True).action_post()
            self._bill(purchase)
            self.assertBooksAgree()
            self.assertPassed()
        self.assertBalance("finished", 275.0)

    def _switch_on(self):
        """Odoo's closing counts goods by where they are, so it is left out here."""
        switch = self._switch("completion", in_process=True)
        self.assertLedgerIsStock()
        return switch
