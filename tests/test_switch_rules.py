"""Switching a trigger: chains, the schedule, refusals, rights and other companies."""

from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .people import People
from .switching import Switching


@tagged("post_install", "-at_install")
class TestSwitchChain(Switching):
    """T of 2 O and 1 kg S; O of 1 kg M, costed at delivery."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.others = cls._create_category(
            "Other",
            property_valuation="periodic",
            property_backflush_trigger="delivery",
        )
        account = cls.others.property_stock_valuation_account_id
        account.account_stock_variation_id = (
            cls.finished_account.account_stock_variation_id
        )
        cls.accounts["others"] = account
        cls.account_names[account] = "others"
        cls.o = cls._create_product("O", cls.others)
        cls.t = cls._create_product("T", cls.finished, list_price=100.0)
        cls._create_bom(cls.o, 1, {cls.m: 1}, minutes=30)
        cls._create_bom(cls.t, 1, {cls.o: 2, cls.s: 1}, minutes=60)
        version = cls._create_version("Chain", "2021-01-01", m=5.0, s=6.0)
        version.action_roll_up()
        version.action_activate()

    def setUp(self):
        super().setUp()
        self._buy(self.m, 100, 5.0)
        self._buy(self.s, 50, 6.0)
        self._produce(self.o, 10)
        self._produce(self.t, 3)

    def test_parts_within_move_through_their_cards(self):
        self.assertBalance("others", 0)
        part = self.o.standard_price
        before = self._get_balances()
        switch = self._switch("delivery")
        moved = self._summarise(switch.account_move_id.line_ids)
        self.assertEqual(moved["finished"], -round(3 * self.t.standard_price, 2))
        self.assertEqual(moved["materials"], 3 * (2 * 5.0 + 6.0))
        self.assertRows(switch.posting_id.variance_ids, [])
        # the part comes under the other trigger, alone and within what contains it
        inner = self._switch("completion", self.others)
        moved = self._summarise(inner.account_move_id.line_ids)
        self.assertEqual(moved["others"], round((4 + 6) * part, 2))
        self.assertBalance("others", (4 + 6) * part)
        self.assertRows(inner.posting_id.variance_ids, [])
        self._switch("delivery", self.others)
        self._switch("completion")
        self.assertEqual(self._get_balances(), before)

    def test_one_product_moves_to_another_category(self):
        switch = self._move(self.t)
        moved = self._summarise(switch.account_move_id.line_ids)
        self.assertEqual(moved["finished"], -round(3 * self.t.standard_price, 2))
        self.assertEqual(self.t.categ_id, self.others)
        self.assertEqual(switch.line_ids.product_ids, self.t)
        self.assertTrue(switch.is_proven)

    def assertLedgerIsStock(self):
        """The shared one knows of two categories only."""
        broken = self._check().broken_line_ids
        ledger = broken.filtered(lambda line: line.result_id.code == "ledger")
        self.assertEqual(ledger.mapped("sentence"), [])

    def _move(self, product):
        with self._at(self.first):
            switch = self._create_switch(
                "delivery",
                self.others,
                product_tmpl_id=product.product_tmpl_id.id,
            )
            switch.action_preview()
            switch.action_apply()
            self.assertBooksAgree()
        return switch


@tagged("post_install", "-at_install")
class TestSwitchRules(People, Switching):
    def setUp(self):
        super().setUp()
        self._buy(self.m, 100, 5.0)
        self._produce(self.p, 10)
        self.before = self._get_balances()

    def assertRefused(self, switch, words, day=None):
        with self._at(day or self.first):
            with self.assertRaises(UserError) as refused:
                with self.env.cr.savepoint():
                    switch.action_apply()
        self.assertIn(words, str(refused.exception))
        self.assertEqual(switch.state, "draft")
        self.assertEqual(self._get_balances(), self.before)
        self.assertEqual(self.finished.property_backflush_trigger, "completion")
        self.assertEqual(self.finished.property_valuation, "real_time")

    def test_days_that_are_refused(self):
        self.assertRefused(self._create_switch("delivery"), "still to come", self.today)
        late = self._create_switch("delivery", day=self._get_day(3))
        with self._at(self._get_day(1)):
            self._buy(self.m, 1, 5.0)
            self._produce(self.p, 1)
        self.before = self._get_balances()
        self.assertRefused(late, "not the first day", self._get_day(3))
        moved = self._create_switch("delivery")
        self.assertRefused(moved, "has moved since", self._get_day(3))
        start = fields.Date.start_of(self.today, "month")
        self._close_month(self.today)
        self.before = self._get_balances()
        self.assertRefused(self._create_switch("delivery", day=start), "is closed up")

    def test_settings_that_are_refused(self):
        same = self._create_switch("completion")
        self.assertRefused(same, "keeps its trigger")
        empty = self.env["backflush.switch"].create({"date": self.first})
        self.assertRefused(empty, "Choose a category")
        switch = self._create_switch("delivery")
        self.elements["labour"].applied_account_id.active = False
        self.assertRefused(switch, "archived")
        with self._at(self.first):
            switch.action_preview()
        self.assertIn("archived", switch.issues)
        self.assertFalse(switch.account_ids)

    def test_failing_in_the_middle_leaves_nothing(self):
        switch = self._create_switch("delivery")
        model = type(self.env["backflush.switch"])
        failing = UserError("Out of order")
        with patch.object(model, "_prove", side_effect=failing):
            self.assertRefused(switch, "Out of order")
        self.assertFalse(switch.posting_id)

    def test_what_was_done_is_kept(self):
        switch = self._switch("delivery")
        for change in (
            lambda: switch.write({"date": self.today}),
            lambda: switch.write({"state": "draft"}),
            lambda: switch.line_ids.write({"trigger": "completion"}),
            lambda: switch.account_ids.sudo().write({"moved": 1.0}),
            lambda: switch.line_ids.unlink(),
            switch.unlink,
            switch.action_apply,
            switch.posting_id.action_reverse,
        ):
            with self.assertRaises(UserError):
                change()

    def test_only_managers_switch(self):
        switch = self._create_switch("delivery")
        with self._at(self.first):
            for role in ("reader", "accountant"):
                user = self._create_user(role)
                with self.assertRaises(AccessError):
                    self._call(user, switch, "action_apply")
            self._call(self._create_user("manager"), switch, "action_apply")
        self.assertEqual(switch.state, "done")

    def test_scheduled_switch_is_done_on_its_day(self):
        switch = self._create_switch("delivery")
        switch.action_schedule()
        self.assertEqual(switch.state, "scheduled")
        self._run_cron(self.today)
        self.assertEqual(switch.state, "scheduled")
        self._run_cron(self.first)
        self.assertEqual(switch.state, "done")
        self.assertEqual(switch.done_by_id, self.env.user)

    def test_changed_switch_is_not_what_was_approved(self):
        switch = self._create_switch("delivery")
        for change in (
            lambda: switch.write({"date": self._get_day(40)}),
            lambda: switch.line_ids.write({"trigger": False}),
        ):
            switch.date = self.first
            switch.action_schedule()
            change()
            self.assertEqual(switch.state, "draft")
            self.assertFalse(switch.scheduled_by_id)

    def test_scheduled_switch_that_cannot_be_done_says_why(self):
        switch = self._create_switch("delivery")
        switch.action_schedule()
        with self._at(self.first):
            self._produce(self.p, 1)
        self._run_cron(self.first)
        self.assertEqual(switch.state, "draft")
        self.assertIn("has moved since", switch.activity_ids.note)
        self.assertEqual(self.finished.property_backflush_trigger, "completion")

    def _run_cron(self, day):
        self.env.flush_all()
        with self._at(day), self.enter_registry_test_mode():
            cron = self.env.ref("backflush_costing.backflush_switch_cron_apply")
            cron.sudo().method_direct_trigger()
        self.env.invalidate_all()

    def test_other_company_is_left_alone(self):
        other = self._create_company(name="Other Factory")
        category = self.finished.with_company(other)
        category.write(
            {
                "property_backflush_trigger": "completion",
                "property_valuation": "real_time",
            }
        )
        self._switch("delivery")
        self.assertEqual(category.property_backflush_trigger, "completion")
        self.assertEqual(category.property_valuation, "real_time")
        entries = self.env["account.move"].search([("company_id", "=", other.id)])
        self.assertFalse(entries)

    def test_product_in_stock_of_two_companies_is_not_moved(self):
        other = self._create_company(name="Other Factory")
        self.env["stock.warehouse"].create(
            {"name": "Other", "code": "OTH", "company_id": other.id}
        )
        place = self.env["stock.warehouse"].search(
            [("company_id", "=", other.id)], limit=1
        )
        self.p.company_id = False
        self.env["stock.quant"].sudo().with_company(other).create(
            {
                "product_id": self.p.id,
                "location_id": place.lot_stock_id.id,
                "quantity": 1,
            }
        )
        switch = self._create_switch(
            "delivery", self.materials, product_tmpl_id=self.p.product_tmpl_id.id
        )
        self.assertRefused(switch, "in stock of another company")

    def test_category_opens_a_prepared_document(self):
        action = self.finished.action_backflush_switch()
        switch = self.env[action["res_model"]].with_context(**action["context"])
        switch = switch.create({})
        self.assertEqual(switch.line_ids.category_id, self.finished)
        self.assertEqual(switch.line_ids.trigger_old, "completion")
        self.assertEqual(switch.date, fields.Date.start_of(self.today, "month"))
        typed = self.finished.new(origin=self.finished)
        typed.property_backflush_trigger = "delivery"
        self.assertIn("warning", typed._onchange_backflush_trigger())
        switch.line_ids = [Command.clear()]
        self.assertFalse(switch.line_ids)
