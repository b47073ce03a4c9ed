from odoo import Command, api, fields, models

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

    # -- switching by date ------------------------------------------------------

    @api.onchange("property_backflush_trigger")
    def _onchange_backflush_trigger(self):
        """Setting it here moves nothing: say so where there is something to move."""
        category = self._origin
        if (
            not category
            or category.property_backflush_trigger == self.property_backflush_trigger
            or not category._has_backflush_goods()
        ):
            return None
        return {
            "warning": {
                "title": self.env._("Goods on hand or in process"),
                "message": self.env._(
                    "Goods of this category are on hand or in process. Setting the "
                    "trigger here moves nothing of what they hold on the accounts. Use "
                    "Switch by Date instead: it books the entry that belongs to it."
                ),
            }
        }

    def _has_backflush_goods(self):
        """Whether goods of the category are on hand or on open orders.

        sudo: a yes or no, whatever of the stock the user may see.
        """
        company = self.env.company
        quants = self.env["stock.quant"].sudo()
        orders = self.env["mrp.production"].sudo()
        own = [("company_id", "=", company.id), ("product_id.categ_id", "=", self.id)]
        stock = [("location_id.usage", "in", ("internal", "transit"))]
        states = [("state", "not in", ("draft", "done", "cancel"))]
        return bool(
            quants.search_count(own + stock, limit=1)
            or orders.search_count(own + states, limit=1)
        )

    def action_backflush_switch(self):
        """A document that switches the trigger of the category, with its entry."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Switch by Date"),
            "res_model": "backflush.switch",
            "views": [(False, "form")],
            "context": {
                "default_line_ids": [Command.create({"category_id": self.id})],
            },
        }
