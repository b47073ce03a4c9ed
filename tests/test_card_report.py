"""The printed cost card: what it says, and that it is a PDF."""

import re

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import html2plaintext, mute_logger

from .test_standards import StandardsCase

REPORT = "backflush_costing.standard_card"


@tagged("post_install", "-at_install")
class TestCardReport(StandardsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.table.default_code = "T-100"
        cls.offcut = cls._create_product("Offcut", cls.materials, standard_price=0.9)
        cls.bill.byproduct_ids = [
            Command.create({"product_id": cls.offcut.id, "product_qty": 1})
        ]
        cls.reader = new_test_user(
            cls.env,
            login="backflush_print",
            groups="base.group_user,backflush_costing.group_backflush_user",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def _html(self, cards, **context):
        report = self.env["ir.actions.report"].with_user(self.reader)
        html, kind = report.with_context(**context)._render_qweb_html(REPORT, cards.ids)
        self.assertEqual(kind, "html")
        return html.decode()

    def _text(self, cards, **context):
        """The words of the page, with single blanks between them."""
        text = html2plaintext(self._html(cards, **context)).replace("\ufeff", "")
        return re.sub(r"[\s*|_]+", " ", text)

    def test_figures(self):
        """25.00 less 4 % for the off-cut: 9.00 + 10.00 + 3.00 + 2.00."""
        self.bill.byproduct_ids.cost_share = 4
        text = self._text(self._roll_up()[self.table])
        for words in (
            "Standard Cost Card (draft)",
            "Table",
            "T-100",
            "Costing Version 2026",
            "Company Little Factory",
            "Valid From 01/01/2026",
            "Status Draft",
            "Standard Lot 10.00 Units",
            "Materials 9.00 USD 37.5 %",
            "Labour 10.00 USD 41.7 %",
            "Variable Overhead 3.00 USD 12.5 %",
            "Fixed Overhead 2.00 USD 8.3 %",
            "Product Quantity Unit Rate (USD) Amount (USD)",
            "Steel 2.00 kg 5.00 10.00 Total 10.00",
            "Make Bench Labour 1.00 0.40 0.50 20.00 10.00",
            "Variable overhead 1.00 0.40 0.50 6.00 3.00",
            "Total 15.00",
            "Offcut -1.00 Units 1.00 -1.00 Total -1.00",
            "Standard Cost 24.00 USD / Units",
        ):
            self.assertIn(words, text)
        self.assertEqual(text.count("Make Bench"), 1)
        self.assertNotIn("Subcontracting", text)

    def test_company_and_several_cards(self):
        chair = self._create_product("Chair", self.finished)
        self._bom(chair, {self.steel: 1})
        cards = self._roll_up()
        html = self._html(cards[self.table] | cards[chair])
        # one document, because some builds of wkhtmltopdf print one only
        self.assertEqual(html.count('class="article'), 1)
        self.assertEqual(html.count("page o_backflush_card"), 2)
        self.assertEqual(html.count("page-break-before: always"), 1)
        self.assertIn("Little Factory", html)
        text = self._text(cards[chair])
        self.assertNotIn("Operations", text)
        self.assertIn("Materials 5.00 USD 100.0 %", text)

    def test_amounts_have_the_same_decimals(self):
        self._set_price(self.steel, 0.0333333)
        text = self._text(self._roll_up()[self.table])
        self.assertIn("Steel 2.00 kg 0.033333 0.0667", text)
        self.assertIn("15.0667 USD", text)
        self._set_price(self.steel, 0.0125)
        self.assertIn("15.025 USD", self._text(self._roll_up()[self.table]))

    def test_drawing(self):
        """Parts as wide as their share; nothing for what is negative or nil."""
        self.bill.byproduct_ids.cost_share = 4
        card = self._roll_up()[self.table]
        report = self.env["report.backflush_costing.standard_card"]
        parts = report._get_split(card)
        widths = [part["width"] for part in parts]
        for width, amount in zip(widths, (9, 10, 3, 2), strict=True):
            self.assertAlmostEqual(width, 1000 * amount / 24)
        self.assertAlmostEqual(sum(widths), 1000)
        self.assertEqual([part["x"] for part in parts][:2], [0, widths[0]])
        self.assertEqual(self._html(card).count("<rect"), 8)
        self.bill.byproduct_ids.cost_share = 80
        parts = report._get_split(self._roll_up()[self.table])
        self.assertEqual(parts[0]["amount"], -10.0)
        self.assertEqual(parts[0]["width"], 0)
        self.assertAlmostEqual(sum(part["width"] for part in parts), 1000)

    def test_card_of_nothing(self):
        self._set_price(self.steel, 0)
        self.version.rate_ids.unlink()
        self.bench.costs_hour = 0
        html = self._html(self._roll_up()[self.table])
        self.assertNotIn("<svg", html)

    def test_right_to_left(self):
        """The drawing begins at the right; numbers and dates are the language's."""
        lang = self.env["res.lang"]._activate_lang("ar_001")
        card = self._roll_up()[self.table]
        self.reader.lang = lang.code
        report = self.env["report.backflush_costing.standard_card"]
        first = report.with_user(self.reader)._get_split(card)[0]
        self.assertAlmostEqual(first["x"] + first["width"], 1000)
        html = self._html(card, lang=lang.code)
        self.assertIn("<svg", html)
        self.assertRegex(html, r'<body [^>]*dir="rtl"')

    def test_other_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        text = self._text(self._roll_up()[self.table], lang="de_DE")
        self.assertIn("25,00 USD", text)
        self.assertIn("01.01.2026", text)

    @mute_logger("odoo.addons.base.models.ir_actions_report")
    def test_pdf(self):
        """Really made by wkhtmltopdf; sixty components take more than a page."""
        components = {
            self._create_product(f"Part {number}", self.materials, standard_price=1): 1
            for number in range(60)
        }
        shelf = self._create_product("Shelf", self.finished)
        self._bom(shelf, components, [(self.bench, 30)])
        cards = self._roll_up()
        report = self.env["ir.actions.report"].with_user(self.reader)
        pdf, kind = report.with_context(force_report_rendering=True)._render_qweb_pdf(
            REPORT, (cards[self.table] | cards[shelf]).ids
        )
        self.assertEqual(kind, "pdf")
        self.assertTrue(pdf.startswith(b"%PDF-"))
        self.assertGreaterEqual(len(re.findall(rb"/Type /Page\b", pdf)), 3)

    def test_who_may_print(self):
        card = self._roll_up()[self.table]
        stranger = new_test_user(self.env, login="stranger", groups="base.group_user")
        action = self.env.ref("backflush_costing.standard_card_action")
        bindings = self.env["ir.actions.actions"]
        offered = bindings.with_user(self.reader).get_bindings(card._name)["report"]
        self.assertIn(action.id, [report["id"] for report in offered])
        offered = bindings.with_user(stranger).get_bindings(card._name)
        self.assertFalse(offered.get("report"))
        report = self.env["ir.actions.report"].with_user(stranger)
        with self.assertRaises(AccessError):
            report._render_qweb_html(REPORT, card.ids)
