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
