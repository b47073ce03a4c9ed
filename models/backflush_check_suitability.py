from odoo import api, models


class BackflushCheckProduct(models.AbstractModel):
    """Adds to the configuration check what does not fit the trigger of a category."""

    _inherit = "backflush.check.product"

    @api.model
    def _get_category_checks(self):
        return [*super()._get_category_checks(), "_check_suitability"]

    @api.model
    def _check_suitability(self, scope):
        """By what has been measured; the check itself measures nothing."""
        for category in scope.checked:
            trigger = category.property_backflush_trigger
            if category not in scope.triggered or not trigger:
                continue
            message = category.with_env(
                self.with_company(scope.company).env
            )._get_backflush_suitability_warning(trigger, measure=False)
            if message:
                yield self._prepare_issue(
                    scope,
                    "suitability",
                    message,
                    "warning",
                    category=category,
                    action="backflush_costing.backflush_suitability_action",
                )
