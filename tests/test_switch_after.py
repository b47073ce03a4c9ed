"""What is done to documents of before a switch, after it."""

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .switching import Switching
from .variants import Variant3

#: What the credit note takes back besides cost.
SOLD = {"Account Receivable": -160.0, "Product Sales": 160.0}


class After(Switching):
    """10 of P made, 4 of them sold, under one trigger; then the other is in force."""

    first_trigger = "completion"
    then = "delivery"
    content = {
        "materials": 10.0,
        "labour_applied": 10.0,
        "variable_overhead_applied": 3.0,
        "fixed_overhead_applied": 2.0,
    }

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if cls.first_trigger == "delivery":
            cls.finished.write(
                {
                    "property_backflush_trigger": "delivery",
                    "property_valuation": "periodic",
                }
            )
            cls.trigger = "delivery"

    def setUp(self):
        super().setUp()
        self._buy(self.m, 100, 5.0)
        self.order = self._produce(self.p, 10)
        self.sale = self._sell(self.p, 4, 40.0)
        self.picking = self._deliver(self.sale)
        self.invoice = self._invoice(self.sale)

    def _switched(self):
        switch = self._switch(self.then)
        self.before = self._get_balances()
        return switch

    # -- what people do after it ------------------------------------------------

    def _correct_usage(self):
        self._correct(self.order.move_raw_ids, 21)

    def _correct_output(self):
        self._correct(self.order.move_finished_ids, 9)

    def _take_apart(self):
        self._unbuild(self.p, 1, self.order)

    def _book_again(self):
        goods = self.picking.move_ids if self.first_trigger == "delivery" else None
        posting = (goods or self.order).backflush_posting_ids
        posting.action_reverse()
        posting.action_retry()

    def _return_one(self):
        self._return(self.picking, 1)

    def _return_and_credit(self):
        self._return(self.picking, 4)
        self._reverse(self.invoice)

    def _deliver_more(self):
        self._correct(self.picking.move_ids, 5)

    # -- what becomes of it -----------------------------------------------------

    def assertAfter(self, act, **expected):
        """What the accounts gain when that is done after the switch."""
        self._switched()
        with self._at(self._get_day()):
            act()
            self.assertMoved(**expected)

    def assertMoved(self, **expected):
        """What the accounts have gained since the switch."""
        self.env.flush_all()
        now = self._get_balances()
        found = {
            self.account_names.get(x, x.name): round(
                now.get(x, 0.0) - self.before.get(x, 0.0), 2
            )
            for x in now.keys() | self.before.keys()
        }
        self.assertEqual({x: y for x, y in found.items() if y}, expected)
        failed = self.env["backflush.posting"].search(
            [("state", "=", "failed"), ("company_id", "=", self.company.id)]
        )
        self.assertEqual(failed.mapped("error"), [])
        self.assertClosed()
        if not self._get_open_usage():
            self.assertLedgerIsStock()
        broken = self._check().broken_line_ids
        self.assertEqual(
            [f"{x.result_id.code}: {x.document}: {x.sentence}" for x in broken], []
        )


@tagged("post_install", "-at_install")
class TestAfterSwitchToDelivery(After):
    def test_usage_corrected(self):
        self.assertAfter(
            self._correct_usage, materials=-5.0, material_quantity_variance=5.0
        )

    def test_output_corrected(self):
        self.assertAfter(
            self._correct_output, materials=-10.0, material_quantity_variance=10.0
        )

    def test_unbuilt(self):
        self.assertAfter(self._take_apart)

    def test_posting_reversed_and_booked_again(self):
        self.assertAfter(self._book_again)

    def test_returned(self):
        self.assertAfter(self._return_one, **{**self.content, "cost_of_sales": -25.0})

    def test_returned_and_credited(self):
        moved = {x: 4 * y for x, y in self.content.items()}
        self.assertAfter(self._return_and_credit, **moved, cost_of_sales=-100.0, **SOLD)

    def test_delivery_corrected(self):
        self.assertAfter(
            self._deliver_more,
            **{x: -y for x, y in self.content.items()},
            cost_of_sales=25.0,
        )

    def test_invoice_that_has_costed_goods_is_not_reset(self):
        self._switched()
        with self._at(self._get_day()):
            for name in ("button_draft", "button_cancel"):
                with self.assertRaisesRegex(UserError, "make a credit note instead"):
                    getattr(self.invoice, name)()
            self.assertMoved()

    def test_movements_of_the_same_moment_start_over(self):
        """As at an activation: they share the row that a switch updates (rule 10)."""
        query = "SELECT ctid::text FROM backflush_version WHERE id = %s"
        version = self.env["backflush.version"]._get_active(self.company)
        self.env.cr.execute(query, [version.id])
        before = self.env.cr.fetchone()
        self._switched()
        self.env.cr.execute(query, [version.id])
        self.assertNotEqual(self.env.cr.fetchone(), before)

    def test_twice_switched(self):
        """What moved between two switches went where the first had put the goods."""
        self._switched()
        with self._at(self._get_day()):
            self._correct(self.order.move_finished_ids, 9)
        day = fields.Date.add(fields.Date.end_of(self.first, "month"), days=1)
        self._close_month(self.today)
        self._close_month(self.first)
        self._switch("completion", day=day)
        with self._at(day):
            self.before = self._get_balances()
            self._correct(self.order.move_finished_ids, 8)
            self.assertMoved(
                finished=-25.0,
                material_quantity_variance=10.0,
                **{x: y for x, y in self.content.items() if x != "materials"},
            )

    def test_scrap_of_before_is_corrected(self):
        scrap = self._scrap(self.p, 1)
        self._switched()
        with self._at(self._get_day()):
            self._correct(scrap.move_ids, 2)
            self.assertMoved(
                materials=-10.0,
                material_quantity_variance=10.0,
                labour_applied=-10.0,
                labour_quantity_variance=10.0,
                variable_overhead_applied=-3.0,
                variable_overhead_quantity_variance=3.0,
                fixed_overhead_applied=-2.0,
                fixed_overhead_quantity_variance=2.0,
            )


@tagged("post_install", "-at_install")
class TestAfterSwitchToCompletion(After):
    first_trigger = "delivery"
    then = "completion"

    def test_usage_corrected(self):
        self.assertAfter(self._correct_usage)

    def test_output_corrected(self):
        self.assertAfter(
            self._correct_output,
            finished=-25.0,
            materials=10.0,
            labour_applied=10.0,
            variable_overhead_applied=3.0,
            fixed_overhead_applied=2.0,
        )

    def test_unbuilt(self):
        self.assertAfter(
            self._take_apart,
            finished=-25.0,
            materials=10.0,
            labour_applied=10.0,
            variable_overhead_applied=3.0,
            fixed_overhead_applied=2.0,
        )

    def test_posting_reversed_and_booked_again(self):
        self.assertAfter(self._book_again)

    def test_returned(self):
        self.assertAfter(self._return_one, finished=25.0, cost_of_sales=-25.0)

    def test_returned_and_credited(self):
        self.assertAfter(
            self._return_and_credit, finished=100.0, cost_of_sales=-100.0, **SOLD
        )

    def test_delivery_corrected(self):
        self.assertAfter(self._deliver_more, finished=-25.0, cost_of_sales=25.0)

    def test_invoice_reset_and_posted_again(self):
        self._switched()
        with self._at(self._get_day()):
            self.invoice.button_draft()
            self.invoice.action_post()
            self.assertMoved()


@tagged("post_install", "-at_install")
class TestAfterSwitchOn(After):
    """Perpetual goods of Odoo's own, covered as they are on a card."""

    first_trigger = False
    then = "completion"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.finished.property_backflush_trigger = False
        cls.trigger = False
        place = cls.p.with_company(cls.company).property_stock_production
        cls.production = cls._create_account("Cost of Production", "asset_current")
        place.valuation_account_id = cls.production
        cls.account_names[cls.production] = "production"
        cls.accounts["production"] = cls.production

    def test_usage_corrected(self):
        """What Odoo has booked of the order is not booked again."""
        self._switched()
        with self._at(self._get_day()):
            self._correct(self.order.move_raw_ids, 20.5)
            self._correct(self.order.move_raw_ids, 21)
            self.assertMoved(materials=-5.0, material_quantity_variance=5.0)

    def test_output_corrected(self):
        self.assertAfter(
            self._correct_output,
            finished=-25.0,
            material_quantity_variance=10.0,
            **{x: y for x, y in self.content.items() if x != "materials"},
        )

    def test_unbuilt(self):
        self.assertAfter(self._take_apart, finished=-25.0, **self.content)

    def test_returned_and_credited(self):
        self.assertAfter(
            self._return_and_credit, finished=100.0, cost_of_sales=-100.0, **SOLD
        )


@tagged("post_install", "-at_install")
class TestAfterSwitchOff(After):
    then = False

    def test_usage_corrected(self):
        self.assertAfter(
            self._correct_usage, materials=-5.0, material_quantity_variance=5.0
        )

    def test_output_corrected(self):
        self.assertAfter(
            self._correct_output,
            finished=-25.0,
            material_quantity_variance=10.0,
            **{x: y for x, y in self.content.items() if x != "materials"},
        )

    def test_posting_reversed_and_booked_again(self):
        self.assertAfter(self._book_again)

    def test_unbuilt(self):
        self.assertAfter(self._take_apart, finished=-25.0, **self.content)


class PeriodicMaterials(Variant3, After):
    """Materials on their expense account: Odoo's closing proposes what is on hand."""

    def assertClosed(self):
        """Not of goods that it alone carries."""


@tagged("post_install", "-at_install")
class TestAfterSwitchToDelivery4(PeriodicMaterials):
    def test_output_corrected_and_returned(self):
        self._switched()
        with self._at(self._get_day()):
            self._correct(self.order.move_finished_ids, 9)
            self._return(self.picking, 1)
            self.assertMoved(
                material_quantity_variance=10.0,
                cost_of_sales=-25.0,
                **{x: y for x, y in self.content.items() if x != "materials"},
            )


@tagged("post_install", "-at_install")
class TestAfterSwitchToCompletion3(PeriodicMaterials):
    first_trigger = "delivery"
    then = "completion"

    def test_output_corrected_and_returned(self):
        self._switched()
        with self._at(self._get_day()):
            self._correct(self.order.move_finished_ids, 9)
            self._return(self.picking, 1)
            self.assertMoved(cost_of_sales=-25.0, **self.content)
