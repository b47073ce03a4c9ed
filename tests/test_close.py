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
