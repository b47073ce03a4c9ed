"""Failed postings are a queue: reason, place to fix, retry, activities, counts."""

import logging
from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import BackflushCommon
from .variants import Variant2

CRON = "backflush_costing.backflush_posting_cron_retry"


class QueueCommon(BackflushCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = cls._create_user("accountant", "group_backflush_accountant")
        cls.company.backflush_responsible_id = cls.accountant
        cls.Posting = cls.env["backflush.posting"]

    @classmethod
    def _create_user(cls, login, group, company=None):
        company = company or cls.company
        return new_test_user(
            cls.env,
            login,
            f"base.group_user,account.group_account_invoice,backflush_costing.{group}",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

    def _create_other(self):
        """A product that no version has a card of."""
        other = self._create_product("Uncosted", self.finished)
        other.with_context(disable_auto_revaluation=True).standard_price = 25.0
        self._create_bom(other, 10, {self.m: 20}, minutes=24)
        return other

    def _produce_failed(self, product=None):
        posting = self._produce(product or self.p, 10).backflush_posting_ids
        self.assertEqual(posting.state, "failed")
        return posting

    def _due(self, postings):
        """Let the time pass until the schedule tries again."""
        postings.sudo().with_context(backflush_engine=True).write(
            {"date_retry": fields.Datetime.now() - timedelta(minutes=1)}
        )

    def _run_schedule(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref(CRON).sudo().method_direct_trigger()
        self.env.invalidate_all()

    def _activities(self):
        return self.env["mail.activity"].search(
            [("res_model", "=", "backflush.posting"), ("user_id", "!=", False)]
        )

    def _message(self, action):
        self.assertEqual(action["tag"], "display_notification")
        return action["params"]["message"]


@tagged("post_install", "-at_install")
class TestQueue(QueueCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)

    # -- the place to fix -------------------------------------------------------

    def test_place_is_the_cost_element(self):
        element = self.elements["labour"]
        element.applied_account_id = False
        posting = self._produce_failed()
        self.assertEqual(posting.place_name, element.display_name)
        action = posting.action_fix()
        self.assertEqual(
            (action["res_model"], action["res_id"]), (element._name, element.id)
        )
        self.assertEqual(action["context"], {"allowed_company_ids": self.company.ids})

    def test_place_is_the_category(self):
        self.finished.property_valuation = "periodic"
        posting = self._produce_failed()
        action = posting.action_fix()
        self.assertEqual(action["res_model"], "product.category")
        self.assertEqual(action["res_id"], self.finished.id)

    def test_place_of_an_archived_account_is_who_names_it(self):
        self.materials_account.active = False
        posting = self._produce_failed()
        self.assertEqual(posting.action_fix()["res_id"], self.materials.id)

    def test_place_is_the_journal(self):
        self.company.backflush_journal_id.active = False
        action = self._produce_failed().action_fix()
        self.assertEqual(action["res_model"], "account.journal")
        self.assertEqual(action["res_id"], self.company.backflush_journal_id.id)

    def test_place_is_the_settings(self):
        self.company.backflush_journal_id = False
        posting = self._produce_failed()
        self.assertEqual(posting.place_action, "account.action_account_config")
        self.assertEqual(posting.action_fix()["res_model"], "res.config.settings")

    def test_place_is_the_list_of_versions(self):
        posting = self._produce_failed(self._create_other())
        self.assertEqual(posting.place_name, "Costing Versions")
        self.assertEqual(posting.action_fix()["res_model"], "backflush.version")

    def test_place_that_is_gone(self):
        element = self.elements["labour"]
        element.applied_account_id = False
        posting = self._produce_failed()
        posting.sudo().with_context(backflush_engine=True).place_id = 2**30
        self.assertFalse(posting.place_name)
        self.assertEqual(posting.action_fix()["res_model"], "mrp.production")

    def test_place_is_forgotten_once_posted(self):
        element = self.elements["labour"]
        account = element.applied_account_id
        element.applied_account_id = False
        posting = self._produce_failed()
        element.applied_account_id = account
        posting.action_retry()
        self.assertEqual(posting.state, "posted")
        self.assertFalse(posting.place_model or posting.place_id or posting.date_retry)
        self.assertEqual(posting.tries, 1)

    def test_reason_is_in_the_language_of_the_company(self):
        """Whoever runs into it: one reason, one sentence, one activity."""
        self.env["res.lang"]._activate_lang("fr_FR")
        other = self._create_other()
        other.with_context(lang="fr_FR").name = "Sans carte"
        order = self._create_production(other, 10).with_context(lang="fr_FR")
        self._finish(order)
        posting = order.backflush_posting_ids
        self.assertIn("Uncosted has no standard cost card", posting.error)
        reason = posting.error
        self._due(posting)
        self._run_schedule()
        self.assertEqual((posting.error, posting.tries), (reason, 2))

    # -- by button --------------------------------------------------------------

    def test_retry_says_what_became_of_it(self):
        other = self._create_other()
        journal = self.company.backflush_journal_id
        journal.active = False
        postings = self.Posting.union(
            *(self._produce_failed() for _ in range(3)), self._produce_failed(other)
        )
        journal.active = True
        postings = postings.with_user(self.accountant)
        message = self._message(postings.action_retry())
        self.assertEqual(message, "3 posted, 1 still failed.")
        self.assertEqual(sorted(postings.mapped("state")), ["failed"] + 3 * ["posted"])
        failed = postings.filtered(lambda p: p.state == "failed")
        self.assertEqual(failed.tries, 2)
        message = self._message(failed.action_retry())
        self.assertIn("Still failed: Uncosted has no standard cost card", message)
        self._activate_standards(name="Next", date_from="2021-01-01", m=5.0, s=6.0)
        self.assertEqual(self._message(failed.action_retry()), "1 posted.")

    def test_retry_all(self):
        journal = self.company.backflush_journal_id
        journal.active = False
        postings = self._produce_failed() | self._produce_failed()
        journal.active = True
        message = self._message(
            self.Posting.with_user(self.accountant).action_retry_all()
        )
        self.assertEqual(message, "2 posted.")
        self.assertEqual(postings.mapped("state"), ["posted", "posted"])
        message = self._message(
            self.Posting.with_user(self.accountant).action_retry_all()
        )
        self.assertEqual(message, "Nothing to retry.")

    def test_retry_all_of_a_long_queue_is_left_to_the_schedule(self):
        journal = self.company.backflush_journal_id
        journal.active = False
        postings = self._produce_failed() | self._produce_failed()
        journal.active = True
        self.patch(
            self.env.registry["backflush.posting.queue"], "_get_batch", lambda self: 1
        )
        user = self.Posting.with_user(self.accountant)
        self.assertIn("2 postings are being", self._message(user.action_retry_all()))
        self.assertEqual(postings.mapped("state"), ["failed", "failed"])
        self._run_schedule()
        self.assertEqual(postings.mapped("state"), ["posted", "posted"])

    def test_readers_look_only(self):
        journal = self.company.backflush_journal_id
        journal.active = False
        posting = self._produce_failed()
        reader = posting.with_user(self._create_user("reader", "group_backflush_user"))
        self.assertIn("archived", reader.error)
        for action in reader.action_retry, reader.action_retry_all:
            with self.assertRaisesRegex(UserError, "Only a backflush accountant"):
                action()

    # -- by schedule ------------------------------------------------------------

    def test_schedule_posts_what_has_been_set_right(self):
        other = self._create_other()
        journal = self.company.backflush_journal_id
        journal.active = False
        postings = self._produce_failed(other) | self._produce_failed()
        journal.active = True
        self._run_schedule()  # nothing is due yet
        self.assertEqual(postings.mapped("state"), ["failed", "failed"])
        self._due(postings)
        self._run_schedule()
        self.assertEqual(postings.mapped("state"), ["failed", "posted"])
        self.assertEqual(postings.mapped("tries"), [2, 1])

    def test_pauses_grow(self):
        posting = self._produce_failed(self._create_other())
        minutes = []
        for _ in range(9):
            minutes.append((posting.date_retry - posting.date_tried).seconds // 60)
            self._due(posting)
            self._run_schedule()
        self.assertEqual(minutes[:7], [15, 30, 60, 120, 240, 480, 960])
        self.assertEqual(posting.date_retry - posting.date_tried, timedelta(days=1))
        self.assertEqual(posting.tries, 10)

    def test_bug_in_one_does_not_stop_the_others(self):
        """An error that is no refusal is logged; the others are posted."""
        other = self._create_other()
        journal = self.company.backflush_journal_id
        journal.active = False
        postings = self._produce_failed(other) | self._produce_failed()
        journal.active = True
        production = self.env.registry["mrp.production"]
        prepare = production._prepare_backflush_job

        def fail(order, books):
            if order.product_id == other:
                raise ZeroDivisionError
            return prepare(order, books)

        self.patch(production, "_prepare_backflush_job", fail)
        self._due(postings)
        logger = "odoo.addons.backflush_costing.models.backflush_posting_queue"
        with self.assertLogs(logger, logging.ERROR):
            self._run_schedule()
        self.assertEqual(postings.mapped("state"), ["failed", "posted"])
        self.assertGreater(postings[0].date_retry, fields.Datetime.now())

    def test_companies_apart(self):
        journal = self.company.backflush_journal_id
        journal.active = False
        posting = self._produce_failed()
        elsewhere = self._create_company(name="Elsewhere")
        user = self._create_user("elsewhere", "group_backflush_accountant", elsewhere)
        queue = self.Posting.with_user(user).with_context(
            allowed_company_ids=elsewhere.ids
        )
        self.assertFalse(queue.search(queue._get_queue_domain()))
        journal.active = True
        queue.action_retry_all()
        self.assertEqual(posting.state, "failed")
        self.assertFalse(elsewhere._get_backflush_open_postings())

    # -- activities -------------------------------------------------------------

    def test_one_activity_for_each_reason(self):
        other = self._create_other()
        labour = self.elements["labour"]
        account = labour.applied_account_id
        labour.applied_account_id = False
        first, second = self._produce_failed(), self._produce_failed()
        third = self._produce_failed(other)
        self.assertFalse(self._activities())  # nothing on the shop's way
        self._run_schedule()
        activities = self._activities().sorted("res_id")
        self.assertEqual(activities.mapped("res_id"), [first.id, third.id])
        self.assertEqual(activities.user_id, self.accountant)
        self.assertEqual(
            activities.mapped("summary"),
            ["2 backflush postings failed", "A backflush posting failed"],
        )
        self.assertIn("applied account", activities[0].note)
        self._run_schedule()
        self.assertEqual(self._activities(), activities.sorted())
        # solved by the accountant's button: closed at once
        labour.applied_account_id = account
        (first | second).with_user(self.accountant).action_retry()
        self.assertEqual(self._activities(), activities[1])

    def test_activity_moves_to_the_next_posting(self):
        journal = self.company.backflush_journal_id
        journal.active = False
        first, second = self._produce_failed(), self._produce_failed()
        self._run_schedule()
        self.assertEqual(self._activities().res_id, first.id)
        # the shop corrects the first order, and its posting succeeds
        journal.active = True
        first.production_id.move_raw_ids.move_line_ids.quantity = 21
        self.assertEqual(first.state, "posted")
        self._run_schedule()
        self.assertEqual(self._activities().res_id, second.id)

    def test_who_is_responsible(self):
        stranger = new_test_user(self.env, "stranger", "base.group_user")
        company = self.company
        self.assertEqual(company._get_backflush_responsible(), self.accountant)
        company.backflush_responsible_id = stranger
        version = self.env["backflush.version"]._get_active(company)
        version.sudo().scheduled_by_id = self.accountant
        self.assertEqual(company._get_backflush_responsible(), self.accountant)
        version.sudo().scheduled_by_id = False
        everybody = company._get_backflush_responsible()
        self.assertTrue(everybody.has_group("backflush_costing.group_backflush_user"))
        self.assertIn(company, everybody.company_ids)

    # -- where it is counted ----------------------------------------------------

    def test_dashboard(self):
        journal = self.company.backflush_journal_id
        self.assertTrue(journal.show_on_dashboard)
        data = journal._get_journal_dashboard_data_batched()
        self.assertNotIn("backflush_failed", data[journal.id])
        self._produce_failed(self._create_other())
        data = journal._get_journal_dashboard_data_batched()
        self.assertEqual(data[journal.id]["backflush_failed"], 1)
        action = journal.action_open_backflush_queue()
        self.assertEqual(action["res_model"], "backflush.posting")
        clerk = new_test_user(
            self.env,
            "clerk",
            "account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        data = journal.with_user(clerk)._get_journal_dashboard_data_batched()
        self.assertNotIn("backflush_failed", data[journal.id])

    def test_what_keeps_a_period_open(self):
        posting = self._produce_failed(self._create_other())
        self._produce(self.p, 10)
        today = posting.date_event
        self.assertEqual(posting.age, 0)
        find = self.company._get_backflush_open_postings
        self.assertEqual(find(), posting)
        self.assertEqual(find(today), posting)
        self.assertFalse(find(today - timedelta(days=1)))

    # -- append-only ------------------------------------------------------------

    def test_remarks_change_nothing(self):
        """A reader may remark on a posting, and still not change it."""
        posting = self._produce(self.p, 10).backflush_posting_ids
        self.assertFalse(posting.message_ids)
        self.assertFalse(posting.message_follower_ids)
        reader = self._create_user("reader", "group_backflush_user")
        posting.with_user(reader).message_post(body="Looked at")
        self.assertEqual(len(posting.message_ids), 1)
        with self.assertRaises(UserError):
            posting.with_user(reader).write({"tries": 0})
        with self.assertRaises(UserError):
            posting.sudo().write({"tries": 0})


@tagged("post_install", "-at_install")
class TestDeliveryQueue(Variant2, QueueCommon):
    @mute_logger("odoo.addons.backflush_costing.models.backflush_engine")
    def test_lines_of_a_transfer_share_an_entry(self):
        """Two products of one transfer fail, and are retried together by schedule."""
        q = self._create_product("Q", self.finished, list_price=40.0)
        self._create_bom(q, 10, {self.m: 20}, minutes=24)
        self._activate_standards(m=5.0, s=6.0)
        for product in self.p, q:
            self._produce(product, 10)
        account = self.elements["labour"].applied_account_id
        self.elements["labour"].applied_account_id = False
        order = self._sell(self.p, 4, 40.0)
        order.order_line.copy({"order_id": order.id, "product_id": q.id})
        postings = self._deliver(order).backflush_posting_ids
        self.assertEqual(postings.mapped("state"), ["failed", "failed"])
        self.elements["labour"].applied_account_id = account
        self._due(postings)
        self._run_schedule()
        self.assertEqual(postings.mapped("state"), ["posted", "posted"])
        self.assertEqual(len(postings.account_move_id), 1)
        self.assertBalance("cost_of_sales", 200)
