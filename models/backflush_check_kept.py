from odoo import api, models
from odoo.exceptions import UserError


class BackflushCheckKept(models.AbstractModel):
    """Refuses to be changed or deleted: a check of the books is evidence."""

    _name = "backflush.check.kept"
    _description = "Part of a Kept Check of the Books"

    def write(self, vals):
        if not self.env.context.get("backflush_engine") or not self.env.su:
            raise UserError(self._get_refusal())
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_refused(self):
        raise UserError(self._get_refusal())

    @api.model
    def _get_refusal(self):
        return self.env._(
            "A check of the books is kept as it was found. Check them again instead."
        )
