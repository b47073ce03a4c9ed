from contextlib import contextmanager

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .backflush_close_finding import ACCOUNTS


class BackflushClose(models.Model):
    """Branches use their parent's chart and lock dates, and close with it.

    Each keeps a close of its own, made, computed, posted and reversed with that of the
    parent. One that is closed alone before is left alone.
    """

    _inherit = "backflush.close"

    parent_close_id = fields.Many2one(
        "backflush.close",
        string="Closed With",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The parent company's close of the period.",
    )
    branch_close_ids = fields.One2many(
        "backflush.close", "parent_close_id", string="Branches", readonly=True
    )
    all_finding_ids = fields.Many2many(
        "backflush.close.finding",
        string="Checks",
        compute="_compute_all_finding_ids",
        help="With those of branches.",
    )

    @api.depends("finding_ids", "branch_close_ids.finding_ids")
    def _compute_all_finding_ids(self):
        for close in self:
            findings = close.finding_ids | close.branch_close_ids.finding_ids
            close.all_finding_ids = findings.sorted("sequence")

    @api.depends("branch_close_ids.finding_ids.state")
    def _compute_finding_counts(self):
        res = super()._compute_finding_counts()
        for close in self:
            for branch in close.branch_close_ids:
                close.blocking_count += branch.blocking_count
                close.attention_count += branch.attention_count
        return res

    def unlink(self):
        """What was made for branches goes with it."""
        branches = self.sudo().branch_close_ids - self.sudo()
        if made := branches.filtered(lambda x: x.state in ("draft", "computed")):
            made.unlink()
        return super().unlink()

    @api.constrains("parent_close_id", "company_id")
    def _check_parent_close(self):
        """Closing the parent posts it, whoever does."""
        for close in self.filtered("parent_close_id"):
            parents = close.sudo().company_id.parent_ids - close.sudo().company_id
            if close.sudo().parent_close_id.company_id not in parents:
                raise UserError(
                    self.env._(
                        "%(company)s is no branch of the company of that close.",
                        company=close.company_id.name,
                    )
                )

    # -- which branches ---------------------------------------------------------

    def _get_branches(self):
        """Those on the same chart that have booked or moved anything in the period."""
        # sudo: whoever closes the parent need not work in each branch
        company = self.sudo().company_id
        chart = company._get_backflush_config_company()
        branches = (
            self.env["res.company"]
            .sudo()
            .search([("id", "child_of", company.id), ("id", "!=", company.id)])
        )
        branches = branches.filtered(
            lambda x: x._get_backflush_config_company() == chart
        )
        return branches.browse(self._find_active(branches))

    def _find_active(self, branches):
        """Ids of those with postings, goods, variances or cost in the period."""
        if not branches:
            return []
        own = Domain("company_id", "in", branches.ids)
        own &= Domain("date", ">=", self.date_from)
        own &= Domain("date", "<", fields.Date.add(self.date_to, days=1))
        elements = self.sudo().company_id._get_backflush_elements()
        accounts = elements.control_account_id | elements.applied_account_id
        spent = Domain("account_id", "in", accounts.ids)
        spent &= Domain("parent_state", "=", "posted")
        found = set()
        for name, domain in (
            ("backflush.posting", own),
            ("backflush.stock.fact", own),
            ("backflush.variance", own),
            ("account.move.line", own & spent),
        ):
            groups = self.env[name].sudo()._read_group(domain, ["company_id"])
            found |= {branch.id for (branch,) in groups}
        return sorted(found)

    def _make_branch_closes(self):
        """A close for each branch whose period is still open; returns all of them."""
        closes = self.env["backflush.close"].sudo()
        starts = self._get_branch_starts()
        # made before the dates were changed; who works here alone cannot see them
        self._get_open_branch_closes().filtered(
            lambda x: (
                (starts.get(x.company_id), self.date_to) != (x.date_from, x.date_to)
            )
        ).unlink()
        for branch, start in starts.items():
            dates = {"date_from": start, "date_to": self.date_to}
            known = closes.search(
                [("company_id", "=", branch.id), ("state", "in", ("draft", "computed"))]
                + [(name, "=", day) for name, day in dates.items()]
            )
            if not known:
                vals = {"company_id": branch.id, **dates}
                with self._naming(branch):
                    known = closes.with_company(branch).create(vals)
            known.parent_close_id = self
        self.invalidate_recordset(["branch_close_ids"])
        return self._get_open_branch_closes()

    def _get_branch_starts(self):
        """{branch: first day of the period that is not closed there}"""
        starts = {}
        for branch in self._get_branches():
            starts[branch] = self.date_from
            if closed := branch._get_backflush_closed_until():
                following = fields.Date.add(closed, days=1)
                starts[branch] = max(self.date_from, following)
        return {x: start for x, start in starts.items() if start <= self.date_to}

    @contextmanager
    def _naming(self, branch):
        """What a branch refuses says which branch it is."""
        try:
            yield
        except UserError as error:
            raise UserError(
                self.env._(
                    "%(company)s: %(reason)s",
                    company=branch.sudo().name,
                    reason=error,
                )
            ) from error

    def _get_open_branch_closes(self):
        branches = self.sudo().branch_close_ids
        return branches.filtered(lambda x: x.state in ("draft", "computed"))

    # -- with the parent --------------------------------------------------------

    def action_check(self):
        res = super().action_check()
        for close in self:
            for branch in close._make_branch_closes():
                branch._as_engine()._check_period()
        return res

    def action_compute(self):
        res = super().action_compute()
        for close in self:
            for branch in close._make_branch_closes():
                branch._take_turn()
                engine = branch._as_engine()
                engine._check_before()
                engine._compute_period()
                engine._check_period([ACCOUNTS])
        return res

    def action_post(self):
        """All or none: where figures have changed, all are shown anew."""
        self.ensure_one()
        self.check_access("write")
        self._check_accountant()
        branches = self.browse()
        if self.state == "computed":
            branches = self._make_branch_closes()
        if not branches:
            return self._leave_parent(super().action_post())
        if "draft" in branches.mapped("state"):
            # booked there since the figures were computed
            self.action_compute()
            return self._notify_change()
        savepoint = self.env.cr.savepoint()
        with savepoint:
            results = [super().action_post()]
            if results[0] is True:
                results += [branch._post_with_parent() for branch in branches]
            changed = [result for result in results if result is not True]
            if changed:
                self.env.flush_all()
                savepoint.rollback()
                self.env.invalidate_all()
        if changed:
            self.action_compute()
            return changed[0]
        return self._leave_parent(True)

    def _leave_parent(self, result):
        """One that is posted alone is no longer closed with its parent."""
        if result is True and self.parent_close_id:
            self._as_engine().parent_close_id = False
        return result

    def _post_with_parent(self):
        self._take_turn()
        if self.state == "posted":
            return True
        with self._naming(self.company_id):
            return self._as_engine()._post_period()

    def action_reverse(self):
        res = super().action_reverse()
        branches = self.sudo().branch_close_ids
        for branch in branches.filtered(lambda x: x.state == "posted"):
            branch._take_turn()
            with self._naming(branch.company_id):
                branch._check_is_last()
                branch._as_engine()._reverse_period()
        return res

    def action_open(self):
        """The close of a branch, from the list of the parent's."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
        }
