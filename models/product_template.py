from odoo import api, fields, models


class ProductTemplate(models.Model):
    _inherit = "product.template"

    is_backflush_covered = fields.Boolean(
        compute="_compute_is_backflush_covered",
        groups="backflush_costing.group_backflush_user",
    )

    @api.depends("product_variant_ids.property_backflush_covered")
    @api.depends_context("company")
    def _compute_is_backflush_covered(self):
        for template in self:
            variants = template.product_variant_ids
            template.is_backflush_covered = any(
                variant._is_backflush_covered() for variant in variants
            )

    def write(self, vals):
        if "standard_price" not in vals:
            return super().write(vals)
        # one entry for the variants of all templates
        with self.env["backflush.price.change"]._collect():
            return super().write(vals)

    @api.model
    def load(self, fields, data):
        with self.env["backflush.price.change"]._collect():
            return super().load(fields, data)

    # -- buttons ----------------------------------------------------------------

    def action_view_backflush_postings(self):
        return self.product_variant_ids.action_view_backflush_postings()

    def action_view_backflush_facts(self):
        return self.product_variant_ids.action_view_backflush_facts()

    def action_view_backflush_variances(self):
        return self.product_variant_ids.action_view_backflush_variances()
