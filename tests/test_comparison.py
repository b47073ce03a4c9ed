"""Two costing versions side by side: changes of standard cost and their reasons."""

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .common import BackflushCommon


class ComparisonCase(BackflushCommon):
    """P of the event catalogue in two versions: 25.00 in force, 27.00 in a draft."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.old = cls._activate_standards(name="v1", m=5.0, s=6.0)

    @classmethod
    def _new_version(cls, name="v2", date_from="2021-01-01", labour=22.0, **prices):
        version = cls._create_version(name, date_from, **prices)
        labour_rate = version.rate_ids.filtered(
            lambda rate: rate.element_id == cls.elements["labour"]
        )
        labour_rate.rate = labour
        version.action_roll_up()
        return version

    def _compare(self, old, new):
        comparison = self.env["backflush.comparison"].create(
            {"old_version_id": old.id, "new_version_id": new.id}
        )
        comparison.action_compare()
        return comparison

    def _row(self, comparison, product):
        return comparison.product_ids.filtered(lambda row: row.product_id == product)

    def _put_on_hand(self, product, quantity):
        self.env["stock.quant"]._update_available_quantity(
            product, self.warehouse.lot_stock_id, quantity
        )

    def assertReasons(self, row, expected):
        """`expected`: {(type of element, reason): amount per unit}"""
        found = {
            (change.element_id.type, change.reason): round(change.amount, 9)
            for change in row.change_ids
        }
        self.assertEqual(found, expected)
        self.assertAlmostEqual(sum(row.change_ids.mapped("amount")), row.change, 9)


@tagged("post_install", "-at_install")
class TestComparison(ComparisonCase):
    def test_event_catalogue(self):
        """M 5.00 → 5.50 and labour 20 → 22: P 25.00 → 27.00, 33 of them on hand."""
        self._put_on_hand(self.p, 33)
        self._put_on_hand(self.m, 28)
        new = self._new_version(m=5.5, s=6.0)
        comparison = self._compare(self.old, new)
        self.assertEqual(comparison.product_ids.product_id, self.p | self.m)
        row = self._row(comparison, self.p)
        self.assertRecordValues(
            row,
            [
                {
                    "old_cost": 25.0,
                    "new_cost": 27.0,
                    "change": 2.0,
                    "change_percent": 8.0,
                    "supply": "made",
                    "presence": "both",
                    "category_id": self.finished.id,
                    "quantity": 33.0,
                    "stock_effect": 66.0,
                    "volume": 0.0,
                    "volume_effect": 0.0,
                }
            ],
        )
        self.assertReasons(row, {("material", "price"): 1.0, ("labour", "rate"): 1.0})
        self.assertEqual(row.change_ids.mapped("stock_effect"), [33.0, 33.0])
        material = self.elements["material"].name
        labour = self.elements["labour"].name
        self.assertEqual(
            set(row.reasons.split(" · ")),
            {f"Price of {material} +1.00", f"{labour} rate +1.00"},
        )
        self.assertRecordValues(
            self._row(comparison, self.m),
            [
                {
                    "change": 0.5,
                    "supply": "bought",
                    "stock_effect": 14.0,
                    "reasons": f"Price of {material} +0.50",
                }
            ],
        )
        # the largest effect on stock first
        self.assertEqual(comparison.product_ids.mapped("product_id.name"), ["P", "M"])

    def test_effect_on_stock_is_what_activation_posts(self):
        self._put_on_hand(self.p, 33)
        self._put_on_hand(self.m, 28)
        new = self._new_version(m=5.5, s=6.5)
        comparison = self._compare(self.old, new)
        new.action_activate()
        posting = self.env["backflush.posting"].search(
            [("event", "=", "revaluation"), ("res_id", "=", new.id)]
        )
        self.assertEqual(posting.amount, 80.0)
        self.assertEqual(sum(comparison.product_ids.mapped("stock_effect")), 80.0)

    def test_volume_is_what_customers_kept_in_a_year(self):
        self._put_on_hand(self.p, 33)
        order = self._sell(self.p, 5, 40.0)
        picking = self._deliver(order)
        wizard = self.env["stock.return.picking"].with_context(
            active_id=picking.id, active_ids=picking.ids, active_model="stock.picking"
        )
        returning = wizard.create({})
        returning.product_return_moves.quantity = 2
        back = self.env["stock.picking"].browse(
            returning.action_create_returns()["res_id"]
        )
        self._validate(back)
        before = self._deliver(self._sell(self.p, 7, 40.0))
        before.move_line_ids.date = "2020-01-01"
        row = self._row(self._compare(self.old, self._new_version(m=5.5)), self.p)
        self.assertRecordValues(
            row, [{"volume": 3.0, "volume_effect": 6.0, "quantity": 23.0}]
        )

    def test_levels(self):
        """Two P and half a kilogram of S make an X."""
        x = self._create_product("X", self.finished)
        self._create_bom(x, 1, {self.p: 2, self.s: 0.5})
        base = self._new_version("base", labour=20.0, m=5.0, s=6.0)
        new = self._new_version(m=5.5, s=7.0)
        row = self._row(self._compare(base, new), x)
        self.assertRecordValues(row, [{"old_cost": 53.0, "new_cost": 57.5}])
        self.assertReasons(row, {("material", "price"): 2.5, ("labour", "rate"): 2.0})

    def test_lot_size(self):
        """Set-up of 1 h over 20 instead of 10 units."""
        self.bom.backflush_lot_size = 20
        new = self._new_version(labour=20.0, m=5.0, s=6.0)
        comparison = self._compare(self.old, new)
        self.assertEqual(comparison.product_ids.product_id, self.p)
        self.assertReasons(
            comparison.product_ids,
            {
                ("labour", "lot_size"): -1.0,
                ("variable_overhead", "lot_size"): -0.3,
                ("fixed_overhead", "lot_size"): -0.2,
            },
        )

    def test_kit_is_not_blamed_on_the_lot(self):
        """The kit's own set-up falls due per kit, whatever the lot of P."""
        kit = self._create_product("Kit", self.materials)
        self._create_bom(kit, 1, {self.s: 1}, minutes=12, type="phantom")
        self.bom.bom_line_ids = [
            Command.create({"product_id": kit.id, "product_qty": 10})
        ]
        base = self._new_version("base", labour=20.0, m=5.0, s=6.0)
        self.bom.backflush_lot_size = 20
        new = self._new_version(labour=20.0, m=5.0, s=6.0)
        row = self._row(self._compare(base, new), self.p)
        self.assertReasons(
            row,
            {
                ("labour", "lot_size"): -1.0,
                ("variable_overhead", "lot_size"): -0.3,
                ("fixed_overhead", "lot_size"): -0.2,
            },
        )

    def test_replaced_component(self):
        self.bom.bom_line_ids.product_id = self.s
        row = self._row(
            self._compare(self.old, self._new_version(labour=20.0, m=5.0, s=6.0)),
            self.p,
        )
        self.assertReasons(row, {("material", "structure"): 2.0})

    def test_products_of_one_version_have_no_effect_on_stock(self):
        q = self._create_product("Q", self.finished)
        self._create_bom(q, 1, {self.m: 3})
        self._put_on_hand(q, 10)
        new = self._new_version(labour=20.0, m=5.0)
        comparison = self._compare(self.old, new)
        self.assertRecordValues(
            comparison.product_ids.sorted("new_cost", reverse=True),
            [
                {
                    "product_id": q.id,
                    "presence": "new",
                    "new_cost": 15.0,
                    "stock_effect": 0.0,
                    "reasons": "In the new version only",
                },
                {
                    "product_id": self.s.id,
                    "presence": "gone",
                    "new_cost": 0.0,
                    "stock_effect": 0.0,
                    "reasons": "In the old version only",
                },
            ],
        )

    def test_stock_at_average_cost_does_not_follow(self):
        self.materials.property_cost_method = "average"
        self._put_on_hand(self.m, 28)
        row = self._row(self._compare(self.old, self._new_version(m=5.5)), self.m)
        self.assertRecordValues(
            row, [{"change": 0.5, "quantity": 28.0, "stock_effect": 0.0}]
        )

    def test_small_amounts_are_told_from_nothing(self):
        self.bom.bom_line_ids.product_qty = 0.02
        base = self._new_version("base", labour=20.0, m=5.0)
        new = self._new_version(labour=20.0, m=5.5)
        row = self._row(self._compare(base, new), self.p)
        self.assertEqual(row.reasons.rsplit(" ", 1)[1], "+0.001")

    # -- which versions -----------------------------------------------------------

    def test_versions_proposed(self):
        draft = self._new_version(m=5.5)
        comparison = self.env["backflush.comparison"].create({})
        self.assertEqual(comparison.old_version_id, self.old)
        self.assertEqual(comparison.new_version_id, draft)

    def test_button_of_a_version(self):
        """Others beside the version in force, and that beside the former one."""

        def pair(version):
            action = self.env["backflush.comparison"]._open_version(version)
            comparison = self.env["backflush.comparison"].browse(
                action["context"]["comparison_id"]
            )
            return comparison.old_version_id, comparison.new_version_id

        new = self._new_version(m=5.5)
        self.assertEqual(pair(new), (self.old, new))
        new.action_activate()
        self.assertEqual(pair(new), (self.old, new))
        self.assertEqual(pair(self.old), (self.old, new))

    def test_first_version_has_nothing_beside_it(self):
        with self.assertRaisesRegex(UserError, "no other costing version"):
            self.env["backflush.comparison"]._open_version(self.old)

    def test_what_would_mislead_is_refused(self):
        draft = self._create_version("v2", "2021-01-01", m=5.5)
        with self.assertRaisesRegex(UserError, "has no cards yet"):
            self._compare(self.old, draft)
        draft.action_roll_up()
        draft.price_ids[0].price = 6.0
        with self.assertRaisesRegex(UserError, "roll it up again"):
            self._compare(self.old, draft)
        with self.assertRaisesRegex(UserError, "two different"):
            self._compare(self.old, self.old)

    # -- rights, screens and speed --------------------------------------------------

    def test_reader_of_costs_compares(self):
        self._put_on_hand(self.p, 33)
        new = self._new_version(m=5.5)
        reader = new_test_user(
            self.env,
            "comparing",
            groups="backflush_costing.group_backflush_user",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        others = self._compare(self.old, new).product_ids
        action = self.env["backflush.comparison"].with_user(reader)._open_version(new)
        rows = self.env["backflush.comparison.product"].with_user(reader)
        rows = rows.search(action["domain"])
        self.assertEqual(rows[:1].stock_effect, 66.0)
        self.assertEqual(rows[:1].product_id.display_name, "P")
        # everybody sees the comparisons that they made themselves
        self.assertFalse(rows.search([("id", "in", others.ids)]))

    def test_rows_can_be_exported_and_grouped(self):
        self._put_on_hand(self.p, 33)
        comparison = self._compare(self.old, self._new_version(m=5.5))
        data = comparison.product_ids.export_data(
            ["product_id/name", "old_cost", "new_cost", "reasons", "stock_effect"]
        )
        self.assertEqual(data["datas"][0][:3], ["P", 25.0, 27.0])
        groups = self.env["backflush.comparison.change"]._read_group(
            [("comparison_id", "=", comparison.id), ("product_id", "=", self.p.id)],
            ["reason", "element_id"],
            ["amount:sum"],
        )
        self.assertEqual(
            {reason: amount for reason, _element, amount in groups},
            {"price": 1.0, "rate": 1.0},
        )

    def test_links(self):
        new = self._new_version(m=5.5)
        comparison = self._compare(self.old, new)
        row = self._row(comparison, self.p)
        cards = (self.old | new).standard_ids
        old, new_card = cards.sorted("id")
        self.assertEqual(row.action_open_old_card()["res_id"], old.id)
        self.assertEqual(row.action_open_new_card()["res_id"], new_card.id)
        bought = self._row(comparison, self.m)
        self.assertEqual(bought.action_open_new_card()["res_model"], new._name)
        action = (
            self.env["backflush.comparison.product"]
            .with_context(comparison_id=comparison.id)
            .action_open_changes()
        )
        self.assertEqual(action["domain"], [("comparison_id", "=", comparison.id)])

    def test_queries_do_not_grow_with_the_products(self):
        def count(number):
            for place in range(number):
                product = self._create_product(f"P{number}-{place}", self.finished)
                self._create_bom(product, 1, {self.m: 1, self.s: 1}, minutes=6)
                self._put_on_hand(product, 3)
            base = self._new_version(f"base {number}", labour=20.0, m=5.0, s=6.0)
            new = self._new_version(f"new {number}", m=5.5, s=6.0)
            comparison = self.env["backflush.comparison"].create(
                {"old_version_id": base.id, "new_version_id": new.id}
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            comparison.action_compare()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before, len(comparison.product_ids)

        count(2)  # fills the registry's caches
        few, some = count(2)
        many, more = count(30)
        self.assertEqual((some, more), (6, 36))
        self.assertEqual(few, many)
