"""Rule 13: employees' hourly costs are not readable through variances."""

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import BackflushCommon
from .people import People

#: hours × (hourly cost − rate of 20.00), by employee: department, work centre.
TIMES = {
    "Ann": (10, 27.0),
    "Bob": (5, 31.0),
    "Cy": (8, 18.5),
}
SECRET = "labour_rate"


class LabourRates(People, BackflushCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)
        cls.roles = {
            "shop": cls._create_user("shop"),
            "reader": cls._create_user("reader"),
            "accountant": cls._create_user("accountant"),
            "manager": cls._create_user(
                "manager", groups="account.group_account_manager"
            ),
            "hr": cls._create_user(
                "hr", groups="hr.group_hr_user,backflush_costing.group_backflush_user"
            ),
        }
        for user in cls.roles.values():
            user.group_ids += cls.env.ref("base.group_allow_export")
        cls.project = cls.env["project.project"].create(
            {"name": "Shop", "company_id": cls.company.id, "allow_timesheets": True}
        )

    def setUp(self):
        super().setUp()
        self.departments = {}
        self.employees = {}

    def _get_employee(self, name, department):
        if department and department not in self.departments:
            self.departments[department] = self.env["hr.department"].create(
                {"name": department, "company_id": self.company.id}
            )
        if name not in self.employees:
            self.employees[name] = self.env["hr.employee"].create(
                {
                    "name": name,
                    "company_id": self.company.id,
                    "hourly_cost": TIMES[name][1],
                    "department_id": self.departments[department].id
                    if department
                    else False,
                }
            )
        return self.employees[name]

    def _record(self, order, name, department, workcenter=None, date=None):
        """A timesheet and the row that the recomputation writes for it."""
        employee = self._get_employee(name, department)
        hours, cost = TIMES[name]
        date = date or fields.Date.today()
        timesheet = self.env["account.analytic.line"].create(
            {
                "name": "Work",
                "project_id": self.project.id,
                "employee_id": employee.id,
                "unit_amount": hours,
                "date": date,
                "company_id": self.company.id,
            }
        )
        rows = self.env["backflush.variance"].sudo()
        return rows.with_context(backflush_engine=True).create(
            {
                "kind": SECRET,
                "element_id": self.elements["labour"].id,
                "production_id": order.id,
                "timesheet_id": timesheet.id,
                "department_id": employee.department_id.id,
                "workcenter_id": (workcenter or self.workcenter).id,
                "quantity_standard": hours,
                "quantity_actual": hours,
                "price_standard": 20,
                "price_actual": cost,
                "amount": hours * (cost - 20),
                "date": date,
                "company_id": self.company.id,
            }
        )

    def _get_labour(self, **values):
        self.env.flush_all()
        rates = self.env["backflush.labour.rate"].with_user(self.roles["reader"])
        rates.invalidate_model()
        domain = [(name, "=", value) for name, value in values.items()]
        return rates.search([("company_id", "=", self.company.id), *domain])


@tagged("post_install", "-at_install")
class TestLabourRateRights(LabourRates):
    """Every way in which a row, its hours or its amount could come out."""

    def setUp(self):
        super().setUp()
        self.order = self._produce(self.p, 10, used={self.m: 22})
        self.plain = self.order.backflush_variance_ids
        self.secret = self._record(self.order, "Ann", "Assembly")
        self.env.invalidate_all()

    def _without_hr(self):
        return [self.roles[name] for name in ("reader", "accountant", "manager")]

    def test_hr_sees_everything(self):
        hr = self.roles["hr"]
        [values] = self._call(hr, self.secret, "read", ["amount", "timesheet_id"])
        self.assertEqual(values["amount"], 70)
        self.assertTrue(values["timesheet_id"])
        model = self.env["backflush.variance"]
        found = self._call(hr, model, "search", [("production_id", "=", self.order.id)])
        self.assertEqual(set(found), set((self.plain | self.secret).ids))

    def test_hr_alone_reads_no_variances(self):
        officer = self._create_user("officer", groups="hr.group_hr_user")
        with self.assertRaises(AccessError):
            self._call(officer, self.secret, "read", ["amount"])

    def test_rows_are_hidden(self):
        model = self.env["backflush.variance"]
        domain = [("id", "in", self.secret.ids)]
        for user in self._without_hr():
            self.assertFalse(self._call(user, model, "search", domain))
            self.assertFalse(self._call(user, model, "search_count", domain))
            for leaf in (
                ("kind", "=", SECRET),
                ("amount", "=", 70),
                ("price_actual", "=", 27),
                ("display_name", "ilike", "labour"),
            ):
                found = self._call(user, model, "search_read", [leaf], ["amount"])
                self.assertNotIn(self.secret.id, [row["id"] for row in found])
            for method, *args in (
                ("read", ["display_name"]),
                ("web_read", {"amount": {}}),
                ("export_data", ["amount"]),
                ("action_ask",),
            ):
                with self.assertRaises(AccessError, msg=method):
                    self._call(user, self.secret, method, *args)

    def test_totals_leave_them_out(self):
        model = self.env["backflush.variance"]
        domain = [("company_id", "=", self.company.id)]
        expected = sum(self.plain.mapped("amount"))
        for user in self._without_hr():
            for groupby in ([], ["production_id"], ["element_id"], ["kind"]):
                groups = self._call(
                    user, model, "formatted_read_group", domain, groupby, ["amount:sum"]
                )
                total = sum(group["amount:sum"] for group in groups)
                self.assertAlmostEqual(total, expected, 2)
            groups = self._call(
                user, model, "formatted_read_group", domain, ["kind"], ["__count"]
            )
            self.assertNotIn(SECRET, [group["kind"] for group in groups])

    def test_timesheet_of_no_row_is_named(self):
        """Efficiency rows point at timesheets, too."""
        row = self.plain[:1].sudo().with_context(backflush_engine=True)
        row.timesheet_id = self.secret.timesheet_id
        model = self.env["backflush.variance"]
        for user in self._without_hr():
            self.assertNotIn("timesheet_id", self._call(user, model, "fields_get"))
            for method, *args in (
                ("read", ["timesheet_id"]),
                ("export_data", ["timesheet_id/amount"]),
                ("export_data", ["timesheet_id"]),
            ):
                with self.assertRaises(UserError, msg=method):
                    self._call(user, row, method, *args)
            for method, *args in (
                ("search", [("timesheet_id.amount", "<", 0)]),
                ("search", [("timesheet_id", "!=", False)]),
                ("formatted_read_group", [], ["timesheet_id"], ["__count"]),
                ("formatted_read_group", [], ["timesheet_id.employee_id"], ["__count"]),
                ("search", [], 0, 1, "timesheet_id"),
            ):
                with self.assertRaises(UserError, msg=method):
                    self._call(user, model, method, *args)
            arch = self._call(user, model, "get_view", None, "form")["arch"]
            self.assertNotIn("timesheet_id", arch)

    def test_order_counts_and_lists_leave_them_out(self):
        for user in self._without_hr():
            self.env.invalidate_all()
            [values] = self._call(
                user,
                self.order,
                "read",
                ["backflush_variance_count", "backflush_variance_ids"],
            )
            self.assertEqual(values["backflush_variance_count"], len(self.plain))
            self.assertEqual(values["backflush_variance_ids"], self.plain.ids)
            self.env.invalidate_all()
            spec = {"backflush_variance_ids": {"fields": {"amount": {}}}}
            [values] = self._call(user, self.order, "web_read", spec)
            found = [row["id"] for row in values["backflush_variance_ids"]]
            self.assertEqual(found, self.plain.ids)
            data = self._call(
                user, self.order, "export_data", ["backflush_variance_ids/amount"]
            )
            self.assertNotIn([70.0], data["datas"])
            orders = self.env["mrp.production"]
            domain = [("backflush_variance_ids.amount", "=", 70)]
            self.assertFalse(self._call(user, orders, "search", domain))
            domain = [("backflush_variance_ids.kind", "=", SECRET)]
            self.assertFalse(self._call(user, orders, "search", domain))

    def test_posting_lists_leave_them_out(self):
        posting = self.order.backflush_posting_ids
        self.secret.sudo().with_context(backflush_engine=True).posting_id = posting
        for user in self._without_hr():
            self.env.invalidate_all()
            [values] = self._call(user, posting, "read", ["variance_ids"])
            self.assertEqual(values["variance_ids"], self.plain.ids)
            postings = self.env["backflush.posting"]
            domain = [("variance_ids.kind", "=", SECRET)]
            self.assertFalse(self._call(user, postings, "search", domain))

    def test_employee_and_timesheet_are_no_way_round(self):
        """As in plain Odoo: the cost on the employee is for HR."""
        for user in self._without_hr():
            with self.assertRaises(UserError):
                self._call(user, self.employees["Ann"], "read", ["hourly_cost"])

    def test_shop_sees_nothing(self):
        shop = self.roles["shop"]
        for name in ("backflush.variance", "backflush.labour.rate"):
            with self.assertRaises(AccessError):
                self._call(shop, self.env[name], "search", [])
        with self.assertRaises(AccessError):
            self._call(shop, self.order, "read", ["backflush_variance_ids"])


@tagged("post_install", "-at_install")
class TestLabourRateReport(LabourRates):
    """Departments and work centres; nobody in person."""

    def setUp(self):
        super().setUp()
        self.order = self._produce(self.p, 10)

    def test_two_people_are_a_group(self):
        self._record(self.order, "Ann", "Assembly")
        self._record(self.order, "Bob", "Assembly")
        [row] = self._get_labour()
        self.assertEqual(row.department_id.name, "Assembly")
        self.assertEqual(row.workcenter_id, self.workcenter)
        self.assertEqual((row.employees, row.hours, row.amount), (2, 15, 125))
        self.assertEqual(row.month, fields.Date.start_of(fields.Date.today(), "month"))
        self.assertFalse(row.is_merged)

    def test_one_person_has_no_amount(self):
        self._record(self.order, "Ann", "Assembly")
        [row] = self._get_labour()
        self.assertEqual((row.employees, row.hours, row.amount), (1, 10, 0))
        self.assertTrue(row.is_private)
        self.assertFalse(row.department_id)
        reader = self.roles["reader"]
        model = self.env["backflush.labour.rate"]
        self.assertFalse(self._call(reader, model, "search", [("amount", "=", 70)]))
        self.assertFalse(self._call(reader, model, "search", [("amount", ">", 0)]))
        [group] = self._call(
            reader, model, "formatted_read_group", [], [], ["amount:sum"]
        )
        self.assertFalse(group["amount:sum"])

    def test_departments_of_one_are_shown_together(self):
        self._record(self.order, "Ann", "Assembly")
        self._record(self.order, "Bob", "Paint")
        [row] = self._get_labour()
        self.assertTrue(row.is_merged)
        self.assertFalse(row.department_id)
        self.assertFalse(row.workcenter_id)
        self.assertEqual((row.employees, row.hours, row.amount), (2, 15, 125))

    def test_the_rest_of_a_group_tells_nobody_either(self):
        """Two and one: the one could be told from the whole, so there is one row."""
        self._record(self.order, "Ann", "Assembly")
        self._record(self.order, "Bob", "Assembly")
        self._record(self.order, "Cy", "Paint")
        [row] = self._get_labour()
        self.assertTrue(row.is_merged)
        self.assertEqual((row.employees, row.hours, row.amount), (3, 23, 113))

    def test_time_of_one_person_counts_once(self):
        self._record(self.order, "Ann", "Assembly")
        self._record(self.order, "Ann", "Assembly")
        [row] = self._get_labour()
        self.assertEqual((row.employees, row.amount), (1, 0))

    def test_timesheet_that_is_gone_names_nobody(self):
        ann = self._record(self.order, "Ann", "Assembly")
        self._record(self.order, "Bob", "Assembly")
        ann.timesheet_id.unlink()
        [row] = self._get_labour()
        self.assertEqual((row.employees, row.amount), (1, 0))

    def test_work_centres_and_months(self):
        paint = self.workcenter.copy({"name": "Paint"})
        past = fields.Date.subtract(fields.Date.today(), months=1)
        for name in ("Ann", "Bob"):
            self._record(self.order, name, "Assembly")
            self._record(self.order, name, "Assembly", paint)
            self._record(self.order, name, "Assembly", date=past)
        rows = self._get_labour()
        self.assertEqual(len(rows), 3)
        self.assertEqual(set(rows.mapped("amount")), {125})
        self.assertEqual(len(self._get_labour(workcenter_id=paint.id)), 1)

    def test_other_company(self):
        self._record(self.order, "Ann", "Assembly")
        self._record(self.order, "Bob", "Assembly")
        other = self._create_company(name="Other Factory")
        stranger = self._create_user("reader", other)
        model = self.env["backflush.labour.rate"]
        self.assertFalse(self._call(stranger, model, "search", []))

    def test_grouped_by_department(self):
        self._record(self.order, "Ann", "Assembly")
        self._record(self.order, "Bob", "Assembly")
        reader = self.roles["reader"]
        groups = self._call(
            reader,
            self.env["backflush.labour.rate"],
            "formatted_read_group",
            [],
            ["department_id"],
            ["amount:sum", "hours:sum"],
        )
        [group] = groups
        self.assertEqual((group["hours:sum"], group["amount:sum"]), (15, 125))
        self.assertNotIn("employees:sum", group)
