"""What the demonstration's month did to the books."""

from collections import defaultdict


class Report:
    """Journal entries, balances and variances of one company, on paper."""

    def __init__(self, factory, paper):
        self.env = factory.env
        self.company = factory.company
        self.paper = paper

    def print(self):
        self._print_documents()
        self._print_balances()
        self._print_variances()

    # -- entries ----------------------------------------------------------------

    def _print_documents(self):
        self.paper.title("Journal entries", "Debit", "Credit")
        for _key, heading, items, remark in sorted(self._find_documents()):
            self.paper.text(heading)
            for account, balance in self._sum_by_account(items):
                self.paper.balance(account.name, balance)
            if remark:
                self.paper.text(f"        {remark}")

    def _find_documents(self):
        """(sort key, heading, journal items, remark) of entries and of postings
        that owe none.
        """
        domain = [("company_id", "=", self.company.id)]
        postings = self.env["backflush.posting"].search(domain, order="id")
        by_entry = postings.grouped("account_move_id")
        entries = self.env["account.move"].search([*domain, ("state", "=", "posted")])
        for entry in entries:
            of_entry = by_entry.get(entry, postings.browse())
            key = (entry.date, of_entry[:1].id or 0, entry.id)
            yield key, self._describe_entry(entry, of_entry), entry.line_ids, ""
        for posting in by_entry.get(entries.browse(), ()):
            day = posting.date or posting.date_event
            heading = f"{day:%d %b}  {self._describe_posting(posting)}"
            remark = posting.error or ""
            if posting.state != "posted":
                remark = f"{self._label(posting, 'state')}: {remark}"
            yield (day, posting.id, 0), heading, entries.line_ids.browse(), remark

    def _describe_entry(self, entry, postings):
        if entry.is_invoice() or not postings:
            kind = self._label(entry, "move_type")
            details = [kind, entry.name, entry.partner_id.name or entry.ref]
            numbers = ", ".join(postings.mapped("name"))
            what = "  ".join(filter(None, [*details, numbers]))
        else:
            what = ", ".join(self._describe_posting(posting) for posting in postings)
        return f"{entry.date:%d %b}  {what}"

    def _describe_posting(self, posting):
        document = posting.production_id or posting.picking_id
        event = self._label(posting, "event")
        goods = f"{posting.quantity:g} x {posting.product_id.name}"
        return f"{event}  {document.name}  {goods}  {posting.name}"

    @staticmethod
    def _label(record, field):
        labels = dict(record._fields[field]._description_selection(record.env))
        return labels[record[field]]

    @staticmethod
    def _sum_by_account(items):
        """(account, balance) of journal items: debits first, then by code."""
        totals = defaultdict(float)
        for item in items.filtered("account_id"):
            totals[item.account_id] += item.balance
        found = [(account, round(total, 2)) for account, total in totals.items()]
        return sorted(
            ((account, total) for account, total in found if total),
            key=lambda pair: (pair[1] < 0, pair[0].code),
        )

    # -- balances and variances -------------------------------------------------

    def _print_balances(self):
        self.paper.title("Balances at the end of the month", "Debit", "Credit")
        items = self.env["account.move.line"].search(
            [("company_id", "=", self.company.id), ("parent_state", "=", "posted")]
        )
        balances = self._sum_by_account(items)
        for account, balance in sorted(balances, key=lambda pair: pair[0].code):
            self.paper.balance(f"{account.code}  {account.name}", balance)
        debits = sum(balance for _account, balance in balances if balance > 0)
        credits = sum(-balance for _account, balance in balances if balance < 0)
        self.paper.row("        Total", debits, credits)

    def _print_variances(self):
        self.paper.title(
            "Variances by kind (+ = unfavourable)", "Rows", "Booked", "Not yet"
        )
        rows = self.env["backflush.variance"].search(
            [("company_id", "=", self.company.id)]
        )
        for of_kind in rows.grouped("kind").values():
            booked = of_kind.filtered("account_move_id")
            self.paper.row(
                f"        {self._label(of_kind[0], 'kind')}",
                len(of_kind),
                sum(booked.mapped("amount"), 0.0),
                sum((of_kind - booked).mapped("amount"), 0.0),
            )
