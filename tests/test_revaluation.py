"""Events S1–S3: new standards revalue what is on hand; what was open goes on at old."""

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import BackflushCommon
from .variants import Variant2, Variant3, Variant4


class Revaluation:
    """Opening stocks: 18 kg M, 5 kg S, 36 P; then 10 kg M come in, 3 P go out."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        revaluation = cls.company.backflush_revaluation_account_id
        cls.accounts["revaluation"] = revaluation
        cls.account_names[revaluation] = "revaluation"
        cls._activate_standards(m=5.0, s=6.0)

    def _set_up_stock(self):
        Quant = self.env["stock.quant"]
        opening = {self.m: 18, self.s: 5, self.p: 36}
        for product, quantity in opening.items():
            Quant._update_available_quantity(
                product, self.warehouse.lot_stock_id, quantity
            )
        self._book_opening(self.opening)
        self.purchase = self._order(self.m, 10, 5.0)
        self._receive(self.purchase)
        self.sale = self._sell(self.p, 3, 40.0)
        self._deliver(self.sale)

    def _book_opening(self, amounts):
        equity = self._create_account("Opening balances", "equity")
        lines = [
            Command.create({"account_id": self.accounts[name].id, "balance": amount})
            for name, amount in amounts.items()
        ]
        total = {"account_id": equity.id, "balance": -sum(amounts.values())}
        entry = self.env["account.move"].create(
            {"line_ids": [*lines, Command.create(total)]}
        )
        entry.action_post()

    def _create_v2(self):
        version = self._create_version("v2", "2021-01-01", m=5.5, s=6.0)
        version.rate_ids.filtered(lambda r: r.element_id.type == "labour").rate = 22.0
        version.action_roll_up()
        return version

    def _activate_v2(self):
        version = self._create_v2()
        version.action_activate()
        return self.env["backflush.posting"].search(
            [("res_model", "=", version._name), ("res_id", "=", version.id)]
        )

    def test_preview_is_what_is_posted(self):
        self._set_up_stock()
        version = self._create_v2()
        action = version.action_preview_activation()
        preview = self.env[action["res_model"]].browse(action["res_id"])
        shown = {line.account_id: line.amount for line in preview.line_ids}
        self.assertEqual(self.m.standard_price, 5.0)
        preview.action_activate()
        posting = self.env["backflush.posting"].search(
            [("res_model", "=", version._name), ("res_id", "=", version.id)]
        )
        items = posting.account_move_id.line_ids
        self.assertEqual(shown, {item.account_id: item.balance for item in items})
        open_rows = posting.variance_ids.filtered(lambda row: not row.account_move_id)
        self.assertEqual(preview.amount_unposted, -sum(open_rows.mapped("amount")))

    def _summarise_rows(self, posting):
        totals = {}
        for row in posting.variance_ids:
            name = row.element_id.type, bool(row.account_move_id)
            totals[name] = totals.get(name, 0.0) + row.amount
        return totals

    def test_s1_to_s3(self):
        self._set_up_stock()
        posting = self._activate_v2()
        self.assertEqual((posting.event, posting.state), ("revaluation", "posted"))
        self.assertEqual(self.p.standard_price, 27.0)
        self.assertEntry(posting.account_move_id, self.s1_entry)
        self.assertEqual(self._summarise_rows(posting), self.s1_rows)
        self.assertEqual(set(posting.variance_ids.mapped("kind")), {"revaluation"})
        # S2: at the standard of the receipt; the other 5.00 came with S1
        bill = self._bill(self.purchase, 5.3)
        self.assertEntry(
            bill, {"materials": 50.0, "ppv": 3.0, "liability_payable": -53.0}
        )
        rows = self.env["backflush.variance"].search([("bill_line_id", "!=", False)])
        self.assertRows(rows, [("material_price", 3.0)])
        # S3: at the standard of the delivery, not today's 27.00
        self.assertEntry(self._invoice(self.sale), self.s3_entry)
        for name, amount in self.balances.items():
            self.assertBalance(name, amount)
        if self.materials_valuation == "real_time":
            self.assertClosed()

    def test_revaluation_is_not_reversed(self):
        self._set_up_stock()
        with self.assertRaisesRegex(UserError, "Activate a new costing version"):
            self._activate_v2().action_reverse()

    def test_nothing_on_hand_posts_nothing(self):
        self.assertFalse(self._activate_v2())
        self.assertEqual(self.p.standard_price, 27.0)

    def test_missing_revaluation_account_is_said_before_anything_changes(self):
        self._set_up_stock()
        self.company.backflush_revaluation_account_id = False
        with self.assertRaisesRegex(UserError, "revaluation account"):
            with self.env.cr.savepoint():
                self._activate_v2()
        self.assertEqual(self.p.standard_price, 25.0)


class Completion:
    #: 18 × 5 + 5 × 6 and 36 × 25
    opening = {"materials": 120.0, "finished": 900.0}
    s1_entry = {"finished": 66.0, "materials": 14.0, "revaluation": -80.0}
    s1_rows = {("material", True): -47.0, ("labour", True): -33.0}
    s3_entry = {
        "asset_receivable": 120.0,
        "income": -120.0,
        "cost_of_sales": 75.0,
        "finished": -75.0,
    }
    #: 28 × 5.50 + 5 × 6.00 and 33 × 27.00
    balances = {
        "materials": 184.0,
        "finished": 891.0,
        "cost_of_sales": 75.0,
        "ppv": 3.0,
        "revaluation": -80.0,
    }


class Delivery:
    #: 18 × 5 + 5 × 6, and the material content of 36 P at 10.00
    opening = {"materials": 480.0}
    s1_entry = {"materials": 47.0, "revaluation": -47.0}
    s1_rows = {("material", True): -47.0, ("labour", False): -33.0}
    s3_entry = {"asset_receivable": 120.0, "income": -120.0}
    #: 28 × 5.50 + 5 × 6.00 + 33 × 11.00
    balances = {
        "materials": 547.0,
        "finished": 0.0,
        "cost_of_sales": 75.0,
        "ppv": 3.0,
        "revaluation": -47.0,
        "labour_applied": -30.0,
    }


@tagged("post_install", "-at_install")
class TestRevaluation1(Revaluation, Completion, BackflushCommon):
    def test_queries_do_not_grow_with_products(self):
        few = self._count_queries("2022-01-01", 5)
        many = self._count_queries("2023-01-01", 60)
        self.assertLessEqual(many - few, 5)

    def _count_queries(self, date_from, count):
        """Activate a version with `count` more materials on hand."""
        stock = self.warehouse.lot_stock_id
        version = self._create_version(date_from, date_from, m=5.0, s=6.0)
        for number in range(count):
            material = self._create_product(
                f"M{number}", self.materials, standard_price=1.0
            )
            self.env["stock.quant"]._update_available_quantity(material, stock, 10)
            version.price_ids = [
                Command.create({"product_id": material.id, "price": 1.1})
            ]
        version.action_roll_up()
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        version.action_activate()
        self.env.flush_all()
        queries = self.env.cr.sql_log_count - before
        posting = self.env["backflush.posting"].search(
            [("res_model", "=", version._name), ("res_id", "=", version.id)]
        )
        self.assertEqual(len(posting.variance_ids), count)
        self.assertEqual(len(posting.account_move_id.line_ids), 2)
        return queries


@tagged("post_install", "-at_install")
class TestRevaluation2(Revaluation, Delivery, Variant2, BackflushCommon):
    def test_content_of_a_part_that_is_costed_at_delivery_itself(self):
        box = self._create_product("Box of P", self.finished)
        self._create_bom(box, 1, {self.p: 1})
        self._activate_standards(name="v1b", date_from="2020-06-01", m=5.0, s=6.0)
        self._set_up_stock()
        self._produce(box, 10)
        posting = self._activate_v2()
        # 28 kg on hand and 2 kg in each of 23 P and of 10 boxes: 94 kg × 0.50
        self.assertEntry(posting.account_move_id, self.s1_entry)
        self._bill(self.purchase, 5.3)
        self.assertClosed()


@tagged("post_install", "-at_install")
class TestRevaluation3(Revaluation, Completion, Variant3, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestRevaluation4(Revaluation, Delivery, Variant4, BackflushCommon):
    pass
