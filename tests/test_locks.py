"""Rule 6 with every kind of lock date: booked on the first open day, never refused."""

from datetime import date

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tests.common import freeze_time

from .common import BackflushCommon
from .people import People
from .variants import Variant2

#: The business day of these tests, and the last locked day.
TODAY = "2024-06-20 10:00:00"
LOCKED = date(2024, 6, 25)
OPEN = date(2024, 6, 26)
DAY = date(2024, 6, 20)


class LockCase(People, BackflushCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)

    def _lock(self, name, day=LOCKED):
        # Odoo refuses transfers in a locked period whenever it computes them anew
        self.env.flush_all()
        self.company.sudo()[name] = day

    def _check_date(self, posting, expected, event=DAY):
        self.assertEqual(posting.state, "posted", posting.error)
        self.assertEqual((posting.date_event, posting.date), (event, expected))
        self.assertEqual(bool(posting.date_reason), event != expected)
        if posting.account_move_id:
            self.assertEqual(posting.account_move_id.date, expected)
        for row in posting.variance_ids:
            self.assertEqual(row.date, expected)


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestLocks(LockCase):
    def _check_completion_correction_and_date(self, expected):
        order = self._produce(self.p, 10)
        first = order.backflush_posting_ids
        self._check_date(first, expected)
        self._correct(order.move_raw_ids, 23)
        correction = order.backflush_posting_ids - first
        self._check_date(correction, expected)
        order.date_finished = "2024-06-18 10:00:00"
        again = order.backflush_posting_ids.sorted("id")[-1]
        self.assertEqual((first.state, correction.state), ("reversed", "reversed"))
        self._check_date(
            again,
            expected if expected > DAY else date(2024, 6, 18),
            date(2024, 6, 18),
        )
        self.assertBalance("finished", 250)
        self.assertBalance("material_quantity_variance", 15)

    def test_global_lock(self):
        self._lock("fiscalyear_lock_date")
        self._check_completion_correction_and_date(OPEN)

    def test_hard_lock(self):
        self._lock("hard_lock_date")
        self._check_completion_correction_and_date(OPEN)

    def test_the_latest_of_several_locks(self):
        self._lock("hard_lock_date", date(2024, 6, 20))
        self._lock("fiscalyear_lock_date")
        self._check_completion_correction_and_date(OPEN)

    def test_locks_of_other_journals_do_not_matter(self):
        """Our journal is neither for sales nor purchases, and no item has a tax."""
        for name in ("sale_lock_date", "purchase_lock_date", "tax_lock_date"):
            self._lock(name)
        tax = self.env["account.tax"].search(
            [("company_id", "=", self.company.id)], limit=1
        )
        # a default tax of the account is none of a posting's business
        self.finished_account.tax_ids = tax
        self.accounts["labour_applied"].tax_ids = tax
        self._check_completion_correction_and_date(DAY)

    def test_reversal_in_a_locked_period(self):
        order = self._produce(self.p, 10, used={self.m: 22})
        posting = order.backflush_posting_ids
        self._check_date(posting, DAY)
        self._lock("fiscalyear_lock_date")
        posting.action_reverse()
        self.assertEqual(posting.reversal_move_id.date, OPEN)
        undone = posting.variance_ids.filtered(lambda row: row.amount < 0)
        self.assertEqual(undone.date, OPEN)
        posting.action_retry()
        again = order.backflush_posting_ids - posting
        self._check_date(again, OPEN)
        self.assertBalance("finished", 250)

    def test_period_locked_between_completion_and_correction(self):
        order = self._produce(self.p, 10)
        self._lock("hard_lock_date")
        self._correct(order.move_raw_ids, 21)
        first, correction = order.backflush_posting_ids.sorted("id")
        self._check_date(first, DAY)
        self._check_date(correction, OPEN)

    def test_failed_posting_retried_after_the_lock(self):
        account = self.elements["labour"].applied_account_id
        self.elements["labour"].applied_account_id = False
        posting = self._produce(self.p, 10).backflush_posting_ids
        self.assertEqual(posting.state, "failed")
        self._lock("fiscalyear_lock_date")
        self.elements["labour"].applied_account_id = account
        posting.action_retry()
        self._check_date(posting, OPEN)

    def test_exception_for_one_user(self):
        """Who is allowed into the locked period books there; the others after it."""
        self._lock("fiscalyear_lock_date")
        allowed = self._create_user("shop")
        other = self._create_user("shop2", groups="mrp.group_mrp_user")
        self.env["account.lock_exception"].create(
            {
                "company_id": self.company.id,
                "user_id": allowed.id,
                "fiscalyear_lock_date": date(2024, 5, 31),
            }
        )
        for user, expected in ((allowed, DAY), (other, OPEN)):
            order = self._create_production(self.p, 10)
            order.with_user(user).button_mark_done()
            self._check_date(order.sudo().backflush_posting_ids, expected)

    def test_exception_for_everyone(self):
        self._lock("fiscalyear_lock_date")
        self.env["account.lock_exception"].create(
            {
                "company_id": self.company.id,
                "user_id": False,
                "fiscalyear_lock_date": date(2024, 6, 21),
            }
        )
        order = self._produce(self.p, 10)
        self._check_date(order.backflush_posting_ids, date(2024, 6, 22))

    def test_scrap_count_and_unbuild(self):
        order = self._produce(self.p, 10)
        self._lock("fiscalyear_lock_date")
        scrap = self._scrap(self.p, 1)
        self._check_date(scrap.move_ids.backflush_posting_ids, OPEN)
        count = self._count(self.p, 8)
        self._check_date(count.backflush_posting_ids, OPEN)
        unbuild = self._unbuild(self.p, 2, order)
        self._check_date(unbuild.backflush_posting_ids, OPEN)
        self.assertBalance("finished", 150)

    def test_price_changed_by_hand(self):
        self._buy(self.m, 100, 5.0)
        self._lock("fiscalyear_lock_date")
        self.m.standard_price = 5.5
        posting = self.env["backflush.posting"].search(
            [("company_id", "=", self.company.id), ("event", "=", "revaluation")]
        )
        self._check_date(posting, OPEN)

    def test_new_standards(self):
        """In force from an open day on; what is locked has been reported already."""
        self._buy(self.m, 100, 5.0)
        self._lock("hard_lock_date", DAY)
        with self.assertRaisesRegex(UserError, "locked up to 2024-06-20"):
            self._activate_v2()

    def test_new_standards_after_the_lock(self):
        self._buy(self.m, 100, 5.0)
        self._lock("hard_lock_date", date(2024, 6, 19))
        version = self._create_version("v2", DAY, m=5.5, s=6.0)
        version.action_roll_up()
        version.action_activate()
        posting = self.env["backflush.posting"].search(
            [("company_id", "=", self.company.id), ("event", "=", "revaluation")]
        )
        self._check_date(posting, DAY)

    def test_bill_keeps_the_date_that_odoo_gives_it(self):
        """The bill is the user's document: purchase and tax locks move it."""
        for name in ("purchase_lock_date", "tax_lock_date"):
            with self.subTest(name):
                self._lock("purchase_lock_date", False)
                order = self._order(self.m, 10, 5.2)
                self._receive(order)
                self._lock(name)
                bill = self._bill(order)
                posting = bill.backflush_posting_ids
                self.assertEqual(posting.date, bill.date)
                self.assertEqual(posting.variance_ids.date, bill.date)
                self.assertEqual(posting.date_event, bill.invoice_date)
                if name == "purchase_lock_date":
                    self.assertGreater(bill.date, LOCKED)
                self.assertRows(posting.variance_ids, [("material_price", 2.0)])

    def test_bill_in_a_locked_period_cannot_be_reset(self):
        bill = self._buy(self.m, 10, 5.2)
        self._lock("purchase_lock_date")
        with self.assertRaisesRegex(UserError, "Purchase Lock date"):
            bill.button_draft()
        self.assertEqual(bill.backflush_posting_ids.state, "posted")
        self.assertEqual(len(bill.backflush_posting_ids.variance_ids), 1)


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestDeliveryLocks(Variant2, LockCase):
    def test_delivery_correction_return_and_reversal(self):
        """Where the user lets goods move in a locked period: plain Odoo refuses."""
        self._produce(self.p, 10)
        order = self._sell(self.p, 4, 40.0)
        self._lock("sale_lock_date", date(2024, 6, 28))
        self._lock("fiscalyear_lock_date")
        with self.assertRaisesRegex(UserError, "locked fiscal period"):
            with self.env.cr.savepoint():
                self._deliver(order)
                self.env.flush_all()
        self.env["ir.config_parameter"].set_param(
            "stock_account.skip_lock_date_check", "1"
        )
        picking = self._deliver(order)
        posting = picking.backflush_posting_ids
        self._check_date(posting, OPEN)
        self._correct(picking.move_ids, 3)
        correction = picking.backflush_posting_ids - posting
        self._check_date(correction, OPEN)
        correction.action_reverse()
        self.assertEqual(correction.reversal_move_id.date, OPEN)
        self._lock("fiscalyear_lock_date", date(2024, 6, 27))
        posting.action_reverse()
        self.assertEqual(posting.reversal_move_id.date, date(2024, 6, 28))
        posting.action_retry()
        again = picking.backflush_posting_ids.sorted("id")[-1]
        self._check_date(again, date(2024, 6, 28))
        self.assertBalance("cost_of_sales", 75)
