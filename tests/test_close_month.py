"""EVENTS sections 9 and 10: the month's close, and those of the two periods after.

In all four variants, with one or two accounts for conversion cost; proration instead of
cost of sales in the first.
"""

from odoo import fields
from odoo.tests import tagged

from .closing import Closing
from .common import BackflushCommon
from .month import SECTIONS, Month
from .month_close import (
    ADJUSTED,
    CAPITALISE,
    CLOSED,
    PRORATED_REST,
    RELEASE,
    SECOND,
    THIRD,
    TOTAL,
    USAGE,
    WRITE_OFF,
    settle,
    settle_at_once,
)
from .variants import Variant1, Variant2, Variant3, Variant4


class CloseMonth(Closing, Month):
    """The month played, and what closes have in common."""

    def setUp(self):
        super().setUp()
        if "is_subcontract" not in self.env["stock.move"]._fields:
            self.skipTest("Odoo's subcontracting is not installed")
        self.column = "c" if self.trigger == "completion" else "d"
        self.made = {}
        for section in SECTIONS:
            for code in section:
                self.play(code)
        self.today = fields.Date.today()

    def _get_month(self, months):
        """The tenth day of a later month."""
        day = fields.Date.start_of(fields.Date.add(self.today, months=months), "month")
        return fields.Date.add(day, days=9)

    def assertBalances(self, expected):
        for name, amount in expected.items():
            self.assertBalance(name, amount)

    def assertBooksAgree(self):
        self.assertLedgerIsStock()
        if self.materials_valuation == "real_time":
            self.assertClosed()

    # -- the period after -------------------------------------------------------

    def _play_second(self):
        """T2, N1, N2 and P2."""
        self._record(self.made["mo1"], 0.5, 22.0, day=self.today)
        self._record(self.made["mo9"], 3, 22.0)
        self._finish(self.made["mo9"])
        self._spend(labour=66.0, variable_overhead=21.0, fixed_overhead=160.0)

    def _play_third(self):
        """N3 and N4: everything is sold."""
        for product, quantity, price in ((self.p, 43, 40.0), (self.r, 10, 12.0)):
            order = self._sell(product, quantity, price)
            self._deliver(order)
            self._invoice(order)

    def _play_later_periods(self):
        """Play both and close them; returns the closes."""
        closes = self.env["backflush.close"]
        for months, play in ((1, self._play_second), (2, self._play_third)):
            day = self._get_month(months)
            with self._at(day):
                play()
                self.env.flush_all()
                close = self._close(day)
                self.assertVariancesGone(close)
                self.assertBooksAgree()
            closes |= close
        return closes.sorted("date_from")


class CloseEvents(CloseMonth):
    """The whole of both sections with variances written off."""

    #: cost of sales 1,135.50 or 1,693.50, revaluation −86.00, and the adjustment
    expense = 985.5

    def _get_settled(self):
        return settle(self.column)

    def _check_first(self, close):
        self.assertEqual(self._get_step(close, "Open usage"), USAGE[self.column])
        self.assertEqual(self._get_step(close, "Conversion cost"), self._get_settled())
        self.assertEqual(self._get_step(close, "Variances expensed"), WRITE_OFF)
        self.assertEqual(len(close.account_move_ids), 1)
        self.assertEqual(close.account_move_ids.date, close.date_to)
        self.assertBalances(CLOSED[self.column])
        self.assertVariancesGone(close)
        self.assertBooksAgree()

    def _check_adjustment(self, close):
        """G1 and I7: at the period's end all variants show the same."""
        day = close.date_to
        self.assertFalse(close.account_proof_ids.filtered("difference"))
        close.action_adjust()
        found = self._get_step(close, "Adjustment to sequential costing")
        # the entry, and what comes back on the next day
        self.assertEqual(found, {})
        entry = close.adjustment_move_id
        self.assertEqual(self._summarise(entry.line_ids), ADJUSTED[self.variant])
        self.assertEqual(self._get_inventory(day), 1235.0)
        self.assertEqual(self._get_expense(day), self.expense)
        after = fields.Date.add(day, days=1)
        self.assertEqual(entry.reversal_move_ids.date, after)
        self.assertBalances(CLOSED[self.column])
        self.assertBooksAgree()

    def _check_reversal(self):
        before = self._get_balances()
        rows = self._get_open_rows()
        close = self._close()
        self._check_first(close)
        close.action_reverse()
        self.assertEqual(close.state, "reversed")
        self.assertEqual(self._get_balances(), before)
        self.assertLessEqual(rows, self._get_open_rows())
        self.assertBooksAgree()

    def _get_open_rows(self):
        rows = self.env["backflush.variance"].search(
            [
                ("company_id", "=", self.company.id),
                ("state", "=", "provisional"),
                ("close_id", "=", False),
            ]
        )
        return {(row.id, row.amount, row.account_move_id.id) for row in rows}

    def test_closes(self):
        self._check_reversal()
        close = self._close()
        self._check_first(close)
        self._check_adjustment(close)
        self._check_the_books()
        second, third = self._play_later_periods()
        self.assertEqual(self._get_step(second, "Conversion cost"), SECOND[self.column])
        self.assertEqual(self._get_step(third, "Conversion cost"), THIRD[self.column])
        self._check_late_time(second)
        self.assertBalances(TOTAL)

    def _check_late_time(self, close):
        """T2: in the open period, pointing at its order of the closed one."""
        rows = close.variance_ids.filtered(
            lambda row: row.production_id == self.made["mo1"]
        )
        found = {row.kind: row.amount for row in rows}
        self.assertEqual(
            found,
            {"labour_efficiency": 10.0, "labour_rate": 1.0, "overhead_efficiency": 3.0},
        )
        self.assertEqual(set(rows.mapped("date")), {close.date_from})

    def _check_the_books(self):
        today = fields.Date.today()
        start = fields.Date.subtract(today, days=30)
        check = self.env["backflush.check"]._check_books(self.company, start, today)
        broken = check.broken_line_ids.mapped("sentence")
        self.assertEqual(check.state, "passed", broken)


@tagged("post_install", "-at_install")
class TestCloseMonth1(CloseEvents, Variant1, BackflushCommon):
    variant = 1


@tagged("post_install", "-at_install")
class TestCloseMonth2(CloseEvents, Variant2, BackflushCommon):
    variant = 2


@tagged("post_install", "-at_install")
class TestCloseMonth3(CloseEvents, Variant3, BackflushCommon):
    variant = 3


@tagged("post_install", "-at_install")
class TestCloseMonth4(CloseEvents, Variant4, BackflushCommon):
    variant = 4


class OneAccount(CloseMonth):
    """P1′: control and applied are the same account."""

    @classmethod
    def _name_accounts(cls):
        res = super()._name_accounts()
        cls._use_one_account()
        return res

    def test_close(self):
        close = self._close()
        self.assertEqual(
            self._get_step(close, "Conversion cost"), settle_at_once(self.column)
        )
        self.assertBalances(CLOSED[self.column])
        self.assertVariancesGone(close)


@tagged("post_install", "-at_install")
class TestCloseOneAccount1(OneAccount, Variant1, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestCloseOneAccount2(OneAccount, Variant2, BackflushCommon):
    pass


class CloseProrated(CloseMonth):
    def setUp(self):
        super().setUp()
        self.company.backflush_variance_policy = "prorate"

    def _close_prorated(self):
        """The same parts whatever the variant: goods hold the same at standard."""
        close = self._close()
        self.assertEqual(self._get_step(close, "Variances capitalised"), CAPITALISE)
        self.assertEqual(self._get_step(close, "Variances returned"), RELEASE)
        self.assertEqual(self._get_step(close, "Variances expensed"), PRORATED_REST)
        return close


class ProratedAndAdjusted(CloseProrated):
    def test_close(self):
        close = self._close_prorated()
        close.action_adjust()
        day = close.date_to
        kept = CAPITALISE["capitalised"]
        self.assertEqual(self._get_total(self.capitalised.ids, day), kept)
        self.assertEqual(self._get_inventory(day), 1235.0)
        self.assertEqual(self._get_expense(day), round(985.5 - kept, 2))


@tagged("post_install", "-at_install")
class TestCloseProrated2(ProratedAndAdjusted, Variant2, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestCloseProrated3(ProratedAndAdjusted, Variant3, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestCloseProrated4(ProratedAndAdjusted, Variant4, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestCloseProrated(CloseProrated, Variant1, BackflushCommon):
    def test_capitalised_part_comes_back(self):
        close = self._close_prorated()
        first, released = close.account_move_ids.sorted("date")
        self.assertEqual(first.date, close.date_to)
        self.assertEqual(released.date, fields.Date.add(close.date_to, days=1))
        self.assertBalance("capitalised", 0)
        self.assertBalance("ppv", 7.26)
        second, third = self._play_later_periods()
        self.assertEqual(self._get_kept(close), 68.5)
        # what came back is prorated again, over what is left: nothing but 85.00 of
        # materials in the end, which hold prices only
        self.assertGreater(self._get_kept(second), 0)
        self.assertEqual(third.part_ids._get_capitalised(), self._get_held(third))
        self.assertBalance("capitalised", 0)

    def _get_kept(self, close):
        parts = close.part_ids.filtered(lambda part: part.place != "cost_of_sales")
        return round(sum(parts.mapped("amount")), 2)

    def _get_held(self, close):
        """Parts of prices of materials."""
        parts = close.part_ids.filtered(
            lambda part: (part.place, part.group) == ("materials", "price")
        )
        self.assertTrue(parts)
        return parts._get_parts()

    def test_reversal_restores_every_balance(self):
        before = self._get_balances()
        close = self._close()
        close.action_reverse()
        self.assertEqual(self._get_balances(), before)

    def test_below_the_limit_all_is_expensed(self):
        self.company.backflush_materiality_percent = 50
        close = self._close()
        self.assertEqual(self._get_step(close, "Variances expensed"), WRITE_OFF)
        self.assertEqual(len(close.account_move_ids), 1)
