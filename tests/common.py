"""The little factory of the event catalogue, for tests through real documents.

One company with a generic chart of accounts, product P (and its materials M and S), in
one of the four variants of backflush costing. Amounts: standard of P = 2 kg M × 5.00
+ 0.5 h × (20 + 6 + 4) = 25.00.
"""

from odoo import Command, fields
from odoo.addons.base.tests.common import BaseCommon
from odoo.tests import Form
from odoo.tools import SQL

from .assertions import BackflushAssertions

#: Models whose tables grow with every event.
GROWING = (
    "account.move",
    "account.move.line",
    "backflush.posting",
    "backflush.posting.line",
    "backflush.stock.fact",
    "backflush.variance",
    "stock.move",
    "stock.move.line",
)
ELEMENTS = ("labour", "variable_overhead", "fixed_overhead", "conversion")


class BackflushCommon(BackflushAssertions, BaseCommon):
    materials_valuation = "real_time"
    trigger = "completion"
    posting_mode = "immediate"
    conversion_elements = ("labour", "variable_overhead", "fixed_overhead")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls._create_company(name="Little Factory")
        cls.env.user.write(
            {
                "company_ids": [Command.link(cls.company.id)],
                "company_id": cls.company.id,
                "group_ids": [
                    Command.link(cls.env.ref(group).id)
                    for group in (
                        "account.group_account_manager",
                        "mrp.group_mrp_manager",
                        "mrp.group_mrp_routings",
                        "mrp.group_mrp_byproducts",
                        "purchase.group_purchase_manager",
                        "sales_team.group_sale_manager",
                        "stock.group_stock_manager",
                        "uom.group_uom",
                    )
                ],
            }
        )
        cls.env = cls.env(
            context=dict(cls.env.context, allowed_company_ids=cls.company.ids)
        )
        cls.company = cls.company.with_env(cls.env)
        cls.company.backflush_posting_mode = cls.posting_mode
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        ) or cls.env["stock.warehouse"].create(
            {"name": "Factory", "code": "FAC", "company_id": cls.company.id}
        )
        cls.vendor = cls.env["res.partner"].create({"name": "Vendor"})
        cls.customer = cls.env["res.partner"].create({"name": "Customer"})
        cls.kg = cls.env.ref("uom.product_uom_kgm")
        cls.unit = cls.env.ref("uom.product_uom_unit")
        cls._create_categories()
        cls._create_elements()
        cls._create_products()

    @classmethod
    def _create_company(cls, **values):
        company = cls.env["res.company"].create(
            {
                "country_id": cls.env.ref("base.us").id,
                "currency_id": cls.env.ref("base.USD").id,
                **values,
            }
        )
        cls.env["account.chart.template"]._load(
            "generic_coa", company, install_demo=False
        )
        return company

    # -- set-up -----------------------------------------------------------------

    @classmethod
    def _create_account(cls, name, account_type="expense"):
        cls._account_code = getattr(cls, "_account_code", 990000) + 1
        return cls.env["account.account"].create(
            {
                "name": name,
                "code": str(cls._account_code),
                "account_type": account_type,
                "company_ids": [Command.set(cls.company.ids)],
            }
        )

    @classmethod
    def _create_category(cls, name, **values):
        accounts = {
            "property_stock_valuation_account_id": ("stock", "asset_current"),
            "property_account_expense_categ_id": ("expense", "expense_direct_cost"),
        }
        for field, (purpose, account_type) in accounts.items():
            values.setdefault(
                field, cls._create_account(f"{name} {purpose}", account_type).id
            )
        return cls.env["product.category"].create(
            {"name": name, "property_cost_method": "standard", **values}
        )

    @classmethod
    def _create_categories(cls):
        perpetual = cls.materials_valuation == "real_time"
        cls.ppv = cls._create_account("PPV", "expense_direct_cost")
        cls.materials = cls._create_category(
            "Materials",
            property_valuation=cls.materials_valuation,
            property_price_difference_account_id=cls.ppv.id,
        )
        cls.finished = cls._create_category(
            "Finished",
            property_valuation="real_time"
            if cls.trigger == "completion"
            else "periodic",
            property_backflush_trigger=cls.trigger,
        )
        cls.materials_account = (
            cls.materials.property_stock_valuation_account_id
            if perpetual
            else cls.materials.property_account_expense_categ_id
        )
        cls.finished_account = cls.finished.property_stock_valuation_account_id
        cls.cost_of_sales_account = cls.finished.property_account_expense_categ_id
        variation = cls._create_account("Stock variation")
        for category in (cls.materials, cls.finished):
            account = category.property_stock_valuation_account_id
            account.account_stock_variation_id = variation

    @classmethod
    def _create_elements(cls):
        elements = cls.env["backflush.element"].with_context(active_test=False)
        cls.elements = {
            element.type: element
            for element in elements.search([("company_id", "=", cls.company.id)])
        }
        for name in ELEMENTS:
            cls.elements[name].active = name in cls.conversion_elements
        cls.accounts = {
            "materials": cls.materials_account,
            "finished": cls.finished_account,
            "cost_of_sales": cls.cost_of_sales_account,
            "ppv": cls.ppv,
        }
        for name, element in cls.elements.items():
            for role in ("control", "applied", "price_variance", "quantity_variance"):
                if account := element[f"{role}_account_id"]:
                    cls.accounts[f"{name}_{role}"] = account
        cls.account_names = {account: name for name, account in cls.accounts.items()}

    @classmethod
    def _create_product(cls, name, category, **values):
        return cls.env["product.product"].create(
            {
                "name": name,
                "is_storable": True,
                "categ_id": category.id,
                "taxes_id": False,
                "supplier_taxes_id": False,
                "invoice_policy": "delivery",
                "company_id": cls.company.id,
                **values,
            }
        )

    @classmethod
    def _create_products(cls):
        kg = {"uom_id": cls.kg.id}
        cls.m = cls._create_product("M", cls.materials, standard_price=5.0, **kg)
        cls.s = cls._create_product("S", cls.materials, standard_price=6.0, **kg)
        cls.p = cls._create_product("P", cls.finished, list_price=40.0)
        cls.workcenter = cls.env["mrp.workcenter"].create(
            {
                "name": "Assembly",
                "company_id": cls.company.id,
                "costs_hour": 30.0,
                # one unit a cycle; Odoo's default is one bill quantity a cycle
                "capacity_ids": [
                    Command.create(
                        {
                            "product_uom_id": cls.unit.id,
                            "capacity": 1,
                            "time_start": 60,
                            "time_stop": 0,
                        }
                    )
                ],
            }
        )
        cls.bom = cls._create_bom(cls.p, 10, {cls.m: 20}, minutes=24)

    @classmethod
    def _create_bom(cls, product, quantity, components, minutes=0, **values):
        operations = []
        if minutes:
            operations = [
                Command.create(
                    {
                        "name": "Assemble",
                        "workcenter_id": cls.workcenter.id,
                        "time_cycle_manual": minutes,
                    }
                )
            ]
        return cls.env["mrp.bom"].create(
            {
                "product_tmpl_id": product.product_tmpl_id.id,
                "product_id": product.id,
                "product_qty": quantity,
                "company_id": cls.company.id,
                "bom_line_ids": [
                    Command.create({"product_id": component.id, "product_qty": needed})
                    for component, needed in components.items()
                ],
                "operation_ids": operations,
                **values,
            }
        )

    @classmethod
    def _create_version(cls, name="Standards", date_from="2020-01-01", **prices):
        version = cls.env["backflush.version"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "date_from": date_from,
                "price_ids": [
                    Command.create(
                        {"product_id": getattr(cls, product).id, "price": price}
                    )
                    for product, price in prices.items()
                ],
            }
        )
        for element, rate in cls._get_rates().items():
            cls.env["backflush.rate"].create(
                {
                    "version_id": version.id,
                    "workcenter_id": cls.workcenter.id,
                    "element_id": cls.elements[element].id,
                    "rate": rate,
                    "normal_hours": 40.0 if element == "fixed_overhead" else 0.0,
                }
            )
        return version

    @classmethod
    def _get_rates(cls):
        rates = {"labour": 20.0, "variable_overhead": 6.0, "fixed_overhead": 4.0}
        return {name: rates[name] for name in cls.conversion_elements if name in rates}

    @classmethod
    def _activate_standards(cls, **values):
        version = cls._create_version(**values)
        version.action_roll_up()
        version.action_activate()
        return version

    @classmethod
    def _activate_v2(cls):
        """M at 5.50 and labour at 22.00: P costs 27.00."""
        version = cls._create_version("v2", "2021-01-01", m=5.5, s=6.0)
        version.rate_ids.filtered(lambda r: r.element_id.type == "labour").rate = 22.0
        version.action_roll_up()
        version.action_activate()
        return version

    # -- business ---------------------------------------------------------------

    def _order(self, product, quantity, price, **values):
        order = self.env["purchase.order"].create(
            {
                "partner_id": self.vendor.id,
                "company_id": self.company.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "product_qty": quantity,
                            "price_unit": price,
                            "tax_ids": False,
                        }
                    )
                ],
                **values,
            }
        )
        order.button_confirm()
        return order

    def _receive(self, order, quantity=None):
        picking = order.picking_ids.filtered(
            lambda p: p.state not in ("done", "cancel")
        )
        return self._validate(picking, quantity)

    def _validate(self, picking, quantity=None):
        for move in picking.move_ids:
            move.quantity = move.product_uom_qty if quantity is None else quantity
            move.picked = True
        res = picking.with_context(skip_backorder=True).button_validate()
        self.assertEqual(picking.state, "done", res)
        return picking

    def _bill(self, order, price=None, quantity=None, post=True, **values):
        order.action_create_invoice()
        bill = order.invoice_ids.filtered(lambda move: move.state == "draft")
        bill.write({"invoice_date": fields.Date.today(), **values})
        line = bill.invoice_line_ids
        if price is not None:
            line.price_unit = price
        if quantity is not None:
            line.quantity = quantity
        if post:
            bill.action_post()
        return bill

    def _buy(self, product, quantity, price, billed=None):
        """Order, receive and bill; returns the bill."""
        order = self._order(product, quantity, price)
        self._receive(order)
        return self._bill(order, billed)

    def _bill_charge(self, goods, amount, product=None):
        """Bill freight later, as a charge on the goods of a bill line."""
        product = product or self._create_product(
            "Freight", self.materials, is_storable=False
        )
        line = {
            "product_id": product.id,
            "quantity": 1,
            "price_unit": amount,
            "tax_ids": False,
            "backflush_goods_line_id": goods.id,
        }
        bill = self.env["account.move"].create(
            {
                "move_type": "in_invoice",
                "partner_id": self.vendor.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [Command.create(line)],
            }
        )
        bill.action_post()
        return bill

    def _create_production(self, product, quantity, **values):
        order = self.env["mrp.production"].create(
            {
                "product_id": product.id,
                "product_qty": quantity,
                "company_id": self.company.id,
                **values,
            }
        )
        order.action_confirm()
        return order

    def _produce(self, product, quantity, made=None, used=None, backorder=False):
        """Finish an order as people do; `used` gives quantities that depart from it."""
        order = self._create_production(product, quantity)
        return self._finish(order, made, used, backorder)

    def _finish(self, order, made=None, used=None, backorder=False):
        with Form(order) as form:
            form.qty_producing = order.product_qty if made is None else made
        self._use(order, used or {})
        return self._finish_as_is(order, made, backorder)

    def _finish_as_is(self, order, made=None, backorder=False):
        context = {"skip_consumption": True}
        if made is not None and made < order.product_qty:
            name = "mo_ids_to_backorder" if backorder else "skip_backorder"
            context[name] = order.ids if backorder else True
            context["skip_backorder"] = True
        order.with_context(**context).button_mark_done()
        self.assertEqual(order.state, "done")
        return order

    def _use(self, order, used):
        for component, quantity in used.items():
            move = order.move_raw_ids.filtered(
                lambda move, component=component: move.product_id == component
            )
            if not move:
                move = self.env["stock.move"].create(
                    {
                        "product_id": component.id,
                        "raw_material_production_id": order.id,
                        "product_uom_qty": quantity,
                        "product_uom": component.uom_id.id,
                    }
                )
                move._action_confirm()
            move.quantity = quantity
            move.picked = True

    def _sell(self, product, quantity, price):
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "product_uom_qty": quantity,
                            "price_unit": price,
                            "tax_ids": False,
                        }
                    )
                ],
            }
        )
        order.action_confirm()
        return order

    def _deliver(self, order, quantity=None):
        picking = order.picking_ids.filtered(
            lambda p: p.state not in ("done", "cancel")
        )
        for move in picking.move_ids:
            move.quantity = move.product_uom_qty if quantity is None else quantity
            move.picked = True
        result = picking.button_validate()
        if isinstance(result, dict):
            context = result.get("context", {})
            wizard = self.env[result["res_model"]].with_context(**context).create({})
            wizard.process()
        self.assertEqual(picking.state, "done")
        return picking

    def _invoice(self, order):
        invoice = order._create_invoices()
        invoice.action_post()
        return invoice

    def _return(self, picking, quantity=None):
        """Send goods of a done transfer back; returns the new transfer."""
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_id=picking.id, active_model="stock.picking")
            .create({})
        )
        for line in wizard.product_return_moves:
            line.quantity = line.move_id.quantity if quantity is None else quantity
        return self._validate(wizard._create_return())

    def _reverse(self, move, modify=False, post=True):
        """Credit note of a whole bill or invoice; the new document with `modify`."""
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_ids=move.ids, active_model="account.move")
            .create({"journal_id": move.journal_id.id})
        )
        wizard.reverse_moves(is_modify=modify)
        new = wizard.new_move_ids
        new.invoice_date = new.invoice_date or fields.Date.today()
        if post:
            new.action_post()
        return new

    def _credit(self, line, quantity, price):
        """Credit note of some of a document line, entered by hand."""
        kinds = {"in_invoice": "in_refund", "out_invoice": "out_refund"}
        move = line.move_id
        note = self.env["account.move"].create(
            {
                "move_type": kinds[move.move_type],
                "partner_id": move.partner_id.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": line.product_id.id,
                            "purchase_line_id": line.purchase_line_id.id,
                            "sale_line_ids": [Command.set(line.sale_line_ids.ids)],
                            "quantity": quantity,
                            "price_unit": price,
                            "tax_ids": False,
                        }
                    )
                ],
            }
        )
        note.action_post()
        return note

    def _change_standards(self):
        """Version 2 of the catalogue: M 5.50 and labour 22.00, so that P costs 27."""
        version = self._create_version("Next", "2021-01-01", m=5.5, s=6.0)
        labour = version.rate_ids.filtered(lambda x: x.element_id.type == "labour")
        labour.rate = 22.0
        version.action_roll_up()
        version.action_activate()
        return version

    def _scrap(self, product, quantity, **values):
        scrap = self.env["stock.scrap"].create(
            {
                "product_id": product.id,
                "product_uom_id": product.uom_id.id,
                "scrap_qty": quantity,
                "company_id": self.company.id,
                **values,
            }
        )
        scrap.do_scrap()
        return scrap

    def _count(self, product, quantity, **values):
        """Count the stock of `product`; returns the movement that this makes."""
        location = self.warehouse.lot_stock_id
        known = self.env["stock.move"].search([("product_id", "=", product.id)])
        quant = (
            self.env["stock.quant"]
            .with_context(inventory_mode=True)
            .create(
                {
                    "product_id": product.id,
                    "location_id": location.id,
                    "inventory_quantity": quantity,
                    **values,
                }
            )
        )
        quant.action_apply_inventory()
        return self.env["stock.move"].search([("product_id", "=", product.id)]) - known

    def _analyze(self):
        """Tell the database how much there is: a long test's queries are slow without.

        The tests before have taken everything back, so that it takes tables for empty.
        """
        self.env.flush_all()
        tables = (SQL.identifier(self.env[name]._table) for name in GROWING)
        self.env.cr.execute(SQL("ANALYZE %s", SQL(", ").join(tables)))

    def _find_bom(self, product):
        return self.env["mrp.bom"]._bom_find(product)[product]

    def _unbuild(self, product, quantity, order=None):
        unbuild = self.env["mrp.unbuild"].create(
            {
                "product_id": product.id,
                "product_qty": quantity,
                "product_uom_id": product.uom_id.id,
                "company_id": self.company.id,
                "mo_id": order.id if order else False,
                "bom_id": not order and self._find_bom(product).id,
            }
        )
        unbuild.action_unbuild()
        return unbuild

    def _correct(self, moves, quantity):
        """Correct the done quantity of a movement, as on an unlocked order."""
        moves.move_line_ids.quantity = quantity
