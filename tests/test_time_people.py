"""Time as people record it: with their own rights, with timers, and with mistakes."""

from freezegun import freeze_time
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import BackflushCommon
from .people import People
from .time import RecordedTime

EFFICIENCY = ("labour", "labour_efficiency")
SPENT = ("variable_overhead", "overhead_efficiency")


@tagged("post_install", "-at_install")
class TestTimeOfPeople(People, RecordedTime, BackflushCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)

    def setUp(self):
        super().setUp()
        self._buy(self.m, 200, 5.0)

    def _create_worker(self, cost):
        user = self._create_user(
            "worker", groups="base.group_user,hr_timesheet.group_hr_timesheet_user"
        )
        self._get_employee(cost).user_id = user
        return user

    def test_with_no_right_but_for_own_time(self):
        worker = self._create_worker(20.0)
        order = self._create_production(self.p, 10)
        self._record(order, 5, 20.0)
        self._finish(order)
        self.env.flush_all()
        sheets = self.env["account.analytic.line"]
        vals = {"name": "More", "production_id": order.id, "unit_amount": 0.5}
        [sheet] = self._call(worker, sheets, "create", [vals])
        sheet = sheets.browse(sheet)
        self.assertEqual(self._get_time_rows(order), {EFFICIENCY: 10.0, SPENT: 3.0})
        self._call(worker, sheet, "write", {"unit_amount": 0.25})
        self.assertEqual(self._get_time_rows(order), {EFFICIENCY: 5.0, SPENT: 1.5})
        self._call(worker, sheet, "unlink")
        self.assertEqual(self._get_time_rows(order), {})

    def test_work_order_named_with_no_right_but_for_own_time(self):
        worker = self._create_worker(20.0)
        order = self._create_production(self.p, 10)
        self._finish(order)
        self.env.flush_all()
        sheets = self.env["account.analytic.line"]
        workorder = order.workorder_ids.id
        vals = {"name": "Work", "workorder_id": workorder, "unit_amount": 5.5}
        [sheet] = self._call(worker, sheets, "create", [vals])
        self.assertEqual(sheets.browse(sheet).production_id, order)
        self.assertEqual(self._get_time_rows(order), {EFFICIENCY: 10.0, SPENT: 3.0})

    def test_shop_user_finishes_orders_that_share_a_project(self):
        shop = self._create_user("shop")
        project = self.project.copy({"name": "Customer Project"})
        first, second = (
            self._create_production(self.p, 10, project_id=project.id)
            for _order in range(2)
        )
        self._finish(first)
        self.env["account.analytic.line"].create(
            {
                "name": "Both",
                "project_id": project.id,
                "employee_id": self._get_employee(20.0).id,
                "unit_amount": 12,
            }
        )
        self.assertEqual(self._get_time_rows(first)[EFFICIENCY], 140.0)
        self.env.flush_all()
        self._call(shop, second, "button_mark_done", skip_backorder=True)
        for order in (first, second):
            self.assertEqual(self._get_time_rows(order)[EFFICIENCY], 20.0)

    def test_shop_user_records_time_of_a_finished_order(self):
        shop = self._create_user("shop")
        order = self._create_production(self.p, 10)
        self._finish(order)
        self.env.flush_all()
        self._call(shop, order.workorder_ids, "write", {"duration": 360})
        self.assertEqual(self._get_time_rows(order), {EFFICIENCY: 20.0, SPENT: 6.0})

    def test_taken_back_is_no_more_than_was_recorded(self):
        order = self._create_production(self.p, 10)
        sheet = self._record(order, 5, 20.0)
        self._record(order, -3, 20.0)
        for change in (
            lambda: sheet.write({"unit_amount": 2}),
            lambda: sheet.write({"production_id": False}),
            sheet.unlink,
        ):
            with (
                self.assertRaisesRegex(UserError, "negative"),
                self.env.cr.savepoint(),
            ):
                change()
            self.env.invalidate_all()
        order.backflush_timesheet_ids.unlink()
        self.assertFalse(order.backflush_timesheet_ids)

    def _start_timer(self, order):
        with freeze_time("2026-03-02 08:00"):
            order.workorder_ids.button_start()
            self.env.flush_all()

    def test_timer_that_runs_when_the_work_order_is_done(self):
        order = self._create_production(self.p, 10)
        self._start_timer(order)
        with freeze_time("2026-03-02 14:00"):
            order.workorder_ids.action_mark_as_done()
        self.assertFalse(order.workorder_ids.backflush_is_assumed)
        self._finish(order)
        self.assertFalse(order.workorder_ids.backflush_is_assumed)
        self.assertEqual(self._get_time_rows(order), {EFFICIENCY: 20.0, SPENT: 6.0})

    def test_timer_that_runs_when_the_order_is_done(self):
        order = self._create_production(self.p, 10)
        self._start_timer(order)
        with freeze_time("2026-03-02 14:00"):
            self._finish(order)
        self.assertFalse(order.workorder_ids.backflush_is_assumed)
        self.assertEqual(self._get_time_rows(order), {EFFICIENCY: 20.0, SPENT: 6.0})

    def test_time_meanwhile_makes_the_other_start_over(self):
        """Whoever records time on an order writes it, so that two cannot both have
        compared the time that was there before.
        """
        order = self._create_production(self.p, 10)
        self.env.flush_all()
        query = "SELECT ctid::text FROM mrp_production WHERE id = %s"
        self.env.cr.execute(query, [order.id])
        before = self.env.cr.fetchone()
        self._record(order, 5, 20.0)
        self.env.cr.execute(query, [order.id])
        self.assertNotEqual(self.env.cr.fetchone(), before)
