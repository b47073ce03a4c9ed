"""Switching triggers in tests: goods made before, orders open at the switch, and the
months around it, closed for good.
"""

from datetime import datetime, time

from freezegun import freeze_time
from odoo import Command, fields

from .check_common import CheckCommon
from .closing import Closing
from .time import RecordedTime


class Undone(Exception):
    """Takes back what was only tried."""


class Switching(Closing, RecordedTime, CheckCommon):
    """A month under one trigger, the next one under another."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.today()
        cls.first = fields.Date.add(fields.Date.end_of(cls.today, "month"), days=1)

    def _at(self, day):
        return freeze_time(datetime.combine(day, time(12)))

    def _get_day(self, days=9):
        return fields.Date.add(self.first, days=days)

    def _create_switch(self, trigger, category=None, day=None, **values):
        line = {"category_id": (category or self.finished).id, "trigger": trigger}
        return self.env["backflush.switch"].create(
            {
                "company_id": self.company.id,
                "date": day or self.first,
                "line_ids": [Command.create(line | values)],
            }
        )

    def _switch(self, trigger, category=None, day=None, in_process=False, **values):
        """Switch in the morning of a day, after a look at what that will do.

        `in_process`: what open orders have used is on its account until they are done.
        """
        day = day or self.first
        category = category or self.finished
        with self._at(day):
            switch = self._create_switch(trigger, category, day, **values)
            switch.action_preview()
            self.assertEqual(switch.state, "draft")
            shown = self._get_figures(switch)
            switch.action_apply()
            self.assertEqual(switch.state, "done")
            self.assertEqual(self._get_figures(switch), shown)
            self.assertTrue(switch.is_proven, self._describe_figures(switch))
            self.assertEqual(category.property_backflush_trigger or False, trigger)
            if category == self.finished:
                self.trigger = trigger
            if not in_process:
                self.assertClosed()
            if not in_process and not self._get_open_usage():
                self.assertLedgerIsStock()
        return switch

    def _get_open_usage(self):
        """Rows that the close is to book; under `completion` there are none, and
        `assertLedgerIsStock` knows of none.
        """
        return self.trigger != "delivery" and self.env["backflush.variance"].search(
            [
                ("company_id", "=", self.company.id),
                ("account_move_id", "=", False),
                ("kind", "=", "material_usage"),
            ]
        )

    def _get_figures(self, switch):
        return sorted(
            (x.account_id.id, x.before, x.moved, x.after) for x in switch.account_ids
        )

    def _describe_figures(self, switch):
        return [
            (x.account_id.name, x.before, x.moved, x.stock_after, x.difference_before)
            for x in switch.account_ids.filtered("is_stock")
        ]

    def assertBooksAgree(self):
        self.env.flush_all()
        self.assertLedgerIsStock()
        self.assertClosed()

    def assertEntryOf(self, switch, expected):
        self.assertEqual(switch.account_move_id.date, switch.date)
        self.assertEntry(switch.account_move_id, expected)
        self.assertRows(switch.posting_id.variance_ids, [])

    # -- the two months ---------------------------------------------------------

    def _play(self, switch=None):
        """Make, switch, finish and sell everything; returns the total expense."""
        self._make()
        if switch:
            self._close_month(self.today)
            switch()
        with self._at(self._get_day()):
            self._finish_and_sell()
        if not switch:
            self._close_month(self.today)
        self._close_month(self.first)
        return self._get_expense()

    def _make(self):
        """10 made, 4 sold, and an order open on which somebody has worked."""
        self._buy(self.m, 100, 5.2)
        self._produce(self.p, 10, used={self.m: 21})
        self.open_order = self._create_production(self.p, 6)
        self._record(self.open_order, 2, 21.0)
        sale = self._sell(self.p, 4, 40.0)
        self._deliver(sale)
        self._invoice(sale)
        self._spend(labour=150.0, variable_overhead=50.0, fixed_overhead=160.0)

    def _finish_and_sell(self):
        self._record(self.open_order, 1.5, 21.0)
        self._finish(self.open_order, used={self.m: 13})
        self._produce(self.p, 10)
        sale = self._sell(self.p, 22, 40.0)
        self._deliver(sale)
        self._invoice(sale)
        self._spend(labour=160.0, variable_overhead=45.0, fixed_overhead=160.0)
        self.env.flush_all()

    def _close_month(self, day):
        with self._at(fields.Date.end_of(day, "month")):
            return self._close(day)

    def _get_expense(self):
        groups = self.env["account.move.line"]._read_group(
            [
                ("company_id", "=", self.company.id),
                ("parent_state", "=", "posted"),
                ("account_id.internal_group", "=", "expense"),
            ],
            [],
            ["balance:sum"],
        )
        return round(groups[0][0], 2)

    def _try(self, play, *args):
        """What `play` returns; nothing of it stays."""
        result = []
        trigger = self.trigger
        try:
            with self.env.cr.savepoint():
                result.append(play(*args))
                raise Undone
        except Undone:
            self.people, self.trigger = {}, trigger
        return result[0]
