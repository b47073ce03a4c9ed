"""Rule 2: every account that carries goods agrees with the stock, at standard."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from ..costing.check import residue_bound
from ..costing.entry import round_half_up
from ..costing.sql import facts, ledger
from ..costing.variance import ZERO
from .backflush_books import number
from .backflush_proof import BROKEN, NOTE, PROVED, ROUNDING, Finding, Outcome, Proof


@dataclass
class Carried:
    """What an account must show: parts by name (debit +), and how they were rounded."""

    parts: dict = field(default_factory=lambda: defaultdict(Decimal))
    values: int = 0

    @property
    def total(self):
        return sum(self.parts.values(), ZERO)


class LedgerProof(Proof):
    code = "ledger"
    rule = 2

    def get_title(self):
        return self.env._("Accounts that carry goods agree with stock at standard")

    def get_part_names(self):
        """What may stand between an account and the stock, in the order shown."""
        return {
            "stock": self.env._("on hand"),
            "content": self.env._("in goods costed at delivery"),
            "usage": self.env._("usage booked with the close"),
            "received": self.env._("received, not billed"),
            "billed": self.env._("billed, not received"),
            "delivered": self.env._("delivered, not invoiced"),
            "invoiced": self.env._("invoiced, not delivered"),
            "sold": self.env._("sold out of an expense account"),
            "pending": self.env._("waiting for the entry of the day"),
            "unbooked": self.env._("not booked"),
            "closed": self.env._("booked by Odoo's own closing"),
        }

    @cached_property
    def carried(self):
        """{account id: Carried} of all accounts that carry goods at standard."""
        return self._get_carried()

    def prove(self):
        carried = self.carried
        outcome = Outcome()
        if not carried:
            return outcome
        query = ledger.balances(
            self.scope.frame, sorted(carried), *self._get_last_close()
        )
        balances = {row[0]: row[1:] for row in self.env.execute_query(query)}
        mixed = self._get_mixed(carried)
        broken = []
        for account_id in sorted(carried):
            balance, rounded = balances.get(account_id, (0, 0))
            found, expected = number(balance), carried[account_id].total
            if not (found or expected):
                continue  # it carries nothing
            outcome.expected += expected
            outcome.found += found
            outcome.documents += 1
            finding = self._get_finding(
                account_id, carried[account_id], found, rounded, account_id in mixed
            )
            outcome.findings.append(finding)
            if finding.state == BROKEN:
                broken.append(account_id)
        outcome.findings += self._get_entries_by_hand(broken)
        return outcome

    def _get_last_close(self):
        """The day up to which residues of rounding are booked, and when they were."""
        last = self.scope.last_close
        return last.date_to or date.min, last.date_posted or datetime.max

    # -- what the accounts must show --------------------------------------------

    def _get_carried(self):
        result = defaultdict(Carried)
        for account_id in {x for y in self.scope.carried.values() for x in y}:
            result[account_id] = Carried()
        self._add_stock(result)
        self._add_usage(result)
        self._add_documents(result)
        self._add_unbooked(result)
        for account_id, amount in self._read(ledger.pending(self.scope.frame)):
            if account_id in result:
                result[account_id].parts["pending"] -= number(amount)
        for account_id, amount in self._read_closed(result):
            result[account_id].parts["closed"] += number(amount)
        return result

    def _read_closed(self, carried):
        """It takes what is not billed for missing, and back again the next time."""
        journal = self.scope.company._backflush_config("account_stock_journal_id")
        query = ledger.closed(self.scope.frame, sorted(carried), journal.id or None)
        return self._read(query)

    def _add_stock(self, result):
        delivered = set(self.scope.delivered.ids)
        content = defaultdict(Decimal)
        for product_id, quantity in self.scope.on_hand.items():
            for account_id, unit in self.scope.carried.get(product_id, {}).items():
                if product_id in delivered:
                    content[account_id] += quantity * unit
                    continue
                value = round_half_up(quantity * unit, self.scope.unit)
                result[account_id].parts["stock"] += value
                result[account_id].values += 1
        for account_id, amount in content.items():
            result[account_id].parts["content"] += amount
            result[account_id].values += 1

    def _add_usage(self, result):
        """Under `delivery`, what orders used beyond their cards stands on here."""
        rows = self._read(ledger.open_usage(self.scope.frame))
        for component, card, is_change, amount in rows:
            if is_change and not component:
                component = self.scope.get_main_material(card)
            shares = self.scope.get_shares(component, card)
            for account_id, share in shares.items():
                if account_id in result:
                    result[account_id].parts["usage"] += number(amount) * share

    def _add_documents(self, result):
        """Odoo books goods with the bill and the invoice, not when they move."""
        sides = (
            (self.scope.purchases, "received", "billed", -1),
            (self.scope.sales, "delivered", "invoiced", 1),
        )
        for groups, moved, ahead, sign in sides:
            for group in groups:
                account_id = self.scope.known[group.product].account
                if account_id in result:
                    parts = result[account_id].parts
                    parts[moved] += sign * group.open_amount
                    parts[ahead] -= sign * group.ahead_amount

    def _add_unbooked(self, result):
        frame = self.scope.frame
        for row in self.env.execute_query_dict(facts.unbooked(frame)):
            content = self.scope.carried.get(row["product"], {})
            account_id = self.scope.known[row["product"]].account
            if account_id in content:
                result[account_id].parts["unbooked"] -= number(row["amount"])
                continue
            for account_id, unit in content.items():
                quantity = number(row["quantity"])
                result[account_id].parts["unbooked"] -= quantity * unit
        for product_id, amount in self._read(facts.sold(frame)):
            account_id = self.scope.known[product_id].account
            if account_id in result:
                result[account_id].parts["sold"] -= number(amount)

    def _read(self, query):
        return self.env.execute_query(query)

    # -- in words ---------------------------------------------------------------

    def _get_mixed(self, carried):
        """Accounts whose balance says nothing: other goods stand there, too."""
        expenses = {
            product.account
            for product in self.scope.frame.products
            if product.account and not product.is_perpetual
        }
        query = ledger.mixed(self.scope.frame, sorted(carried), sorted(expenses))
        return {row[0] for row in self._read(query)}

    def _get_finding(self, account_id, carried, found, rounded, is_mixed):
        expected = carried.total
        bound = residue_bound(self.scope.unit, rounded, carried.values)
        difference = found - expected
        state, remedy = PROVED, ""
        if abs(difference) > bound:
            state, remedy = self._judge(is_mixed)
        elif abs(difference) >= self.scope.unit / 2:
            state = ROUNDING
            remedy = self.env._(
                "Half a unit for each document at most: book it with Book Rounding, or "
                "leave it to the close."
            )
        return Finding(
            self.env["account.account"].browse(account_id),
            self._describe(account_id, found, difference),
            remedy,
            expected,
            found,
            state,
        )

    def _judge(self, is_mixed):
        if is_mixed:
            return NOTE, self.env._(
                "This account also carries goods that are not covered, or valued at "
                "average or FIFO, so that the difference need not be a mistake. Give "
                "them an account of their own to have it proved."
            )
        return BROKEN, self.env._(
            "Correct the documents that the other checks name. Goods that were on hand "
            "before they were covered: book their value at standard once."
        )

    def describe_parts(self, account_id):
        """What an account must show, in words."""
        names, carried = self.get_part_names(), self.carried[account_id]
        return "; ".join(
            f"{names[name]} {self.money(carried.parts[name])}"
            for name in names
            if round_half_up(carried.parts[name], self.scope.unit)
        )

    def _describe(self, account_id, found, difference):
        carried, parts = self.carried[account_id], self.describe_parts(account_id)
        sentence = self.env._(
            "Balance %(found)s. Stock at standard %(expected)s (%(parts)s).",
            found=self.money(found),
            expected=self.money(carried.total),
            parts=parts or self.env._("nothing"),
        )
        if abs(difference) < self.scope.unit / 2:
            return sentence
        return self.env._(
            "%(sentence)s Difference %(difference)s.",
            sentence=sentence,
            difference=self.money(difference),
        )

    def _get_entries_by_hand(self, accounts):
        """What somebody booked on accounts that differ: the first place to look."""
        if not accounts:
            return
        query = ledger.by_hand(self.scope.frame, accounts)
        for account_id, entry_id, amount in self._read(query):
            account = self.env["account.account"].browse(account_id)
            yield Finding(
                self.env["account.move"].browse(entry_id),
                self.env._(
                    "Booked by hand on %(account)s, which carries goods at standard: "
                    "%(amount)s.",
                    account=account.display_name,
                    amount=self.money(amount),
                ),
                self.env._(
                    "If it is not the opening balance of the goods, reverse it."
                ),
                found=number(amount),
                state=NOTE,
            )
