"""The statement of close: T-accounts, bridge and what else an auditor files."""

import re
from pathlib import Path

from odoo.tests import tagged

from .common import BackflushCommon
from .test_close_month import CloseMonth
from .variants import Variant1, Variant4

REPORT = "backflush_costing.close_statement"


@tagged("post_install", "-at_install")
class TestLook1(CloseMonth, Variant1, BackflushCommon):
    variant = 1
    def test_look(self):
        from ..report.close_statement_data import CloseStatement
        from ..report.close_statement_xlsx import write_workbook
        out = Path("/tmp/statement_out"); out.mkdir(exist_ok=True)
        report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        close = self._create_close(); close.action_compute()
        def dump(name):
            pdf, kind = report._render_qweb_pdf(REPORT, close.ids)
            (out / f"v{self.variant}_{name}.{kind}").write_bytes(pdf)
            (out / f"v{self.variant}_{name}.xlsx").write_bytes(write_workbook(CloseStatement(close)))
            print(name, len(re.findall(rb"/Type /Page\b", pdf)), kind)
        dump("computed")
        close.action_post(); dump("posted")
        close.action_adjust(); dump("adjusted")
        for account in self.accounts.values():
            account.name += " of the factory and its branches"
        close.action_reverse(); dump("reversed")


@tagged("post_install", "-at_install")
class TestLook4(TestLook1, Variant4):
    variant = 4
