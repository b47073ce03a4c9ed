"""Rule 12: everything is per company, also with several of them active at once."""

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import BackflushCommon
from .people import People
from .variants import Variant2

PROPERTIES = (
    "property_cost_method",
    "property_valuation",
    "property_backflush_trigger",
    "property_stock_valuation_account_id",
    "property_account_expense_categ_id",
    "property_price_difference_account_id",
)


class CompanyCase(People, BackflushCommon):
    @classmethod
    def _settle_in(cls, company, m=5.0):
        """A warehouse, bill and standards of P = 3 kg M for another company."""
        cls.env.cr.precommit.run()  # Odoo gives a branch what it needs there
        here = cls.env["stock.warehouse"].with_company(company)
        warehouse = here.search([("company_id", "=", company.id)], limit=1)
        if not warehouse:
            warehouse = here.create(
                {"name": company.name, "code": "W2", "company_id": company.id}
            )
        cls._create_bom(cls.p, 1, {cls.m: 3}, company_id=company.id)
        version = cls.env["backflush.version"].create(
            {
                "name": company.name,
                "company_id": company.id,
                "date_from": "2020-01-01",
                "price_ids": [Command.create({"product_id": cls.m.id, "price": m})],
            }
        )
        version = version.with_company(company)
        version.action_roll_up()
        version.action_activate()
        return warehouse

    @classmethod
    def _act_for(cls, *companies):
        """Have the tests act with these companies active, the first one as current."""
        ids = [company.id for company in companies]
        cls.env = cls.env(context=dict(cls.env.context, allowed_company_ids=ids))

    def _produce_for(self, company, quantity=10, user=None):
        order = (
            self.env["mrp.production"]
            .with_company(company)
            .create(
                {
                    "product_id": self.p.id,
                    "product_qty": quantity,
                    "company_id": company.id,
                    "bom_id": self.env["mrp.bom"]
                    .search(
                        [
                            ("product_id", "=", self.p.id),
                            ("company_id", "=", company.id),
                        ]
                    )
                    .id,
                }
            )
        )
        order.action_confirm()
        return order

    def _ship(self, product, quantity, source, destination, picking_type, **values):
        """A transfer of goods, as it stands before somebody validates it."""
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": picking_type.id,
                "location_id": source.id,
                "location_dest_id": destination.id,
                "company_id": picking_type.company_id.id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "product_uom_qty": quantity,
                            "product_uom": product.uom_id.id,
                            "location_id": source.id,
                            "location_dest_id": destination.id,
                            "company_id": picking_type.company_id.id,
                            **values,
                        }
                    )
                ],
            }
        )
        picking.action_confirm()
        picking.move_ids.quantity = quantity
        picking.move_ids.picked = True
        return picking

    def _get_balance(self, account, company):
        lines = self.env["account.move.line"].search(
            [
                ("account_id", "=", account.id),
                ("parent_state", "=", "posted"),
                ("company_id", "=", company.id),
            ]
        )
        return round(sum(lines.mapped("balance")), 2)


@tagged("post_install", "-at_install")
class TestTwoCompanies(CompanyCase):
    """The factory costs P when finished; the other company, when delivered."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)
        cls.other = cls._create_company(name="Other Factory")
        cls.third = cls._create_company(name="Office")
        cls.env.user.company_ids |= cls.other | cls.third
        cls._act_for(cls.company, cls.other)
        (cls.p | cls.m).company_id = False
        cls._configure_other()
        cls.other_warehouse = cls._settle_in(cls.other, m=7.0)
        cls.p, cls.m = cls.p.with_env(cls.env), cls.m.with_env(cls.env)

    @classmethod
    def _configure_other(cls):
        accounts = cls.env["account.account"].with_company(cls.other)
        cls.other_materials = accounts.create(
            {"name": "Materials", "code": "880001", "account_type": "asset_current"}
        )
        cls.other_costs = accounts.create(
            {"name": "Cost", "code": "880002", "account_type": "expense_direct_cost"}
        )
        cls.materials.with_company(cls.other).write(
            {
                "property_cost_method": "standard",
                "property_valuation": "real_time",
                "property_stock_valuation_account_id": cls.other_materials.id,
            }
        )
        cls.finished.with_company(cls.other).write(
            {
                "property_cost_method": "standard",
                "property_valuation": "periodic",
                "property_backflush_trigger": "delivery",
                "property_account_expense_categ_id": cls.other_costs.id,
            }
        )

    def test_orders_of_both_finished_in_one_call(self):
        """By a shop user whose own company is a third one, and active as well."""
        companies = self.third | self.company | self.other
        shop = self._create_user("shop", companies)
        orders = (
            self._produce_for(self.company)
            | self._produce_for(self.other)
            | self._produce_for(self.company, 5)
        )
        self._call(shop, orders, "button_mark_done", allowed_company_ids=companies.ids)
        self.assertEqual(orders.mapped("state"), ["done"] * 3)
        mine, others, more = (order.backflush_posting_ids for order in orders)
        self.assertEqual(
            [x.company_id for x in (mine, others, more)],
            [self.company, self.other, self.company],
        )
        self.assertEqual((mine | others | more).mapped("state"), ["posted"] * 3)
        self.assertEqual(mine.account_move_id.company_id, self.company)
        self.assertEqual(
            mine.account_move_id.journal_id, self.company.backflush_journal_id
        )
        self.assertEqual(self._get_balance(self.finished_account, self.company), 375)
        self.assertEqual((mine.trigger, others.trigger), ("completion", "delivery"))
        self.assertFalse(others.account_move_id)
        self.assertEqual(others.standard_id.amount, 21.0)
        self.assertEqual(others.fact_ids.company_id, self.other)
        facts = {fact.product_id: fact.standard for fact in others.fact_ids}
        self.assertEqual(facts, {self.p: 21.0, self.m: 7.0})

    def test_failing_in_one_company_leaves_the_other_alone(self):
        self.other.backflush_journal_id.active = False
        orders = self._produce_for(self.company) | self._produce_for(self.other)
        orders.button_mark_done()
        states = [order.backflush_posting_ids.state for order in orders]
        self.assertEqual(states, ["posted", "failed"])
        failed = orders[1].backflush_posting_ids
        self.assertEqual(failed.company_id, self.other)
        # retried with the other company as the current one
        self.other.backflush_journal_id.active = True
        failed.with_company(self.company).action_retry()
        self.assertEqual(failed.state, "posted", failed.error)

    def test_each_company_numbers_its_postings(self):
        orders = self._produce_for(self.company) | self._produce_for(self.other)
        orders.button_mark_done()
        orders |= self._produce_for(self.company) | self._produce_for(self.other)
        orders[2:].button_mark_done()
        for company in (self.company, self.other):
            postings = orders.backflush_posting_ids.filtered(
                lambda posting, company=company: posting.company_id == company
            )
            numbers = [int(name.split("/")[-1]) for name in postings.mapped("name")]
            self.assertEqual(sorted(numbers)[1] - sorted(numbers)[0], 1)

    def _ship_to_customer(self, warehouse, quantity):
        return self._ship(
            self.p,
            quantity,
            warehouse.lot_stock_id,
            self.env.ref("stock.stock_location_customers"),
            warehouse.out_type_id,
        )

    def test_deliveries_of_both_in_one_call(self):
        orders = self._produce_for(self.company) | self._produce_for(self.other)
        orders.button_mark_done()
        mine = self._ship_to_customer(self.warehouse, 4)
        others = self._ship_to_customer(self.other_warehouse, 2)
        (mine | others).button_validate()
        self.assertEqual((mine | others).mapped("state"), ["done"] * 2)
        self.assertFalse(mine.backflush_posting_ids)
        posting = others.backflush_posting_ids
        self.assertEqual((posting.state, posting.company_id), ("posted", self.other))
        self.assertEqual(self._get_balance(self.other_costs, self.other), 42)
        self.assertEqual(self._get_balance(self.other_materials, self.other), -42)
        self.assertFalse(self._get_balance(self.cost_of_sales_account, self.company))

    def test_price_history_is_the_companys_own(self):
        today = (
            self.env["product.value"]
            .search([("product_id", "=", self.m.id)], order="date desc", limit=1)
            .date
        )
        past = today.replace(year=today.year + 1)
        prices = {
            company: self.m.with_company(company)._get_standard_price_at_date(past)
            for company in (self.company, self.other)
        }
        self.assertEqual(prices, {self.company: 5.0, self.other: 7.0})
        self.m.with_company(self.other).standard_price = 8.0
        self.assertEqual(self.m.with_company(self.company).standard_price, 5.0)
        past = past.replace(year=past.year + 1)
        self.assertEqual(
            self.m.with_company(self.company)._get_standard_price_at_date(past), 5.0
        )

    def test_new_standards_in_one_company(self):
        orders = self._produce_for(self.company) | self._produce_for(self.other)
        orders.button_mark_done()
        self._activate_v2()
        self.assertEqual(self.p.with_company(self.other).standard_price, 21.0)
        postings = self.env["backflush.posting"].search([("event", "=", "revaluation")])
        self.assertEqual(postings.company_id, self.company)
        self.assertFalse(self._get_balance(self.other_materials, self.other))

    def test_correction_with_the_other_company_current(self):
        order = self._produce_for(self.company)
        order.button_mark_done()
        lines = order.move_raw_ids.move_line_ids
        lines.with_company(self.other).quantity = 21
        correction = order.backflush_posting_ids.sorted("id")[-1]
        self.assertEqual(
            (correction.event, correction.company_id), ("correction", self.company)
        )
        self.assertEqual(self._get_balance(self.materials_account, self.company), -105)

    def test_companies_are_kept_apart(self):
        """A record of each model: out of sight, and out of reach, of the other."""
        orders = self._produce_for(self.company) | self._produce_for(self.other)
        orders.button_mark_done()
        accountant = self._create_user("accountant", self.other)
        for model in (
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
        ):
            with self.subTest(model):
                records = (
                    self.env[model]
                    .with_user(accountant)
                    .with_context(active_test=False, allowed_company_ids=self.other.ids)
                )
                seen = records.search([])
                self.assertFalse(seen.filtered(lambda x: x.company_id != self.other))
        posting = orders[0].backflush_posting_ids
        for method in ("action_retry", "action_reverse", "action_open_entry"):
            with self.assertRaises(AccessError):
                self._call(accountant, posting, method)
        # a company that is not one's own cannot be switched on
        with self.assertRaises(AccessError):
            self._call(
                accountant,
                posting,
                "action_reverse",
                allowed_company_ids=(self.company | self.other).ids,
            )
        self.assertEqual(posting.state, "posted")

    # -- goods on their way from one company to the other -----------------------

    def _send_to_the_other(self, quantity):
        transit = self.env.ref("stock.stock_location_inter_company")
        transit.active = True
        sent = self._ship(
            self.p,
            quantity,
            self.warehouse.lot_stock_id,
            transit,
            self.warehouse.out_type_id,
        )
        sent.button_validate()
        received = self._ship(
            self.p,
            quantity,
            transit,
            self.other_warehouse.lot_stock_id,
            self.other_warehouse.in_type_id,
        )
        received.button_validate()
        return sent, received

    def test_goods_received_from_the_other_company_are_no_customer_return(self):
        self._produce_for(self.company).button_mark_done()
        sent, received = self._send_to_the_other(3)
        self.assertFalse(sent.backflush_posting_ids)
        self.assertFalse(received.backflush_posting_ids)
        self.assertEqual(received.move_ids.backflush_fact_ids.standard, 21.0)
        self.assertFalse(self._get_balance(self.other_costs, self.other))

    def test_goods_sent_to_the_other_company_and_back(self):
        """Costed when delivered: the transit location of no company counts as that."""
        self._produce_for(self.other).button_mark_done()
        transit = self.env.ref("stock.stock_location_inter_company")
        transit.active = True
        sent = self._ship(
            self.p,
            3,
            self.other_warehouse.lot_stock_id,
            transit,
            self.other_warehouse.out_type_id,
        )
        sent.button_validate()
        self.assertEqual(self._get_balance(self.other_costs, self.other), 63)
        back = self._ship(
            self.p,
            1,
            transit,
            self.other_warehouse.lot_stock_id,
            self.other_warehouse.in_type_id,
            origin_returned_move_id=sent.move_ids.id,
        )
        back.button_validate()
        self.assertEqual(back.backflush_posting_ids.event, "return")
        self.assertEqual(self._get_balance(self.other_costs, self.other), 42)


class BranchCase(CompanyCase):
    """A branch: its parent's chart, journal and elements; standards of its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)
        cls.branch = cls.env["res.company"].create(
            {"name": "Branch", "parent_id": cls.company.id}
        )
        cls.env.user.company_ids |= cls.branch
        cls._act_for(cls.company, cls.branch)
        # Odoo asks a product's own company for its category: users of the branch alone
        # cannot move their parent's products
        (cls.p | cls.m).company_id = False
        for category in (cls.materials, cls.finished):
            here = category.with_company(cls.branch)
            for name in PROPERTIES:
                value = category.with_company(cls.company)[name]
                here[name] = value
        cls.branch_warehouse = cls._settle_in(cls.branch, m=6.0)


@tagged("post_install", "-at_install")
class TestBranch(BranchCase):
    def test_order_of_the_branch(self):
        """Finished by somebody who knows the branch only."""
        self.assertFalse(self.branch.backflush_journal_id)
        shop = self._create_user("shop", self.branch)
        order = self._produce_for(self.branch)
        self._call(shop, order, "button_mark_done")
        posting = order.backflush_posting_ids
        self.assertEqual(posting.state, "posted", posting.error)
        self.assertEqual(posting.company_id, self.branch)
        self.assertEqual(posting.standard_id.version_id.company_id, self.branch)
        entry = posting.account_move_id
        self.assertEqual(entry.company_id, self.branch)
        self.assertEqual(entry.journal_id, self.company.backflush_journal_id)
        self.assertEntry(entry, {"finished": 180.0, "materials": -180.0})

    def test_parent_and_branch_in_one_call(self):
        orders = self._produce_for(self.company) | self._produce_for(self.branch)
        orders.button_mark_done()
        postings = orders.backflush_posting_ids
        self.assertEqual(postings.mapped("state"), ["posted"] * 2)
        self.assertEqual(self._get_balance(self.finished_account, self.company), 250)
        self.assertEqual(self._get_balance(self.finished_account, self.branch), 180)

    def test_branch_without_standards_of_its_own(self):
        """Its parent's cards are none of its own: the posting says what is missing."""
        self.env["backflush.version"].search(
            [("company_id", "=", self.branch.id)]
        ).with_context(backflush_engine=True).sudo().write({"state": "closed"})
        order = self._produce_for(self.branch)
        order.button_mark_done()
        posting = order.backflush_posting_ids
        self.assertEqual((order.state, posting.state), ("done", "failed"))
        self.assertIn("no standard cost card", posting.error)

    def test_lock_of_the_parent_counts(self):
        order = self._produce_for(self.branch)
        self.env.flush_all()
        today = order._get_backflush_date()
        self.company.sudo().fiscalyear_lock_date = today
        order.button_mark_done()
        posting = order.backflush_posting_ids
        self.assertEqual(posting.state, "posted", posting.error)
        self.assertGreater(posting.date, today)
        self.assertEqual(posting.account_move_id.date, posting.date)

    def test_reversed_by_the_accountant_of_the_branch(self):
        order = self._produce_for(self.branch)
        order.button_mark_done()
        posting = order.backflush_posting_ids
        accountant = self._create_user("accountant", self.branch)
        self._call(accountant, posting, "action_reverse")
        self._call(accountant, posting, "action_retry")
        self.assertEqual(self._get_balance(self.finished_account, self.branch), 180)
        theirs = self._produce_for(self.company)
        theirs.button_mark_done()
        with self.assertRaises(AccessError):
            self._call(accountant, theirs.backflush_posting_ids, "action_reverse")

    def test_new_standards_of_the_branch(self):
        order = self._produce_for(self.branch)
        order.button_mark_done()
        version = (
            self.env["backflush.version"]
            .with_company(self.branch)
            .create(
                {
                    "name": "Branch v2",
                    "company_id": self.branch.id,
                    "date_from": "2021-01-01",
                    "price_ids": [
                        Command.create({"product_id": self.m.id, "price": 6.5})
                    ],
                }
            )
        )
        version.action_roll_up()
        version.action_activate()
        # −30 kg and 10 P on hand, each 0.50 a kg dearer
        self.assertEqual(self._get_balance(self.finished_account, self.branch), 195)
        self.assertEqual(self._get_balance(self.materials_account, self.branch), -195)
        self.assertEqual(self.p.with_company(self.company).standard_price, 25.0)

    def test_bill_of_the_branch(self):
        branch = self.branch
        order = (
            self.env["purchase.order"]
            .with_company(branch)
            .create(
                {
                    "partner_id": self.vendor.id,
                    "company_id": branch.id,
                    "order_line": [
                        Command.create(
                            {
                                "product_id": self.m.id,
                                "product_qty": 10,
                                "price_unit": 6.2,
                                "tax_ids": False,
                            }
                        )
                    ],
                }
            )
        )
        order.button_confirm()
        self._validate(order.picking_ids)
        bill = self._bill(order)
        self.assertEqual(bill.company_id, branch)
        posting = bill.sudo().backflush_posting_ids
        self.assertEqual(posting.company_id, branch)
        self.assertRows(posting.variance_ids, [("material_price", 2.0)])
        self.assertEqual(self._get_balance(self.materials_account, branch), 60)


@tagged("post_install", "-at_install")
class TestBranchDelivery(Variant2, BranchCase):
    def test_delivery_of_the_branch(self):
        self._produce_for(self.branch).button_mark_done()
        picking = self._ship(
            self.p,
            4,
            self.branch_warehouse.lot_stock_id,
            self.env.ref("stock.stock_location_customers"),
            self.branch_warehouse.out_type_id,
        )
        shop = self._create_user("shop", self.branch)
        self._call(shop, picking, "button_validate")
        posting = picking.backflush_posting_ids
        self.assertEqual(posting.state, "posted", posting.error)
        self.assertEntry(
            posting.account_move_id, {"cost_of_sales": 72.0, "materials": -72.0}
        )
