from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain


class AccountMove(models.Model):
    """Invoices that have costed goods which only a delivery costs since a switch."""

    _inherit = "account.move"

    def button_draft(self):
        self._check_backflush_switched()
        return super().button_draft()

    def button_cancel(self):
        self._check_backflush_switched()
        return super().button_cancel()

    def _check_backflush_switched(self):
        """Posted again, they would not cost what they have taken off the stock account.

        sudo: whoever resets an invoice need not see switches.
        """
        for move in self.filtered(lambda x: x.is_sale_document(True)):
            move = move.with_company(move.company_id)
            costed = move.line_ids.filtered(lambda x: x.display_type == "cogs")
            products = costed.product_id.filtered(lambda x: x.valuation != "real_time")
            if not products:
                continue
            switched = self.env["backflush.switch.line"].sudo()
            switched = switched.search(
                Domain("switch_id.state", "=", "done")
                & Domain("company_id", "=", move.company_id.id)
                & Domain("product_ids", "in", products.ids),
                limit=1,
            )
            if switched:
                raise UserError(
                    self.env._(
                        "%(invoice)s has costed goods whose trigger was switched on "
                        "%(date)s. Posted again, it would not cost them any more: make "
                        "a credit note instead.",
                        invoice=move.name,
                        date=switched.switch_id.date,
                    )
                )
