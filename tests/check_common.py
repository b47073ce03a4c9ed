"""What the tests of *Check the books* share."""

from odoo import fields

from .common import BackflushCommon


class CheckCommon(BackflushCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)

    def _check(self, company=None):
        today = fields.Date.today()
        return self.env["backflush.check"]._check_books(
            company or self.company, fields.Date.subtract(today, days=30), today
        )

    def _describe(self, check):
        return "\n".join(
            f"{line.result_id.code}: {line.document}: {line.sentence}"
            for line in check.broken_line_ids
        )

    def assertPassed(self, check=None):
        check = check or self._check()
        self.assertEqual(check.state, "passed", self._describe(check))
        self.assertIn("All 13 checks passed", check.summary)
        return check

    def assertFound(self, code, record, *words):
        """A check names `record` under `code`, in these words; returns the check."""
        self.env.invalidate_all()
        check = self._check()
        self.assertEqual(check.state, "broken")
        lines = check.broken_line_ids.filtered(
            lambda line: (
                line.result_id.code == code
                and (line.res_model, line.res_id) == (record._name, record.id)
            )
        )
        self.assertTrue(lines, f"{record.display_name}:\n{self._describe(check)}")
        # without the marks that keep a number together
        text = " ".join(lines.mapped("sentence"))
        text = text.replace("\xa0", " ").replace("\ufeff", "")
        for word in words:
            self.assertIn(word, text)
        self.assertEqual(lines[0].document, record.display_name)
        return check

    def _execute(self, query, *values):
        """Change the database past Odoo."""
        self.env.flush_all()
        self.env.cr.execute(query, values)
        self.env.invalidate_all()


class BrokenBooks(CheckCommon):
    """Sound books, of which each test breaks one thing past Odoo."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref(
            "backflush_costing.group_backflush_accountant"
        )

    def setUp(self):
        super().setUp()
        self.bill = self._buy(self.m, 100, 5.2)
        self.order = self._produce(self.p, 10, used={self.m: 22})
        sale = self._sell(self.p, 8, 40.0)
        self.delivery = self._deliver(sale)
        self.invoice = self._invoice(sale)
        self.posting = self.order.backflush_posting_ids
        self.entry = self.posting.account_move_id
        self.fact = self.posting.fact_ids.filtered(lambda f: f.product_id == self.m)

    def _find_posting(self, event):
        return self.env["backflush.posting"].search(
            [("event", "=", event), ("company_id", "=", self.company.id)]
        )

    def _shift_posting(self, posting, product, amount):
        """Change what is booked for `product`, against another line: all agree."""
        first = posting.line_ids.filtered(
            lambda line: (
                line.product_id == product
                and line.kind in ("output", "material", "cost_of_sales")
            )
        )[:1]
        other = posting.line_ids.filtered(
            lambda line: (
                line.account_id != first.account_id
                and line.kind not in ("output", "material", "cost_of_sales")
            )
        )[:1]
        for sign, line in ((1, first), (-1, other)):
            self._execute(
                "UPDATE backflush_posting_line SET amount = amount + %s WHERE id = %s",
                sign * amount,
                line.id,
            )
            item = posting.account_move_id.line_ids.filtered(
                lambda item, line=line: item.account_id == line.account_id
            )
            self._shift(sign * amount, item[:1])

    def _get_item(self, move, name):
        account = self.accounts.get(name)
        return move.line_ids.filtered(
            lambda item: (
                name == item.account_id.account_type or item.account_id == account
            )
        )[:1]

    def _shift(self, amount, *items):
        """Change items by an amount, the second by its opposite."""
        for sign, item in zip((1, -1), items, strict=False):
            self._execute(
                "UPDATE account_move_line SET balance = balance + %s WHERE id = %s",
                sign * amount,
                item.id,
            )
