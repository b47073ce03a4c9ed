"""Branches on their parent's chart close with it, or alone before."""

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..report.close_statement_data import CloseStatement
from ..report.close_statement_xlsx import write_workbook
from .closing import Closing
from .test_companies import BranchCase


@tagged("post_install", "-at_install")
class TestCloseBranches(Closing, BranchCase):
    def setUp(self):
        super().setUp()
        self.orders = self._produce_for(self.company) | self._produce_for(self.branch)
        self.orders.button_mark_done()
        self.parent_close = self._create_close()

    def _get_branch_close(self):
        return self.env["backflush.close"].search(
            [("company_id", "=", self.branch.id), ("state", "!=", "reversed")]
        )

    def _compute(self):
        self.parent_close.action_compute()
        return self.parent_close.branch_close_ids

    def test_close_with_the_parent(self):
        branch = self._compute()
        self.assertEqual(branch, self._get_branch_close())
        self.assertEqual((branch.company_id, branch.state), (self.branch, "computed"))
        self.assertEqual(branch.date_to, self.parent_close.date_to)
        self._spend_in_branch(30.0)
        # its figures have changed: nothing of either is posted
        action = self.parent_close.action_post()
        self.assertEqual(action["tag"], "display_notification")
        closes = self.parent_close | branch
        self.assertEqual(closes.mapped("state"), ["computed"] * 2)
        self.assertFalse(closes.account_move_ids)
        labour = branch.line_ids.filtered(lambda x: x.element_id.type == "labour")
        self.assertEqual(labour.control, 30)
        self.assertIs(self.parent_close.action_post(), True)
        self.assertEqual(closes.mapped("state"), ["posted"] * 2)
        self.assertEqual(branch.account_move_ids.company_id, self.branch)
        for company in (self.company, self.branch):
            closed = company._get_backflush_closed_until()
            self.assertEqual(closed, self.parent_close.date_to)
            for name in ("labour_control", "labour_applied"):
                self.assertFalse(self._get_balance(self.accounts[name], company))
        self.parent_close.action_reverse()
        self.assertEqual(closes.mapped("state"), ["reversed"] * 2)
        self.assertEqual(
            self._get_balance(self.accounts["labour_control"], self.branch), 30
        )

    def _spend_in_branch(self, amount, branch=None):
        branch = branch or self.branch
        payable = self.env["account.account"].search(
            [
                ("account_type", "=", "liability_current"),
                ("company_ids", "in", self.company.ids),
            ],
            limit=1,
        )
        entry = (
            self.env["account.move"]
            .with_company(branch)
            .create(
                {
                    "date": fields.Date.today(),
                    "company_id": branch.id,
                    "line_ids": [
                        fields.Command.create(
                            {"account_id": account.id, "balance": balance}
                        )
                        for account, balance in (
                            (self.accounts["labour_control"], amount),
                            (payable, -amount),
                        )
                    ],
                }
            )
        )
        entry.action_post()

    def _get_balance(self, account, company):
        items = self.env["account.move.line"].search(
            [
                ("account_id", "=", account.id),
                ("company_id", "=", company.id),
                ("parent_state", "=", "posted"),
            ]
        )
        return round(sum(items.mapped("balance")), 2)

    def test_branch_that_begins_after_the_figures_are_known(self):
        late = self.env["res.company"].create(
            {"name": "Late", "parent_id": self.company.id}
        )
        self._compute()
        self.env.user.company_ids |= late
        self._spend_in_branch(30.0, late)
        action = self.parent_close.action_post()
        self.assertEqual(action["tag"], "display_notification")
        self.assertEqual(self.parent_close.state, "computed")
        branches = self.parent_close.sudo().branch_close_ids
        closes = (
            self.env["backflush.close"].sudo().search([("company_id", "=", late.id)])
        )
        self.assertEqual(closes.state, "computed")
        self.assertIn(closes, branches)
        self.assertIs(self.parent_close.action_post(), True)
        self.assertEqual(closes.state, "posted")

    def test_branch_closed_alone_before(self):
        own = (
            self.env["backflush.close"]
            .with_company(self.branch)
            .create(
                {
                    "company_id": self.branch.id,
                    "date_from": self.parent_close.date_from,
                    "date_to": self.parent_close.date_to,
                }
            )
        )
        own.action_compute()
        self.assertIs(own.action_post(), True)
        self.assertFalse(self._compute())
        self.assertIs(self.parent_close.action_post(), True)
        self.parent_close.action_reverse()
        self.assertEqual(own.state, "posted")

    def test_close_of_the_branch_is_taken_over(self):
        own = (
            self.env["backflush.close"]
            .with_company(self.branch)
            .create(
                {
                    "company_id": self.branch.id,
                    "date_from": self.parent_close.date_from,
                    "date_to": self.parent_close.date_to,
                }
            )
        )
        self.assertEqual(self._compute(), own)

    def test_findings_of_the_branch(self):
        categories = self.finished.with_company(self.branch)
        categories.property_valuation = "periodic"
        failed = self._produce_for(self.branch)
        failed.button_mark_done()
        categories.property_valuation = "real_time"
        self.parent_close.action_check()
        blocking = self.parent_close.all_finding_ids.filtered(
            lambda x: x.state == "blocking"
        )
        self.assertEqual(blocking.check, "postings")
        self.assertEqual(blocking.company_id, self.branch)
        self.assertEqual(self.parent_close.blocking_count, 1)
        self._compute()
        with self.assertRaisesRegex(UserError, "^Branch: 1 postings of"):
            with self.env.cr.savepoint():
                self.parent_close.action_post()
        self.env.invalidate_all()
        self.assertEqual(self.parent_close.state, "computed")
        self.assertFalse(self.parent_close.account_move_ids)
        failed.backflush_posting_ids.action_retry()
        self._compute()
        self.assertIs(self.parent_close.action_post(), True)

    def test_idle_branch_and_company_of_its_own(self):
        idle = self.env["res.company"].create(
            {"name": "Idle", "parent_id": self.company.id}
        )
        other = self._create_company(name="Elsewhere")
        self.assertEqual(self._compute().company_id, self.branch)
        for company in (idle, other):
            closes = self.env["backflush.close"].sudo()
            self.assertFalse(closes.search([("company_id", "=", company.id)]))

    def test_accountant_of_the_parent_alone(self):
        accountant = self._create_user("accountant", self.company)
        self._call(accountant, self.parent_close, "action_compute")
        self._call(accountant, self.parent_close, "action_post")
        self.assertEqual(self._get_branch_close().state, "posted")
        # whoever does not work in the branch sees nothing of it
        mine = self.parent_close.with_user(accountant).with_context(
            allowed_company_ids=self.company.ids
        )
        self.assertFalse(mine.branch_close_ids)
        self.assertEqual(mine.all_finding_ids.company_id, self.company)

    def test_deleted_with_the_parent(self):
        branch = self._compute()
        self.parent_close.unlink()
        self.assertFalse(branch.exists())

    def test_no_branch_of_that_company(self):
        branch = self._compute()
        with self.assertRaisesRegex(UserError, "Little Factory is no branch"):
            self.parent_close.parent_close_id = branch

    def test_dates_changed_after_the_figures_were_known(self):
        """What was made for the branch follows, whoever may see it or not."""
        branch = self._compute()
        end = fields.Date.subtract(self.parent_close.date_to, days=1)
        self.parent_close.date_to = end
        accountant = self._create_user("accountant", self.company)
        self._call(accountant, self.parent_close, "action_compute")
        closes = self._get_branch_close()
        self.assertEqual(closes.date_to, end)
        self.assertEqual(closes.parent_close_id, self.parent_close)
        self.assertEqual(len(closes), 1, branch)

    def test_branch_has_a_close_of_other_dates(self):
        """It is the branch's own, so nobody else takes it away."""
        own = self._create_branch_close(
            date_to=fields.Date.subtract(self.parent_close.date_to, days=1)
        )
        with self.assertRaisesRegex(UserError, "^Branch: "):
            with self.env.cr.savepoint():
                self.parent_close.action_compute()
        self.assertTrue(own.exists())

    def _create_branch_close(self, **values):
        closes = self.env["backflush.close"].with_company(self.branch)
        dates = {x: self.parent_close[x] for x in ("date_from", "date_to")}
        return closes.create({"company_id": self.branch.id} | dates | values)

    def test_branch_posted_alone_after_it_was_made(self):
        branch = self._compute()
        self.assertIs(branch.action_post(), True)
        self.assertIs(self.parent_close.action_post(), True)
        self.parent_close.action_reverse()
        self.assertEqual(branch.state, "posted")

    def test_branch_with_a_later_close(self):
        branch = self._compute()
        self.parent_close.action_post()
        self.env["backflush.close"].with_company(self.branch).create(
            {
                "company_id": self.branch.id,
                "date_from": fields.Date.add(branch.date_to, days=1),
                "date_to": fields.Date.add(branch.date_to, days=2),
            }
        )._as_engine().write({"state": "posted"})
        with self.assertRaisesRegex(UserError, "^Branch: .* is closed, and rests on"):
            self.parent_close.action_reverse()

    def test_statement_is_of_one_company(self):
        """The branch has its own, and not everybody may read that."""
        self.parent_close.action_compute()
        branch = self.parent_close.branch_close_ids
        found = branch.finding_ids[0]
        found.sudo().write({"state": "attention", "sentence": "Only there"})
        self.assertNotIn("Only there", CloseStatement(self.parent_close).findings)
        self.assertIn("Only there", CloseStatement(branch).findings)

    def test_accountant_of_the_branch_alone(self):
        branch = self._compute()
        accountant = self._create_user("accountant", self.branch)
        mine = branch.with_user(accountant).with_context(
            allowed_company_ids=self.branch.ids
        )
        with self.assertRaises(AccessError):
            self.parent_close.with_user(accountant).read(["name"])
        with Form(mine) as form:
            self.assertTrue(form.name)
        mine.action_check()
        mine.action_compute()
        self.assertIs(mine.action_post(), True)
        if mine.adjustment_ids:
            mine.action_adjust()
        write_workbook(CloseStatement(mine))
        mine.action_reverse()
        again = mine.create({})
        self.assertEqual(again.company_id, self.branch)
