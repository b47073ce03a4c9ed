from odoo import api, fields, models
from odoo.exceptions import UserError

from .backflush_books import local_date

REVIEWED = {"reviewed_on", "reviewed_by_id"}


class BackflushVersionReview(models.AbstractModel):
    """When standards were last reviewed. Used by `backflush.version` only."""

    _name = "backflush.version.review"
    _description = "Review of a Costing Version"

    reviewed_on = fields.Date(
        string="Last Reviewed On",
        copy=False,
        readonly=True,
        help="When somebody last compared the standards in force with recent bills and "
        "times, and kept them.",
    )
    reviewed_by_id = fields.Many2one(
        "res.users",
        string="Last Reviewed By",
        copy=False,
        readonly=True,
        ondelete="restrict",
    )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_reviewed(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_reviewed(vals)
        return super().write(vals)

    @api.model
    def _check_reviewed(self, vals):
        if REVIEWED & set(vals) and not self.env.su:
            raise UserError(
                self.env._(
                    "Who reviewed the standards, and when, is recorded by the button "
                    "Mark as Reviewed only."
                )
            )

    def action_review(self):
        """Ask how far to look back, then list what has drifted."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "backflush_costing.backflush_review_action"
        )
        return {**action, "context": {"default_version_id": self.id}}

    def action_mark_reviewed(self):
        """Record that the standards in force were looked at and kept."""
        self.check_access("write")
        for version in self:
            if version.state != "active":
                raise UserError(
                    self.env._(
                        "%(version)s is not in force. Only standards in force are "
                        "reviewed.",
                        version=version.display_name,
                    )
                )
            # sudo: tells `write` that this is the addon itself
            version.sudo().write(
                {
                    "reviewed_on": local_date(version.company_id),
                    "reviewed_by_id": self.env.user.id,
                }
            )
            version.message_post(body=version._get_review_note())
        return True

    def _get_review_note(self):
        """What the chatter keeps of a review, with the user's last list if any."""
        sentence = self.env._("Standards reviewed and kept.")
        review = self.env["backflush.review"].search(
            [("version_id", "=", self.id), ("create_uid", "=", self.env.uid)],
            order="id desc",
            limit=1,
        )
        return f"{sentence} {review._get_summary()}" if review else sentence
