from odoo import api, fields, models

from ..models.backflush_check_scope import Scope

BLOCKING = "blocking"


class BackflushConfigurationIssue(models.TransientModel):
    """One line of the configuration check: what is missing, and where to set it.

    The checks themselves stand in `backflush.check.company` and
    `backflush.check.product`. To add one, write a method that takes a `Scope` and
    yields what `_prepare_issue` returns, and add its name to `_get_checks` or, if it is
    about a category and follows its form, to `_get_category_checks`.
    """

    _name = "backflush.configuration.issue"
    _inherit = ["backflush.check.company", "backflush.check.product"]
    _description = "Backflush Configuration Issue"
    _order = "severity, company_id, id"

    company_id = fields.Many2one("res.company", readonly=True, required=True)
    severity = fields.Selection(
        [(BLOCKING, "Blocks posting"), ("warning", "Warning")],
        readonly=True,
        required=True,
    )
    subject = fields.Char(readonly=True, required=True)
    message = fields.Text(readonly=True, required=True)
    category_id = fields.Many2one("product.category", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    workcenter_id = fields.Many2one("mrp.workcenter", readonly=True)
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(model_field="res_model", readonly=True)
    action_xmlid = fields.Char(readonly=True)

    @api.model
    def _get_issues(self, company, categories=None):
        """Return what is missing in `company` as a list of dicts, the worst first.

        With `categories`, only what concerns them, judged by the values they have now,
        saved or not.
        """
        scope = Scope(company, categories)
        if scope.is_empty():
            return []
        checks = self._get_category_checks()
        if categories is None:
            checks = self._get_checks() + checks
        issues = [issue for name in checks for issue in getattr(self, name)(scope)]
        return sorted(issues, key=lambda issue: issue["severity"] != BLOCKING)

    @api.model
    def _prepare_issue(self, scope, subject, message, severity=BLOCKING, **place):
        """Values of one issue. `place` holds `category`, `product`, `workcenter` (what
        it is about) and `record` or `action` (where to set it right).
        """
        category = place.get("category")
        product = place.get("product")
        workcenter = place.get("workcenter")
        record = place.get("record") or product or category or workcenter
        if place.get("action"):
            record = None
        elif not record:
            # products without category: one of them shows what it is about
            record = scope.groups[category][:1]
        return {
            "company_id": scope.company.id,
            "severity": severity,
            "subject": subject,
            "message": message,
            "category_id": bool(category) and category._origin.id,
            "product_id": bool(product) and product.id,
            "workcenter_id": bool(workcenter) and workcenter.id,
            "res_model": bool(record) and record._name,
            "res_id": bool(record) and record._origin.id,
            "action_xmlid": place.get("action", False),
        }

    @api.model
    def _check_account(self, scope, account, label, owner, severity, **place):
        """Yield an issue if `account`, `label` of `owner`, is missing or archived."""
        if account and account.active:
            return
        if account:
            message = self.env._(
                "%(label)s of %(owner)s: the account %(account)s is archived. "
                "Unarchive it or choose another one.",
                label=label,
                owner=owner,
                account=account.display_name,
            )
        else:
            message = self.env._(
                "%(label)s of %(owner)s is missing: set it.", label=label, owner=owner
            )
        yield self._prepare_issue(scope, "account", message, severity, **place)

    @api.model
    def action_check(self):
        """Check all companies that the user has selected."""
        return self._open_check(self.env.companies)

    @api.model
    def _open_check(self, companies, categories=None):
        """Replace the user's list by a new one, and open it."""
        self.search([("create_uid", "=", self.env.uid)]).unlink()
        issues = self.create(
            [
                issue
                for company in companies
                for issue in self._get_issues(company, categories)
            ]
        )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "backflush_costing.backflush_configuration_issue_action"
        )
        return {**action, "domain": [("id", "in", issues.ids)]}

    def action_fix(self):
        """Open the place where this can be set right."""
        self.ensure_one()
        if self.action_xmlid:
            return self.env["ir.actions.actions"]._for_xml_id(self.action_xmlid)
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
            "context": {"allowed_company_ids": self.company_id.ids},
        }
