"""The demonstration's factory: company, accounts, products, bills of materials.

Furniture is costed when it is finished, lamps when they are delivered, and both take
their materials from the same perpetual stock account: variants 1 and 2 of the method.
"""

from odoo import Command

from . import catalogue


class Factory:
    """A company that makes furniture and lamps, set up as its owner would.

    ``products``, ``partners``, ``accounts``, ``elements`` and ``workcenters`` are
    dictionaries of records by the short names of the catalogue.
    """

    def __init__(self, env, name):
        self.admin = env.ref("base.user_admin")
        self.company = self._create_company(env, name)
        self._welcome(env)
        self.env = env(
            user=self.admin,
            context=dict(
                env.context, allowed_company_ids=self.company.ids, lang="en_US"
            ),
        )
        self.company = self.company.with_env(self.env)
        self._create_warehouse()
        self.accounts = self._create_accounts()
        self.elements = self._choose_elements()
        self.partners = {
            key: self.env["res.partner"].create({"name": name, "is_company": True})
            for key, name in catalogue.PARTNERS.items()
        }
        self.categories = self._create_categories()
        self.products = self._create_products()
        self.workcenters = self._create_workcenters()
        self._create_boms()

    # -- company ----------------------------------------------------------------

    def _create_company(self, env, name):
        # Without a country: Odoo would install that country's localization.
        company = env["res.company"].create(
            {"name": name, "currency_id": env.ref("base.USD").id}
        )
        env["account.chart.template"]._load("generic_coa", company, install_demo=False)
        return company

    def _welcome(self, env):
        """The administrator works here, and sees work orders, units and journal items.

        Without the right to full accounting, Odoo hides the items of an entry.
        """
        groups = (
            "mrp.group_mrp_routings",
            "uom.group_uom",
            "account.group_account_user",
        )
        self.admin.write(
            {
                "company_ids": [Command.link(self.company.id)],
                "company_id": self.company.id,
                "group_ids": [Command.link(env.ref(name).id) for name in groups],
            }
        )

    def _create_warehouse(self):
        Warehouse = self.env["stock.warehouse"]
        values = {"name": "Works", "code": "NH"}
        warehouse = Warehouse.search([("company_id", "=", self.company.id)], limit=1)
        if warehouse:
            warehouse.write(values)
        else:
            Warehouse.create({"company_id": self.company.id, **values})

    # -- accounts and cost elements ---------------------------------------------

    def _create_accounts(self):
        """The chart's accounts and ours, by short name."""
        Account = self.env["account.account"]
        accounts = {
            name: Account.search([("code", "=", code)], limit=1)
            for name, code in catalogue.CHART_ACCOUNTS.items()
        }
        for name, (code, label, account_type) in catalogue.OWN_ACCOUNTS.items():
            accounts[name] = Account.create(
                {
                    "code": code,
                    "name": label,
                    "account_type": account_type,
                    "company_ids": [Command.set(self.company.ids)],
                }
            )
        return accounts

    def _choose_elements(self):
        """Labour and the two overheads, explained apart, instead of one pool."""
        Element = self.env["backflush.element"].with_context(active_test=False)
        elements = {
            element.type: element
            for element in Element.search([("company_id", "=", self.company.id)])
        }
        elements["conversion"].active = False
        for name in ("labour", "variable_overhead", "fixed_overhead"):
            elements[name].active = True
        return elements

    # -- products ---------------------------------------------------------------

    def _create_categories(self):
        Category = self.env["product.category"]
        categories = {}
        for name, (label, valuation, trigger, fields) in catalogue.CATEGORIES.items():
            categories[name] = Category.create(
                {
                    "name": label,
                    "property_cost_method": "standard",
                    "property_valuation": valuation,
                    "property_backflush_trigger": trigger,
                    **{key: self.accounts[value].id for key, value in fields.items()},
                }
            )
        return categories

    def _create_products(self):
        Product = self.env["product.product"]
        common = {
            "is_storable": True,
            "company_id": self.company.id,
            "taxes_id": False,
            "supplier_taxes_id": False,
        }
        materials = {
            name: Product.create(
                {
                    **common,
                    "name": label,
                    "categ_id": self.categories["materials"].id,
                    "uom_id": self.env.ref(f"uom.product_uom_{unit}").id,
                    "standard_price": price,
                    "sale_ok": False,
                }
            )
            for name, (label, unit, price) in catalogue.MATERIALS.items()
        }
        goods = {
            name: Product.create(
                {
                    **common,
                    "name": label,
                    "categ_id": self.categories[category].id,
                    "list_price": price,
                    "invoice_policy": "delivery",
                    "purchase_ok": False,
                    "sale_ok": bool(price),
                    # a kit is never in stock itself
                    "is_storable": name != "set",
                }
            )
            for name, (label, category, price) in catalogue.GOODS.items()
        }
        return materials | goods

    # -- production -------------------------------------------------------------

    def _create_workcenters(self):
        """Their own cost per hour is the sum of their standard rates."""
        unit = self.env.ref("uom.product_uom_unit")
        return {
            name: self.env["mrp.workcenter"].create(
                {
                    "name": label,
                    "company_id": self.company.id,
                    "costs_hour": sum(rates),
                    "capacity_ids": [
                        Command.create(
                            {
                                "product_uom_id": unit.id,
                                "capacity": 1,
                                "time_start": setup,
                                "time_stop": 0,
                            }
                        )
                    ],
                }
            )
            for name, (label, setup, rates) in catalogue.WORKCENTERS.items()
        }

    def _create_boms(self):
        for name, (lot, components, operations) in catalogue.BOMS.items():
            self._create_bom(name, "normal", lot, components, operations)
        for name, components in catalogue.KITS.items():
            self._create_bom(name, "phantom", 0, components, ())

    def _create_bom(self, name, bom_type, lot, components, operations):
        self.env["mrp.bom"].create(
            {
                "product_tmpl_id": self.products[name].product_tmpl_id.id,
                "type": bom_type,
                "product_qty": 1,
                "backflush_lot_size": lot,
                "company_id": self.company.id,
                "bom_line_ids": [
                    Command.create(
                        {
                            "product_id": self.products[component].id,
                            "product_qty": quantity,
                        }
                    )
                    for component, quantity in components.items()
                ],
                "operation_ids": [
                    Command.create(
                        {
                            "name": label,
                            "workcenter_id": self.workcenters[workcenter].id,
                            "time_mode": "manual",
                            "time_cycle_manual": minutes,
                        }
                    )
                    for label, workcenter, minutes in operations
                ],
            }
        )

    # -- standards --------------------------------------------------------------

    def set_standards(self, day):
        """A costing version with rates and prices, rolled up and put in force."""
        rates = [
            Command.create(
                {
                    "workcenter_id": self.workcenters[name].id,
                    "element_id": self.elements[element].id,
                    "rate": rate,
                    # the monthly budget of fixed overhead
                    "normal_hours": element == "fixed_overhead"
                    and catalogue.NORMAL_HOURS,
                }
            )
            for name, (_label, _setup, hourly) in catalogue.WORKCENTERS.items()
            for element, rate in zip(catalogue.CONVERSION, hourly, strict=True)
        ]
        # The substitute is on no bill: only its price makes it part of the standards.
        substitute = self.products["ash"]
        version = self.env["backflush.version"].create(
            {
                "name": f"Standards {day:%B %Y}",
                "company_id": self.company.id,
                "date_from": day,
                "rate_ids": rates,
                "price_ids": [
                    Command.create(
                        {
                            "product_id": substitute.id,
                            "price": substitute.standard_price,
                        }
                    )
                ],
            }
        )
        version.action_roll_up()
        version.action_activate()
        return version

    def prepare_next_standards(self, day):
        """A draft for `day`: prices of the last bills, labour 3 % dearer."""
        version = self.env["backflush.version"]._get_active(self.company)
        draft = version.copy({"name": f"Standards {day:%B %Y}", "date_from": day})
        self.env["backflush.fill.prices"].create(
            {"version_id": draft.id, "source": "bill", "overwrite": True}
        ).action_fill()
        labour = draft.rate_ids.filtered(lambda r: r.element_type == "labour")
        for rate in labour:
            rate.rate *= 1.03
        draft.action_roll_up()
        return draft

    def add_new_category(self):
        """A category that is not ready yet, for the configuration check to find."""
        category = self.env["product.category"].create(
            {
                "name": "Garden furniture",
                "property_cost_method": "standard",
                "property_valuation": "periodic",
                "property_backflush_trigger": "completion",
            }
        )
        self.env["product.product"].create(
            {
                "name": "Garden bench Strand",
                "is_storable": True,
                "categ_id": category.id,
                "company_id": self.company.id,
                "taxes_id": False,
                "supplier_taxes_id": False,
                "purchase_ok": False,
                "list_price": 240,
            }
        )
