"""Rule 9: what passed with bills and invoices is what moved, at its standard."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from odoo.tools import SQL

from ..costing.check import QUANTITY_UNIT, Moved, Settled, count_ahead, settle
from ..costing.sql import documents, matching, silent
from ..costing.variance import ZERO
from .backflush_books import number
from .backflush_proof import NOTE, Finding, Outcome, Proof
from .backflush_proof_matches import MatchReader

EMPTY = Settled(ZERO, ZERO, ZERO, ZERO, ZERO)
DIRECTIONS = ("in", "out")


@dataclass
class Matched:
    """An order line (or a partner's goods without one) and its documents.

    Amounts as they pass through the account that carries the goods, returns taken off:
    ``expected`` by the stock facts, ``found`` in the documents and what was corrected
    since. ``open_amount`` moved and is on no document yet, ``ahead_amount`` was passed
    by documents although nothing has moved.
    """

    line: int
    partner: int
    product: int
    expected: Decimal
    found: Decimal
    open_quantity: Decimal
    open_amount: Decimal
    ahead: Decimal
    ahead_amount: Decimal
    count: int
    entry: int | None
    date: object


@dataclass
class Group:
    """The same while it is read, by direction ('in' or 'out')."""

    settled: dict = field(default_factory=lambda: dict.fromkeys(DIRECTIONS, EMPTY))
    documented: dict = field(default_factory=lambda: dict.fromkeys(DIRECTIONS, ZERO))
    booked: Sequence = (0, 0, None, None)
    corrected: Decimal = ZERO
    is_early: bool = False

    def is_plain(self, result, back, unit) -> bool:
        """Whether *oldest first* tells all: nothing came back, or before its goods."""
        if result.ahead or self.is_early:
            return not result.ahead
        return not (
            self.corrected
            or self.settled[back].moved
            or self.documented[back]
            or abs(result.expected - result.found) > unit / 2
        )

    def prepare(self, key, forth, back) -> Matched:
        """Take returns off; `forth` is the direction of bills or invoices."""
        ways = self.settled[forth], self.settled[back]
        passed, count, entry, date = self.booked
        found = number(passed) + self.corrected
        expected = ways[0].passed - ways[1].passed
        ahead = count_ahead(ways[0], self.documented[forth], self.documented[back])
        # At what it passed ahead of the goods is known to the document only; so is what
        # passed before there were facts.
        ahead_amount = found - expected if ahead and not self.is_early else ZERO
        if ahead or self.is_early:
            expected = found
        return Matched(
            *key,
            expected=expected,
            found=found,
            open_quantity=ways[0].open_quantity - ways[1].open_quantity,
            open_amount=ways[0].open_amount - ways[1].open_amount,
            ahead=ahead,
            ahead_amount=ahead_amount,
            count=count,
            entry=entry,
            date=date,
        )


class DocumentReader:
    """Reads an entire side in four queries; the kernel does what SQL leaves open.

    The queries match oldest first. Where a later correction took something away from
    what had moved, the kernel matches those order lines again.
    """

    def __init__(self, scope):
        self.scope = scope
        self.env = scope.env
        self.frame = scope.frame

    def read_purchases(self):
        return self._read(documents.purchases(self.frame), "in", "out")

    def read_sales(self):
        side = documents.sales(self.frame, self._read_kits())
        return self._read(side, "out", "in")

    def _read_kits(self):
        """Components of sold kits, in one unit of the invoice line: Odoo explodes."""
        ids = [
            row[0] for row in self.env.execute_query(documents.kit_lines(self.frame))
        ]
        lines = self.env["account.move.line"].browse(ids)
        return [
            (line.id, component.id, float(quantity))
            for line in lines
            for component, quantity in line._get_backflush_kit().items()
        ]

    def _read(self, side, forth, back):
        moved = documents.moved(self.frame, side)
        groups = self._read_groups(moved, side)
        corrected = {
            (line, 0, product): number(amount)
            for line, product, amount in self.env.execute_query(
                documents.corrected(self.frame, side)
            )
        }
        for key, group in groups.items():
            group.corrected = corrected.get(key, ZERO)
        for line, partner, product, *booked in self.env.execute_query(
            matching.booked(side.documents)
        ):
            groups[line, partner, product].booked = booked
        name = "purchase" if forth == "in" else "sale"
        self._add_silent(groups, name)
        if forth == "in":
            self._add_asides(groups)
        results = {key: x.prepare(key, forth, back) for key, x in groups.items()}
        MatchReader(self.scope, name, forth, back).correct(groups, results)
        return list(results.values())

    def _add_silent(self, groups, name):
        """A switch has booked what documents of before it have not."""
        if not self.scope.switches:
            return
        for *key, amount in self.env.execute_query(silent.silent(self.frame, name)):
            group = groups[tuple(key)]
            group.booked = (float(group.booked[0]) + amount, *group.booked[1:])

    def _add_asides(self, groups):
        """Taxes that stay a cost stand on the account of the goods, too; what is not
        deductible is taken off.
        """
        ids = [
            row[0] for row in self.env.execute_query(documents.shared_lines(self.frame))
        ]
        for line in self.env["account.move.line"].browse(ids):
            order_line = line.purchase_line_id.id or 0
            partner = 0 if order_line else line.move_id.commercial_partner_id.id
            group = groups.get((order_line, partner, line.product_id.id))
            if group:
                passed, *rest = group.booked
                aside = float(line._get_backflush_aside())
                group.booked = (float(passed) + aside, *rest)

    def _read_groups(self, moved, side):
        groups: dict = defaultdict(Group)
        again = set()
        for row in self.env.execute_query(matching.settle(moved, side.documents)):
            line, partner, product, direction, *settled = row[:9]
            quantity, is_corrected, is_early = row[9:]
            group = groups[line, partner, product]
            group.settled[direction] = Settled(*map(number, settled))
            group.documented[direction] = number(quantity)
            group.is_early |= is_early
            if is_corrected:
                again.add((line, partner, product))
        if again:
            self._settle_again(moved, again, groups)
        return groups

    def _settle_again(self, moved: SQL, keys, groups):
        queues = defaultdict(list)
        rows = self.env.execute_query(matching.queue(moved, sorted(keys)))
        for line, partner, product, direction, quantity, standard in rows:
            key = (line, partner, product)
            queues[key, direction].append(Moved(number(quantity), number(standard)))
        for (key, direction), queue in queues.items():
            quantity = groups[key].documented[direction]
            groups[key].settled[direction] = settle(queue, quantity)


class DocumentProof(Proof):
    """Purchases or sales: documents of the period, and what is open today."""

    rule = 9

    def get_groups(self):
        raise NotImplementedError

    def get_open_sentence(self, group, product):
        raise NotImplementedError

    def prove(self):
        outcome = Outcome()
        frame = self.scope.frame
        for group in self.get_groups():
            if group.date and frame.date_from <= group.date <= frame.date_to:
                outcome.documents += group.count
                outcome.expected += group.expected
                outcome.found += group.found
                bound = self.scope.unit / 2 * (group.count + 1)
                if abs(group.expected - group.found) > bound:
                    outcome.findings.append(self._get_break(group))
            if group.ahead or (
                abs(group.open_quantity) > QUANTITY_UNIT and group.open_amount
            ):
                outcome.findings.append(self._get_note(group))
        return outcome

    def _get_break(self, group):
        product = self.env["product.product"].browse(group.product)
        return Finding(
            self.env["account.move"].browse(group.entry),
            self.env._(
                "%(product)s: %(found)s has passed through its account, at the "
                "standards at which it moved it should be %(expected)s.",
                product=product.display_name,
                found=self.money(group.found),
                expected=self.money(group.expected),
            ),
            self.env._(
                "Reset the document to draft and post it again: its items are made "
                "anew. Look at the account of its line, too."
            ),
            group.expected,
            group.found,
        )

    def describe(self, product, quantity, amount) -> dict:
        """What the sentences about open goods speak of."""
        return {
            "product": product.display_name,
            "quantity": self.quantity(quantity, product),
            "amount": self.money(amount),
        }

    def _get_note(self, group):
        product = self.env["product.product"].browse(group.product)
        record = self._get_order_line(group) or product
        amount = group.ahead_amount if group.ahead else group.open_amount
        return Finding(
            record,
            self.get_open_sentence(group, product),
            expected=amount,
            found=amount,
            state=NOTE,
        )

    def _get_order_line(self, group):
        raise NotImplementedError


class BillProof(DocumentProof):
    code = "bills"

    def get_title(self):
        return self.env._("Bills pass materials at the standard of their receipt")

    def get_groups(self):
        return self.scope.purchases

    def prove(self):
        outcome = super().prove()
        rows = self.compare(
            documents.bill_rows(self.scope.frame), "account.move", self._explain_rows
        )
        outcome.findings += rows.findings
        return outcome

    def _explain_rows(self, bill, product_id, expected, found):
        return Finding(
            bill,
            self.env._(
                "%(product)s: the difference to the standard is %(expected)s, but the "
                "variances of this bill say %(found)s.",
                product=self.env["product.product"].browse(product_id).display_name,
                expected=self.money(expected),
                found=self.money(found),
            ),
            self.env._("Reset the bill to draft and post it again."),
            expected,
            found,
        )

    def get_open_sentence(self, group, product):
        if group.ahead:
            return self.env._(
                "%(product)s: %(quantity)s billed and not received, %(amount)s.",
                **self.describe(product, group.ahead, group.ahead_amount),
            )
        if group.open_quantity < 0:
            return self.env._(
                "%(product)s: %(quantity)s returned and not credited by the vendor, "
                "%(amount)s at standard.",
                **self.describe(product, -group.open_quantity, -group.open_amount),
            )
        return self.env._(
            "%(product)s: %(quantity)s received and not billed, %(amount)s at "
            "standard.",
            **self.describe(product, group.open_quantity, group.open_amount),
        )

    def _get_order_line(self, group):
        return self.env["purchase.order.line"].browse(group.line or []).order_id


class InvoiceProof(DocumentProof):
    code = "invoices"

    def get_title(self):
        return self.env._("Invoices cost goods at the standard of their delivery")

    def get_groups(self):
        return self.scope.sales

    def get_open_sentence(self, group, product):
        if group.ahead:
            return self.env._(
                "%(product)s: %(quantity)s invoiced and not delivered, %(amount)s.",
                **self.describe(product, group.ahead, group.ahead_amount),
            )
        if group.open_quantity < 0:
            return self.env._(
                "%(product)s: %(quantity)s taken back and not credited to the "
                "customer, %(amount)s at standard.",
                **self.describe(product, -group.open_quantity, -group.open_amount),
            )
        return self.env._(
            "%(product)s: %(quantity)s delivered and not invoiced, %(amount)s "
            "at standard.",
            **self.describe(product, group.open_quantity, group.open_amount),
        )

    def _get_order_line(self, group):
        return self.env["sale.order.line"].browse(group.line or []).order_id
