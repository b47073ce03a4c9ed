"""The statement for many orders gives the rows of the kernel, row by row."""

import random
from datetime import timedelta

from odoo import Command, fields
from odoo.tests import tagged

from .common import BackflushCommon
from .test_yen import YenCommon
from .textbook import Textbook
from .time import RecordedTime
from .time_twin import OrderTime, read_rows

SOURCES = ("auto", "timesheet", "workorder")


class TwinCase(Textbook):
    """Products with one to three operations, crews, capacities, set-up and a kit."""

    maxDiff = None

    conversion_elements = (
        "labour",
        "variable_overhead",
        "fixed_overhead",
        "conversion",
    )
    works = {
        "Saw": {"labour": 19.99, "variable_overhead": 7.77},
        "Bench": {
            "labour": (17.31, 2.5),
            "variable_overhead": 3.33,
            "fixed_overhead": (4.0, 40),
        },
        "Oven": {"variable_overhead": 11.1, "fixed_overhead": (2.5, 100)},
        "Other": {"labour": (23.45, 3), "conversion": 5.55},
        "Spare": {},
    }
    operations = (("Saw", 24, 60),)
    components = {"Board": (2, 1.25)}
    capacities = {"Bench": 3, "Oven": 8}
    lot = 10
    seed = 5

    @classmethod
    def _create_products(cls):
        products = super()._create_products()
        cls.places["Saw"].alternative_workcenter_ids = cls.places["Other"]
        cls.places["Spare"].costs_hour = 12.34
        cls.kit = cls._create_product("Kit", cls.materials)
        cls._create_routed(cls.kit, 1, (("Bench", 13),), type="phantom")
        cls.products = [cls.product]
        for name, works, more in (
            ("Two", (("Saw", 17), ("Bench", 45)), None),
            ("Three", (("Bench", 31), ("Oven", 50), ("Saw", 7)), None),
            ("Kitted", (("Oven", 20),), cls.kit),
            ("Pooled", (("Spare", 20), ("Oven", 5)), None),
        ):
            product = cls._create_product(name, cls.finished)
            bom = cls._create_routed(product, 10, works)
            if more:
                line = {"bom_id": bom.id, "product_id": more.id, "product_qty": 20}
                cls.env["mrp.bom.line"].create(line)
            cls.products.append(product)
        cls.other_bom = cls._create_routed(
            cls.products[1], 5, (("Bench", 20), ("Saw", 11)), sequence=99
        )
        return products

    @classmethod
    def _create_routed(cls, product, quantity, works, **values):
        operations = [
            Command.create(
                {
                    "name": name,
                    "workcenter_id": cls.places[name].id,
                    "time_cycle_manual": minutes,
                }
            )
            for name, minutes in works
        ]
        parts = {cls.parts["Board"]: quantity}
        return cls._create_bom(
            product, quantity, parts, operation_ids=operations, **values
        )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shared = cls.env["project.project"].create(
            {
                "name": "Shared",
                "allow_timesheets": True,
                "company_id": cls.company.id,
            }
        )
        cls.departments = cls.env["hr.department"].create(
            [{"name": name, "company_id": cls.company.id} for name in ("East", "West")]
        )

    def setUp(self):
        super().setUp()
        self.draw = random.Random(self.seed)
        self._buy(self.parts["Board"], 2_000, 1.25)
        self.orders = self.env["mrp.production"]
        for number, cost in enumerate((0.0, 18.75, 21.37)):
            employee = self._get_employee(cost)
            employee.department_id = self.departments[number % 2]

    # -- what happens -----------------------------------------------------------

    def _make_orders(self, count):
        for number in range(count):
            self._make_order(self.products[number % len(self.products)])
        self._record_loose()
        self.orders |= self.orders.production_group_id.production_ids
        self.env["backflush.time"]._recompute(self.orders)

    def _make_order(self, product):
        draw = self.draw
        planned = draw.randint(2, 23)
        values = {}
        if product == self.products[1] and draw.random() < 0.5:
            values["bom_id"] = self.other_bom.id  # operations that the card has not
        order = self._create_production(product, planned, **values)
        self.orders |= order
        if draw.random() < 0.3:
            order.project_id = self.shared
        if draw.random() < 0.3:
            self._add_workorder(order)
        if draw.random() < 0.3:
            saw = order.workorder_ids.filtered(
                lambda w: w.workcenter_id == self.places["Saw"]
            )
            saw.workcenter_id = self.places["Other"]
        self._spend_time(order)
        end = draw.random()
        if end < 0.15:
            return
        if end < 0.35 and planned > 3:
            self._finish(order, made=planned - 2, backorder=True)
            rest = order.production_group_id.production_ids - order
            self._spend_time(rest)
            if draw.random() < 0.5:
                self._finish(rest)
        else:
            self._finish(order, made=planned + draw.choice((0, 0, 1, 4)))
        self._change_output(order)

    def _change_output(self, order):
        draw = self.draw
        if draw.random() < 0.3:
            self._correct(order.move_finished_ids, draw.randint(1, 20))
        if draw.random() < 0.3:
            self._unbuild(order.product_id, 1, order)
        if draw.random() < 0.3:
            day = fields.Datetime.now() - timedelta(days=draw.randint(1, 50))
            order.date_finished = day
        if draw.random() < 0.3:
            self._spend_time(order)

    def _add_workorder(self, order):
        """By hand, at a work center that the card may not know."""
        place = self.places[self.draw.choice(("Spare", "Oven", "Other"))]
        self.env["mrp.workorder"].create(
            {
                "name": "Rework",
                "production_id": order.id,
                "workcenter_id": place.id,
                "product_uom_id": order.product_uom_id.id,
            }
        )

    def _spend_time(self, order):
        draw = self.draw
        for _number in range(draw.choice((0, 1, 1, 2, 3))):
            values = {}
            if order.workorder_ids and draw.random() < 0.5:
                values["workorder_id"] = draw.choice(list(order.workorder_ids)).id
            self._record(
                order,
                draw.choice((0.25, 1.5, 3.33, 7.0)),
                draw.choice((0.0, 18.75, 21.37)),
                fields.Date.today() - timedelta(days=draw.randint(0, 40)),
                **values,
            )
        for workorder in order.workorder_ids:
            if draw.random() < 0.4:
                workorder.duration += draw.choice((7, 61, 200))

    def _record_loose(self):
        """Time on the project of some orders that names none of them."""
        for hours, cost, days in ((5, 18.75, 0), (3.5, 21.37, 3), (2, 0.0, 35)):
            self.env["account.analytic.line"].create(
                {
                    "name": "Cleaning",
                    "project_id": self.shared.id,
                    "employee_id": self._get_employee(cost).id,
                    "unit_amount": hours,
                    "date": fields.Date.today() - timedelta(days=days),
                }
            )

    # -- what must follow -------------------------------------------------------

    def assertTwins(self):
        self.env.flush_all()
        self.env.invalidate_all()
        count = 0
        for order in self.orders:
            found, expected = read_rows(order), OrderTime(order).get_rows()
            self.assertEqual(
                self._sort(found), self._sort(expected), f"{order.name} {order.state}"
            )
            count += len(found)
        return count

    def _sort(self, rows):
        return sorted(
            tuple(round(x, 6) if isinstance(x, float) else x or 0 for x in row[:6])
            + (row.day,)
            + tuple(round(x, 6) for x in row[7:])
            for row in rows
        )

    def _read_ids(self, orders=None):
        domain = [("production_id", "in", (orders or self.orders).ids)]
        domain += [("posting_id", "=", False)]
        return set(self.env["backflush.variance"].search(domain).ids)


@tagged("post_install", "-at_install")
class TestTimeTwins(TwinCase, BackflushCommon):
    def test_all_sources_and_again(self):
        self._make_orders(16)
        time = self.env["backflush.time"]
        for source in SOURCES:
            self.company.backflush_labour_source = source
            time._recompute(self.orders)
            self.assertGreater(self.assertTwins(), 20, source)
            known = self._read_ids()
            time._recompute(self.orders)
            self.assertEqual(self._read_ids(), known)

    def test_one_by_one_as_all_together(self):
        self._make_orders(15)
        known = self._read_ids()
        for order in self.orders:
            self.env["backflush.time"]._recompute(order)
        self.assertEqual(self._read_ids(), known)
        self.assertTwins()

    def test_one_changed_sheet_touches_its_order_only(self):
        self._make_orders(8)
        sheet = self.orders.backflush_timesheet_ids.filtered(
            lambda x: x.production_id.state == "done" and x.amount
        )[:1]
        order = sheet.production_id
        family = order.production_group_id.production_ids | order
        known = self._read_ids(self.orders - family), self._read_ids(order)
        sheet.unit_amount += 1.0
        self.assertEqual(self._read_ids(self.orders - family), known[0])
        self.assertNotEqual(self._read_ids(order), known[1])
        self.assertTwins()


@tagged("post_install", "-at_install")
class TestTimeTwinsOther(TwinCase, BackflushCommon):
    seed = 11

    def test_other_orders(self):
        self._make_orders(16)
        self.assertTwins()


@tagged("post_install", "-at_install")
class TestTimeTwinsYen(TwinCase, YenCommon):
    seed = 7

    def test_whole_yen(self):
        self._make_orders(10)
        self.assertTwins()
        for row in self.orders.backflush_variance_ids:
            self.assertEqual(row.amount, round(row.amount))


@tagged("post_install", "-at_install")
class TestTimeOfTwoCompanies(RecordedTime, BackflushCommon):
    """Two factories that know nothing of each other, recomputed and closed at once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)
        cls.here = cls.company
        cls.goods = {cls.company: cls.p}
        cls.other = cls._create_company(name="Other Factory")
        cls.env.user.company_ids |= cls.other
        cls.env = cls.env(
            context=dict(cls.env.context, allowed_company_ids=cls.other.ids)
        )
        cls.company = cls.other = cls.other.with_env(cls.env)
        cls._create_categories()
        cls._create_elements()
        cls._create_products()
        cls._activate_standards(m=7.0, s=6.0)
        cls._create_project()
        cls.goods[cls.other] = cls.p
        companies = (cls.here | cls.other).ids
        cls.env = cls.env(context=dict(cls.env.context, allowed_company_ids=companies))

    def _order_for(self, company, hours):
        self.company, self.people = company, {}
        product = self.goods[company].with_env(self.env)
        order = self._create_production(
            product.with_company(company), 10, bom_id=self._find_bom_of(product)
        )
        self._record(order, hours, 21.0)
        order.qty_producing = 10
        order._set_qty_producing()
        self._finish_as_is(order)
        return order

    def _find_bom_of(self, product):
        return self.env["mrp.bom"].search([("product_id", "=", product.id)]).id

    def test_side_by_side(self):
        mine, others = self._order_for(self.here, 6), self._order_for(self.other, 4)
        self.assertEqual(mine.backflush_variance_ids.company_id, self.here)
        self.assertEqual(others.backflush_variance_ids.company_id, self.other)
        rows = self._get_time_rows(mine), self._get_time_rows(others)
        self.assertEqual(rows[0]["labour", "labour_efficiency"], 20.0)
        self.assertEqual(rows[1]["labour", "labour_efficiency"], -20.0)
        known = (mine | others).backflush_variance_ids
        self.env["backflush.time"]._recompute(mine | others)
        self.assertEqual((mine | others).backflush_variance_ids, known)
        for order in mine | others:
            self.assertEqual(
                sorted(read_rows(order)), sorted(OrderTime(order).get_rows())
            )
        mine.backflush_timesheet_ids.unit_amount = 7
        same = known.exists().filtered(lambda row: row.company_id == self.other)
        self.assertEqual(others.backflush_variance_ids, same)
        for company, amount in ((self.here, -147.0), (self.other, -84.0)):
            self.company = company
            close = self._compute_close()
            self.assertEqual(close.variance_ids.company_id, company)
            found = self._get_period_rows(close)
            self.assertEqual(found["labour", "unallocated"], amount)
