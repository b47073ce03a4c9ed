from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .backflush_books import Books, local_date

DOCUMENT_EVENTS = ("bill", "invoice")


class AccountMove(models.Model):
    _inherit = "account.move"

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

    @api.depends("backflush_posting_ids")
    def _compute_backflush_counts(self):
        groups = self.env["backflush.variance"]._read_group(
            [("account_move_id", "in", self.ids)], ["account_move_id"], ["__count"]
        )
        variances = {move.id: count for move, count in groups}
        for move in self:
            move.backflush_posting_count = len(move.backflush_posting_ids)
            move.backflush_variance_count = variances.get(move.id, 0)

    def _post(self, soft=True):
        # Several documents posted in one call must not be matched to the same goods.
        self = self.with_context(backflush_posting_moves=self.ids)
        posted = super()._post(soft)
        posted._post_backflush_bills()
        return posted

    def button_draft(self):
        self._check_backflush_entry()
        res = super().button_draft()
        self._withdraw_backflush_bills()
        return res

    def button_cancel(self):
        self._check_backflush_entry()
        res = super().button_cancel()
        self._withdraw_backflush_bills()
        return res

    def _compute_show_reset_to_draft_button(self):
        res = super()._compute_show_reset_to_draft_button()
        for move in self:
            if move._get_backflush_entry_postings():
                move.show_reset_to_draft_button = False
        return res

    def _check_backflush_items(self):
        """The same before items of these moves are made, changed or deleted."""
        self.filtered(lambda move: move.state == "posted")._check_backflush_entry()

    def _check_backflush_entry(self):
        """Entries of the addon change only through their posting."""
        if self.env.su and self.env.context.get("backflush_engine"):
            return
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

    # -- customer invoices ------------------------------------------------------

    def _stock_account_prepare_realtime_out_lines_vals(self):
        vals_list = super()._stock_account_prepare_realtime_out_lines_vals()
        for move in self.filtered(lambda m: m.is_sale_document(True)):
            move = move.with_company(move.company_id)
            for line in move.invoice_line_ids:
                # Odoo leaves out what rounds to nothing per unit.
                if components := line._get_backflush_costed():
                    vals_list = [x for x in vals_list if x["cogs_origin_id"] != line.id]
                    vals_list += line._prepare_backflush_costs(components)
        return vals_list

    # -- vendor bills -----------------------------------------------------------

    def _stock_account_prepare_anglo_saxon_in_lines_vals(self):
        vals_list = super()._stock_account_prepare_anglo_saxon_in_lines_vals()
        for move in self.filtered(lambda m: m.is_purchase_document(True)):
            move = move.with_company(move.company_id)
            lines = move.invoice_line_ids.filtered(
                lambda line: (
                    line._is_backflush_goods_line() and line._passes_backflush_account()
                )
            )
            # A future-dated bill comes here before it is posted, and then again.
            move.line_ids.filtered(
                lambda item, lines=lines: (
                    item.display_type == "cogs" and item.cogs_origin_id in lines
                )
            ).unlink()
            for line in lines:
                vals_list += line._prepare_backflush_difference()
        return vals_list

    def _post_backflush_bills(self):
        """Record the differences that the addon added to posted bills."""
        for move in self.filtered(lambda m: m.is_purchase_document(True)):
            added = move.line_ids.filtered(
                lambda line: (
                    line.display_type == "cogs"
                    and line.cogs_origin_id
                    and line.cogs_origin_id._is_backflush_goods_line()
                )
            )
            if added:
                move._create_backflush_bill_posting(added)

    def _create_backflush_bill_posting(self, added):
        # sudo: whoever may post a bill need not be able to read variances.
        company = self.company_id
        postings = self.env["backflush.posting"].sudo().with_company(company)
        element = company._get_backflush_element("material")
        known = postings.search(
            [("res_model", "=", self._name), ("res_id", "=", self.id)]
        )
        posting = postings.create(
            {
                "name": Books(company, self).next_name(self.date),
                "event": "bill",
                "state": "posted",
                "date_event": self.invoice_date or local_date(company),
                "date": self.date,
                "res_model": self._name,
                "res_id": self.id,
                "sequence": max(known.mapped("sequence"), default=0) + 1,
                "account_move_id": self.id,
                "company_id": company.id,
                "amount": sum(added.mapped("debit")),
                "line_ids": [
                    Command.create(line_vals)
                    for line_vals in self._prepare_backflush_lines(added, element)
                ],
            }
        )
        differences = added.filtered(
            lambda line: line.account_id != line.cogs_origin_id.account_id
        )
        self.env["backflush.variance"].sudo().create(
            [
                {
                    **line.cogs_origin_id._prepare_backflush_price_variance(
                        line.balance
                    ),
                    "element_id": element.id,
                    "posting_id": posting.id,
                    "account_id": line.account_id.id,
                    "account_move_id": self.id,
                }
                for line in differences
            ]
        )

    def _prepare_backflush_lines(self, added, element):
        for line in added:
            passed = line.account_id == line.cogs_origin_id.account_id
            yield {
                "account_id": line.account_id.id,
                "element_id": element.id,
                "kind": "passed" if passed else "material_price",
                "product_id": line.product_id.id,
                "amount": line.balance,
            }

    def _withdraw_backflush_bills(self):
        """Undo exactly what posting the document recorded; posting it again is new.

        sudo: whoever may reset a bill need not be able to read variances. Odoo itself
        removes the items.
        """
        postings = self.sudo().backflush_posting_ids.filtered(
            lambda p: p.event in DOCUMENT_EVENTS and p.state == "posted"
        )
        postings = postings.with_context(backflush_engine=True)
        postings.variance_ids.unlink()
        postings.write({"state": "reversed"})

    # -- buttons ----------------------------------------------------------------

    def action_view_backflush_postings(self):
        return self._get_backflush_action("backflush_posting_action")

    def action_view_backflush_variances(self):
        return self._get_backflush_action("backflush_variance_action")

    def _get_backflush_action(self, name):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            f"backflush_costing.{name}"
        )
        action["domain"] = [("account_move_id", "=", self.id)]
        action["context"] = {}
        return action
