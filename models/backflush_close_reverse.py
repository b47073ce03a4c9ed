from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..costing.sql import closing


class BackflushClose(models.Model):
    """Taking a close back: as if it had never been posted."""

    _inherit = "backflush.close"

    def action_reverse(self):
        """Reverse its entries and open its variances, so that it can be done again."""
        self.ensure_one()
        self.check_access("write")
        self._check_accountant()
        self._take_turn()
        if self.state != "posted":
            raise UserError(
                self.env._(
                    "%(period)s is not posted, so there is nothing to reverse.",
                    period=self.name,
                )
            )
        self._check_is_last()
        self._as_engine()._reverse_period()
        return True

    def _check_is_last(self):
        domain = Domain("company_id", "=", self.company_id.id)
        domain &= Domain("state", "=", "posted") & Domain("date_to", ">", self.date_to)
        if later := self.search(domain, order="date_to desc", limit=1):
            raise UserError(
                self.env._(
                    "%(later)s is closed, and rests on this one. Reverse %(later)s "
                    "first.",
                    later=later.name,
                )
            )

    def _reverse_period(self):
        if self.adjustment_move_id:
            self._undo_adjustment()
        # adjustments have their reversals already
        entries = self.account_move_ids.sorted("id").filtered(
            lambda entry: not entry.reversed_entry_id and not entry.reversal_move_ids
        )
        self._reverse_entries(entries)
        self.env.flush_all()
        values = {
            "close": self.id,
            "entries": entries.ids,
            "uid": self.env.uid,
            "now": self.env.cr.now(),
        }
        self.env.execute_query(closing.query(closing.REOPEN, **values))
        self.env.invalidate_all(flush=False)
        self.write({"state": "reversed"})
        # or a new close of the period would meet it in the database
        self.flush_recordset(["state"])
        self.message_post(body=self.env._("Reversed: the period is open again."))

    def _reverse_entries(self, entries):
        """Each on its own day."""
        for day in sorted(set(entries.mapped("date"))):
            self._check_lock(day)
        entries._reverse_moves(
            [self._prepare_reversal(entry) for entry in entries], cancel=True
        )

    def _prepare_reversal(self, entry):
        return {
            "date": fields.Date.to_date(entry.date),
            "ref": self.env._("Reversal of %(entry)s", entry=entry.name),
            "backflush_close_id": self.id,
        }
