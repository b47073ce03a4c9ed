"""Goods of another owner: used by orders, never valued."""

from odoo.tests import tagged

from .common import BackflushCommon
from .variants import Variant1, Variant2


class OwnersStock:
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("stock.group_tracking_owner")
        cls._activate_standards(m=5.0, s=6.0)

    def _put(self, quantity):
        self.env["stock.quant"]._update_available_quantity(
            self.m, self.warehouse.lot_stock_id, quantity, owner_id=self.vendor
        )

    def _use_owned(self, owned, own):
        self._put(owned)
        if own:
            self._buy(self.m, own, 5)
        order = self._create_production(self.p, 10)
        order.action_assign()
        return self._finish(order)

    def test_used_quantity_counts_and_costs_nothing(self):
        order = self._use_owned(20, 0)
        posting = order.backflush_posting_ids
        fact = posting.fact_ids.filtered(lambda fact: fact.product_id == self.m)
        self.assertRecordValues(
            fact, [{"quantity": -20, "standard": 0, "amount": 0, "is_owner": True}]
        )
        rows = [("material_issue_price", -100.0)]
        self.assertRows(order.backflush_posting_ids.variance_ids, rows)
        self.assertOrderExplained(order)
        self.assertLedgerIsStock()

    def test_own_and_owners_goods_in_one_order(self):
        order = self._use_owned(8, 12)
        rows = [("material_issue_price", -40.0)]
        self.assertRows(order.backflush_posting_ids.variance_ids, rows)
        self.assertOrderExplained(order)
        self.assertLedgerIsStock()

    def test_corrected_after_done(self):
        """Odoo's own hook passes over movements of another owner's goods alone."""
        order = self._use_owned(20, 0)
        line = order.move_raw_ids.move_line_ids
        line.quantity = 18
        facts = order.move_raw_ids.backflush_fact_ids.sorted("id")
        self.assertEqual(facts.mapped("quantity"), [-20.0, 2.0])
        totals = self._get_totals(order)
        self.assertEqual(totals["material_usage"], -10.0)
        self.assertEqual(totals["material_issue_price"], -90.0)
        self._buy(self.m, 30, 5)
        line.owner_id = False
        self.assertEqual(self._get_totals(order)["material_issue_price"], 0.0)
        self.assertOrderExplained(order)
        self.assertLedgerIsStock()

    def _get_totals(self, order):
        totals = {}
        for row in order.backflush_posting_ids.variance_ids:
            totals[row.kind] = totals.get(row.kind, 0.0) + row.amount
        return totals

    def test_unbuild_gives_the_owner_his_goods_back(self):
        order = self._use_owned(20, 0)
        self._unbuild(self.p, 10, order)
        self.assertAlmostEqual(
            sum(order.backflush_posting_ids.variance_ids.mapped("amount")), 0
        )
        self.assertOrderExplained(order)
        self.assertLedgerIsStock()

    def test_scrap_and_count_book_nothing(self):
        self._put(10)
        scrap = self._scrap(self.m, 1, owner_id=self.vendor.id)
        self.assertFalse(scrap.move_ids.backflush_posting_ids)
        self.assertFalse(scrap.move_ids.backflush_fact_ids)
        self.assertLedgerIsStock()


@tagged("post_install", "-at_install")
class TestOwner1(OwnersStock, Variant1, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestOwner2(OwnersStock, Variant2, BackflushCommon):
    pass
