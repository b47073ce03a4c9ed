"""Variances of labour and overhead hours, through real orders and timesheets."""

from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from .common import BackflushCommon
from .time import RecordedTime

LABOUR, VOH = "labour", "variable_overhead"
RATE = (LABOUR, "labour_rate")
EFFICIENCY = (LABOUR, "labour_efficiency")
SPENT = (VOH, "overhead_efficiency")
LOT, LOT_VOH = (LABOUR, "lot_size"), (VOH, "lot_size")


@tagged("post_install", "-at_install")
class TestTime(RecordedTime, BackflushCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)

    def setUp(self):
        super().setUp()
        self._buy(self.m, 200, 5.0)

    def assertTime(self, order, expected):
        self.assertEqual(self._get_time_rows(order), expected)

    def test_time_as_the_card_allows(self):
        order = self._create_production(self.p, 10)
        self._record(order, 5, 20.0)
        self._finish(order)
        self.assertTime(order, {})

    def test_more_hours_at_a_dearer_rate(self):
        order = self._create_production(self.p, 10)
        self._record(order, 5.5, 21.0)
        self._finish(order)
        self.assertTime(order, {RATE: 5.5, EFFICIENCY: 10.0, SPENT: 3.0})

    def test_time_nobody_recorded_is_what_is_allowed(self):
        order = self._produce(self.p, 10)
        self.assertTrue(order.workorder_ids.backflush_is_assumed)
        self.assertEqual(order.workorder_ids.duration, 300)
        self.assertTime(order, {})

    def test_set_up_once_for_an_order_and_its_backorder(self):
        order = self._create_production(self.p, 10)
        self._record(order, 3.4, 20.0)
        self._finish(order, made=6, backorder=True)
        rest = order.production_group_id.production_ids - order
        self.assertTime(order, {LOT: 8.0, LOT_VOH: 2.4})
        self._record(rest, 1.6, 20.0)
        self._finish(rest)
        self.assertTime(rest, {LOT: -8.0, LOT_VOH: -2.4})
        self.assertTime(order, {LOT: 8.0, LOT_VOH: 2.4})

    def test_more_made_than_a_lot(self):
        order = self._create_production(self.p, 10)
        self._record(order, 5.8, 20.0)
        self._finish(order, made=12)
        self.assertTime(order, {LOT: -4.0, LOT_VOH: -1.2})

    def test_output_corrected(self):
        order = self._create_production(self.p, 10)
        self._record(order, 5, 20.0)
        self._finish(order)
        self._correct(order.move_finished_ids, 9)
        rows = {EFFICIENCY: 8.0, LOT: 2.0, LOT_VOH: 0.6, SPENT: 2.4}
        self.assertTime(order, rows)

    def test_unbuilt(self):
        order = self._create_production(self.p, 10)
        self._record(order, 5.8, 20.0)
        self._finish(order, made=12)
        self._unbuild(self.p, 1, order)
        rows = {EFFICIENCY: 8.0, LOT: -2.0, LOT_VOH: -0.6, SPENT: 2.4}
        self.assertTime(order, rows)

    def test_time_found_later(self):
        order = self._create_production(self.p, 10)
        self._record(order, 5, 20.0)
        self._finish(order)
        found = self._record(order, 0.25, 20.0)
        self.assertTime(order, {EFFICIENCY: 5.0, SPENT: 1.5})
        found.unit_amount = 0.5
        self.assertTime(order, {EFFICIENCY: 10.0, SPENT: 3.0})
        found.unlink()
        self.assertTime(order, {})

    def test_rate_of_an_order_in_progress(self):
        order = self._create_production(self.p, 10)
        sheet = self._record(order, 2, 22.0)
        self.assertTime(order, {RATE: 4.0})
        row = order.backflush_variance_ids
        self.assertEqual(row.timesheet_id, sheet)
        self.assertEqual((row.price_standard, row.price_actual), (20.0, 22.0))
        self.assertEqual(row.account_id, self.accounts["labour_price_variance"])
        order.action_cancel()
        self.assertTime(order, {})

    def test_what_cannot_be_computed_keeps_nobody_from_recording(self):
        order = self._create_production(self.p, 10)
        statement = "odoo.addons.backflush_costing.models.backflush_time.recompute"
        broken = SQL("SELECT 1 / 0")
        with (
            patch(statement, lambda *args, **values: broken),
            mute_logger("odoo.sql_db"),
            self.assertLogs("odoo.addons.backflush_costing", "ERROR"),
        ):
            self._record(order, 5.5, 21.0)
            self._finish(order)
        self.assertTime(order, {})
        self.env["backflush.time"]._refresh(self.company)
        self.assertTime(order, {RATE: 5.5, EFFICIENCY: 10.0, SPENT: 3.0})
