"""Time that is found after its period was closed: EVENTS T2, and the period after."""

from datetime import date

from odoo import fields
from odoo.tests import tagged

from .common import BackflushCommon
from .textbook import Textbook
from .variants import Variant2, Variant3, Variant4

JANUARY, FEBRUARY = date(2023, 1, 20), date(2023, 2, 10)
FIRST_OPEN = date(2023, 2, 1)


class ClosedTime(Textbook):
    """P of the catalogue: MO1 is done in January, MO9 is open when it is closed."""

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
    price = 40.0

    def setUp(self):
        super().setUp()
        self._buy(self.parts["M"], 60, 5.0)
        self.mo1 = self._make(JANUARY, 5.5, 21.0)
        self.version2 = self._create_version("v2", "2021-01-01")
        rates = self.version2.rate_ids
        rates.filtered(lambda x: x.element_id.type == "labour").rate = 22.0
        self.version2.price_ids.price = 5.5
        self.version2.action_roll_up()
        self.version2.action_activate()
        self.mo9 = self._create_production(self.product, 10)

    def _make(self, day, hours, cost):
        order = self._create_production(self.product, 10)
        self._record(order, hours, cost, day=day)
        self._finish(order)
        self._stand(order, day)
        return order

    def _compute(self, day):
        start = fields.Date.start_of(day, "month")
        close = self.env["backflush.close"].create(
            {
                "company_id": self.company.id,
                "date_from": start,
                "date_to": fields.Date.end_of(day, "month"),
            }
        )
        close.action_compute()
        return close

    def _post(self, close):
        close.action_post()
        self.assertEqual(close.state, "posted")

    def _close_january(self, cost=22.0):
        self._record(self.mo9, 2, cost, day=JANUARY)
        self._spend(JANUARY, labour=170.0, variable_overhead=50.0, fixed_overhead=170.0)
        self._post(self._compute(JANUARY))
        final = self._find_rows("final")
        return final, final.read()

    def _find_rows(self, state):
        domain = [("company_id", "=", self.company.id), ("state", "=", state)]
        domain += [("date", "<", "2024-01-01"), ("posting_id", "=", False)]
        return self.env["backflush.variance"].search(domain, order="id")

    def _describe(self, rows):
        return sorted((x.kind, x.amount, x.production_id, x.date) for x in rows)

    def _finish_mo9(self):
        """N1: 5 h, 3 of them this month."""
        self._record(self.mo9, 3, 22.0, day=FEBRUARY)
        self._finish(self.mo9)
        self._stand(self.mo9, FEBRUARY)

    def _get_timing(self):
        amounts = {"lab": -44.0, "voh": -12.0, "foh": -8.0}
        if self.trigger == "delivery":
            amounts = {"lab": 66.0, "voh": 18.0, "foh": 12.0}
        return {(name, "timing"): amount for name, amount in amounts.items()}

    def test_late_time_and_the_period_after(self):
        """T2, N1, N2 and P2 of the catalogue."""
        final, values = self._close_january()
        sheet = self._record(self.mo1, 0.5, 22.0, day=JANUARY)
        rows = self._find_rows("provisional")
        late = [
            ("labour_efficiency", 10.0, self.mo1, FIRST_OPEN),
            ("labour_rate", 1.0, self.mo1, FIRST_OPEN),
            ("overhead_efficiency", 3.0, self.mo1, FIRST_OPEN),
        ]
        self.assertEqual(self._describe(rows), late)
        rate = rows.filtered(lambda row: row.kind == "labour_rate")
        self.assertEqual(rate.timesheet_id, sheet)
        self._finish_mo9()
        self.assertEqual(self._describe(self._find_rows("provisional")), late)
        self._spend(FEBRUARY, labour=66.0, variable_overhead=21.0, fixed_overhead=160.0)
        close = self._compute(FEBRUARY)
        figures = {
            ("lab", "labour_efficiency"): 10.0,
            ("lab", "labour_rate"): 1.0,
            ("lab", "unallocated"): -11.0,
            ("voh", "overhead_efficiency"): 3.0,
            ("foh", "overhead_volume"): 148.0,
        }
        self.assertPeriod(close, figures | self._get_timing())
        timing = close.variance_ids.filtered(lambda row: row.kind == "timing")
        total = 96.0 if self.trigger == "delivery" else -64.0
        self.assertEqual(sum(timing.mapped("amount")), total)
        self.assertEqual(self._find_rows("final"), final)
        self.assertEqual(final.read(), values)

    def test_rate_that_the_closed_month_took_does_not_come_again(self):
        """Overtime on MO9 is January's, also when it is finished in February."""
        final, values = self._close_january(cost=30.0)
        self.assertIn(("labour_rate", 16.0, self.mo9, JANUARY), self._describe(final))
        self._finish_mo9()
        self.assertFalse(self._find_rows("provisional"))
        self.assertEqual(final.read(), values)

    def test_closed_time_changed_and_given_back(self):
        """A sheet of January that grows, and shrinks again, changes February alone."""
        final, values = self._close_january()
        sheet = self.mo1.backflush_timesheet_ids
        sheet.unit_amount = 6.0
        late = [
            ("labour_efficiency", 10.0, self.mo1, FIRST_OPEN),
            ("labour_rate", 0.5, self.mo1, FIRST_OPEN),
            ("overhead_efficiency", 3.0, self.mo1, FIRST_OPEN),
        ]
        self.assertEqual(self._describe(self._find_rows("provisional")), late)
        sheet.unit_amount = 5.5
        self.assertFalse(self._find_rows("provisional"))
        self.assertEqual(final.read(), values)
        sheet.unlink()
        # what January knew of 5.5 h is taken back: 5 h are allowed at the rate
        late = [
            ("labour_efficiency", -10.0, self.mo1, FIRST_OPEN),
            ("labour_rate", -5.5, self.mo1, FIRST_OPEN),
            ("overhead_efficiency", -3.0, self.mo1, FIRST_OPEN),
        ]
        self.assertEqual(self._describe(self._find_rows("provisional")), late)
        known = final.filtered("production_id").mapped("amount")
        self.assertEqual(sorted(known), [3.0, 5.5, 10.0])

    def test_open_order_cancelled_after_the_close(self):
        """What January took for work in process is unallocated in February."""
        final, values = self._close_january(cost=30.0)
        self.mo9.action_cancel()
        close = self._compute(FEBRUARY)
        figures = {
            ("lab", "labour_rate"): -16.0,
            ("lab", "timing"): -44.0,
            ("lab", "unallocated"): 60.0,
            ("voh", "timing"): -12.0,
            ("voh", "overhead_spending"): 12.0,
            ("foh", "timing"): -8.0,
            ("foh", "overhead_budget"): -160.0,
            ("foh", "overhead_volume"): 168.0,
        }
        self.assertPeriod(close, figures)
        self.assertEqual(final.read(), values)


@tagged("post_install", "-at_install")
class TestClosedTime1(ClosedTime, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestClosedTime2(ClosedTime, Variant2, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestClosedTime3(ClosedTime, Variant3, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestClosedTime4(ClosedTime, Variant4, BackflushCommon):
    pass
