"""The statement of close: its figures are those of the journal and of the close."""

import io
import re
from types import SimpleNamespace
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import html2plaintext, mute_logger
from openpyxl import load_workbook

from ..controllers import close_statement as controller
from ..report.close_statement_data import CloseStatement
from ..report.close_statement_xlsx import write_workbook
from .common import BackflushCommon
from .people import GROUPS, People
from .test_close_month import CloseMonth
from .test_close_refused import ClosedShop
from .variants import Variant4

REPORT = "backflush_costing.close_statement"
REPORT_LOGGER = "odoo.addons.base.models.ir_actions_report"


class StatementCase(People):
    """What cases about the statement have in common."""

    def _html(self, close, user=None, **context):
        report = self.env["ir.actions.report"].with_user(user or self.env.user)
        report = report.with_context(allowed_company_ids=self.company.ids, **context)
        return report._render_qweb_html(REPORT, close.ids)[0].decode()

    def _text(self, close, user=None, **context):
        html = re.sub(r"<style>.*?</style>", "", self._html(close, user, **context))
        text = html2plaintext(html).replace("\ufeff", "")
        return re.sub(r"[\s*|_]+", " ", text)

    def _get_accounts(self, close):
        """{account id: T-account}"""
        return dict(CloseStatement(close).ledger.accounts)

    def _get_closing(self, close):
        return {
            account_id: float(account.closing)
            for account_id, account in self._get_accounts(close).items()
            if account.closing
        }

    def _read_items(self, close, account_id, *domain):
        """(balance, debit, credit) of posted items of an account, as Odoo adds up."""
        domain = [
            ("company_id", "=", close.company_id.id),
            ("account_id", "=", account_id),
            ("parent_state", "=", "posted"),
            *domain,
        ]
        items = self.env["account.move.line"].sudo()
        sums = ["balance:sum", "debit:sum", "credit:sum"]
        return [round(x or 0, 2) for x in items._read_group(domain, [], sums)[0]]

    def _get_sheets(self, close):
        """(workbook as formulas, workbook as the values written beside them)"""
        content = write_workbook(CloseStatement(close))
        return [load_workbook(io.BytesIO(content), data_only=x) for x in (False, True)]

    # -- checks -----------------------------------------------------------------

    def assertIsJournal(self, close):
        """Opening + debit − credit = closing of each account, all as in the journal."""
        accounts = self._get_accounts(close)
        self.assertTrue(accounts)
        for account_id, account in accounts.items():
            before = self._read_items(close, account_id, ("date", "<", close.date_from))
            within = [("date", ">=", close.date_from), ("date", "<=", close.date_to)]
            _balance, debit, credit = self._read_items(close, account_id, *within)
            until = self._read_items(close, account_id, ("date", "<=", close.date_to))
            found = [account.opening, account.debit, account.credit, account.closing]
            name = self.env["account.account"].browse(account_id).name
            self.assertEqual(
                [float(x) for x in found], [before[0], debit, credit, until[0]], name
            )
        moved = {
            item.account_id.id
            for item in close.account_move_ids.line_ids
            if close.date_from <= item.date <= close.date_to
        }
        self.assertLessEqual(moved, set(accounts))

    def assertAddsUp(self, close):
        """Formulas of the workbook come to the values that are written beside them."""
        formulas, values = self._get_sheets(close)
        names = ["Summary", "Entry", "T-accounts", "Conversion cost", "Variances"]
        names += ["Disposition", "Stock accounts", "Bridge", "Adjustment"]
        self.assertEqual(formulas.sheetnames, names)
        count = 0
        for sheet in formulas:
            self.assertTrue(sheet.freeze_panes, sheet.title)
            for row in sheet.iter_rows():
                for cell in row:
                    if cell.data_type == "f":
                        count += 1
                        known = values[sheet.title]
                        found = self._evaluate(known, cell.value)
                        value = known[cell.coordinate].value
                        self.assertAlmostEqual(found, value, 2, cell.coordinate)
        self.assertGreater(count, 20)

    def _evaluate(self, sheet, formula):
        """Sums, and sums and differences of cells."""
        formula = formula.removeprefix("=").replace("ROUND(", "").replace(",6)", "")
        if match := re.fullmatch(r"SUM\((\w+):(\w+)\)", formula):
            cells = [x for row in sheet[f"{match[1]}:{match[2]}"] for x in row]
            return sum(cell.value or 0 for cell in cells)
        total = 0
        for sign, name in re.findall(r"([+-]?)([A-Z]+\d+)", formula):
            amount = sheet[name].value or 0
            total += -amount if sign == "-" else amount
        return total


@tagged("post_install", "-at_install")
class TestCloseStatement(StatementCase, ClosedShop, BackflushCommon):
    """March: 10 P made of 22 kg in 6 h, and 4 of them sold."""

    def setUp(self):
        super().setUp()
        order = self._sell(self.p, 4, 40.0)
        self._deliver(order)
        self._invoice(order)
        # stays open over the month's end
        self.open_order = self._create_production(self.p, 10)
        self._record(self.open_order, 2, 20.0)
        self.env.flush_all()

    def test_computed_shows_what_would_be_booked(self):
        close = self._compute()
        text = self._text(close)
        self.assertIn("Statement of Close 2026-03 Computed", text)
        self.assertIn("Draft, not posted", text)
        self.assertIn("Conversion cost, not posted", text)
        self.assertIn("Posted No Journal Entries None", text)
        draft = self._get_closing(close)
        close.action_post()
        self.assertEqual(self._get_closing(close), draft)
        self.assertNotIn("not posted", self._text(close))

    def test_without_figures(self):
        close = self._create_close()
        text = self._text(close)
        self.assertIn("Not computed: there are no figures yet.", text)
        self.assertNotIn("Bridge to Sequential Costing", text)
        self._get_sheets(close)

    def test_posted(self):
        close = self._close()
        self.assertIsJournal(close)
        self.assertAddsUp(close)
        text = self._text(close)
        for words in (
            "Statement of Close 2026-03 Company Little Factory",
            "Period 03/01/2026 – 03/31/2026",
            close.account_move_ids.name,
            self.env.user.name,
            "Costing Versions Standards",
            "Vendor bills",
            "Customer invoices",
            "Backflush postings",
            "Other entries",
            "Variances expensed",
            "Reviewed by, date",
        ):
            self.assertIn(words, text)
        for line in close.line_ids:
            amounts = [line.control, line.applied, line.variances]
            amounts += [line.period_variances, line.timing, 0]
            words = " ".join(f"{x:,.2f}" for x in amounts)
            self.assertIn(f"{line.element_id.name} {words}", text)

    def test_blocks_are_those_of_the_close(self):
        close = self._close()
        statement = CloseStatement(close)
        self.assertEqual(
            [row[1:] for row in statement.bridge + statement.bridge_shown],
            [(x.sequential, x.backflush, x.difference) for x in close.bridge_ids],
        )
        kinds = sum(row[4] for row in statement.variances)
        self.assertAlmostEqual(kinds, sum(close.variance_ids.mapped("amount")), 2)
        disposed = sum(row[2] for row in statement.disposition)
        self.assertAlmostEqual(disposed, sum(close.part_ids.mapped("amount")), 2)
        self.assertEqual(
            [row[1:4] for row in statement.stock],
            [(x.balance, x.expected, x.difference) for x in close.account_proof_ids],
        )
        inventory, profit = statement.effects
        self.assertEqual(inventory.difference, close.bridge_inventory)
        self.assertAlmostEqual(
            inventory.percent, abs(close.bridge_inventory) / close.inventory * 100, 6
        )
        self.assertEqual((profit.base, profit.limit), (close.profit, 5.0))

    def test_adjusted(self):
        close = self._close()
        self.assertTrue(close.adjustment_ids)
        self.assertIn("and not adjusted", self._text(close))
        close.action_adjust()
        self.assertIsJournal(close)
        self.assertAddsUp(close)
        text = self._text(close)
        self.assertIn(f"Adjusted by {close.adjustment_move_id.name}, which", text)
        self.assertIn("Adjustment to sequential costing", text)
        wip = self.accounts["work_in_process"]
        self.assertEqual(self._get_closing(close)[wip.id], close.bridge_inventory)

    def test_reversed(self):
        draft = self._create_close()
        before = self._get_closing(draft)
        draft.unlink()
        close = self._close()
        close.action_adjust()
        close.action_reverse()
        self.assertIsJournal(close)
        text = self._text(close)
        self.assertIn("Statement of Close 2026-03 Reversed", text)
        self.assertIn("Reversed: the period is open again.", text)
        self.assertIn("Conversion cost, reversed", text)
        self.assertLessEqual(before.items(), self._get_closing(close).items())

    def test_capitalised(self):
        self.company.backflush_variance_policy = "prorate"
        close = self._close()
        self.assertIsJournal(close)
        kept = sum(
            part.amount for part in close.part_ids if part.place != "cost_of_sales"
        )
        self.assertTrue(kept)
        closing = self._get_closing(close)[self.capitalised.id]
        self.assertAlmostEqual(closing, kept, 2)
        # it came back on the day after
        self._go_to("2026-04-10 10:00")
        later = self._compute()
        account = self._get_accounts(later)[self.capitalised.id]
        self.assertAlmostEqual(float(account.opening), kept, 2)
        self.assertIn("Other closes", self._text(later))

    # -- what was known, and when -----------------------------------------------

    def test_versions_are_kept(self):
        close = self._compute()
        self.assertFalse(close.version_ids)
        self.assertIn("Costing Versions Standards", self._text(close))
        close.action_post()
        version = self.env["backflush.version"].search(
            [("company_id", "=", self.company.id), ("state", "=", "active")]
        )
        self.assertEqual(close.version_ids, version)
        self.assertEqual(close.user_posted_id, self.env.user)
        for vals in ({"version_ids": [Command.clear()]}, {"user_posted_id": False}):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                close.write(vals)

    def test_late_facts(self):
        self.assertNotIn("Late facts", self._text(self._close()))
        self._go_to("2026-04-10 10:00")
        self._record(self.order, 1, 20.0, day=fields.Date.to_date("2026-03-09"))
        self.env.flush_all()
        close = self._compute()
        late = CloseStatement(close).late
        self.assertEqual(len(late), 1)
        label, count, amount = late[0]
        rows = self.order.backflush_variance_ids.filtered(
            lambda row: row.state == "provisional"
        )
        self.assertEqual(label, "Orders of earlier periods")
        self.assertEqual(count, len(rows))
        self.assertAlmostEqual(amount, sum(rows.mapped("amount")), 2)
        self.assertIn(f"Orders of earlier periods: {count} rows", self._text(close))
        self.assertAddsUp(close)
        close.action_post()
        self.assertEqual(CloseStatement(close).late, late)

    @mute_logger(REPORT_LOGGER)
    def test_what_was_filed_stays(self):
        report = self.env["ir.actions.report"]
        report = report.with_context(force_report_rendering=True)
        files = self.env["ir.attachment"]

        def render(user=None):
            pdf, kind = report.with_user(user or self.env.user)._render_qweb_pdf(
                REPORT, close.ids
            )
            self.assertEqual(kind, "pdf")
            self.assertEqual(len(re.findall(rb"/Type /Page\b", pdf)), 1)
            domain = [("res_model", "=", close._name), ("res_id", "=", close.id)]
            return pdf, files.search(domain)

        close = self._compute()
        self.assertFalse(render()[1])
        close.action_post()
        reader = self._create_user("reader")
        self.assertFalse(render(reader)[1], "a reader prints, and files nothing")
        first, filed = render()
        self.assertEqual(len(filed), 1)
        self.assertEqual(filed.raw, first)
        self._spend(labour=1.0)
        self.assertEqual(render(), (first, filed))
        self.assertEqual(render(reader), (first, filed))
        close.action_adjust()
        self.assertEqual(len(render()[1]), 2)
        close.action_reverse()
        names = render()[1].mapped("name")
        self.assertEqual(len(names), 3)
        self.assertEqual(len([x for x in names if "reversed" in x]), 1)

    # -- who, where and in which language ---------------------------------------

    def test_who_may_print(self):
        close = self._close()
        reader = self._create_user("reader")
        self.assertIn("Statement of Close 2026-03", self._text(close, reader))
        expected = self._get_accounts(close)
        self.assertEqual(self._get_accounts(close.with_user(reader)), expected)
        offered = self.env["ir.actions.actions"].with_user(reader)
        action = self.env.ref("backflush_costing.close_statement_action")
        reports = offered.get_bindings("backflush.close")["report"]
        self.assertIn(action.id, [x["id"] for x in reports])
        for role in ("shop", "billing"):
            stranger = self._create_user(role)
            with self.assertRaises(AccessError):
                self._html(close, stranger)
            with self.assertRaises(AccessError):
                CloseStatement(close.with_user(stranger))

    def _download(self, close_id, user):
        """The workbook, as the route answers."""
        request = SimpleNamespace(
            env=self.env(user=user, su=False),
            not_found=lambda: LookupError("not found"),
            make_response=lambda content, headers: (content, dict(headers)),
        )
        get = controller.CloseStatementController.get_statement
        with patch.object(controller, "request", request):
            return get.original_endpoint(
                controller.CloseStatementController(), close_id
            )

    def test_download(self):
        close = self._close()
        reader = self._create_user("reader")
        content, headers = self._download(close.id, reader)
        self.assertTrue(load_workbook(io.BytesIO(content)))
        self.assertIn("2026-03.xlsx", headers["Content-Disposition"])
        self.assertEqual(
            close.with_user(reader).action_export_statement()["url"],
            f"/backflush/close/{close.id}/statement.xlsx",
        )
        with self.assertRaises(AccessError):
            self._download(close.id, self._create_user("shop"))
        with self.assertRaisesRegex(LookupError, "not found"):
            self._download(0, reader)

    def test_second_company(self):
        close = self._close()
        other = self._create_company(name="Other Factory")
        stranger = self._create_user("reader", companies=other)
        with self.assertRaises(AccessError):
            CloseStatement(close.with_user(stranger))
        with self.assertRaises(AccessError):
            self._download(close.id, stranger)
        both = self._create_user(
            "both", companies=other | self.company, groups=GROUPS["reader"]
        )
        theirs = close.with_user(both).with_company(other)
        expected = self._get_accounts(close)
        # whichever company is on top
        self.assertEqual(self._get_accounts(theirs), expected)
        empty = self.env["backflush.close"].create(
            {
                "company_id": other.id,
                "date_from": close.date_from,
                "date_to": close.date_to,
            }
        )
        self.assertEqual(self._get_accounts(empty), {})

    def test_other_language(self):
        close = self._close()
        self.env["res.lang"]._activate_lang("fr_FR")
        material = self.elements["material"]
        material.with_context(lang="fr_FR").name = "Matières [*]"
        expected = self._get_accounts(close)
        french = close.with_context(lang="fr_FR")
        self.assertEqual(self._get_accounts(french), expected)
        reader = self._create_user("reader")
        reader.lang = "fr_FR"
        text = self._text(close, reader, lang="fr_FR")
        self.assertIn("Matières", text)
        self.assertIn("31/03/2026", text)
        write_workbook(CloseStatement(french))

    def test_text_is_no_formula(self):
        self.accounts["labour_control"].name = '=HYPERLINK("http://x")'
        formulas, _values = self._get_sheets(self._close())
        found = [
            cell
            for row in formulas["T-accounts"].iter_rows()
            for cell in row
            if "HYPERLINK" in str(cell.value)
        ]
        self.assertTrue(found)
        self.assertEqual({cell.data_type for cell in found}, {"s"})

    # -- volume -----------------------------------------------------------------

    def _count_queries(self, close):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self._html(close)
        write_workbook(CloseStatement(close))
        return self.env.cr.sql_log_count - before

    def test_queries_do_not_grow_with_entries(self):
        close = self._compute()
        self._count_queries(close)  # fills what is cached for good
        few = self._count_queries(close)
        for _time in range(4):
            self._buy(self.m, 30, 5.3)
            self._produce(self.p, 10, used={self.m: 23})
            self._spend(labour=10.0)
        self.env.flush_all()
        close.action_compute()
        self.assertLessEqual(self._count_queries(close), few)


@tagged("post_install", "-at_install")
class TestCloseStatementMonth(StatementCase, CloseMonth, Variant4, BackflushCommon):
    """The month of the catalogue, whose sales are the only trigger, prorated."""

    @mute_logger(REPORT_LOGGER)
    def test_month(self):
        self.company.backflush_variance_policy = "prorate"
        close = self._close()
        close.action_adjust()
        self.assertIsJournal(close)
        self.assertAddsUp(close)
        balances = self._get_closing(close)
        for name in ("labour_control", "labour_applied", "ppv"):
            self.assertNotIn(self.accounts[name].id, balances)
        for account in self.accounts.values():
            account.name += " of the factory and all of its branches"
        report = self.env["ir.actions.report"]
        report = report.with_context(force_report_rendering=True)
        pdf, _kind = report._render_qweb_pdf(REPORT, close.ids)
        self.assertEqual(len(re.findall(rb"/Type /Page\b", pdf)), 1)
