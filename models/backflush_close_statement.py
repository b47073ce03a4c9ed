from odoo import api, fields, models

from ..costing.sql import statement
from .backflush_close_found import PASSED


class BackflushClose(models.Model):
    """The statement of close: who posted it, by which standards, and its print."""

    _inherit = "backflush.close"

    user_posted_id = fields.Many2one(
        "res.users", string="Posted By", readonly=True, copy=False
    )
    version_ids = fields.Many2many(
        "backflush.version",
        string="Versions Used",
        readonly=True,
        copy=False,
        help="Costing versions whose cards the postings of the period have used, and "
        "the one in force at its end.",
    )

    def _finalise(self, reader, entry):
        res = super()._finalise(reader, entry)
        self.write(
            {
                "user_posted_id": self.env.uid,
                "version_ids": self._find_versions(reader).ids,
            }
        )
        return res

    @api.model
    def _find_versions(self, reader):
        """Versions that the period of a `CloseReader` was costed by, oldest first."""
        versions = reader.env["backflush.version"]
        used = {row[0] for row in reader.fetch(statement.VERSIONS)}
        used |= set(versions._get_in_force(reader.company, reader.date_to).ids)
        return versions.browse(used).sorted("id")

    # -- printing ---------------------------------------------------------------

    def _get_statement_name(self):
        """Of the file, without its ending."""
        return self.env._("Statement of Close %(period)s", period=self.name)

    def _get_statement_attachment(self):
        """Name under which it is filed: what was printed stays as it was until the
        close is adjusted or reversed. Not kept before it is posted.
        """
        self.ensure_one()
        if self.state not in ("posted", "reversed"):
            return ""
        # one name in all languages and calendars, or it would be filed again in each
        days = map(fields.Date.to_string, (self.date_from, self.date_to))
        parts = ["Statement of Close", *days, f"({self.id})"]
        if self.adjustment_move_id:
            parts.append(self.adjustment_move_id.sudo().name.replace("/", "-"))
        if self.state == "reversed":
            parts.append("reversed")
        return " ".join(parts) + ".pdf"

    def _get_statement_findings(self):
        """Sentences on what was found before the close, and is not done.

        Not in branches: each has a statement of its own, for those who may read it.
        """
        findings = self.finding_ids.filtered(lambda x: x.state != PASSED)
        return findings.mapped("sentence")

    def action_print_statement(self):
        self.ensure_one()
        report = self.env.ref("backflush_costing.close_statement_action")
        return report.report_action(self)

    def action_export_statement(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/backflush/close/{self.id}/statement.xlsx",
            "target": "download",
        }
