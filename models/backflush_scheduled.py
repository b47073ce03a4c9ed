from odoo import fields, models
from odoo.exceptions import UserError

from .backflush_books import local_date


class BackflushScheduled(models.AbstractModel):
    """What a manager approves ahead of its day, and a schedule does then.

    It is done in the manager's name; where it cannot be done, the record says why and
    the manager gets an activity.
    """

    _name = "backflush.scheduled"
    _description = "Done on a Day to Come"

    scheduled_by_id = fields.Many2one(
        "res.users",
        string="Approved By",
        copy=False,
        readonly=True,
        help="Who approved this for its first day. It is done then.",
    )

    def _get_scheduled_day(self):
        """The day from which on it is due, in the company's time zone."""
        raise NotImplementedError

    def _do_scheduled(self):
        """Do it, as the user who approved it; a `UserError` puts it off."""
        raise NotImplementedError

    def _unschedule(self):
        """Take it off the schedule."""
        raise NotImplementedError

    def _get_failure(self, reason):
        """(what has happened, what is to be done), said to who approved it."""
        raise NotImplementedError

    def _do_due(self):
        """Of records in their order, do those whose day has come."""
        due = self.filtered(
            lambda record: record._get_scheduled_day() <= local_date(record.company_id)
        )
        progress = self.env["ir.cron"]._commit_progress
        progress(remaining=len(due))
        for record in due:
            record._try_scheduled()
            progress(1)

    def _try_scheduled(self):
        user = self.scheduled_by_id
        record = self.with_user(user).with_company(self.company_id)
        try:
            with self.env.cr.savepoint():
                record._do_scheduled()
        except UserError as error:
            self._unschedule()
            sentence, summary = self._get_failure(str(error))
            self.message_post(body=sentence)
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=fields.Date.context_today(self),
                summary=summary,
                note=sentence,
                user_id=user.id,
            )
