"""Whether backflush costing suits a product, measured from real orders and stocks."""

from odoo import Command
from odoo.tests import Form, tagged

from ..costing.suitability import days_on_hand, measure_stock, variability
from ..models.backflush_books import number
from .suitability import SuitabilityCase


@tagged("post_install", "-at_install")
class TestSuitability(SuitabilityCase):
    def _sell_at(self, days, quantity, product=None):
        with self._at(days):
            return self._deliver(self._sell(product or self.p, quantity, 40))

    def _buy_at(self, days, quantity, product=None):
        with self._at(days):
            return self._receive(self._order(product or self.m, quantity, 5))

    # -- figures ----------------------------------------------------------------

    def test_a_product_that_fits(self):
        """Each figure against the one worked out by hand."""
        self._buy_at(60, 200)
        self._make_many(self.p, cycle=1)  # finished 42, 35, 28, 21, 14, 7 days ago
        for week in range(6, 0, -1):
            self._sell_at(7 * week - 2, 10)
        row = self._measure(self.p)
        self.assertVerdicts(
            row,
            verdict="fits",
            cycle="fits",
            customised="fits",
            materials="fits",
            finished="fits",
            variance=False,
        )
        self.assertEqual((row.orders, row.orders_started), (6, 6))
        self.assertEqual((row.cycle_days, row.cycle_days_high), (1, 1))
        # 20 kg less with each order; from the receipt on, today included
        levels = [(18, 200)] + [(7, 180 - 20 * n) for n in range(5)] + [(8, 80)]
        self.assertStock(row, "materials", levels, used=120)
        # 10 for two days a week, from the first order on
        levels = [*[(2, 10), (5, 0)] * 5, (2, 10), (6, 0)]
        self.assertStock(row, "finished", levels, used=60)
        self.assertFalse(row.reasons)
        self.assertIn("1.0 days", row.conditions)

    def assertStock(self, row, name, levels, used):
        stock = measure_stock([(d, number(q)) for d, q in levels], number(used))
        days, varies = days_on_hand(stock), variability(stock)
        self.assertAlmostEqual(row[f"{name}_days"], float(days), 9)
        self.assertAlmostEqual(row[f"{name}_variability"], float(varies), 9)

    def test_stock_that_was_there_before(self):
        """It counts from the first day of the period; what came back is not used."""
        self._buy_at(500, 100)
        self._make_many(self.p)
        picking = self._sell_at(3, 5, product=self.m)
        with self._at(1):
            self._return(picking, 2)
        row = self._measure(self.p)
        # 365 days and today
        levels = [(366 - 43, 100), *((7, 80 - 20 * n) for n in range(5)), (4, -20)]
        self.assertStock(row, "materials", [*levels, (2, -25), (2, -23)], used=123)

    def test_unbuilding_is_no_usage(self):
        self._buy_at(60, 200)
        orders = self._make_many(self.p)
        with self._at(2):
            self._unbuild(self.p, 10, orders[-1])
        row = self._measure(self.p)
        self.assertEqual(row.finished_days, 9999)
        levels = [(18, 200)] + [(7, 180 - 20 * n) for n in range(5)] + [(5, 80)]
        self.assertStock(row, "materials", [*levels, (3, 100)], used=100)

    def test_an_owners_goods_are_not_ours(self):
        self._buy_at(60, 200)
        self._make_many(self.p)
        before = self._measure(self.p).materials_days
        with self._at(50):
            self._count(self.m, 1000, owner_id=self.customer.id)
        self.assertEqual(self._measure(self.p).materials_days, before)

    def test_long_cycles(self):
        self._make_many(self.p, cycle=8)
        row = self._measure(self.p)
        self.assertVerdicts(row, verdict="unfit", cycle="borderline", finished="unfit")
        self._make(self.p, 70, 2)
        self._make_many(self.p, cycle=12, count=8)
        row = self._measure(self.p)
        self.assertVerdicts(row, cycle="unfit")
        self.assertEqual(row.cycle_days, 12)
        self.assertIn("Cycle time: 12.0 days", row.reasons)
        with self._at(0):
            action = row.action_view_longest()
        longest = self.env["mrp.production"].search(action["domain"])
        days = (longest.date_finished - longest.date_start).days
        self.assertEqual(days, 68)

    def test_starts_that_nobody_recorded(self):
        """Odoo puts the end in place of the start: cycles are so long at most."""
        orders = self.env["mrp.production"]
        for week in range(6, 0, -1):
            with self._at(7 * week):
                orders |= self._produce(self.p, 10)
        self._date(orders, 44)
        row = self._measure(self.p)
        self.assertEqual(row.orders_started, 0)
        self.assertVerdicts(row, cycle="unknown")
        self.assertAlmostEqual(row.cycle_days, 44 - 24.5)
        self.assertIn("at most", row.reasons)
        for order, week in zip(orders, range(6, 0, -1), strict=True):
            self._date(order, 7 * week + 2)
        row = self._measure(self.p)
        self.assertVerdicts(row, cycle="fits")
        self.assertEqual(row.cycle_days, 2)

    def test_time_recorded_before_the_end_is_a_start(self):
        order = self._create_production(self.p, 10)
        with self._at(9):
            order.workorder_ids.duration = 30
        with self._at(7):
            self._finish(order)
        row = self._measure(self.p)
        self.assertEqual(row.orders_started, 1)
        self.assertAlmostEqual(row.cycle_days, 2 + 0.5 / 24, 6)

    def test_too_little_history(self):
        self._make_many(self.p, cycle=30, count=4)
        row = self._measure(self.p)
        self.assertVerdicts(row, verdict="unknown", cycle="unfit")
        self.assertEqual(row.reasons, "Finished orders: 4; at least 5 are needed")
        self.company.backflush_suitability_orders = 4
        self.assertVerdicts(row, verdict="unfit")

    def test_only_the_months_asked_for(self):
        self._make(self.p, 400, 380)
        self.assertFalse(self._measure(self.p))
        self.company.backflush_suitability_months = 24
        self.assertEqual(self._measure(self.p).orders, 1)
        self.company.backflush_suitability_months = 12
        self.assertFalse(self._measure(self.p), "it has no orders any more")

    def test_high_and_swinging_stocks(self):
        """Much is bought at once: neither low nor constant."""
        self._buy_at(340, 2000)
        self._make_many(self.p)
        self._buy_at(20, 8000)
        row = self._measure(self.p)
        self.assertGreater(row.materials_variability, 0.5)
        self.assertVerdicts(row, materials="borderline")
        self.company.backflush_suitability_variability = 0.1
        self.assertVerdicts(row, verdict="unfit", materials="unfit")

    def test_high_and_constant_stocks(self):
        self._buy_at(400, 2000)
        self._make_many(self.p)
        row = self._measure(self.p)
        self.assertGreater(row.materials_days, 1000)
        self.assertVerdicts(row, materials="fits")

    def test_units_of_measure(self):
        """Bill in grams, order in dozens: the same figures."""
        dozen = self.env.ref("uom.product_uom_dozen")
        gram = self.env.ref("uom.product_uom_gram")
        q = self._create_product("Q", self.finished)
        bom = self._create_bom(q, 1, {})
        bom.bom_line_ids = [
            Command.create(
                {
                    "product_id": self.m.id,
                    "product_qty": 2000,
                    "product_uom_id": gram.id,
                }
            )
        ]
        self._buy_at(60, 200)
        self._make(q, 43, 42, quantity=1, product_uom_id=dozen.id)
        self._sell_at(40, 12, product=q)
        row = self._measure(q)
        self.assertStock(row, "materials", [(18, 200), (43, 176)], used=24)
        self.assertStock(row, "finished", [(2, 12), (41, 0)], used=12)
        self.assertEqual(row.customised_orders, 0)

    def test_two_companies(self):
        """Each by its own orders and stocks."""
        other = self._create_company(name="Other")
        self.env.user.company_ids += other
        self.p.company_id = self.m.company_id = False
        self._buy_at(60, 200)
        self._make_many(self.p)
        before = self._measure(self.p)._get_figures()
        self.env.cr.precommit.run()
        # on the case itself: the class goes on in its own company
        here, self.env = (
            self.company,
            self.env(context={"allowed_company_ids": other.ids}),
        )
        self.company = other.with_env(self.env)
        product = self.p.with_env(self.env)
        self.env["mrp.bom"].create(
            {
                "product_tmpl_id": product.product_tmpl_id.id,
                "company_id": other.id,
                "bom_line_ids": [Command.create({"product_id": self.m.id})],
            }
        )
        self._make(product, 20, 10, quantity=1)
        row = self._measure(product)
        self.assertEqual((row.orders, row.cycle_days), (1, 10))
        self._refresh(here)
        self.assertEqual(self._get_row(self.p, here)._get_figures(), before)

    def test_queries_do_not_grow_with_products(self):
        """One more or twenty more: the same statements."""

        def count():
            start = self.env.cr.sql_log_count
            from ..models.backflush_suitability_reader import SuitabilityReader

            with self._at(0):
                SuitabilityReader(self.company).read_all()
            return self.env.cr.sql_log_count - start

        self._make_many(self.p, count=1)
        count()
        one = count()
        for number_ in range(10):
            product = self._create_product(f"P{number_}", self.finished)
            part = self._create_product(f"M{number_}", self.materials)
            self._create_bom(product, 1, {part: 1}, minutes=5)
            self._make(product, 4, 3, quantity=1)
        count()
        self.assertEqual(count(), one)


@tagged("post_install", "-at_install")
class TestSuitabilityCustomised(SuitabilityCase):
    """Which orders departed from their bill."""

    def assertDeparted(self, product, orders, **why):
        row = self._measure(product)
        with self._at(0):
            action = row.action_view_departed()
        found = self.env["mrp.production"].search(action["domain"])
        self.assertEqual(found, orders.sorted("id", reverse=True) and found & orders)
        self.assertEqual(set(found.ids), set(orders.ids))
        self.assertEqual(row.customised_orders, len(orders))
        reasons = {x: row[f"customised_{x}"] for x in ("bill", "material", "operation")}
        expected = {"bill": 0, "material": 0, "operation": 0} | why
        self.assertEqual(reasons, expected)
        return row

    def test_more_or_less_of_the_same_is_standard(self):
        none = self._make(self.p, 9, 8, used={self.m: 25})[:0]
        self.assertDeparted(self.p, none)

    def test_component_replaced_added_or_left_out(self):
        self._make_many(self.p)
        replaced = self._make(self.p, 9, 8, used={self.m: 0, self.s: 20})
        added = self._make(self.p, 9, 8, used={self.s: 1})
        part = self._create_product("Part", self.materials)
        self.bom.bom_line_ids = [Command.create({"product_id": part.id})]
        left_out = self._make(self.p, 9, 8, used={part: 0})
        self._date(self.bom, 100)
        self._date(self.bom.bom_line_ids.filtered(lambda x: x.product_id == part), 10)
        self._date(left_out, 9)
        others = self.env["mrp.production"].search(
            [("product_id", "=", self.p.id), ("id", "!=", left_out.id)]
        )
        self._date(others, 11)
        departed = replaced | added | left_out
        row = self.assertDeparted(self.p, departed, material=3)
        self.assertVerdicts(row, customised="unfit")
        self.assertIn("3 with other components", row.conditions)

    def test_operation_left_out_or_added(self):
        self._make_many(self.p)
        left_out = self._start(self.p, 10, 9)
        with self._at(8):
            left_out.workorder_ids.unlink()
            self._finish(left_out)
        added = self._start(self.p, 10, 9)
        self.env["mrp.workorder"].create(
            {
                "name": "Polish",
                "production_id": added.id,
                "workcenter_id": self.workcenter.id,
            }
        )
        with self._at(8):
            self._finish(added)
        row = self.assertDeparted(self.p, left_out | added, operation=2)
        self.assertVerdicts(row, customised="unfit")

    def test_without_a_bill(self):
        order = self._start(self.p, 10, 9, bom_id=False)
        with self._at(8):
            self._finish(order, used={self.m: 20})
        self.assertFalse(order.bom_id)
        self.assertDeparted(self.p, order, bill=1)

    def test_a_bill_that_was_changed_since(self):
        """Orders made by the former bill have not departed from it."""
        orders = self._make_many(self.p)
        self._date(self.bom | self.bom, 100)
        self._date(self.bom.bom_line_ids, 100)
        self._date(orders | orders.browse(), 50)
        self._date(orders.move_raw_ids, 50)
        self._date(orders.workorder_ids, 50)
        self._date(self.bom.operation_ids, 100)
        self.bom.bom_line_ids.unlink()
        self.bom.write(
            {
                "bom_line_ids": [Command.create({"product_id": self.s.id})],
                "operation_ids": [
                    Command.create(
                        {"name": "Test", "workcenter_id": self.workcenter.id}
                    )
                ],
            }
        )
        self._date(self.bom, 5)
        self._date(self.bom.bom_line_ids, 5)
        self._date(self.bom.operation_ids[-1], 5)
        self.assertDeparted(self.p, orders[:0])

    def test_kits(self):
        """A kit on the bill is standard as long as its components are used."""
        kit = self._create_product("Kit", self.materials, is_storable=False)
        inner = self._create_product("Inner", self.materials, is_storable=False)
        bolt = self._create_product("Bolt", self.materials, standard_price=1)
        self._create_bom(inner, 1, {bolt: 4}, type="phantom")
        self._create_bom(kit, 1, {self.m: 1, inner: 1}, type="phantom")
        q = self._create_product("Q", self.finished)
        self._create_bom(q, 1, {kit: 2, self.s: 1})
        self._make_many(q, quantity=1)
        departed = self._make(q, 9, 8, quantity=1, used={bolt: 0})
        row = self.assertDeparted(q, departed, material=1)
        self.assertFalse(self._get_row(kit))
        self.assertVerdicts(row, customised="borderline")

    def test_variants(self):
        """A line for blue ones is not missed on red ones."""
        colour = self.env["product.attribute"].create(
            {
                "name": "Colour",
                "value_ids": [
                    Command.create({"name": "red"}),
                    Command.create({"name": "blue"}),
                ],
            }
        )
        template = self.env["product.template"].create(
            {
                "name": "Painted",
                "is_storable": True,
                "categ_id": self.finished.id,
                "company_id": self.company.id,
                "attribute_line_ids": [
                    Command.create(
                        {
                            "attribute_id": colour.id,
                            "value_ids": [Command.set(colour.value_ids.ids)],
                        }
                    )
                ],
            }
        )
        red, blue = template.product_variant_ids
        values = template.attribute_line_ids.product_template_value_ids
        bom = self._create_bom(red, 1, {self.m: 1, self.s: 1}, product_id=False)
        bom.bom_line_ids[1].bom_product_template_attribute_value_ids = values[1]
        self._make(red, 9, 8, quantity=1)
        self._make(blue, 9, 8, quantity=1)
        departed = self._make(blue, 9, 8, quantity=1, used={self.s: 0})
        self.assertDeparted(red, departed[:0])
        self.assertDeparted(blue, departed, material=1)

    def test_backorders_and_byproducts(self):
        b = self._create_product("B", self.finished)
        self.bom.byproduct_ids = [
            Command.create({"product_id": b.id, "product_qty": 10, "cost_share": 4})
        ]
        order = self._start(self.p, 10, 9)
        with self._at(8):
            self._finish(order, made=6, backorder=True)
        rest = order.production_group_id.production_ids - order
        with self._at(6):
            self._finish(rest)
        row = self.assertDeparted(self.p, order[:0])
        self.assertEqual(row.orders, 2)
        self.assertFalse(self._get_row(b), "nobody orders a by-product")


@tagged("post_install", "-at_install")
class TestSuitabilityVariances(SuitabilityCase):
    trigger_used = True

    def test_variances_by_hand(self):
        """One order 2 kg too much, one 1 kg too little: 10 + 5 of 6 × 250."""
        with self._at(100):
            self._activate_standards(m=5.0, s=6.0)
            self._buy(self.m, 400, 5)
        self.workcenter.time_ids.unlink()
        self.bom.operation_ids.active = False
        self._make_many(self.p, count=4)
        self._make(self.p, 9, 8, used={self.m: 22})
        self._make(self.p, 9, 8, used={self.m: 19})
        row = self._measure(self.p)
        rows = self.env["backflush.variance"].search([("production_id", "!=", False)])
        per_order = rows.filtered(lambda x: x.kind != "labour_rate").grouped(
            "production_id"
        )
        off = sum(abs(sum(x.mapped("amount"))) for x in per_order.values())
        usage = rows.filtered(lambda x: x.kind == "material_usage")
        self.assertEqual(sorted(usage.mapped("amount")), [-5, 10])
        self.assertAlmostEqual(row.variance_share, off / (6 * 250), 9)
        self.company.backflush_suitability_variance = 0.1
        self.assertVerdicts(row, variance="unfit", verdict="unfit")
        self.assertIn("% of standard", row.reasons)
        form = Form(row)
        self.assertEqual(form.verdict, "unfit")
