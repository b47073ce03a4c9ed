"""Rules 3 and 8: orders are explained to the cent, with the cards they were made at."""

from ..costing.sql import orders
from .backflush_proof import Finding, Proof


class OrderProof(Proof):
    code = "orders"
    rule = 3

    def get_title(self):
        return self.env._("What orders used and made is explained by their variances")

    def prove(self):
        frame = self.scope.frame
        outcome = self.compare(orders.explained(frame), "mrp.production", self._explain)
        stock = self.compare(
            orders.stock_side(frame), "mrp.production", self._explain_stock
        )
        outcome.findings += stock.findings
        return outcome

    def _explain(self, order, _detail, expected, found):
        return Finding(
            order,
            self.env._(
                "What was used and made differs from the standard by %(expected)s, the "
                "variances explain %(found)s.",
                expected=self.money(expected),
                found=self.money(found),
            ),
            self.env._("Reverse the postings of the order and retry them."),
            expected,
            found,
        )

    def _explain_stock(self, order, product_id, expected, found):
        inner = self.scope.get_inner_amount(order.move_raw_ids, product_id)
        lines = len(order.backflush_posting_ids.line_ids)
        if inner and abs(expected - inner - found) <= self.scope.unit / 2 * (lines + 1):
            return None  # it is also a part of what is costed at delivery
        expected -= inner
        product = self.env["product.product"].browse(product_id)
        return Finding(
            order,
            self.env._(
                "%(product)s: %(expected)s moved at standard, the postings book "
                "%(found)s.",
                product=product.display_name,
                expected=self.money(expected),
                found=self.money(found),
            ),
            self.env._("Reverse the postings of the order and retry them."),
            expected,
            found,
        )


class CardProof(Proof):
    code = "cards"
    rule = 8

    def get_title(self):
        return self.env._("Cost cards in use are unchanged")

    def prove(self):
        frame = self.scope.frame
        outcome = self.compare(orders.cards(frame), "backflush.standard", self._explain)
        for card_id, _state in self.env.execute_query(orders.draft_cards(frame)):
            outcome.findings.append(self._explain_draft(card_id))
        return outcome

    def _explain(self, card, _detail, expected, found):
        return Finding(
            card,
            self.env._(
                "The card says %(expected)s per unit, its lines add up to %(found)s.",
                expected=self.money(expected),
                found=self.money(found),
            ),
            self.env._(
                "The card was changed in the database: restore it from a backup. New "
                "prices are a new costing version."
            ),
            expected,
            found,
        )

    def _explain_draft(self, card_id):
        card = self.env["backflush.standard"].browse(card_id)
        return Finding(
            card,
            self.env._(
                "Postings use this card, but its version %(version)s was never "
                "activated.",
                version=card.version_id.display_name,
            ),
            self.env._("Set the version back to the state it was in."),
        )
