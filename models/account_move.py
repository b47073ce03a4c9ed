from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

DOCUMENT_EVENTS = ("bill", "invoice")


class AccountMove(models.Model):
    _inherit = "account.move"

    backflush_close_id = fields.Many2one(
        "backflush.close",
        string="Period Close",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        groups="backflush_costing.group_backflush_user",
    )
    backflush_posting_ids = fields.One2many(
        "backflush.posting",
        "account_move_id",
        groups="backflush_costing.group_backflush_user",
    )
    backflush_posting_count = fields.Integer(
        compute="_compute_backflush_counts",
        groups="backflush_costing.group_backflush_user",
    )
    backflush_variance_count = fields.Integer(
        compute="_compute_backflush_counts",
        groups="backflush_costing.group_backflush_user",
    )

    is_backflush_entry = fields.Boolean(
        compute="_compute_is_backflush_entry",
        help="Made by a posting, and changed and reversed through that only.",
    )

    def _compute_is_backflush_entry(self):
        postings = self._get_backflush_entry_postings()
        entries = postings.account_move_id | postings.reversal_move_id
        for move in self:
            move.is_backflush_entry = move._origin.id in entries.ids or bool(
                move.sudo().backflush_close_id
            )

    @api.depends("backflush_posting_ids")
    def _compute_backflush_counts(self):
        variances = self._count_backflush_variances()
        groups = self.env["backflush.posting"]._read_group(
            [("reversal_move_id", "in", self.ids)], ["reversal_move_id"], ["__count"]
        )
        reversed_count = {move.id: count for move, count in groups}
        for move in self:
            count = len(move.backflush_posting_ids)
            move.backflush_posting_count = count + reversed_count.get(move.id, 0)
            move.backflush_variance_count = variances.get(move.id, 0)

    def button_draft(self):
        self._check_backflush_entry()
        res = super().button_draft()
        self._withdraw_backflush_documents()
        return res

    def button_cancel(self):
        self._check_backflush_entry()
        res = super().button_cancel()
        self._withdraw_backflush_documents()
        return res

    def _compute_show_reset_to_draft_button(self):
        res = super()._compute_show_reset_to_draft_button()
        self.filtered("is_backflush_entry").show_reset_to_draft_button = False
        return res

    def _check_backflush_items(self):
        """The same before items of these moves are made, changed or deleted."""
        self.filtered(lambda move: move.state == "posted")._check_backflush_entry()

    def _check_backflush_entry(self):
        """Entries of the addon change only through their posting, or their close."""
        if self.env.su and self.env.context.get("backflush_engine"):
            return
        self._check_backflush_close()
        postings = self._get_backflush_entry_postings()
        if postings:
            raise UserError(
                self.env._(
                    "%(entry)s was made by the backflush posting %(posting)s. Open "
                    "that posting and reverse it there.",
                    entry=self[:1].display_name,
                    posting=postings[0].name,
                )
            )

    def _check_backflush_close(self):
        """sudo: whoever opens an entry need not be able to see closes."""
        if closed := self.sudo().filtered("backflush_close_id"):
            raise UserError(
                self.env._(
                    "%(entry)s was made by the close of %(period)s. Open that close "
                    "and reverse it there.",
                    entry=closed[0].display_name,
                    period=closed[0].backflush_close_id.name,
                )
            )

    def _get_backflush_entry_postings(self):
        """Postings whose entry (or reversal) this is; not a user's own document.

        sudo: whoever opens an entry need not be able to read postings.
        """
        entries = self.filtered(lambda move: move.move_type == "entry")
        if not entries:
            return self.env["backflush.posting"]
        return (
            self.env["backflush.posting"]
            .sudo()
            .search(
                Domain("event", "not in", DOCUMENT_EVENTS)
                & (
                    Domain("account_move_id", "in", entries.ids)
                    | Domain("reversal_move_id", "in", entries.ids)
                )
            )
        )

    # -- buttons ----------------------------------------------------------------

    def action_view_backflush_postings(self):
        """Postings that are booked, or reversed, by this entry."""
        action = self._get_backflush_action("backflush_posting_action")
        domain = Domain("account_move_id", "=", self.id)
        domain |= Domain("reversal_move_id", "=", self.id)
        return {**action, "domain": list(domain)}

    def action_view_backflush_variances(self):
        """Rows that this entry carries, and those that its lines are the cause of."""
        action = self._get_backflush_action("backflush_variance_action")
        domain = Domain("account_move_id", "=", self.id)
        domain |= Domain("bill_line_id.move_id", "=", self.id)
        return {**action, "domain": list(domain)}

    def _count_backflush_variances(self):
        """{entry: rows that it carries, or that its lines are the cause of}"""
        rows = self.env["backflush.variance"]
        carried = rows._read_group(
            [("account_move_id", "in", self.ids)], ["account_move_id"], ["__count"]
        )
        counts = defaultdict(int, {move.id: count for move, count in carried})
        bills = self.filtered(lambda move: move.is_purchase_document(True))
        domain = [("bill_line_id", "in", bills.invoice_line_ids.ids)]
        for row in rows.search(domain) if bills else rows:
            if row.account_move_id != row.bill_id:
                counts[row.bill_id.id] += 1
        return counts

    def action_view_backflush_close(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "backflush.close",
            "res_id": self.backflush_close_id.id,
            "view_mode": "form",
        }

    def _get_backflush_action(self, name):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            f"backflush_costing.{name}"
        )
        action["domain"] = [("account_move_id", "=", self.id)]
        action["context"] = {}
        return action
