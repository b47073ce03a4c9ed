"""Variances grouped and searched by what they came from; whom to ask about them."""

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger
from psycopg2.errors import CheckViolation

from ..costing.analysis import TYPES
from .common import BackflushCommon
from .people import People

#: What the database groups by; stored nowhere.
GROUPS = (
    "type",
    "categ_id",
    "buyer_id",
    "purchase_id",
    "order_user_id",
    "project_id",
    "sale_id",
    "is_exceptional",
    "bill_id",
    "operation_id",
    "department_id",
    "workcenter_id",
    "element_id",
    "partner_id",
    "kind",
    "state",
)


class AnalysisCommon(People, BackflushCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)
        cls.reader = cls._create_user("reader")
        cls.reader.group_ids += cls.env.ref("base.group_allow_export")
        cls.buyer = cls._create_user("buyer", groups="purchase.group_purchase_user")
        cls.planner = cls._create_user("planner", groups="mrp.group_mrp_user")

    def _create_row(self, **values):
        """A row as the recomputation of a period writes it."""
        rows = self.env["backflush.variance"].sudo()
        return rows.with_context(backflush_engine=True).create(
            {
                "kind": "labour_efficiency",
                "element_id": self.elements["labour"].id,
                "date": fields.Date.today(),
                "company_id": self.company.id,
                **values,
            }
        )

    def _buy_from(self, buyer, price=5.2):
        order = self._order(self.m, 100, price, user_id=buyer.id)
        self._receive(order)
        return self._bill(order)

    def _search(self, *domain):
        company = ("company_id", "=", self.company.id)
        return self.env["backflush.variance"].search([company, *domain])


@tagged("post_install", "-at_install")
class TestVarianceAnalysis(AnalysisCommon):
    def test_every_kind_has_a_type(self):
        kinds = self.env["backflush.variance"]._fields["kind"].get_values(self.env)
        self.assertEqual(sorted(kinds), sorted(sum(TYPES.values(), ())))
        for kind in kinds:
            row = self._create_row(kind=kind, amount=1.0)
            self.assertIn(kind, TYPES[row.type])
        for name, members in TYPES.items():
            self.assertEqual(
                set(self._search(("type", "=", name)).mapped("kind")), set(members)
            )
            others = self._search(("type", "!=", name)).mapped("kind")
            self.assertEqual(set(others), set(kinds) - set(members))

    def test_groups_agree_with_the_rows(self):
        self._buy_from(self.buyer)
        self._produce(self.p, 10, used={self.m: 22})
        self.company.backflush_threshold_percent = 5
        for user in (self.env.user, self.reader):
            model = self.env["backflush.variance"].with_user(user)
            for name in GROUPS:
                with self.subTest(user=user.login, field=name):
                    self.assertTrue(model.fields_get([name])[name]["groupable"])
                    self._check_groups(model, name)

    def _check_groups(self, model, name):
        domain = [("company_id", "=", self.company.id)]
        rows = self._search()
        for value, total, count in model._read_group(
            domain, [name], ["amount:sum", "__count"]
        ):
            value = getattr(value, "id", value)
            members = rows.filtered(
                lambda row, value=value: getattr(row[name], "id", row[name]) == value
            )
            self.assertTrue(members)
            self.assertEqual(count, len(members))
            self.assertAlmostEqual(total, sum(members.mapped("amount")), 2)
            found = model.search([*domain, (name, "=", value)])
            self.assertEqual(found.with_env(self.env), members)
        groups = model.formatted_read_group(domain, [name], ["__count"])
        self.assertEqual(sum(group["__count"] for group in groups), len(rows))

    def test_material_price_carries_vendor_buyer_and_purchase(self):
        bill = self._buy_from(self.buyer)
        [row] = self._search(("kind", "=", "material_price"))
        self.assertEqual(row.partner_id, self.vendor)
        self.assertEqual(row.buyer_id, self.buyer)
        self.assertEqual(row.bill_id, bill)
        self.assertEqual(row.categ_id, self.materials)
        self.assertEqual(row.percent, 4.0)
        self.assertEqual(self._search(("buyer_id", "=", self.buyer.id)), row)
        self.assertEqual(self._search(("purchase_id", "=", row.purchase_id.id)), row)

    def test_analytic_distribution(self):
        plan = self.env["account.analytic.plan"].create({"name": "Lines"})
        account = self.env["account.analytic.account"].create(
            {"name": "Line 1", "plan_id": plan.id, "company_id": self.company.id}
        )
        bill = self._bill(self._received(), post=False)
        bill.invoice_line_ids.analytic_distribution = {str(account.id): 100}
        bill.invoice_line_ids.price_unit = 5.2
        bill.action_post()
        project = self.env["project.project"].create(
            {
                "name": "Shop",
                plan._column_name(): account.id,
                "company_id": self.company.id,
            }
        )
        order = self._create_production(self.p, 10, project_id=project.id)
        self._finish(order, used={self.m: 22})
        rows = self._search(("kind", "in", ("material_price", "material_usage")))
        self.assertEqual(len(rows), 2)
        for row in rows:
            self.assertIn(str(account.id), str(row.analytic_distribution))
        found = self._search(("analytic_distribution", "ilike", "Line 1"))
        self.assertEqual(found, rows)
        self.assertFalse(self._search(("analytic_distribution", "ilike", "Line 2")))

    def _received(self):
        order = self._order(self.m, 10, 5.2)
        self._receive(order)
        return order

    def test_sales_order(self):
        self._produce(self.p, 10)
        sale = self._sell(self.p, 10, 40.0)
        order = self._create_production(self.p, 10, sale_line_id=sale.order_line.id)
        self._finish(order, used={self.m: 22})
        row = order.backflush_variance_ids
        self.assertEqual(row.sale_id, sale)
        self.assertEqual(self._search(("sale_id", "=", sale.id)), row)
        self.assertEqual(
            self._search(("sale_id", "in", [sale.id, False])), self._search()
        )
        self.assertEqual(self._search(("sale_id", "ilike", sale.name)), row)
        self.assertNotIn(row, self._search(("sale_id", "=", False)))
        self.assertNotIn(row, self._search(("sale_id", "!=", sale.id)))

    def test_thresholds(self):
        small = self._create_row(
            amount=-3, quantity_standard=10, quantity_actual=8, price_standard=1.5
        )
        large = self._create_row(
            amount=60, quantity_standard=100, quantity_actual=106, price_standard=10
        )
        plain = self._create_row(amount=5)
        rows = small | large | plain
        company = self.company
        for amount, percent, expected in (
            (0, 0, rows.browse()),
            (60, 0, large),
            (60.01, 0, rows.browse()),
            (0, 20, small),
            (0, 6, small | large),
            (5, 20, rows),
        ):
            company.backflush_threshold_amount = amount
            company.backflush_threshold_percent = percent
            rows.invalidate_recordset()
            with self.subTest(amount=amount, percent=percent):
                self.assertEqual(rows.filtered("is_exceptional"), expected)
                found = self._search(("is_exceptional", "=", True))
                self.assertEqual(found, expected.sorted())
                others = self._search(("is_exceptional", "=", False))
                self.assertEqual(others, (rows - expected).sorted())

    def test_thresholds_of_each_company(self):
        other = self._create_company(name="Other Factory")
        other.backflush_threshold_amount = 1
        self._create_row(amount=5)
        self.assertFalse(self._search(("is_exceptional", "=", True)))

    def test_threshold_is_never_negative(self):
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            self.company.backflush_threshold_percent = -1
            self.env.flush_all()

    def test_views_open_for_a_reader(self):
        self._buy_from(self.buyer)
        [row] = self._search(("kind", "=", "material_price"))
        form = Form(row.with_user(self.reader))
        self.assertEqual(form.type, "price")
        data = row.with_user(self.reader).export_data(
            ["kind", "type", "product_id", "buyer_id", "amount", "is_exceptional"]
        )["datas"]
        self.assertEqual(data[0][-2:], [20.0, False])
        for link in ("bill_id", "product_id", "posting_id", "account_move_id"):
            action = self._call(self.reader, row, "action_open_link", link=link)
            self.assertEqual(action["res_id"], row[link].id)
        self.assertFalse(
            self._call(self.reader, row, "action_open_link", link="create_uid")
        )

    def test_smart_buttons(self):
        bill = self._buy_from(self.buyer)
        [row] = self._search(("kind", "=", "material_price"))
        charge = self._bill_charge(bill.invoice_line_ids, 7.0)
        rows = self._search(("kind", "=", "material_price"))
        reader = self._create_user(
            "bookkeeper", groups="account.group_account_readonly"
        )
        for record, expected in (
            (self.vendor, rows),
            (self.m, rows),
            (self.m.product_tmpl_id, rows),
            (bill, rows),
            (charge, rows - row),
        ):
            action = self._call(reader, record, "action_view_backflush_variances")
            found = self.env[action["res_model"]].search(action["domain"])
            self.assertEqual(found, expected, record)
        self.assertEqual(bill.with_user(reader).backflush_variance_count, 2)
        self.assertEqual(charge.with_user(reader).backflush_variance_count, 1)


@tagged("post_install", "-at_install")
class TestQuestion(AnalysisCommon):
    def _ask(self, rows, user=None, **values):
        action = self._call(user or self.reader, rows, "action_ask")
        questions = self.env["backflush.question"].with_user(user or self.reader)
        questions = questions.with_context(**action["context"])
        question = questions.create({"question": "What happened?", **values})
        self.assertEqual(question.variance_ids, rows)
        before = self.env["mail.activity"].search([])
        self._call(user or self.reader, question, "action_ask")
        return self.env["mail.activity"].search([]) - before

    def test_buyer_is_asked_on_the_bill(self):
        self.buyer.group_ids += self.env.ref("account.group_account_invoice")
        bill = self._buy_from(self.buyer)
        [row] = self._search(("kind", "=", "material_price"))
        self.assertEqual(row.with_user(self.reader).asked_id, self.buyer)
        activity = self._ask(row)
        self.assertEqual(activity.user_id, self.buyer)
        self.assertEqual((activity.res_model, activity.res_id), (bill._name, bill.id))
        self.assertEqual(activity.summary, "Material price: M")
        self.assertEqual(activity.create_uid, self.reader)

    def test_planner_is_asked_on_the_order_and_learns_no_amount(self):
        order = self._create_production(self.p, 10, user_id=self.planner.id)
        self._finish(order, used={self.m: 15, self.s: 6})
        rows = order.backflush_variance_ids
        self.assertGreater(len(rows), 1)
        activity = self._ask(rows)
        self.assertEqual(activity.user_id, self.planner)
        self.assertEqual((activity.res_model, activity.res_id), (order._name, order.id))
        self.assertIn("more variances", activity.summary)
        mine = activity.with_user(self.planner)
        text = f"{mine.summary} {mine.note} {mine.res_name}"
        self.assertIn("What happened?", text)
        for row in rows:
            self.assertNotIn(f"{abs(row.amount):g}", text.replace(order.name, ""))
        with self.assertRaises(AccessError):
            self._call(self.planner, rows, "read", ["amount"])

    def test_department_manager_is_asked_about_time(self):
        boss = self._create_user("boss", groups="mrp.group_mrp_user")
        employee = self.env["hr.employee"].create(
            {"name": "Boss", "user_id": boss.id, "company_id": self.company.id}
        )
        department = self.env["hr.department"].create(
            {
                "name": "Assembly",
                "manager_id": employee.id,
                "company_id": self.company.id,
            }
        )
        order = self._create_production(self.p, 10, user_id=self.planner.id)
        row = self._create_row(
            amount=9, production_id=order.id, department_id=department.id
        )
        other = self._create_row(amount=9, production_id=order.id)
        self.assertEqual(row.with_user(self.reader).asked_id, boss)
        self.assertEqual(other.with_user(self.reader).asked_id, self.planner)
        activities = self._ask(row | other)
        self.assertEqual(activities.user_id, boss | self.planner)
        activity = self._ask(row | other, user_id=self.buyer.id)
        self.assertEqual(activity.user_id, self.buyer)

    def test_nothing_to_ask_about(self):
        row = self._create_row(kind="overhead_budget", amount=9)
        with self.assertRaisesRegex(UserError, "no document"):
            self._ask(row)

    def test_only_about_what_one_can_read(self):
        order = self._create_production(self.p, 10)
        row = self._create_row(amount=9, production_id=order.id)
        shop = self._create_user("shop")
        with self.assertRaises(AccessError):
            self._call(shop, row, "action_ask")
        secret = self._create_row(kind="labour_rate", amount=9, production_id=order.id)
        questions = self.env["backflush.question"].with_user(self.reader)
        values = {"variance_ids": [Command.set((row | secret).ids)]}
        with self.assertRaises(AccessError):
            self._call(self.reader, questions, "create", values)
        with self.assertRaises(AccessError):
            self._call(self.reader, secret, "action_ask")
        self.assertFalse(order.activity_ids)
