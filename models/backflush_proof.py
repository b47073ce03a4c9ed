"""What *Check the books* is made of: proofs, each of one rule of the ledger."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from odoo.tools.misc import formatLang

from ..costing.sql.frame import compare
from ..costing.variance import ZERO
from .backflush_book_cards import number

BROKEN = "broken"
NOTE = "note"
ROUNDING = "rounding"
PROVED = "proved"


@dataclass(frozen=True)
class Finding:
    """One document, with what is wrong with it and what to do, in words.

    ``state`` is `broken` (a rule does not hold), `note` (to know, no mistake),
    `rounding` (a residue within its bound) or `proved` (a reconciliation that holds).
    """

    record: Any
    sentence: str
    remedy: str = ""
    expected: Decimal = ZERO
    found: Decimal = ZERO
    state: str = BROKEN


@dataclass
class Outcome:
    """What a proof has looked at (how many documents, Σ amounts) and found."""

    documents: int = 0
    expected: Decimal = ZERO
    found: Decimal = ZERO
    findings: list = field(default_factory=list)

    def add(self, other):
        """Take in what another part of the same proof has found."""
        self.documents += other.documents
        self.expected += other.expected
        self.found += other.found
        self.findings += other.findings


class Proof:
    """One rule, checked for the company and period of a `ProofScope`.

    To add one, write a subclass with `code`, `rule` (number of the rule in the ledger
    contract), `get_title` and `prove`, and put it into the list that
    `backflush.check._get_proofs` returns.
    """

    code = ""
    rule = 0

    def __init__(self, scope):
        self.scope = scope
        self.env = scope.env

    def get_title(self) -> str:
        """What is proved, in one sentence for the user."""
        raise NotImplementedError

    def prove(self) -> Outcome:
        """Look at everything, name what breaks the rule."""
        raise NotImplementedError

    def money(self, amount) -> str:
        return self.scope.company.currency_id.format(float(amount))

    def quantity(self, quantity, product) -> str:
        """A quantity with the product's unit of measure."""
        amount = formatLang(self.env, float(quantity), dp="Product Unit")
        return f"{amount} {product.uom_id.name}"

    def compare(self, query, model, explain, is_money=True) -> Outcome:
        """Run a comparison of `costing.sql`; name each row that differs.

        :param model: model of its column `record`
        :param explain: (record, detail, expected, found) → Finding, or None
        :param is_money: whether its numbers are amounts, so that they can be summed
        """
        totals, *broken = self.env.execute_query(compare(query))
        outcome = Outcome(documents=totals[4])
        if is_money:
            outcome.expected, outcome.found = number(totals[2]), number(totals[3])
        records = self.env[model].browse([row[0] for row in broken]).exists()
        known = {record.id: record for record in records}
        for record_id, detail, expected, found, _documents in broken:
            record = known.get(record_id, records.browse())
            finding = explain(record, detail, number(expected), number(found))
            if finding:
                outcome.findings.append(finding)
        return outcome
