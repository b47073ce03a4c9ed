"""Rule 1: journal entries balance and say what their postings say."""

from ..costing.sql import entries
from .backflush_proof import Finding, Proof


class BalanceProof(Proof):
    code = "balance"
    rule = 1

    def get_title(self):
        return self.env._("Every journal entry and every posting balances")

    def prove(self):
        frame = self.scope.frame
        outcome = self.compare(entries.balanced(frame), "account.move", self._explain)
        postings = self.compare(
            entries.lines_balanced(frame), "backflush.posting", self._explain
        )
        outcome.findings += postings.findings
        return outcome

    def _explain(self, record, _detail, debit, credit):
        return Finding(
            record,
            self.env._(
                "It does not balance: debit %(debit)s, credit %(credit)s.",
                debit=self.money(debit),
                credit=self.money(credit),
            ),
            self.env._(
                "It was changed in the database, past Odoo. Reverse the posting and "
                "retry it."
            ),
            debit,
            credit,
        )


class LineProof(Proof):
    code = "lines"
    rule = 1

    def get_title(self):
        return self.env._("Journal items are the sum of the lines of their postings")

    def prove(self):
        frame = self.scope.frame
        outcome = self.compare(
            entries.same_as_lines(frame), "account.move", self._explain
        )
        outcome.add(
            self.compare(
                entries.same_as_bill_lines(frame), "account.move", self._explain_bill
            )
        )
        outcome.add(
            self.compare(
                entries.without_entry(frame),
                "backflush.posting",
                self._explain_without_entry,
            )
        )
        return outcome

    def _explain(self, entry, account_id, expected, found):
        return Finding(
            entry,
            self._get_difference(account_id, expected, found),
            self.env._(
                "Its items or the lines of its postings were changed in the database. "
                "Reverse the postings and retry them."
            ),
            expected,
            found,
        )

    def _explain_bill(self, bill, account_id, expected, found):
        return Finding(
            bill,
            self._get_difference(account_id, expected, found),
            self.env._("Reset the bill to draft and post it again."),
            expected,
            found,
        )

    def _get_difference(self, account_id, expected, found):
        account = self.env["account.account"].browse(account_id)
        return self.env._(
            "%(account)s: the postings book %(expected)s, the journal entry has "
            "%(found)s.",
            account=account.display_name,
            expected=self.money(expected),
            found=self.money(found),
        )

    def _explain_without_entry(self, posting, _detail, expected, found):
        return Finding(
            posting,
            self.env._(
                "It is posted with %(amount)s, but its journal entry is gone.",
                amount=self.money(expected),
            ),
            self.env._("Reverse the posting and retry it."),
            expected,
            found,
        )


class RowProof(Proof):
    code = "rows"
    rule = 1

    def get_title(self):
        return self.env._("Variances stand in the journal entries that they name")

    def prove(self):
        frame = self.scope.frame
        outcome = self.compare(entries.rows(frame), "backflush.posting", self._explain)
        outcome.add(
            self.compare(
                entries.rows_without_item(frame),
                "backflush.variance",
                self._explain_without_item,
            )
        )
        return outcome

    def _explain(self, posting, account_id, expected, found):
        account = self.env["account.account"].browse(account_id)
        return Finding(
            posting,
            self.env._(
                "%(account)s: the posting books %(expected)s of variances, its "
                "variances add up to %(found)s.",
                account=account.display_name,
                expected=self.money(expected),
                found=self.money(found),
            ),
            self.env._("Reverse the posting and retry it."),
            expected,
            found,
        )

    def _explain_without_item(self, variance, account_id, expected, found):
        account = self.env["account.account"].browse(account_id)
        return Finding(
            variance.posting_id or variance.account_move_id,
            self.env._(
                "%(variance)s should stand on %(account)s in %(entry)s, which has "
                "nothing there or is not posted.",
                variance=variance.display_name,
                account=account.display_name,
                entry=variance.account_move_id.display_name,
            ),
            self.env._("Reverse the posting and retry it, or post the entry again."),
            expected,
            found,
        )
