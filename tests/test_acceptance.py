"""Figures of textbooks, through real documents: order, receipt, bill, time, close.

Horngren, Cost Accounting (Webb Company, jackets); Blocher, Cost Management (Blue Water
Sails); and the small cases of lots and capacity. + is unfavourable.
"""

from odoo.tests import tagged

from .common import BackflushCommon
from .textbook import Textbook
from .variants import Variant2, Variant3, Variant4


class Webb(Textbook):
    """10,000 jackets; a crew of two sews 0.8 labour hours in 0.4 machine hours each."""

    works = {
        "Sewing": {
            "labour": (20.0, 2),
            "variable_overhead": 30.0,
            "fixed_overhead": (57.5, 4800),
        }
    }
    operations = (("Sewing", 24, 0),)
    components = {"Cloth": (2, 30.0)}
    price = 150.0
    output = 10_000
    figures = {
        ("mat", "material_price"): -44_400.0,
        ("mat", "material_usage"): 66_000.0,
        ("lab", "labour_rate"): 18_000.0,
        ("lab", "labour_efficiency"): 20_000.0,
        ("voh", "overhead_spending"): -4_500.0,
        ("voh", "overhead_efficiency"): 15_000.0,
        ("foh", "overhead_budget"): 9_000.0,
        ("foh", "overhead_volume"): 46_000.0,
    }

    def _play(self):
        self.assertEqual(self.product.standard_price, 111.0)
        self._buy(self.parts["Cloth"], 22_200, 28.0)
        order = self._create_production(self.product, self.output)
        self._record(order, 9_000, 22.0)
        # as people do; Odoo makes two recordings of it, which begin months ago
        order.workorder_ids.duration = 4_500 * 60
        self._finish(order, used={self.parts["Cloth"]: 22_200})
        self._spend(
            labour=198_000.0, variable_overhead=130_500.0, fixed_overhead=285_000.0
        )
        return order

    def test_all_delivered(self):
        order = self._play()
        self._deliver_all(self.output)
        close = self._compute_close()
        self.assertPeriod(close, self.figures)
        self.assertAlmostEqual(self._sum_rows(), 1_235_100 - 1_110_000, 2)
        self.assertOrderExplained(order)
        self.assertLedgerIsStock()

    def test_closing_again_changes_nothing(self):
        self._play()
        self._deliver_all(self.output)
        close = self._compute_close()
        close.action_compute()
        self.assertPeriod(close, self.figures)

    def test_some_still_on_hand(self):
        """Costed at delivery, conversion cost of 1,000 jackets waits for their sale."""
        self._play()
        self._deliver_all(self.output - 1_000)
        timing = {}
        if self.trigger == "delivery":
            timing = {
                ("lab", "timing"): 16_000.0,
                ("voh", "timing"): 12_000.0,
                ("foh", "timing"): 23_000.0,
            }
        self.assertPeriod(self._compute_close(), self.figures | timing)


class Sails(Textbook):
    """155,000 yards at 4.25 of material, bought by the dollar, and 8.50 conversion."""

    conversion_elements = ("conversion",)
    works = {"Loft": {"conversion": 8.5}}
    operations = (("Loft", 60, 0),)
    components = {"Canvas": (4.25, 1.0)}
    price = 20.0

    def test_count_and_under_applied(self):
        canvas, output = self.parts["Canvas"], 155_000
        self._buy(canvas, 142_000, 1.0)
        self._buy(canvas, 710_000, 1.0)
        self.assertBalance("materials", 852_000)
        order = self._produce(self.product, output)
        entry = order.backflush_posting_ids.account_move_id
        if self.trigger == "completion":
            applied = {"finished": 1_976_250.0, "materials": -658_750.0}
            self.assertEntry(entry, applied | {"conversion_applied": -1_317_500.0})
        self._deliver_all(output)
        self._count(canvas, 185_000)
        self.assertBalance("materials", 185_000)
        self.assertBalance("conversion_applied", -1_317_500)
        self._spend(conversion=1_450_000.0)
        close = self._compute_close()
        counted = {("mat", "material_count"): 8_250.0}
        pool = {("conv", "overhead_spending"): 132_500.0}
        self.assertPeriod(close, counted | pool)
        line = close.line_ids
        self.assertEqual((line.control, line.applied), (1_450_000, 1_317_500))
        self.assertEqual(sum(close.variance_ids.mapped("amount")), 132_500)

    def test_time_of_the_loft_splits_what_is_under_applied(self):
        """160,000 h: spending 1,450,000 − 1,360,000, efficiency 5,000 h × 8.50."""
        self._buy(self.parts["Canvas"], 658_750, 1.0)
        order = self._create_production(self.product, 155_000)
        self._run_machine(order, 160_000)
        self._finish(order)
        self._deliver_all(155_000)
        self._spend(conversion=1_450_000.0)
        pool = {
            ("conv", "overhead_efficiency"): 42_500.0,
            ("conv", "overhead_spending"): 90_000.0,
        }
        self.assertPeriod(self._compute_close(), pool)


class LotOfHundred(Textbook):
    """Set-up of 500.00 (5 h at 100.00) over a standard lot of 100."""

    works = {"Press": {"labour": 100.0}}
    operations = (("Press", 0, 300),)
    components = {"Blank": (1, 1.0)}
    lot = 100
    price = 10.0

    def test_half_a_lot(self):
        self.assertEqual(self.product.standard_price, 6.0)
        self._buy(self.parts["Blank"], 50, 1.0)
        order = self._produce(self.product, 50)
        self._deliver_all(50)
        self._spend(labour=500.0)
        self.assertBalance("labour_applied", -250)
        lot = {("lab", "lot_size"): 250.0}
        self.assertPeriod(self._compute_close(), lot)
        self.assertOrderExplained(order)


class NormalCapacity(Textbook):
    """A plant for 40 h a month at 10.00; volume is a row of its own, as it must be.

    Unfavourable, it is an expense of the period and never part of stock (IAS 2).
    """

    works = {"Plant": {"fixed_overhead": (10.0, 40)}}
    operations = (("Plant", 60, 0),)
    components = {"Blank": (1, 1.0)}
    price = 20.0

    def _play(self, output):
        self._buy(self.parts["Blank"], output, 1.0)
        self._produce(self.product, output)
        self._spend(fixed_overhead=430.0)
        return self._compute_close()

    def _get_timing(self, output):
        is_waiting = self.trigger == "delivery"
        return {("foh", "timing"): output * 10.0} if is_waiting else {}

    def test_below_normal_capacity(self):
        close = self._play(25)
        rows = {("foh", "overhead_budget"): 30.0, ("foh", "overhead_volume"): 150.0}
        self.assertPeriod(close, rows | self._get_timing(25))
        row = close.variance_ids.filtered(lambda row: row.kind == "overhead_volume")
        self.assertEqual((row.quantity_standard, row.quantity_actual), (40, 25))
        self.assertEqual(row.workcenter_id, self.places["Plant"])
        self.assertEqual(
            row.account_id, self.accounts["fixed_overhead_quantity_variance"]
        )

    def test_above_normal_capacity(self):
        close = self._play(50)
        rows = {("foh", "overhead_budget"): 30.0, ("foh", "overhead_volume"): -100.0}
        self.assertPeriod(close, rows | self._get_timing(50))


@tagged("post_install", "-at_install")
class TestWebb1(Webb, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestWebb2(Webb, Variant2, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestWebb3(Webb, Variant3, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestWebb4(Webb, Variant4, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestSails1(Sails, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestSails2(Sails, Variant2, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestLotOfHundred1(LotOfHundred, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestLotOfHundred4(LotOfHundred, Variant4, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestNormalCapacity1(NormalCapacity, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestNormalCapacity2(NormalCapacity, Variant2, BackflushCommon):
    pass
