"""Bridge to sequential costing where accounts, parts and prices are not plain."""

from freezegun import freeze_time
from odoo import fields
from odoo.tests import tagged

from .closing import Closing
from .common import BackflushCommon
from .test_chains import Levels
from .test_close_bridge import HELD, INVENTORY, OWED, SPENT, OpenShop
from .time import RecordedTime
from .variants import Variant1, Variant2, Variant3


@tagged("post_install", "-at_install")
class TestBridgeSharedAccount(OpenShop, Variant3, BackflushCommon):
    """Odoo gives all categories one valuation account, until somebody changes it."""

    def _create_others(self, valuation, quantity, price):
        account = self.materials.property_stock_valuation_account_id
        category = self._create_category(
            "Others",
            property_valuation=valuation,
            property_stock_valuation_account_id=account.id,
        )
        other = self._create_product("Other", category, standard_price=price)
        self._buy(other, quantity, price)
        return other

    def test_perpetual_goods_that_are_not_covered(self):
        """Their balance is not what Odoo's closing has carried of materials."""
        self._create_others("real_time", 10, 40.0)
        close = self._close()
        places = self._get_places(close)
        self.assertEqual(places["materials"], (HELD - OWED, 0.0))
        close.action_adjust()
        day = close.date_to
        self.assertAlmostEqual(self._get_inventory(day), INVENTORY, 2)
        self.assertAlmostEqual(self._get_expense(day), SPENT + OWED - INVENTORY, 2)

    def test_perpetual_goods_and_what_odoo_has_carried(self):
        self._create_others("real_time", 10, 40.0)
        self.company.action_close_stock_valuation(auto_post=True)
        self.assertEqual(
            self._get_places(self._close())["materials"], (HELD - OWED, HELD)
        )

    def test_other_goods_sold_later(self):
        """What is shared out by value on hand is so by that of the period's end."""
        other = self._create_others("periodic", 10, 53.5)
        self.company.action_close_stock_valuation(auto_post=True)
        self._go_to("2026-04-05 10:00")
        self._deliver(self._sell(other, 10, 60.0))
        close = self._create_close(fields.Date.to_date("2026-03-10"))
        close.action_compute()
        self.assertEqual(self._get_places(close)["materials"], (HELD - OWED, HELD))


@tagged("post_install", "-at_install")
class TestBridgeInnerPart(Closing, RecordedTime, Levels, Variant1, BackflushCommon):
    """An open order has used a part that is costed at delivery."""

    def test_it_takes_its_conversion_cost_along(self):
        self._produce(self.o, 10)
        # set up once: 6 h are allowed, and 15 h are in the goods
        self._spend(labour=120.0, variable_overhead=36.0, fixed_overhead=160.0)
        order = self._create_production(self.t, 2)
        used = order.move_raw_ids.filtered(lambda move: move.product_id == self.o)
        used.write({"quantity": 1, "picked": True})
        used._action_done()
        close = self._close()
        places = {line.place: line.sequential for line in close.bridge_ids}
        # 1 kg and 1.5 h with the set-up: 5.00 + 1.5 × 30.00
        self.assertEqual(self.o.standard_price, 50.0)
        self.assertEqual(places["work_in_process"], 50.0)
        self.assertEqual(places["finished_goods"], 450.0)
        timing = {line.element_id.type: line.timing for line in close.line_ids}
        self.assertEqual(timing["labour"], 300.0)
        self.assertNotIn("unallocated", close.variance_ids.mapped("kind"))


@tagged("post_install", "-at_install")
class TestBridgeOtherCompany(OpenShop, Variant2, BackflushCommon):
    def test_goods_of_another_company(self):
        """They are in none of the figures, nor in Odoo's own closing."""
        value = self.company.stock_value()
        other = self._create_company(name="Other Factory")
        place = self.env["stock.warehouse"].search([("company_id", "=", other.id)])
        self.env["stock.quant"].sudo()._update_available_quantity(
            self.p, place.lot_stock_id, 7
        )
        self.env.flush_all()
        self.assertEqual(self.company.stock_value(), value)
        places = self._get_places(self._close())
        self.assertEqual(places["finished_goods"], (100.0, 0.0))


class AverageMaterials(Closing, RecordedTime):
    """100 kg at average cost, billed at 5.20; the product's first price was 5.00."""

    @classmethod
    def setUpClass(cls):
        # prices have their history from then on
        with freeze_time("2026-01-01 10:00"):
            super().setUpClass()

    def setUp(self):
        super().setUp()
        self._go_to("2026-03-10 10:00")
        self.materials.property_cost_method = "average"
        self._activate_standards(m=5.0, s=6.0)
        self._buy(self.m, 100, 5.2)
        self.close = self._create_close()

    def _go_to(self, moment):
        frozen = freeze_time(moment)
        frozen.start()
        self.addCleanup(frozen.stop)

    def _get_materials(self):
        self.env.flush_all()
        self.close.action_compute()
        line = self.close.bridge_ids.filtered(lambda line: line.place == "materials")
        return line.sequential, line.backflush

    def test_average_of_then(self):
        shown = 520.0 if self.materials_valuation == "real_time" else 0.0
        self.assertEqual(self._get_materials(), (520.0, shown))
        self._go_to("2026-04-05 10:00")
        self._buy(self.m, 100, 7.0)
        self.assertEqual(self._get_materials(), (520.0, shown))

    def test_not_billed(self):
        order = self._order(self.m, 30, 5.2)
        self._receive(order)
        shown = 520.0 if self.materials_valuation == "real_time" else 0.0
        self.assertEqual(self._get_materials(), (520.0, shown))
        # and the checks before the close say so
        findings = self.close.finding_ids
        finding = findings.filtered(lambda x: x.check == "received_not_billed")
        self.assertEqual((finding.state, finding.count), ("attention", 1))
        self.assertEqual(finding.res_ids, order.ids)
        self.assertAlmostEqual(finding.amount, 156, 2)

    def test_not_billed_and_carried_by_odoo(self):
        """It takes what is not billed for missing."""
        self._receive(self._order(self.m, 30, 5.2))
        self.company.action_close_stock_valuation(auto_post=True)
        self.assertEqual(self._get_materials(), (520.0, 676.0))


@tagged("post_install", "-at_install")
class TestBridgeAverage1(AverageMaterials, Variant1, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestBridgeAverage3(AverageMaterials, Variant3, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestBridgeInnerPartNextPeriod(
    Closing, RecordedTime, Levels, Variant1, BackflushCommon
):
    @classmethod
    def setUpClass(cls):
        with freeze_time("2026-01-01 10:00"):
            super().setUpClass()

    def setUp(self):
        with freeze_time("2026-03-09 10:00"):
            super().setUp()

    def test_its_conversion_cost_is_applied_then(self):
        with freeze_time("2026-03-10 10:00"):
            self._produce(self.o, 10)
            self._spend(labour=120.0, variable_overhead=36.0, fixed_overhead=160.0)
            order = self._create_production(self.t, 2)
            used = order.move_raw_ids.filtered(lambda move: move.product_id == self.o)
            used.write({"quantity": 1, "picked": True})
            used._action_done()
            close = self._close()
            before = self._get_expense(close.date_to)
            close.action_adjust()
            after = self._get_expense(close.date_to)
            self.assertAlmostEqual(close.bridge_profit, before - after, 2)
            # conversion cost of 9 O on hand and of the one that is used: 10 × 45.00
            self.assertAlmostEqual(close.bridge_profit, 450.0, 2)
        with freeze_time("2026-04-10 10:00"):
            self._buy(self.a, 4, self.a.standard_price)
            self._finish(order)
            self._spend(labour=60.0, variable_overhead=18.0, fixed_overhead=160.0)
            later = self._close()
        timing = {line.element_id.type: line.timing for line in later.line_ids}
        self.assertEqual(timing["labour"], -60.0)
        self.assertNotIn("unallocated", later.variance_ids.mapped("kind"))
        self.assertEqual(later.bridge_profit, 360.0)
