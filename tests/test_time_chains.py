"""Conversion cost of orders that hang together: what is spent is explained."""

from freezegun import freeze_time
from odoo.tests import tagged

from .common import BackflushCommon
from .test_chains import Levels
from .time import RecordedTime
from .variants import Variant1, Variant2

LOT, LOT_VOH = ("labour", "lot_size"), ("variable_overhead", "lot_size")


class LevelsOfTime(Levels, RecordedTime):
    """Components and finished goods are costed at different events."""

    def _assertSpent(self):
        """As the cards allow: nothing is left beyond what is known and timing."""
        self.assertClosed()
        self._spend(**self._get_allowed())
        close = self._compute_close()
        kinds = {kind for _type, kind in self._get_period_rows(close)}
        self.assertLessEqual(kinds, {"timing", "overhead_volume", "overhead_budget"})
        self.assertEqual(set(close.line_ids.mapped("remainder")), {0.0})

    def _get_allowed(self):
        """{type of cost element: what the time of all orders costs at standard}"""
        amounts = {"labour": 0.0, "variable_overhead": 0.0}
        domain = [("company_id", "=", self.company.id), ("state", "=", "done")]
        for order in self.env["mrp.production"].search(domain):
            card = order.backflush_posting_ids.standard_id
            quantity = sum(order.backflush_posting_ids.mapped("quantity"))
            for line in card.line_ids.filtered(lambda x: x.line_type == "operation"):
                if line.element_id.type in amounts:
                    amounts[line.element_id.type] += quantity * line.amount
            for (type_, _kind), amount in self._get_time_rows(order).items():
                amounts[type_] += amount
        return amounts

    def _make(self, **values):
        for product in (self.a, self.o):
            self._produce(product, 10)
        return self._produce(self.t, 3, **values)

    def test_made_and_sold(self):
        self._make()
        sale = self._sell(self.t, 2, 100)
        self._deliver(sale)
        self._invoice(sale)
        self._assertSpent()

    def test_scrapped_and_counted(self):
        order = self._make()
        for product in (self.a, self.o):
            self._scrap(product, 1)
            self._count(product, -1)
        self._unbuild(self.t, 1, order)
        self._assertSpent()

    def test_sub_assembly_taken_apart(self):
        order = self._produce(self.a, 10)
        self._produce(self.o, 10)
        self._produce(self.t, 3)
        self._unbuild(self.a, 2, order)
        self._assertSpent()


@tagged("post_install", "-at_install")
class TestLevelsCompletion(Variant1, LevelsOfTime, BackflushCommon):
    def test_more_used_than_on_the_card(self):
        self._make(used={self.a: 7, self.o: 4})
        self._assertSpent()


@tagged("post_install", "-at_install")
class TestLevelsDelivery(Variant2, LevelsOfTime, BackflushCommon):
    def test_more_used_than_on_the_card(self):
        # of A, which is costed at delivery itself, with its conversion cost
        self._make(used={self.a: 7, self.o: 4})
        self._assertSpent()


@tagged("post_install", "-at_install")
class TestBackorders(RecordedTime, BackflushCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2026-01-01 08:00"):
            cls._activate_standards(m=5.0, s=6.0)

    def test_set_up_stays_with_the_order_that_is_booked_again(self):
        with freeze_time("2026-02-02 08:00"):
            self._buy(self.m, 200, 5.0)
            order = self._create_production(self.p, 10)
            self._finish(order, made=6, backorder=True)
            rest = order.production_group_id.production_ids - order
            self._finish(rest)
        for _time in range(2):
            self.assertEqual(self._get_time_rows(order), {LOT: 8.0, LOT_VOH: 2.4})
            self.assertEqual(self._get_time_rows(rest), {LOT: -8.0, LOT_VOH: -2.4})
            order.date_finished = "2026-02-01 08:00:00"
