"""Events C1–C5 of the event catalogue: finishing orders, in all four variants."""

from odoo.tests import tagged

from .common import BackflushCommon


class CompletionEvents:
    """The same orders for every variant; the subclasses say what is booked."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)

    def _check(self, order, entry, rows=()):
        posting = order.backflush_posting_ids
        self.assertEqual(len(posting), 1)
        self.assertEqual(posting.state, "posted")
        self.assertEqual(posting.event, "completion")
        self.assertRows(order.backflush_posting_ids.variance_ids, list(rows))
        if self.trigger == "delivery":
            self.assertFalse(posting.account_move_id)
            self.assertFalse(posting.line_ids)
            self.assertIn("costed at delivery", posting.error)
            self.assertFalse(order.backflush_posting_ids.variance_ids.account_move_id)
            return
        self.assertEqual(len(posting.account_move_id), 1)
        self.assertFalse(posting.error)
        self.assertEntry(posting.account_move_id, entry)
        self.assertPostingMatchesEntry(posting)
        self.assertEqual(
            order.backflush_posting_ids.variance_ids.account_move_id,
            posting.account_move_id if rows else self.env["account.move"],
        )

    def assertPostingMatchesEntry(self, posting):
        booked = {}
        for line in posting.line_ids:
            booked[line.account_id] = booked.get(line.account_id, 0.0) + line.amount
        items = posting.account_move_id.line_ids
        self.assertEqual(len(items), len(items.account_id), "one item per account")
        for item in items:
            self.assertAlmostEqual(booked[item.account_id], item.balance, 2)

    def test_c1_exact_order(self):
        order = self._produce(self.p, 10)
        self._check(
            order,
            {
                "finished": 250.0,
                "materials": -100.0,
                "labour_applied": -100.0,
                "variable_overhead_applied": -30.0,
                "fixed_overhead_applied": -20.0,
            },
        )
        posting = order.backflush_posting_ids
        self.assertEqual(posting.quantity, 10)
        card = posting.standard_id
        self.assertEqual(card.amount, 25)
        domain = card.action_view_postings()["domain"]
        self.assertEqual(self.env["backflush.posting"].search(domain), posting)
        facts = posting.fact_ids.sorted("amount")
        self.assertEqual(
            [(f.product_id, f.quantity, f.standard, f.amount) for f in facts],
            [(self.m, -20, 5, -100), (self.p, 10, 25, 250)],
        )

    def test_c2_over_consumption(self):
        order = self._produce(self.p, 10, used={self.m: 22})
        self._check(
            order,
            {
                "finished": 250.0,
                "material_quantity_variance": 10.0,
                "materials": -110.0,
                "labour_applied": -100.0,
                "variable_overhead_applied": -30.0,
                "fixed_overhead_applied": -20.0,
            },
            [("material_usage", 10.0)],
        )
        row = order.backflush_posting_ids.variance_ids
        self.assertEqual(
            (row.quantity_standard, row.quantity_actual, row.price_standard),
            (20, 22, 5),
        )
        self.assertEqual((row.product_id, row.component_id), (self.p, self.m))
        self.assertEqual(row.element_id, self.elements["material"])
        self.assertEqual(row.account_id, self.accounts["material_quantity_variance"])

    def test_c3_substitution(self):
        order = self._produce(self.p, 10, used={self.m: 15, self.s: 6})
        self._check(
            order,
            {
                "finished": 250.0,
                "material_quantity_variance": 11.0,
                "materials": -111.0,
                "labour_applied": -100.0,
                "variable_overhead_applied": -30.0,
                "fixed_overhead_applied": -20.0,
            },
            [("material_substitution", 36.0), ("material_usage", -25.0)],
        )

    def test_c4_partial_and_backorder(self):
        order = self._create_production(self.p, 10)
        self._finish(order, made=6, backorder=True)
        self._check(
            order,
            {
                "finished": 150.0,
                "materials": -60.0,
                "labour_applied": -60.0,
                "variable_overhead_applied": -18.0,
                "fixed_overhead_applied": -12.0,
            },
        )
        backorder = order.production_group_id.production_ids - order
        self.assertEqual(backorder.product_qty, 4)
        self.assertFalse(backorder.backflush_posting_ids)
        self._finish(backorder)
        self._check(
            backorder,
            {
                "finished": 100.0,
                "materials": -40.0,
                "labour_applied": -40.0,
                "variable_overhead_applied": -12.0,
                "fixed_overhead_applied": -8.0,
            },
        )

    def test_c5_over_production(self):
        order = self._create_production(self.p, 10)
        self._finish(order, made=12)
        self._check(
            order,
            {
                "finished": 300.0,
                "materials": -120.0,
                "labour_applied": -120.0,
                "variable_overhead_applied": -36.0,
                "fixed_overhead_applied": -24.0,
            },
        )

    def test_posting_again_books_nothing(self):
        order = self._produce(self.p, 10, used={self.m: 22})
        before = self.env["account.move"].search_count([])
        self.env["backflush.engine"]._post_records(order)
        self.assertEqual(len(order.backflush_posting_ids), 1)
        self.assertEqual(len(order.backflush_posting_ids.variance_ids), 1)
        self.assertEqual(self.env["account.move"].search_count([]), before)

    def test_many_orders_in_one_call(self):
        orders = self.env["mrp.production"].union(
            *(self._create_production(self.p, quantity) for quantity in (10, 20, 30))
        )
        orders.button_mark_done()
        self.assertEqual(set(orders.mapped("state")), {"done"})
        for order in orders:
            self._check(
                order,
                {
                    "finished": 25.0 * order.product_qty,
                    "materials": -10.0 * order.product_qty,
                    "labour_applied": -10.0 * order.product_qty,
                    "variable_overhead_applied": -3.0 * order.product_qty,
                    "fixed_overhead_applied": -2.0 * order.product_qty,
                },
            )


@tagged("post_install", "-at_install")
class TestVariant1(CompletionEvents, BackflushCommon):
    """Purchase, completion and sale are trigger points."""


@tagged("post_install", "-at_install")
class TestVariant2(CompletionEvents, BackflushCommon):
    """Purchase and sale."""

    trigger = "delivery"


@tagged("post_install", "-at_install")
class TestVariant3(CompletionEvents, BackflushCommon):
    """Completion and sale: materials stay on their expense account."""

    materials_valuation = "periodic"


@tagged("post_install", "-at_install")
class TestVariant4(CompletionEvents, BackflushCommon):
    """Sale only."""

    materials_valuation = "periodic"
    trigger = "delivery"
