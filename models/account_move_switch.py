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

    def _post(self, soft=True):
        """A credit note that reverses an invoice of before a switch line by line has no
        cost to copy: it is matched as any other, so that the new invoice has none.
        """
        if self.env.context.get("move_reverse_cancel"):
            plain = self.filtered(lambda x: x.reversed_entry_id._is_backflush_silent())
            if plain:
                self = self - plain
                plain = plain.with_context(move_reverse_cancel=False)._post(soft)
                return plain | (super()._post(soft) if self else self)
        return super()._post(soft)

    def _is_backflush_silent(self):
        """Whether a switch has booked what this invoice has not costed: its goods were
        not perpetual yet.

        sudo: whoever resets an invoice need not see what it was matched to.
        """
        if not self.is_sale_document(True):
            return False
        costed = self.line_ids.filtered(lambda x: x.display_type == "cogs").product_id
        matches = self.sudo().invoice_line_ids.backflush_match_ids
        products = matches.filtered("amount").product_id - costed
        return bool(products) and bool(
            self.env["backflush.switch.line"]
            .sudo()
            .search_count(
                Domain("switch_id.state", "=", "done")
                & Domain("switch_id.date_done", ">=", self.create_date)
                & Domain("company_id", "=", self.company_id.id)
                & Domain("product_ids", "in", products.ids),
                limit=1,
            )
        )

    def _check_backflush_switched(self):
        """Posted again, they would not cost what they have taken off the stock account.

        sudo: whoever resets an invoice need not see switches.
        """
        for move in self.filtered(lambda x: x.is_sale_document(True)):
            move = move.with_company(move.company_id)
            move._check_backflush_silent()
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

    def _check_backflush_silent(self):
        """Posted again, they would cost what the switch has booked already."""
        if self._is_backflush_silent():
            raise UserError(
                self.env._(
                    "%(invoice)s is of before its goods were valued perpetually: the "
                    "switch has booked their cost. Posted again, it would cost them "
                    "once more: make a credit note and a new invoice instead.",
                    invoice=self.name,
                )
            )
