from odoo import api, models


class ReportPostingVoucher(models.AbstractModel):
    """What the printed voucher shows beside the fields of the posting."""

    _name = "report.backflush_costing.posting_voucher"
    _description = "Printed Posting Voucher"

    @api.model
    def _get_report_values(self, docids, data=None):
        postings = self.env["backflush.posting"].browse(docids)
        return {
            "doc_ids": docids,
            "doc_model": "backflush.posting",
            "docs": postings,
            "get_account": self._get_account,
            "get_lines": self._get_lines,
            "get_totals": self._get_totals,
            "get_movement": self._get_movement,
        }

    @api.model
    def _get_account(self, line):
        """Code and name of the account, also for those whom Odoo shows no codes.

        sudo: whoever reads postings need not have rights in accounting.
        """
        account = line.account_id.sudo().with_company(line.company_id)
        return f"{account.code} {account.name}" if account.code else account.name

    @api.model
    def _get_lines(self, posting):
        """The lines as a journal has them: debits first, each with its two columns."""
        lines = posting.line_ids.sorted(lambda line: (line.amount < 0, line.id))
        for line in lines:
            yield line, max(line.amount, 0.0), max(-line.amount, 0.0)

    @api.model
    def _get_totals(self, posting):
        """(debit, credit) of all lines."""
        amounts = posting.line_ids.mapped("amount")
        debit = sum(amount for amount in amounts if amount > 0)
        credit = -sum(amount for amount in amounts if amount < 0)
        return debit, credit

    @api.model
    def _get_movement(self, fact):
        """Reference of a movement, and from where to where it went.

        sudo: names only; whoever reads postings need not have rights in stock.
        """
        move = fact.sudo().move_id
        ends = move.location_id.display_name, move.location_dest_id.display_name
        return move.reference or move.display_name, " → ".join(ends)
