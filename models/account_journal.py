from odoo import models
from odoo.fields import Domain


class AccountJournal(models.Model):
    _inherit = "account.journal"

    def _fill_general_dashboard_data(self, dashboard_data):
        res = super()._fill_general_dashboard_data(dashboard_data)
        for journal_id, count in self._get_backflush_failures().items():
            dashboard_data[journal_id]["backflush_failed"] = count
        return res

    def _get_backflush_failures(self):
        """{journal id: failed postings that would be booked there}, to who reads them.

        Of the chosen companies; a branch without a journal books in its parent's.
        """
        Posting = self.env["backflush.posting"]
        if not Posting.has_access("read"):
            return {}
        counts = dict(
            Posting._read_group(
                Posting._get_queue_domain()
                & Domain("company_id", "in", self.env.companies.ids),
                ["company_id"],
                ["__count"],
            )
        )
        failures = {}
        for company, count in counts.items():
            journal = company._backflush_config("backflush_journal_id")
            if journal in self:
                failures[journal.id] = failures.get(journal.id, 0) + count
        return failures

    def action_open_backflush_queue(self):
        return self.env["ir.actions.act_window"]._for_xml_id(
            "backflush_costing.backflush_posting_action_failed"
        )
