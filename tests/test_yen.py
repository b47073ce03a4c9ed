"""Rule 12: a company currency without decimals.

The event catalogue in yen, then the same with standards that are no whole yen.
"""

from odoo import fields
from odoo.tests import tagged

from .common import BackflushCommon
from .variants import Variant2, Variant3, Variant4


class YenCommon(BackflushCommon):
    scrapped = 1.0

    @classmethod
    def _create_company(cls, **values):
        yen = cls.env.ref("base.JPY")
        yen.active = True
        company = super()._create_company(**values)
        company.currency_id = yen  # the chart has put its own there
        return company

    def _get_items(self):
        return self.env["account.move.line"].search(
            [("company_id", "=", self.company.id), ("parent_state", "=", "posted")]
        )

    def assertWholeYen(self):
        """Every entry balances, in whole yen, like its postings and their rows."""
        self.assertEqual(self.company.currency_id.rounding, 1)
        items = self._get_items()
        self.assertTrue(items)
        for item in items:
            self.assertEqual(item.balance, round(item.balance), item.account_id.name)
        for move in items.move_id:
            self.assertEqual(sum(move.line_ids.mapped("balance")), 0)
        domain = [("company_id", "=", self.company.id)]
        for model in ("backflush.posting.line", "backflush.variance"):
            for record in self.env[model].search(domain):
                self.assertEqual(record.amount, round(record.amount), record)

    def assertWithinRounding(self):
        """Rule 1: half a yen per journal item on a stock account, no more."""
        for name in {"materials", "finished"}:
            account = self.accounts[name]
            items = self._get_items().filtered(
                lambda x, own=account: x.account_id == own
            )
            stock = self._get_stock_at_standard(name)
            drift = abs(sum(items.mapped("balance")) - stock)
            self.assertLessEqual(drift, 0.5 * max(len(items), 1), name)

    def _get_stock_at_standard(self, name):
        """What the account should carry, all being billed and invoiced."""
        delivery = self.trigger == "delivery"
        total = 0.0
        if name == "materials":
            for product in (self.m, self.s):
                total += self._get_valued_quantity(product) * product.standard_price
            if delivery:
                total += self._get_valued_quantity(self.p) * self._get_content()
                rows = self.env["backflush.variance"].search(
                    [
                        ("company_id", "=", self.company.id),
                        ("account_move_id", "=", False),
                        ("element_id.type", "=", "material"),
                    ]
                )
                total += sum(rows.mapped("amount"))
        elif not delivery:
            total = self._get_valued_quantity(self.p) * self.p.standard_price
        return total

    def _get_content(self):
        """Material in one P by the card in force."""
        cards = self.env["backflush.standard"]._get_active_cards(self.p, self.company)
        lines = cards[self.p].line_ids
        return sum(x.amount for x in lines if x.element_id.type == "material")

    def assertEventsKeepTheRules(self):
        """Purchase to credit note, with everything that may happen on the way."""
        self._buy(self.m, 100, 5.2)
        self._buy(self.m, 40, 4.75)
        self._buy(self.s, 10, 6.0)
        self.assertBooks()
        exact = self._produce(self.p, 10)
        self._produce(self.p, 10, used={self.s: 3})
        partial = self._produce(self.p, 7, made=3, backorder=True)
        self._finish(partial.production_group_id.production_ids - partial)
        self.assertBooks()
        self._correct(exact.move_raw_ids, 21)
        self._correct(exact.move_finished_ids, 9)
        self._scrap(self.p, 1)
        self._scrap(self.m, self.scrapped)
        self._unbuild(self.p, 1, partial)
        self._count(self.m, 50)
        self._count(self.p, 17)
        self.assertBooks()
        for quantity in (3, 1, 1, 2):
            order = self._sell(self.p, quantity, 40.0)
            self._deliver(order)
            self._invoice(order)
        self.assertBooks()
        self._renew_standards()
        self.assertBooks()
        order = self._sell(self.p, 5, 40.0)
        self._deliver(order)
        self._invoice(order)
        self._produce(self.p, 3)
        self._correct(exact.move_raw_ids, 20)
        self.assertBooks()

    def assertBooks(self):
        postings = self.env["backflush.posting"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertEqual(set(postings.mapped("state")), {"posted"})
        self.assertWholeYen()
        self._check_stock()

    def _check_stock(self):
        self.assertWithinRounding()

    def _renew_standards(self):
        self._activate_v2()


class WholeStandards(YenCommon):
    """Standards of whole yen: everything is exact."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)

    def _check_stock(self):
        self.assertWithinRounding()
        self.assertLedgerIsStock()
        if self.materials_valuation == "real_time":
            self.assertClosed()

    def _renew_standards(self):
        version = self._create_version("v2", "2021-01-01", m=6.0, s=7.0)
        version.action_roll_up()
        version.action_activate()

    def test_all_events(self):
        self.assertEventsKeepTheRules()


@tagged("post_install", "-at_install")
class TestYen1(WholeStandards):
    def test_c1_and_d1_in_figures(self):
        order = self._produce(self.p, 10)
        self.assertEntry(
            order.backflush_posting_ids.account_move_id,
            {
                "finished": 250,
                "materials": -100,
                "labour_applied": -100,
                "variable_overhead_applied": -30,
                "fixed_overhead_applied": -20,
            },
        )

    def test_bill_in_cents_of_a_foreign_currency(self):
        """Event A4 in yen: order 3.06, receipt 3.03 and bill 3.00 to the yen."""
        currency = self.env["res.currency"].create({"name": "FRG", "symbol": "F"})
        today = fields.Date.today()
        rates = self.env["res.currency.rate"]
        for days, rate in ((10, 0.0306), (4, 0.0303), (0, 0.03)):
            rates.create(
                {
                    "name": fields.Date.subtract(today, days=days),
                    "rate": rate,
                    "currency_id": currency.id,
                    "company_id": self.company.id,
                }
            )
        order = self._order(
            self.m,
            20,
            0.16,
            currency_id=currency.id,
            date_order=fields.Date.subtract(today, days=9),
        )
        self._receive(order)
        bill = self._bill(order, 0.16)
        # 3.20 / 0.03 = 106.67
        self.assertEntry(bill, {"materials": 100, "ppv": 7, "liability_payable": -107})
        row = bill.backflush_posting_ids.variance_ids
        self.assertEqual((row.amount, row.amount_exchange), (7, 2))
        self.assertClosed()


@tagged("post_install", "-at_install")
class TestYen2(Variant2, WholeStandards):
    pass


@tagged("post_install", "-at_install")
class TestYen3(Variant3, WholeStandards):
    pass


@tagged("post_install", "-at_install")
class TestYen4(Variant4, WholeStandards):
    pass


class FractionalStandards(YenCommon):
    """Standards that are no whole yen: within rule 1's bound."""

    scrapped = 0.7

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.37, s=6.11)

    @classmethod
    def _get_rates(cls):
        return {"labour": 20.3, "variable_overhead": 6.7, "fixed_overhead": 4.1}

    def test_all_events(self):
        self.assertEventsKeepTheRules()


@tagged("post_install", "-at_install")
class TestFractionalYen1(FractionalStandards):
    pass


@tagged("post_install", "-at_install")
class TestFractionalYen2(Variant2, FractionalStandards):
    pass
