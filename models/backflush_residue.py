from odoo import api, models

from ..costing.check import book_residues
from ..costing.entry import Key, round_half_up
from ..costing.revaluation import Revaluation
from .backflush_books import local_date, number
from .backflush_proof import ROUNDING
from .backflush_proof_ledger import LedgerProof
from .backflush_proof_scope import ProofScope


class BackflushResidue(models.AbstractModel):
    """Takes off what rounding leaves on accounts that carry goods (DESIGN §4, rule 1).

    Each document rounds what it books on an account once, so that the account drifts
    from stock × standard by half a unit per document at most. More than that is a
    mistake, and is left alone.
    """

    _name = "backflush.residue"
    _description = "Residue of Rounding"

    @api.model
    def _book(self, check):
        """Book the residues of a check's company as they are now; return the posting.

        To be called twice does no harm: the second time there is no residue.
        """
        poster = self.env["backflush.revaluation"]
        books = poster._get_books(check.company_id, check)
        account = books.accounts.variance["rounding"]
        rounding = Key(account, books.material.id, "rounding", None)
        target = book_residues(self._find(check.company_id), rounding)
        label = self.env._("Rounding of stock accounts")
        result = Revaluation(target, {})
        return poster._post(books, [(check, result, {"event": "correction"})], label)

    @api.model
    def _find(self, company):
        """{account id: balance − stock at standard}, where it is within its bound."""
        self.env.flush_all()
        today = local_date(company)
        outcome = LedgerProof(ProofScope(company, today, today)).prove()
        unit = number(company.currency_id.rounding)
        return {
            finding.record.id: round_half_up(finding.found - finding.expected, unit)
            for finding in outcome.findings
            if finding.state == ROUNDING
        }
