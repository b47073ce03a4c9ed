"""Recording time on orders: by whom, where it is booked, what is refused."""

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged

from .common import BackflushCommon
from .people import People
from .test_configuration_check import CheckCase
from .time import RecordedTime

SHOP = "mrp.group_mrp_user,stock.group_stock_user,mrp.group_mrp_routings"
OWN = "hr_timesheet.group_hr_timesheet_user"
ALL = "hr_timesheet.group_hr_timesheet_approver"


class TimesheetCase(RecordedTime, People, BackflushCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)

    def _open(self, user, order, model="mrp.production"):
        """The order as the user's web client opens it."""
        record = self.env[model].browse(order.id).with_user(user)
        return Form(record.with_context(allowed_company_ids=self.company.ids))

    def _employ(self, user, cost=20.0):
        return self.env["hr.employee"].create(
            {
                "name": user.name,
                "user_id": user.id,
                "company_id": self.company.id,
                "hourly_cost": cost,
            }
        )


@tagged("post_install", "-at_install")
class TestRecording(TimesheetCase):
    def test_an_employee_records_from_the_order(self):
        user = self._create_user("worker", groups=f"{SHOP},{OWN}")
        employee = self._employ(user, 22.0)
        order = self._create_production(self.p, 10)
        with self._open(user, order) as form:
            with form.backflush_timesheet_ids.new() as line:
                self.assertEqual(line.employee_id, employee)
                line.workorder_id = order.workorder_ids
                line.unit_amount = 2
            self.assertEqual(form.backflush_hours_allowed, 5.0)
        sheet = order.backflush_timesheet_ids
        self.assertEqual(sheet.project_id, self.project)
        self.assertEqual(sheet.workorder_id, order.workorder_ids)
        self.assertEqual((sheet.unit_amount, sheet.amount), (2, -44))
        self.assertEqual(order.backflush_hours_recorded, 2)
        row = order.backflush_variance_ids
        self.assertRows(row, [("labour_rate", 4.0)])

    def test_an_employee_records_from_the_work_order(self):
        user = self._create_user("worker", groups=f"{SHOP},{OWN}")
        self._employ(user)
        order = self._create_production(self.p, 10)
        workorder = order.workorder_ids
        with self._open(user, workorder, "mrp.workorder") as form:
            with form.backflush_timesheet_ids.new() as line:
                line.unit_amount = 3
        sheet = workorder.backflush_timesheet_ids
        self.assertEqual(sheet.production_id, order)
        self.assertEqual(sheet.project_id, self.project)

    def test_after_the_order_is_done(self):
        user = self._create_user("worker", groups=f"{SHOP},{OWN}")
        self._employ(user)
        self._buy(self.m, 20, 5.0)
        order = self._produce(self.p, 10)
        with self._open(user, order) as form:
            with form.backflush_timesheet_ids.new() as line:
                line.unit_amount = 5.25
        rows = self._get_time_rows(order)
        self.assertEqual(rows["labour", "labour_efficiency"], 5.0)

    def test_who_records_no_time_opens_orders_as_before(self):
        user = self._create_user("shop", groups=SHOP)
        order = self._create_production(self.p, 10)
        self._record(order, 2, 20.0)
        for record, model in (
            (order, "mrp.production"),
            (order.workorder_ids, "mrp.workorder"),
        ):
            form = self._open(user, record, model)
            self.assertNotIn("backflush_timesheet_ids", form._view["fields"])
        with self.assertRaises(AccessError):
            self.env["account.analytic.line"].with_user(user).search([])

    def test_own_timesheets_only(self):
        """The sum counts the hours of all, the list shows one's own."""
        user = self._create_user("worker", groups=f"{SHOP},{OWN}")
        self._employ(user)
        order = self._create_production(self.p, 10)
        self._record(order, 2, 25.0)
        form = self._open(user, order)
        self.assertEqual(len(form.backflush_timesheet_ids), 0)
        self.assertEqual(form.backflush_hours_recorded, 2)
        with form.backflush_timesheet_ids.new() as line:
            line.unit_amount = 1
        form.save()
        self.assertEqual(order.backflush_hours_recorded, 3)
        self.assertEqual(len(order.backflush_timesheet_ids), 2)

    def test_who_records_for_all_from_odoos_timesheets(self):
        user = self._create_user("foreman", groups=f"{SHOP},{ALL}")
        order = self._create_production(self.p, 10)
        form = Form(
            self.env["account.analytic.line"]
            .with_user(user)
            .with_context(
                allowed_company_ids=self.company.ids,
                default_project_id=self.project.id,
            ),
            view="hr_timesheet.timesheet_view_tree_user",
        )
        form.employee_id = self._get_employee(20.0)
        form.production_id = order
        form.unit_amount = 2
        sheet = form.save()
        self.assertEqual(sheet.production_id, order)

    def test_without_a_right_in_manufacturing_nobody_sees_orders(self):
        user = self._create_user("clerk", groups=OWN)
        view = self.env.ref("hr_timesheet.hr_timesheet_line_tree")
        lines = self.env["account.analytic.line"].with_user(user)
        fields_seen = lines.get_views([(view.id, "list"), (False, "search")])
        self.assertNotIn("production_id", fields_seen["views"]["list"]["arch"])
        self.assertNotIn("production_id", fields_seen["views"]["search"]["arch"])

    def test_project_of_the_order_goes_before_the_companys(self):
        own = self.env["project.project"].create(
            {
                "name": "Contract",
                "allow_timesheets": True,
                "company_id": self.company.id,
            }
        )
        order = self._create_production(self.p, 10, project_id=own.id)
        self.assertEqual(self._record(order, 1, 20.0).project_id, own)

    def test_without_a_project_it_is_said_what_to_set(self):
        self.company.backflush_project_id = False
        order = self._create_production(self.p, 10)
        with self.assertRaisesRegex(ValidationError, "needs a project"):
            self._record(order, 1, 20.0)

    def test_no_time_on_a_cancelled_order(self):
        order = self._create_production(self.p, 10)
        order.action_cancel()
        with self.assertRaisesRegex(ValidationError, "cancelled"):
            self._record(order, 1, 20.0)

    def test_hours_allowed_of_an_order_and_its_backorder(self):
        self._buy(self.m, 20, 5.0)
        order = self._create_production(self.p, 10)
        self._finish(order, made=6, backorder=True)
        rest = order.production_group_id.production_ids - order
        self.assertAlmostEqual(order.backflush_hours_allowed, 3.4)
        self.assertAlmostEqual(rest.backflush_hours_allowed, 1.6)

    def test_hours_allowed_without_a_card(self):
        order = self._create_production(self.m, 10)
        self.assertEqual(order.backflush_hours_allowed, 0)


@tagged("post_install", "-at_install")
class TestProject(BackflushCommon):
    def test_one_project_for_each_company(self):
        project = self.company.backflush_project_id
        self.assertEqual(project.name, "Production Time")
        self.assertTrue(project.allow_timesheets)
        self.assertEqual(project.company_id, self.company)
        self.company._backflush_configure()
        self.assertEqual(self.company.backflush_project_id, project)
        domain = [("company_id", "=", self.company.id), ("name", "=", project.name)]
        self.assertEqual(self.env["project.project"].search_count(domain), 1)

    def test_found_again(self):
        project = self.company.backflush_project_id
        self.company.backflush_project_id = False
        self.company._backflush_configure()
        self.assertEqual(self.company.backflush_project_id, project)

    def test_what_the_user_has_chosen_stays(self):
        other = self.company.internal_project_id
        self.company.backflush_project_id = other
        self.company._backflush_configure()
        self.assertEqual(self.company.backflush_project_id, other)

    def test_a_branch_uses_its_parents(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        branch._backflush_configure()
        self.assertFalse(branch.backflush_project_id)
        project = self.company.backflush_project_id
        self.assertEqual(branch._backflush_config("backflush_project_id"), project)


@tagged("post_install", "-at_install")
class TestTimeCheck(RecordedTime, CheckCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards()

    def test_no_project(self):
        self.company.backflush_project_id = False
        self.assertIssue("time_project", "warning", "project of order time")
        self.company.backflush_project_id = self.project
        self.assertSolved("time_project")
        self.project.active = False
        self.assertIssue("time_project", "warning", "archived")

    def test_employee_without_hourly_cost(self):
        employee = self._get_employee(0.0)
        self._record(self._create_production(self.p, 10), 1, 0.0)
        issue = self.assertIssue("hourly_cost", "warning", "Employee 0.0")
        self.assertEqual(issue["res_id"], employee.id)
        employee.hourly_cost = 20
        self.assertSolved("hourly_cost")

    def _activate_without(self, element_type, **values):
        """Standards whose rates of an element are set to other values, or left out."""
        version = self._create_version("Next", "2021-01-01", m=5.0, s=6.0)
        rates = version.rate_ids.filtered(lambda x: x.element_id.type == element_type)
        if values:
            rates.write(values)
        else:
            rates.unlink()
        version.action_roll_up()
        version.action_activate()

    def test_labour_without_rates(self):
        self._activate_without("labour")
        issue = self.assertIssue("labour_rate", "warning", "Labour", "Next")
        self.assertEqual(issue["res_id"], self.elements["labour"].id)
        self.elements["labour"].active = False
        self.assertSolved("labour_rate")

    def test_fixed_overhead_without_normal_hours(self):
        self._activate_without("fixed_overhead", normal_hours=0)
        issue = self.assertIssue("normal_hours", "warning", "Assembly", "budget")
        self.assertEqual(issue["workcenter_id"], self.workcenter.id)
