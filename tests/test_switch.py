"""Switching a trigger by date: what moves with it, and that nothing is lost."""

from odoo import fields
from odoo.tests import tagged

from .switching import Switching


@tagged("post_install", "-at_install")
class TestSwitchAndBack(Switching):
    """Completion, delivery, completion, with perpetual materials."""

    def test_goods_on_hand_move_to_their_materials_and_back(self):
        self._buy(self.m, 100, 5.0)
        self._produce(self.p, 10)
        switch = self._switch("delivery")
        there = {
            "materials": 100.0,
            "labour_applied": 100.0,
            "variable_overhead_applied": 30.0,
            "fixed_overhead_applied": 20.0,
            "finished": -250.0,
        }
        self.assertEntryOf(switch, there)
        self.assertEqual(switch.posting_id.event, "revaluation")
        self.assertEqual(self.finished.property_valuation, "periodic")
        with self._at(self.first):
            back = self._switch("completion")
        self.assertEntryOf(back, {name: -x for name, x in there.items()})
        self.assertEqual(self.finished.property_valuation, "real_time")
        with self._at(self.first):
            self.assertPassed()

    def test_months_around_it_end_at_the_same_expense(self):
        expense = self._try(self._play)
        found = self._play(lambda: self._switch("delivery"))
        self.assertEqual(found, expense)
        self.assertBalance("finished", 0)

    def test_month_before_it_is_closed_later(self):
        """That month is explained by the trigger that was in force in it."""
        self._make()
        expected = self._try(self._get_period, self.today)
        self._switch("delivery")
        self.assertEqual(self._get_period(self.today), expected)

    def _get_period(self, day):
        close = self._close_month(day)
        return sorted(
            (x.element_id.type, x.control, x.applied, x.timing) for x in close.line_ids
        )
