"""Order: standard against actual, proved from facts and timesheets."""

import random

from odoo import Command
from odoo.tests import tagged

from .common import BackflushCommon
from .month import SECTIONS, Month
from .people import People
from .proof import Reconciling
from .time import RecordedTime
from .variants import Variant2

READER = "backflush_costing.group_backflush_user"


class MonthProof(Reconciling, Month):
    """The whole month, all orders at its end."""

    def setUp(self):
        super().setUp()
        if "is_subcontract" not in self.env["stock.move"]._fields:
            self.skipTest("Odoo's subcontracting is not installed")
        self.made = {}

    def test_every_order_is_explained(self):
        for section in SECTIONS:
            for code in section:
                self.play(code)
        orders = self.env["mrp.production"].search(
            [("company_id", "=", self.company.id), ("state", "=", "done")]
        )
        self.assertGreaterEqual(len(orders), 9)
        proofs = self.assertProved(orders)
        self.assertEqual(set(proofs), set(orders))
        # MO2: 21 kg, 5.5 h at 21.00 instead of 20 kg, 5 h at 20.00
        proof = proofs[self.made["mo2"]]
        self.assertEqual(proof.amount_standard, 250.0)
        self.assertEqual(proof.amount_actual, 273.5)
        elements = {x.element_id.type: x.amount_actual for x in proof.element_ids}
        self.assertEqual(
            elements,
            {
                "material": 105.0,
                "labour": 115.5,
                "variable_overhead": 33.0,
                "fixed_overhead": 20.0,
            },
        )


@tagged("post_install", "-at_install")
class TestMonthProof1(MonthProof, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestMonthProof2(Variant2, MonthProof, BackflushCommon):
    pass


class ProofCase(Reconciling, RecordedTime, People, BackflushCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)

    def setUp(self):
        super().setUp()
        self._buy(self.m, 200, 5.0)


@tagged("post_install", "-at_install")
class TestProof(ProofCase):
    def test_without_recorded_time(self):
        order = self._produce(self.p, 12, used={self.m: 25})
        proof = self.assertProved(order)[order]
        self.assertEqual(proof.quantity, 12)
        self.assertEqual(proof.amount_standard, 300)
        kinds = set(proof.variance_ids.mapped("kind"))
        self.assertEqual(kinds, {"material_usage", "lot_size"})

    def test_time_of_work_centers(self):
        order = self._create_production(self.p, 10)
        order.workorder_ids.duration = 330
        self._finish(order)
        proof = self.assertProved(order)[order]
        self.assertEqual(proof.amount_actual, 263)

    def test_a_missing_row_is_found(self):
        order = self._produce(self.p, 10, used={self.m: 22})
        row = order.backflush_variance_ids
        self.env.cr.execute("DELETE FROM backflush_variance WHERE id = %s", [row.id])
        self.env.invalidate_all()
        proof = self._prove_orders()[order]
        self.assertEqual((proof.state, proof.amount_proof), ("unexplained", 10.0))
        found = self.env["backflush.order.proof"].search([("amount_proof", "!=", 0)])
        self.assertEqual(found, proof)

    def test_an_order_that_is_not_booked(self):
        element = self.elements["labour"]
        account = element.applied_account_id
        element.applied_account_id = False
        order = self._produce(self.p, 10, used={self.m: 22})
        proof = self._prove_orders()[order]
        self.assertEqual(proof.state, "open")
        element.applied_account_id = account
        order.backflush_posting_ids.action_retry()
        self.assertProved(order)

    def test_reversed_and_booked_again(self):
        order = self._produce(self.p, 10, used={self.m: 22})
        order.backflush_posting_ids.action_reverse()
        self.assertIn(order, self._prove_orders())
        self.env["backflush.engine"]._post_records(order)
        self.assertProved(order)

    def test_from_the_order(self):
        order = self._produce(self.p, 10, used={self.m: 22})
        action = order.action_view_backflush_proof()
        proof = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(proof.production_id, order)
        self.assertEqual(proof.amount_variance, 10)
        self.assertEqual(proof.action_view_order()["res_id"], order.id)
        action = proof.action_view_variances()
        found = self.env["backflush.variance"].search(action["domain"])
        self.assertEqual(found, order.backflush_variance_ids)

    def test_many_orders_in_one_statement(self):
        orders = self._produce(self.p, 10) | self._produce(self.p, 6)
        orders |= self._produce(self.p, 3, used={self.m: 7})
        self._unbuild(self.p, 1, orders[0])
        self._scrap(self.p, 1, production_id=orders[1].id)
        self._correct(orders[2].move_raw_ids, 8)
        self.assertProved(orders)

    def _count_queries(self):
        self._prove_orders()  # warms the caches
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self._reconcile("action_orders")
        return self.env.cr.sql_log_count - before

    def test_queries_do_not_grow_with_orders(self):
        self._produce(self.p, 2)
        few = self._count_queries()
        for _count in range(4):
            self._produce(self.p, 2)
        self.assertEqual(self._count_queries(), few)


@tagged("post_install", "-at_install")
class TestProofOfTime(ProofCase):
    """Two operations: three people at one, an oven without people at the other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.oven = cls.env["mrp.workcenter"].create(
            {"name": "Oven", "company_id": cls.company.id}
        )
        cls.bom.operation_ids = [
            Command.create(
                {
                    "name": "Bake",
                    "workcenter_id": cls.oven.id,
                    "time_cycle_manual": 7,
                }
            )
        ]
        version = cls._create_version("Two Places", "2021-01-01", m=5.0, s=6.0)
        people = version.rate_ids.filtered(lambda x: x.element_id.type == "labour")
        people.crew = 3
        cls.env["backflush.rate"].create(
            {
                "version_id": version.id,
                "workcenter_id": cls.oven.id,
                "element_id": cls.elements["variable_overhead"].id,
                "rate": 11.3,
            }
        )
        version.action_roll_up()
        version.action_activate()

    def _work_on(self, order, chance):
        """Sheets with and without a work order, of people with and without cost."""
        places = (False, *order.workorder_ids.ids)
        for _count in range(chance.randint(0, 3)):
            hours, cost = chance.randint(1, 400) / 100, chance.choice((0.0, 19.7, 23.3))
            self._record(order, hours, cost, workorder_id=chance.choice(places))
        for workorder in order.workorder_ids:
            if chance.random() < 0.4:
                workorder.duration = chance.randint(10, 300)

    def test_any_mix_of_recorded_time(self):
        chance = random.Random(7)
        for source in ("auto", "timesheet", "workorder"):
            self.company.backflush_labour_source = source
            orders = self.env["mrp.production"]
            for _count in range(4):
                order = self._create_production(self.p, chance.randint(2, 14))
                self._work_on(order, chance)
                orders |= self._finish(order, made=order.product_qty)
            self._unbuild(self.p, 1, orders[0])
            proofs = self._prove_orders()
            reader = self._create_user(f"reader_{source}", groups=READER)
            at_rates = self._prove_orders(reader)
            for order in orders:
                for proof in (proofs[order], at_rates[order]):
                    self.assertEqual(proof.state, "explained", (source, order.name))
                    self.assertLessEqual(abs(proof.amount_rounding), 0.011)


@tagged("post_install", "-at_install")
class TestProofRights(ProofCase):
    def setUp(self):
        super().setUp()
        self.order = self._create_production(self.p, 10)
        self._record(self.order, 5.5, 21.0)
        self._finish(self.order)

    def test_what_an_hour_costs_is_for_hr_alone(self):
        reader = self._create_user("reader")
        proof = self._prove_orders(reader)[self.order]
        self.assertEqual((proof.state, proof.amount_proof), ("explained", 0))
        self.assertEqual(proof.amount_actual, 263)
        self.assertNotIn("labour_rate", proof.variance_ids.mapped("kind"))
        self.assertTrue(proof.is_at_rates)
        officer = self._create_user("officer", groups=f"{READER},hr.group_hr_user")
        proof = self._prove_orders(officer)[self.order]
        self.assertEqual((proof.state, proof.amount_proof), ("explained", 0))
        self.assertEqual(proof.amount_actual, 268.5)
        self.assertIn("labour_rate", proof.variance_ids.mapped("kind"))

    def test_a_reader_opens_list_and_form(self):
        reader = self._create_user("reader")
        opened = self._call(reader, self.order, "action_view_backflush_proof")
        proof = self.env[opened["res_model"]].with_user(reader)
        self.assertEqual(proof.browse(opened["res_id"]).amount_actual, 263)
        proof = self._prove_orders(reader)[self.order]
        for view in ("list", "form"):
            values = self._read_as_client(proof, view)[0]
            self.assertEqual(values["production_id"]["id"], self.order.id)
        self.assertEqual(proof.action_view_variances()["type"], "ir.actions.act_window")

    def test_nobody_reads_the_list_of_another(self):
        officer = self._create_user("officer", groups=f"{READER},hr.group_hr_user")
        self._prove_orders(officer)
        reader = self._create_user("reader")
        for name in (
            "backflush.order.proof",
            "backflush.order.proof.element",
            "backflush.order.proof.variance",
        ):
            self.assertTrue(self.env[name].search([]))
            self.assertFalse(self._call(reader, self.env[name], "search", []))

    def test_only_of_companies_that_one_works_for(self):
        other = self._create_company(name="Other")
        stranger = self._create_user("reader", other)
        with self.assertRaises(Exception) as caught:
            self._call(
                stranger,
                self.env["backflush.reconciliation"],
                "create",
                {"company_id": self.company.id},
            )
        self.assertIn("AccessError", type(caught.exception).__name__)
