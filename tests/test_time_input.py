"""Time that cannot be right: a sentence, or counted as the documentation says."""

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import BackflushCommon
from .test_time import EFFICIENCY, LABOUR, RATE, SPENT
from .test_yen import YenCommon
from .textbook import Textbook


class InputCase(Textbook):
    works = {
        "Assembly": {
            "labour": 20.0,
            "variable_overhead": 6.0,
            "fixed_overhead": (4.0, 40),
        }
    }
    operations = (("Assembly", 24, 60),)
    components = {"M": (2, 5.0)}
    lot = 10

    def setUp(self):
        super().setUp()
        self._buy(self.parts["M"], 60, 5.0)
        self.order = self._create_production(self.product, 10)

    def assertTime(self, order, expected):
        self.assertEqual(self._get_time_rows(order), expected)

    def assertRefused(self, words):
        return self.assertRaisesRegex(ValidationError, words)


@tagged("post_install", "-at_install")
class TestTimeInput(InputCase, BackflushCommon):
    def test_time_on_a_cancelled_order(self):
        self.order.action_cancel()
        with self.assertRefused("is cancelled: no time can be recorded"):
            self._record(self.order, 1, 20.0)

    def test_time_of_an_order_cancelled_later_is_unallocated(self):
        self._record(self.order, 2, 22.0)
        self.order.action_cancel()
        self._spend(labour=44.0)
        rows = self._get_period_rows(self._compute_close())
        self.assertEqual(rows[LABOUR, "unallocated"], 44.0)
        self.assertNotIn((LABOUR, "timing"), rows)

    def test_time_on_a_draft_order_is_work_in_process(self):
        order = self.env["mrp.production"].create(
            {"product_id": self.product.id, "product_qty": 10}
        )
        self._record(order, 2, 22.0)
        self._spend(labour=44.0)
        rows = self._get_period_rows(self._compute_close())
        self.assertTime(order, {RATE: 4.0})
        self.assertEqual(rows[LABOUR, "timing"], 40.0)
        self.assertNotIn((LABOUR, "unallocated"), rows)

    def test_hours_below_none(self):
        with self.assertRefused("would be negative"):
            self._record(self.order, -1, 20.0)
        sheet = self._record(self.order, 5, 20.0)
        self._record(self.order, -1, 20.0)
        with self.assertRefused("would be negative"):
            self._record(self.order, -4.5, 20.0)
        with self.assertRefused("would be negative"):
            sheet.unit_amount = 0.5
        with self.assertRefused("would be negative"):
            sheet.unlink()

    def test_hours_moved_to_another_order(self):
        """What is left behind counts as well."""
        sheet = self._record(self.order, 5, 20.0)
        self._record(self.order, -1, 20.0)
        other = self._create_production(self.product, 10)
        with self.assertRefused("would be negative"):
            sheet.production_id = other

    def test_hours_taken_back(self):
        self._record(self.order, 6, 20.0)
        self._record(self.order, -1, 20.0)
        self._finish(self.order)
        self.assertTime(self.order, {})

    def test_employee_without_hourly_cost(self):
        """The hours count, at the standard rate; there is no rate to compare."""
        self._record(self.order, 6, 0.0)
        self._finish(self.order)
        self.assertTime(self.order, {EFFICIENCY: 20.0, SPENT: 6.0})
        self._spend(labour=120.0)
        rows = self._get_period_rows(self._compute_close())
        self.assertNotIn((LABOUR, "unallocated"), rows)

    def test_one_with_and_one_without_hourly_cost(self):
        self._record(self.order, 3, 0.0)
        self._record(self.order, 3, 21.0)
        self._finish(self.order)
        self.assertTime(self.order, {RATE: 3.0, EFFICIENCY: 20.0, SPENT: 6.0})

    def test_archived_work_center(self):
        self._record(self.order, 4, 21.0)
        self.places["Assembly"].active = False
        self._run_machine(self.order, 5.5)
        self._finish(self.order)
        self.assertTime(self.order, {RATE: 4.0, EFFICIENCY: -20.0, SPENT: 3.0})
        rows = self._get_period_rows(self._compute_close())
        self.assertEqual(rows["fixed_overhead", "overhead_volume"], 140.0)

    def test_work_order_of_another_order(self):
        other = self._create_production(self.product, 10)
        with self.assertRefused("is not one of"):
            self._record(self.order, 1, 20.0, workorder_id=other.workorder_ids.id)

    def test_work_order_that_was_deleted(self):
        """Its time stays with the order."""
        order = self._create_production(self.product, 10)
        self._record(order, 6, 21.0, workorder_id=order.workorder_ids.id)
        order.workorder_ids.unlink()
        self._finish(order)
        self.assertTime(order, {RATE: 6.0, EFFICIENCY: 20.0, SPENT: 6.0})

    def test_time_without_any_project(self):
        self.company.backflush_project_id = False
        with self.assertRefused("needs a project"):
            self._record(self.order, 1, 20.0)

    def test_project_taken_away_again(self):
        sheet = self._record(self.order, 1, 20.0)
        with self.assertRefused("needs a project"):
            sheet.project_id = False

    def test_order_of_a_product_without_a_card(self):
        """Nothing is compared; what the time cost is unallocated."""
        product = self._create_product("Odd", self.materials)
        self._create_bom(product, 1, {self.parts["M"]: 1})
        order = self._create_production(product, 1)
        self._record(order, 2, 22.0)
        self._finish(order)
        self.assertTime(order, {})
        self._spend(labour=44.0)
        rows = self._get_period_rows(self._compute_close())
        self.assertEqual(rows[LABOUR, "unallocated"], 44.0)


@tagged("post_install", "-at_install")
class TestTimeInputYen(InputCase, YenCommon):
    def test_part_of_an_hour_below_none(self):
        with self.assertRefused("would be negative"):
            self._record(self.order, -0.4, 20.0)
