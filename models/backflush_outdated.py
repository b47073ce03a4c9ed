from odoo import api, fields, models
from odoo.tools import SQL

from .backflush_bulk import insert_rows


class BackflushOutdated(models.Model):
    """Orders whose time variances are to be computed again, at the latest by schedule.

    A list that is only added to and taken from: marking an order waits for nobody.
    """

    _name = "backflush.outdated"
    _description = "Order With Outdated Time Variances"
    _log_access = False

    production_id = fields.Many2one(
        "mrp.production", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, index=True)

    @api.model
    def _mark(self, company, production_ids):
        rows = [(order, company.id) for order in production_ids]
        insert_rows(self, ("production_id", "company_id"), rows, constants={})

    @api.model
    def _take(self, company):
        """The orders on the list of a company, which is empty then."""
        rows = self.env.execute_query(
            SQL(
                "DELETE FROM backflush_outdated WHERE company_id = %s"
                " RETURNING production_id",
                company.id,
            )
        )
        ids = sorted({row[0] for row in rows})
        return self.env["mrp.production"].browse(ids)
