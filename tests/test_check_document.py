"""The document that *Check the books* makes: rights, companies, schedule, print."""

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .check_common import BrokenBooks


@tagged("post_install", "-at_install")
class TestCheckDocument(BrokenBooks):
    def _create_user(self, login, group):
        return new_test_user(
            self.env,
            login,
            f"backflush_costing.{group}",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )

    def _run(self, user):
        wizard = self.env["backflush.check.books"].with_user(user).create({})
        action = wizard.action_check()
        return self.env["backflush.check"].with_user(user).browse(action["res_id"])

    def test_accountant_checks_and_reader_looks(self):
        check = self._run(self._create_user("checker", "group_backflush_accountant"))
        self.assertEqual((check.state, check.user_id), ("passed", check.env.user))
        reader = self._create_user("looker", "group_backflush_user")
        seen = check.with_user(reader)
        self.assertIn("All 13 checks passed", seen.summary)
        self.assertTrue(seen.result_ids.mapped("name"))
        self.assertTrue(seen.line_ids.mapped("sentence"))
        with self.assertRaises(AccessError):
            self._run(reader)
        with self.assertRaisesRegex(UserError, "accountant"):
            seen.action_check_again()

    def test_shop_user_sees_nothing(self):
        check = self._check()
        user = new_test_user(self.env, "worker", "mrp.group_mrp_user")
        for record in (check, check.result_ids, check.line_ids):
            with self.assertRaises(AccessError):
                self.env[record._name].with_user(user).search([])
        with self.assertRaises(AccessError):
            check.with_user(user).read(["summary"])

    def test_nothing_is_changed_or_deleted(self):
        check = self._check()
        for record in (check, check.result_ids[0], check.line_ids[0]):
            with self.assertRaisesRegex(UserError, "kept as it was found"):
                record.write({"state": "passed"})
            with self.assertRaisesRegex(UserError, "kept as it was found"):
                record.unlink()
            self.assertTrue(record.exists())

    def test_schedule_checks_every_company_with_books(self):
        other = self._create_company(name="Other Factory")
        self.env.flush_all()
        with self.enter_registry_test_mode():
            cron = self.env.ref("backflush_costing.backflush_check_cron")
            cron.sudo().method_direct_trigger()
        self.env.invalidate_all()
        checks = self.env["backflush.check"].search([])
        self.assertIn(self.company, checks.company_id)
        self.assertNotIn(other, checks.company_id)

    def test_other_company_sees_and_counts_nothing(self):
        other = self._create_company(name="Other Factory")
        self.env.user.company_ids |= other
        self._shift(7, self._get_item(self.entry, "materials"))
        check = self._check(other)
        self.assertPassed(check)
        self.assertFalse(sum(check.result_ids.mapped("documents")))
        user = self._create_user("looker", "group_backflush_user")
        self.assertFalse(
            self.env["backflush.check"]
            .with_user(user)
            .search([("company_id", "=", other.id)])
        )

    def test_documents_of_another_period_are_left_out(self):
        self._shift(7, self._get_item(self.entry, "materials"))
        today = fields.Date.today()
        check = self.env["backflush.check"]._check_books(
            self.company,
            fields.Date.subtract(today, days=60),
            fields.Date.subtract(today, days=30),
        )
        result = check.result_ids.filtered(lambda r: r.code == "balance")
        self.assertEqual((result.state, result.documents), ("passed", 0))

    def test_links_and_check_again(self):
        self._shift(7, self._get_item(self.entry, "materials"))
        check = self._check()
        line = check.broken_line_ids.filtered(lambda x: x.res_id == self.entry.id)[0]
        action = line.action_open_document()
        self.assertEqual(
            (action["res_model"], action["res_id"]), ("account.move", self.entry.id)
        )
        self._shift(-7, self._get_item(self.entry, "materials"))
        again = self.env["backflush.check"].browse(check.action_check_again()["res_id"])
        self.assertEqual((check.state, again.state), ("broken", "passed"))
        listed = self.env["backflush.check.line"].search(
            check.action_view_lines()["domain"]
        )
        self.assertEqual(listed, check.line_ids)

    def test_deleted_document_is_said(self):
        self._shift(7, self._get_item(self.entry, "materials"))
        line = self._check().broken_line_ids.filtered(
            lambda x: x.res_model == "account.move"
        )[0]
        self._execute(
            "UPDATE backflush_check_line SET res_id = 0 WHERE id = %s", line.id
        )
        with self.assertRaisesRegex(UserError, "is deleted"):
            line.action_open_document()

    def test_printed(self):
        self._shift(7, self._get_item(self.entry, "materials"))
        check = self._check()
        html, _type = self.env["ir.actions.report"]._render_qweb_html(
            "backflush_costing.check_books", check.ids
        )
        text = html.decode()
        for words in (check.summary, self.entry.name, "does not balance"):
            self.assertIn(words, text)

    def test_queries_do_not_grow_with_documents(self):
        few = self._count_queries()
        for _number in range(6):
            self._buy(self.m, 10, 5.1)
            self._produce(self.p, 10, used={self.m: 21})
        self.assertLessEqual(self._count_queries() - few, 3)

    def _count_queries(self):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self._check()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_rounding_is_booked(self):
        self._activate_standards(name="v2", date_from="2021-01-01", m=0.333, s=6.0)
        for _number in range(3):
            self._produce(self.p, 1, used={self.m: 1})
        check = self._check()
        residue = check.line_ids.filtered(lambda line: line.state == "rounding")
        self.assertTrue(residue)
        with self.assertRaisesRegex(UserError, "accountant"):
            user = self._create_user("looker", "group_backflush_user")
            check.with_user(user).action_book_rounding()
        again = check.browse(check.action_book_rounding()["res_id"])
        self.assertEqual((again.state, again.has_residue), ("passed", False))
        posting = self.env["backflush.posting"].search(
            [("res_model", "=", check._name), ("res_id", "=", check.id)]
        )
        self.assertEqual((posting.event, posting.state), ("correction", "posted"))
        self.assertRows(
            posting.variance_ids,
            [("rounding", round(sum(residue.mapped("amount_difference")), 2))],
        )
        # once more finds nothing to book
        check.action_book_rounding()
        self.assertEqual(len(again.search([("has_residue", "=", True)])), 1)
        posting.action_reverse()
        posting.action_retry()
        self.assertTrue(self._check().has_residue)
