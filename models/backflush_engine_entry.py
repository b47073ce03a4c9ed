from collections import defaultdict
from decimal import Decimal

from odoo import Command, models

from ..costing.entry import merge
from ..costing.variance import KINDS


class BackflushEngine(models.AbstractModel):
    """Journal entries: one for each order or transfer, by account."""

    _inherit = "backflush.engine"

    def _create_entries(self, jobs, books):
        """One journal entry per order or picking, by account; all in one create."""
        groups = defaultdict(list)
        for job in jobs:
            if job.owed.amounts:
                groups[job.group].append(job)
        vals = {
            group: self._prepare_entry_vals(members, lines, books)
            for group, members in groups.items()
            if (lines := self._prepare_entry_lines(members, books))
        }
        entries = self.env["account.move"].create(list(vals.values()))
        if entries:
            entries._post(soft=False)
        return dict(zip(vals, entries, strict=True))

    def _prepare_entry_vals(self, jobs, lines, books):
        return {
            "move_type": "entry",
            "journal_id": books.journal.id,
            "date": books.date(jobs[0].date_event)[0],
            "company_id": books.company.id,
            "ref": self._get_group_name(jobs),
            "line_ids": [Command.create(vals) for vals in lines],
        }

    def _prepare_entry_lines(self, jobs, books):
        totals: dict[int, Decimal] = defaultdict(Decimal)
        variances = set()
        for key, amount in merge(job.owed.amounts for job in jobs).items():
            totals[key.account] += amount
            if key.kind in KINDS:
                variances.add(key.account)
        label = self._get_entry_label(jobs)
        return [
            {
                "account_id": account,
                "name": label,
                "balance": float(amount),
                # Given here, or Odoo searches distribution models once per line. Only
                # variances carry analytics: the order's own analytic lines have the
                # cost already.
                "analytic_distribution": account in variances
                and books.distribution(account, jobs[0].product),
            }
            for account, amount in totals.items()
            if amount
        ]

    def _get_group_name(self, jobs):
        """What the accountant knows the order, transfer or movement by."""
        return self.env["backflush.posting"]._get_name_of(jobs[0].group)

    def _get_entry_label(self, jobs):
        products = {job.product for job in jobs}
        name = self._get_group_name(jobs)
        if len(products) == 1:
            return f"{name} - {products.pop().name}"
        return name
