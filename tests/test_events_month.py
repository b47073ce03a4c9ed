"""EVENTS sections 3 to 8 as one month, event by event, in all four variants.

After each event: the entries and rows that it made, and no others, to the cent; the
invariants of section 2. At the end the balances that section 9 starts from. The rows of
the period come with the close.
"""

from collections import defaultdict

from odoo import fields
from odoo.tests import tagged
from odoo.tools import SQL

from .common import BackflushCommon
from .fuzz.checks import POSTED, UNBALANCED
from .month import SECTIONS, Month
from .month_figures import BALANCES, ELEMENTS, FIGURES, HOURS, PERIOD, ROWS, TIMING, Row
from .variants import Variant1, Variant2, Variant3, Variant4

#: Where a row stands; the others on the quantity variances of their element.
PLACES = {
    "material_price": "ppv",
    "output_price": "material_price_variance",
    "subcontract_price": "subcontract_price_variance",
    "revaluation": "revaluation",
    "standard_change": "revaluation",
}
#: The user's own documents: what the addon adds there stands in Odoo's journals.
DOCUMENTS = {"asset_receivable", "liability_payable", "liability_current"}


class EventsMonth(Month):
    def setUp(self):
        super().setUp()
        if "is_subcontract" not in self.env["stock.move"]._fields:
            self.skipTest("Odoo's subcontracting is not installed")
        self.column = "c" if self.trigger == "completion" else "d"
        self.made = {}
        self.known = {name: self._find(name) for name in self._get_models()}
        self.amounts = {}
        self.hours = defaultdict(float)

    def _get_models(self):
        return "account.move", "backflush.posting", "backflush.variance"

    def _find(self, name):
        domain = [("company_id", "=", self.company.id)]
        if name == "account.move":
            domain += [("state", "=", "posted")]
        if name == "backflush.variance":
            domain += [("posting_id", "!=", False)]  # those of time change
        return self.env[name].search(domain, order="id")

    def _find_new(self, name):
        found = self._find(name)
        new = found - self.known[name]
        self.known[name] = found
        return new

    def test_every_event_in_sequence(self):
        for section in SECTIONS:
            for code in section:
                try:
                    self.play(code)
                    self._check_event(FIGURES[code])
                    self._check_hours(HOURS.get(code, {}))
                    self._check_invariants()
                except AssertionError as error:
                    error.add_note(f"after event {code}")
                    raise
        self._check_section_9()

    # -- one event --------------------------------------------------------------

    def _check_event(self, figure):
        postings = self._find_new("backflush.posting")
        self.assertEqual(postings.mapped("event"), list(figure.events[self.column]))
        self.assertEqual(set(postings.mapped("state")) - {"posted"}, set())
        self._check_entries(getattr(figure, self.column))
        self._check_rows(figure.rows)

    def _check_entries(self, expected):
        entries = self._find_new("account.move")
        found = [self._summarise(entry.line_ids) for entry in entries]
        self.assertEqual(found, list(expected))
        journal = self.company.backflush_journal_id
        for entry, amounts in zip(entries, found, strict=True):
            is_document = bool(DOCUMENTS & set(amounts))
            self.assertEqual(entry.journal_id == journal, not is_document)
            items = entry.line_ids.filtered(lambda item: item.display_type != "cogs")
            if not is_document:
                self.assertEqual(len(items), len(items.account_id))

    def _check_rows(self, expected):
        new = self._find_new("backflush.variance")
        found = [self._describe_row(row) for row in new]
        expected = [self._fill(row) for row in expected]
        self.assertEqual(sorted(found, key=str), sorted(expected, key=str))
        for row in new:
            place = PLACES.get(row.kind, f"{row.element_id.type}_quantity_variance")
            self.assertEqual(row.account_id, self.accounts[place])
            if row.account_move_id:
                self.assertIn(row.account_id, row.account_move_id.line_ids.account_id)
        # a row once written stays as it is
        rows = {row.id: row.amount for row in self.known["backflush.variance"]}
        self.assertEqual({x: rows[x] for x in self.amounts}, self.amounts)
        self.amounts = rows

    def _check_hours(self, expected):
        names = {record: name for name, record in self.made.items()}
        totals = defaultdict(float)
        for row in self._find_time():
            self.assertFalse(row.account_move_id)
            key = (names[row.production_id], row.element_id.type, row.kind)
            totals[key] += row.amount
        changes = {
            key: round(totals[key] - self.hours[key], 2)
            for key in {*totals, *self.hours}
        }
        self.assertEqual({k: x for k, x in changes.items() if x}, expected)
        self.hours = totals

    def _find_time(self):
        domain = [("company_id", "=", self.company.id), ("posting_id", "=", False)]
        return self.env["backflush.variance"].search(domain)

    def _describe_row(self, row):
        names = {record: name for name, record in self.made.items()}
        return Row(
            row.kind,
            row.amount,
            (row.quantity_standard, row.quantity_actual),
            (row.price_standard, row.price_actual),
            (row.product_id.name or "").lower(),
            (row.component_id.name or "").lower(),
            row.element_id.type,
            names.get(row.production_id, ""),
            names.get(row.bill_line_id, ""),
            row.amount_exchange,
            "" if row.account_move_id else self.column,
        )

    def _fill(self, row):
        """The expected row with floats, as this column has it."""
        return row._replace(
            amount=float(row.amount),
            quantity=tuple(map(float, row.quantity)),
            price=tuple(map(float, row.price)),
            open=self.column if self.column in row.open else "",
        )

    # -- the invariants of section 2 --------------------------------------------

    def _check_invariants(self):
        self._check_i1()
        self.assertLedgerIsStock()  # I2, I3
        orders = self.env["mrp.production"].search(
            [("company_id", "=", self.company.id), ("state", "=", "done")]
        )
        for order in orders:
            self.assertOrderExplained(order)  # I4
        self._check_i6()

    def _check_i1(self):
        """Entries balance; Σ posting lines = Σ journal items."""
        self.env.flush_all()
        company, journal = self.company.id, self.company.backflush_journal_id.id
        self.assertFalse(self.env.execute_query(SQL(UNBALANCED, company)))
        query = SQL(POSTED, company=company, journal=journal)
        self.assertFalse(self.env.execute_query(query))

    def _check_i6(self):
        """Each variance account is the sum of the rows that stand on it."""
        totals = defaultdict(float)
        for row in self.known["backflush.variance"]:
            if row.account_move_id:
                totals[row.account_id] += row.amount
        names = [f"{name}_quantity_variance" for name in ELEMENTS]
        for name in {*names, *PLACES.values()}:
            self.assertBalance(name, totals[self.accounts[name]])

    # -- the end of the month ---------------------------------------------------

    def _check_section_9(self):
        for name, amount in BALANCES[self.column].items():
            self.assertBalance(name, amount)
        totals = defaultdict(float)
        for row in self.known["backflush.variance"] | self._find_time():
            totals[row.element_id.type, row.kind] += row.amount
        self.assertEqual({key: round(x, 2) for key, x in totals.items()}, ROWS)
        if self.materials_valuation == "real_time":
            self.assertClosed()
        self._check_the_books()
        self._check_period()

    def _check_period(self):
        """I5: per conversion element, control − applied = Σ its rows."""
        close = self._compute_close()
        timing = {
            (name, "timing"): amount for name, amount in TIMING[self.column].items()
        }
        self.assertEqual(self._get_period_rows(close), PERIOD | timing)
        for line in close.line_ids:
            self.assertEqual(line.remainder, 0.0, line.element_id.name)
        again = close.variance_ids.ids
        close.action_compute()
        self.assertFalse(set(again) & set(close.variance_ids.ids))
        self.assertEqual(self._get_period_rows(close), PERIOD | timing)

    def _check_the_books(self):
        today = fields.Date.today()
        start = fields.Date.subtract(today, days=30)
        check = self.env["backflush.check"]._check_books(self.company, start, today)
        broken = check.broken_line_ids.mapped("sentence")
        self.assertEqual(check.state, "passed", broken)


@tagged("post_install", "-at_install")
class TestEventsMonth1(EventsMonth, Variant1, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestEventsMonth2(EventsMonth, Variant2, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestEventsMonth3(EventsMonth, Variant3, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestEventsMonth4(EventsMonth, Variant4, BackflushCommon):
    pass
