from odoo import api, models


class ProductTemplate(models.Model):
    _inherit = "product.template"

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
