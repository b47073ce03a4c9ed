"""What a close refuses, what it protects, and where facts go that come too late."""

from freezegun import freeze_time
from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .closing import Closing
from .common import BackflushCommon
from .time import RecordedTime
from .variants import Variant2


class ClosedShop(Closing, RecordedTime):
    """A shop that works in March and closes it."""

    def setUp(self):
        super().setUp()
        self._go_to("2026-03-10 10:00")
        self._activate_standards(m=5.0, s=6.0)
        self._buy(self.m, 100, 5.2)
        self.order = self._create_production(self.p, 10)
        self._record(self.order, 6, 21.0)
        self._finish(self.order, used={self.m: 22})
        self._spend(labour=140.0, variable_overhead=40.0, fixed_overhead=170.0)
        self.env.flush_all()

    def _go_to(self, moment):
        frozen = freeze_time(moment)
        frozen.start()
        self.addCleanup(frozen.stop)

    def _compute(self, day=None):
        close = self._create_close(day)
        close.action_compute()
        return close


@tagged("post_install", "-at_install")
class TestCloseRefused(ClosedShop, BackflushCommon):
    def assertRefused(self, close, sentence):
        before = self._get_balances()
        with self.assertRaisesRegex(UserError, sentence), self.env.cr.savepoint():
            close.action_post()
        self.assertEqual(self._get_balances(), before)
        self.env.invalidate_all()
        self.assertEqual(close.state, "computed")
        self.assertFalse(close.account_move_ids)
        rows = self.env["backflush.variance"].search([("state", "=", "final")])
        self.assertFalse(rows.filtered(lambda x: x.company_id == self.company))

    def test_draft(self):
        close = self._create_close()
        with self.assertRaisesRegex(UserError, "no figures yet"):
            close.action_post()

    def test_posted_twice(self):
        close = self._close()
        with self.assertRaisesRegex(UserError, "is closed already"):
            close.action_post()
        with self.assertRaisesRegex(UserError, "is closed already"):
            close.action_compute()

    def test_future(self):
        close = self._compute(fields.Date.to_date("2026-04-15"))
        self.assertRefused(close, "ends after this month")

    def test_failed_posting(self):
        self.finished.property_valuation = "periodic"
        self._produce(self.p, 10)
        self.finished.property_valuation = "real_time"
        self.assertRefused(self._compute(), "1 postings of 2026-03 are not booked")

    def test_earlier_one_is_open(self):
        self._create_close(fields.Date.to_date("2026-02-01"))
        self.assertRefused(self._compute(), "2026-02 comes first and is not posted")

    def test_gap(self):
        self._go_to("2026-04-10 10:00")
        close = self._compute()
        self.assertRefused(close, "of 2026-03-10 lies before 2026-04")

    def test_before_a_posted_one(self):
        self._close()
        close = self._compute(fields.Date.to_date("2026-02-01"))
        with self.assertRaisesRegex(UserError, "Periods until 2026-03-31 are closed"):
            close.action_post()

    def test_locked(self):
        close = self._compute()
        self.company.fiscalyear_lock_date = "2026-03-31"
        self.assertRefused(close, "locked until 2026-03-31")

    def test_missing_accounts(self):
        for owner, field, purpose in (
            (self.elements["labour"], "control_account_id", "control account"),
            (self.elements["labour"], "applied_account_id", "applied account"),
            (
                self.elements["fixed_overhead"],
                "quantity_variance_account_id",
                "variance account",
            ),
            (self.company, "backflush_cost_of_sales_account_id", "Cost of Sales"),
        ):
            known = owner[field]
            owner[field] = False
            close = self._compute()
            with self.subTest(purpose):
                self.assertRefused(close, f"No .*{purpose}.*: set it on")
            close.unlink()
            owner[field] = known
        self._close()

    def test_missing_capitalised_account(self):
        self.company.backflush_variance_policy = "prorate"
        self.company.backflush_capitalised_variance_account_id = False
        self.assertRefused(self._compute(), "No .*Capitalised Variances")

    def test_other_figures_are_shown_first(self):
        close = self._compute()
        self._spend(labour=10.0)
        action = close.action_post()
        self.assertEqual(action["tag"], "display_notification")
        self.assertEqual(close.state, "computed")
        self.assertFalse(close.account_move_ids)
        labour = close.line_ids.filtered(lambda x: x.element_id.type == "labour")
        self.assertEqual(labour.control, 150)
        self.assertIs(close.action_post(), True)

    def test_reader_cannot_post(self):
        close = self._compute()
        user = new_test_user(
            self.env,
            "close_reader",
            "backflush_costing.group_backflush_user",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        for name in ("action_post", "action_reverse"):
            with self.assertRaises(AccessError):
                getattr(close.with_user(user), name)()


@tagged("post_install", "-at_install")
class TestClosed(ClosedShop, BackflushCommon):
    def setUp(self):
        super().setUp()
        self.close = self._close()

    def test_final_rows_stay(self):
        rows = self.close.variance_ids
        self.assertEqual(set(rows.mapped("state")), {"final"})
        with self.assertRaises(UserError):
            rows.write({"amount": 1})
        with self.assertRaises(UserError):
            rows.unlink()
        with self.assertRaises(UserError):
            rows.sudo().with_context(backflush_engine=True).unlink()

    def test_posted_close_stays(self):
        for vals in ({"state": "draft"}, {"date_to": "2026-03-30"}):
            with self.assertRaisesRegex(UserError, "posted and reversed with"):
                self.close.write(vals)
        with self.assertRaisesRegex(UserError, "A posted close is kept"):
            self.close.unlink()
        other = self._create_close(fields.Date.to_date("2026-04-01"))
        with self.assertRaisesRegex(UserError, "posted and reversed with"):
            other.state = "posted"

    def test_reversed_close_is_duplicated(self):
        """The new one has found nothing yet."""
        self.close.action_reverse()
        again = self.close.copy()
        self.assertEqual((again.state, again.date_posted), ("draft", False))
        self.assertFalse(again.inventory or again.bridge_ids or again.line_ids)

    def test_nobody_says_what_a_close_has_found(self):
        """Undoing an adjustment reverses the entry that it names."""
        entry = self.order.backflush_posting_ids.account_move_id
        accountant = new_test_user(
            self.env,
            "forger",
            "account.group_account_user",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        closes = self.env["backflush.close"].with_user(accountant)
        dates = {"date_from": "2026-04-01", "date_to": "2026-04-30"}
        mine = closes.create(dates)
        for name, value in (
            ("adjustment_move_id", entry.id),
            ("bridge_inventory", 1.0),
            ("is_bridge_material", True),
            ("user_posted_id", accountant.id),
            ("version_ids", [Command.clear()]),
            ("date_posted", "2026-03-31 12:00:00"),
        ):
            with self.subTest(name=name):
                with self.assertRaisesRegex(UserError, "with its buttons"):
                    mine.write({name: value})
                dates = {"date_from": "2026-05-01", "date_to": "2026-05-31"}
                with self.assertRaisesRegex(UserError, "with its buttons"):
                    closes.create({**dates, name: value})
        with self.assertRaisesRegex(UserError, "is not adjusted"):
            mine.action_undo_adjustment()
        self.assertFalse(entry.reversal_move_ids)

    def test_entry_stays(self):
        entry = self.close.account_move_ids
        for name in ("button_draft", "button_cancel", "unlink", "_reverse_moves"):
            with self.subTest(name):
                with self.assertRaisesRegex(UserError, "made by the close of 2026-03"):
                    getattr(entry, name)()
        with self.assertRaisesRegex(UserError, "made by the close of 2026-03"):
            entry.line_ids[0].write({"name": "Other"})
        self.assertFalse(entry.show_reset_to_draft_button)
        other = self._spend(labour=1.0)
        with self.assertRaisesRegex(UserError, "made by posting it"):
            other.backflush_close_id = self.close

    def test_reversal_waits_for_later_ones(self):
        self._go_to("2026-04-10 10:00")
        later = self._close()
        with self.assertRaisesRegex(UserError, "2026-04 is closed"):
            self.close.action_reverse()
        later.action_reverse()
        self.close.action_reverse()
        with self.assertRaisesRegex(UserError, "nothing to reverse"):
            self.close.action_reverse()

    def test_locked_close_is_not_reversed(self):
        self.company.fiscalyear_lock_date = "2026-03-31"
        with self.assertRaisesRegex(UserError, "locked until 2026-03-31"):
            self.close.action_reverse()
        self.assertEqual(self.close.state, "posted")

    def test_late_posting_goes_to_the_next_period(self):
        order = self._produce(self.p, 10)
        posting = order.backflush_posting_ids
        self.assertEqual(str(posting.date_event), "2026-03-10")
        self.assertEqual(str(posting.date), "2026-04-01")
        self.assertEqual(str(posting.account_move_id.date), "2026-04-01")
        self.assertIn("closed period", posting.date_reason)
        self._close_april()

    def test_reversed_posting_leaves_the_closed_rows(self):
        rows = self.close.variance_ids
        known = {row.id: (row.amount, row.state) for row in rows}
        self.order.backflush_posting_ids.action_reverse()
        self.assertEqual({x.id: (x.amount, x.state) for x in rows}, known)
        self._close_april()

    def test_late_cost_goes_to_the_next_period(self):
        self._spend(labour=15.0, variable_overhead=2.0)
        close = self._close_april()
        rows = {
            row.kind: row.amount
            for row in close.variance_ids
            if row.element_id.type != "fixed_overhead"
        }
        self.assertEqual(rows, {"unallocated": 15.0, "overhead_spending": 2.0})

    def test_idle_month_in_between(self):
        self._go_to("2026-05-10 10:00")
        # as the schedule does, as if April were closed alone
        self.env["backflush.time"]._refresh(self.company, force=True)
        may = self._close()
        budget = may.variance_ids.filtered(lambda x: x.kind == "overhead_budget")
        self.assertEqual(budget.mapped("amount"), [-160.0])

    def _close_april(self):
        self._go_to("2026-04-10 10:00")
        return self._close()


@tagged("post_install", "-at_install")
class TestClosedDelivery(ClosedShop, Variant2, BackflushCommon):
    def test_corrections_after_the_close_are_open_usage(self):
        self._close()
        # 100 kg less the 2 used beyond the card; 10 P are on hand
        self.assertBalance("materials", 490)
        self._correct(self.order.move_raw_ids, 23)
        row = self.order.backflush_variance_ids.filtered(
            lambda row: row.kind == "material_usage" and row.state == "provisional"
        )
        self.assertEqual((row.amount, str(row.date)), (5.0, "2026-04-01"))
        self.assertLedgerIsStock()
        self._go_to("2026-04-10 10:00")
        close = self._close()
        self.assertEqual(
            self._get_step(close, "Open usage"),
            {"material_quantity_variance": 5.0, "materials": -5.0},
        )
        self.assertLedgerIsStock()
        self.assertClosed()

    def test_reversal_after_the_close(self):
        self._close()
        self.order.backflush_posting_ids.action_reverse()
        self._go_to("2026-04-10 10:00")
        close = self._close()
        self.assertEqual(
            self._get_step(close, "Open usage"),
            {"material_quantity_variance": -10.0, "materials": 10.0},
        )
