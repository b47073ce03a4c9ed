from odoo import fields, models


class BackflushCloseDetail(models.AbstractModel):
    """What every list of a close has: the close it is of, its company and currency.

    Nobody but the close writes it, and it goes with the close.
    """

    _name = "backflush.close.detail"
    _description = "Detail of a Period Close"
    _check_company_auto = True

    close_id = fields.Many2one(
        "backflush.close", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="close_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
