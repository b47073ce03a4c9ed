from odoo import api, models


class BackflushTime(models.AbstractModel):
    """Variances of time, which follow what was recorded until the close books them."""

    _name = "backflush.time"
    _description = "Backflush Time Variances"

    @api.model
    def _recompute(self, orders):
        """Bring the provisional time variances of `orders` in line with their time."""

    @api.model
    def _recompute_period(self, company, date_from, date_to):
        """The same for all orders of a company that a period is about."""

    @api.model
    def _recompute_outdated(self, companies):
        """The same for the orders that were marked as out of date, and no others."""
