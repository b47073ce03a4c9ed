"""Set-up of companies, settings, access rights and menus."""

from odoo import Command
from odoo.addons.backflush_costing.costing.variance import KINDS
from odoo.addons.backflush_costing.hooks import post_init_hook, uninstall_hook
from odoo.addons.base.tests.common import BaseCommon
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger
from psycopg2.errors import UniqueViolation

ROLES = ("control", "applied", "price_variance", "quantity_variance")


class ConfigurationCase(BaseCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.factory = cls._create_company("Configured Factory")
        cls._load_chart(cls.factory)

    @classmethod
    def _create_company(cls, name, **values):
        company = cls.env["res.company"].create({"name": name, **values})
        cls.env.user.company_ids |= company
        return company.with_company(company)

    @classmethod
    def _load_chart(cls, company):
        cls.env["account.chart.template"]._load(
            "generic_coa", company, install_demo=False
        )

    def _create_account(self, company, code, account_type="expense", **values):
        return self.env["account.account"].create(
            {
                "name": f"Account {code}",
                "code": code,
                "account_type": account_type,
                "company_ids": [Command.set(company.ids)],
                **values,
            }
        )

    def _get_elements(self, company):
        elements = (
            self.env["backflush.element"]
            .with_company(company)
            .with_context(active_test=False)
            .search([("company_id", "=", company.id)])
        )
        return {element.type: element for element in elements}

    def _get_own_accounts(self, company):
        accounts = self.env["account.account"].with_company(company)
        for element in self._get_elements(company).values():
            for role in ROLES:
                accounts |= element[f"{role}_account_id"]
        return (
            accounts
            | company.backflush_revaluation_account_id
            | company.backflush_capitalised_variance_account_id
        ).with_company(company)

    def _count(self, company):
        """What a company has of everything that the set-up creates."""
        domain = [("company_id", "=", company.id)]
        active_test = {"active_test": False}
        return (
            self.env["account.account"]
            .with_context(**active_test)
            .search_count([("company_ids", "in", company.ids)]),
            self.env["account.journal"]
            .with_context(**active_test)
            .search_count(domain),
            self.env["backflush.element"]
            .with_context(**active_test)
            .search_count(domain),
            self.env["ir.sequence"].search_count(
                [*domain, ("code", "=", "backflush.posting")]
            ),
        )


@tagged("post_install", "-at_install")
class TestSetup(ConfigurationCase):
    def test_company_of_the_installation_is_configured(self):
        company = self.env.ref("base.main_company")
        self.assertTrue(company.backflush_journal_id)
        self.assertEqual(
            company._get_backflush_elements().mapped("type"), ["material", "conversion"]
        )

    def test_journal(self):
        self.assertRecordValues(
            self.factory.backflush_journal_id,
            [
                {
                    "name": "Backflush Costing",
                    "code": "BKF",
                    "type": "general",
                    "company_id": self.factory.id,
                }
            ],
        )

    def test_materials_and_one_pool_are_active_the_others_ready(self):
        elements = self._get_elements(self.factory)
        self.assertEqual(
            {name for name, element in elements.items() if element.active},
            {"material", "conversion"},
        )
        self.assertEqual(len(elements), 6)
        for name, element in elements.items():
            roles = ROLES[2:] if name == "material" else ROLES
            for role in roles:
                self.assertTrue(element[f"{role}_account_id"], (name, role))
        accounts = self._get_own_accounts(self.factory)
        self.assertEqual(len(accounts), 2 + 5 * 4 + 2, "no account serves two purposes")

    def test_accounts_are_of_sensible_types(self):
        labour = self._get_elements(self.factory)["labour"]
        self.assertEqual(labour.control_account_id.account_type, "expense")
        self.assertEqual(labour.applied_account_id.account_type, "expense")
        self.assertEqual(
            labour.price_variance_account_id.account_type, "expense_direct_cost"
        )
        self.assertEqual(
            self.factory.backflush_cost_of_sales_account_id.account_type,
            "expense_direct_cost",
        )
        self.assertEqual(
            self.factory.backflush_revaluation_account_id.account_type, "expense"
        )
        capitalised = self.factory.backflush_capitalised_variance_account_id
        self.assertEqual(capitalised.account_type, "asset_current")
        self.assertNotEqual(capitalised, self.factory.account_stock_valuation_id)

    def test_names_are_the_accountants_words(self):
        labour = self._get_elements(self.factory)["labour"]
        self.assertEqual(labour.name, "Labour")
        self.assertEqual(labour.control_account_id.name, "Labour – control")
        self.assertEqual(labour.applied_account_id.name, "Labour – applied")
        self.assertEqual(
            labour.price_variance_account_id.name, "Labour – price variance"
        )

    def test_external_ids_belong_to_the_company(self):
        prefix = f"account.{self.factory.id}_backflush_"
        self.assertEqual(
            self.env.ref(f"{prefix}journal"), self.factory.backflush_journal_id
        )
        self.assertEqual(
            self.env.ref(f"{prefix}labour_applied"),
            self._get_elements(self.factory)["labour"].applied_account_id,
        )

    def test_running_again_changes_nothing(self):
        before = self._count(self.factory)
        own = self._get_own_accounts(self.factory)
        self.factory._backflush_configure()
        post_init_hook(self.env)
        self.assertEqual(self._count(self.factory), before)
        self.assertEqual(self._get_own_accounts(self.factory), own)

    def test_choices_of_the_user_stay(self):
        elements = self._get_elements(self.factory)
        pool = elements["conversion"]
        pool.applied_account_id = pool.control_account_id
        pool.active = False
        elements["labour"].active = True
        elements["labour"].name = "Wages"
        other = self._create_account(self.factory, "654321")
        self.factory.backflush_revaluation_account_id = other
        self.factory._backflush_configure()
        self.assertEqual(pool.applied_account_id, pool.control_account_id)
        self.assertFalse(pool.active)
        self.assertTrue(elements["labour"].active)
        self.assertEqual(elements["labour"].name, "Wages")
        self.assertEqual(self.factory.backflush_revaluation_account_id, other)

    def test_what_was_emptied_is_filled_with_the_same_account(self):
        labour = self._get_elements(self.factory)["labour"]
        account = labour.control_account_id
        before = self._count(self.factory)
        labour.control_account_id = False
        self.factory._backflush_configure()
        self.assertEqual(labour.control_account_id, account)
        self.assertEqual(self._count(self.factory), before)

    def test_deleted_pool_comes_back_inactive(self):
        """Whoever deleted it has chosen other elements."""
        elements = self._get_elements(self.factory)
        elements["conversion"].unlink()
        elements["labour"].active = True
        self.factory._backflush_configure()
        self.assertFalse(self._get_elements(self.factory)["conversion"].active)

    def test_chart_loaded_later(self):
        company = self._create_company("Chart Comes Later")
        company._backflush_configure()
        self.assertEqual(self._count(company)[1:3], (0, 0))
        self._load_chart(company)
        self.assertEqual(company.backflush_journal_id.code, "BKF")
        self.assertEqual(len(self._get_elements(company)), 6)

    def test_chart_loaded_twice(self):
        before = self._count(self.factory)
        self._load_chart(self.factory)
        self.assertEqual(self._count(self.factory), before)

    def test_another_chart_replaces_all_accounts(self):
        """Odoo deletes every account of a company that has no entries yet."""
        elements = self._get_elements(self.factory)
        elements["labour"].active = True
        before = self._count(self.factory)
        self.factory.chart_template = False
        self._load_chart(self.factory)
        self.assertEqual(self._count(self.factory), before)
        self.assertEqual(self._get_elements(self.factory), elements)
        self.assertTrue(elements["labour"].active)
        self.assertEqual(len(self._get_own_accounts(self.factory).exists()), 24)
        self.assertEqual(self.factory.backflush_journal_id.code, "BKF")

    def test_company_without_chart(self):
        company = self._create_company("No Chart")
        company._backflush_configure()
        self.assertFalse(company.backflush_journal_id)
        self.assertFalse(company._get_backflush_elements())
        self.assertEqual(company._get_backflush_config_company(), company)
        self.assertFalse(company._backflush_config("backflush_revaluation_account_id"))

    def test_two_companies_share_nothing(self):
        other = self._create_company("Other Factory")
        self._load_chart(other)
        self.assertFalse(
            self._get_own_accounts(other) & self._get_own_accounts(self.factory)
        )
        self.assertEqual(other.backflush_journal_id.code, "BKF")
        self.assertNotEqual(
            other.backflush_journal_id, self.factory.backflush_journal_id
        )

    # -- charts of other localisations: whatever their codes look like

    def _get_codes(self, company):
        company._backflush_configure()
        codes = self._get_own_accounts(company).mapped("code")
        everything = (
            self.env["account.account"]
            .with_company(company)
            .search([("company_ids", "in", company.ids)])
            .mapped("code")
        )
        self.assertEqual(len(everything), len(set(everything)), "codes are unique")
        self.assertEqual(len(codes), 24)
        return codes

    def test_journal_code_taken(self):
        company = self._create_company("Code Taken")
        for code in ("BKF", "BKF1"):
            self.env["account.journal"].create(
                {
                    "name": code,
                    "code": code,
                    "type": "general",
                    "company_id": company.id,
                    "active": code == "BKF",
                }
            )
        self._create_account(company, "600000")
        company._backflush_configure()
        self.assertEqual(company.backflush_journal_id.code, "BKF2")

    def test_codes_beside_the_neighbours(self):
        codes = self._get_codes(self.factory)
        self.assertTrue(all(len(code) == 6 and code.isdigit() for code in codes))
        expense = self.factory.expense_account_id.code
        self.assertIn(str(int(expense) + 1), codes)

    def test_dotted_codes(self):
        company = self._create_company("Dotted")
        self._create_account(company, "6.01.01")
        self._create_account(company, "6.01.02")
        self._create_account(company, "1.01.01", "asset_current")
        codes = self._get_codes(company)
        self.assertIn("6.01.03", codes)
        self.assertIn("1.01.02", codes)

    def test_no_number_left_gives_a_copy_suffix(self):
        company = self._create_company("Full")
        self._create_account(company, "10.98")
        codes = self._get_codes(company)
        self.assertIn("10.99", codes)
        self.assertTrue(any(code.startswith("10.98.copy") for code in codes))

    def test_letters_only(self):
        company = self._create_company("Letters")
        self._create_account(company, "EXP")
        self.assertIn("EXP.copy", self._get_codes(company))

    def test_chart_with_cost_of_revenue_only(self):
        company = self._create_company("Cost of Revenue")
        cost = self._create_account(company, "5000", "expense_direct_cost")
        self._get_codes(company)
        self.assertEqual(company.backflush_cost_of_sales_account_id, cost)
        pool = self._get_elements(company)["conversion"]
        self.assertEqual(pool.control_account_id.account_type, "expense_direct_cost")

    def test_code_that_the_chart_will_want_again(self):
        """Loading the chart again would take our account for the chart's own."""
        company = self._create_company("Deleted Account")
        self._load_chart(company)
        Template = self.env["account.chart.template"].with_company(company)
        self._get_own_accounts(company).unlink()
        wanted = str(int(company.expense_account_id.code) + 1)
        data = {"wanted": {"code": wanted.rstrip("0"), "name": "Wanted"}}
        original = type(Template)._get_chart_template_model_data
        self.patch(
            type(Template),
            "_get_chart_template_model_data",
            lambda self, code, model: {**original(self, code, model), **data},
        )
        self.assertNotIn(wanted, self._get_codes(company))

    # -- cost elements

    def test_one_active_element_of_a_type(self):
        pool = self._get_elements(self.factory)["conversion"]
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            pool.copy({"code": "CONV2"}).flush_recordset()

    def test_code_is_unique(self):
        elements = self._get_elements(self.factory)
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            elements["labour"].code = "MAT"
            elements["labour"].flush_recordset()

    def test_control_account_belongs_to_one_element(self):
        elements = self._get_elements(self.factory)
        control = elements["conversion"].control_account_id
        elements["labour"].control_account_id = control
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            elements["labour"].active = True
            elements["labour"].flush_recordset()

    def test_nobody_applies_to_anothers_control_account(self):
        elements = self._get_elements(self.factory)
        elements["labour"].active = True
        with self.assertRaises(ValidationError):
            elements["labour"].applied_account_id = elements[
                "conversion"
            ].control_account_id

    def test_control_and_applied_may_be_one_account(self):
        pool = self._get_elements(self.factory)["conversion"]
        pool.applied_account_id = pool.control_account_id
        self.assertEqual(pool.applied_account_id, pool.control_account_id)

    def test_account_of_another_company_is_refused(self):
        other = self._create_company("Foreign")
        account = self._create_account(other, "600000")
        with self.assertRaises(UserError):
            self._get_elements(self.factory)["labour"].control_account_id = account

    def test_account_of_each_kind_of_variance(self):
        elements = self._get_elements(self.factory)
        labour, material = elements["labour"], elements["material"]
        price, quantity = (
            labour.price_variance_account_id,
            labour.quantity_variance_account_id,
        )
        company = self.factory
        expected = {
            "labour_rate": price,
            "unallocated": price,
            "labour_efficiency": quantity,
            "lot_size": quantity,
            "method": material.quantity_variance_account_id,
            "rounding": material.quantity_variance_account_id,
            "revaluation": company.backflush_revaluation_account_id,
            "standard_change": company.backflush_revaluation_account_id,
            "timing": company.backflush_cost_of_sales_account_id,
        }
        for kind, account in expected.items():
            self.assertEqual(labour._get_variance_account(kind), account, kind)
        for kind in KINDS:
            self.assertTrue(material._get_variance_account(kind), kind)
        with self.assertRaises(ValueError):
            labour._get_variance_account("luck")

    # -- numbering

    def _next(self, company, date="2026-03-31"):
        """Year and number of the next posting."""
        sequence = company._get_backflush_sequence()
        name = sequence.with_context(ir_sequence_date=date).next_by_id()
        prefix, year, number = name.split("/")
        self.assertEqual((prefix, len(number)), ("BF", 5))
        return int(year), int(number)

    def test_each_company_numbers_its_own_postings(self):
        other = self._create_company("Other Factory")
        self.assertEqual(self._next(other), (2026, 1))
        _year, first = self._next(self.factory)
        self.assertEqual(self._next(self.factory), (2026, first + 1))
        self.assertEqual(self._next(other), (2026, 2))

    def test_numbers_run_on_in_the_next_year(self):
        _year, last = self._next(self.factory, "2026-12-31")
        self.assertEqual(self._next(self.factory, "2027-01-01"), (2027, last + 1))

    def test_a_company_has_one_sequence(self):
        self.factory._backflush_create_sequences()
        self.assertEqual(self._count(self.factory)[3], 1)


@tagged("post_install", "-at_install")
class TestBranches(ConfigurationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.branch = cls._create_company("Branch", parent_id=cls.factory.id)
        cls.env.cr.precommit.run()  # Odoo loads the parent's chart there

    def test_branch_has_nothing_of_its_own_but_numbers(self):
        self.branch._backflush_configure()
        self.assertFalse(self.branch.backflush_journal_id)
        accounts, journals, elements, sequences = self._count(self.branch)
        self.assertEqual((accounts, journals, elements, sequences), (0, 0, 0, 1))

    def test_branch_uses_its_parents(self):
        self.assertEqual(self.branch._get_backflush_config_company(), self.factory)
        self.assertEqual(
            self.branch._backflush_config("backflush_journal_id"),
            self.factory.backflush_journal_id,
        )
        self.assertEqual(
            self.branch._get_backflush_elements(),
            self.factory._get_backflush_elements(),
        )
        self.assertEqual(
            self.branch._get_backflush_element("conversion"),
            self._get_elements(self.factory)["conversion"],
        )

    def test_nearest_parent_wins(self):
        twig = self._create_company("Twig", parent_id=self.branch.id)
        account = self._create_account(self.factory, "654321")
        self.branch.backflush_revaluation_account_id = account
        name = "backflush_revaluation_account_id"
        self.assertEqual(twig._backflush_config(name), account)
        self.assertNotEqual(self.factory._backflush_config(name), account)

    def test_user_of_the_branch_alone_may_use_them(self):
        user = new_test_user(
            self.env,
            "branch_reader",
            "backflush_costing.group_backflush_user",
            company_id=self.branch.id,
            company_ids=[Command.set(self.branch.ids)],
        )
        branch = self.branch.with_user(user).with_context(
            allowed_company_ids=self.branch.ids
        )
        elements = branch._get_backflush_elements()
        self.assertEqual(elements.mapped("code"), ["MAT", "CONV"])
        self.assertTrue(branch._backflush_config("backflush_journal_id"))

    def test_manager_of_the_branch_cannot_change_the_parents(self):
        user = new_test_user(
            self.env,
            "branch_manager",
            "backflush_costing.group_backflush_manager",
            company_id=self.branch.id,
            company_ids=[Command.set(self.branch.ids)],
        )
        element = self._get_elements(self.factory)["material"].with_user(user)
        with self.assertRaises(AccessError):
            element.name = "Mine"


@tagged("post_install", "-at_install")
class TestUse(ConfigurationCase):
    MODELS = (
        "backflush.element",
        "backflush.version",
        "backflush.rate",
        "backflush.price",
        "backflush.standard",
        "backflush.standard.line",
        "backflush.stock.fact",
        "backflush.posting",
        "backflush.posting.line",
        "backflush.variance",
    )
    EVIDENCE = MODELS[-4:]

    def _user(self, login, groups):
        return new_test_user(
            self.env,
            login,
            groups,
            company_id=self.factory.id,
            company_ids=[Command.set(self.factory.ids)],
        )

    # -- uninstalling

    def _book(self, account, counterpart):
        entry = self.env["account.move"].create(
            {
                "journal_id": self.factory.backflush_journal_id.id,
                "line_ids": [
                    Command.create({"account_id": account.id, "balance": 10.0}),
                    Command.create({"account_id": counterpart.id, "balance": -10.0}),
                ],
            }
        )
        entry.action_post()
        return entry

    def test_unused_accounts_and_journal_go(self):
        own = self._get_own_accounts(self.factory)
        journal = self.factory.backflush_journal_id
        chart = self.factory.expense_account_id
        uninstall_hook(self.env)
        self.assertFalse(own.exists())
        self.assertFalse(journal.exists())
        self.assertTrue(chart.exists())

    def test_what_carries_entries_stays(self):
        pool = self._get_elements(self.factory)["conversion"]
        journal = self.factory.backflush_journal_id
        used = pool.control_account_id | pool.applied_account_id
        entry = self._book(*used)
        unused = self._get_own_accounts(self.factory) - used
        uninstall_hook(self.env)
        self.assertTrue(entry.exists() and journal.exists())
        self.assertEqual(used.exists(), used)
        self.assertFalse(unused.exists())

    def test_a_project_with_timesheets_stays(self):
        companies = self.factory | self.env.ref("base.main_company")
        companies._backflush_configure()
        projects = companies.backflush_project_id
        used = self.factory.backflush_project_id
        self.env["account.analytic.line"].create(
            {
                "name": "Work",
                "project_id": used.id,
                "employee_id": self.env["hr.employee"]
                .create({"name": "Worker", "company_id": self.factory.id})
                .id,
                "unit_amount": 1,
            }
        )
        self.assertEqual(len(projects), 2)
        uninstall_hook(self.env)
        self.assertEqual(projects.exists(), used)

    def test_what_the_user_has_put_to_another_use_stays(self):
        account = self._get_elements(self.factory)["material"].price_variance_account_id
        category = self.env["product.category"].create({"name": "Materials"})
        category.with_company(
            self.factory
        ).property_price_difference_account_id = account
        uninstall_hook(self.env)
        self.assertTrue(account.exists())

    # -- settings and category

    def test_settings_are_written_to_the_company(self):
        account = self._create_account(self.factory, "654321")
        settings = (
            self.env["res.config.settings"]
            .with_company(self.factory)
            .create(
                {
                    "backflush_labour_source": "workorder",
                    "backflush_revaluation_account_id": account.id,
                }
            )
        )
        settings.execute()
        self.assertEqual(self.factory.backflush_labour_source, "workorder")
        self.assertEqual(self.factory.backflush_revaluation_account_id, account)

    def test_settings_page_has_the_block(self):
        arch = self.env["res.config.settings"].get_view(view_type="form")["arch"]
        self.assertIn('id="backflush_costing"', arch)
        self.assertIn('name="action_backflush_check"', arch)

    def test_hours_come_from_both_sources_by_default(self):
        self.assertEqual(self.factory.backflush_labour_source, "auto")

    def test_trigger_belongs_to_the_company(self):
        category = self.env["product.category"].create({"name": "Finished"})
        category.with_company(self.factory).property_backflush_trigger = "completion"
        self.assertFalse(
            category.with_company(
                self.env.ref("base.main_company")
            ).property_backflush_trigger
        )

    def test_trigger_is_in_the_category_form(self):
        user = self._user(
            "administrator",
            "account.group_account_manager,stock.group_stock_manager,"
            "product.group_product_manager",
        )
        with Form(self.env["product.category"].with_user(user)) as form:
            form.name = "Finished"
            form.property_backflush_trigger = "completion"
            self.assertIn("Perpetual", form.backflush_configuration_warning)
            form.property_valuation = "real_time"
            self.assertNotIn("Perpetual", form.backflush_configuration_warning or "")
        # without all accounting features, too, the accounts can be set
        form.save().property_stock_valuation_account_id = False
        arch = self.env["product.category"].with_user(user).get_view(view_type="form")
        self.assertIn("property_price_difference_account_id", arch["arch"])

    # -- access rights

    def _may(self, user, operation):
        return {
            model
            for model in self.MODELS
            if self.env[model].with_user(user).has_access(operation)
        }

    def test_shop_users_have_no_access(self):
        user = self._user("shop", "mrp.group_mrp_manager,stock.group_stock_manager")
        for operation in ("read", "write", "create", "unlink"):
            self.assertFalse(self._may(user, operation))
        with self.assertRaises(AccessError):
            self.env["backflush.configuration.issue"].with_user(user).action_check()

    def test_reader_reads(self):
        user = self._user("reader", "account.group_account_readonly")
        self.assertTrue(user.has_group("backflush_costing.group_backflush_user"))
        self.assertEqual(self._may(user, "read"), set(self.MODELS))
        for operation in ("write", "create", "unlink"):
            self.assertFalse(self._may(user, operation))

    def test_accountant_prepares_standards(self):
        user = self._user("accountant", "account.group_account_user")
        self.assertTrue(user.has_group("backflush_costing.group_backflush_accountant"))
        # cards are made by the roll-up, never by hand
        made = {"backflush.standard", "backflush.standard.line"}
        allowed = set(self.MODELS) - set(self.EVIDENCE) - {"backflush.element"} - made
        for operation in ("write", "create", "unlink"):
            self.assertEqual(self._may(user, operation), allowed)

    def test_manager_configures(self):
        user = self._user("manager", "account.group_account_manager")
        self.assertTrue(user.has_group("backflush_costing.group_backflush_manager"))
        element = self._get_elements(self.factory)["labour"].with_user(user)
        element.active = True
        self.assertTrue(element.active)

    def test_nobody_writes_evidence(self):
        user = self._user("manager", "account.group_account_manager,base.group_system")
        for model in self.EVIDENCE:
            records = self.env[model].with_user(user)
            with self.assertRaises(AccessError):
                records.create({})
            with self.assertRaises(AccessError):
                records.check_access("write")
            with self.assertRaises(AccessError):
                records.check_access("unlink")

    def test_other_companies_are_out_of_sight(self):
        user = self._user("reader", "account.group_account_readonly")
        other = self._create_company("Other Factory")
        self._load_chart(other)
        elements = self.env["backflush.element"].with_user(user)
        self.assertEqual(elements.search([]).company_id, self.factory)
        with self.assertRaises(AccessError):
            self._get_elements(other)["material"].with_user(user).read(["name"])

    # -- menus

    def _visible(self, groups):
        user = self._user("menu_user", groups)
        visible = self.env["ir.ui.menu"].with_user(user).load_menus(False)
        names = (
            "menu",
            "posting_menu",
            "variance_menu",
            "version_menu",
            "standard_menu",
            "element_menu",
            "configuration_issue_menu",
            "variance_report_menu",
            "variance_mrp_menu",
        )
        return {
            name
            for name in names
            if self.env.ref(f"backflush_costing.backflush_{name}").id in visible
        }

    def test_administrator_of_a_fresh_database_sees_all(self):
        """Without any of the full accounting features."""
        groups = "account.group_account_manager,mrp.group_mrp_manager"
        self.assertEqual(len(self._visible(groups)), 9)
        user = self.env["res.users"].search([("login", "=", "menu_user")])
        self.assertFalse(user.has_group("account.group_account_readonly"))

    def test_section_stands_in_invoicings_menu_bar(self):
        menu = self.env.ref("backflush_costing.backflush_menu")
        self.assertEqual(menu.parent_id, self.env.ref("account.menu_finance"))

    def test_reader_sees_no_configuration(self):
        visible = self._visible("account.group_account_readonly")
        self.assertIn("posting_menu", visible)
        self.assertIn("variance_report_menu", visible)
        self.assertNotIn("element_menu", visible)

    def test_invoicing_and_shop_users_see_nothing(self):
        groups = "account.group_account_invoice,mrp.group_mrp_manager"
        self.assertFalse(self._visible(groups))
