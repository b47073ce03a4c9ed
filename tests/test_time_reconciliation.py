"""Time against standards: what counts, what does not, and why."""

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import BackflushCommon
from .people import People
from .proof import Reconciling
from .time import RecordedTime


@tagged("post_install", "-at_install")
class TestTimeReconciliation(Reconciling, RecordedTime, People, BackflushCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)

    def setUp(self):
        super().setUp()
        self._buy(self.m, 200, 5.0)

    def _get_lines(self, order=None, element="labour", user=None):
        lines = self._reconcile("action_time", user)
        if order is not None:
            lines = lines.filtered(
                lambda x: (
                    x.production_id.id == order.id
                    and x.sudo().element_id.type == element
                )
            )
        return lines

    def _get_loose(self, state):
        return self._get_lines().filtered(lambda line: line.state == state)

    def test_recorded(self):
        order = self._create_production(self.p, 6)
        self._record(order, 4, 25.0)
        self._finish(order)
        for element, rate in (("labour", 20), ("variable_overhead", 6)):
            line = self._get_lines(order, element)
            self.assertEqual(line.state, "recorded")
            hours = (line.hours_allowed, line.hours_people, line.hours_absorbed)
            self.assertEqual(hours, (3.4, 4, 3))
            self.assertEqual((line.hours_workcenter, line.hours_assumed), (0, 0))
            self.assertEqual(line.rate, rate)
            self.assertAlmostEqual(line.amount_efficiency, 0.6 * rate)
            self.assertAlmostEqual(line.efficiency, 0.85)
        self.assertFalse(self._get_lines(order, "fixed_overhead"))

    def test_efficiency_is_that_of_the_variances(self):
        order = self._create_production(self.p, 10)
        self._record(order, 5.5, 21.0)
        order.workorder_ids.duration = 320
        self._finish(order)
        rows = self._get_time_rows(order)
        for element, kind in (
            ("labour", "labour_efficiency"),
            ("variable_overhead", "overhead_efficiency"),
        ):
            line = self._get_lines(order, element)
            self.assertAlmostEqual(line.amount_efficiency, rows[element, kind])
        self.assertAlmostEqual(line.hours_workcenter, 5 + 1 / 3, 2)
        self.assertEqual(line.hours_people, 0)

    def test_order_without_time(self):
        order = self._produce(self.p, 10)
        line = self._get_lines(order)
        self.assertEqual(line.state, "assumed")
        self.assertEqual((line.hours_allowed, line.hours_assumed), (5, 5))
        self.assertEqual((line.amount_efficiency, line.efficiency), (0, 0))
        self.assertEqual(line.workorder_id, order.workorder_ids)
        self.assertEqual(line.action_view_order()["res_id"], order.id)
        opened = line.action_view_workorder()
        self.assertEqual(opened["res_id"], order.workorder_ids.id)

    def test_order_in_progress(self):
        order = self._create_production(self.p, 10)
        self._record(order, 2, 22.0)
        line = self._get_lines(order)
        self.assertEqual(line.state, "progress")
        self.assertEqual((line.hours_people, line.amount_efficiency), (2, 0))

    def test_time_without_order(self):
        sheet = self._record(
            self.env["mrp.production"], 3, 20.0, project_id=self.project.id
        )
        line = self._get_loose("no_order")
        self.assertEqual(line.hours_people, 3)
        self.assertEqual(line.employee_id, sheet.employee_id)
        self.assertEqual(line.project_id, self.project)
        opened = line.action_view_timesheets()
        found = self.env["account.analytic.line"].search(opened["domain"])
        self.assertEqual(found, sheet)

    def test_time_on_the_project_of_orders(self):
        """Nobody shares it until one of them is finished."""
        own = self.project.copy({"name": "Contract"})
        order = self._create_production(self.p, 10, project_id=own.id)
        self._record(self.env["mrp.production"], 5.5, 20.0, project_id=own.id)
        self.assertEqual(self._get_loose("no_order").project_id, own)
        self._finish(order)
        self.assertFalse(self._get_loose("no_order"))
        line = self._get_lines(order)
        self.assertEqual((line.state, line.hours_people), ("recorded", 5.5))

    def test_time_on_a_cancelled_order(self):
        order = self._create_production(self.p, 10)
        self._record(order, 2, 20.0)
        order.action_cancel()
        line = self._get_loose("cancelled")
        self.assertEqual((line.production_id, line.hours_people), (order, 2))

    def test_time_that_does_not_count(self):
        order = self._create_production(self.p, 10)
        self._record(order, 2, 20.0)
        self.company.backflush_labour_source = "workorder"
        self._finish(order)
        self.assertEqual(self._get_loose("not_counted").production_id, order)
        self.assertEqual(self._get_lines(order).state, "assumed")

    def test_work_center_time_that_does_not_count_as_labour(self):
        order = self._create_production(self.p, 10)
        order.workorder_ids.duration = 330
        self.company.backflush_labour_source = "timesheet"
        self._finish(order)
        line = self._get_lines(order)
        self.assertEqual((line.state, line.hours_workcenter), ("not_counted", 5.5))
        self.assertEqual(self._get_lines(order, "variable_overhead").state, "recorded")

    def test_order_without_a_card(self):
        other = self._create_product("Other", self.materials)
        order = self._create_production(other, 1)
        self._record(order, 1, 20.0)
        self.assertEqual(self._get_loose("not_counted").production_id, order)

    def test_employee_without_cost_and_hours_taken_back(self):
        order = self._create_production(self.p, 10)
        self._record(order, 3, 0.0)
        line = self._get_lines(order)
        self.assertTrue(line.has_time_without_cost)
        self.assertFalse(line.has_negative_time)
        self._record(order, -1, 0.0)
        line = self._get_lines(order)
        self.assertTrue(line.has_negative_time)
        self.assertEqual(line.hours_people, 2)

    def test_no_list_says_what_an_hour_costs(self):
        order = self._create_production(self.p, 10)
        self._record(order, 5, 37.0)
        self._finish(order)
        reader = self._create_user("reader")
        line = self._get_lines(order, user=reader)
        values = line.read(load=None)[0]
        self.assertEqual(values["amount_counted"], 100)
        self.assertFalse([x for x in values.values() if x in (185.0, 37.0, -185.0)])
        with self.assertRaisesRegex(UserError, "may not read timesheets"):
            line.action_view_timesheets()

    def test_a_reader_opens_the_list(self):
        """Names only of what a reader has no right to."""
        sheet = self._record(
            self.env["mrp.production"], 3, 20.0, project_id=self.project.id
        )
        order = self._produce(self.p, 10)
        lines = self._get_lines(user=self._create_user("reader"))
        by_state = {values["state"]: values for values in self._read_as_client(lines)}
        loose = by_state["no_order"]
        self.assertEqual(loose["employee_id"]["id"], sheet.employee_id.id)
        self.assertEqual(by_state["assumed"]["production_id"]["id"], order.id)

    def test_a_period_that_ends_before_it_begins(self):
        today = fields.Date.today()
        run = self.env["backflush.reconciliation"].create(
            {"date_from": today, "date_to": fields.Date.subtract(today, days=1)}
        )
        with self.assertRaisesRegex(UserError, "ends before"):
            run.action_time()
