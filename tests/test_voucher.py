"""The printed posting voucher: what it says, and that it is one page of PDF."""

import re

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import format_date, html2plaintext, mute_logger

from .common import BackflushCommon

REPORT = "backflush_costing.posting_voucher"


@tagged("post_install", "-at_install")
class TestVoucher(BackflushCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)
        cls.reader = new_test_user(
            cls.env,
            login="voucher_reader",
            groups="base.group_user,backflush_costing.group_backflush_user",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def _html(self, postings, user=None):
        report = self.env["ir.actions.report"].with_user(user or self.reader)
        html, kind = report._render_qweb_html(REPORT, postings.ids)
        self.assertEqual(kind, "html")
        return html.decode()

    def _text(self, postings):
        text = html2plaintext(self._html(postings)).replace("\ufeff", "")
        text = re.sub(r"data:image\S+", "", text)
        return re.sub(r"[\s*|_]+", " ", text)

    def test_completion(self):
        """22 kg for 10 P: 250.00 = 110.00 + 150.00 − 10.00."""
        order = self._produce(self.p, 10, used={self.m: 22})
        posting = order.backflush_posting_ids
        text = self._text(posting)
        for words in (
            f"Posting Voucher {posting.name}",
            "Event Completion",
            f"Event Date {format_date(self.env, fields.Date.today())}",
            "Company Little Factory",
            order.name,
            posting.account_move_id.name,
            "Product P Quantity 10.00 Units",
            "Costing Version Standards Standard Cost 25.00 USD / Units",
            "Finished stock Output P 250.00",
            "Materials – quantity variance Materials Material usage M 10.00",
            "Materials stock Materials Material M 110.00",
            "Labour – applied Labour Conversion cost applied 100.00",
            "Total 260.00 260.00",
            "M -22.00 kg 5.00 -110.00",
            "P 10.00 Units 25.00 250.00",
            "Material usage Materials M 20.00 22.00 5.00 5.00 10.00",
            "Approved by, date",
        ):
            self.assertIn(words, text)
        self.assertNotIn("Reversed", text)

    def test_debits_come_first(self):
        posting = self._produce(self.p, 10, used={self.m: 22}).backflush_posting_ids
        report = self.env["report.backflush_costing.posting_voucher"]
        rows = [(debit, credit) for _line, debit, credit in report._get_lines(posting)]
        self.assertEqual(rows, sorted(rows, key=lambda row: not row[0]))
        debit, credit = report._get_totals(posting)
        self.assertEqual(debit, posting.amount)
        self.assertAlmostEqual(debit, credit, 2)

    def test_locked_period_and_reversal(self):
        self.company.sudo().fiscalyear_lock_date = fields.Date.today()
        posting = self._produce(self.p, 10).backflush_posting_ids
        self.assertIn("booked on the first open day", self._text(posting))
        posting.action_reverse()
        text = self._text(posting)
        self.assertIn(f"{posting.name} — Reversed", text)
        self.assertIn(f"Reversed by {posting.reversal_move_id.name} on", text)

    def test_failed(self):
        self.elements["labour"].applied_account_id = False
        posting = self._produce(self.p, 10).backflush_posting_ids
        text = self._text(posting)
        self.assertIn(f"{posting.name} — Failed", text)
        self.assertIn("No applied account", text)
        self.assertNotIn("Total", text)

    def test_bill(self):
        bill = self._buy(self.m, 100, 5.0, 5.2)
        posting = bill.backflush_posting_ids
        text = self._text(posting)
        for words in ("Event Vendor Bill", bill.name, "Material price", "20.00 20.00"):
            self.assertIn(words, text)

    @mute_logger("odoo.addons.base.models.ir_actions_report")
    def test_pdf_has_a_page_for_each(self):
        postings = self.env["backflush.posting"].union(
            *(
                self._produce(self.p, 10, used={self.m: 22}).backflush_posting_ids
                for _ in range(2)
            )
        )
        report = self.env["ir.actions.report"].with_user(self.reader)
        pdf, kind = report.with_context(force_report_rendering=True)._render_qweb_pdf(
            REPORT, postings.ids
        )
        self.assertEqual(kind, "pdf")
        self.assertEqual(len(re.findall(rb"/Type /Page\b", pdf)), 2)

    def test_who_may_print(self):
        posting = self._produce(self.p, 10).backflush_posting_ids
        stranger = new_test_user(self.env, login="stranger", groups="base.group_user")
        action = self.env.ref("backflush_costing.posting_voucher_action")
        bindings = self.env["ir.actions.actions"]
        offered = bindings.with_user(self.reader).get_bindings(posting._name)["report"]
        self.assertIn(action.id, [report["id"] for report in offered])
        self.assertFalse(
            bindings.with_user(stranger).get_bindings(posting._name).get("report")
        )
        with self.assertRaises(AccessError):
            self._html(posting, stranger)
