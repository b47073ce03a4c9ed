"""Event S1: new standards revalue what is on hand, in both columns."""

from odoo.tests import tagged

from .common import BackflushCommon
from .variants import Variant2, Variant3, Variant4


class Revaluation:
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)

    def _set_up_stock(self):
        """28 kg M (10 of them not billed), 5 kg S, 33 P."""
        self._buy(self.m, 84, 5.0)
        self._buy(self.s, 5, 6.0)
        self._produce(self.p, 33)
        self._receive(self._order(self.m, 10, 5.0))

    def _activate_v2(self):
        version = self._create_version("v2", "2021-01-01", m=5.5, s=6.0)
        version.rate_ids.filtered(lambda r: r.element_id.type == "labour").rate = 22.0
        version.action_roll_up()
        version.action_activate()
        return self.env["backflush.posting"].search(
            [("res_model", "=", version._name), ("res_id", "=", version.id)]
        )

    def _summarise_rows(self, posting):
        totals = {}
        for row in posting.variance_ids:
            name = row.element_id.type, bool(row.account_move_id)
            totals[name] = totals.get(name, 0.0) + row.amount
        return totals

    def test_s1_new_standards(self):
        self._set_up_stock()
        posting = self._activate_v2()
        self.assertEqual((posting.event, posting.state), ("revaluation", "posted"))
        self.assertEqual(self.p.standard_price, 27.0)
        self.assertEntry(posting.account_move_id, self.expected_entry)
        self.assertEqual(self._summarise_rows(posting), self.expected_rows)
        self.assertEqual(set(posting.variance_ids.mapped("kind")), {"revaluation"})

    def test_revaluation_is_not_reversed(self):
        self._set_up_stock()
        with self.assertRaisesRegex(Exception, "Activate a new costing version"):
            self._activate_v2().action_reverse()

    def test_nothing_on_hand_posts_nothing(self):
        self.assertFalse(self._activate_v2())
        self.assertEqual(self.p.standard_price, 27.0)

    def test_missing_revaluation_account_is_said_before_anything_changes(self):
        self._set_up_stock()
        self.company.backflush_revaluation_account_id = False
        with self.assertRaisesRegex(Exception, "revaluation account"):
            with self.env.cr.savepoint():
                self._activate_v2()
        self.assertEqual(self.p.standard_price, 25.0)


COMPLETION = {"finished": 66.0, "materials": 14.0, "expense": -80.0}
DELIVERY = {"materials": 47.0, "expense": -47.0}


@tagged("post_install", "-at_install")
class TestRevaluation1(Revaluation, BackflushCommon):
    expected_entry = COMPLETION
    expected_rows = {("material", True): -47.0, ("labour", True): -33.0}

    def test_closing_still_finds_nothing(self):
        self._set_up_stock()
        self._activate_v2()
        order = self.env["purchase.order"].search([("invoice_ids", "=", False)])
        bill = self._bill(order, 5.3)
        # S2: the receipt's own standard; the other 5.00 came with the revaluation
        self.assertEqual(self._summarise(bill.line_ids)["materials"], 50.0)
        self.assertEqual(self._summarise(bill.line_ids)["ppv"], 3.0)
        self.assertClosed()


@tagged("post_install", "-at_install")
class TestRevaluation2(Revaluation, Variant2, BackflushCommon):
    expected_entry = DELIVERY
    expected_rows = {("material", True): -47.0, ("labour", False): -33.0}

    def test_closing_still_finds_nothing(self):
        self._set_up_stock()
        self._activate_v2()
        self._bill(
            self.env["purchase.order"].search([("invoice_ids", "=", False)]), 5.3
        )
        self.assertClosed()

    def test_content_of_a_part_that_is_costed_at_delivery_itself(self):
        box = self._create_product("Box of P", self.finished)
        self._create_bom(box, 1, {self.p: 1})
        self._activate_standards(name="v1b", date_from="2020-06-01", m=5.0, s=6.0)
        self._set_up_stock()
        self._produce(box, 10)
        posting = self._activate_v2()
        # 28 kg on hand and 2 kg in each of 23 P and of 10 boxes: 94 kg × 0.50
        self.assertEntry(posting.account_move_id, self.expected_entry)
        self._bill(
            self.env["purchase.order"].search([("invoice_ids", "=", False)]), 5.3
        )
        self.assertClosed()


@tagged("post_install", "-at_install")
class TestRevaluation3(Revaluation, Variant3, BackflushCommon):
    expected_entry = COMPLETION
    expected_rows = {("material", True): -47.0, ("labour", True): -33.0}


@tagged("post_install", "-at_install")
class TestRevaluation4(Revaluation, Variant4, BackflushCommon):
    expected_entry = DELIVERY
    expected_rows = {("material", True): -47.0, ("labour", False): -33.0}
