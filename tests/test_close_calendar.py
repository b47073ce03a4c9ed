"""Periods of months or of weeks, and dates that no period can have."""

from freezegun import freeze_time
from odoo.exceptions import UserError
from odoo.fields import Date
from odoo.tests import Form, tagged

from .closing import Closing
from .common import BackflushCommon
from .time import RecordedTime


class CalendarCase(Closing, RecordedTime, BackflushCommon):
    def setUp(self):
        super().setUp()
        frozen = freeze_time("2026-03-10 10:00")
        frozen.start()
        self.addCleanup(frozen.stop)

    def _create(self, first, last):
        return self.env["backflush.close"].create(
            {
                "company_id": self.company.id,
                "date_from": first,
                "date_to": last,
            }
        )

    def _propose(self):
        """Name and dates of a new close as the form proposes them."""
        form = Form(self.env["backflush.close"])
        return form.name, str(form.date_from), str(form.date_to)

    def _post(self, close):
        close.action_compute()
        self.assertIs(close.action_post(), True)
        return close


@tagged("post_install", "-at_install")
class TestCalendar(CalendarCase):
    def test_months(self):
        self.assertEqual(self._propose(), ("2026-02", "2026-02-01", "2026-02-28"))
        self._post(self._create("2026-02-01", "2026-02-14"))
        proposed = ("2026-02-15 – 2026-02-28", "2026-02-15", "2026-02-28")
        self.assertEqual(self._propose(), proposed)

    def test_weeks(self):
        self.company.backflush_close_calendar = "445"
        # the third period goes on
        self.assertEqual(self._propose(), ("2026 P02", "2026-01-29", "2026-02-25"))
        self._post(Form(self.env["backflush.close"]).save())
        self.assertEqual(self._propose(), ("2026 P03", "2026-02-26", "2026-04-01"))
        for calendar, end in (("454", "2026-03-04"), ("544", "2026-03-04")):
            self.company.backflush_close_calendar = calendar
            self.assertEqual(self._propose()[2], end)

    def test_fiscal_year_that_begins_in_july(self):
        self.company.write({"fiscalyear_last_day": 30, "fiscalyear_last_month": "6"})
        self.company.backflush_close_calendar = "445"
        # 30 weeks and then 4 since 2025-07-01
        proposed = ("2025/26 P08", "2026-01-27", "2026-02-23")
        self.assertEqual(self._propose(), proposed)
        close = self._create("2026-05-26", "2026-06-30")
        self.assertEqual(close.name, "2025/26 P12")

    def test_other_dates_keep_their_name(self):
        self.company.backflush_close_calendar = "445"
        close = self._create("2026-01-01", "2026-01-31")
        self.assertEqual(close.name, "2026-01")

    def test_filed_under_one_name_in_all_calendars(self):
        close = self._create("2026-01-29", "2026-02-25")
        close._as_engine().write({"state": "posted"})
        filed = close._get_statement_attachment()
        self.company.backflush_close_calendar = "445"
        close.invalidate_recordset(["name"])
        self.assertEqual(close.name, "2026 P02")
        self.assertEqual(close._get_statement_attachment(), filed)

    def test_open_periods_are_refreshed(self):
        """Idle capacity of the period that goes on, and of the one before."""
        with freeze_time("2025-12-31 10:00"):
            self._activate_standards(m=5.0, s=6.0)
        self.company.backflush_close_calendar = "445"
        self.env["backflush.time"]._refresh(self.company, force=True)
        self.assertEqual(self._get_idle(), {"2026-02-25": 158.34, "2026-03-10": 68.76})
        with freeze_time("2026-03-12 10:00"):
            self._post(Form(self.env["backflush.close"]).save())
            self.env["backflush.time"]._refresh(self.company, force=True)
        self.assertEqual(self._get_idle(), {"2026-02-25": 158.34, "2026-03-12": 79.08})

    def _get_idle(self):
        rows = self.env["backflush.variance"].search(
            [
                ("company_id", "=", self.company.id),
                ("kind", "=", "overhead_volume"),
            ]
        )
        return {str(row.date): row.amount for row in rows}

    def test_budget_of_twelve_periods_is_that_of_the_year(self):
        """40 hours a month at 4.00, all of it idle."""
        with freeze_time("2025-12-31 10:00"):
            self._activate_standards(m=5.0, s=6.0)
        self.company.backflush_close_calendar = "445"
        budgets = []
        for month in range(1, 13):
            with freeze_time(f"{2026 + month // 12}-{month % 12 + 1:02}-05 10:00"):
                close = Form(self.env["backflush.close"]).save()
                if month == 1:
                    dates = self.company._get_backflush_period(
                        Date.to_date("2026-01-01")
                    )
                    close.write({"date_from": dates.first, "date_to": dates.last})
                self._post(close)
            rows = close.variance_ids.filtered(lambda x: x.kind == "overhead_volume")
            budgets.append(sum(rows.mapped("amount")))
            self.assertEqual(close.name, f"2026 P{month:02}")
        self.assertEqual(str(close.date_to), "2026-12-31")
        self.assertAlmostEqual(sum(budgets), 12 * 160, 1)
        # 28 of 31 days of January
        self.assertAlmostEqual(budgets[0], 144.52, 2)


@tagged("post_install", "-at_install")
class TestDates(CalendarCase):
    def assertRefused(self, first, last, sentence):
        before = self.env["backflush.close"].search_count([])
        with self.assertRaisesRegex(UserError, sentence):
            with self.env.cr.savepoint():
                self._create(first, last)
        self.assertEqual(self.env["backflush.close"].search_count([]), before)
        other = self._create("2025-06-01", "2025-06-30")
        with self.assertRaisesRegex(UserError, sentence):
            with self.env.cr.savepoint():
                other.write({"date_from": first, "date_to": last})
        self.env.invalidate_all()
        self.assertEqual(other.name, "2025-06")
        other.unlink()

    def test_end_before_beginning(self):
        sentence = "ends on 2026-02-01, before it begins on 2026-02-28: exchange"
        self.assertRefused("2026-02-28", "2026-02-01", sentence)

    def test_overlap(self):
        self._create("2026-02-01", "2026-02-28")
        sentence = "2026-02-15 – 2026-03-14 overlaps with the close of 2026-02"
        self.assertRefused("2026-02-15", "2026-03-14", sentence)

    def test_two_fiscal_years(self):
        sentence = "lies in two fiscal years: the first one ends on 2025-12-31"
        self.assertRefused("2025-12-15", "2026-01-14", sentence)

    def test_closed_fiscal_year(self):
        for name in ("fiscalyear_lock_date", "hard_lock_date"):
            # the hard one cannot be lifted again
            self.company[name] = "2025-03-31"
            sentence = "2025-03-31 is in a period that is locked until 2025-03-31"
            self.assertRefused("2025-03-01", "2025-03-31", sentence)

    def test_tax_lock_does_not_matter(self):
        self.company.tax_lock_date = "2026-02-28"
        self.assertTrue(self._create("2026-02-01", "2026-02-28"))
