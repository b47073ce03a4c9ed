from odoo import models
from odoo.tools import SQL

from ..costing.variance import COMPONENT_KINDS
from .backflush_bulk import forget, insert

#: Kinds whose rows point at the lines of bills.
BILL_KINDS = ("material_price", "subcontract_price")


class BackflushEngine(models.AbstractModel):
    """Postings, their lines and variances, and which facts they carry."""

    _inherit = "backflush.engine"

    def _create_postings(self, jobs, books, entries):
        """Write everything down, in one statement for each kind of record."""
        fresh = []
        for job in jobs:
            vals = self._prepare_posting_vals(job, books, entries.get(job.group))
            job.posting = books.waiting(job.record)
            if job.posting:
                # A failed posting is kept and posted, under its own number.
                job.posting.write(vals | job.posting._prepare_solved())
            else:
                fresh.append(job)
            job.values = vals | job.record._prepare_backflush_identity()
        self._insert_postings(fresh, books)
        self._succeed(jobs, books)
        self._tie_facts(jobs)
        lines = [vals for job in jobs for vals in self._prepare_lines(job, books)]
        insert(self.env["backflush.posting.line"], lines)
        rows = [vals for job in jobs for vals in self._prepare_variances(job, books)]
        insert(self.env["backflush.variance"], rows)

    def _insert_postings(self, jobs, books):
        books.reserve_names(len(jobs))
        for job in jobs:
            job.values |= self._prepare_identity(job.record, books)
            job.values["is_open"] = job.values["state"] == "pending"
        postings = self.env["backflush.posting"]
        vals_list = [job.values for job in jobs]
        ids = dict(insert(postings, vals_list, ["res_id", "id"]))
        for job in jobs:
            job.posting = postings.browse(ids[job.record.id])

    def _succeed(self, jobs, books):
        """Reversed postings know by which one their facts are booked again."""
        for job in jobs:
            known = books.previous[job.record.id]
            last = known.filtered(
                lambda p: p.state == "reversed" and not p.successor_id
            )
            if last:
                last.write({"successor_id": job.posting.id})

    def _tie_facts(self, jobs):
        """Give the new facts their posting; those of others have one already."""
        pairs = [
            (fact_id, job.posting.id) for job in jobs for fact_id in job.new_facts.ids
        ]
        if not pairs:
            return
        facts, postings = (list(ids) for ids in zip(*pairs, strict=True))
        model = self.env["backflush.stock.fact"]
        self.env.execute_query(
            SQL(
                """UPDATE backflush_stock_fact fact SET posting_id = new.posting
                     FROM unnest(%s, %s) AS new(fact, posting)
                    WHERE fact.id = new.fact AND fact.posting_id IS NULL
                RETURNING fact.id""",
                facts,
                postings,
            )
        )
        model.browse(facts).invalidate_recordset(["posting_id"], flush=False)
        forget(model)

    def _prepare_posting_vals(self, job, books, entry):
        date, reason = books.date(job.date_event)
        # the day's entry will carry it (backflush.day)
        waits = books.is_daily and bool(job.owed.amounts)
        remark = not entry and not waits and self._get_nothing_booked(job)
        return {
            "event": self._get_event(job.record, books),
            "trigger": job.trigger,
            "state": "pending" if waits else "posted",
            "error": job.remark or remark or False,
            "date_event": job.date_event,
            "date": date,
            "date_reason": reason or False,
            "product_id": job.product.id,
            "standard_id": job.standard.id,
            "is_blend": job.is_blend,
            "quantity": float(job.quantity),
            "account_move_id": entry and entry.id,
            "amount": float(sum(x for x in job.owed.amounts.values() if x > 0)),
        }

    def _get_event(self, record, books):
        if books.standing(record):
            return "correction"
        return record._get_backflush_event()

    def _prepare_identity(self, record, books):
        """What names the event; the same for posted and failed postings."""
        sequences = books.previous[record.id].mapped("sequence")
        return {
            "name": books.next_name(record._get_backflush_date()),
            "event": self._get_event(record, books),
            "res_model": record._name,
            "res_id": record.id,
            "sequence": max(sequences, default=0) + 1,
            "company_id": books.company.id,
            **record._prepare_backflush_identity(),
        }

    def _get_nothing_booked(self, job):
        if not job.quantity:
            return self.env._("Nothing to book: the quantity is 0.")
        if job.standard and not job.standard.amount:
            return self.env._("Nothing to book: the standard is 0.")
        return self.env._("Nothing to book: everything is booked already.")

    def _prepare_lines(self, job, books):
        """Values of all columns, those that the ORM would compute included."""
        for key, amount in job.owed.amounts.items():
            yield {
                "posting_id": job.posting.id,
                "account_id": key.account,
                "element_id": key.element,
                "kind": key.kind,
                "product_id": key.product,
                "amount": amount,
                "company_id": books.company.id,
                "date": job.values["date"],
            }

    def _prepare_variances(self, job, books):
        for key, row in job.owed.rows.items():
            entry = job.values["account_move_id"]
            vals = self._prepare_variance(job, books, key, row, entry)
            yield from self._share(job, key, vals)
        for key, row in job.owed.open_rows.items():
            entry = job.open_entry and job.open_entry.id
            vals = self._prepare_variance(job, books, key, row, entry)
            yield from self._share(job, key, vals)

    def _share(self, job, key, vals):
        """Split a row by the bill lines that it is about, where it is about some."""
        if key.kind not in BILL_KINDS:
            return [vals]
        return job.record._share_backflush_row(job, key, vals)

    def _prepare_variance(self, job, books, key, row, entry_id):
        """Values of all columns, those that the ORM would compute included."""
        product = job.made or job.product
        # a product may be used up to make more of the same
        is_part = key.product != product.id or key.kind in COMPONENT_KINDS
        return {
            "kind": key.kind,
            "element_id": key.element,
            "date": job.values["date"],
            "product_id": product.id,
            "component_id": key.product if is_part else False,
            "production_id": job.values.get("production_id"),
            "bill_line_id": False,
            "posting_id": job.posting.id,
            "quantity_standard": float(row.quantity_standard),
            "quantity_actual": float(row.quantity_actual),
            "price_standard": float(row.price_standard),
            "price_actual": float(row.price_actual),
            "amount": float(row.amount),
            "account_id": key.account,
            "account_move_id": entry_id,
            "state": "provisional",
            "company_id": books.company.id,
        }
