from odoo import Command, fields, models

from .account_move import DOCUMENT_EVENTS
from .backflush_books import Books, local_date
from .backflush_pools import Pools


class AccountMove(models.Model):
    """Bills and invoices: both halves of what moved pass at one price (rule 9)."""

    _inherit = "account.move"

    def _post(self, soft=True):
        if self.env.context.get("move_reverse_cancel"):
            self._remake_backflush_items()
            posted = super()._post(soft)
            posted._mirror_backflush_documents()
            return posted
        due = self._filter_backflush_due(soft)
        due._match_backflush_goods()
        # Odoo prepares the items of a future document, too, and then does not post it.
        self = self.with_context(backflush_matched=due.ids)
        posted = super()._post(soft)
        posted._record_backflush_documents()
        return posted

    def _filter_backflush_due(self, soft):
        """Bills and invoices that are about to be posted now."""
        documents = self.filtered(lambda move: move.is_invoice(True))
        today = fields.Date.context_today(self)
        return documents.filtered(lambda move: not (soft and move.date > today))

    def _match_backflush_goods(self):
        """Match the lines of documents, in their order, to the goods that moved."""
        for company, moves in self.grouped("company_id").items():
            moves = moves.with_company(company)
            requests = [
                request
                for move in moves
                for line in move.invoice_line_ids
                if line.display_type == "product"
                and not line._is_backflush_fee_undone()
                for request in line._get_backflush_requests()
            ]
            if requests:
                # what an earlier attempt left behind
                moves.sudo().invoice_line_ids.backflush_match_ids.unlink()
                Pools(company).match(requests)

    def _stock_account_prepare_realtime_out_lines_vals(self):
        vals_list = super()._stock_account_prepare_realtime_out_lines_vals()
        for move in self.filtered(lambda m: m.is_sale_document(True)):
            move = move.with_company(move.company_id)
            for line in move.invoice_line_ids:
                components = line._get_backflush_costed()
                dropped = (
                    line._is_backflush_product_line()
                    and line._is_backflush_dropshipped()
                )
                if components or dropped:
                    vals_list = [x for x in vals_list if x["cogs_origin_id"] != line.id]
                if components and move._is_backflush_matched():
                    vals_list += line._prepare_backflush_costs(components)
        return vals_list

    def _stock_account_prepare_anglo_saxon_in_lines_vals(self):
        vals_list = super()._stock_account_prepare_anglo_saxon_in_lines_vals()
        for move in self.filtered(lambda m: m.is_purchase_document(True)):
            move = move.with_company(move.company_id)
            if move._is_backflush_matched():
                for line in move._get_backflush_passing_lines():
                    vals_list += line._prepare_backflush_difference()
        return vals_list

    def _is_backflush_matched(self):
        return self.id in self.env.context.get("backflush_matched", ())

    def _get_backflush_passing_lines(self):
        return self.invoice_line_ids.filtered(
            lambda line: line._passes_backflush_account()
        )

    # -- recording --------------------------------------------------------------

    def _record_backflush_documents(self):
        """Write down what the addon added to posted documents, and what it explains."""
        for move in self.filtered(lambda move: move.is_invoice(True)):
            move.with_company(move.company_id)._record_backflush_document()
        self._settle_backflush_documents()

    def _record_backflush_document(self):
        added = self.line_ids.filtered(
            lambda item: item.display_type == "cogs" and item.cogs_origin_id
        )
        if self.is_sale_document(True):
            added = added.filtered(
                lambda item: item.cogs_origin_id._get_backflush_costed()
            )
            rows = []
        else:
            added = added.filtered(
                lambda item: item.cogs_origin_id._passes_backflush_account()
            )
            rows = self._prepare_backflush_rows()
        lines = [self._prepare_backflush_line(item) for item in added]
        lines += self._prepare_backflush_charge_lines()
        if lines or rows:
            self._create_backflush_document_posting(lines, rows)

    def _prepare_backflush_rows(self):
        """Vals of the rows that explain a bill: prices, charges and fees."""
        element = self.company_id._get_backflush_element("material")
        rows = []
        for line in self.invoice_line_ids:
            if line._is_backflush_charge():
                vals = line._prepare_backflush_charge_variance()
            elif not line._passes_backflush_account():
                continue
            elif line._get_backflush_fee_element():
                vals = line._prepare_backflush_fee_variance()
            else:
                vals = line._prepare_backflush_goods_variance()
            if vals["amount"]:
                rows.append({"element_id": element.id, **vals})
        return rows

    def _prepare_backflush_line(self, item):
        """Vals of the posting line of an item that the addon added."""
        origin = item.cogs_origin_id
        if self.is_sale_document(True):
            carrier = item.product_id._get_backflush_relief_account()
            kind = "output" if item.account_id == carrier else "cost_of_sales"
        else:
            passed = origin.account_id | origin._get_backflush_carrier()
            kind = "passed" if item.account_id in passed else "material_price"
        element = self.company_id._get_backflush_element("material")
        return {
            "account_id": item.account_id.id,
            "element_id": kind in ("passed", "material_price") and element.id,
            "kind": kind,
            "product_id": item.product_id.id,
            "amount": item.balance,
        }

    def _prepare_backflush_charge_lines(self):
        """Vals of the posting lines of charges.

        The user's own item has gone to the account of the difference already: it passes
        nothing and is all difference, and the addon adds no item.
        """
        if not self.is_purchase_document(True):
            return []
        element = self.company_id._get_backflush_element("material")
        return [
            {
                "account_id": line.account_id.id,
                "element_id": element.id,
                "kind": kind,
                "product_id": line.backflush_goods_line_id.product_id.id,
                "amount": sign * float(line._get_backflush_billed()),
            }
            for line in self.invoice_line_ids
            if line._is_backflush_charge()
            for kind, sign in (("material_price", 1), ("passed", -1))
        ]

    def _create_backflush_document_posting(self, lines, rows):
        # sudo: whoever may post a bill need not be able to read variances.
        company = self.company_id
        postings = self.env["backflush.posting"].sudo().with_company(company)
        known = postings.search(
            [("res_model", "=", self._name), ("res_id", "=", self.id)]
        )
        posting = postings.create(
            {
                "name": Books(company, self).next_name(self.date),
                "event": "invoice" if self.is_sale_document(True) else "bill",
                "state": "posted",
                "date_event": self.invoice_date or local_date(company),
                "date": self.date,
                "res_model": self._name,
                "res_id": self.id,
                "sequence": max(known.mapped("sequence"), default=0) + 1,
                "account_move_id": self.id,
                "company_id": company.id,
                "amount": sum(max(vals["amount"], 0) for vals in lines),
                "line_ids": [Command.create(vals) for vals in lines],
            }
        )
        self.env["backflush.variance"].sudo().create(
            [{**vals, "posting_id": posting.id} for vals in rows]
        )

    # -- goods that wait, documents that go -------------------------------------

    def _settle_backflush_documents(self):
        """See whether what these documents are about still fits together."""
        for company, moves in self.grouped("company_id").items():
            matches = moves.sudo().invoice_line_ids.backflush_match_ids
            pools = Pools(company)
            pools.settle_unsettled(pools.get_keys(matches))
            undone = moves.invoice_line_ids.filtered(
                lambda line: line._is_backflush_fee_undone()
            )
            for move, lines in undone.grouped("move_id").items():
                origins = lines.browse()
                for line in lines:
                    origins |= line._get_backflush_reversed()
                pools.mirror(origins, move)

    def _withdraw_backflush_documents(self):
        """Undo exactly what posting the document recorded; posting it again is new.

        sudo: whoever may reset a bill need not be able to read variances. Odoo itself
        removes the items.
        """
        postings = self.sudo().backflush_posting_ids.filtered(
            lambda p: p.event in DOCUMENT_EVENTS and p.state == "posted"
        )
        postings = postings.with_context(backflush_engine=True)
        rows = postings.variance_ids
        closed = rows.filtered(lambda row: row.state == "final")
        (rows - closed).unlink()
        self.env["backflush.engine"]._oppose(closed)
        postings.write({"state": "reversed"})
        for company, moves in self.grouped("company_id").items():
            Pools(company).withdraw(moves)

    def _mirror_backflush_documents(self):
        """A document that reverses another one, line by line, undoes its matches."""
        for move in self.filtered("reversed_entry_id"):
            move = move.with_company(move.company_id)
            move = move.with_context(backflush_mirrored=True)
            if move.reversed_entry_id._is_backflush_silent():
                continue  # matched as any other
            if move._is_backflush_mirror():
                move._record_backflush_document()
            origin = move.reversed_entry_id.sudo()
            Pools(move.company_id).mirror(origin.invoice_line_ids, move)

    def _is_backflush_mirror(self):
        """Whether the document reverses one that the addon has added something to."""
        postings = self.reversed_entry_id.sudo().backflush_posting_ids
        return bool(
            postings.filtered(
                lambda p: p.event in DOCUMENT_EVENTS and p.state == "posted"
            )
        )

    def _remake_backflush_items(self):
        """The items that the addon adds to a document that reverses another one.

        Odoo copies those of the other document. On a vendor's document that may have
        another exchange rate they are made anew: what passed goes back to the cent.
        """
        for move in self.filtered("reversed_entry_id"):
            move = move.with_company(move.company_id)
            move = move.with_context(backflush_mirrored=True)
            if not move._is_backflush_mirror():
                continue
            copies = move._link_backflush_copies()
            lines = move.browse().invoice_line_ids
            if move.is_purchase_document(True):
                lines = move._get_backflush_passing_lines()
            (copies & lines._get_backflush_items()).unlink()
            self.env["account.move.line"].create(
                [x for line in lines for x in line._prepare_backflush_difference()]
            )

    def _link_backflush_copies(self):
        """Point copied items at the line that they belong to; returns them."""
        items, copies = (
            move.line_ids.filtered(lambda item: item.display_type == "cogs").sorted(
                "id"
            )
            for move in (self.reversed_entry_id, self)
        )
        lines = {x._get_backflush_reversed(): x for x in self.invoice_line_ids}
        for item, copy in zip(items, copies, strict=False):
            copy.cogs_origin_id = lines.get(item.cogs_origin_id)
        return copies
