from datetime import timedelta

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import UserError

from .backflush_books import local_date
from .backflush_proof import BROKEN, NOTE, PROVED, ROUNDING
from .backflush_proof_documents import BillProof, InvoiceProof
from .backflush_proof_entries import BalanceProof, LineProof, RowProof
from .backflush_proof_ledger import LedgerProof
from .backflush_proof_orders import CardProof, OrderProof
from .backflush_proof_postings import BookedProof, OnceProof
from .backflush_proof_scope import ProofScope
from .backflush_proof_stock import AmountProof, MoveProof, OnHandProof


class BackflushCheck(models.Model):
    """A proof of the books of one company: what was looked at, and what was found.

    Documents are those of the period; balances and stock are compared as they were at
    the time of the check. Kept as it was found: a check is evidence.
    """

    _name = "backflush.check"
    _inherit = "backflush.check.kept"
    _description = "Check of the Books"
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char(required=True, readonly=True)
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    date_from = fields.Date(string="From", required=True, readonly=True)
    date_to = fields.Date(string="To", required=True, readonly=True)
    date = fields.Datetime(
        string="Checked On",
        required=True,
        readonly=True,
        default=fields.Datetime.now,
        help="Balances and stock are compared as they were at this time.",
    )
    user_id = fields.Many2one("res.users", string="Checked By", readonly=True)
    state = fields.Selection(
        [("passed", "Passed"), ("broken", "Mistakes Found")],
        required=True,
        readonly=True,
    )
    summary = fields.Char(readonly=True)
    result_ids = fields.One2many("backflush.check.result", "check_id", readonly=True)
    line_ids = fields.One2many("backflush.check.line", "check_id", readonly=True)
    broken_line_ids = fields.One2many(
        "backflush.check.line",
        "check_id",
        string="Mistakes",
        domain=[("state", "=", BROKEN)],
        readonly=True,
    )
    proved_line_ids = fields.One2many(
        "backflush.check.line",
        "check_id",
        string="Accounts",
        domain=[("state", "in", (PROVED, ROUNDING))],
        readonly=True,
    )
    note_line_ids = fields.One2many(
        "backflush.check.line",
        "check_id",
        string="To Know",
        domain=[("state", "=", NOTE)],
        readonly=True,
    )
    has_residue = fields.Boolean(
        readonly=True, help="Rounding has left something on accounts that carry goods."
    )
    currency_id = fields.Many2one(related="company_id.currency_id")

    _period = models.Constraint(
        "CHECK(date_from <= date_to)", "The period ends before it begins."
    )

    # -- checking ---------------------------------------------------------------

    @api.model
    def _get_proofs(self):
        """The proofs of a check, in the order shown. Others add theirs to the list."""
        return [
            BalanceProof,
            LineProof,
            RowProof,
            LedgerProof,
            OnHandProof,
            MoveProof,
            AmountProof,
            OrderProof,
            BookedProof,
            OnceProof,
            CardProof,
            BillProof,
            InvoiceProof,
        ]

    @api.model
    def _check_books(self, company, date_from, date_to):
        """Check the books of `company`; return the check.

        sudo: the result is written by the addon only, for whoever may ask for it.
        """
        self.env.flush_all()
        scope = ProofScope(company, date_from, date_to)
        proved = []
        for Proof in self._get_proofs():
            proof = Proof(scope)
            proved.append((proof, proof.prove()))
        vals = self._prepare_vals(company, date_from, date_to, proved)
        check = self.sudo().create(vals)
        self._create_results(check, proved)
        return check.with_env(self.env)

    def _prepare_vals(self, company, date_from, date_to, proved):
        findings = [x for _proof, outcome in proved for x in outcome.findings]
        broken = [finding for finding in findings if finding.state == BROKEN]
        failed = sum(
            any(finding.state == BROKEN for finding in outcome.findings)
            for _proof, outcome in proved
        )
        return {
            "name": self.env._(
                "Books of %(company)s, %(date_from)s to %(date_to)s",
                company=company.name,
                date_from=fields.Date.to_string(date_from),
                date_to=fields.Date.to_string(date_to),
            ),
            "company_id": company.id,
            "date_from": date_from,
            "date_to": date_to,
            "user_id": self.env.uid,
            "state": "broken" if broken else "passed",
            "has_residue": any(finding.state == ROUNDING for finding in findings),
            "summary": self._get_summary(len(proved), failed, broken),
        }

    def _get_summary(self, checks, failed, broken):
        if not broken:
            return self.env._("All %(checks)s checks passed", checks=checks)
        documents = {(x.record._name, x.record.id) for x in broken}
        if len(documents) == 1:
            return self.env._(
                "%(failed)s of %(checks)s checks found 1 document",
                failed=failed,
                checks=checks,
            )
        return self.env._(
            "%(failed)s of %(checks)s checks found %(documents)s documents",
            failed=failed,
            checks=checks,
            documents=len(documents),
        )

    def _create_results(self, check, proved):
        results = (
            self.env["backflush.check.result"]
            .sudo()
            .create(
                [
                    self._prepare_result(check, number, proof, outcome)
                    for number, (proof, outcome) in enumerate(proved)
                ]
            )
        )
        self.env["backflush.check.line"].sudo().create(
            [
                self._prepare_line(result, finding)
                for result, (_proof, outcome) in zip(results, proved, strict=True)
                for finding in outcome.findings
            ]
        )

    def _prepare_result(self, check, number, proof, outcome):
        currency = check.currency_id
        broken = [x for x in outcome.findings if x.state == BROKEN]
        return {
            "check_id": check.id,
            "sequence": number,
            "code": proof.code,
            "rule": proof.rule,
            "name": proof.get_title(),
            "state": "broken" if broken else "passed",
            "documents": outcome.documents,
            "broken": len({(x.record._name, x.record.id) for x in broken}),
            "amount_expected": currency.round(float(outcome.expected)),
            "amount_found": currency.round(float(outcome.found)),
        }

    def _prepare_line(self, result, finding):
        record = finding.record
        currency = result.currency_id
        return {
            "result_id": result.id,
            "state": finding.state,
            "res_model": record._name,
            "res_id": record.id,
            "document": record.display_name or self.env._("(deleted)"),
            "sentence": finding.sentence,
            "remedy": finding.remedy,
            "amount_expected": currency.round(float(finding.expected)),
            "amount_found": currency.round(float(finding.found)),
        }

    # -- by schedule ------------------------------------------------------------

    @api.model
    def _cron_check_books(self):
        """Check the books of every company that has any, since the month before."""
        groups = self.env["backflush.posting"]._read_group([], ["company_id"])
        companies = [company for (company,) in groups]
        progress = self.env["ir.cron"]._commit_progress
        progress(remaining=len(companies))
        for company in companies:
            today = local_date(company)
            since = today + relativedelta(months=-1, day=1)
            self.with_company(company)._check_books(company, since, today)
            progress(1)

    # -- buttons ----------------------------------------------------------------

    def action_check_again(self):
        """Check the same company again, up to today."""
        self.ensure_one()
        return self._open_new(self.company_id, self.date_from, self._get_last_day())

    def _get_last_day(self):
        """A period that ended with the day of the check goes on until today."""
        today = local_date(self.company_id)
        checked = local_date(self.company_id, self.date)
        return today if self.date_to >= checked - timedelta(days=1) else self.date_to

    def action_book_rounding(self):
        """Book what rounding has left by now, then check again."""
        self.ensure_one()
        self._check_right()
        self.env["backflush.residue"]._book(self)
        return self.action_check_again()

    def _prepare_backflush_jobs(self, books):
        """Nothing to book again: the next check finds what rounding has left."""
        return []

    @api.model
    def _open_new(self, company, date_from, date_to):
        self._check_right()
        check = self.with_company(company)._check_books(company, date_from, date_to)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Check of the Books"),
            "res_model": self._name,
            "res_id": check.id,
            "views": [(False, "form")],
        }

    def _check_right(self):
        if not self.env.user.has_group("backflush_costing.group_backflush_accountant"):
            raise UserError(
                self.env._(
                    "Only a backflush accountant can check the books. Ask your manager "
                    "for the right 'Backflush Costing: Accountant'."
                )
            )

    def action_view_lines(self):
        """All documents of the check in a list: to search, group and export."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "backflush_costing.backflush_check_line_action"
        )
        return {**action, "domain": [("check_id", "=", self.id)]}
