"""Events C7, C8, I1–I4: goods scrapped, missing and found, for both triggers."""

from odoo.tests import tagged

from .common import BackflushCommon
from .variants import Variant1, Variant2, Variant3, Variant4

LOST_P = {
    "material_quantity_variance": 10.0,
    "labour_quantity_variance": 10.0,
    "variable_overhead_quantity_variance": 3.0,
    "fixed_overhead_quantity_variance": 2.0,
}
RELIEVED_P = {
    "materials": -10.0,
    "labour_applied": -10.0,
    "variable_overhead_applied": -3.0,
    "fixed_overhead_applied": -2.0,
}
AMOUNTS = [10.0, 10.0, 3.0, 2.0]


class Losses:
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)

    def _get_rows(self, kind, sign=1):
        return [(kind, sign * amount) for amount in AMOUNTS]

    def _negate(self, entry):
        return {name: -amount for name, amount in entry.items()}

    def _get_lost(self):
        if self.trigger == "completion":
            return LOST_P | {"finished": -25.0}
        return LOST_P | RELIEVED_P

    def _check(self, posting, event, entry, rows):
        self.assertRecordValues(posting, [{"event": event, "state": "posted"}])
        self.assertEntry(posting.account_move_id, entry)
        self.assertRows(posting.variance_ids, rows)
        self.assertEqual(posting.variance_ids.account_move_id, posting.account_move_id)
        lines = {}
        for line in posting.line_ids:
            lines[line.account_id] = lines.get(line.account_id, 0) + line.amount
        for item in posting.account_move_id.line_ids:
            self.assertAlmostEqual(lines[item.account_id], item.balance, 2)

    def test_c7_component_scrapped_from_the_order(self):
        self._buy(self.m, 100, 5)
        order = self._create_production(self.p, 10)
        scrap = self._scrap(self.m, 1, production_id=order.id)
        self._finish(order)
        posting = scrap.move_ids.backflush_posting_ids
        self.assertEqual(posting.production_id, order)
        self.assertRows(
            order.backflush_posting_ids.variance_ids, [("material_scrap", 5.0)]
        )
        entries = order.backflush_posting_ids.account_move_id
        if self.trigger == "delivery":
            self.assertFalse(entries)
            self.assertIn("booked with the close", posting.error)
        else:
            self.assertEntry(
                entries,
                {
                    "finished": 250.0,
                    "material_quantity_variance": 5.0,
                    "materials": -105.0,
                    "labour_applied": -100.0,
                    "variable_overhead_applied": -30.0,
                    "fixed_overhead_applied": -20.0,
                },
            )
        self.assertLedgerIsStock()

    def test_c8_finished_unit_scrapped(self):
        self._buy(self.m, 100, 5)
        order = self._produce(self.p, 10)
        scrap = self._scrap(self.p, 1, production_id=order.id)
        posting = scrap.move_ids.backflush_posting_ids
        self._check(posting, "scrap", self._get_lost(), self._get_rows("output_scrap"))
        self.assertEqual(posting.production_id, order)
        self.assertEqual(posting.variance_ids.production_id, order)
        self.assertLedgerIsStock()

    def test_material_scrapped_from_stock(self):
        self._buy(self.m, 100, 5)
        posting = self._scrap(self.m, 2).move_ids.backflush_posting_ids
        entry = {"material_quantity_variance": 10.0, "materials": -10.0}
        self._check(posting, "scrap", entry, [("material_scrap", 10.0)])
        self.assertFalse(posting.production_id)
        self.assertLedgerIsStock()

    def test_i1_i2_material_missing_and_found(self):
        self._buy(self.m, 100, 5)
        self._buy(self.s, 4, 6)
        posting = self._count(self.m, 98).backflush_posting_ids
        entry = {"material_quantity_variance": 10.0, "materials": -10.0}
        self._check(posting, "count", entry, [("material_count", 10.0)])
        posting = self._count(self.s, 5).backflush_posting_ids
        entry = {"material_quantity_variance": -6.0, "materials": 6.0}
        self._check(posting, "count", entry, [("material_count", -6.0)])
        self.assertLedgerIsStock()

    def test_i3_i4_product_missing_and_found(self):
        self._buy(self.m, 100, 5)
        self._produce(self.p, 10)
        lost = self._get_lost()
        posting = self._count(self.p, 9).backflush_posting_ids
        self._check(posting, "count", lost, self._get_rows("output_count"))
        posting = self._count(self.p, 10).backflush_posting_ids
        rows = self._get_rows("output_count", -1)
        self._check(posting, "count", self._negate(lost), rows)
        self.assertLedgerIsStock()

    def test_location_with_an_account_of_its_own(self):
        """Odoo books a perpetual product there; a periodic one is ours to book."""
        self._buy(self.m, 100, 5)
        self._produce(self.p, 10)
        location = self.p.property_stock_inventory
        location.valuation_account_id = self._create_account("Counts")
        self.account_names[location.valuation_account_id] = "counts"
        missing = {
            self.m: ("material_count", [("material_count", 10.0)], 78),
            self.p: ("output_count", self._get_rows("output_count"), 9),
        }
        for product, (_kind, rows, quantity) in missing.items():
            move = self._count(product, quantity)
            posting = move.backflush_posting_ids
            self.assertEqual(posting.state, "posted")
            self.assertRows(posting.variance_ids, rows)
            self.assertEqual(
                posting.variance_ids.account_id, location.valuation_account_id
            )
            entry = posting.variance_ids.account_move_id
            self.assertEqual(len(entry), 1)
            self.assertEqual(
                self._summarise(entry.line_ids)["counts"], sum(x for _, x in rows)
            )
            if product.valuation == "real_time":
                self.assertEqual(entry, move.account_move_id)
                self.assertFalse(posting.account_move_id or posting.line_ids)
            else:
                self.assertEqual(entry, posting.account_move_id)
        self.assertLedgerIsStock()
        self.assertFalse(self.company._get_location_valuation_vals())

    def test_closing_still_reclassifies_what_is_not_covered(self):
        location = self.p.property_stock_inventory
        location.valuation_account_id = self._create_account("Counts")
        category = self._create_category("Plain", property_valuation="periodic")
        plain = self._create_product("Plain", category, standard_price=3.0)
        self._count(plain, 2)
        vals = self.company._get_location_valuation_vals()
        self.assertEqual(sum(x["debit"] for x in vals), 6.0)

    def test_corrected_where_odoo_booked(self):
        """Odoo books the movement, never its correction: that is ours."""
        self._buy(self.m, 100, 5)
        location = self.m.property_stock_inventory
        location.valuation_account_id = self._create_account("Counts")
        self.account_names[location.valuation_account_id] = "counts"
        move = self._count(self.m, 98)
        self._correct(move, 5)
        last = move.backflush_posting_ids.sorted("id")[-1]
        rows = sum(move.backflush_posting_ids.variance_ids.mapped("amount"))
        self.assertAlmostEqual(rows, 25.0)
        self.assertRows(last.variance_ids, [("material_count", 15.0)])
        self.assertEntry(last.account_move_id, {"counts": 15.0, "materials": -15.0})
        self.assertLedgerIsStock()
        self._correct(move, 4)
        self.assertLedgerIsStock()


@tagged("post_install", "-at_install")
class TestLosses1(Losses, Variant1, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestLosses2(Losses, Variant2, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestLosses3(Losses, Variant3, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestLosses4(Losses, Variant4, BackflushCommon):
    pass
