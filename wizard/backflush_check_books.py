from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import UserError


class BackflushCheckBooks(models.TransientModel):
    """Which company and period to check the books of."""

    _name = "backflush.check.books"
    _description = "Check the Books"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    date_from = fields.Date(
        string="From",
        required=True,
        default=lambda self: self._default_date_from(),
        help="Entries, orders and movements of this period are looked at. Balances "
        "and stock are always those of today.",
    )
    date_to = fields.Date(string="To", required=True, default=fields.Date.context_today)

    @api.model
    def _default_date_from(self):
        return fields.Date.context_today(self) + relativedelta(months=-1, day=1)

    def action_check(self):
        """Check, keep the result and open it."""
        self.ensure_one()
        if self.date_from > self.date_to:
            raise UserError(self.env._("The period ends before it begins."))
        return self.env["backflush.check"]._open_new(
            self.company_id, self.date_from, self.date_to
        )
