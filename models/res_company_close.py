from odoo import fields, models
from odoo.fields import Domain


class ResCompany(models.Model):
    """How a company closes its periods, and until when it has."""

    _inherit = "res.company"

    backflush_variance_policy = fields.Selection(
        [
            ("cost_of_sales", "To cost of sales"),
            ("prorate", "Prorated over goods on hand and cost of sales"),
        ],
        string="Variances at the Close",
        default="cost_of_sales",
        required=True,
        help="Prorated: by what materials, work in process, finished goods and cost of "
        "sales hold at standard. Idle capacity, losses, and what cost more than the "
        "time explains are expensed in any case.",
    )
    backflush_materiality_percent = fields.Float(
        string="Prorate From",
        help="Percent of the inventory at standard. Variances that come to less all go "
        "to cost of sales.",
    )

    backflush_gaap_wip_account_id = fields.Many2one(
        "account.account",
        string="Work in Process",
        check_company=True,
        domain="[('account_type', '=', 'asset_current')]",
        help="Carries, over a period's end, what open orders hold by sequential "
        "costing. Never a stock valuation account.",
    )
    backflush_gaap_finished_account_id = fields.Many2one(
        "account.account",
        string="Finished Goods",
        check_company=True,
        domain="[('account_type', '=', 'asset_current')]",
        help="Carries, over a period's end, finished goods that are costed when they "
        "are delivered. Never a stock valuation account.",
    )
    backflush_gaap_materials_account_id = fields.Many2one(
        "account.account",
        string="Materials Inventory",
        check_company=True,
        domain="[('account_type', '=', 'asset_current')]",
        help="Carries, over a period's end, materials that stand on an expense "
        "account, less what the stock accounts hold of finished goods. Never a stock "
        "valuation account.",
    )
    backflush_gaap_accrual_account_id = fields.Many2one(
        "account.account",
        string="Received, Not Billed",
        check_company=True,
        domain="[('account_type', '=', 'liability_current')]",
        help="Goods and subcontracted work that no bill has come for yet are owed at "
        "standard over the period's end. Empty: they are left out of the adjustment; "
        "accrue them with Odoo's own accrued entries.",
    )
    backflush_gaap_inventory_percent = fields.Float(
        string="Material From, of Inventory",
        default=5.0,
        help="Percent of the inventory by sequential costing, beyond which the "
        "difference matters.",
    )
    backflush_gaap_profit_percent = fields.Float(
        string="Material From, of Profit",
        default=5.0,
        help="Percent of the period's profit, beyond which the difference matters.",
    )

    _backflush_gaap_percent_range = models.Constraint(
        "CHECK(backflush_gaap_inventory_percent BETWEEN 0 AND 100"
        " AND backflush_gaap_profit_percent BETWEEN 0 AND 100)",
        "The limits of the bridge are percentages: choose them between 0 and 100.",
    )
    _backflush_materiality_percent_range = models.Constraint(
        "CHECK(backflush_materiality_percent BETWEEN 0 AND 100)",
        "The materiality limit is a percentage: choose one between 0 and 100.",
    )

    def _get_backflush_closed_until(self):
        """The last day of the last posted close; False where nothing is closed."""
        self.ensure_one()
        # sudo: whoever records time or goods need not see closes
        domain = Domain("company_id", "=", self.id) & Domain("state", "=", "posted")
        closes = self.env["backflush.close"].sudo()
        return closes.search(domain, order="date_to desc", limit=1).date_to
