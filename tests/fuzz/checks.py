"""What must hold after every step, whatever the step was.

The addon's own tables are read by SQL and compared with journal items and with the
model; none of its methods is called, except to post a second time.
"""

from fractions import Fraction

from odoo import fields
from odoo.tools import SQL

from .standards import exact

UNBALANCED = """
    SELECT m.name, SUM(l.balance) FROM account_move m
      JOIN account_move_line l ON l.move_id = m.id
     WHERE m.company_id = %s AND m.state = 'posted'
     GROUP BY m.id HAVING ABS(SUM(l.balance)) > 0.004
"""
# Σ posting lines = Σ journal items: per entry and account; a reversal is the opposite.
# On a user's own document only the items that the addon has added count.
POSTED = """
    WITH line AS (
        SELECT p.account_move_id AS entry, l.account_id, l.amount
          FROM backflush_posting p JOIN backflush_posting_line l ON l.posting_id = p.id
         WHERE p.company_id = %(company)s
           AND (p.event NOT IN ('bill', 'invoice') OR p.state = 'posted')
           -- what waits for its day has no entry yet, or never had one
           AND (p.account_move_id IS NOT NULL OR p.state = 'posted')
        UNION ALL
        SELECT p.reversal_move_id, l.account_id, -l.amount
          FROM backflush_posting p JOIN backflush_posting_line l ON l.posting_id = p.id
         WHERE p.company_id = %(company)s AND p.reversal_move_id IS NOT NULL
        UNION ALL
        SELECT i.move_id, i.account_id, -i.balance
          FROM account_move_line i JOIN account_move m ON m.id = i.move_id
         WHERE m.company_id = %(company)s AND m.state = 'posted'
           AND (m.journal_id = %(journal)s OR i.display_type = 'cogs')
    )
    SELECT m.name, a.name ->> 'en_US', SUM(line.amount)
      FROM line
      LEFT JOIN account_move m ON m.id = line.entry
      JOIN account_account a ON a.id = line.account_id
     GROUP BY m.id, a.id HAVING ABS(SUM(line.amount)) > 0.004
"""
BALANCES = """
    WITH item AS (
        SELECT account_id, balance FROM account_move_line
         WHERE company_id = %(company)s AND parent_state = 'posted'
        UNION ALL
        SELECT l.account_id, l.amount
          FROM backflush_posting p JOIN backflush_posting_line l ON l.posting_id = p.id
         WHERE p.company_id = %(company)s AND p.state = 'pending'
    )
    SELECT account_id, SUM(balance), COUNT(*) FROM item
     WHERE account_id = ANY(%(accounts)s)
     GROUP BY account_id
"""
FACTS = """
    SELECT id, move_id, sequence, product_id, quantity, standard, amount, is_owner
      FROM backflush_stock_fact WHERE company_id = %s
"""
OPEN = """
    SELECT res_model, res_id, state, error FROM backflush_posting
     WHERE company_id = %s
       AND (state = 'failed' OR state = 'pending' AND NOT %s)
"""
ROWS = """
    SELECT p.id, SUM(v.amount), COUNT(v.id)
      FROM mrp_production p
      LEFT JOIN backflush_variance v
        ON v.production_id = p.id AND v.kind = ANY(%(kinds)s)
     WHERE p.company_id = %(company)s
     GROUP BY p.id
"""
COUNTS = """
    SELECT (SELECT COUNT(*) FROM backflush_posting),
           (SELECT COUNT(*) FROM backflush_posting_line),
           (SELECT COUNT(*) FROM backflush_variance),
           (SELECT COUNT(*) FROM backflush_stock_fact),
           (SELECT COUNT(*) FROM account_move_line)
"""
ON_HAND = """
    SELECT q.product_id, SUM(q.quantity) FROM stock_quant q
      JOIN stock_location l ON l.id = q.location_id
     WHERE l.usage = 'internal' AND q.owner_id IS NULL AND q.company_id = %s
     GROUP BY q.product_id
"""
#: Rows by which an order explains its materials and its output. Those of time belong
#: to the variance issue, those of conversion cost to the close.
ORDER_KINDS = [
    "material_issue_price",
    "material_mix",
    "material_scrap",
    "material_substitution",
    "material_usage",
    "material_yield",
    "method",
    "output_price",
    "output_quantity",
    "output_scrap",
    "rounding",
    "standard_change",
]
CENT = Fraction(1, 100)
TINY = Fraction(1, 10**6)


class Checks:
    """The checks of one shop; each one raises an AssertionError that says what is."""

    def __init__(self, case, watcher, is_exact):
        self.env = case.env
        self.company = case.company
        self.watcher = watcher
        self.model = watcher.model
        self.names = case.product_names
        self.accounts = {
            case.accounts[name].id: name
            for name in ("materials", "packing", "finished", "cost_of_sales")
        }
        self.is_exact = is_exact
        self.facts = {}
        self.turn = 0

    @property
    def _is_whole(self):
        """Whether nothing that moved was worth a fraction of a cent.

        Taking 6 of 11 apart gives back fractions also at standards of whole cents.
        """
        return self.is_exact and all(
            (fact.amount * 100).denominator == 1 for fact in self.model.facts
        )

    def _rows(self, query, *args, **kwargs):
        return self.env.execute_query(SQL(query, *args, **kwargs))

    def run(self):
        self.check_entries()
        self.check_facts()
        self.check_open()
        self.check_ledger()
        self.check_orders()
        self.check_posting_again()

    # -- one document -----------------------------------------------------------

    def check_entries(self):
        for name, total in self._rows(UNBALANCED, self.company.id):
            raise AssertionError(f"entry {name} does not balance: {total}")
        journal = self.company.backflush_journal_id.id
        rows = self._rows(POSTED, company=self.company.id, journal=journal)
        for name, account, total in rows:
            raise AssertionError(
                f"postings and items of {name} differ on {account}: {total}"
            )

    def check_open(self):
        is_daily = self.company.backflush_posting_mode == "daily"
        rows = self._rows(OPEN, self.company.id, is_daily)
        if rows and not self.watcher.is_broken:
            raise AssertionError(f"still open: {rows}")

    # -- the log of stock -------------------------------------------------------

    def check_facts(self):
        facts = {row[0]: row[1:] for row in self._rows(FACTS, self.company.id)}
        for fact_id, values in self.facts.items():
            if facts.get(fact_id) != values:
                raise AssertionError(f"fact {values} became {facts.get(fact_id)}")
        self.facts = facts
        self._compare_facts(facts)
        on_hand = self.model.on_hand()
        for product, quantity in self._rows(ON_HAND, self.company.id):
            own = on_hand.get(self.names.get(product))
            if own is not None and own != exact(quantity):
                raise AssertionError(
                    f"{self.names[product]}: {quantity} on hand, {own} by movements"
                )

    def _compare_facts(self, facts):
        recorded, watched = {}, {}
        owned = dict.fromkeys(self.model.owned, 0)
        for values in facts.values():
            move, _sequence, _product, quantity, _standard, amount, is_owner = values
            if is_owner:
                owned[move] = owned.get(move, 0) + exact(quantity)
                quantity = 0
            known = recorded.get(move, (0, 0))
            recorded[move] = (known[0] + exact(quantity), known[1] + exact(amount))
        if owned != self.model.owned:
            raise AssertionError(f"owner's goods: {owned}, not {self.model.owned}")
        for fact in self.model.facts:
            known = watched.get(fact.move, (0, 0))
            watched[fact.move] = (known[0] + fact.quantity, known[1] + fact.amount)
        for move in {**recorded, **watched}:
            have, want = recorded.get(move, (0, 0)), watched.get(move, (0, 0))
            if any(abs(x - y) > TINY for x, y in zip(have, want, strict=True)):
                name = self.env["stock.move"].browse(move).display_name
                raise AssertionError(
                    f"facts of {name}: {_show(have)} not {_show(want)}"
                )

    # -- ledger and stock -------------------------------------------------------

    def check_ledger(self):
        accounts = list(self.accounts)
        rows = self._rows(BALANCES, company=self.company.id, accounts=accounts)
        booked = {self.accounts[row[0]]: row[1:] for row in rows}
        for name, expected in self.model.balances().items():
            balance, items = booked.get(name, (0, 0))
            # rule 1: half a rounding unit for each journal item of the account
            bound = TINY if self._is_whole else CENT / 2 * items + TINY
            if abs(exact(balance) - expected) > bound:
                raise AssertionError(
                    f"account {name}: {balance}, and not {float(expected):.4f}"
                )

    def check_orders(self):
        kinds = self._rows(ROWS, kinds=ORDER_KINDS, company=self.company.id)
        explained = self.model.explained()
        for order, amount, rows in kinds:
            expected = explained.get(("order", order), 0)
            # each row, and each account of the order's entries, is rounded by itself
            bound = TINY if self._is_whole else CENT / 2 * (rows + 10)
            if abs(exact(amount or 0) - expected) > bound:
                name = self.env["mrp.production"].browse(order).name
                raise AssertionError(
                    f"rows of {name}: {amount}, and not {float(expected):.4f}"
                )

    # -- converge ---------------------------------------------------------------

    def check_posting_again(self):
        """Post one of the events again, another one each time."""
        events = [
            event for fact in self.model.facts if fact.posted and (event := fact.event)
        ]
        events = list(dict.fromkeys(events))
        if not events or self.watcher.is_broken:
            return
        self.turn += 1
        model, record_id = events[self.turn * 7 % len(events)]
        record = self.env[model].browse(record_id)
        before = self._rows(COUNTS)
        self.env["backflush.engine"]._post_records(record)
        self.env.flush_all()
        if self._rows(COUNTS) != before:
            raise AssertionError(f"posting {record.display_name} again books something")

    def check_closed(self):
        """Odoo's own closing finds nothing, once all is billed and invoiced."""
        vals = self.company._get_stock_valuation_account_vals(
            self.company._get_accounts_by_product()
        )
        found = [(x["account_id"], x["debit"] - x["credit"]) for x in vals]
        if found and self._is_whole:
            raise AssertionError(f"Odoo's closing still wants to book {found}")

    def check_proofs(self):
        """*Check the books* finds no mistake, either."""
        today = fields.Date.today()
        start = fields.Date.subtract(today, days=60)
        proofs = self.env["backflush.check"]._check_books(self.company, start, today)
        if proofs.state != "passed":
            found = proofs.broken_line_ids.mapped(
                lambda line: f"{line.result_id.code}: {line.document}: {line.sentence}"
            )
            raise AssertionError("\n".join(["the books do not hold:", *found]))


def _show(values):
    return " / ".join(str(float(value)) for value in values)
