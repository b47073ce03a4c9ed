"""What the books should say: a plain model of the factory.

It watches Odoo's own documents (movements, bills, invoices) after every step, prices
them by its own standards of that moment, and says which balances must follow from them.
It never asks the addon for anything.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from .standards import MADE, MATERIALS, ZERO, Cost

ACCOUNTS = {"M": "materials", "S": "materials", "K": "packing"}
ACCOUNTS |= dict.fromkeys(MADE, "finished")


@dataclass
class Fact:
    """A change of what is on hand, at the standard of its moment."""

    move: int
    product: str
    quantity: Fraction  # positive: stock grows
    cost: Cost
    role: str  # receipt | delivery | used | made | lost
    document: tuple  # ("purchase" | "sale" | "order" | "unbuild" | "move", id)
    origin: int | None  # the movement that it gives back
    event: tuple | None  # (model, id) of the record whose posting books it, if one does
    posted: bool

    @property
    def amount(self):
        return self.quantity * self.cost.amount


class Passed(NamedTuple):
    """One line of a posted bill or invoice: ``cost`` is the standard of that moment.

    ``ahead`` is the part of the quantity that no goods had moved for.
    """

    line: tuple  # ("purchase" | "sale", id)
    product: str
    quantity: Fraction
    refund: bool
    cost: Cost
    ahead: Fraction = ZERO


@dataclass
class Model:
    """The factory, as far as its books depend on it.

    Places for what is to come: the variance issue adds recorded time and its rows to
    ``explained``, the close issue the conversion accounts to ``balances``.
    """

    trigger: str
    standards: object = None
    prices: dict = field(default_factory=dict)  # today's standard prices
    facts: list = field(default_factory=list)
    documents: dict = field(default_factory=dict)  # journal item: Passed
    cards: dict = field(default_factory=dict)  # order: Standards it was first posted at
    owned: dict = field(default_factory=dict)  # movement: quantity of another owner
    firsts: dict = field(default_factory=dict)  # movement: Cost when it happened

    # -- what happens -----------------------------------------------------------

    def set_standards(self, standards):
        self.standards = standards
        self.prices = {name: cost.amount for name, cost in standards.costs.items()}

    def add(self, fact):
        self.facts.append(fact)
        self.firsts.setdefault(fact.move, fact.cost)

    def cost(self, product):
        """Standard cost of a unit that moves now.

        A price changed by hand counts, except for what stands on no stock account.
        """
        cost = self.standards.costs[product]
        price = self.prices[product]
        if product in MATERIALS:
            return Cost(price, {product: price}, ZERO)
        if self.trigger == "delivery":
            return cost
        return cost._replace(amount=price)

    def on_hand(self):
        totals = dict.fromkeys((*MATERIALS, *MADE), ZERO)
        for fact in self.facts:
            totals[fact.product] += fact.quantity
        return totals

    # -- what must follow -------------------------------------------------------

    def balances(self):
        """{name of an account: its balance}."""
        totals = dict.fromkeys((*ACCOUNTS.values(), "cost_of_sales"), ZERO)
        for product, quantity in self.on_hand().items():
            self._carry(totals, product, quantity, self.cost(product))
        for fact in self.facts:
            if fact.role in ("used", "made") and self.trigger == "delivery":
                # usage that the close will book stays with the materials
                self._carry(totals, fact.product, -fact.quantity, fact.cost)
            elif not fact.posted:
                self._carry(totals, fact.product, -fact.quantity, fact.cost)
        self._add_purchases(totals)
        self._add_sales(totals)
        return totals

    def is_settled(self):
        """All goods are billed, invoiced and posted: nothing is on its way."""
        totals = dict.fromkeys((*ACCOUNTS.values(), "cost_of_sales"), ZERO)
        self._add_purchases(totals)
        self._add_sales(totals)
        accounts = set(ACCOUNTS.values())
        return all(fact.posted for fact in self.facts) and not any(
            totals[name] for name in accounts
        )

    def is_uniform(self, line):
        """Whether all goods of an order line moved at the same standard."""
        prices = {
            fact.cost.amount
            for fact in self.facts
            if fact.document == line and fact.origin is None
        }
        return len(prices) < 2

    def _carry(self, totals, product, quantity, cost):
        """Put goods on the accounts that carry them."""
        if self.trigger == "delivery":
            for material, amount in cost.content.items():
                totals[ACCOUNTS[material]] += quantity * amount
        else:
            totals[ACCOUNTS[product]] += quantity * cost.amount

    def _add_purchases(self, totals):
        """Goods count when they come, their account gets them with the bill."""
        for line, facts in self._by_document("receipt").items():
            product, documents = facts[0].product, self._documents(line)
            account = ACCOUNTS[product]
            totals[account] -= self._undocumented(facts)
            totals[account] += passed(self._moved(facts), documents)
            totals[account] -= passed(self._given_back(facts), documents, refunds=True)
        for line in self._unmoved("purchase"):
            documents = self._documents(line)
            account = ACCOUNTS[documents[0].product]
            totals[account] += passed([], documents)

    def _add_sales(self, totals):
        """The same on the other side; costed at delivery, invoices cost nothing."""
        for line, facts in self._by_document("delivery").items():
            if self.trigger == "delivery":
                totals["cost_of_sales"] -= sum(
                    self._original(fact) for fact in facts if fact.posted
                )
                continue
            documents = self._documents(line)
            cost = passed(self._moved(facts, -1), documents)
            cost -= passed(self._given_back(facts, -1), documents, refunds=True)
            totals["finished"] += self._undocumented(facts, -1) - cost
            # what an invoice costed beforehand stays so, the rest is standard change
            change = ahead_change(self._moved(facts, -1), documents)
            totals["cost_of_sales"] += cost + change
        if self.trigger == "completion":
            for line in self._unmoved("sale"):
                cost = passed([], self._documents(line))
                totals["finished"] -= cost
                totals["cost_of_sales"] += cost

    # -- documents against goods ------------------------------------------------

    def find_ahead(self, line, quantity, documents):
        """How much of a new document's quantity no goods have moved for."""
        facts = [x for x in self.facts if x.document == line and x.origin is None]
        moved = abs(sum((fact.quantity for fact in facts), ZERO))
        known = sum((x.quantity for x in documents if not x.refund), ZERO)
        return max(ZERO, min(quantity, known + quantity - moved))

    def _by_document(self, role):
        result = defaultdict(list)
        for fact in self.facts:
            if fact.role == role:
                result[fact.document].append(fact)
        return result

    def _documents(self, line):
        return [doc for doc in self.documents.values() if doc.line == line]

    def _unmoved(self, side):
        """Order lines billed or invoiced of which nothing has moved yet."""
        moved = {fact.document for fact in self.facts}
        lines = dict.fromkeys(doc.line for doc in self.documents.values())
        return [line for line in lines if line[0] == side and line not in moved]

    def _original(self, fact):
        """Amount of a fact at the standard of what it gives back, if it does."""
        return fact.quantity * self._original_cost(fact).amount

    def _original_cost(self, fact):
        """Its own, where it gives nothing back: that at which it moved first."""
        return self.firsts[fact.origin if fact.origin in self.firsts else fact.move]

    def _undocumented(self, facts, sign=1):
        """What moved, at the standards at which documents are to pass it."""
        moved = without_corrections(self._moved(facts, sign))
        back = without_corrections(self._given_back(facts, sign))
        return sum((quantity * price for quantity, price in moved), ZERO) - sum(
            (quantity * price for quantity, price in back), ZERO
        )

    def _moved(self, facts, sign=1):
        """Layers (quantity, standard) that came, or went out (`sign` −1)."""
        return [
            (sign * fact.quantity, fact.cost.amount)
            for fact in facts
            if fact.origin is None
        ]

    def _given_back(self, facts, sign=1):
        return [
            (-sign * fact.quantity, self._original_cost(fact).amount)
            for fact in facts
            if fact.origin is not None
        ]

    # -- orders -----------------------------------------------------------------

    def explained(self):
        """{order: what its material and output rows must add up to}."""
        totals = defaultdict(Fraction)
        for fact in self.facts:
            if fact.role in ("used", "made", "lost") and fact.posted:
                # what an order lost is one of its costs, or no good output
                totals[fact.document] -= fact.amount
                if fact.role == "made" and fact.product != "B":
                    card = self.cards[fact.document].costs[fact.product]
                    totals[fact.document] -= -fact.quantity * card.conversion
        return totals

    def freeze_cards(self):
        """An order keeps the card of its first posting."""
        for fact in self.facts:
            if fact.role == "made" and fact.posted:
                self.cards.setdefault(fact.document, self.standards)


def passed(layers, documents, refunds=False):
    """Amount that documents of an order line have passed through its goods' account.

    Oldest first: what has moved at its own standard; what is billed beforehand at the
    standard of that day. A credit note passes no more than what was given back.
    """
    documents = [doc for doc in documents if doc.refund == refunds]
    quantity = sum((doc.quantity for doc in documents), ZERO)
    layers = without_corrections(layers)
    total = between(layers, ZERO, quantity)
    moved = sum((layer[0] for layer in layers), ZERO)
    if not refunds and quantity > moved:
        ahead = [(doc.quantity, doc.cost.amount) for doc in documents]
        total += between(ahead, moved, quantity)
    return total


def ahead_change(layers, documents):
    """What invoices that came before their goods cost more than the goods did."""
    layers = without_corrections(layers)
    moved = sum((layer[0] for layer in layers), ZERO)
    total = end = ZERO
    for doc in documents:
        if not doc.refund:
            end += doc.quantity
            start, stop = end - doc.ahead, min(end, moved)
            if stop > start:
                total += (stop - start) * doc.cost.amount
                total -= between(layers, start, stop)
    return total


def without_corrections(layers):
    """Let a negative layer take away from the newest before it."""
    result = []
    for quantity, price in layers:
        while quantity < 0 and result:
            last, price = result.pop()
            quantity += last
        if quantity > 0:
            result.append((quantity, price))
    return result


def between(layers, start, end):
    """Amount of the units from `start` to `end` of layers (quantity, price)."""
    total, position = ZERO, ZERO
    for quantity, price in layers:
        low, high = max(start, position), min(end, position + quantity)
        total += max(high - low, ZERO) * price
        position += quantity
    return total
