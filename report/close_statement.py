from odoo import api, models

from .close_statement_data import CloseStatement

#: T-accounts beside each other on a page.
COLUMNS = 4


class ReportCloseStatement(models.AbstractModel):
    """What the printed statement of close shows beside the fields of the close."""

    _name = "report.backflush_costing.close_statement"
    _description = "Printed Statement of Close"

    @api.model
    def _get_report_values(self, docids, data=None):
        closes = self.env["backflush.close"].browse(docids)
        return {
            "doc_ids": docids,
            "doc_model": "backflush.close",
            "docs": closes,
            "get_statement": CloseStatement,
            "get_rows": self._get_rows,
            "get_sides": self._get_sides,
        }

    @api.model
    def _get_rows(self, accounts):
        """T-accounts in rows; the last one filled up with nothing."""
        for start in range(0, len(accounts), COLUMNS):
            row = accounts[start : start + COLUMNS]
            yield row + [None] * (COLUMNS - len(row))

    @api.model
    def _get_sides(self, account):
        """Debits and credits of a T-account beside each other."""
        debits, credits = account.debits, account.credits
        for place in range(max(len(debits), len(credits))):
            yield tuple(
                side[place] if place < len(side) else None for side in (debits, credits)
            )
