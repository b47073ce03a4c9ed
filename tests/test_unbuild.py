"""Events C12 and S5: products taken apart again, at the card they were made at."""

from odoo.tests import tagged

from .common import BackflushCommon
from .variants import Variant1, Variant2, Variant3, Variant4

APPLIED_P = {
    "labour_applied": 10.0,
    "variable_overhead_applied": 3.0,
    "fixed_overhead_applied": 2.0,
}


class Unbuilds:
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.revaluation = cls.company.backflush_revaluation_account_id
        cls.account_names[cls.revaluation] = "revaluation"
        cls._activate_standards(m=5.0, s=6.0)

    def setUp(self):
        super().setUp()
        self._buy(self.m, 100, 5)
        self._buy(self.s, 10, 6)

    def _check(self, unbuild, entry, rows=()):
        posting = unbuild.backflush_posting_ids
        self.assertRecordValues(posting, [{"event": "unbuild", "state": "posted"}])
        self.assertEqual(posting.production_id, unbuild.mo_id)
        self.assertRows(posting.variance_ids, list(rows))
        if self.trigger == "delivery":
            self.assertFalse(posting.account_move_id or posting.line_ids)
        else:
            self.assertEntry(posting.account_move_id, entry)
            self.assertFalse(unbuild.produce_line_ids.account_move_id, "Odoo's own")
        self.assertLedgerIsStock()
        if unbuild.mo_id:
            self.assertOrderExplained(unbuild.mo_id)
        return posting

    def test_c12_unbuild_at_the_same_standard(self):
        order = self._create_production(self.p, 10)
        self._finish(order, made=12)
        entry = {"materials": 10.0, "finished": -25.0} | APPLIED_P
        posting = self._check(self._unbuild(self.p, 1, order), entry)
        self.assertEqual(posting.quantity, -1)

    def test_s5_unbuild_after_new_standards(self):
        order = self._produce(self.p, 10)
        self._activate_v2()
        entry = {"materials": 11.0, "revaluation": 1.0, "finished": -27.0} | APPLIED_P
        unbuild = self._unbuild(self.p, 1, order)
        posting = self._check(unbuild, entry, [("standard_change", 1.0)])
        self.assertEqual(posting.variance_ids.element_id.type, "labour")
        self.assertEqual(
            posting.standard_id, order.backflush_posting_ids[-1:].standard_id
        )

    def test_without_order_it_goes_by_the_card_in_force(self):
        self._produce(self.p, 10)
        self._activate_v2()
        applied = APPLIED_P | {"labour_applied": 11.0}
        entry = {"materials": 11.0, "finished": -27.0} | applied
        self._check(self._unbuild(self.p, 1), entry)

    def test_what_was_substituted_comes_back(self):
        order = self._produce(self.p, 10, used={self.m: 15, self.s: 6})
        entry = {
            "materials": 11.1,
            "material_quantity_variance": -1.1,
            "finished": -25.0,
        } | APPLIED_P
        rows = [("material_usage", 2.5), ("material_substitution", -3.6)]
        self._check(self._unbuild(self.p, 1, order), entry, rows)

    def test_all_of_it_leaves_the_order_at_nothing(self):
        order = self._produce(self.p, 10, used={self.m: 22})
        self._unbuild(self.p, 10, order)
        self.assertLedgerIsStock()
        self.assertOrderExplained(order)
        self.assertAlmostEqual(
            sum(order.backflush_posting_ids.variance_ids.mapped("amount")), 0
        )
        self.assertBalance("labour_applied", 0)


@tagged("post_install", "-at_install")
class TestUnbuild1(Unbuilds, Variant1, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestUnbuild2(Unbuilds, Variant2, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestUnbuild3(Unbuilds, Variant3, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestUnbuild4(Unbuilds, Variant4, BackflushCommon):
    pass
