from odoo import fields, models


class ResCompany(models.Model):
    """From when on a variance is worth a question."""

    _inherit = "res.company"

    backflush_threshold_amount = fields.Monetary(
        string="Exceptional From",
        currency_field="currency_id",
        help="Variances of at least this amount, favourable or not, are marked as "
        "exceptional. Zero: not used.",
    )
    backflush_threshold_percent = fields.Float(
        string="Exceptional From (%)",
        digits=(16, 2),
        help="Variances of at least this percentage of their standard amount are "
        "marked as exceptional. Zero: not used.",
    )

    _backflush_threshold_positive = models.Constraint(
        "CHECK(backflush_threshold_amount >= 0 AND backflush_threshold_percent >= 0)",
        "A threshold of variances cannot be negative: favourable ones are measured by "
        "it, too.",
    )
