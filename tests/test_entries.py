"""Rule 11: entries of the addon change only through their posting."""

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common import BackflushCommon
from .people import People
from .variants import Variant2

REFUSED = "reverse it there"
ENTRY = {
    "finished": 250.0,
    "material_quantity_variance": 10.0,
    "materials": -110.0,
    "labour_applied": -100.0,
    "variable_overhead_applied": -30.0,
    "fixed_overhead_applied": -20.0,
}
#: What a script may put into the context to get by.
TRICKS = {
    "backflush_engine": True,
    "skip_readonly_check": True,
    "check_move_validity": False,
    "force_delete": True,
    "dynamic_unlink": True,
    "_force_unlink": True,
    "install_mode": True,
    "tracking_disable": True,
}


class EntryCase(People, BackflushCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)
        cls.accountant = cls._create_user("accountant")
        cls.manager = cls._create_user("manager")


@tagged("post_install", "-at_install")
class TestEntries(EntryCase):
    def setUp(self):
        super().setUp()
        self.order = self._produce(self.p, 10, used={self.m: 22})
        self.posting = self.order.backflush_posting_ids
        self.entry = self.posting.account_move_id

    def _check_refused(self, records, method, *args, words=REFUSED):
        """As accountant and as administrator, with and without tricks."""
        for user in (self.accountant, self.manager):
            for tricks in ({}, TRICKS):
                with self.assertRaisesRegex(UserError, words):
                    self._call(user, records, method, *args, **tricks)
        self.assertEntry(self.entry, ENTRY)
        self.assertEqual(self.posting.state, "posted")

    def test_not_reset_cancelled_or_deleted(self):
        for method in ("button_draft", "button_cancel", "unlink"):
            with self.subTest(method):
                self._check_refused(self.entry, method)

    def test_status_is_not_written(self):
        for state in ("draft", "cancel"):
            self._check_refused(self.entry, "write", {"state": state})

    def test_date_journal_partner_and_reference_stay(self):
        journal = self.env["account.journal"].search(
            [
                ("company_id", "=", self.company.id),
                ("type", "=", "general"),
                ("id", "!=", self.entry.journal_id.id),
            ],
            limit=1,
        )
        for vals in (
            {"date": "2024-01-31"},
            {"journal_id": journal.id, "name": "/"},
            {"partner_id": self.vendor.id},
            {"ref": "Something else"},
            {"move_type": "in_invoice"},
            {"currency_id": self.env.ref("base.EUR").id},
            {"auto_post": "monthly"},
            {"backflush_posting_ids": [Command.clear()]},
        ):
            with self.subTest(vals):
                self._check_refused(self.entry, "write", vals)

    def _get_items(self):
        """Two items that balance each other."""
        return [
            {"account_id": self.materials_account.id, "balance": 7.0},
            {"account_id": self.finished_account.id, "balance": -7.0},
        ]

    def test_items_are_not_written_through_the_entry(self):
        item = self.entry.line_ids[0]
        for commands in (
            [Command.create(vals) for vals in self._get_items()],
            [Command.update(item.id, {"balance": 1.0})],
            [Command.delete(item.id)],
            [Command.unlink(item.id)],
            [Command.clear()],
        ):
            for name in ("line_ids", "invoice_line_ids"):
                with self.subTest(name=name, commands=commands):
                    self._check_refused(self.entry, "write", {name: commands})

    def test_no_item_is_added(self):
        items = [vals | {"move_id": self.entry.id} for vals in self._get_items()]
        self._check_refused(self.env["account.move.line"], "create", items)

    def test_no_item_is_moved_in(self):
        other = self.env["account.move"].create(
            {
                "journal_id": self.entry.journal_id.id,
                "line_ids": [Command.create(vals) for vals in self._get_items()],
            }
        )
        vals = {"move_id": self.entry.id}
        self._check_refused(other.line_ids, "write", vals)

    def test_no_item_is_changed_or_deleted(self):
        item = self.entry.line_ids[0]
        for vals in (
            {"account_id": self.ppv.id},
            {"balance": 1.0},
            {"debit": 1.0},
            {"credit": 1.0},
            {"amount_currency": 1.0},
            {"name": "Something else"},
            {"partner_id": self.vendor.id},
            {"product_id": self.m.id},
            {"date": "2024-01-31"},
        ):
            with self.subTest(vals):
                self._check_refused(item, "write", vals)
        self._check_refused(item, "unlink")
        self._check_refused(self.entry.line_ids, "unlink")

    def test_not_reversed_by_odoos_wizard(self):
        wizard = self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=self.entry.ids
        )
        wizard = wizard.create({"journal_id": self.entry.journal_id.id})
        for method in ("reverse_moves", "modify_moves"):
            with self.assertRaisesRegex(UserError, REFUSED):
                self._call(self.manager, wizard, method)
            with self.assertRaisesRegex(UserError, REFUSED):
                self._call(self.manager, wizard, method, **TRICKS)
        self.assertFalse(self.entry.reversal_move_ids)

    def test_entry_of_a_reversal_is_kept_as_well(self):
        self._call(self.accountant, self.posting, "action_reverse")
        reversal = self.posting.reversal_move_id
        for method in ("button_draft", "button_cancel", "unlink"):
            with self.assertRaisesRegex(UserError, REFUSED):
                self._call(self.manager, reversal, method, **TRICKS)
        with self.assertRaisesRegex(UserError, REFUSED):
            self._call(self.manager, reversal, "write", {"ref": "x"}, **TRICKS)

    def test_form_offers_nothing_to_reset(self):
        form = Form(self.entry.with_user(self.accountant))
        self.assertFalse(form.show_reset_to_draft_button)
        with self.assertRaisesRegex(UserError, REFUSED):
            form.ref = "Something else"
            form.save()

    def test_what_is_no_part_of_the_books_may_change(self):
        """Notes, analytics and reconciliation are the accountant's."""
        entry = self.entry.with_user(self.accountant)
        entry.narration = "Looked at"
        plan = self.env["account.analytic.plan"].create({"name": "Plan"})
        analytic = self.env["account.analytic.account"].create(
            {"name": "Line 1", "plan_id": plan.id, "company_id": self.company.id}
        )
        entry.line_ids[0].analytic_distribution = {str(analytic.id): 100}
        self.assertEntry(self.entry, ENTRY)

    def test_a_copy_is_an_entry_of_its_own(self):
        copy = self.entry.with_user(self.accountant).copy()
        copy.ref = "Mine"
        copy.unlink()
        self.assertEntry(self.entry, ENTRY)

    def test_reconciled_items_are_reversed_and_booked_again(self):
        account = self.accounts["labour_applied"]
        account.reconcile = True
        applied = self.entry.line_ids.filtered(lambda x: x.account_id == account)
        payroll = self.env["account.move"].create(
            {
                "journal_id": self.entry.journal_id.id,
                "line_ids": [
                    Command.create({"account_id": account.id, "balance": 100.0}),
                    Command.create({"account_id": self.ppv.id, "balance": -100.0}),
                ],
            }
        )
        payroll.action_post()
        (applied | payroll.line_ids[:1]).with_user(self.accountant).reconcile()
        self.assertTrue(applied.reconciled)
        self._call(self.accountant, self.posting, "action_reverse")
        self._call(self.accountant, self.posting, "action_retry")
        again = self.order.backflush_posting_ids - self.posting
        self.assertEntry(again.account_move_id, ENTRY)
        self.assertBalance("labour_applied", 0)
        applied.with_user(self.accountant).remove_move_reconcile()
        self.assertEntry(self.entry, ENTRY)

    def test_numbers_of_a_journal_may_be_made_anew(self):
        """The number is no link: the posting still finds its entry."""
        wizard = self.env["account.resequence.wizard"].with_context(
            active_model="account.move", active_ids=self.entry.ids
        )
        wizard = wizard.create({"first_name": self.entry.name[:-4] + "0900"})
        wizard.resequence()
        self.assertTrue(self.entry.name.endswith("0900"))
        self._call(self.accountant, self.posting, "action_reverse")
        self.assertBalance("finished", 0)

    def test_reversed_by_whoever_may(self):
        for role in ("reader", "billing", "shop"):
            with self.assertRaises(UserError):
                self._call(self._create_user(role), self.posting, "action_reverse")
        self.assertEqual(self.posting.state, "posted")
        self._call(self.accountant, self.posting, "action_reverse")
        self.assertEqual(self.posting.state, "reversed")
        self.assertEntry(
            self.posting.reversal_move_id, {key: -x for key, x in ENTRY.items()}
        )
        self.assertEqual(self.posting.reversal_move_id.reversed_entry_id, self.entry)
        with self.assertRaisesRegex(UserError, "nothing to reverse"):
            self._call(self.accountant, self.posting, "action_reverse")

    def test_accounts_merged_into_another_companys(self):
        """Odoo moves the items; the lines of the posting follow."""
        other = self._create_company(name="Other Factory")
        self.env.user.company_ids |= other
        account = self.env["account.account"].create(
            {
                "name": self.finished_account.name,
                "code": "770001",
                "account_type": self.finished_account.account_type,
                "company_ids": [Command.set(other.ids)],
            }
        )
        accounts = account | self.finished_account
        context = {
            "active_model": "account.account",
            "active_ids": accounts.ids,
            "allowed_company_ids": (self.company | other).ids,
        }
        wizard = self.env["account.merge.wizard"].with_context(**context).create({})
        wizard.is_group_by_name = False
        wizard.wizard_line_ids.is_selected = True
        wizard.action_merge()
        kept = accounts.exists()
        self.assertEqual(len(kept), 1)
        items = self.entry.line_ids.filtered(lambda x: x.account_id == kept)
        lines = self.posting.line_ids.filtered(lambda x: x.account_id == kept)
        self.assertEqual(sum(items.mapped("balance")), 250)
        self.assertEqual(sum(lines.mapped("amount")), 250)


@tagged("post_install", "-at_install")
class TestSecuredEntries(EntryCase):
    """Odoo's inalterability hash on the journal."""

    def _check_secured(self, posting):
        self.assertEqual(posting.state, "posted", posting.error)
        self.assertTrue(posting.account_move_id.inalterable_hash)

    def _secure_journal(self):
        self.company.backflush_journal_id.restrict_mode_hash_table = True

    def test_completion_correction_and_reversal(self):
        self._secure_journal()
        order = self._produce(self.p, 10)
        first = order.backflush_posting_ids
        self._check_secured(first)
        self._correct(order.move_raw_ids, 21)
        self._check_secured(order.backflush_posting_ids - first)
        with self.assertRaises(UserError):
            self._call(self.manager, first.account_move_id, "button_draft", **TRICKS)
        first.with_user(self.accountant).action_reverse()
        self.assertTrue(first.reversal_move_id.inalterable_hash)
        first.with_user(self.accountant).action_retry()
        self._check_secured(order.backflush_posting_ids.sorted("id")[-1])
        self.assertBalance("finished", 250)
        self.assertBalance("materials", -105)
        company = self.company.with_user(self.accountant)
        report = company._check_hash_integrity()
        name = self.company.backflush_journal_id.name
        statuses = {
            result["status"]
            for result in report["results"]
            if result["journal_name"].startswith(name)
        }
        self.assertEqual(statuses, {"verified"})

    def test_date_changed_on_the_order(self):
        self._secure_journal()
        order = self._produce(self.p, 10)
        day = fields.Datetime.subtract(fields.Datetime.now(), days=40)
        order.date_finished = day
        first, second = order.backflush_posting_ids.sorted("id")
        self.assertEqual(first.state, "reversed")
        self._check_secured(second)
        self.assertEqual(second.date, day.date())
        self.assertBalance("finished", 250)

    def test_entries_secured_by_the_accountant(self):
        """Securing up to a date, in a journal that does not do so by itself."""
        order = self._produce(self.p, 10)
        posting = order.backflush_posting_ids
        today = fields.Date.today()
        wizard = self.env["account.secure.entries.wizard"].create({"hash_date": today})
        wizard.action_secure_entries()
        self._check_secured(posting)
        posting.with_user(self.accountant).action_reverse()
        posting.with_user(self.accountant).action_retry()
        self.assertBalance("finished", 250)

    def test_new_standards_and_hand_made_prices(self):
        self._secure_journal()
        self._buy(self.m, 100, 5.0)
        self._activate_v2()
        self.m.standard_price = 6.0
        postings = self.env["backflush.posting"].search(
            [("company_id", "=", self.company.id), ("event", "=", "revaluation")]
        )
        self.assertEqual(len(postings), 2)
        for posting in postings:
            self._check_secured(posting)
        self.assertClosed()


@tagged("post_install", "-at_install")
class TestSecuredDeliveries(Variant2, EntryCase):
    def test_delivery_return_and_reversal(self):
        self.company.backflush_journal_id.restrict_mode_hash_table = True
        self._produce(self.p, 10)
        picking = self._deliver(self._sell(self.p, 4, 40.0))
        posting = picking.backflush_posting_ids
        self.assertTrue(posting.account_move_id.inalterable_hash)
        posting.with_user(self.accountant).action_reverse()
        self.assertBalance("cost_of_sales", 0)
        posting.with_user(self.accountant).action_retry()
        self.assertBalance("cost_of_sales", 100)
        self._correct(picking.move_ids, 3)
        self.assertBalance("cost_of_sales", 75)
        entries = picking.backflush_posting_ids.account_move_id
        self.assertTrue(all(entry.inalterable_hash for entry in entries))
