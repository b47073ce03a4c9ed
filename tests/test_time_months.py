"""Time in several months: orders that move between them, and that are not begun."""

from freezegun import freeze_time
from odoo.tests import tagged

from .common import BackflushCommon
from .time import RecordedTime
from .variants import Variant2

LABOUR = "labour"


class Months(RecordedTime, BackflushCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2026-01-01 08:00"):
            cls._activate_standards(m=5.0, s=6.0)

    def setUp(self):
        super().setUp()
        with freeze_time("2026-01-02 08:00"):
            self._buy(self.m, 200, 5.0)

    def _close_month(self, month):
        close = self.env["backflush.close"].create(
            {
                "company_id": self.company.id,
                "date_from": f"2026-0{month}-01",
                "date_to": {1: "2026-01-31", 2: "2026-02-28", 3: "2026-03-31"}[month],
            }
        )
        close.action_compute()
        return close

    def _finish_on(self, moment, order):
        with freeze_time(moment):
            self._finish(order)

    def _create_on(self, moment, quantity=10, **values):
        with freeze_time(moment):
            return self._create_production(self.p, quantity, **values)

    def _get_hours(self, orders):
        """The hours that people have worked on each of `orders`."""
        result = []
        for order in orders:
            rows = order.backflush_variance_ids.filtered(
                lambda row: row.kind == "labour_efficiency"
            )
            result.append(sum(rows.mapped("quantity_actual")))
        return result

    def _get_absorbed(self, close):
        rows = close.variance_ids.filtered(lambda row: row.kind == "overhead_volume")
        return rows.mapped("quantity_actual")


@tagged("post_install", "-at_install")
class TestTimeMonths(Months):
    def test_order_moved_to_the_next_month(self):
        order = self._create_on("2026-02-27 08:00")
        self._record(order, 5, 20.0, "2026-02-27")
        self._finish_on("2026-02-28 10:00", order)
        self._spend("2026-02-28", labour=100.0, variable_overhead=30.0)
        order.date_finished = "2026-03-01 10:00:00"
        february, march = self._close_month(2), self._close_month(3)
        rows = self._get_period_rows(february)
        self.assertEqual(rows[LABOUR, "timing"], 100.0)
        self.assertNotIn((LABOUR, "unallocated"), rows)
        self.assertEqual(self._get_absorbed(february), [0.0])
        self.assertEqual(self._get_absorbed(march), [5.0])
        self.assertEqual(self._get_period_rows(march)[LABOUR, "timing"], -100.0)

    def test_order_that_is_not_confirmed(self):
        order = self._create_on("2026-02-27 08:00")
        draft = order.copy()
        self.assertEqual(draft.state, "draft")
        self._record(draft, 2, 22.0, "2026-02-27")
        self._spend("2026-02-28", labour=44.0)
        rows = self._get_period_rows(self._close_month(2))
        self.assertEqual(rows[LABOUR, "timing"], 40.0)
        self.assertNotIn((LABOUR, "unallocated"), rows)

    def test_month_after_one_that_is_not_closed(self):
        """What was open when it began is not what the last close has left."""
        order = self._create_on("2026-01-27 08:00")
        self._record(order, 2, 20.0, "2026-01-27")
        self._spend("2026-01-31", labour=40.0)
        january = self._close_month(1)
        january.action_post()
        self.assertEqual(january.state, "posted")
        self._record(order, 3, 20.0, "2026-02-20")
        self._spend("2026-02-28", labour=160.0)
        other = self._create_on("2026-02-20 08:00")
        self._record(other, 5, 20.0, "2026-02-20")
        self._finish_on("2026-02-20 10:00", other)
        self._finish_on("2026-03-02 10:00", order)
        for month, timing in ((2, 60.0), (3, -100.0)):
            rows = self._get_period_rows(self._close_month(month))
            self.assertEqual(rows[LABOUR, "timing"], timing)
            self.assertNotIn((LABOUR, "unallocated"), rows)

    def test_shared_time_follows_an_order_to_another_month(self):
        project = self.project.copy({"name": "Customer Project"})
        orders = self.env["mrp.production"]
        for moment in ("2026-02-10 08:00", "2026-02-11 08:00", "2026-03-10 08:00"):
            orders |= self._create_on(moment, project_id=project.id)
            self._finish_on(moment, orders[-1:])
        for day in ("2026-02-12", "2026-03-12"):
            self.env["account.analytic.line"].create(
                {
                    "name": "All",
                    "project_id": project.id,
                    "employee_id": self._get_employee(20.0).id,
                    "unit_amount": 12,
                    "date": day,
                }
            )

        self.assertEqual(self._get_hours(orders), [6.0, 6.0, 12.0])
        orders[1].date_finished = "2026-03-11 08:00:00"
        self.assertEqual(self._get_hours(orders), [12.0, 6.0, 6.0])

    def test_order_that_changes_its_project(self):
        projects = [self.project.copy({"name": name}) for name in ("One", "Two")]
        orders = [
            self._create_on("2026-02-10 08:00", project_id=project.id)
            for project in (projects[0], projects[0], projects[1])
        ]
        for order in orders:
            self._finish_on("2026-02-10 08:00", order)
        for project in projects:
            self.env["account.analytic.line"].create(
                {
                    "name": "All",
                    "project_id": project.id,
                    "employee_id": self._get_employee(20.0).id,
                    "unit_amount": 12,
                    "date": "2026-02-12",
                }
            )
        self.assertEqual(self._get_hours(orders), [6.0, 6.0, 12.0])
        orders[1].project_id = projects[1]
        self.assertEqual(self._get_hours(orders), [12.0, 6.0, 6.0])


@tagged("post_install", "-at_install")
class TestTimeMonthsDelivery(Variant2, Months):
    def test_order_moved_to_the_next_month(self):
        order = self._create_on("2026-02-27 08:00")
        self._record(order, 5, 20.0, "2026-02-27")
        self._finish_on("2026-02-28 10:00", order)
        self._spend("2026-02-28", labour=100.0)
        order.date_finished = "2026-03-01 10:00:00"
        rows = self._get_period_rows(self._close_month(2))
        # its hours are work in process, and not goods as well
        self.assertEqual(rows[LABOUR, "timing"], 100.0)
        self.assertNotIn((LABOUR, "unallocated"), rows)
        rows = self._get_period_rows(self._close_month(3))
        self.assertNotIn((LABOUR, "timing"), rows)
        self.assertNotIn((LABOUR, "unallocated"), rows)

    def test_order_that_waits_for_its_posting(self):
        """As long as it cannot be booked, its hours are work in process."""
        order = self._create_on("2026-02-27 08:00")
        self._record(order, 5, 20.0, "2026-02-27")
        self._spend("2026-02-28", labour=100.0)
        category = self.p.categ_id
        category.property_valuation = "real_time"
        self._finish_on("2026-02-28 10:00", order)
        self.assertEqual(order.backflush_posting_ids.state, "failed")
        rows = self._get_period_rows(self._close_month(2))
        self.assertEqual(rows[LABOUR, "timing"], 100.0)
        self.assertNotIn((LABOUR, "unallocated"), rows)
        category.property_valuation = "periodic"
        order.backflush_posting_ids.action_retry()
        self.assertEqual(order.backflush_posting_ids.state, "posted")
        close = self.env["backflush.close"].search([])
        close.action_compute()
        self.assertEqual(self._get_period_rows(close), rows)
