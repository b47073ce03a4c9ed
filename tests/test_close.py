"""Posting a period's close: textbook cases through real documents.

Silicon Valley Computer (Horngren) in three variants and with one account for control
and applied; Blue Water Sails (Blocher), where a count finds what was used.
"""

from odoo import Command
from odoo.tests import tagged

from .closing import Closing
from .common import BackflushCommon
from .test_svc_keyboards import SvcKeyboards
from .time import RecordedTime
from .variants import Variant2, Variant3


class SvcClose(Closing, SvcKeyboards, RecordedTime):
    under_applied = 60_000.0

    def _check_close(self, close, applied):
        self.assertEqual(
            self._get_step(close, "Conversion cost"),
            {
                "conversion_applied": applied,
                "conversion_control": -1_260_000.0,
                **self._get_explained(),
            },
        )
        self.assertBalance("conversion_control", 0)
        self.assertBalance("conversion_applied", 0)
        self.assertBalance("cost_of_sales", 3_069_000 + 1_260_000 - applied)

    def _get_explained(self):
        return {"conversion_price_variance": 60_000.0}


@tagged("post_install", "-at_install")
class TestClosePurchaseCompletionSale(SvcClose, BackflushCommon):
    def test_close(self):
        close = self._close()
        self._check_close(close, 1_200_000.0)
        self.assertBalance("materials", 50_000)
        self.assertBalance("finished", 31_000)
        self.assertClosed()


@tagged("post_install", "-at_install")
class TestClosePurchaseSale(SvcClose, Variant2, BackflushCommon):
    def _get_explained(self):
        return {"conversion_price_variance": 60_000.0, "cost_of_sales": 12_000.0}

    def test_close(self):
        close = self._close()
        self._check_close(close, 1_188_000.0)
        self.assertBalance("materials", 69_000)
        self.assertClosed()


@tagged("post_install", "-at_install")
class TestCloseCompletionSale(SvcClose, Variant3, BackflushCommon):
    def test_close(self):
        close = self._close()
        self._check_close(close, 1_200_000.0)
        self.assertBalance("materials", 50_000)
        self.assertBalance("finished", 31_000)


@tagged("post_install", "-at_install")
class TestCloseOneAccount(SvcClose, BackflushCommon):
    @classmethod
    def _create_elements(cls):
        res = super()._create_elements()
        cls._use_one_account()
        return res

    def test_close(self):
        close = self._close()
        self.assertEqual(
            self._get_step(close, "Conversion cost"),
            {"conversion_control": -60_000.0, "conversion_price_variance": 60_000.0},
        )
        self.assertBalance("conversion_control", 0)
        self.assertBalance("cost_of_sales", 3_129_000)


@tagged("post_install", "-at_install")
class TestBlueWaterSails(Closing, RecordedTime, BackflushCommon):
    """Material 4.25 and conversion 8.50 a yard; the count at the close finds usage."""

    conversion_elements = ("conversion",)

    @classmethod
    def _create_products(cls):
        cls.cloth = cls._create_product("Cloth", cls.materials, standard_price=4.25)
        cls.sail = cls._create_product("Sail", cls.finished, list_price=20.0)
        cls.workcenter = cls.env["mrp.workcenter"].create(
            {
                "name": "Loft",
                "company_id": cls.company.id,
                "costs_hour": 8.5,
                "capacity_ids": [
                    Command.create({"product_uom_id": cls.unit.id, "capacity": 1})
                ],
            }
        )
        cls._create_bom(cls.sail, 1, {cls.cloth: 1}, minutes=60)

    def test_close(self):
        self.cloth.uom_id = self.unit
        self._activate_standards(cloth=4.25)
        opening = self._buy(self.cloth, 142_000 / 4.25, 4.25)
        self.assertTrue(opening)
        self._buy(self.cloth, 710_000 / 4.25, 4.25)
        self._spend(conversion=1_450_000.0)
        self._produce(self.sail, 155_000)
        before = self._get_balances()[self.accounts["materials"]]
        self.assertAlmostEqual(before, 142_000 + 710_000 - 658_750, 1)
        self._count(self.cloth, 185_000 / 4.25)
        close = self._close()
        self.assertEqual(
            self._get_step(close, "Conversion cost"),
            {
                "conversion_applied": 1_317_500.0,
                "conversion_control": -1_450_000.0,
                "conversion_price_variance": 132_500.0,
            },
        )
        counted = self._get_step(close, "Variances expensed")[
            "material_quantity_variance"
        ]
        self.assertAlmostEqual(counted, -8_250, delta=0.1)
        self.assertAlmostEqual(
            self._get_balances()[self.accounts["materials"]], 185_000, delta=0.1
        )


@tagged("post_install", "-at_install")
class TestButrico(Closing, RecordedTime, BackflushCommon):
    """Butrico (Blocher): 1,000 A on hand, 1,000 B sold, variances prorated by element.

    A holds 87.00 of material, 130.50 of labour and 104.40 of overhead; B 348.00, 739.50
    and 591.60. Labour costs 50.00 an hour, overhead 40.00.
    """

    conversion_elements = ("labour", "variable_overhead")

    @classmethod
    def _get_rates(cls):
        return {"labour": 50.0, "variable_overhead": 40.0}

    @classmethod
    def _create_products(cls):
        cls.stuff = cls._create_product(
            "Stuff", cls.materials, standard_price=1.0, uom_id=cls.kg.id
        )
        cls.workcenter = cls.env["mrp.workcenter"].create(
            {
                "name": "Works",
                "company_id": cls.company.id,
                "capacity_ids": [
                    Command.create({"product_uom_id": cls.unit.id, "capacity": 1})
                ],
            }
        )
        cls.a = cls._create_product("A", cls.finished)
        cls._create_bom(cls.a, 1, {cls.stuff: 87}, minutes=2.61 * 60)
        cls.b = cls._create_product("B", cls.finished, list_price=2000.0)
        cls._create_bom(cls.b, 1, {cls.stuff: 348}, minutes=14.79 * 60)

    def setUp(self):
        super().setUp()
        self.company.backflush_variance_policy = "prorate"
        self._activate_standards(stuff=1.0)
        # price 10,000 unfavourable
        self._buy(self.stuff, 475_000, 1.0)
        self._buy(self.stuff, 10_000, 2.0)
        # efficiency 100 h favourable; rate 1,000 h × 20.00 unfavourable
        order = self._create_production(self.a, 1000)
        self._record(order, 2_510, 50.0)
        self._finish(order)
        order = self._create_production(self.b, 1000)
        self._record(order, 1_000, 70.0)
        self._record(order, 13_790, 50.0)
        # usage 15,000 favourable
        self._finish(order, used={self.stuff: 333_000})
        sale = self._sell(self.b, 1000, 2000.0)
        self._deliver(sale)
        self._invoice(sale)
        # overhead: 4,000 efficiency and 2,000 spending, both favourable
        self._spend(labour=885_000.0, variable_overhead=690_000.0)

    def test_proration(self):
        self.assertBalance("materials", 65_000)
        self.assertBalance("finished", 87_000 + 130_500 + 104_400)
        close = self._close()
        self.assertEqual(
            self._get_parts(close),
            {
                ("material", "price", "materials"): 1_340.21,
                ("material", "price", "finished_goods"): 1_793.81,
                # 7,175.26 and −12,247.42; 309.28 of usage leave by its account
                ("material", "price", "cost_of_sales"): 6_865.98,
                ("material", "quantity", "finished_goods"): -3_061.86,
                ("material", "quantity", "cost_of_sales"): -11_938.14,
                ("labour", "finished_goods"): 2_250.0,
                ("labour", "cost_of_sales"): 12_750.0,
                ("variable_overhead", "finished_goods"): -900.0,
                ("variable_overhead", "cost_of_sales"): -5_100.0,
            },
        )
        # what came back on the first day of the next period is not there at the end
        day = close.date_to
        kept = 1_340.21 + 1_793.81 - 3_061.86 + 2_250.0 - 900.0
        self.assertAlmostEqual(self._get_total(self.capitalised.ids, day), kept, 2)
        sales = self.accounts["cost_of_sales"]
        self.assertAlmostEqual(self._get_total(sales.ids, day), 1_681_677.84, 2)
        self.assertBalance("materials", 65_000)
        self.assertClosed()

    def _get_parts(self, close):
        """{(element, price or quantity for materials, place): amount}"""
        result = {}
        for part in close.part_ids:
            element = part.element_id.type
            group = (part.group,) if element == "material" else ()
            key = (element, *group, part.place)
            result[key] = round(result.get(key, 0) + part.amount, 2)
        return result
