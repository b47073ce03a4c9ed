from odoo import api, models
from odoo.exceptions import UserError

from .backflush_books import local_date

#: What a change of takes a version off the schedule: it is not what was approved.
APPROVED = {"date_from", "rate_ids", "price_ids", "bom_ids", "product_ids"}


class BackflushVersionSchedule(models.AbstractModel):
    """Activation on a day to come. Used by `backflush.version` only.

    A manager approves a version ahead of its first day; a schedule activates it then,
    in the manager's name.
    """

    _name = "backflush.version.schedule"
    _inherit = ["backflush.scheduled"]
    _description = "Scheduled Activation of a Costing Version"

    def write(self, vals):
        if set(vals) & APPROVED and "scheduled_by_id" not in vals:
            self._unschedule()
        return super().write(vals)

    def action_schedule(self):
        """Approve this version, to be activated on its first day."""
        self.ensure_one()
        self._check_activation_right()
        if self.date_from and self.date_from <= local_date(self.company_id):
            raise UserError(
                self.env._(
                    "%(version)s is valid from today or earlier: activate it now.",
                    version=self.display_name,
                )
            )
        self._check_activation(self._get_active(self.company_id))
        # sudo: nobody may write these but the addon itself
        self.sudo().scheduled_by_id = self.env.user
        return True

    def action_unschedule(self):
        self.check_access("write")
        self._unschedule()
        return True

    def _unschedule(self):
        scheduled = self.filtered("scheduled_by_id")
        if scheduled:
            scheduled.sudo().write({"scheduled_by_id": False})

    @api.model
    def _cron_activate_scheduled(self):
        """Activate the versions whose day has come; say why where it cannot be done."""
        domain = [("state", "=", "draft"), ("scheduled_by_id", "!=", False)]
        self.search(domain, order="date_from, id")._do_due()

    def _get_scheduled_day(self):
        return self.date_from

    def _do_scheduled(self):
        self.action_activate()

    def _get_failure(self, reason):
        return (
            self.env._("Not activated as scheduled: %(reason)s", reason=reason),
            self.env._("Activate the costing version"),
        )
