"""Closes that would go wrong: documents undone after them, accounts that change."""

from unittest.mock import patch

from odoo import Command
from odoo.exceptions import ConcurrencyError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import BackflushCommon
from .test_close_refused import ClosedShop
from .variants import Variant1, Variant2


class BrokenCloses(ClosedShop):
    def setUp(self):
        self.accounts = dict(self.accounts)
        self.account_names = dict(self.account_names)
        super().setUp()

    def _close_month(self, day):
        self._go_to(f"{day} 10:00")
        close = self._close()
        self.assertVariancesGone(close)
        self.assertEqual(set(close.line_ids.mapped("remainder")), {0.0})
        return close

    def assertVariancesGone(self, close):
        names = [x for x in self.accounts if x == "ppv" or x.endswith("_variance")]
        domain = [
            ("account_id", "in", [self.accounts[name].id for name in names]),
            ("parent_state", "=", "posted"),
            ("date", "<=", close.date_to),
        ]
        items = self.env["account.move.line"].search(domain)
        balances = {
            self.account_names[account]: round(sum(own.mapped("balance")), 2)
            for account, own in items.grouped("account_id").items()
        }
        self.assertEqual({name: x for name, x in balances.items() if x}, {})

    def assertTiming(self, close, units):
        """Σ of what went to cost of sales as timing = what `units` of P hold."""
        rows = self.env["backflush.variance"].search(
            [
                ("kind", "=", "timing"),
                ("state", "=", "final"),
                ("company_id", "=", self.company.id),
            ]
        )
        total = sum(rows.mapped("amount")) - sum(close.progress_ids.mapped("amount"))
        held = 15 * units if self.trigger == "delivery" else 0
        self.assertAlmostEqual(total, held, 2)

    def assertNothingOn(self, account):
        items = self.env["account.move.line"].search(
            [("account_id", "=", account.id), ("parent_state", "=", "posted")]
        )
        self.assertAlmostEqual(sum(items.mapped("balance")), 0, 2)

    def _book(self, account, amount):
        other = self.cost_of_sales_account
        entry = self.env["account.move"].create(
            {
                "date": "2026-03-10",
                "line_ids": [
                    Command.create({"account_id": account.id, "balance": amount}),
                    Command.create({"account_id": other.id, "balance": -amount}),
                ],
            }
        )
        entry.action_post()

    def test_bill_of_a_closed_period_is_undone(self):
        order = self._order(self.m, 30, 5.5)
        self._receive(order)
        bill = self._bill(order)
        march = self._close_month("2026-03-20")
        rows = march.variance_ids.filtered("bill_line_id")
        known = {row.id: row.amount for row in rows}
        bill.button_draft()
        self.assertEqual({row.id: row.amount for row in rows}, known)
        bill.invoice_line_ids.price_unit = 6
        bill.action_post()
        april = self._close_month("2026-04-10")
        found = april.variance_ids.filtered(lambda x: x.kind == "material_price")
        self.assertEqual(sorted(found.mapped("amount")), [-15.0, 30.0])
        bill.button_draft()
        bill.button_cancel()
        self._close_month("2026-05-10")
        self.assertLedgerIsStock()

    def test_postings_reversed_and_booked_again_after_the_close(self):
        self._close_month("2026-03-20")
        posting = self.order.backflush_posting_ids
        posting.action_reverse()
        posting.action_retry()
        self.assertEqual(str(posting.date_reversed), "2026-04-01")
        again = self.order.backflush_posting_ids - posting
        self.assertEqual(posting.successor_id, again)
        april = self._close_month("2026-04-10")
        self.assertTiming(april, 10)
        # the output of March is made in March, once
        volume = april.variance_ids.filtered(lambda x: x.kind == "overhead_volume")
        self.assertEqual(sum(volume.mapped("quantity_actual")), 0)
        again.action_reverse()
        self.assertTiming(self._close_month("2026-05-10"), 0)
        again.action_retry()
        self.assertTiming(self._close_month("2026-06-10"), 10)
        self.assertLedgerIsStock()

    def test_order_corrected_and_booked_again_after_the_close(self):
        self._close_month("2026-03-20")
        self._correct(self.order.move_finished_ids, 9)
        postings = self.order.backflush_posting_ids
        for posting in postings.sorted("id", reverse=True):
            posting.action_reverse()
        self.assertTiming(self._close_month("2026-04-10"), 0)
        # with what was corrected meanwhile
        self._correct(self.order.move_finished_ids, 8)
        self.assertTiming(self._close_month("2026-05-10"), 8)
        self.assertLedgerIsStock()

    def test_applied_account_is_changed_within_the_period(self):
        labour = self.elements["labour"]
        old, new = labour.applied_account_id, self._create_account("New applied")
        labour.applied_account_id = new
        self._produce(self.p, 4)
        self._close_month("2026-03-20")
        self.assertNothingOn(old)
        self.assertNothingOn(new)

    def test_element_is_archived_within_the_period(self):
        self.elements["variable_overhead"].active = False
        close = self._close_month("2026-03-20")
        line = close.line_ids.filtered(
            lambda x: x.element_id == self.elements["variable_overhead"]
        )
        self.assertEqual(line.control, 40)
        self.assertNothingOn(line.element_id.control_account_id)
        self.assertNothingOn(line.element_id.applied_account_id)

    def test_element_is_replaced_within_the_period(self):
        old = self.elements["variable_overhead"]
        old.active = False
        old.flush_recordset()
        new = old.copy({"code": "VOH2", "active": True})
        close = self._close_month("2026-03-20")
        lines = close.line_ids.filtered(lambda x: x.element_id in old | new)
        self.assertEqual(sum(lines.mapped("control")), 40)
        self.assertNothingOn(old.control_account_id)

    def test_applied_account_is_shared(self):
        labour, overhead = (self.elements[x] for x in ("labour", "variable_overhead"))
        with self.assertRaisesRegex(ValidationError, "used by another cost element"):
            overhead.applied_account_id = labour.applied_account_id

    def test_cost_is_booked_on_the_applied_account(self):
        account = self.accounts["labour_applied"]
        for amount, day in ((7.0, "2026-03-20"), (9.0, "2026-04-10")):
            # the second is late
            self._book(account, amount)
            self._close_month(day)
            self.assertNothingOn(account)

    def test_dates_are_changed_after_computing(self):
        close = self._compute()
        close.date_to = "2026-03-20"
        self.assertEqual(close.state, "draft")
        self.assertFalse(close.line_ids)
        close.invalidate_recordset()
        self.assertFalse(close.variance_ids)
        close.action_compute()
        self.assertEqual(
            {str(day) for day in close.variance_ids.mapped("date")}, {"2026-03-20"}
        )

    def test_posting_that_came_in_while_the_close_waited(self):
        # two sessions; here one of them is played
        close = self._compute()
        counts = iter((1, 2))
        with (
            patch.object(type(close), "_count_postings", lambda *_args: next(counts)),
            self.assertRaises(ConcurrencyError),
            self.env.cr.savepoint(),
        ):
            close.action_post()
        self.env.invalidate_all()
        self.assertEqual(close.state, "computed")
        self.assertIs(close.action_post(), True)


@tagged("post_install", "-at_install")
class TestBrokenCloses1(BrokenCloses, Variant1, BackflushCommon):
    def test_accountant_without_other_rights(self):
        user = new_test_user(
            self.env,
            "closing_accountant",
            "backflush_costing.group_backflush_accountant",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        close = self._create_close().with_user(user)
        for name in ("action_compute", "action_post", "action_reverse"):
            self.env.invalidate_all()
            self.assertIs(getattr(close, name)(), True)
            self.env.invalidate_all()
            shown = close.web_read({"line_ids": {}, "account_move_count": {}})[0]
        self.assertEqual((close.state, shown["account_move_count"]), ("reversed", 2))


@tagged("post_install", "-at_install")
class TestBrokenCloses2(BrokenCloses, Variant2, BackflushCommon):
    pass
