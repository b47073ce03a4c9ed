from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    backflush_journal_id = fields.Many2one(
        related="company_id.backflush_journal_id",
        readonly=False,
        check_company=True,
        domain="[('type', '=', 'general')]",
    )
    backflush_posting_mode = fields.Selection(
        related="company_id.backflush_posting_mode", readonly=False
    )
    backflush_labour_source = fields.Selection(
        related="company_id.backflush_labour_source", readonly=False
    )
    backflush_cost_of_sales_account_id = fields.Many2one(
        related="company_id.backflush_cost_of_sales_account_id",
        readonly=False,
        check_company=True,
    )
    backflush_capitalised_variance_account_id = fields.Many2one(
        related="company_id.backflush_capitalised_variance_account_id",
        readonly=False,
        check_company=True,
    )
    backflush_revaluation_account_id = fields.Many2one(
        related="company_id.backflush_revaluation_account_id",
        readonly=False,
        check_company=True,
    )
    backflush_close_calendar = fields.Selection(
        related="company_id.backflush_close_calendar", readonly=False
    )
    backflush_variance_policy = fields.Selection(
        related="company_id.backflush_variance_policy", readonly=False
    )
    backflush_materiality_percent = fields.Float(
        related="company_id.backflush_materiality_percent", readonly=False
    )
    backflush_gaap_wip_account_id = fields.Many2one(
        related="company_id.backflush_gaap_wip_account_id",
        readonly=False,
        check_company=True,
    )
    backflush_gaap_finished_account_id = fields.Many2one(
        related="company_id.backflush_gaap_finished_account_id",
        readonly=False,
        check_company=True,
    )
    backflush_gaap_materials_account_id = fields.Many2one(
        related="company_id.backflush_gaap_materials_account_id",
        readonly=False,
        check_company=True,
    )
    backflush_gaap_accrual_account_id = fields.Many2one(
        related="company_id.backflush_gaap_accrual_account_id",
        readonly=False,
        check_company=True,
    )
    backflush_gaap_inventory_percent = fields.Float(
        related="company_id.backflush_gaap_inventory_percent", readonly=False
    )
    backflush_gaap_profit_percent = fields.Float(
        related="company_id.backflush_gaap_profit_percent", readonly=False
    )
    backflush_project_id = fields.Many2one(
        related="company_id.backflush_project_id", readonly=False, check_company=True
    )
    backflush_responsible_id = fields.Many2one(
        related="company_id.backflush_responsible_id", readonly=False
    )

    backflush_threshold_amount = fields.Monetary(
        related="company_id.backflush_threshold_amount",
        currency_field="currency_id",
        readonly=False,
    )
    backflush_threshold_percent = fields.Float(
        related="company_id.backflush_threshold_percent", readonly=False
    )

    def action_backflush_check(self):
        """Open the configuration check of the current company."""
        return self.env["backflush.configuration.issue"]._open_check(self.env.company)
