from odoo import api, models
from odoo.fields import Domain

from .backflush_check_company import SETTINGS

WARNING = "warning"


class BackflushCheckCompany(models.AbstractModel):
    """Checks of what recorded time and the rates of hours need."""

    _inherit = "backflush.check.company"

    @api.model
    def _get_checks(self):
        return [
            *super()._get_checks(),
            "_check_time_project",
            "_check_hourly_costs",
            "_check_labour_rates",
            "_check_normal_hours",
        ]

    @api.model
    def _check_time_project(self, scope):
        """Time on an order without a project of its own needs one."""
        if not scope.triggered:
            return
        project = scope.company._backflush_config("backflush_project_id")
        if project.active and project.allow_timesheets:
            return
        if project:
            message = self.env._(
                "The project of order time %(project)s is archived or takes no "
                "timesheets: choose another one in the settings.",
                project=project.display_name,
            )
        else:
            message = self.env._(
                "%(company)s has no project of order time: timesheets can only be "
                "recorded on orders that have a project of their own. Choose one in "
                "the settings.",
                company=scope.company.display_name,
            )
        yield self._prepare_issue(
            scope, "time_project", message, WARNING, action=SETTINGS
        )

    @api.model
    def _check_hourly_costs(self, scope):
        """Whose hours on orders cost nothing."""
        domain = Domain("company_id", "=", scope.company.id)
        domain &= Domain("production_id", "!=", False)
        domain &= Domain("project_id", "!=", False)
        domain &= Domain("employee_id.hourly_cost", "=", 0)
        groups = scope.env["account.analytic.line"]._read_group(domain, ["employee_id"])
        for (employee,) in groups:
            yield self._prepare_issue(
                scope,
                "hourly_cost",
                self.env._(
                    "%(employee)s records time on orders and has no hourly cost, so "
                    "that these hours count at the standard rate: set it on the "
                    "employee.",
                    employee=employee.display_name,
                ),
                WARNING,
                record=employee,
            )

    @api.model
    def _check_labour_rates(self, scope):
        if not scope.triggered or not scope.version:
            return
        rated = scope.version.rate_ids.filtered("rate").element_id
        for element in scope.elements - rated:
            if element.type != "labour":
                continue
            yield self._prepare_issue(
                scope,
                "labour_rate",
                self.env._(
                    "No work center has a rate for %(element)s in %(version)s: hours "
                    "on orders cost nothing. Set rates in a new costing version, or "
                    "deactivate the cost element.",
                    element=element.display_name,
                    version=scope.version.display_name,
                ),
                WARNING,
                record=element,
            )

    @api.model
    def _check_normal_hours(self, scope):
        """A budget of fixed overhead is its rate times the normal hours."""
        rates = scope.version.rate_ids.filtered(
            lambda rate: (
                rate.element_id.type == "fixed_overhead"
                and rate.rate
                and not rate.normal_hours
            )
        )
        for rate in rates:
            yield self._prepare_issue(
                scope,
                "normal_hours",
                self.env._(
                    "%(workcenter)s has a rate for %(element)s, but no normal hours: "
                    "its budget is 0. Set them in a new costing version.",
                    workcenter=rate.workcenter_id.display_name,
                    element=rate.element_id.display_name,
                ),
                WARNING,
                workcenter=rate.workcenter_id,
                record=scope.version,
            )
