from odoo import fields, models
from odoo.exceptions import UserError


class BackflushStandardsAtDate(models.TransientModel):
    """Which standards were in force on a day of the past."""

    _name = "backflush.standards.at.date"
    _description = "Standards on a Date"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    date = fields.Date(required=True, default=fields.Date.context_today)
    product_id = fields.Many2one("product.product", check_company=True)

    def action_open(self):
        """Open the cards with which postings of that day were made."""
        self.ensure_one()
        version = self.env["backflush.version"]._get_in_force(
            self.company_id, self.date
        )
        if not version:
            raise UserError(
                self.env._(
                    "No standards were in force in %(company)s on %(date)s: its first "
                    "costing version was activated later.",
                    company=self.company_id.display_name,
                    date=fields.Date.to_string(self.date),
                )
            )
        action = version.action_open_standards()
        if self.product_id:
            action["domain"] += [("product_id", "=", self.product_id.id)]
        action["name"] = self.env._(
            "%(version)s, in force on %(date)s",
            version=version.name,
            date=fields.Date.to_string(self.date),
        )
        return action
