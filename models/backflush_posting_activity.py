from odoo import api, models
from odoo.fields import Domain
from odoo.tools import plaintext2html

ACTIVITY_TYPE = "backflush_costing.mail_activity_type_failed"


class BackflushPostingActivity(models.AbstractModel):
    """One activity per company and reason of failure, on the oldest of the postings.

    Used by `backflush.posting` only. Never called on the way of a shop user: the
    schedule and the accountant's buttons bring the activities in line with the queue.
    """

    _name = "backflush.posting.activity"
    _description = "Activities of Failed Backflush Postings"

    @api.model
    def _sync_activities(self, companies=None):
        """Close the activities that are solved and schedule those that are missing.

        Of `companies`, by default of all.
        """
        activity_type = self.env.ref(ACTIVITY_TYPE, raise_if_not_found=False)
        if not activity_type:
            return
        missing = self._get_failure_reasons(companies)
        solved = self.env["mail.activity"]
        for activity in self._get_failure_activities(activity_type):
            posting = self.browse(activity.res_id)
            if companies is not None and posting.company_id not in companies:
                continue
            reason = (posting.company_id, posting.error)
            if posting.state == "failed" and reason in missing:
                del missing[reason]
            else:
                solved |= activity
        if solved:
            solved.action_feedback(feedback=self.env._("Solved."))
        for (company, error), (posting, count) in missing.items():
            posting._schedule_failure(company, error, count)

    @api.model
    def _get_failure_reasons(self, companies):
        """{(company, reason): (oldest posting, how many there are)}"""
        domain = self._get_queue_domain()
        if companies is not None:
            domain &= Domain("company_id", "in", companies.ids)
        groups = self._read_group(
            domain, ["company_id", "error"], ["id:min", "__count"], order="id:min"
        )
        return {
            (company, error): (self.browse(first), count)
            for company, error, first, count in groups
        }

    @api.model
    def _get_failure_activities(self, activity_type):
        activities = self.env["mail.activity"].search(
            [("activity_type_id", "=", activity_type.id), ("automated", "=", True)],
            order="id",
        )
        known = self.browse(activities.mapped("res_id")).exists()
        return activities.filtered(lambda a: a.res_id in known._ids)

    def _schedule_failure(self, company, error, count):
        user = company._get_backflush_responsible()
        if not user:
            return
        posting = self.with_company(company).with_context(lang=user.lang)
        if count == 1:
            summary = self.env._("A backflush posting failed")
        else:
            summary = self.env._("%(count)s backflush postings failed", count=count)
        posting.activity_schedule(
            ACTIVITY_TYPE,
            summary=summary,
            note=plaintext2html(error or ""),
            user_id=user.id,
        )
