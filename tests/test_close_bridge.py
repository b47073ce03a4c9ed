"""Bridge to sequential costing with everything open that can be open at a period's end.

The four variants of a month in which goods are received and not billed, delivered and
not invoiced, and an order is open: after the adjustment they show the same inventory,
the same debts and the same expense.
"""

from freezegun import freeze_time
from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger
from psycopg2.errors import CheckViolation

from .closing import Closing
from .common import BackflushCommon
from .month import Month
from .test_svc_keyboards import SvcKeyboards
from .time import RecordedTime
from .variants import Variant1, Variant2, Variant3, Variant4


class OpenShop(Closing, RecordedTime):
    """March: 100 kg billed, 30 kg not; 10 P made, 4 sold, 2 more delivered; 3 h and a
    kg used on an order that is open.
    """

    @classmethod
    def setUpClass(cls):
        # prices have their history from then on
        with freeze_time("2026-01-01 10:00"):
            super().setUpClass()

    def setUp(self):
        super().setUp()
        self._go_to("2026-03-10 10:00")
        self._activate_standards(m=5.0, s=6.0)
        self._buy(self.m, 100, 5.2)
        self._receive(self._order(self.m, 30, 5.5))
        order = self._create_production(self.p, 10)
        self._record(order, 6, 21.0)
        self._finish(order, used={self.m: 22})
        sale = self._sell(self.p, 4, 40.0)
        self._deliver(sale)
        self._invoice(sale)
        self._deliver(self._sell(self.p, 2, 40.0))
        self.open_order = self._create_production(self.p, 10)
        self._record(self.open_order, 3, 20.0)
        self._issue(self.open_order, 1)
        self._spend(labour=240.0, variable_overhead=60.0, fixed_overhead=170.0)
        self.env.flush_all()

    def _issue(self, order, quantity):
        """A part of the component leaves stock before anything is finished."""
        move = order.move_raw_ids
        move.write({"quantity": quantity, "picked": True})
        move._action_done()
        self.assertEqual(order.move_raw_ids.mapped("state").count("done"), 1)

    def _go_to(self, moment):
        frozen = freeze_time(moment)
        frozen.start()
        self.addCleanup(frozen.stop)

    def _get_places(self, close):
        """{place: (sequential, books)} where there is anything."""
        return {
            line.place: (line.sequential, line.backflush)
            for line in close.bridge_ids
            if line.sequential or line.backflush
        }


#: 107 kg on hand, 30 of them not billed; 4 P on hand; 3 h at 30.00 and 1 kg on the
#: open order.
HELD, OPEN, FINISHED, OWED = 535.0, 95.0, 100.0, 150.0
INVENTORY = HELD + OPEN + FINISHED
#: What was billed for materials and spent on conversion.
SPENT = 520.0 + 240.0 + 60.0 + 170.0


class EverythingOpen(OpenShop):
    #: Variances 51.95: prices 16.59 + 1.24, usage 4.12, labour 3.75 + 12.50, variable
    #: overhead 3.75 + 3.75, budget 6.25; volume and unallocated time are expensed.
    books = {}

    def test_adjusted_books(self):
        """I7: inventory, debts and expense are the same whatever the variant."""
        close = self._close()
        self.assertFalse(close.account_proof_ids.filtered("difference"))
        self.assertEqual(self._get_places(close), self._get_expected())
        self.assertEqual(close.inventory, INVENTORY)
        income = 160.0
        before = income - self._get_expense(close.date_to)
        self.assertAlmostEqual(close.profit, before, 2)
        inventory = self._get_inventory(close.date_to)
        close.action_adjust()
        self._check_adjusted(close)
        after = income - self._get_expense(close.date_to)
        self.assertAlmostEqual(close.bridge_profit, after - before, 2)
        self.assertAlmostEqual(close.bridge_inventory, INVENTORY - inventory, 2)

    def _check_adjusted(self, close):
        day = close.date_to
        self.assertAlmostEqual(self._get_inventory(day), INVENTORY, 2)
        self.assertAlmostEqual(
            self._get_total(self.accounts["accrued"].ids, day), -OWED
        )
        self.assertAlmostEqual(self._get_expense(day), SPENT + OWED - INVENTORY, 2)
        for name in ("work_in_process", "finished_inventory", "materials_inventory"):
            self.assertBalance(name, 0)  # with what comes back the day after

    def _get_expected(self):
        return {
            "materials": (HELD - OWED, self.books["materials"]),
            "work_in_process": (OPEN, 0.0),
            "finished_goods": (FINISHED, self.books["finished_goods"]),
            "not_billed": (OWED, 0.0),
            **self._get_not_invoiced(),
            "variances": (self.books["variances"], 0.0),
        }

    def _get_not_invoiced(self):
        if self.trigger == "delivery":
            return {}
        return {"not_invoiced": (0.0, 50.0)}

    def test_without_an_account_for_what_is_owed(self):
        """What is not billed is no inventory, in any variant."""
        self.company.backflush_gaap_accrual_account_id = False
        close = self._close()
        close.action_adjust()
        day = close.date_to
        self.assertAlmostEqual(self._get_inventory(day), INVENTORY - OWED, 2)
        self.assertAlmostEqual(self._get_expense(day), SPENT - INVENTORY + OWED, 2)

    def test_seen_later(self):
        """What happens after the period changes nothing of it."""
        self._go_to("2026-04-05 10:00")
        day = fields.Date.to_date("2026-03-10")
        self._buy(self.m, 50, 6.0)
        self._receive(self._order(self.m, 20, 5.0))
        self._finish(self.open_order)
        sale = self._sell(self.p, 8, 40.0)
        self._deliver(sale)
        self._invoice(sale)
        self._activate_v2()
        self.env.flush_all()
        close = self._create_close(day)
        close.action_compute()
        self.assertEqual(
            close.account_proof_ids.filtered("difference").mapped("description"), []
        )
        self.assertEqual(self._get_places(close), self._get_expected())


@tagged("post_install", "-at_install")
class TestBridge1(EverythingOpen, Variant1, BackflushCommon):
    books = {"materials": 390.0, "finished_goods": 100.0, "variances": 51.95}


@tagged("post_install", "-at_install")
class TestBridge2(EverythingOpen, Variant2, BackflushCommon):
    books = {"materials": 430.0, "finished_goods": 0.0, "variances": 51.95}


@tagged("post_install", "-at_install")
class TestBridge3(EverythingOpen, Variant3, BackflushCommon):
    books = {"materials": 0.0, "finished_goods": 100.0, "variances": 51.95}


@tagged("post_install", "-at_install")
class TestBridge4(EverythingOpen, Variant4, BackflushCommon):
    books = {"materials": 0.0, "finished_goods": 0.0, "variances": 51.95}


class OdooClosed(OpenShop):
    """Odoo's own closing has put materials into the balance sheet: periodic ones, and
    perpetual ones that are not billed. Usage and materials issued look missing to it.
    """

    def test_what_it_has_carried_is_left_out(self):
        self.company.action_close_stock_valuation(auto_post=True)
        close = self._close()
        self.assertEqual(
            close.account_proof_ids.filtered("difference").mapped("description"), []
        )
        places = self._get_places(close)
        self.assertEqual(places["materials"], (HELD - OWED, self.shown))
        close.action_adjust()
        day = close.date_to
        inventory = self._get_inventory(day)
        if self.materials_valuation == "periodic":
            carried = self.materials.property_stock_valuation_account_id
            inventory += self._get_total(carried.ids, day)
        self.assertAlmostEqual(inventory, INVENTORY, 2)
        self.assertAlmostEqual(self._get_expense(day), SPENT + OWED - INVENTORY, 2)


@tagged("post_install", "-at_install")
class TestBridgeOdooClosed1(OdooClosed, Variant1, BackflushCommon):
    shown = HELD


@tagged("post_install", "-at_install")
class TestBridgeOdooClosed2(OdooClosed, Variant2, BackflushCommon):
    shown = HELD + 40.0


@tagged("post_install", "-at_install")
class TestBridgeOdooClosed3(OdooClosed, Variant3, BackflushCommon):
    shown = HELD


@tagged("post_install", "-at_install")
class TestBridgeOdooClosed4(OdooClosed, Variant4, BackflushCommon):
    shown = HELD


@tagged("post_install", "-at_install")
class TestAdjustment(OpenShop, Variant2, BackflushCommon):
    """What the adjustment refuses, and taking it back."""

    def assertRefused(self, close, sentence):
        before = self._get_balances()
        with self.assertRaisesRegex(UserError, sentence), self.env.cr.savepoint():
            close.action_adjust()
        self.env.invalidate_all()
        self.assertEqual(self._get_balances(), before)
        self.assertFalse(close.adjustment_move_id)

    def test_not_posted(self):
        close = self._create_close()
        close.action_compute()
        self.assertRefused(close, "is not posted")

    def test_account_missing(self):
        close = self._close()
        self.company.backflush_gaap_wip_account_id = False
        self.assertRefused(close, "Work in Process")

    def test_account_archived(self):
        close = self._close()
        self.company.backflush_gaap_finished_account_id.active = False
        self.assertRefused(close, "archived")

    def test_twice(self):
        close = self._close()
        close.action_adjust()
        with self.assertRaisesRegex(UserError, "adjusted already"):
            close.action_adjust()

    def test_after_the_next_close(self):
        close = self._close()
        self._go_to("2026-04-10 10:00")
        self._close()
        self.assertRefused(close, "2026-04 is closed")

    def test_next_day_locked(self):
        close = self._close()
        close.company_id.fiscalyear_lock_date = "2026-04-30"
        self.assertRefused(close, "locked")

    def test_undone(self):
        close = self._close()
        before = self._get_balances()
        at_end = self._get_inventory(close.date_to)
        close.action_adjust()
        close.action_undo_adjustment()
        self.assertEqual(self._get_balances(), before)
        self.assertEqual(self._get_inventory(close.date_to), at_end)
        close.action_adjust()
        self.assertAlmostEqual(self._get_inventory(close.date_to), INVENTORY, 2)

    def test_close_reversed_with_it(self):
        before = self._get_balances()
        close = self._create_close()
        close.action_compute()
        close.action_post()
        close.action_adjust()
        close.action_undo_adjustment()
        close.action_adjust()
        close.action_reverse()
        self.assertEqual(self._get_balances(), before)
        self.assertFalse(close.adjustment_move_id)
        again = self._close()
        again.action_adjust()
        self.assertAlmostEqual(self._get_inventory(again.date_to), INVENTORY, 2)

    def test_the_next_close_starts_clean(self):
        close = self._close()
        close.action_adjust()
        self._go_to("2026-04-10 10:00")
        self._finish(self.open_order)
        self._spend(labour=100.0, variable_overhead=30.0, fixed_overhead=160.0)
        later = self._close()
        self.assertFalse(later.account_proof_ids.filtered("difference"))

    def test_profit_of_the_second_period(self):
        """What the first one lacked is none of the second, unless it came back."""
        first = self._close()
        self._go_to("2026-04-10 10:00")
        second = self._create_close()
        second.action_compute()
        lacked = first.bridge_profit
        self.assertEqual(first.bridge_profit_to_date, lacked)
        # nothing has happened: the same goods, and nothing new
        self.assertEqual(second.bridge_profit_to_date, lacked)
        self.assertEqual(second.bridge_profit, 0)
        profit = second.profit
        first.action_adjust()
        second.action_compute()
        self.assertAlmostEqual(second.profit, profit - lacked, 2)
        self.assertEqual(second.bridge_profit, lacked)

    def test_limits(self):
        close = self._create_close()
        close.action_compute()
        self.assertTrue(close.is_bridge_material)
        self.company.backflush_gaap_inventory_percent = 100
        self.company.backflush_gaap_profit_percent = 100
        close.action_compute()
        self.assertFalse(close.is_bridge_material)

    def test_limit_is_a_percentage(self):
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(CheckViolation),
            self.env.cr.savepoint(),
        ):
            self.company.backflush_gaap_profit_percent = 120
            self.env.flush_all()

    def test_reader(self):
        """A reader looks at the bridge and books nothing."""
        close = self._close()
        user = new_test_user(
            self.env,
            "reader",
            "backflush_costing.group_backflush_user",
            company_id=self.company.id,
        )
        seen = close.with_user(user)
        self.assertTrue(seen.bridge_ids.mapped("sequential"))
        self.assertTrue(seen.account_proof_ids.mapped("balance"))
        with self.assertRaises(AccessError):
            seen.action_adjust()
        with self.assertRaises(AccessError):
            seen.bridge_ids[:1].sequential = 5

    def test_kept(self):
        close = self._close()
        for values in (
            {"bridge_ids": [(5,)]},
            {"adjustment_move_id": False},
            {"inventory": 1.0},
        ):
            with self.assertRaisesRegex(UserError, "kept as it is"):
                close.write(values)
        manager = new_test_user(
            self.env,
            "manager",
            "backflush_costing.group_backflush_manager,account.group_account_manager",
            company_id=self.company.id,
        )
        for lines in (close.bridge_ids, close.adjustment_ids, close.account_proof_ids):
            with self.assertRaises(AccessError):
                lines[:1].with_user(manager).unlink()


@tagged("post_install", "-at_install")
class TestBridgeProrated(OpenShop, Variant1, BackflushCommon):
    def test_capitalised_variances_are_inventory(self):
        self.company.backflush_variance_policy = "prorate"
        close = self._close()
        places = self._get_places(close)
        sequential, books = places["variances"]
        self.assertEqual(sequential, books)
        self.assertGreater(books, 0)
        day = close.date_to
        self.assertAlmostEqual(self._get_total(self.capitalised.ids, day), books, 2)
        close.action_adjust()
        self.assertAlmostEqual(self._get_inventory(day), INVENTORY, 2)
        self.assertAlmostEqual(
            self._get_expense(day), SPENT + OWED - INVENTORY - books, 2
        )


class FeeNotBilled(Closing, Month):
    """10 R of a subcontractor have come, 8 of them are sold; his bill has not."""

    def test_fee_is_owed(self):
        if "is_subcontract" not in self.env["stock.move"]._fields:
            self.skipTest("Odoo's subcontracting is not installed")
        self.made = {}
        for code in ("A1", "A2", "C13"):
            self.play(code)
        sale = self._sell(self.r, 8, 12.0)
        self._deliver(sale)
        self._invoice(sale)
        close = self._close()
        places = {line.place: line.sequential for line in close.bridge_ids}
        self.assertEqual(places["not_billed"], 30.0)
        self.assertEqual(places["finished_goods"], 16.0)
        self.assertEqual(close.inventory, 466.0)
        close.action_adjust()
        day = close.date_to
        self.assertAlmostEqual(self._get_total(self.accounts["accrued"].ids, day), -30)
        # 100 kg billed at 5.20, 10 of them used; 2 R at 8.00 on hand
        self.assertAlmostEqual(self._get_inventory(day), 450.0 + 16.0, 2)
        self.assertAlmostEqual(self._get_expense(day), 520.0 + 30.0 - 466.0, 2)


@tagged("post_install", "-at_install")
class TestBridgeFee1(FeeNotBilled, Variant1, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestBridgeFee2(FeeNotBilled, Variant2, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestBridgeSvc(Closing, SvcKeyboards, RecordedTime, Variant2, BackflushCommon):
    """Silicon Valley Computer: conversion cost of the 1,000 keyboards not sold."""

    def test_adjustment(self):
        close = self._close()
        close.action_adjust()
        day = close.date_to
        places = {line.place: line for line in close.bridge_ids}
        self.assertEqual(places["finished_goods"].sequential, 31_000)
        self.assertEqual(close.bridge_inventory, 12_000)
        self.assertAlmostEqual(self._get_inventory(day), 81_000, 2)


@tagged("post_install", "-at_install")
class TestRounding(Closing, RecordedTime, BackflushCommon):
    """Standards with fractions of a cent: the close takes off what rounding leaves."""

    def test_residue_is_booked(self):
        self._activate_standards(m=0.333, s=6.0)
        for _number in range(3):
            self._buy(self.m, 1, 0.33)
        self._buy(self.m, 1, 0.35)
        close = self._close()
        residue = close.account_proof_ids.filtered("difference")
        self.assertEqual(residue.mapped("state"), ["rounding"])
        # four bills pass 0.33 each, 4 × 0.333 are 1.33
        self.assertAlmostEqual(residue.difference, -0.01, 2)
        self.assertEqual(
            self._get_step(close, "Rounding of stock accounts"),
            {"materials": 0.01, "material_quantity_variance": -0.01},
        )
        row = close.variance_ids.filtered(lambda x: x.kind == "rounding")
        self.assertEqual((row.amount, row.state), (-0.01, "final"))
        self.assertBalance("material_quantity_variance", 0)
        self.assertBalance("materials", 1.33)
        self.assertClosed()
        self.assertLedgerIsStock()

    def test_account_missing(self):
        self._activate_standards(m=0.333, s=6.0)
        for _number in range(3):
            self._buy(self.m, 1, 0.33)
        close = self._create_close()
        close.action_compute()
        self.elements["material"].quantity_variance_account_id = False
        close.action_compute()
        with self.assertRaisesRegex(UserError, "variance account"):
            close.action_post()

    def test_reversal_gives_it_back(self):
        self._activate_standards(m=0.333, s=6.0)
        for _number in range(3):
            self._buy(self.m, 1, 0.33)
        before = self._get_balances()
        close = self._close()
        self.assertTrue(close.account_proof_ids.filtered("difference"))
        close.action_reverse()
        self.assertEqual(self._get_balances(), before)
        again = self._close()
        rows = again.variance_ids.filtered(lambda x: x.kind == "rounding")
        self.assertEqual(len(rows), 1)
