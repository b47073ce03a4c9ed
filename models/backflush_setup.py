from collections import defaultdict

from odoo import Command, api, models
from odoo.fields import Domain

#: Cost elements of a company: type, code, active. Materials and one conversion pool are
#: what most factories start with; the others are there to be switched on.
ELEMENTS = (
    ("material", "MAT", True),
    ("conversion", "CONV", True),
    ("labour", "LAB", False),
    ("variable_overhead", "VOH", False),
    ("fixed_overhead", "FOH", False),
    ("subcontract", "SUB", False),
)
VARIANCE_ROLES = ("price_variance", "quantity_variance")
#: Materials have only variances: they are relieved from the account that carries them.
#: Types of new accounts in the balance sheet; others are of their neighbour's.
NEW_TYPES = {"asset": "asset_current", "liability": "liability_current"}
CONVERSION_ROLES = ("control", "applied", *VARIANCE_ROLES)


class BackflushSetup(models.AbstractModel):
    """Gives a company the journal, cost elements and accounts that postings need.

    New accounts stand beside existing ones, whatever the localisation, and are found
    again by their external id, `account.<company id>_backflush_<name>`.
    """

    _name = "backflush.setup"
    _description = "Backflush Costing Set-up"

    @api.model
    def _configure(self, companies):
        """Create what is missing for the root companies among `companies`."""
        # sudo: whoever may load a chart of accounts need not be a manager of ours.
        # English, as charts themselves are loaded: translations are added apart.
        self = self.sudo().with_context(lang="en_US")
        for company in companies.with_env(self.env):
            company = company.with_company(company)
            if company.parent_id:
                continue
            if neighbours := self._get_neighbours(company):
                self._configure_journal(company)
                self._configure_project(company)
                self._configure_elements(company)
                self._configure_accounts(company, neighbours)

    @api.model
    def _get_neighbours(self, company):
        """Existing accounts, beside which new ones are put: by kind of account.

        `cost` is cost of revenue where the chart knows that type, `asset` a current
        asset. Empty without a chart of accounts.
        """
        default = company.expense_account_id
        expense = default or self._get_first_account(company, "expense")
        cost = default
        if default.account_type != "expense_direct_cost":
            cost = self._get_first_account(company, "expense_direct_cost")
        if not expense and not cost:
            return {}
        asset = company.account_stock_valuation_id
        asset = asset or self._get_first_account(company, "asset_current")
        debt = self._get_first_account(company, "liability_current")
        return {
            "expense": expense or cost,
            "cost": cost or expense,
            "asset": asset or expense or cost,
            "liability": debt or asset or expense or cost,
        }

    @api.model
    def _get_first_account(self, company, account_type):
        """The account of that type with the lowest code."""
        Account = self.env["account.account"].with_company(company)
        domain = Domain(Account._check_company_domain(company))
        domain &= Domain("account_type", "=", account_type)
        return Account.search(domain, order="code", limit=1)

    # -- journal and elements

    @api.model
    def _configure_journal(self, company):
        if company.backflush_journal_id:
            return
        journal = self._get_records(company, "account.journal", ["journal"])["journal"]
        if not journal:
            Journal = self.env["account.journal"].with_context(active_test=False)
            journals = Journal.search([("company_id", "=", company.id)])
            journal = Journal.create(
                {
                    "name": self._get_names("en_US")["journal"],
                    "code": self._get_free_code("BKF", journals.mapped("code")),
                    "type": "general",
                    "company_id": company.id,
                    # its card says how many postings failed
                    "show_on_dashboard": True,
                }
            )
            self._name_records(company, {"journal": journal})
        company.backflush_journal_id = journal

    @api.model
    def _get_free_code(self, code, taken):
        """`code`, or `code` with the first free number."""
        codes = (code, *(f"{code}{number}" for number in range(1, 100)))
        return next(code for code in codes if code not in taken)

    @api.model
    def _configure_elements(self, company):
        Element = self.env["backflush.element"]
        known = Element.with_context(active_test=False).search(
            [("company_id", "=", company.id)]
        )
        names = self._get_names("en_US")
        vals_list = [
            {
                "name": names[element_type],
                "code": self._get_free_code(code, known.mapped("code")),
                "type": element_type,
                # a company that has elements has made its choice of active ones
                "active": active and not known,
                "sequence": sequence * 10,
                "company_id": company.id,
            }
            for sequence, (element_type, code, active) in enumerate(ELEMENTS, start=1)
            if element_type not in known.mapped("type")
        ]
        for element in Element.create(vals_list):
            self._translate_name(element, element.type)

    @api.model
    def _configure_project(self, company):
        """Where time on orders is booked that have no project of their own."""
        if company.backflush_project_id:
            return
        project = self._get_records(company, "project.project", ["project"])["project"]
        if not project:
            project = self.env["project.project"].create(
                {
                    "name": self._get_names("en_US")["project"],
                    "allow_timesheets": True,
                    "company_id": company.id,
                }
            )
            self._name_records(company, {"project": project})
        company.backflush_project_id = project

    # -- accounts

    @api.model
    def _configure_accounts(self, company, neighbours):
        """Fill each empty account field; existing accounts are never replaced."""
        if not company.backflush_cost_of_sales_account_id:
            company.backflush_cost_of_sales_account_id = neighbours["cost"]
        wanted = {
            name: (record, field, kind)
            for name, record, field, kind in self._get_account_fields(company)
            if not record[field]
        }
        accounts = self._get_records(company, "account.account", wanted)
        missing = [name for name in wanted if not accounts[name]]
        if missing:
            kinds = {name: wanted[name][2] for name in missing}
            accounts |= self._create_accounts(company, kinds, neighbours)
        values = defaultdict(dict)
        for name, (record, field, _kind) in wanted.items():
            values[record][field] = accounts[name].id
        for record, vals in values.items():
            record.write(vals)

    @api.model
    def _get_account_fields(self, company):
        """Yield (name, record, field, kind of neighbour) of every account to be set.

        Control and applied accounts are expenses, so that the close clears one against
        the other within profit and loss; variances stand beside cost of sales.
        """
        field = "backflush_capitalised_variance_account_id"
        yield "capitalised_variance", company, field, "asset"
        for place in ("wip", "finished", "materials"):
            field = f"backflush_gaap_{place}_account_id"
            yield f"gaap_{place}", company, field, "asset"
        field = "backflush_gaap_accrual_account_id"
        yield "gaap_accrual", company, field, "liability"
        yield "revaluation", company, "backflush_revaluation_account_id", "expense"
        elements = (
            self.env["backflush.element"]
            .with_context(active_test=False)
            .search([("company_id", "=", company.id)])
        )
        seen = set()
        for element in elements:
            # a second, archived element of a type is the user's own affair
            if element.type in seen:
                continue
            seen.add(element.type)
            roles = CONVERSION_ROLES if element._is_conversion() else VARIANCE_ROLES
            for role in roles:
                kind = "cost" if role in VARIANCE_ROLES else "expense"
                yield f"{element.type}_{role}", element, f"{role}_account_id", kind

    @api.model
    def _create_accounts(self, company, kinds, neighbours):
        """Create an account for each of `kinds`, beside a neighbour of its kind."""
        Account = self.env["account.account"].with_company(company)
        taken = self._get_taken_codes(company, neighbours)
        names = self._get_names("en_US")
        vals_list = []
        for name, kind in kinds.items():
            near = neighbours[kind]
            code = Account._search_new_account_code(near.code, taken)
            taken.add(code)
            account_type = NEW_TYPES.get(kind, near.account_type)
            vals_list.append(
                {
                    "name": names[name],
                    "code": code,
                    "account_type": account_type,
                    # the same lines of the localisation's own reports
                    "tag_ids": [Command.set(near.tag_ids.ids)],
                    "company_ids": [Command.set(company.ids)],
                }
            )
        accounts = dict(zip(kinds, Account.create(vals_list), strict=True))
        self._name_records(company, accounts)
        return accounts

    @api.model
    def _get_taken_codes(self, company, neighbours):
        """Codes of the company's family, and those that its chart will want again.

        Loading a chart a second time takes any account with the right code (filled up
        with zeros) for its own: also one of ours, where the user deleted the chart's.
        """
        Account = self.env["account.account"].with_company(company)
        family = Account.with_context(active_test=False).search(
            Domain("company_ids", "child_of", company.id)
            | Domain("company_ids", "parent_of", company.id)
        )
        taken = set(family.mapped("code"))
        # while the chart is being loaded, all of its accounts are there
        if company.chart_template and not self.env.context.get("chart_template_load"):
            Template = self.env["account.chart.template"].with_company(company)
            chart = Template._get_chart_template_model_data(
                company.chart_template, "account.account"
            )
            lengths = {len(near.code) for near in neighbours.values()}
            taken |= {
                vals["code"].ljust(length, "0")
                for vals in chart.values()
                if vals.get("code")
                for length in lengths
            }
        return taken

    # -- names

    @api.model
    def _get_records(self, company, model, names):
        """{name: record}, empty records for those that don't exist (any more)."""
        found = {name: self.env[model] for name in names}
        for name in found:
            record = self.env.ref(self._get_xmlid(company, name), False)
            if record:
                found[name] = record
        return found

    @api.model
    def _get_xmlid(self, company, name):
        return f"account.{company.id}_backflush_{name}"

    @api.model
    def _name_records(self, company, records):
        """Give each of `records`, by name, its external id and its translations."""
        self.env["ir.model.data"]._update_xmlids(
            [
                {
                    "xml_id": self._get_xmlid(company, name),
                    "record": record,
                    "noupdate": True,
                }
                for name, record in records.items()
            ]
        )
        for name, record in records.items():
            self._translate_name(record, name)

    @api.model
    def _translate_name(self, record, name):
        languages = {code for code, _label in self.env["res.lang"].get_installed()}
        if languages := languages - {"en_US"}:
            record.update_field_translations(
                "name", {lang: self._get_names(lang)[name] for lang in languages}
            )

    @api.model
    def _get_names(self, lang):
        """What the created records are called in `lang`, by name."""
        self = self.with_context(lang=lang)
        elements = dict(
            self.env["backflush.element"]
            ._fields["type"]
            ._description_selection(self.env)
        )
        names = {
            "journal": self.env._("Backflush Costing"),
            "project": self.env._("Production Time"),
            "capitalised_variance": self.env._("Capitalised variances"),
            "gaap_wip": self.env._("Work in process at period end"),
            "gaap_finished": self.env._("Finished goods at period end"),
            "gaap_materials": self.env._("Materials at period end"),
            "gaap_accrual": self.env._("Received, not billed, at period end"),
            "revaluation": self.env._("Revaluation of standard costs"),
            **elements,
        }
        for element, label in elements.items():
            names |= {
                f"{element}_control": self.env._(
                    "%(element)s – control", element=label
                ),
                f"{element}_applied": self.env._(
                    "%(element)s – applied", element=label
                ),
                f"{element}_price_variance": self.env._(
                    "%(element)s – price variance", element=label
                ),
                f"{element}_quantity_variance": self.env._(
                    "%(element)s – quantity variance", element=label
                ),
            }
        return names
