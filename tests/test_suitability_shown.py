"""Where suitability is shown: at the trigger, on products, and to whom."""

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger
from psycopg2.errors import CheckViolation

from .people import People
from .suitability import SuitabilityCase

LIMITS = "backflush_suitability_"


class ShownCase(People, SuitabilityCase):
    def _set_trigger(self, trigger="completion"):
        """As the form does; returns the warning that it shows."""
        category = self.finished
        values = {"property_backflush_trigger": trigger}
        with self._at(0):
            result = category.onchange(
                values,
                ["property_backflush_trigger"],
                {"property_backflush_trigger": {}},
            )
        return result.get("warning", {})


@tagged("post_install", "-at_install")
class TestSuitabilityAtTrigger(ShownCase):
    def test_a_warning_names_who_does_not_fit_and_refuses_nothing(self):
        self._make_many(self.p, cycle=12)
        warning = self._set_trigger()
        self.assertIn("not suit one product", warning["message"])
        self.assertIn("P: Cycle time: 12.0 days", warning["message"])
        shown = mute_logger("odoo.tests.form.onchange")
        with shown, self._at(0), Form(self.finished) as form:
            form.property_backflush_trigger = "completion"
        self.assertEqual(self.finished.property_backflush_trigger, "completion")
        # and stays on the form
        self.assertIn("12.0 days", self.finished.backflush_configuration_warning)
        issues = self.env["backflush.configuration.issue"]._get_issues(self.company)
        found = [x for x in issues if x["subject"] == "suitability"]
        self.assertEqual([x["severity"] for x in found], ["warning"])

    def test_no_warning(self):
        """Nothing made, nothing known, or the trigger is switched off."""
        self.assertFalse(self._set_trigger())
        self._make_many(self.p, cycle=12)
        self.assertFalse(self._set_trigger(False))
        with self._at(0), Form(self.env["product.category"]) as form:
            form.name = "New"
            form.property_backflush_trigger = "completion"

    def test_finished_goods_count_where_they_are_costed_late(self):
        """Goods that lie there stand in the books under `completion`."""
        self._make_many(self.p)
        # there is another warning: of what a switch by date would move
        warned = self._set_trigger("completion")["message"]
        self.assertNotIn("Finished goods", warned)
        self.assertIn("Finished goods", self._set_trigger("delivery")["message"])

    def test_at_most_five_are_named(self):
        rows = self.env["backflush.suitability"]
        for number in range(7):
            product = self._create_product(f"X{number}", self.finished)
            rows.create(
                {
                    "company_id": self.company.id,
                    "product_id": product.id,
                    "orders": 20 - number,
                    "orders_started": 20 - number,
                    "cycle_known": 40,
                }
            )._judge()
        message = self._set_trigger()["message"]
        self.assertIn("7 products", message)
        self.assertEqual(message.count("40.0 days"), 5)
        self.assertIn("and 2 more", message)
        self.assertIn("X4", message)
        self.assertNotIn("X5", message)


@tagged("post_install", "-at_install")
class TestSuitabilityLimits(ShownCase):
    def test_rows_follow_the_limits(self):
        self._make_many(self.p, cycle=8)
        row = self._measure(self.p)
        self.assertEqual(row.cycle_verdict, "borderline")
        self.company[f"{LIMITS}cycle"] = 8
        self.assertEqual(row.cycle_verdict, "fits")
        self.company[f"{LIMITS}cycle"] = 0
        self.assertEqual(row.cycle_verdict, "unfit")

    def test_bad_limits(self):
        for name, value in (
            ("months", 0),
            ("months", 61),
            ("orders", 0),
            ("cycle", -1),
            ("customised", 101),
            ("variance", -1),
            ("variability", -0.1),
        ):
            with (
                self.subTest(name=name, value=value),
                mute_logger("odoo.sql_db"),
                self.assertRaises(CheckViolation),
                self.env.cr.savepoint(),
            ):
                self.company[f"{LIMITS}{name}"] = value
                self.env.flush_all()
            self.company.invalidate_recordset()

    def test_a_branch_asks_what_its_parent_asks(self):
        self.company.write(
            {
                "child_ids": [Command.create({"name": "Branch"})],
                f"{LIMITS}cycle": 0,
                f"{LIMITS}months": 3,
            }
        )
        branch = self.company.child_ids
        self.assertEqual(branch._get_backflush_suitability_limits().cycle, 0)
        self.assertEqual(branch._get_backflush_suitability_months(), 3)


@tagged("post_install", "-at_install")
class TestSuitabilityRights(ShownCase):
    def test_who_sees_it(self):
        """Readers of accounting all of it, production managers no variances."""
        row = self.env["backflush.suitability"].create(
            {
                "company_id": self.company.id,
                "product_id": self.p.id,
                "orders": 9,
                "orders_started": 9,
                "variance_share": 0.5,
                "variance_verdict": "unknown",
            }
        )
        row._judge()
        self.assertEqual((row.verdict, row.variance_verdict), ("unfit", "unfit"))
        reader = self._create_user("reader")
        planner = self._create_user(
            "planner", groups="mrp.group_mrp_manager,stock.group_stock_user"
        )
        shop = self._create_user("shop")
        (known,) = self._call(reader, row, "read", ["reasons", "variance_share"])
        self.assertEqual(known["reasons"], "Variances: 50.0 % of standard")
        (known,) = self._call(planner, row, "read", ["reasons", "verdict"])
        self.assertEqual(known["reasons"], "Variances")
        with self.assertRaises(AccessError):
            self._call(planner, row, "read", ["variance_share"])
        for method, *args in (
            ("read", ["verdict"]),
            ("action_refresh",),
            ("action_view_departed",),
        ):
            with self.subTest(method=method), self.assertRaises(AccessError):
                self._call(shop, row, method, *args)
        for user in (reader, planner):
            with self.assertRaises(AccessError):
                self._call(user, row, "write", {"verdict": "fits"})

    def test_buttons(self):
        self._make_many(self.p)
        planner = self._create_user(
            "planner", groups="mrp.group_mrp_manager,stock.group_stock_user"
        )
        template = self.p.product_tmpl_id.with_user(planner)
        self.assertEqual(template.backflush_suitability, "new")
        with self._at(0):
            action = self._call(planner, template, "action_view_backflush_suitability")
        row = self.env["backflush.suitability"].browse(action["res_id"])
        self.assertEqual((row.product_id, row.orders), (self.p, 6))
        self.env.invalidate_all()  # as the next request
        self.assertEqual(template.backflush_suitability, "unfit")
        with self._at(0):
            action = self._call(planner, row, "action_view_orders")
            self._call(planner, row, "action_view_longest")
            empty = self.env["backflush.suitability"]
            self._call(planner, empty, "action_refresh_all")
        orders = self.env["mrp.production"].with_user(planner).search(action["domain"])
        self.assertEqual(len(orders), 6)
        self.assertFalse(self.m.backflush_suitability)

    def test_schedule(self):
        self._make_many(self.p, count=1)
        with self._at(0), self.enter_registry_test_mode():
            cron = self.env.ref("backflush_costing.backflush_suitability_cron_refresh")
            cron.sudo().method_direct_trigger()
        self.assertEqual(self._get_row(self.p).orders, 1)
