from odoo import api, models
from odoo.exceptions import UserError

#: What stays as it is on an entry of the addon. Not its number: accountants may number
#: a journal anew, and Odoo itself refuses that once the entry is secured.
KEPT_ON_ENTRY = {
    "state",
    "date",
    "journal_id",
    "move_type",
    "company_id",
    "currency_id",
    "partner_id",
    "ref",
    "line_ids",
    "invoice_line_ids",
    "reversed_entry_id",
    "auto_post",
    "backflush_posting_ids",
}
#: The same on its items. Not the analytic distribution, which is no part of the books.
KEPT_ON_ITEM = {
    "account_id",
    "balance",
    "debit",
    "credit",
    "amount_currency",
    "currency_id",
    "move_id",
    "date",
    "name",
    "partner_id",
    "product_id",
    "display_type",
    "tax_ids",
    "tax_line_id",
    "tax_tag_ids",
    "backflush_element_id",
}


class AccountMove(models.Model):
    """Entries made by the addon stay as they are, whichever way somebody comes.

    Odoo's buttons ask `_check_backflush_entry`, too. Here is what stands behind them,
    because anybody with rights in accounting may call these methods from outside, with
    any context.
    """

    _inherit = "account.move"

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get("backflush_close_id") for vals in vals_list):
            self._check_backflush_engine()
        return super().create(vals_list)

    def write(self, vals):
        if "backflush_close_id" in vals:
            self._check_backflush_engine()
        if KEPT_ON_ENTRY & set(vals):
            posted = self.filtered(lambda move: move.state == "posted")
            posted._check_backflush_entry()
        return super().write(vals)

    def _check_backflush_engine(self):
        """Nobody makes an entry pass for one of a close: those are left out of what the
        next one clears.
        """
        if not (self.env.su and self.env.context.get("backflush_engine")):
            raise UserError(
                self.env._("Entries of a period close are made by posting it.")
            )

    def unlink(self):
        # Not `ondelete`: a context can switch those checks off.
        self._check_backflush_entry()
        return super().unlink()

    def _reverse_moves(self, default_values_list=None, cancel=False):
        self._check_backflush_entry()
        return super()._reverse_moves(default_values_list, cancel)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        entries = {vals["move_id"] for vals in vals_list if vals.get("move_id")}
        self.env["account.move"].browse(entries)._check_backflush_items()
        return super().create(vals_list)

    def write(self, vals):
        if KEPT_ON_ITEM & set(vals):
            target = self.env["account.move"].browse(vals.get("move_id"))
            (self.move_id | target)._check_backflush_items()
        return super().write(vals)

    def unlink(self):
        self.move_id._check_backflush_items()
        return super().unlink()
