from odoo import fields, models


class AccountAnalyticLine(models.Model):
    """Timesheets that name the order, and the work order, that the time was for."""

    _inherit = "account.analytic.line"

    production_id = fields.Many2one(
        "mrp.production",
        string="Manufacturing Order",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    workorder_id = fields.Many2one(
        "mrp.workorder",
        string="Work Order",
        check_company=True,
        index="btree_not_null",
        domain="[('production_id', '=?', production_id)]",
        ondelete="set null",
    )
