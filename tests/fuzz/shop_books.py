"""Keeping the books: failures and retries, reversals, settling what is open."""

from .step import step
from .time_checks import TimeChecks


class ShopBooks:
    @step
    def break_books(self):
        """Archive the journal: from now on postings fail."""
        self.case.company.backflush_journal_id.active = False
        self.watcher.is_broken = True

    @step
    def mend_books(self):
        self._mend_books()

    @step
    def post_daily(self):
        """From now on the entries of a day wait for its end."""
        self.case.company.backflush_posting_mode = "daily"

    @step
    def book_day(self):
        self.env["backflush.posting"].action_book()

    @step
    def reverse(self, name):
        """Reverse what the postings of an order, or of a sale's deliveries, booked."""
        postings = self._get_postings(name).filtered(
            lambda p: p.state in ("posted", "pending")
        )
        postings.action_reverse()
        self.reversed[name] = postings
        self._set_posted(name, False)

    @step
    def book_again(self, name):
        self._book_again(name)

    @step
    def settle(self):
        """Bill, invoice and credit what is open; Odoo's own closing finds nothing."""
        if self.watcher.is_broken:
            self._mend_books()
        for name in list(self.reversed):
            self._book_again(name)
        for name, purchase in self.purchases.items():
            open_quantity = purchase.received - purchase.billed
            if open_quantity > 0:
                self._bill(name, open_quantity, self.prices[purchase.product])
            if purchase.returned > purchase.credited:
                self._credit_from_vendor(name, purchase.returned - purchase.credited)
        for name, sale in self.sales.items():
            if sale.delivered > sale.invoiced:
                self._invoice(name, sale.delivered - sale.invoiced)
            if sale.returned > sale.credited:
                self._credit_to_customer(name, sale.returned - sale.credited)
        self.env["backflush.posting"].action_book()
        self.watcher.watch()
        perpetual = self.case.materials_valuation == "real_time"
        if perpetual and self.model.is_settled():
            self.checks.check_closed()
        self.checks.check_proofs()
        TimeChecks(self).check_close()

    # -- how --------------------------------------------------------------------

    def _mend_books(self):
        """Bring the journal back and retry what has failed."""
        self.case.company.backflush_journal_id.active = True
        failed = self.env["backflush.posting"].search(
            [("state", "=", "failed"), ("company_id", "=", self.case.company.id)]
        )
        failed.action_retry()
        self.watcher.is_broken = False
        self.watcher.set_posted(None, True)
        for name in self.reversed:
            self._set_posted(name, False)

    def _book_again(self, name):
        """Book the events of reversed postings once more."""
        self.reversed.pop(name).action_retry()
        self._set_posted(name, True)

    def _get_postings(self, name):
        if name in self.makings:
            return self.makings[name].order.backflush_posting_ids
        return self.sales[name].order.picking_ids.backflush_posting_ids

    def _set_posted(self, name, posted):
        for event in self._get_events(name):
            self.watcher.set_posted(event, posted)

    def _get_events(self, name):
        """What was posted for an order, or for the deliveries of a sale."""
        if name in self.makings:
            document = "order", self.makings[name].order.id
        else:
            document = "sale", self.sales[name].order.order_line.id
        return {fact.event for fact in self.model.facts if fact.document == document}
