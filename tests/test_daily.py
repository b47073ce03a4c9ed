"""Posting mode *daily*: events are recorded at once, their entries made once a day."""

from collections import defaultdict
from datetime import date

from freezegun import freeze_time
from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import BackflushCommon


class DailyCase(BackflushCommon):
    posting_mode = "daily"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)

    def _book(self, postings=None):
        """Book the day as an accountant does; returns the entries."""
        known = self._find_entries()
        postings = self._postings() if postings is None else postings
        postings.action_book()
        return self._find_entries() - known

    def _find_entries(self):
        journal = self.company.backflush_journal_id
        return self.env["account.move"].search([("journal_id", "=", journal.id)])

    def _postings(self, *domain):
        company = ("company_id", "=", self.company.id)
        return self.env["backflush.posting"].search([company, *domain], order="id")

    def _run_job(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            cron = self.env.ref("backflush_costing.backflush_day_cron_book")
            cron.sudo().method_direct_trigger()
        self.env.invalidate_all()

    def _return(self, picking, quantity):
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_ids=picking.ids, active_id=picking.id)
            .create({"picking_id": picking.id})
        )
        wizard.product_return_moves.write({"quantity": quantity, "to_refund": True})
        return self._validate(
            self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        )

    def assertPostingsMatch(self, entry):
        """Σ posting lines = Σ journal items, per account and element."""
        booked, posted = defaultdict(float), defaultdict(float)
        for line in entry.backflush_posting_ids.line_ids:
            booked[line.account_id, line.element_id] += line.amount
        for item in entry.line_ids:
            posted[item.account_id, item.backflush_element_id] += item.balance
        totals = [
            {key: round(x, 2) for key, x in totals.items() if round(x, 2)}
            for totals in (booked, posted)
        ]
        self.assertEqual(*totals)
        self.assertAlmostEqual(sum(posted.values()), 0, 2)
        self.assertEqual(set(entry.backflush_posting_ids.mapped("state")), {"posted"})

    def assertAllBooked(self):
        self.assertFalse(self._postings(("state", "in", ("pending", "failed"))))
        for posting in self._postings(
            ("line_ids", "!=", False), ("state", "=", "posted")
        ):
            tied = posting.variance_ids.filtered("account_move_id")
            self.assertTrue(posting.account_move_id, posting.name)
            self.assertLessEqual(tied.account_move_id, posting.account_move_id)


class DailyEvents:
    """What every variant has in common."""

    def _make_and_sell(self):
        self._buy(self.m, 200, 5.0)
        first = self._produce(self.p, 10, used={self.m: 22})
        second = self._produce(self.p, 20)
        sale = self._sell(self.p, 15, 40.0)
        picking = self._deliver(sale)
        self._invoice(sale)
        return first, second, picking

    def _get_events(self, first, second, picking):
        """The postings that a day's entry carries."""
        if self.trigger == "delivery":
            return picking.backflush_posting_ids
        return first.backflush_posting_ids | second.backflush_posting_ids

    def test_the_day_is_one_entry(self):
        documents = self._make_and_sell()
        postings = self._get_events(*documents)
        self.assertEqual(set(postings.mapped("state")), {"pending"})
        self.assertFalse(postings.account_move_id)
        self.assertFalse(self._find_entries())
        self.assertLedgerIsStock()
        recorded = {
            line: (line.account_id, line.amount, line.date)
            for line in postings.line_ids
        }
        entry = self._book()
        self.assertEqual(len(entry), 1)
        self.assertEqual(entry.state, "posted")
        self.assertEqual(postings.account_move_id, entry)
        self.assertEqual(entry.backflush_posting_ids, postings)
        self.assertEqual(entry.date, fields.Date.today())
        self.assertPostingsMatch(entry)
        self.assertLedgerIsStock()
        self.assertAllBooked()
        for line, values in recorded.items():
            self.assertEqual((line.account_id, line.amount, line.date), values)
        # one journal item for each account and element
        items = entry.line_ids
        pairs = {(item.account_id, item.backflush_element_id) for item in items}
        self.assertEqual(len(pairs), len(items))

    def test_booking_twice_books_once(self):
        self._make_and_sell()
        self.assertEqual(len(self._book()), 1)
        self.assertFalse(self._book())
        self.assertFalse(self.env["backflush.day"]._book_waiting(self._postings()))

    def test_odoos_closing_knows_what_waits(self):
        if self.materials_valuation == "periodic":
            self.skipTest("the closing proposes periodic materials anyway")
        self._make_and_sell()
        self.assertTrue(self._postings(("state", "=", "pending")))
        self.assertClosed()
        with self.assertRaisesRegex(UserError, "correctly closed"):
            self.company.action_close_stock_valuation()
        self._book()
        self.assertClosed()

    def test_correction_of_what_waits(self):
        first, second, picking = self._make_and_sell()
        first.move_raw_ids.move_line_ids.quantity = 23
        picking.move_ids.move_line_ids.quantity = 14
        # the postings of the day stay as they are: a correction is one of its own
        if self.trigger == "completion":
            _before, correction = first.backflush_posting_ids.sorted("id")
            self.assertRows(correction.variance_ids, [("material_usage", 5.0)])
        else:
            _before, correction = picking.backflush_posting_ids.sorted("id")
            self.assertEqual(correction.quantity, 14)
        self.assertEqual(
            (correction.event, correction.state), ("correction", "pending")
        )
        entry = self._book()
        self.assertEqual(len(entry), 1)
        self.assertPostingsMatch(entry)
        self.assertAllBooked()
        usage = sum(first.backflush_posting_ids.variance_ids.mapped("amount"))
        self.assertAlmostEqual(usage, 15.0, 2)

    def test_late_correction_books_its_own_difference(self):
        first, second, picking = self._make_and_sell()
        self._book()
        first.move_raw_ids.move_line_ids.quantity = 23
        picking.move_ids.move_line_ids.quantity = 14
        late = self._postings(("state", "=", "pending"))
        self.assertEqual(late.mapped("event"), ["correction"])
        entry = self._book()
        self.assertPostingsMatch(entry)
        if self.trigger == "completion":
            self.assertEntry(
                entry, {"material_quantity_variance": 5.0, "materials": -5.0}
            )
            self.assertEqual(late.variance_ids.account_move_id, entry)
        else:
            self.assertEntry(
                entry,
                {
                    "cost_of_sales": -25.0,
                    "materials": 10.0,
                    "labour_applied": 10.0,
                    "variable_overhead_applied": 3.0,
                    "fixed_overhead_applied": 2.0,
                },
            )

    def test_reversal_of_what_waits_needs_no_entry(self):
        documents = self._make_and_sell()
        posting = self._get_events(*documents)[:1]
        lines = posting.line_ids
        posting.action_reverse()
        self.assertEqual(posting.state, "reversed")
        self.assertFalse(posting.reversal_move_id)
        self.assertEqual(posting.line_ids, lines)
        self.assertAlmostEqual(sum(posting.variance_ids.mapped("amount")), 0, 2)
        self.assertFalse(self._find_entries())
        posting.action_retry()
        again = self._postings(
            ("res_id", "=", posting.res_id), ("res_model", "=", posting.res_model)
        )[-1]
        self.assertEqual((again.sequence, again.state), (2, "pending"))
        self.assertEqual(again.amount, posting.amount)
        entry = self._book()
        self.assertEqual(len(entry), 1)
        self.assertNotIn(posting, entry.backflush_posting_ids)
        self.assertPostingsMatch(entry)
        self.assertLedgerIsStock()

    def test_reversal_of_what_is_booked(self):
        documents = self._make_and_sell()
        posting = self._get_events(*documents)[:1]
        self._book()
        posting.action_reverse()
        self.assertEqual(posting.reversal_move_id.state, "posted")
        self.assertEqual(
            self._summarise(posting.reversal_move_id.line_ids),
            {
                name: -amount
                for name, amount in self._summarise_lines(posting.line_ids).items()
            },
        )
        posting.action_retry()
        self._book()
        self.assertLedgerIsStock()

    def _summarise_lines(self, lines):
        totals = defaultdict(float)
        for line in lines:
            totals[self.account_names[line.account_id]] += line.amount
        return {name: round(amount, 2) for name, amount in totals.items()}

    def test_journal_items_lead_to_posting_lines(self):
        self._make_and_sell()
        entry = self._book()
        seen = self.env["backflush.posting.line"]
        for item in entry.line_ids:
            lines = seen.search(item.action_view_backflush_lines()["domain"])
            self.assertTrue(lines)
            seen |= lines
        self.assertEqual(seen, entry.backflush_posting_ids.line_ids)


@tagged("post_install", "-at_install")
class TestVariant1(DailyEvents, DailyCase):
    """Purchase, completion and sale are trigger points."""


@tagged("post_install", "-at_install")
class TestVariant2(DailyEvents, DailyCase):
    """Purchase and sale."""

    trigger = "delivery"


@tagged("post_install", "-at_install")
class TestVariant3(DailyEvents, DailyCase):
    """Completion and sale."""

    materials_valuation = "periodic"


@tagged("post_install", "-at_install")
class TestVariant4(DailyEvents, DailyCase):
    """Sale only."""

    materials_valuation = "periodic"
    trigger = "delivery"


@tagged("post_install", "-at_install")
class TestReturns(DailyCase):
    trigger = "delivery"

    def test_return_of_the_same_day_leaves_nothing(self):
        self._buy(self.m, 100, 5.0)
        self._produce(self.p, 10)
        picking = self._deliver(self._sell(self.p, 4, 40.0))
        self._return(picking, 4)
        postings = self._postings(("state", "=", "pending"))
        self.assertEqual(postings.mapped("event"), ["delivery", "return"])
        self.assertFalse(self._book(), "the day adds up to nothing")
        self.assertEqual(set(postings.mapped("state")), {"posted"})
        self.assertIn("add up to nothing", postings[0].error)
        # and still either can be reversed
        postings[0].action_reverse()
        self.assertBalance("cost_of_sales", -100)
        postings[0].action_retry()
        self._book()
        self.assertBalance("cost_of_sales", 0)
        self.assertLedgerIsStock()

    def test_return_after_new_standards(self):
        """Part of the return's `standard_change` has no entry, also after the day's."""
        self._buy(self.m, 100, 5.0)
        self._produce(self.p, 10)
        sale = self._sell(self.p, 4, 40.0)
        picking = self._deliver(sale)
        self._book()
        self._activate_standards(name="New", date_from="2020-02-01", m=6.0, s=6.0)
        self._return(picking, 1)
        posting = self._postings(("event", "=", "return"))
        self.assertEqual(posting.state, "pending")
        self.assertLedgerIsStock()
        entry = self._book(posting)
        self.assertRows(posting.variance_ids, [("standard_change", -2.0)])
        self.assertEqual(posting.variance_ids.account_move_id, entry)
        self.assertLedgerIsStock()


@tagged("post_install", "-at_install")
class TestBookingDay(DailyCase):
    def test_job_books_days_that_are_over(self):
        with freeze_time("2026-03-02 10:00"):
            old = self._produce(self.p, 10).backflush_posting_ids
        with freeze_time("2026-03-03 10:00"):
            older = self._produce(self.p, 10).backflush_posting_ids
            new = self._produce(self.p, 10).backflush_posting_ids
            self._run_job()
            self.assertEqual(old.account_move_id.date, date(2026, 3, 2))
            self.assertEqual(set((older | new).mapped("state")), {"pending"})
        with freeze_time("2026-03-04 00:30"):
            self._run_job()
        self.assertEqual(len((older | new).account_move_id), 1)
        self.assertEqual(older.account_move_id.date, date(2026, 3, 3))
        self.assertAllBooked()

    def test_the_day_is_the_companys(self):
        self.company.partner_id.tz = "America/Los_Angeles"
        with freeze_time("2026-03-03 02:00"):  # the evening of the 2nd over there
            posting = self._produce(self.p, 10).backflush_posting_ids
        self.assertEqual(posting.date_event, date(2026, 3, 2))
        with freeze_time("2026-03-03 06:00"):
            self._run_job()
            self.assertEqual(posting.state, "pending")
        with freeze_time("2026-03-03 09:00"):
            self._run_job()
        self.assertEqual(posting.account_move_id.date, date(2026, 3, 2))

    def test_several_days_by_button(self):
        for day in ("2026-03-02", "2026-03-03"):
            with freeze_time(f"{day} 10:00"):
                self._produce(self.p, 10)
                self._produce(self.p, 10)
        entries = self._book(self.env["backflush.posting"])
        self.assertEqual(
            sorted(entries.mapped("date")), [date(2026, 3, 2), date(2026, 3, 3)]
        )
        for entry in entries:
            self.assertEqual(len(entry.backflush_posting_ids), 2)
            self.assertPostingsMatch(entry)

    def test_only_what_is_selected(self):
        first = self._produce(self.p, 10).backflush_posting_ids
        second = self._produce(self.p, 10).backflush_posting_ids
        first.action_book()
        self.assertEqual((first.state, second.state), ("posted", "pending"))

    def test_locked_when_booked(self):
        with freeze_time("2026-03-02 10:00"):
            order = self._produce(self.p, 10, used={self.m: 22})
        with freeze_time("2026-03-05 10:00"):
            other = self._produce(self.p, 10)
        posting = order.backflush_posting_ids
        self.assertEqual(posting.date, date(2026, 3, 2))
        self.company.sudo().fiscalyear_lock_date = "2026-03-04"
        with freeze_time("2026-03-06 10:00"):
            entry = self._book()
        self.assertEqual(entry.date, date(2026, 3, 5))
        self.assertEqual(posting.date_event, date(2026, 3, 2))
        self.assertEqual(posting.date, date(2026, 3, 5))
        self.assertIn("locked period", posting.date_reason)
        self.assertEqual(set(posting.line_ids.mapped("date")), {date(2026, 3, 5)})
        self.assertEqual(posting.variance_ids.date, date(2026, 3, 5))
        # both days fall on the first open one: still one entry
        self.assertEqual(other.backflush_posting_ids.account_move_id, entry)
        self.assertFalse(other.backflush_posting_ids.date_reason)

    def test_mode_set_back_to_immediate(self):
        first = self._produce(self.p, 10)
        cron = self.env.ref("backflush_costing.backflush_day_cron_book")
        triggers = self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
        self.company.backflush_posting_mode = "immediate"
        self.assertEqual(
            self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)]),
            triggers + 1,
        )
        second = self._produce(self.p, 10)
        self.assertTrue(second.backflush_posting_ids.account_move_id)
        # corrected at once, though what it corrects still waits
        first.move_raw_ids.move_line_ids.quantity = 21
        pending, correction = first.backflush_posting_ids.sorted("id")
        self.assertEqual(pending.state, "pending")
        self.assertEntry(
            correction.account_move_id,
            {"material_quantity_variance": 5.0, "materials": -5.0},
        )
        self._run_job()
        self.assertEqual(pending.state, "posted")
        self.assertBalance("finished", 500)
        self.assertBalance("materials", -205)
        self.assertAllBooked()

    def test_new_standards_while_postings_wait(self):
        self._buy(self.m, 100, 5.0)
        self._produce(self.p, 10)
        self._activate_standards(name="New", date_from="2020-02-01", m=6.0, s=6.0)
        self.assertLedgerIsStock()
        self.assertClosed()
        self._book()
        self.assertLedgerIsStock()
        self.assertClosed()

    def test_analytics_of_variances(self):
        plan = self.env["account.analytic.plan"].create({"name": "Lines"})
        analytic = self.env["account.analytic.account"].create(
            {"name": "P", "plan_id": plan.id, "company_id": self.company.id}
        )
        self.env["account.analytic.distribution.model"].create(
            {
                "product_id": self.p.id,
                "analytic_distribution": {str(analytic.id): 100},
                "company_id": self.company.id,
            }
        )
        other = self._create_product("Q", self.finished)
        self._create_bom(other, 1, {self.m: 1})
        self._activate_standards(name="New", date_from="2020-02-01", m=5.0, s=6.0)
        self._produce(self.p, 10, used={self.m: 22})
        self._produce(other, 10, used={self.m: 13})
        entry = self._book()
        self.assertEqual(
            [
                (item.balance, item.analytic_distribution)
                for item in entry.line_ids.sorted("balance")
                if item.account_id == self.accounts["material_quantity_variance"]
            ],
            [(10.0, {str(analytic.id): 100}), (15.0, False)],
        )
        self.assertPostingsMatch(entry)


@tagged("post_install", "-at_install")
class TestFailedDays(DailyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls._create_category(
            "Special",
            property_valuation="real_time",
            property_backflush_trigger="completion",
        )
        cls.q = cls._create_product("Q", cls.other)
        cls._create_bom(cls.q, 1, {cls.m: 1})
        cls._activate_standards(name="New", date_from="2020-02-01", m=5.0, s=6.0)
        cls.special = cls.other.property_stock_valuation_account_id

    def test_archived_account_fails_its_postings_only(self):
        good = self._produce(self.p, 10).backflush_posting_ids
        bad = self._produce(self.q, 10).backflush_posting_ids
        lines = bad.line_ids
        self.special.active = False
        entry = self._book()
        self.assertEqual(entry.backflush_posting_ids, good)
        self.assertEqual(bad.state, "failed")
        self.assertIn("is archived", bad.error)
        self.assertIn(self.special.display_name, bad.error)
        self.assertTrue(bad.is_recorded, "it still counts as booked")
        bad.action_retry()
        self.assertEqual(bad.state, "failed")
        self.special.active = True
        bad.action_retry()
        self.assertEqual(bad.state, "posted")
        self.assertFalse(bad.error)
        self.assertEqual(bad.line_ids, lines)
        self.env["backflush.engine"]._post_records(bad.production_id)
        self.assertEqual(bad.production_id.backflush_posting_ids, bad)
        self.assertPostingsMatch(bad.account_move_id)
        self.assertAllBooked()

    def test_failed_day_is_retried_by_the_job(self):
        with freeze_time("2026-03-02 10:00"):
            bad = self._produce(self.q, 10).backflush_posting_ids
        self.special.active = False
        with freeze_time("2026-03-03 10:00"):
            self._run_job()
            self.assertEqual(bad.state, "failed")
            self.special.active = True
            self._run_job()
        self.assertEqual(bad.account_move_id.date, date(2026, 3, 2))

    def test_failed_posting_booked_on_another_account(self):
        bad = self._produce(self.q, 10).backflush_posting_ids
        self.special.active = False
        self._book()
        account = self._create_account("Special stock, new", "asset_current")
        self.other.property_stock_valuation_account_id = account
        bad.action_reverse()
        self.assertEqual(bad.state, "reversed")
        self.assertFalse(bad.reversal_move_id)
        bad.action_retry()
        again = bad.production_id.backflush_posting_ids - bad
        self.assertEqual(again.state, "pending", again.error)
        entry = self._book()
        self.assertIn(account, entry.line_ids.account_id)
        self.assertAllBooked()

    def test_archived_journal_fails_the_company(self):
        posting = self._produce(self.p, 10).backflush_posting_ids
        self.company.backflush_journal_id.active = False
        self.assertFalse(self._book())
        self.assertEqual(posting.state, "failed")
        self.assertIn("journal", posting.error)
        self.company.backflush_journal_id.active = True
        self._book()
        self.assertAllBooked()

    def test_correction_after_a_failed_day(self):
        order = self._produce(self.q, 10)
        self.special.active = False
        self._book()
        order.move_raw_ids.move_line_ids.quantity = 12
        bad, correction = order.backflush_posting_ids.sorted("id")
        self.assertEqual((bad.state, correction.state), ("failed", "failed"))
        self.assertFalse(correction.is_recorded)
        self.special.active = True
        (bad | correction).action_retry()
        self.assertEqual((bad.state, correction.state), ("posted", "pending"))
        self.assertRows(correction.variance_ids, [("material_usage", 10.0)])
        self._book()
        self.assertBalance("materials", -60)
        self.assertAllBooked()

    def test_failed_correction_that_was_taken_back(self):
        order = self._produce(self.q, 10)
        self.special.active = False
        order.move_raw_ids.move_line_ids.quantity = 12
        order.move_raw_ids.move_line_ids.quantity = 10
        _first, correction = order.backflush_posting_ids.sorted("id")
        self.assertEqual(correction.state, "failed")
        self.special.active = True
        correction.action_retry()
        self.assertEqual(correction.state, "posted")
        self.assertIn("booked already", correction.error)

    def test_failed_event_is_recorded_by_retry(self):
        """What failed before anything was recorded is retried as ever."""
        self.accounts["labour_applied"].active = False
        order = self._produce(self.p, 10)
        posting = order.backflush_posting_ids
        self.assertEqual(posting.state, "failed")
        self.assertFalse(posting.is_recorded)
        self.assertFalse(self._book())
        self.accounts["labour_applied"].active = True
        posting.action_retry()
        self.assertEqual((posting.state, posting.sequence), ("pending", 1))
        self.assertEqual(len(self._book()), 1)


@tagged("post_install", "-at_install")
class TestDailyRights(DailyCase):
    def _user(self, login, groups):
        return new_test_user(
            self.env,
            login,
            groups,
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )

    def test_shop_user_finishes_accountant_books(self):
        shop = self._user("shop", "mrp.group_mrp_user,stock.group_stock_user")
        order = self._create_production(self.p, 10)
        order.qty_producing = 10
        order._set_qty_producing()
        order.move_raw_ids.picked = True
        order.with_user(shop).with_context(skip_consumption=True).button_mark_done()
        self.assertEqual(order.state, "done")
        posting = order.backflush_posting_ids
        self.assertEqual(posting.state, "pending")
        with self.assertRaises(AccessError):
            posting.with_user(shop).action_book()
        reader = self._user("reader", "backflush_costing.group_backflush_user")
        with self.assertRaisesRegex(UserError, "Only a backflush accountant"):
            posting.with_user(reader).action_book()
        with self.assertRaisesRegex(UserError, "Only a backflush accountant"):
            posting.with_user(reader).browse().action_book()
        keeper = self._user("keeper", "backflush_costing.group_backflush_accountant")
        result = posting.with_user(keeper).action_book()
        self.assertEqual(posting.state, "posted")
        self.assertIn(posting.account_move_id.name, result["params"]["message"])

    def test_pending_documents_refuse_changes(self):
        posting = self._produce(self.p, 10).backflush_posting_ids
        for record, vals in (
            (posting, {"state": "posted"}),
            (posting.line_ids[0], {"amount": 1}),
            (posting.line_ids[0], {"posting_id": posting.id}),
        ):
            with self.assertRaises(UserError):
                record.sudo().write(vals)
            with self.assertRaises(UserError):
                record.sudo().unlink()

    def test_day_entry_is_protected(self):
        self._produce(self.p, 10)
        entry = self._book()
        with self.assertRaisesRegex(UserError, "reverse it there"):
            entry.button_draft()


@tagged("post_install", "-at_install")
class TestCompanies(DailyCase):
    def test_one_entry_for_each_company(self):
        """A branch keeps its own days in its parent's journal."""
        with freeze_time("2026-03-02 10:00"):
            mine = self._produce(self.p, 10).backflush_posting_ids
        branch, order = self._produce_in_branch()
        posting = order.sudo().backflush_posting_ids
        self.assertEqual((posting.state, posting.company_id), ("pending", branch))
        with freeze_time("2026-03-03 10:00"):
            self._run_job()
        self.assertEqual(mine.account_move_id.company_id, self.company)
        self.assertEqual(posting.account_move_id.company_id, branch)
        self.assertEqual(
            posting.account_move_id.journal_id, mine.account_move_id.journal_id
        )

    def _produce_in_branch(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        self.env.user.company_ids |= branch
        env = self.env(context=dict(self.env.context, allowed_company_ids=[branch.id]))
        branch = branch.with_env(env)
        branch.backflush_posting_mode = "daily"
        self.env["stock.warehouse"].sudo().search_count(
            [("company_id", "=", branch.id)]
        ) or env["stock.warehouse"].create(
            {"name": "Shed", "code": "SHD", "company_id": branch.id}
        )
        for category in (self.materials, self.finished):
            for name in (
                "property_cost_method",
                "property_valuation",
                "property_stock_valuation_account_id",
                "property_account_expense_categ_id",
                "property_backflush_trigger",
            ):
                category.with_env(env)[name] = category[name]
        material, product = env["product.product"].create(
            [
                {
                    "name": name,
                    "is_storable": True,
                    "categ_id": category.id,
                    "standard_price": price,
                }
                for name, category, price in (
                    ("BM", self.materials, 2.0),
                    ("BP", self.finished, 0.0),
                )
            ]
        )
        env["mrp.bom"].create(
            {
                "product_tmpl_id": product.product_tmpl_id.id,
                "bom_line_ids": [
                    Command.create({"product_id": material.id, "product_qty": 1})
                ],
            }
        )
        version = env["backflush.version"].create(
            {"name": "Branch", "company_id": branch.id, "date_from": "2020-01-01"}
        )
        version.action_roll_up()
        version.action_activate()
        with freeze_time("2026-03-02 10:00"):
            order = env["mrp.production"].create(
                {"product_id": product.id, "product_qty": 5, "company_id": branch.id}
            )
            order.action_confirm()
            order.qty_producing = 5
            order._set_qty_producing()
            order.move_raw_ids.picked = True
            order.with_context(skip_consumption=True).button_mark_done()
        self.assertEqual(order.state, "done")
        return branch, order
