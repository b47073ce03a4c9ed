"""Variances that are brought in line later: by schedule, by button, by a report."""

from odoo import fields
from odoo.tests import tagged

from .common import BackflushCommon
from .time import RecordedTime

VOH = "variable_overhead"


@tagged("post_install", "-at_install")
class TestTimeRefresh(RecordedTime, BackflushCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)

    def setUp(self):
        super().setUp()
        self._buy(self.m, 200, 5.0)
        self.time = self.env["backflush.time"]

    def _find_period_rows(self):
        domain = [
            ("company_id", "=", self.company.id),
            ("kind", "in", ("overhead_spending", "unallocated", "timing")),
        ]
        rows = self.env["backflush.variance"].search(domain)
        return {(row.element_id.type, row.kind): row.amount for row in rows}

    def test_another_labour_source_is_followed(self):
        order = self._create_production(self.p, 10)
        self._record(order, 5.5, 21.0)
        self._finish(order)
        self.assertTrue(self._get_time_rows(order))
        self.company.backflush_labour_source = "workorder"
        self.time._refresh(self.company)
        self.assertEqual(self._get_time_rows(order), {})
        self.assertFalse(self.env["backflush.outdated"].search([]))

    def test_the_open_month_is_compared_until_today(self):
        order = self._create_production(self.p, 10)
        self._record(order, 5.5, 21.0)
        self._finish(order)
        self._spend(labour=120.0, variable_overhead=35.0)
        self.time._refresh(self.company)
        expected = {("labour", "unallocated"): 4.5, (VOH, "overhead_spending"): 2.0}
        self.assertEqual(self._find_period_rows(), expected)
        self._spend(labour=10.0)
        self.time._refresh(self.company)
        expected["labour", "unallocated"] = 14.5
        self.assertEqual(self._find_period_rows(), expected)

    def test_nothing_new_is_not_computed_again(self):
        self.time._refresh(self.company)
        computed = self.time.search([("company_id", "=", self.company.id)])
        computed.date_computed = fields.Datetime.subtract(
            computed.date_computed, minutes=5
        )
        before = computed.date_computed
        self.time._refresh(self.company)
        self.assertEqual(computed.date_computed, before)
        self.time._refresh(self.company, force=True)
        self.assertGreater(computed.date_computed, before)

    def test_the_schedule_takes_every_company(self):
        self._produce(self.p, 10)
        with self.enter_registry_test_mode():
            cron = self.env.ref("backflush_costing.backflush_time_cron_refresh")
            cron.method_direct_trigger()
        self.assertTrue(self.time.search([("company_id", "=", self.company.id)]))

    def test_a_period_of_the_close_is_left_to_it(self):
        self._spend(labour=120.0)
        close = self._compute_close()
        rows = close.variance_ids
        self._spend(labour=10.0)
        self.time._refresh(self.company, force=True)
        self.assertEqual(close.variance_ids, rows)
        self.assertEqual(self._find_period_rows(), {("labour", "unallocated"): 120.0})

    def test_time_of_a_project_is_shared_by_its_orders(self):
        project = self.project.copy({"name": "Customer Project"})
        orders = [
            self._create_production(self.p, quantity, project_id=project.id)
            for quantity in (10, 30)
        ]
        for order in orders:
            self._finish(order)
        sheet = self.env["account.analytic.line"].create(
            {
                "name": "Both",
                "project_id": project.id,
                "employee_id": self._get_employee(21.0).id,
                "unit_amount": 24,
            }
        )
        # 24 h are shared 6 : 18 by the cards' 5 : 15 h; allowed are 5 h and 13 h
        small, large = map(self._get_time_rows, orders)
        self.assertEqual(small["labour", "labour_rate"], 6.0)
        self.assertEqual(small["labour", "labour_efficiency"], 20.0)
        self.assertEqual(large["labour", "labour_rate"], 18.0)
        self.assertEqual(large["labour", "labour_efficiency"], 100.0)
        sheet.unlink()
        self.assertEqual(self._get_time_rows(orders[0]), {})

    def test_time_of_the_common_project_is_nobodys(self):
        order = self._create_production(self.p, 10, project_id=self.project.id)
        self._finish(order)
        self.env["account.analytic.line"].create(
            {
                "name": "Cleaning",
                "project_id": self.project.id,
                "employee_id": self._get_employee(21.0).id,
                "unit_amount": 2,
            }
        )
        self.assertEqual(self._get_time_rows(order), {})

    def test_opening_the_report_brings_it_up_to_date(self):
        self._spend(labour=120.0)
        reader = self.env["res.users"].create(
            {
                "name": "Reader",
                "login": "reader_of_variances",
                "company_id": self.company.id,
                "company_ids": self.company.ids,
                "group_ids": self.env.ref("backflush_costing.group_backflush_user").ids,
            }
        )
        opener = self.env.ref("backflush_costing.backflush_variance_action_open")
        action = (
            opener.with_user(reader)
            .with_context(allowed_company_ids=self.company.ids)
            .run()
        )
        self.assertEqual(action["res_model"], "backflush.variance")
        self.assertEqual(self._find_period_rows(), {("labour", "unallocated"): 120.0})
