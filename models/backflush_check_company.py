from odoo import api, models
from odoo.fields import Domain

SETTINGS = "account.action_account_config"
#: Fields of a cost element: is a posting impossible without it? The close alone needs
#: the others.
ELEMENT_ACCOUNTS = {
    "control_account_id": False,
    "applied_account_id": True,
    "price_variance_account_id": True,
    "quantity_variance_account_id": True,
}
COMPANY_ACCOUNTS = {
    "backflush_revaluation_account_id": True,
    "backflush_cost_of_sales_account_id": False,
    "backflush_capitalised_variance_account_id": False,
    "backflush_gaap_wip_account_id": False,
    "backflush_gaap_finished_account_id": False,
    "backflush_gaap_materials_account_id": False,
}


class BackflushCheckCompany(models.AbstractModel):
    """Checks of what a company needs, whatever it makes."""

    _name = "backflush.check.company"
    _description = "Backflush Check of Companies"

    @api.model
    def _get_checks(self):
        return [
            "_check_journal",
            "_check_company_accounts",
            "_check_elements",
            "_check_own_accounts",
            "_check_version",
            "_check_workcenters",
        ]

    @api.model
    def _is_company_checked(self, scope):
        """A branch answers for its parent's configuration only where it uses it."""
        return bool(scope.triggered) or not scope.company.parent_id

    @api.model
    def _check_journal(self, scope):
        company = scope.company
        if not self._is_company_checked(scope):
            return
        journal = company._backflush_config("backflush_journal_id")
        if journal.active:
            return
        if journal:
            message = self.env._(
                "The backflush journal %(journal)s is archived: unarchive it or choose "
                "another one in the settings.",
                journal=journal.display_name,
            )
        elif scope.elements:
            message = self.env._(
                "%(company)s has no backflush journal: choose one in the settings.",
                company=company.display_name,
            )
        elif scope.triggered:
            message = self.env._(
                "%(company)s has no chart of accounts: choose a fiscal localization in "
                "the settings. Journal and cost elements are then created by "
                "themselves.",
                company=company.display_name,
            )
        else:
            return
        yield self._prepare_issue(scope, "journal", message, action=SETTINGS)

    @api.model
    def _check_company_accounts(self, scope):
        if not self._is_company_checked(scope) or not scope.elements:
            return
        for name, blocking in COMPANY_ACCOUNTS.items():
            label = self._get_label(scope.company, name)
            yield from self._check_account(
                scope,
                scope.company._backflush_config(name),
                label,
                self.env._("the settings"),
                "blocking" if blocking else "warning",
                action=SETTINGS,
            )

    @api.model
    def _check_elements(self, scope):
        if not self._is_company_checked(scope) or not scope.elements:
            return
        if not scope.material:
            yield self._prepare_issue(
                scope,
                "element",
                self.env._(
                    "%(company)s has no active cost element for materials: activate "
                    "it.",
                    company=scope.company.display_name,
                ),
                action="backflush_costing.backflush_element_action",
            )
        for element in scope.elements:
            for name, blocking in ELEMENT_ACCOUNTS.items():
                if not element._is_conversion() and name in list(ELEMENT_ACCOUNTS)[:2]:
                    continue
                yield from self._check_account(
                    scope,
                    element[name],
                    self._get_label(element, name),
                    self.env._("the cost element %(name)s", name=element.name),
                    "blocking" if blocking else "warning",
                    record=element,
                )

    @api.model
    def _check_own_accounts(self, scope):
        """Stock accounts hold standards only, our own anything but that."""
        valuation = scope.env["account.account"].union(
            *(scope.get_valuation_account(category) for category in scope.groups)
        )
        own = scope.element_accounts | scope.env["account.account"].union(
            *(scope.company._backflush_config(name) for name in COMPANY_ACCOUNTS)
        )
        for account in own & valuation:
            yield self._prepare_issue(
                scope,
                "own_account",
                self.env._(
                    "%(account)s is a stock valuation account, and also used by a cost "
                    "element or the backflush settings. Stock valuation accounts may "
                    "hold standard costs only: choose another account there.",
                    account=account.display_name,
                ),
                record=account,
            )

    @api.model
    def _check_version(self, scope):
        if scope.triggered and not scope.version:
            yield self._prepare_issue(
                scope,
                "version",
                self.env._(
                    "%(company)s has no active costing version, so that no product has "
                    "a standard cost card: create one, roll it up and activate it.",
                    company=scope.company.display_name,
                ),
                action="backflush_costing.backflush_version_action",
            )

    @api.model
    def _check_workcenters(self, scope):
        """Hours on a card that cost nothing."""
        groups = scope.env["backflush.standard.line"]._read_group(
            scope.cards_domain
            & Domain("workcenter_id", "!=", False)
            & Domain("quantity", ">", 0)
            & Domain("rate", "=", 0),
            ["workcenter_id"],
        )
        for (workcenter,) in groups:
            yield self._prepare_issue(
                scope,
                "workcenter",
                self.env._(
                    "An hour of %(workcenter)s costs nothing on the active cards: set "
                    "its cost per hour, or rates in a new costing version.",
                    workcenter=workcenter.display_name,
                ),
                "warning",
                workcenter=workcenter,
            )

    @api.model
    def _get_label(self, record, name):
        """A field's label in the user's language."""
        return record.fields_get([name], ["string"])[name]["string"]
