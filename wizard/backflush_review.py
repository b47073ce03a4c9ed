from odoo import api, fields, models
from odoo.exceptions import UserError

from ..costing.review import Limits
from ..models.backflush_books import local_date, number
from .backflush_review_rows import ReviewRows


class BackflushReview(models.TransientModel):
    """How far the standards of a version are from recent bills and recorded times."""

    _name = "backflush.review"
    _description = "Standard Review"
    _check_company_auto = True

    version_id = fields.Many2one(
        "backflush.version",
        required=True,
        domain="[('date_activated', '!=', False)]",
        default=lambda self: self._default_version(),
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="version_id.company_id")
    reviewed_on = fields.Date(related="version_id.reviewed_on")
    months = fields.Integer(
        default=12, help="Bills and finished orders of so many months are looked at."
    )
    date_to = fields.Date(
        string="Until",
        required=True,
        default=lambda self: local_date(self.env.company),
    )
    drift_percent = fields.Float(
        string="Drift over (%)",
        default=5.0,
        help="Standards that are off by more than this are to be reviewed.",
    )
    age_days = fields.Integer(
        string="Not Reviewed for (Days)",
        default=365,
        help="Standards that have been in force for longer than this, and were not "
        "marked as reviewed since, are to be reviewed.",
    )
    min_documents = fields.Integer(
        string="Bills or Orders",
        default=1,
        help="So many bills or orders it takes at least to say that a standard is off.",
    )
    line_ids = fields.One2many("backflush.review.line", "review_id")

    _months_positive = models.Constraint(
        "CHECK(months > 0)", "Look at one month at least."
    )
    _limits_not_negative = models.Constraint(
        "CHECK(drift_percent >= 0 AND age_days >= 0 AND min_documents >= 1)",
        "Thresholds cannot be negative, and it takes at least one bill or order.",
    )

    @api.model
    def _default_version(self):
        return self.env["backflush.version"]._get_active(self.env.company)

    def action_open(self):
        """Compare, and list what was found."""
        self.ensure_one()
        self._create_lines()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "backflush_costing.backflush_review_line_action"
        )
        return {
            **action,
            "display_name": self.env._(
                "Review of %(version)s", version=self.version_id.display_name
            ),
            "domain": [("review_id", "=", self.id)],
        }

    def _create_lines(self):
        """Compare anew; rows go in with a statement for thousands of them."""
        if not self.version_id.standard_ids and not self.version_id.price_ids:
            raise UserError(
                self.env._(
                    "%(version)s has neither cards nor prices to review.",
                    version=self.version_id.display_name,
                )
            )
        self.line_ids.unlink()
        self.flush_recordset()
        self.env["backflush.review.line"]._insert_rows(ReviewRows(self).get_rows())
        self.invalidate_recordset(["line_ids"])

    def _get_limits(self):
        return Limits(number(self.drift_percent), self.age_days, self.min_documents)

    def _get_age(self):
        """Days in force until the day of the review, and since it was last kept."""
        version = self.version_id
        if not version.date_activated:
            return 0, 0
        since = local_date(version.company_id, version.date_activated)
        looked_at = max(since, version.reviewed_on or since)
        return max(0, (self.date_to - since).days), (self.date_to - looked_at).days

    def _get_summary(self):
        """One sentence on what the review found, for the version's chatter."""
        self.ensure_one()
        return self.env._(
            "%(count)s of %(total)s standards were to be reviewed (drift over "
            "%(percent)s %%, or not reviewed for %(days)s days; bills and orders of "
            "%(months)s months until %(day)s).",
            count=len(self.line_ids.filtered("to_review")),
            total=len(self.line_ids),
            percent=f"{self.drift_percent:g}",
            days=self.age_days,
            months=self.months,
            day=fields.Date.to_string(self.date_to),
        )
