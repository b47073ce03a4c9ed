from odoo import api, fields, models

#: Category fields on which the configuration check depends.
CHECKED_FIELDS = (
    "property_backflush_trigger",
    "property_valuation",
    "property_cost_method",
    "property_stock_valuation_account_id",
    "property_account_expense_categ_id",
    "property_price_difference_account_id",
)


class ProductCategory(models.Model):
    _inherit = "product.category"

    property_backflush_trigger = fields.Selection(
        [
            ("completion", "When it is finished"),
            ("delivery", "When it is delivered"),
        ],
        string="Backflush Costing",
        company_dependent=True,
        copy=True,
        tracking=True,
        help="When the cost of products made in this category is booked, in one entry "
        "and at standard cost.\n"
        "When it is finished: a finished manufacturing order moves materials and "
        "conversion cost to finished goods. Needs perpetual valuation.\n"
        "When it is delivered: nothing is booked before the goods leave for the "
        "customer; then materials and conversion cost go straight to cost of sales. "
        "Needs periodic valuation.\n"
        "Empty: Odoo's own way of valuing production.",
    )
    backflush_configuration_warning = fields.Text(
        compute="_compute_backflush_configuration_warning",
        compute_sudo=True,
        groups="backflush_costing.group_backflush_user",
    )

    @api.depends(*CHECKED_FIELDS)
    @api.depends_context("company", "lang")
    def _compute_backflush_configuration_warning(self):
        """What the configuration check says about the category, one sentence a line.

        Works on unsaved values, so that the warning follows what is being typed.
        """
        Issue = self.env["backflush.configuration.issue"]
        for category in self:
            issues = Issue._get_issues(self.env.company, category)
            category.backflush_configuration_warning = "\n".join(
                issue["message"] for issue in issues
            )

    def action_backflush_check(self):
        """List what is missing for this category, with the places to set it."""
        self.ensure_one()
        return self.env["backflush.configuration.issue"]._open_check(
            self.env.company, self
        )
