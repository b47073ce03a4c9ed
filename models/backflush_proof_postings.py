"""Rule 5: every event is booked, and once."""

from collections import defaultdict

from odoo.tools import format_date

from ..costing.sql import facts, movements, orders
from ..costing.variance import ZERO
from .backflush_books import local_date, number
from .backflush_proof import BROKEN, NOTE, Finding, Outcome, Proof

#: A posting may wait for so many days for the entry that it shares with others.
PATIENCE = 3


class BookedProof(Proof):
    code = "booked"
    rule = 5

    def get_title(self):
        return self.env._("Everything that moved is booked, at its standard")

    def prove(self):
        [[documents]] = self.env.execute_query(facts.count(self.scope.frame))
        outcome = Outcome(documents=documents)
        waiting = self._prove_waiting(outcome)
        self._prove_facts(outcome, waiting)
        for query in movements.lost(self.scope.frame), movements.sold(self.scope.frame):
            wrong = self.compare(query, "backflush.posting", self._explain_amount)
            outcome.findings += wrong.findings
        return outcome

    def _explain_amount(self, posting, product_id, expected, found):
        product = self.env["product.product"].browse(product_id)
        return Finding(
            posting,
            self.env._(
                "%(product)s: %(expected)s moved at standard, the postings book "
                "%(found)s.",
                product=product.display_name,
                expected=self.money(expected),
                found=self.money(found),
            ),
            self.env._("Reverse the posting and retry it."),
            expected,
            found,
        )

    def _prove_waiting(self, outcome):
        """Postings that have failed, or wait for longer than they should."""
        postings = self.env["backflush.posting"].search(
            [
                ("company_id", "=", self.scope.company.id),
                ("is_open", "=", True),
                ("date_event", "<=", self.scope.date_to),
            ],
            order="date_event, id",
        )
        for posting in postings:
            outcome.findings.append(self._get_waiting(posting))
        return {(posting.res_model, posting.res_id) for posting in postings}

    def _get_waiting(self, posting):
        days = (local_date(self.scope.company) - posting.date_event).days
        day = format_date(self.env, posting.date_event)
        if posting.state == "failed":
            sentence = self.env._(
                "Not booked since %(day)s: %(reason)s",
                day=day,
                reason=posting.error or "",
            )
            state = BROKEN
        else:
            sentence = self.env._(
                "Waits since %(day)s for the journal entry of its day.", day=day
            )
            state = BROKEN if days > PATIENCE else NOTE
        remedy = self.env._("Open it, see to the reason, and retry it.")
        return Finding(
            posting, sentence, remedy if state == BROKEN else "", state=state
        )

    def _prove_facts(self, outcome, waiting):
        """What no posting carries, by document; not what a failed one is named for."""
        frame = self.scope.frame
        groups = defaultdict(list)
        for row in self.env.execute_query_dict(facts.unbooked(frame)):
            move = self.env["stock.move"].browse(row["move"])
            order = move.production_id or move.raw_material_production_id
            events = {("stock.move", move.id), ("mrp.production", order.id)}
            due = not row["is_running"] and row["date"] < frame.until
            if due and not events & waiting:
                groups[move._get_backflush_document()].append(row)
        outcome.findings += [
            self._get_unbooked(record, rows) for record, rows in groups.items()
        ]

    def _get_unbooked(self, record, rows):
        amount = sum((number(row["amount"]) for row in rows), ZERO)
        if any(row["is_reversed"] for row in rows):
            sentence = self.env._(
                "Its posting was reversed and the event not booked again."
            )
            remedy = self.env._("Open the reversed posting and retry it.")
        else:
            sentence = self.env._(
                "%(moves)s of its movements are in no posting (%(amount)s at "
                "standard).",
                moves=len(rows),
                amount=self.money(amount),
            )
            remedy = self.env._(
                "Change a quantity of the document and set it back, so that it is "
                "booked; or book the amount by a journal entry of your own."
            )
        return Finding(record, sentence, remedy, amount, ZERO)


class OnceProof(Proof):
    code = "once"
    rule = 5

    def get_title(self):
        return self.env._("Every event is booked once, every document's posting holds")

    def prove(self):
        frame = self.scope.frame
        outcome = self.compare(
            orders.twice(frame), "backflush.posting", self._explain, is_money=False
        )
        outcome.add(
            self.compare(
                orders.without_document(frame),
                "backflush.posting",
                self._explain_document,
                is_money=False,
            )
        )
        return outcome

    def _explain(self, posting, _detail, _expected, found):
        return Finding(
            posting,
            self.env._(
                "%(record)s is booked %(count)s times as this event.",
                record=posting._get_event_record().display_name or posting.res_model,
                count=int(found),
            ),
            self.env._("Reverse the later posting."),
        )

    def _explain_document(self, posting, entry_id, _expected, _found):
        entry = self.env["account.move"].browse(entry_id or [])
        return Finding(
            posting,
            self.env._(
                "It stands, but its document %(entry)s is not posted.",
                entry=entry.display_name or self.env._("(deleted)"),
            ),
            self.env._(
                "Post the document and reset it to draft: the posting follows it."
            ),
        )
