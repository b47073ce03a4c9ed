"""What the chatter of a manufacturing order says about its postings."""

from odoo import Command, fields
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import format_date, html2plaintext

from .common import BackflushCommon
from .variants import Variant2


class NotesCommon(BackflushCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)

    def _notes(self, order):
        """Notes of the addon, oldest first."""
        self.env.flush_all()
        names = order.sudo().backflush_posting_ids.mapped("name")
        texts = (html2plaintext(m.body) for m in order.message_ids.sorted("id"))
        return [text for text in texts if any(name in text for name in names)]


@tagged("post_install", "-at_install")
class TestOrderNotes(NotesCommon):
    def test_booked(self):
        order = self._produce(self.p, 10)
        posting = order.backflush_posting_ids
        today = format_date(self.env, fields.Date.today())
        self.assertEqual(
            self._notes(order), [f"Completion booked as {posting.name} on {today}."]
        )
        note = order.message_ids.filtered(lambda m: posting.name in (m.body or ""))
        self.assertEqual(note.author_id, self.env.user.partner_id)
        self.assertTrue(note.is_internal)
        self.assertEqual(note.subtype_id, self.env.ref("mail.mt_note"))

    def test_locked_period(self):
        self.company.sudo().fiscalyear_lock_date = fields.Date.today()
        [note] = self._notes(self._produce(self.p, 10))
        tomorrow = fields.Date.add(fields.Date.today(), days=1)
        self.assertIn(format_date(self.env, tomorrow), note)
        self.assertIn("locked period: booked on the first open day", note)

    def test_corrections(self):
        order = self._produce(self.p, 10)
        order.move_raw_ids.move_line_ids.quantity = 21
        order.move_raw_ids.move_line_ids.quantity = 19.5
        order.move_finished_ids.move_line_ids.quantity = 11
        _booked, more, less, made = self._notes(order)
        self.assertIn("Correction booked as", more)
        self.assertTrue(more.endswith("Changed: 1.00 kg M more used."), more)
        self.assertTrue(less.endswith("Changed: 1.50 kg M less used."), less)
        self.assertTrue(made.endswith("Changed: 1.00 Units P more made."), made)

    def test_failed_then_booked_then_reversed(self):
        element = self.elements["labour"]
        account = element.applied_account_id
        element.applied_account_id = False
        order = self._produce(self.p, 10)
        posting = order.backflush_posting_ids
        [failed] = self._notes(order)
        self.assertIn(f"Not booked yet ({posting.name}). No applied account", failed)
        posting.action_retry()
        self.assertEqual(len(self._notes(order)), 1)  # the same reason is said once
        element.applied_account_id = account
        self.accounts["finished"].active = False
        posting.action_retry()
        self.assertIn("is archived", self._notes(order)[1])
        self.accounts["finished"].active = True
        posting.action_retry()
        self.assertIn("Completion booked as", self._notes(order)[2])
        posting.action_reverse()
        self.assertEqual(self._notes(order)[3], f"{posting.name} has been reversed.")

    def test_nothing_to_book(self):
        free = self._create_product("Free", self.finished)
        self._create_bom(free, 1, {self._create_product("Air", self.materials): 1})
        self._activate_standards(name="Next", date_from="2021-01-01", m=5.0, s=6.0)
        [note] = self._notes(self._produce(free, 10))
        self.assertIn("Nothing to book", note)

    def test_refusals_of_others_stay_among_accountants(self):
        """Only our own sentences are known to name no amount."""
        # Odoo refuses items in another currency than that of their account
        self.accounts["finished"].currency_id = self.env.ref("base.EUR")
        posting = self._produce(self.p, 10).backflush_posting_ids
        self.assertEqual(posting.state, "failed")
        self.assertIn("currency", posting.error)
        self.assertFalse(posting.place_name)
        [note] = self._notes(posting.production_id)
        self.assertIn("Accountants see the reason in the posting.", note)

    def test_shop_user_reads_no_amount(self):
        user = new_test_user(
            self.env,
            "shop",
            "mrp.group_mrp_user,stock.group_stock_user",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        order = self._create_production(self.p, 10).with_user(user)
        with Form(order) as form:
            form.qty_producing = 10
        order.button_mark_done()
        [note] = self._notes(order)
        posting = order.sudo().backflush_posting_ids
        for secret in ("250", "25.00", posting.account_move_id.name):
            self.assertNotIn(secret, note.replace(posting.name, ""))

    def test_one_batch_for_all_orders(self):
        """Notes cost as many queries for ten orders as for one."""
        orders = [self._produce(self.p, 10) for _ in range(11)]
        postings = [order.backflush_posting_ids for order in orders]
        counts = []
        for batch in postings[0], self.env["backflush.posting"].union(*postings[1:]):
            self.env.flush_all()
            self.env.invalidate_all()
            batch.read(["name", "production_id"])
            before = self.env.cr.sql_log_count
            batch.sudo()._note_orders()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])
        self.assertLessEqual(counts[0], 6)


@tagged("post_install", "-at_install")
class TestOrderNotesAtDelivery(Variant2, NotesCommon):
    def test_costed_at_delivery(self):
        [note] = self._notes(self._produce(self.p, 10))
        self.assertIn("Nothing to book at completion: P is costed at delivery", note)
