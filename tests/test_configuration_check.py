"""Each case of the configuration check: produced, seen, put right."""

from odoo import Command
from odoo.tests import new_test_user, tagged

from .common import BackflushCommon

BLOCKING = "blocking"
WARNING = "warning"


class CheckCase(BackflushCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.checker = cls.env["backflush.configuration.issue"]
        cls.s.property_backflush_covered = True  # it is on no card

    def _get_issues(self, subject=None, category=None):
        issues = self.checker._get_issues(self.company, category)
        return [i for i in issues if subject in (None, i["subject"])]

    def assertIssue(self, subject, severity, *words, category=None):
        """Exactly one issue of `subject`, with these words in its sentence."""
        issues = self._get_issues(subject, category)
        self.assertEqual(len(issues), 1, issues)
        issue = issues[0]
        self.assertEqual(issue["severity"], severity)
        for word in words:
            self.assertIn(word, issue["message"])
        self.assertTrue(issue["action_xmlid"] or issue["res_id"], "a place to set it")
        return issue

    def assertSolved(self, subject):
        self.assertFalse(self._get_issues(subject))


@tagged("post_install", "-at_install")
class TestCheck(CheckCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards()

    def test_everything_set(self):
        self.assertEqual(self._get_issues(), [])

    # -- categories

    def test_category_not_at_standard_cost(self):
        self.finished.property_cost_method = "average"
        issue = self.assertIssue("cost_method", BLOCKING, "Finished", "Standard Price")
        self.assertEqual(issue["category_id"], self.finished.id)
        self.assertEqual(issue["res_model"], "product.category")
        self.finished.property_cost_method = "standard"
        self.assertSolved("cost_method")

    def test_materials_may_be_at_average_cost(self):
        self.materials.property_cost_method = "average"
        self.assertSolved("cost_method")

    def test_completion_without_perpetual_valuation(self):
        self.finished.property_valuation = "periodic"
        self.assertIssue("valuation", BLOCKING, "finished", "Perpetual")
        self.finished.property_valuation = "real_time"
        self.assertSolved("valuation")

    def test_delivery_without_periodic_valuation(self):
        self.finished.property_backflush_trigger = "delivery"
        self.assertIssue("valuation", BLOCKING, "delivered", "Periodic")
        self.finished.property_valuation = "periodic"
        self.assertSolved("valuation")

    def test_missing_stock_valuation_account(self):
        account = self.materials.property_stock_valuation_account_id
        self.company.account_stock_valuation_id = False
        self.env["ir.default"].search(
            [
                ("field_id.name", "=", "property_stock_valuation_account_id"),
                ("company_id", "=", self.company.id),
            ]
        ).unlink()
        self.materials.property_stock_valuation_account_id = False
        self.assertIssue("account", BLOCKING, "stock valuation account", "Materials")
        self.materials.property_stock_valuation_account_id = account
        self.assertSolved("account")

    def test_archived_stock_valuation_account(self):
        self.finished_account.active = False
        self.assertIssue("account", BLOCKING, "archived", "Finished")
        self.finished_account.active = True
        self.assertSolved("account")

    def test_missing_expense_account(self):
        self.materials.property_valuation = "periodic"
        account = self.materials.property_account_expense_categ_id
        self.company.expense_account_id = False
        self.env["ir.default"].search(
            [
                ("field_id.name", "=", "property_account_expense_categ_id"),
                ("company_id", "=", self.company.id),
            ]
        ).unlink()
        self.materials.property_account_expense_categ_id = False
        self.assertIssue("account", BLOCKING, "expense account", "Materials")
        self.materials.property_account_expense_categ_id = account
        self.assertSolved("account")

    def test_no_price_difference_account_is_said(self):
        self.materials.property_price_difference_account_id = False
        element = self.elements["material"]
        self.assertIssue(
            "price_difference",
            WARNING,
            "Materials",
            element.price_variance_account_id.display_name,
        )
        self.materials.property_price_difference_account_id = self.ppv
        self.assertSolved("price_difference")

    def test_archived_price_difference_account(self):
        self.ppv.active = False
        self.assertIssue("account", BLOCKING, "price difference", "archived")
        self.ppv.active = True
        self.assertSolved("account")

    def test_shared_stock_valuation_account(self):
        category = self._create_category(
            "Resale",
            property_valuation="real_time",
            property_stock_valuation_account_id=self.materials_account.id,
        )
        self.assertSolved("shared_valuation")  # nothing is in it yet
        self._create_product("Mouse", category)
        issue = self.assertIssue("shared_valuation", WARNING, "Materials", "Mouse")
        self.assertEqual(issue["category_id"], self.materials.id)
        category.property_stock_valuation_account_id = self._create_account(
            "Resale", "asset_current"
        )
        self.assertSolved("shared_valuation")

    def test_category_of_covered_and_other_products(self):
        other = self._create_product("Not on any card", self.materials)
        self.assertIssue("shared_valuation", WARNING, "Not on any card")
        other.property_backflush_covered = True
        self.assertSolved("shared_valuation")

    def test_variation_accounts_of_a_continental_chart(self):
        self.materials_account.account_stock_expense_id = self._create_account("Bought")
        issue = self.assertIssue("variation", WARNING, "Materials", "closing")
        self.assertEqual(issue["res_model"], "account.account")
        self.assertEqual(issue["res_id"], self.materials_account.id)
        self.materials_account.account_stock_expense_id = False
        self.assertSolved("variation")

    # -- products

    def test_product_valued_by_lot(self):
        self.m.tracking = "lot"
        self.m.lot_valuated = True
        issue = self.assertIssue("lot_valuated", BLOCKING, "M", "lot")
        self.assertEqual(issue["product_id"], self.m.id)
        self.m.lot_valuated = False
        self.assertSolved("lot_valuated")

    def test_no_active_version(self):
        self.finished.property_backflush_trigger = False
        other = self._create_company(name="Factory without Version")
        category = self.finished.with_company(other)
        category.property_backflush_trigger = "completion"
        issues = self.checker._get_issues(other)
        self.assertIn("version", [issue["subject"] for issue in issues])
        self.assertNotIn("card", [issue["subject"] for issue in issues])

    def test_no_active_card(self):
        product = self._create_product("New", self.finished)
        self._create_bom(product, 1, {self.m: 1})
        issue = self.assertIssue("card", BLOCKING, "New", "standard cost card")
        self.assertEqual(issue["product_id"], product.id)
        product.active = False
        self.assertSolved("card")

    def test_product_without_bill_of_materials(self):
        self._create_product("Bought", self.finished)
        self.assertIssue("card", WARNING, "Bought", "bill of materials")

    def test_kits_need_no_card(self):
        kit = self._create_product("Kit", self.finished)
        self._create_bom(kit, 1, {self.m: 1}, type="phantom")
        self.assertSolved("card")

    def test_archived_products_and_services_are_left_alone(self):
        self._create_product("Old", self.finished, active=False)
        self._create_product("Advice", self.finished, is_storable=False, type="service")
        self.assertEqual(self._get_issues(), [])

    def test_other_companies_products_are_left_alone(self):
        other = self._create_company(name="Other Factory")
        self._create_product("Theirs", self.finished, company_id=other.id)
        self.assertEqual(self._get_issues(), [])

    def test_products_without_category(self):
        product = self._create_product("Loose", self.env["product.category"])
        product.property_backflush_covered = True
        issues = self._get_issues("periodic_material")
        self.assertEqual(len(issues), 1)
        self.assertEqual(issues[0]["res_model"], "product.product")
        self.assertEqual(issues[0]["res_id"], product.id)

    def test_work_center_that_costs_nothing(self):
        version = self._create_version(name="Free", date_from="2020-02-01")
        version.rate_ids.rate = 0.0
        version.action_roll_up()
        version.action_activate()
        issue = self.assertIssue("workcenter", WARNING, "Assembly")
        self.assertEqual(issue["workcenter_id"], self.workcenter.id)

    # -- the company

    def test_missing_journal(self):
        journal = self.company.backflush_journal_id
        self.company.backflush_journal_id = False
        issue = self.assertIssue("journal", BLOCKING, "Little Factory")
        self.assertEqual(issue["action_xmlid"], "account.action_account_config")
        self.company.backflush_journal_id = journal
        self.assertSolved("journal")

    def test_archived_journal(self):
        self.company.backflush_journal_id.active = False
        self.assertIssue("journal", BLOCKING, "archived")

    def test_missing_company_accounts(self):
        for name, severity in (
            ("backflush_revaluation_account_id", BLOCKING),
            ("backflush_cost_of_sales_account_id", WARNING),
            ("backflush_capitalised_variance_account_id", WARNING),
            ("backflush_gaap_wip_account_id", WARNING),
        ):
            account = self.company[name]
            self.company[name] = False
            self.assertIssue("account", severity, self.company._fields[name].string)
            self.company[name] = account
            self.assertSolved("account")

    def test_missing_and_archived_element_accounts(self):
        element = self.elements["labour"]
        for role, severity in (
            ("control", WARNING),
            ("applied", BLOCKING),
            ("price_variance", BLOCKING),
            ("quantity_variance", BLOCKING),
        ):
            account = element[f"{role}_account_id"]
            element[f"{role}_account_id"] = False
            issue = self.assertIssue("account", severity, "Labour", "missing")
            self.assertEqual(issue["res_id"], element.id)
            element[f"{role}_account_id"] = account
            account.active = False
            self.assertIssue("account", severity, "Labour", "archived")
            account.active = True
            self.assertSolved("account")

    def test_accounts_of_inactive_elements_do_not_matter(self):
        self.elements["subcontract"].applied_account_id = False
        self.assertEqual(self._get_issues(), [])

    def test_no_element_for_materials(self):
        self.elements["material"].active = False
        self.assertIssue("element", BLOCKING, "materials")
        self.elements["material"].active = True
        self.assertSolved("element")

    def test_own_account_is_a_stock_valuation_account(self):
        name = "backflush_capitalised_variance_account_id"
        account = self.company[name]
        self.company[name] = self.materials_account
        self.assertIssue("own_account", BLOCKING, self.materials_account.name)
        self.company[name] = account
        self.assertSolved("own_account")

    def test_company_without_chart(self):
        company = self.env["res.company"].create({"name": "No Chart"})
        self.assertEqual(self.checker._get_issues(company), [])
        self.finished.with_company(company).property_backflush_trigger = "completion"
        issues = self.checker._get_issues(company)
        self.assertIn("chart of accounts", issues[0]["message"])
        self.assertEqual(issues[0]["severity"], BLOCKING)

    def test_branch_answers_for_its_parent_only_where_it_uses_it(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        self.company.backflush_journal_id = False
        self.assertEqual(self.checker._get_issues(branch), [])
        self.finished.with_company(branch).property_backflush_trigger = "completion"
        subjects = [i["subject"] for i in self.checker._get_issues(branch)]
        self.assertIn("journal", subjects)

    # -- the list, the form

    def test_worst_first(self):
        self.materials.property_price_difference_account_id = False
        self.finished.property_valuation = "periodic"
        severities = [issue["severity"] for issue in self._get_issues()]
        self.assertEqual(severities, sorted(severities))
        self.assertEqual(set(severities), {BLOCKING, WARNING})

    def test_list_of_the_check(self):
        user = new_test_user(
            self.env,
            "checker",
            "account.group_account_manager",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.finished.property_valuation = "periodic"
        self.company.backflush_journal_id = False
        checker = self.checker.with_user(user).with_context(
            allowed_company_ids=self.company.ids
        )
        for _run in range(2):  # the second replaces the first
            action = checker.action_check()
            issues = checker.search([])
            self.assertEqual(action["domain"], [("id", "in", issues.ids)])
            self.assertEqual(issues.mapped("subject"), ["journal", "valuation"])
        fix = issues[1].action_fix()
        self.assertEqual(
            (fix["res_model"], fix["res_id"]), ("product.category", self.finished.id)
        )
        self.assertEqual(issues[0].action_fix()["res_model"], "res.config.settings")

    def test_list_belongs_to_who_ran_the_check(self):
        self.finished.property_valuation = "periodic"
        self.checker.action_check()
        user = new_test_user(
            self.env,
            "other",
            "account.group_account_manager",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.assertFalse(self.checker.with_user(user).search([]))

    def test_check_from_the_category(self):
        self.finished.property_valuation = "periodic"
        self.company.backflush_journal_id = False
        action = self.finished.action_backflush_check()
        issues = self.checker.search(action["domain"])
        self.assertEqual(issues.mapped("subject"), ["valuation"])

    def test_check_from_the_settings(self):
        self.company.backflush_journal_id = False
        settings = self.env["res.config.settings"].create({})
        action = settings.action_backflush_check()
        issues = self.checker.search(action["domain"])
        self.assertEqual(issues.mapped("subject"), ["journal"])

    def test_warning_in_the_category(self):
        self.assertFalse(self.finished.backflush_configuration_warning)
        self.finished.property_valuation = "periodic"
        self.assertIn("Perpetual", self.finished.backflush_configuration_warning)
        unconcerned = self.env["product.category"].create({"name": "Unconcerned"})
        self.assertFalse(unconcerned.backflush_configuration_warning)

    def test_warning_on_what_is_being_typed(self):
        typed = self.finished.new(origin=self.finished)
        typed.property_valuation = "periodic"
        self.assertIn("Perpetual", typed.backflush_configuration_warning)
        self.assertFalse(self.finished.backflush_configuration_warning)
        new = self.env["product.category"].new(
            {"name": "New", "property_backflush_trigger": "delivery"}
        )
        new.property_valuation = "real_time"
        self.assertIn("Periodic", new.backflush_configuration_warning)

    def test_queries_do_not_grow_with_products(self):
        for number in range(3):
            self._create_product(f"Some {number}", self.finished)
        self._get_issues()  # warms the caches
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self._get_issues()
        few = self.env.cr.sql_log_count - before
        for number in range(30):
            self._create_product(f"More {number}", self.finished)
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self._get_issues()
        self.assertLessEqual(self.env.cr.sql_log_count - before, few + 5)


@tagged("post_install", "-at_install")
class TestCheckPeriodicMaterials(CheckCase):
    materials_valuation = "periodic"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards()

    def test_everything_set(self):
        self.assertEqual(self._get_issues(), [])

    def test_expense_account_is_the_companys_default(self):
        dedicated = self.materials.property_account_expense_categ_id
        default = self.company.expense_account_id
        self.materials.property_account_expense_categ_id = default
        issue = self.assertIssue(
            "periodic_material", WARNING, "Materials", default.name
        )
        self.assertEqual(issue["category_id"], self.materials.id)
        self.materials.property_account_expense_categ_id = dedicated
        self.assertSolved("periodic_material")

    def test_expense_account_is_the_cost_of_sales(self):
        self.materials.property_account_expense_categ_id = self.cost_of_sales_account
        self.assertIssue("periodic_material", WARNING, "Materials")

    def test_expense_account_is_used_by_a_cost_element(self):
        control = self.elements["labour"].control_account_id
        self.materials.property_account_expense_categ_id = control
        self.assertIssue("periodic_material", WARNING, "Materials")

    def test_expense_account_is_used_by_other_products(self):
        account = self.materials.property_account_expense_categ_id
        category = self._create_category(
            "Resale", property_account_expense_categ_id=account.id
        )
        product = self._create_product("Mouse", category)
        self.assertIssue("periodic_material", WARNING, "Materials")
        product.property_backflush_covered = True
        self.assertSolved("periodic_material")

    def test_product_with_its_own_expense_account(self):
        self.m.property_account_expense_id = self.company.expense_account_id
        issue = self.assertIssue("periodic_material", WARNING, "M")
        self.assertEqual(issue["product_id"], self.m.id)
        self.m.property_account_expense_id = self._create_account("Only M")
        self.assertSolved("periodic_material")

    def test_price_difference_account_is_not_asked_for(self):
        """Odoo books no difference for periodic materials: the element's takes it."""
        self.materials.property_price_difference_account_id = False
        self.assertSolved("price_difference")


@tagged("post_install", "-at_install")
class TestCheckDelivery(CheckCase):
    trigger = "delivery"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards()

    def test_everything_set(self):
        self.assertEqual(self._get_issues(), [])

    def test_what_is_sold_needs_a_card_even_if_it_is_bought(self):
        self._create_product("Bought", self.finished)
        self.assertIssue("card", BLOCKING, "Bought")
