from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    backflush_suitability_months = fields.Integer(
        related="company_id.backflush_suitability_months", readonly=False
    )
    backflush_suitability_orders = fields.Integer(
        related="company_id.backflush_suitability_orders", readonly=False
    )
    backflush_suitability_cycle = fields.Float(
        related="company_id.backflush_suitability_cycle", readonly=False
    )
    backflush_suitability_customised = fields.Float(
        related="company_id.backflush_suitability_customised", readonly=False
    )
    backflush_suitability_materials = fields.Float(
        related="company_id.backflush_suitability_materials", readonly=False
    )
    backflush_suitability_finished = fields.Float(
        related="company_id.backflush_suitability_finished", readonly=False
    )
    backflush_suitability_variability = fields.Float(
        related="company_id.backflush_suitability_variability", readonly=False
    )
    backflush_suitability_variance = fields.Float(
        related="company_id.backflush_suitability_variance", readonly=False
    )
