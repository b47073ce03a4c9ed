from datetime import date

from odoo import api, fields, models
from odoo.tools import SQL

from .backflush_bulk import insert_rows

#: Orders booked after a day, and those still open, on which time was recorded.
RECORDED_SINCE = """
    SELECT o.id FROM mrp_production o
     WHERE o.company_id = %(company)s
       AND (o.state NOT IN ('cancel', 'done')
            OR EXISTS (SELECT FROM backflush_posting p
                        WHERE p.company_id = o.company_id
                          AND p.production_id = o.id AND p.date > %(since)s))
       AND (EXISTS (SELECT FROM account_analytic_line a WHERE a.production_id = o.id)
            OR EXISTS (SELECT FROM mrp_workorder w
                         JOIN mrp_workcenter_productivity t ON t.workorder_id = w.id
                        WHERE w.production_id = o.id))
"""


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
    def _mark_all(self, companies):
        """The orders of `companies` on which time was recorded since the last close."""
        self.env.flush_all()
        for company in companies:
            since = company._get_backflush_closed_until() or date.min
            query = SQL(RECORDED_SINCE, company=company.id, since=since)
            orders = [row[0] for row in self.env.execute_query(query)]
            self._mark(company, orders)

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
