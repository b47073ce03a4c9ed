"""Silicon Valley Computer (Horngren): three variants through real documents.

`shared` figures: 19.00 of material and 12.00 of conversion cost per keyboard; bought
1,950,000, made 100,000, sold 99,000. The close of each comes with the period close.
"""

from odoo import Command, fields
from odoo.tests import tagged

from .common import BackflushCommon
from .variants import Variant2, Variant3


class SvcKeyboards:
    conversion_elements = ("conversion",)

    @classmethod
    def _create_products(cls):
        cls.part = cls._create_product("Part", cls.materials, standard_price=1.0)
        cls.keyboard = cls._create_product("Keyboard", cls.finished, list_price=50.0)
        cls.workcenter = cls.env["mrp.workcenter"].create(
            {
                "name": "Assembly",
                "company_id": cls.company.id,
                "costs_hour": 12.0,
                "capacity_ids": [
                    Command.create({"product_uom_id": cls.unit.id, "capacity": 1})
                ],
            }
        )
        cls._create_bom(cls.keyboard, 1, {cls.part: 19}, minutes=60)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(part=1.0)

    def setUp(self):
        super().setUp()
        self.bill = self._buy(self.part, 1_950_000, 1.0)
        self._incur(1_260_000)
        self.order = self._produce(self.keyboard, 100_000)
        self.sale = self._sell(self.keyboard, 99_000, 50.0)
        self.picking = self._deliver(self.sale)
        self.invoice = self._invoice(self.sale)

    def _incur(self, amount):
        """Conversion cost, booked by the user to its control account."""
        various = self._create_account("Various", "liability_current")
        control = self.accounts["conversion_control"]
        entry = self.env["account.move"].create(
            {
                "date": fields.Date.today(),
                "line_ids": [
                    Command.create({"account_id": control.id, "balance": amount}),
                    Command.create({"account_id": various.id, "balance": -amount}),
                ],
            }
        )
        entry.action_post()

    def test_purchase(self):
        self.assertEntry(
            self.bill, {"materials": 1_950_000.0, "liability_payable": -1_950_000.0}
        )

    def test_no_variances(self):
        self.assertFalse(
            self.env["backflush.variance"].search(
                [("company_id", "=", self.company.id)]
            )
        )


@tagged("post_install", "-at_install")
class TestPurchaseCompletionSale(SvcKeyboards, BackflushCommon):
    def test_entries_and_ending_balances(self):
        self.assertEntry(
            self.order.backflush_posting_ids.account_move_id,
            {
                "finished": 3_100_000.0,
                "materials": -1_900_000.0,
                "conversion_applied": -1_200_000.0,
            },
        )
        self.assertEntry(
            self.invoice,
            {
                "asset_receivable": 4_950_000.0,
                "income": -4_950_000.0,
                "cost_of_sales": 3_069_000.0,
                "finished": -3_069_000.0,
            },
        )
        self.assertBalance("materials", 50_000)
        self.assertBalance("finished", 31_000)
        self.assertBalance("conversion_control", 1_260_000)
        self.assertBalance("conversion_applied", -1_200_000)
        self.assertClosed()

    def test_odoo_closing_says_so(self):
        with self.assertRaisesRegex(Exception, "Everything is correctly closed"):
            self.company.action_close_stock_valuation()


@tagged("post_install", "-at_install")
class TestPurchaseSale(SvcKeyboards, Variant2, BackflushCommon):
    def test_entries_and_ending_balances(self):
        self.assertFalse(self.order.backflush_posting_ids.account_move_id)
        self.assertEntry(
            self.picking.backflush_posting_ids.account_move_id,
            {
                "cost_of_sales": 3_069_000.0,
                "materials": -1_881_000.0,
                "conversion_applied": -1_188_000.0,
            },
        )
        self.assertEntry(
            self.invoice, {"asset_receivable": 4_950_000.0, "income": -4_950_000.0}
        )
        self.assertBalance("materials", 69_000)
        self.assertBalance("finished", 0)
        self.assertBalance("conversion_applied", -1_188_000)
        self.assertClosed()


@tagged("post_install", "-at_install")
class TestCompletionSale(SvcKeyboards, Variant3, BackflushCommon):
    def test_entries_and_ending_balances(self):
        self.assertEntry(
            self.order.backflush_posting_ids.account_move_id,
            {
                "finished": 3_100_000.0,
                "materials": -1_900_000.0,
                "conversion_applied": -1_200_000.0,
            },
        )
        self.assertEqual(self._summarise(self.invoice.line_ids)["finished"], -3_069_000)
        self.assertBalance("finished", 31_000)
        self.assertBalance("materials", 50_000)
        self.assertBalance("conversion_applied", -1_200_000)
