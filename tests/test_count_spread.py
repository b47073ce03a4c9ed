"""Count differences spread over the products that consumed what was counted."""

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .check_common import CheckCommon
from .people import People
from .variants import Variant1, Variant2, Variant3, Variant4


class Spreads:
    """P takes 2 kg of M, and so does the second product T 1 kg."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref(
            "backflush_costing.group_backflush_accountant"
        )
        cls.t = cls._create_product("T", cls.finished)
        cls._create_bom(cls.t, 10, {cls.m: 10, cls.s: 2})
        cls._activate_standards(name="2", date_from="2021-01-01", m=5.0, s=6.0)

    def setUp(self):
        super().setUp()
        self._buy(self.m, 100, 5)
        self._buy(self.s, 100, 6)

    def _count_row(self, product, change):
        """Count so much more (or less) than the books have; returns the row."""
        move = self._count(product, product.qty_available + change)
        return move.backflush_posting_ids.variance_ids

    def _get_parts(self, row):
        return {part.product_id: part.amount for part in row.spread_ids}

    def _read_by_product(self, rows):
        amounts = self.env["backflush.count.spread"]._read_by_product(
            [("id", "in", rows.ids)]
        )
        products = self.env["product.product"]
        return {products.browse(x): float(amount) for x, amount in amounts.items()}

    def test_in_proportion_to_standard_usage(self):
        """What was really used is no measure: that is a row of the order."""
        self._produce(self.p, 10, used={self.m: 23})
        self._produce(self.t, 10)
        row = self._count_row(self.m, -3)
        before = row.read()[0]
        row.action_spread_count()
        self.assertRecordValues(
            row.spread_ids,
            [
                {"product_id": self.p.id, "quantity": 20, "amount": 10.0},
                {"product_id": self.t.id, "quantity": 10, "amount": 5.0},
            ],
        )
        self.assertAlmostEqual(row.spread_ids[0].share, 2 / 3)
        self.assertEqual(row.spread_ids.uom_id, self.kg)
        self.assertEqual(row.spread_ids.company_id, self.company)
        self.assertTrue(row.is_spread)
        names = ("kind", "amount", "account_id", "account_move_id", "state", "date")
        after = row.read()[0]
        self.assertEqual([after[x] for x in names], [before[x] for x in names])
        self.assertEqual(self._read_by_product(row), {self.p: 10.0, self.t: 5.0})
        self.assertLedgerIsStock()
        self.assertPassed()
        row.action_undo_spread()
        self.assertFalse(row.spread_ids or row.is_spread)
        self.assertEqual(self._read_by_product(row), {self.m: 15.0})

    def test_found_goods(self):
        self._produce(self.p, 10)
        self._produce(self.t, 10)
        row = self._count_row(self.m, 1)
        row.action_spread_count()
        self.assertEqual(self._get_parts(row), {self.p: -3.33, self.t: -1.67})

    def test_since_the_last_count_of_that_material(self):
        self._produce(self.p, 10)
        first = self._count_row(self.m, -1)
        self._produce(self.t, 10)
        self._count_row(self.s, -1)
        row = self._count_row(self.m, -2)
        row.action_spread_count()
        self.assertEqual(self._get_parts(row), {self.t: 10.0})
        self.assertEqual(row.spread_ids.date_from, first.posting_id.move_id.date)
        # later output changes nothing of an earlier count
        first.action_spread_count()
        self.assertEqual(self._get_parts(first), {self.p: 5.0})
        self.assertFalse(first.spread_ids.date_from)

    def test_count_that_found_no_difference_was_a_count(self):
        self._produce(self.p, 10)
        counted = self._count(self.m, self.m.qty_available)
        self.assertEqual(counted.state, "done")
        self.assertFalse(counted.backflush_posting_ids)
        self._produce(self.t, 10)
        row = self._count_row(self.m, -2)
        # Odoo's dates are of a second, a test is faster
        hour_ago = fields.Datetime.subtract(counted.date, hours=1)
        facts = self.env["backflush.stock.fact"].search([])
        old = facts.filtered(lambda x: x.product_id == self.p)
        for ids, table, hours in (
            (counted.ids, "stock_move", 1),
            (old.ids, "backflush_stock_fact", 2),
        ):
            self._execute(
                f"UPDATE {table} SET date = date - %s * INTERVAL '1 hour'"
                " WHERE id = ANY(%s)",
                hours,
                ids,
            )
        row.action_spread_count()
        self.assertEqual(self._get_parts(row), {self.t: 10.0})
        self.assertEqual(row.spread_ids.date_from, hour_ago)

    def test_counts_at_several_places_on_a_day(self):
        """A shelf counted a moment ago says nothing about another shelf."""
        self._produce(self.p, 10)
        shelf = self.env["stock.location"].create(
            {"name": "Shelf", "location_id": self.warehouse.lot_stock_id.id}
        )
        self._count_row(self.m, -1)
        quant = self.env["stock.quant"].with_context(inventory_mode=True)
        vals = {"product_id": self.m.id, "location_id": shelf.id}
        quant.create({**vals, "inventory_quantity": 2}).action_apply_inventory()
        domain = [("kind", "=", "material_count"), ("company_id", "=", self.company.id)]
        row = self.env["backflush.variance"].search(domain, limit=1)
        self.assertEqual(row.amount, -10.0)
        row.action_spread_count()
        self.assertEqual(self._get_parts(row), {self.p: -10.0})

    def test_unbuilt_and_corrected_output(self):
        order = self._produce(self.p, 10)
        self._unbuild(self.p, 2, order)
        other = self._produce(self.t, 10)
        self._correct(other.move_finished_ids, 4)
        row = self._count_row(self.m, -2)
        row.action_spread_count()
        self.assertEqual(row.spread_ids.mapped("quantity"), [16, 4])
        self.assertEqual(self._get_parts(row), {self.p: 8.0, self.t: 2.0})

    def test_card_at_which_the_output_was_booked(self):
        self._produce(self.p, 10)
        self.bom.bom_line_ids.product_qty = 40
        self._activate_standards(name="3", date_from="2022-01-01", m=5.0, s=6.0)
        self._produce(self.p, 5)
        self._produce(self.t, 20)
        row = self._count_row(self.m, -2)
        row.action_spread_count()
        self.assertEqual(row.spread_ids.mapped("quantity"), [40, 20])

    def test_nothing_consumed_it(self):
        row = self._count_row(self.m, -2)
        with self.assertRaisesRegex(UserError, "nothing was made whose standard"):
            row.action_spread_count()
        order = self._produce(self.p, 10)
        row = self._count_row(self.m, -2)
        self._unbuild(self.p, 10, order)
        row.action_spread_count()
        self.assertEqual(self._get_parts(row), {self.p: 10.0})

    def test_several_rows_at_once(self):
        self._produce(self.t, 10)
        rows = self._count_row(self.m, -2) | self._count_row(self.s, 1)
        rows |= self._count_row(self.m, -1)
        action = rows.action_spread_count()
        self.assertEqual(rows.mapped("is_spread"), [True, True, False])
        self.assertIn("Spread over products: 2.", action["params"]["message"])
        self.assertIn("M on", action["params"]["message"])
        self.assertEqual(action["params"]["type"], "warning")
        with self.assertRaisesRegex(UserError, "is spread already.*\n.*nothing was"):
            rows.action_spread_count()
        rows.action_undo_spread()
        self.assertFalse(rows.spread_ids)
        with self.assertRaisesRegex(UserError, "has not been spread"):
            rows.action_undo_spread()

    def test_only_counts(self):
        order = self._produce(self.p, 10, used={self.m: 22})
        with self.assertRaisesRegex(UserError, "Only count differences"):
            order.backflush_variance_ids.action_spread_count()

    def test_reversed_count(self):
        """The reversal bears the same shares: by product nothing is left."""
        self._produce(self.p, 10)
        self._produce(self.t, 10)
        row = self._count_row(self.m, -3)
        row.action_spread_count()
        posting = row.posting_id
        posting.action_reverse()
        rows = posting.variance_ids
        self.assertEqual(len(rows), 2)
        self.assertEqual(self._read_by_product(rows), {self.p: 0.0, self.t: 0.0})
        row.action_undo_spread()
        self.assertEqual(self._read_by_product(rows), {self.m: 0.0})
        with self.assertRaisesRegex(UserError, "was reversed"):
            row.action_spread_count()

    def test_search(self):
        self._produce(self.p, 10)
        row = self._count_row(self.m, -3)
        domain = [("company_id", "=", self.company.id), ("kind", "=", row.kind)]
        variances = self.env["backflush.variance"]
        self.assertFalse(variances.search([*domain, ("is_spread", "=", True)]))
        row.action_spread_count()
        self.assertEqual(variances.search([*domain, ("is_spread", "=", True)]), row)
        self.assertFalse(variances.search([*domain, ("is_spread", "=", False)]))


@tagged("post_install", "-at_install")
class TestCountSpread1(People, Variant1, Spreads, CheckCommon):
    def test_semi_finished_goods(self):
        """A part under a trigger of its own: one row per element, each is spread."""
        kit = self._create_product("K", self.finished)
        self._create_bom(kit, 1, {self.p: 1})
        self._activate_standards(name="3", date_from="2022-01-01", m=5.0, s=6.0)
        self._produce(self.p, 10)
        self._produce(kit, 5)
        rows = self._count_row(self.p, -1)
        self.assertEqual(len(rows), 4)
        rows.action_spread_count()
        self.assertEqual(rows.spread_ids.product_id, kit)
        self.assertEqual(sum(rows.spread_ids.mapped("amount")), 25.0)

    def test_lots_are_counted_apart(self):
        """The count of one lot is no count of another."""
        self._produce(self.t, 10)
        self.s.tracking = "lot"
        lots = self.env["stock.lot"].create(
            [{"name": name, "product_id": self.s.id} for name in ("L1", "L2")]
        )
        rows = self.env["backflush.variance"]
        for lot in lots:
            move = self._count(self.s, 5, lot_id=lot.id)
            rows |= move.backflush_posting_ids.variance_ids
        rows.action_spread_count()
        self.assertEqual(len(rows.spread_ids), 2)
        self.assertEqual(rows.spread_ids.product_id, self.t)
        again = self._count(self.s, 4, lot_id=lots[0].id).backflush_posting_ids
        with self.assertRaisesRegex(UserError, "nothing was made"):
            again.variance_ids.action_spread_count()

    def test_many_refusals_are_not_all_named(self):
        rows = self.env["backflush.variance"]
        for _number in range(8):
            material = self._create_product(f"M{_number}", self.materials)
            material.standard_price = 1.0
            material._set_backflush_covered()
            rows |= self._count_row(material, 1)
        with self.assertRaisesRegex(UserError, "\n3 more for like reasons") as error:
            rows.action_spread_count()
        self.assertEqual(len(str(error.exception).splitlines()), 6)

    def test_final_rows_can_be_spread(self):
        """It is no change of the row, which stands in a closed period."""
        self._produce(self.p, 10)
        row = self._count_row(self.m, -3)
        engine = {"backflush_engine": True}
        row.sudo().with_context(**engine).write({"state": "final"})
        row.action_spread_count()
        self.assertEqual(self._get_parts(row), {self.p: 15.0})

    def test_rights(self):
        self._produce(self.p, 10)
        row = self._count_row(self.m, -3)
        reader = self._create_user("reader")
        for name in ("action_spread_count", "action_undo_spread"):
            with self.assertRaisesRegex(UserError, "Only a backflush accountant"):
                self._call(reader, row, name)
        manager = self._create_user("manager")
        self._call(manager, row, "action_spread_count")
        parts = row.spread_ids
        for user in (reader, manager):
            self.assertEqual(self._call(user, parts, "read")[0]["amount"], 15.0)
            for name, *args in (("write", {"amount": 1}), ("unlink",), ("copy",)):
                with self.assertRaises(AccessError):
                    self._call(user, parts, name, *args)

    def test_other_company(self):
        self._produce(self.p, 10)
        row = self._count_row(self.m, -3)
        row.action_spread_count()
        other = self.env["res.company"].create({"name": "Other"})
        user = self._create_user("manager", other)
        parts = self.env["backflush.count.spread"]
        self.assertFalse(self._call(user, parts, "search", []))
        with self.assertRaises(AccessError):
            self._call(user, row, "action_undo_spread")
        user.company_ids |= self.company
        with self.assertRaisesRegex(UserError, "belong to Little Factory"):
            only = other.ids
            self._call(user, row, "action_undo_spread", allowed_company_ids=only)
        self._call(user, row, "action_undo_spread")
        self.assertFalse(row.spread_ids)


@tagged("post_install", "-at_install")
class TestCountSpread2(Variant2, Spreads, CheckCommon):
    pass


@tagged("post_install", "-at_install")
class TestCountSpread3(Variant3, Spreads, CheckCommon):
    pass


@tagged("post_install", "-at_install")
class TestCountSpread4(Variant4, Spreads, CheckCommon):
    pass
