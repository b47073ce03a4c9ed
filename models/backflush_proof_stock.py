"""Rule 2: stock facts say what Odoo's movements and stock say."""

from ..costing.sql import facts
from .backflush_books import number
from .backflush_proof import Finding, Proof


class OnHandProof(Proof):
    code = "on_hand"
    rule = 2

    def get_title(self):
        return self.env._("Stock on hand is the sum of all that was recorded")

    def prove(self):
        return self.compare(
            facts.on_hand(self.scope.frame),
            "product.product",
            self._explain,
            is_money=False,
        )

    def _explain(self, product, _detail, expected, found):
        value = self.scope.carried.get(product.id, {})
        amount = sum(value.values()) * (found - expected)
        return Finding(
            product,
            self.env._(
                "%(found)s are on hand, but %(expected)s by all movements recorded: "
                "%(amount)s at standard has come or gone without one.",
                found=self.quantity(found, product),
                expected=self.quantity(expected, product),
                amount=self.money(amount),
            ),
            self.env._(
                "Compare the product's stock moves (Inventory › Reporting › Moves "
                "History) with what is on hand. What was changed in the database, past "
                "Odoo, has to be restored there; a count does not mend it."
            ),
        )


class MoveProof(Proof):
    code = "moves"
    rule = 2

    def get_title(self):
        return self.env._("Every movement is recorded with its quantity")

    def prove(self):
        return self.compare(
            facts.moves(self.scope.frame), "stock.move", self._explain, is_money=False
        )

    def _explain(self, move, _detail, expected, found):
        values = {
            "product": move.product_id.display_name,
            "expected": self.quantity(expected, move.product_id),
            "found": self.quantity(found, move.product_id),
        }
        if found:
            sentence = self.env._(
                "%(product)s: %(expected)s moved, %(found)s are recorded.",
                **values,
            )
        else:
            sentence = self.env._(
                "%(product)s: %(expected)s moved, and nothing is recorded.",
                **values,
            )
        return Finding(
            move._get_backflush_document(),
            sentence,
            self.env._(
                "The movement was changed past Odoo. Unlock it, set its quantity to "
                "another value and back: what is missing is recorded then."
            ),
        )


class AmountProof(Proof):
    code = "amounts"
    rule = 2

    def get_title(self):
        return self.env._("Recorded amounts are quantity × standard")

    def prove(self):
        return self.compare(
            facts.amounts(self.scope.frame), "stock.move", self._explain
        )

    def _explain(self, move, fact_id, expected, found):
        fact = self.env["backflush.stock.fact"].browse(fact_id)
        return Finding(
            move._get_backflush_document(),
            self.env._(
                "%(product)s: %(quantity)s at %(standard)s are %(expected)s, but "
                "%(found)s is recorded.",
                product=move.product_id.display_name,
                quantity=self.quantity(fact.quantity, move.product_id),
                standard=number(fact.standard),
                expected=self.money(expected),
                found=self.money(found),
            ),
            self.env._(
                "The record was changed in the database: restore it from a backup."
            ),
            expected,
            found,
        )
