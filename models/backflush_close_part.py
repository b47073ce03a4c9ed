from odoo import api, fields, models

from ..costing.disposition import CAPITALISED, PRICE, QUANTITY, Part
from .backflush_books import number

PLACES = [
    ("materials", "Materials"),
    ("work_in_process", "Work in Process"),
    ("finished_goods", "Finished Goods"),
    ("cost_of_sales", "Cost of Sales"),
]


class BackflushClosePart(models.Model):
    """A share of the variances of a period: off which account, and where it goes.

    What goes to goods still on hand comes back in the period after.
    """

    _name = "backflush.close.part"
    _description = "Disposition of Variances"
    _inherit = ["backflush.close.detail"]
    _order = "close_id, element_id, account_id, group, place"

    element_id = fields.Many2one(
        "backflush.element", required=True, readonly=True, ondelete="restrict"
    )
    account_id = fields.Many2one(
        "account.account", required=True, readonly=True, ondelete="restrict"
    )
    group = fields.Selection(
        [(PRICE, "Price"), (QUANTITY, "Quantity")],
        string="Kind",
        readonly=True,
        help="Empty where it always goes to cost of sales.",
    )
    place = fields.Selection(PLACES, string="Goes To", required=True, readonly=True)
    amount = fields.Monetary(readonly=True, help="Positive = unfavourable.")

    @api.model
    def _prepare(self, close, part):
        return {
            "close_id": close.id,
            "element_id": part.element,
            "account_id": part.account,
            "group": part.group or False,
            "place": part.place,
            "amount": float(part.amount),
        }

    def _get_parts(self):
        """The kernel's values."""
        return [
            Part(
                part.element_id.id,
                part.account_id.id,
                part.place,
                number(part.amount),
                part.group or "",
            )
            for part in self
        ]

    def _get_capitalised(self):
        """Those that go to goods still on hand."""
        return self.filtered(lambda part: part.place in CAPITALISED)._get_parts()
