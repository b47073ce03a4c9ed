"""Rules 6 and 7: the shop never stops, and what failed says what to do."""

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import BackflushCommon
from .variants import Variant2

ENTRY = {
    "finished": 250.0,
    "materials": -100.0,
    "labour_applied": -100.0,
    "variable_overhead_applied": -30.0,
    "fixed_overhead_applied": -20.0,
}


class FailureCommon(BackflushCommon):
    def _check_failed(self, order, *words):
        self.assertEqual(order.state, "done")
        posting = order.backflush_posting_ids
        self.assertEqual(posting.mapped("state"), ["failed"])
        self.assertFalse(posting.line_ids)
        self.assertFalse(posting.account_move_id)
        self.assertFalse(posting.variance_ids)
        for word in words:
            self.assertIn(word, posting.error)
        return posting

    def _check_retry(self, posting, entry=None):
        posting.action_retry()
        self.assertEqual(posting.state, "posted", posting.error)
        self.assertFalse(posting.error)
        self.assertEntry(posting.account_move_id, entry or ENTRY)
        self.assertEqual(len(posting.fact_ids), 2)
        posting.action_retry()
        self.assertEqual(len(posting.production_id.backflush_posting_ids), 1)


@tagged("post_install", "-at_install")
class TestFailures(FailureCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)

    def _create_other(self):
        other = self._create_product("Uncosted", self.finished)
        other.with_context(disable_auto_revaluation=True).standard_price = 25.0
        self._create_bom(other, 10, {self.m: 20}, minutes=24)
        return other

    def test_no_card(self):
        order = self._produce(self._create_other(), 10)
        posting = self._check_failed(order, "Uncosted", "cost card", "retry")
        self._activate_standards(name="Next", date_from="2021-01-01", m=5.0, s=6.0)
        self._check_retry(posting)

    def test_card_for_another_unit(self):
        standard = self.env["backflush.standard"]._get_active_cards(
            self.p, self.company
        )
        dozen = self.env.ref("uom.product_uom_dozen")
        self.env.cr.execute(
            "UPDATE backflush_standard SET uom_id = %s WHERE id = %s",
            (dozen.id, standard[self.p].id),
        )
        self.env.invalidate_all()
        order = self._produce(self.p, 10)
        self._check_failed(order, "per Dozen", "Units", "Roll up")

    def test_missing_applied_account(self):
        element = self.elements["labour"]
        account = element.applied_account_id
        element.applied_account_id = False
        order = self._produce(self.p, 10)
        posting = self._check_failed(order, "applied account", element.name)
        element.applied_account_id = account
        self._check_retry(posting)

    def test_missing_stock_account(self):
        fallback = self.company.account_stock_valuation_id
        self.company.account_stock_valuation_id = False
        self.env["ir.default"].search(
            [("field_id.name", "=", "property_stock_valuation_account_id")]
        ).unlink()
        self.materials.property_stock_valuation_account_id = False
        order = self._produce(self.p, 10)
        posting = self._check_failed(order, "stock valuation account", "Materials")
        self.materials.property_stock_valuation_account_id = self.materials_account
        self.company.account_stock_valuation_id = fallback
        self._check_retry(posting)

    def test_archived_account(self):
        self.materials_account.active = False
        order = self._produce(self.p, 10)
        posting = self._check_failed(order, "archived", "Materials stock")
        self.materials_account.active = True
        self._check_retry(posting)

    def test_entry_that_odoo_refuses(self):
        """Odoo's own sentence, and what to do about it."""
        self.elements["labour"].applied_account_id.account_type = "off_balance"
        order = self._produce(self.p, 10)
        posting = self._check_failed(
            order, "journal entry was refused", "Off-Balance", "then retry"
        )
        self.elements["labour"].applied_account_id.account_type = "expense"
        self._check_retry(posting)

    def test_archived_journal(self):
        journal = self.company.backflush_journal_id
        journal.active = False
        order = self._produce(self.p, 10)
        posting = self._check_failed(order, "journal", "archived")
        journal.active = True
        self._check_retry(posting)

    def test_category_not_perpetual(self):
        self.finished.property_valuation = "periodic"
        order = self._produce(self.p, 10)
        posting = self._check_failed(order, "Finished", "Perpetual")
        self.finished.property_valuation = "real_time"
        self._check_retry(posting)

    def test_category_not_at_standard_cost(self):
        self.finished.property_cost_method = "average"
        order = self._produce(self.p, 10)
        self._check_failed(order, "Finished", "Standard Price")

    def test_a_failing_order_leaves_its_neighbours_alone(self):
        orders = self.env["mrp.production"].union(
            self._create_production(self.p, 10),
            self._create_production(self._create_other(), 10),
            self._create_production(self.p, 10),
        )
        orders.button_mark_done()
        self.assertEqual(
            orders.mapped("backflush_posting_ids.state"), ["posted", "failed", "posted"]
        )
        self.assertEntry(orders[0].backflush_posting_ids.account_move_id, ENTRY)
        self.assertEntry(orders[2].backflush_posting_ids.account_move_id, ENTRY)

    def test_user_without_any_accounting_right(self):
        user = new_test_user(
            self.env,
            "shop",
            "mrp.group_mrp_user,stock.group_stock_user",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        order = self._create_production(self.p, 10).with_user(user)
        order.button_mark_done()
        self.assertEqual(order.state, "done")
        with self.assertRaises(AccessError):
            order.backflush_posting_ids.read(["amount"])
        with self.assertRaises(AccessError):
            self.env["backflush.stock.fact"].with_user(user).search([])
        posting = order.sudo().backflush_posting_ids
        self.assertEntry(posting.account_move_id, ENTRY)
        followers = posting.account_move_id.message_partner_ids
        self.assertNotIn(user.partner_id, followers)

    def test_locked_period_moves_the_date(self):
        today = fields.Date.today()
        self.company.sudo().fiscalyear_lock_date = today
        order = self._produce(self.p, 10)
        posting = order.backflush_posting_ids
        self.assertEqual(posting.state, "posted")
        self.assertEqual(posting.date_event, today)
        self.assertEqual(posting.date, fields.Date.add(today, days=1))
        self.assertEqual(posting.account_move_id.date, posting.date)
        self.assertIn("locked period", posting.date_reason)

    def test_standard_of_zero_books_nothing(self):
        free = self._create_product("Free", self.finished)
        self._create_bom(free, 1, {self._create_product("Air", self.materials): 1})
        self._activate_standards(name="Next", date_from="2021-01-01", m=5.0, s=6.0)
        order = self._produce(free, 10)
        posting = order.backflush_posting_ids
        self.assertEqual(posting.state, "posted")
        self.assertFalse(posting.account_move_id)
        self.assertIn("standard is 0", posting.error)

    def test_quantity_of_zero_books_nothing(self):
        order = self._create_production(self.p, 10)
        order.move_raw_ids.quantity = 0
        order.qty_producing = 0
        order.move_raw_ids.picked = True
        order.with_context(skip_consumption=True)._post_inventory()
        order.write({"state": "done", "date_finished": fields.Datetime.now()})
        self.env["backflush.engine"]._post_records(order)
        self.assertFalse(order.backflush_posting_ids.account_move_id)

    def test_reversed_posting_can_be_booked_again(self):
        order = self._produce(self.p, 10, used={self.m: 22})
        posting = order.backflush_posting_ids
        posting.action_reverse()
        self.assertEqual(posting.state, "reversed")
        self.assertEqual(posting.reversal_move_id.state, "posted")
        self.assertBalance("finished", 0)
        self.assertAlmostEqual(
            sum(order.backflush_posting_ids.variance_ids.mapped("amount")), 0, 2
        )
        self.env["backflush.engine"]._post_records(order)
        again = order.backflush_posting_ids - posting
        self.assertEqual((again.sequence, again.state), (2, "posted"))
        self.assertBalance("finished", 250)
        self.assertAlmostEqual(
            sum(order.backflush_posting_ids.variance_ids.mapped("amount")), 10, 2
        )

    def test_reversed_postings_of_one_order_are_booked_again_once(self):
        order = self._produce(self.p, 10)
        order.action_toggle_is_locked()
        order.move_raw_ids.quantity = 22
        postings = order.backflush_posting_ids
        self.assertEqual(len(postings), 2)
        postings.action_reverse()
        postings.action_retry()
        self.assertEqual(len(order.backflush_posting_ids), 3)
        self.assertBalance("finished", 250)
        self.assertBalance("materials", -110)

    def test_entry_is_protected(self):
        entry = self._produce(self.p, 10).backflush_posting_ids.account_move_id
        for action in (entry.button_draft, entry.button_cancel):
            with self.assertRaisesRegex(UserError, "reverse it there"):
                action()
        with self.assertRaises(UserError):
            entry.unlink()

    def test_entry_keeps_its_accounts(self):
        posting = self._produce(self.p, 10).backflush_posting_ids
        entry = posting.account_move_id
        with self.assertRaisesRegex(UserError, "reverse it there"):
            entry.line_ids[0].account_id = self.ppv
        with self.assertRaisesRegex(UserError, "reverse it there"):
            entry._reverse_moves()
        self.assertFalse(entry.show_reset_to_draft_button)
        posting.action_reverse()
        with self.assertRaisesRegex(UserError, "reverse it there"):
            posting.reversal_move_id.button_draft()

    def test_reversed_event_is_booked_again_by_button(self):
        order = self._produce(self.p, 10)
        posting = order.backflush_posting_ids
        posting.action_reverse()
        posting.action_retry()
        self.assertEqual(
            order.backflush_posting_ids.sorted("id").mapped("state"),
            ["reversed", "posted"],
        )
        self.assertBalance("finished", 250)

    def test_numbering_never_stops_the_shop(self):
        self.company._get_backflush_sequence().prefix = "BF/%(nonsense)s/"
        order = self._produce(self.p, 10)
        self.assertEqual(order.backflush_posting_ids.state, "posted")
        self.company._get_backflush_sequence().active = False
        order = self._produce(self._create_other(), 10)
        self._check_failed(order, "cost card")

    def test_trigger_taken_away_keeps_what_is_booked_right(self):
        order = self._produce(self.p, 10)
        self.finished.property_backflush_trigger = False
        order.move_raw_ids.move_line_ids.quantity = 21
        self.assertBalance("materials", -105)

    def test_retry_after_the_trigger_was_taken_away(self):
        journal = self.company.backflush_journal_id
        journal.active = False
        posting = self._check_failed(self._produce(self.p, 10), "archived")
        journal.active = True
        self.finished.property_backflush_trigger = False
        posting.action_retry()
        self.assertIn("no backflush trigger", posting.error)
        self.finished.property_backflush_trigger = "completion"
        self._check_retry(posting)

    def test_failed_correction_stays_a_correction(self):
        order = self._produce(self.p, 10)
        self.accounts["material_quantity_variance"].active = False
        order.move_raw_ids.move_line_ids.quantity = 21
        failed = order.backflush_posting_ids.sorted("id")[-1]
        self.assertEqual((failed.event, failed.state), ("correction", "failed"))
        order.move_raw_ids.move_line_ids.quantity = 21
        self.assertEqual(len(order.backflush_posting_ids), 2)
        self.accounts["material_quantity_variance"].active = True
        failed.action_retry()
        self.assertEqual((failed.event, failed.state), ("correction", "posted"))

    def test_posted_documents_refuse_changes(self):
        posting = self._produce(self.p, 10, used={self.m: 22}).backflush_posting_ids
        manager = new_test_user(
            self.env,
            "manager",
            "account.group_account_manager,base.group_system",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        for record, vals in (
            (posting, {"state": "failed"}),
            (posting.line_ids[0], {"amount": 1}),
            (posting.fact_ids[0], {"quantity": 1}),
            (posting.variance_ids, {"amount": 1}),
        ):
            with self.assertRaises(UserError):
                record.sudo().write(vals)
            with self.assertRaises(UserError):
                record.sudo().unlink()
            forged = record.with_user(manager).with_context(backflush_engine=True)
            with self.assertRaises(UserError):
                forged.write(vals)
            with self.assertRaises(UserError):
                forged.unlink()

    def test_correction_books_exactly_the_difference(self):
        """Event C9: 20 → 21 kg on a done order."""
        order = self._produce(self.p, 10)
        order.move_raw_ids.move_line_ids.quantity = 21
        first, correction = order.backflush_posting_ids.sorted("id")
        self.assertEqual(correction.event, "correction")
        self.assertEntry(
            correction.account_move_id,
            {"material_quantity_variance": 5.0, "materials": -5.0},
        )
        self.assertRows(correction.variance_ids, [("material_usage", 5.0)])
        self.assertEqual(first.state, "posted")


@tagged("post_install", "-at_install")
class TestDeliveryFailures(Variant2, FailureCommon):
    def test_delivery_without_card(self):
        self.p.with_context(disable_auto_revaluation=True).standard_price = 25.0
        order = self._produce(self.p, 10)
        self._check_failed(order, "cost card")
        picking = self._deliver(self._sell(self.p, 4, 40.0))
        posting = picking.backflush_posting_ids
        self.assertEqual(posting.state, "failed")
        self._activate_standards(m=5.0, s=6.0)
        (posting | order.backflush_posting_ids).action_retry()
        self.assertEqual(posting.state, "posted", posting.error)
        self.assertEqual(posting.quantity, 4)
        self.assertBalance("cost_of_sales", 100)


@tagged("post_install", "-at_install")
class TestCompanyWithoutChart(BackflushCommon):
    @classmethod
    def _create_company(cls, **values):
        return cls.env["res.company"].create(
            {"currency_id": cls.env.ref("base.USD").id, **values}
        )

    @classmethod
    def _create_category(cls, name, **values):
        # a company without a chart may have categories set up all the same
        return cls.env["product.category"].create(
            {"name": name, "property_cost_method": "standard", **values}
        )

    @classmethod
    def _create_account(cls, name, account_type="expense"):
        return cls.env["account.account"]

    @classmethod
    def _create_elements(cls):
        cls.elements = {}
        cls.accounts = {}

    @classmethod
    def _create_categories(cls):
        cls.materials = cls._create_category(
            "Materials", property_valuation="real_time"
        )
        cls.finished = cls._create_category(
            "Finished",
            property_valuation="real_time",
            property_backflush_trigger="completion",
        )

    def test_the_order_still_finishes(self):
        order = self._produce(self.p, 10)
        self.assertEqual(order.state, "done")
        posting = order.backflush_posting_ids
        self.assertEqual(posting.state, "failed")
        self.assertIn("chart of accounts", posting.error)
