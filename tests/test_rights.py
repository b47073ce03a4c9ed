"""Rule 13: who sees and does what; and nothing gets by over RPC."""

import csv
import re
from collections import defaultdict

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import file_open

from .common import BackflushCommon
from .people import People
from .test_entries import TRICKS
from .variants import Variant2

MODULE = "backflush_costing"
OPERATIONS = ("read", "write", "create", "unlink")
ROLES = ("shop", "billing", "reader", "accountant", "manager")
#: What nobody makes, changes or deletes by hand.
EVIDENCE = (
    "backflush.stock.fact",
    "backflush.posting",
    "backflush.posting.line",
    "backflush.variance",
)


class RightsCase(People, BackflushCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)

    def _get_own_models(self):
        """Models of the addon that have a table."""
        return [
            model
            for name, model in self.env.items()
            if model._original_module == MODULE and not model._abstract
        ]

    def _play(self):
        """An order with a variance, its delivery; returns the order."""
        order = self._produce(self.p, 10, used={self.m: 22})
        self.picking = self._deliver(self._sell(self.p, 4, 40.0))
        return order


@tagged("post_install", "-at_install")
class TestAccess(RightsCase):
    def _read_access_file(self):
        """{(model, operation): groups} as the file says."""
        allowed = defaultdict(set)
        with file_open(f"{MODULE}/security/ir.model.access.csv") as file:
            for row in csv.DictReader(file):
                model = row["model_id:id"].split(".")[-1].removeprefix("model_")
                for operation in OPERATIONS:
                    if row[f"perm_{operation}"] == "1":
                        group = row["group_id:id"]
                        name = group if "." in group else f"{MODULE}.{group}"
                        allowed[model, operation].add(name)
        return allowed

    def test_everybody_may_what_the_file_says_and_nothing_else(self):
        allowed = self._read_access_file()
        self.assertTrue(allowed)
        for role in ROLES:
            user = self._create_user(role)
            for model in self._get_own_models():
                for operation in OPERATIONS:
                    groups = allowed[model._name.replace(".", "_"), operation]
                    self.assertEqual(
                        model.with_user(user).has_access(operation),
                        any(user.has_group(group) for group in groups),
                        (role, model._name, operation),
                    )

    def test_nobody_is_granted_anything_without_a_group(self):
        models = [model._name for model in self._get_own_models()]
        lines = self.env["ir.model.access"].search([("model_id.model", "in", models)])
        self.assertFalse(lines.filtered(lambda line: not line.group_id))
        public = self.env.ref("base.group_public") | self.env.ref("base.group_portal")
        self.assertFalse(lines.group_id & (public | self.env.ref("base.group_user")))

    def test_evidence_is_made_by_nobody(self):
        manager = self._create_user("manager")
        for name in EVIDENCE:
            for operation in ("write", "create", "unlink"):
                self.assertFalse(
                    self.env[name].with_user(manager).has_access(operation), name
                )


@tagged("post_install", "-at_install")
class TestRecordRules(RightsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls._create_company(name="Other Factory")

    def test_each_model_has_a_rule(self):
        rules = self.env["ir.rule"].search([])
        ruled = set(rules.mapped("model_id.model"))
        for model in self._get_own_models():
            self.assertIn(model._name, ruled)

    def test_records_of_another_company(self):
        """Invisible and not to be changed, whatever right one has there.

        Of each model of the addon that stores anything.
        """
        self._play()
        self._buy(self.m, 10, 5.2)
        count = self._count(self.m, 1).backflush_posting_ids
        count.variance_ids.action_spread_count()
        today = fields.Date.today()
        self.env["backflush.variance"].with_context(backflush_engine=True).create(
            {"kind": "labour_rate", "date": today, "company_id": self.company.id}
        )
        self.env["backflush.check"]._check_books(self.company, today, today)
        self._compute_close(today)
        self.env["backflush.suitability"].create(
            {"company_id": self.company.id, "product_id": self.p.id}
        )
        self._create_switch(today)
        stranger = self._create_user("manager", self.other)
        for model in self._get_own_models():
            if model._transient:
                continue
            domain = [("company_id", "=", self.company.id)]
            records = model.with_context(active_test=False).search(domain, limit=3)
            with self.subTest(model._name):
                self.assertTrue(records)
                self._check_hidden(stranger, records)

    def _create_switch(self, day):
        line = {"category_id": self.finished.id, "trigger": "delivery"}
        switch = self.env["backflush.switch"].create(
            {
                "company_id": self.company.id,
                "date": day,
                "line_ids": [Command.create(line)],
            }
        )
        self.env["backflush.switch.account"].create(
            {"switch_id": switch.id, "account_id": self.materials_account.id}
        )

    def _compute_close(self, day):
        """A close with all that hangs on it."""
        first = fields.Date.start_of(day, "month")
        vals = {"date_from": first, "date_to": fields.Date.end_of(day, "month")}
        close = self.env["backflush.close"].create(
            {"company_id": self.company.id, **vals}
        )
        close.action_compute()
        self.env["backflush.close.progress"].create(
            {"close_id": close.id, "element_id": self.elements["labour"].id}
        )
        order = self.env["mrp.production"].search(
            [("company_id", "=", self.company.id)], limit=1
        )
        self.env["backflush.outdated"]._mark(self.company, order.ids)

    def _check_hidden(self, user, records):
        for tricks in ({}, TRICKS | {"active_test": False}):
            domain = [("id", "in", records.ids)]
            model = records.browse()
            found = self._call(user, model, "search", domain, **tricks)
            self.assertFalse(found)
            count = self._call(user, model, "search_count", domain, **tricks)
            self.assertFalse(count)
            groups = self._call(
                user, model, "formatted_read_group", domain, [], ["__count"], **tricks
            )
            self.assertEqual(groups[0]["__count"], 0)
            for method, *args in (
                ("read", ["display_name"]),
                ("export_data", ["display_name"]),
                ("write", {"company_id": self.other.id}),
                ("unlink",),
                ("copy",),
            ):
                with self.assertRaises(UserError, msg=method):
                    self._call(user, records, method, *args, **tricks)
        self.assertTrue(records.exists())

    def test_wizards_of_others(self):
        accountant = self._create_user("accountant")
        other = self._create_user("other", groups="account.group_account_manager")
        for model in self._get_own_models():
            mine = model.with_user(accountant)
            if model._transient and mine.has_access("create"):
                with self.subTest(model._name):
                    self._check_wizard(mine, model.with_user(other))

    def _check_wizard(self, mine, theirs):
        """Those that can be made of their defaults; the others' own tests make one."""
        names = {
            name
            for name, field in mine._fields.items()
            if field.required and field.store and not field.compute
        }
        if names - set(mine.default_get(list(names))):
            return
        wizard = mine.create({})
        self.assertFalse(theirs.search([("id", "=", wizard.id)]))
        with self.assertRaises(AccessError):
            theirs.browse(wizard.id).read(["display_name"])


@tagged("post_install", "-at_install")
class TestShopUser(RightsCase):
    """The shop works as before and learns nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shop = cls._create_user("shop")
        cls.keeper = cls._create_user(
            "keeper", groups="stock.group_stock_manager,mrp.group_mrp_manager"
        )

    def _work(self):
        """A day in the shop, by people with no right in accounting."""
        env = self.env
        self.env = env(user=self.shop)
        order = self._produce(self.p.with_env(self.env), 10, used={self.m: 22})
        order.button_unbuild()
        unbuild = self._unbuild(self.p, 1, order)
        scrap = self._scrap(self.p, 1)
        order.is_locked = False
        for line in order.move_raw_ids.move_line_ids[:1]:
            line.quantity += 1
        self.env = env(user=self.keeper)
        count = self._count(self.p, 20)
        self.env = env
        sale = self._sell(self.p, 4, 40.0)
        self.env = env(user=self.shop)
        picking = self._deliver(sale.with_env(self.env))
        self.env = env
        return [
            record.with_env(env) for record in (order, unbuild, scrap, count, picking)
        ]

    def test_works_and_everything_is_booked(self):
        self._work()
        postings = self.env["backflush.posting"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertEqual(set(postings.mapped("state")), {"posted"})
        events = {"completion", "unbuild", "scrap", "count", "correction"}
        if self.trigger == "delivery":
            events.add("delivery")
        self.assertLessEqual(events, set(postings.mapped("event")))

    def test_nobody_names_the_trigger_from_outside(self):
        """What a close knows of a day before is never taken from a call."""
        for lie in ([self.p.id] + [False] * self.p.id, {str(self.p.id): False}):
            product = self.p.with_context(backflush_triggers=lie)
            self.assertEqual(product._get_backflush_trigger(), self.trigger)
            order = self._create_production(self.p, 10)
            order.qty_producing = 10
            order._set_qty_producing()
            self._call(self.shop, order, "button_mark_done", backflush_triggers=lie)
            self.assertEqual(order.backflush_posting_ids.mapped("state"), ["posted"])

    def test_reads_no_model_of_ours(self):
        self._work()
        for user in (self.shop, self.keeper):
            for model in self._get_own_models():
                if model._name == "backflush.suitability" and user.has_group(
                    "mrp.group_mrp_manager"
                ):
                    continue  # managers of manufacturing see it, without amounts
                records = model.sudo().search([], limit=1)
                calls = [
                    ("search", []),
                    ("search_read", []),
                    ("search_count", []),
                    ("web_search_read", [], {}),
                    ("name_search",),
                    ("formatted_read_group", [], [], ["__count"]),
                    ("create", {}),
                ]
                with self.subTest(model._name):
                    for method, *args in calls:
                        with self.assertRaises(AccessError, msg=method):
                            self._call(user, model, method, *args, **TRICKS)
                    for method, *args in (
                        ("read", []),
                        ("web_read", {"display_name": {}}),
                        ("export_data", ["display_name"]),
                        ("copy",),
                        ("unlink",),
                    ):
                        if records:
                            with self.assertRaises(UserError, msg=method):
                                self._call(user, records, method, *args, **TRICKS)

    def _get_hidden_fields(self, model):
        """Our fields on Odoo's models that tell about postings or cost."""
        return [
            name
            for name, field in model._fields.items()
            if "backflush" in name
            and (field.comodel_name or "").startswith("backflush.")
            or name.startswith("backflush_")
            and name.endswith(("_count", "_warning"))
        ]

    def test_sees_no_field_of_ours(self):
        order, unbuild, scrap, count, picking = self._work()
        records = (
            order,
            unbuild,
            scrap,
            count,
            picking,
            picking.move_ids,
            self.p,
            self.p.product_tmpl_id,
            self.finished,
        )
        checked = set()
        for record in records:
            for name in self._get_hidden_fields(record):
                checked.add(f"{record._name}.{name}")
                self._check_no_field(record, name)
        self.assertIn("mrp.production.backflush_variance_ids", checked)
        self.assertIn("stock.move.backflush_fact_ids", checked)

    def _check_no_field(self, record, name):
        for user in (self.shop, self.keeper):
            shown = self._call(user, record.browse(), "fields_get")
            self.assertNotIn(name, shown, record._name)
            for method, *args in (
                ("read", [name]),
                ("web_read", {name: {}}),
                ("export_data", [name]),
                ("write", {name: [Command.clear()]}),
            ):
                with self.assertRaises(UserError, msg=(record._name, name, method)):
                    self._call(user, record, method, *args, **TRICKS)
            if not record._fields[name].comodel_name:
                continue
            for domain in ([(name, "!=", False)], [(f"{name}.id", ">", 0)]):
                with self.assertRaises(AccessError, msg=(record._name, domain)):
                    self._call(user, record.browse(), "search", domain)

    def test_forms_show_nothing_of_ours(self):
        for model in (
            "mrp.production",
            "mrp.unbuild",
            "stock.picking",
            "stock.scrap",
            "product.category",
            "product.product",
            "product.template",
        ):
            records = self.env[model]
            for view in ("form", "list", "search"):
                arch = self._call(self.shop, records, "get_view", None, view)["arch"]
                found = re.findall(r"backflush_(?:posting|variance|fact)\w*", arch)
                self.assertFalse(found, (model, view))

    def test_form_of_a_finished_order_opens(self):
        order = self._work()[0]
        form = Form(order.with_user(self.shop))
        self.assertEqual(form.state, "done")

    def test_chatter_and_activities_tell_no_cost(self):
        records = self._work()
        amounts = re.compile(r"\$\s*\d|\d\s*(?:\$|USD)")
        for record in records:
            if "message_ids" not in record._fields:
                continue
            mine = record.with_user(self.shop)
            texts = mine.message_ids.mapped("body")
            texts += mine.message_ids.sudo().tracking_value_ids.mapped("new_value_char")
            for text in texts:
                self.assertFalse(amounts.search(str(text or "")), (record, text))
            self.assertFalse(mine.message_partner_ids & self._get_accountants(), record)
        activities = self.env["mail.activity"].with_user(self.shop).search([])
        for text in activities.mapped("note"):
            self.assertFalse(amounts.search(str(text or "")))

    def _get_accountants(self):
        group = self.env.ref("backflush_costing.group_backflush_accountant")
        return (group.all_user_ids - self.env.user).partner_id

    def test_reports_are_refused(self):
        self._work()
        reports = self.env["ir.actions.report"].search(
            [("model", "=like", "backflush.%")]
        )
        self.assertTrue(reports)
        users = (self.shop, self._create_user("billing"))
        for report in reports:
            records = self.env[report.model].search([], limit=1)
            if not records:
                continue
            for user in users:
                with self.assertRaises(AccessError):
                    self.env["ir.actions.report"].with_user(user)._render_qweb_html(
                        report.report_name, records.ids
                    )

    def test_buttons_are_refused(self):
        order, *_rest, picking = self._work()
        posting = order.backflush_posting_ids[:1]
        for method in ("action_retry", "action_reverse", "action_open_entry"):
            with self.assertRaises(AccessError):
                self._call(self.shop, posting, method, **TRICKS)
        # what these open is refused then
        for record in (order, picking):
            action = self._call(self.shop, record, "action_view_backflush_postings")
            with self.assertRaises(AccessError):
                self._call(
                    self.shop,
                    self.env[action["res_model"]],
                    "web_search_read",
                    action["domain"],
                    {},
                )


@tagged("post_install", "-at_install")
class TestShopUserDelivery(Variant2, TestShopUser):
    pass


@tagged("post_install", "-at_install")
class TestRemoteCalls(RightsCase):
    """Posted documents, their facts and variances refuse every call from outside."""

    def setUp(self):
        super().setUp()
        self.order = self._play()
        self.posting = self.order.backflush_posting_ids
        self.evidence = {
            "backflush.posting": self.posting,
            "backflush.posting.line": self.posting.line_ids[:1],
            "backflush.stock.fact": self.posting.fact_ids[:1],
            "backflush.variance": self.posting.variance_ids[:1],
        }
        self.users = [self._create_user(role) for role in ROLES]

    def _check_refused(self, records, method, *args):
        before = self._remember()
        for user in self.users:
            for tricks in ({}, TRICKS, TRICKS | {"default_state": "reversed"}):
                with self.assertRaises(UserError, msg=(user.login, method)) as caught:
                    self._call(user, records, method, *args, **tricks)
                self.assertGreater(len(str(caught.exception)), 20)
        self.assertEqual(self._remember(), before)

    def _remember(self):
        """All evidence of the company, as it stands."""
        self.env.invalidate_all()
        return {
            name: self.env[name].search_read([("company_id", "=", self.company.id)])
            for name in EVIDENCE
        }

    def test_write_unlink_and_copy(self):
        values = {
            "backflush.posting": {"state": "failed"},
            "backflush.posting.line": {"amount": 1.0},
            "backflush.stock.fact": {"posting_id": False},
            "backflush.variance": {"amount": 1.0},
        }
        for name, records in self.evidence.items():
            with self.subTest(name):
                self.assertTrue(records)
                self._check_refused(records, "write", values[name])
                self._check_refused(records, "web_save", values[name], {})
                self._check_refused(records, "unlink")
                self._check_refused(records, "copy")

    def test_create(self):
        today = "2024-01-31"
        company = self.company.id
        values = {
            "backflush.posting": {
                "name": "X",
                "event": "completion",
                "state": "posted",
                "date_event": today,
                "res_model": "mrp.production",
                "res_id": self.order.id,
                "sequence": 9,
                "company_id": company,
            },
            "backflush.posting.line": {
                "posting_id": self.posting.id,
                "account_id": self.ppv.id,
                "kind": "output",
                "amount": 1.0,
            },
            "backflush.stock.fact": {
                "move_id": self.order.move_raw_ids[0].id,
                "product_id": self.m.id,
                "sequence": 9,
                "quantity": 1.0,
                "posting_id": self.posting.id,
                "date": today,
                "company_id": company,
            },
            "backflush.variance": {
                "kind": "material_usage",
                "amount": 1.0,
                "date": today,
                "posting_id": self.posting.id,
                "company_id": company,
            },
        }
        for name, vals in values.items():
            with self.subTest(name):
                model = self.env[name]
                self._check_refused(model, "create", vals)
                self._check_refused(model, "create", [vals])
                self._check_import(model, vals)

    def _check_import(self, model, vals):
        before = self._remember()
        fields = [f"{x}/.id" if x.endswith("_id") else x for x in vals]
        fields = [x.replace("res_id/.id", "res_id") for x in fields]
        row = [str(value) for value in vals.values()]
        for user in self.users:
            try:
                result = self._call(user, model, "load", fields, [row], **TRICKS)
            except AccessError:
                continue
            self.assertFalse(result["ids"])
            self.assertTrue(result["messages"])
        self.assertEqual(self._remember(), before)

    def test_through_the_documents_they_belong_to(self):
        """One2many commands on orders, movements, transfers and entries."""
        fact, variance = self.posting.fact_ids[:1], self.posting.variance_ids[:1]
        for record, name, line in (
            (self.order, "backflush_posting_ids", self.posting),
            (self.order, "backflush_variance_ids", variance),
            (fact.move_id, "backflush_fact_ids", fact),
            (self.posting.account_move_id, "backflush_posting_ids", self.posting),
        ):
            for command in (
                Command.clear(),
                Command.delete(line.id),
                Command.unlink(line.id),
                Command.update(line.id, {"company_id": self.company.id}),
                Command.create({}),
            ):
                with self.subTest(record=record, command=command):
                    self._check_refused(record, "write", {name: [command]})

    def test_engine_is_not_called_from_outside(self):
        for name in ("backflush.engine", "backflush.price.change", "backflush.setup"):
            model = type(self.env[name])
            own = [
                method
                for cls in model.mro()
                if getattr(cls, "_original_module", None) == MODULE
                or cls.__module__.startswith(f"odoo.addons.{MODULE}")
                for method in vars(cls)
                if callable(getattr(cls, method)) and not method.startswith("_")
            ]
            self.assertFalse(own, name)
        with self.assertRaises(AccessError):
            self._call(
                self.users[-1], self.env["backflush.engine"], "_reverse", self.posting
            )

    def test_what_was_in_force_stays(self):
        """Cards, prices and rates of a version in force, and the version itself."""
        version = self.posting.standard_id.version_id
        for records, vals in (
            (self.posting.standard_id, {"amount": 1.0}),
            (self.posting.standard_id.line_ids[:1], {"amount": 1.0}),
            (version.price_ids[:1], {"price": 1.0}),
            (version.rate_ids[:1], {"rate": 1.0}),
            (version, {"state": "draft"}),
        ):
            with self.subTest(records._name):
                self._check_refused(records, "write", vals)
                self._check_refused(records, "unlink")
                self.assertTrue(records.exists())
