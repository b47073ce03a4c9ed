"""Small cases of the acceptance data that are about materials, in figures.

The tiny unit price is among the purchases; what is about time and capacity in the
acceptance tests.
"""

from odoo import fields
from odoo.tests import tagged

from .common import BackflushCommon
from .variants import Variant1, Variant4


class SmallCases:
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.part = cls._create_product("Part", cls.materials, standard_price=2.0)
        cls.engine = cls._create_product("Engine", cls.materials, standard_price=100.0)
        cls.toy = cls._create_product("Toy", cls.finished)
        cls._create_bom(cls.toy, 1, {cls.part: 4, cls.engine: 1})
        cls._activate_standards(m=5.0, s=6.0, part=2.0, engine=100.0)

    def _get_rows(self, kind):
        domain = [("kind", "=", kind), ("company_id", "=", self.company.id)]
        return self.env["backflush.variance"].search(domain)

    def assertRowTotal(self, kind, amount):
        total = sum(self._get_rows(kind).mapped("amount"))
        self.assertAlmostEqual(total, amount, 2)

    def test_late_freight(self):
        """A later charge is price variance; stock stays at standard."""
        goods = self._buy(self.engine, 1, 90.0).invoice_line_ids
        self.assertRowTotal("material_price", -10)
        self._bill_charge(goods, 20.0)
        self.assertRowTotal("material_price", 10)
        self.assertBalance("materials", 100)
        self.assertLedgerIsStock()

    def test_purchased_is_not_used(self):
        """Price counts what was bought, usage what was used."""
        self._buy(self.part, 69_000, 2.2)
        self._buy(self.engine, 17_700, 100.0)
        self.assertRowTotal("material_price", 13_800)
        order = self._produce(self.toy, 17_700, used={self.part: 67_000})
        self.assertRows(
            order.backflush_posting_ids.variance_ids, [("material_usage", -7600.0)]
        )
        row = order.backflush_posting_ids.variance_ids
        self.assertEqual((row.quantity_standard, row.quantity_actual), (70_800, 67_000))
        self.assertLedgerIsStock()
        self.assertOrderExplained(order)

    def test_foreign_currency(self):
        """The balance of the bill counts; nothing is converted again."""
        currency = self.env["res.currency"].create({"name": "FRG", "symbol": "F"})
        today = fields.Date.today()
        for days, rate in ((10, 25.0), (0, 30.0)):
            self.env["res.currency.rate"].create(
                {
                    "name": fields.Date.subtract(today, days=days),
                    "rate": rate,
                    "currency_id": currency.id,
                    "company_id": self.company.id,
                }
            )
        order = self._order(self.engine, 10, 3000.0, currency_id=currency.id)
        self._receive(order)
        bill = self._bill(order)
        self.assertEntry(bill, {"materials": 1000.0, "liability_payable": -1000.0})
        self.assertFalse(self._get_rows("material_price"))
        self.assertLedgerIsStock()


@tagged("post_install", "-at_install")
class TestSmallCases1(SmallCases, Variant1, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestSmallCases4(SmallCases, Variant4, BackflushCommon):
    pass
