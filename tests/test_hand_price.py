"""A standard price changed by hand: posted at once, and the card is marked."""

from unittest.mock import MagicMock

from odoo import Command
from odoo.addons.backflush_costing.models.backflush_on_hand import (
    RECENT_LINES,
    has_stock_moved,
)
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import SQL

from .common import BackflushCommon
from .variants import Variant2, Variant3, Variant4


class HandPriceCommon(BackflushCommon):
    """On hand 28 kg M (10 of them not billed), 5 kg S, 33 P."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.revaluation_account = cls.company.backflush_revaluation_account_id
        cls.accounts["revaluation"] = cls.revaluation_account
        cls.account_names[cls.revaluation_account] = "revaluation"
        cls.version = cls._activate_standards(m=5.0, s=6.0)

    def _set_up_stock(self):
        self._buy(self.m, 84, 5.0)
        self._buy(self.s, 5, 6.0)
        self._produce(self.p, 33)
        self.not_billed = self._order(self.m, 10, 5.0)
        self._receive(self.not_billed)

    def _bill_the_rest(self):
        self._bill(self.not_billed, 5.0)

    def _find_postings(self, *products):
        return self.env["backflush.posting"].search(
            [
                ("res_model", "=", "product.product"),
                ("res_id", "in", [product.id for product in products]),
            ],
            order="id",
        )

    def _find_history(self, product, company=None):
        """Prices as the database has them: nothing rounded by a field."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT value FROM product_value WHERE product_id = %s AND company_id = %s"
            " AND move_id IS NULL ORDER BY date, id",
            (product.id, (company or self.company).id),
        )
        return [float(row[0]) for row in self.env.cr.fetchall()]

    def _get_card(self, product):
        return self.version.standard_ids.filtered(lambda c: c.product_id == product)

    def _get_price(self, product):
        return self.version.price_ids.filtered(lambda p: p.product_id == product)


class HandPrice:
    def test_material(self):
        self._set_up_stock()
        values = self.env["stock.move"].search([("product_id", "=", self.m.id)])
        values = {move: move.value for move in values}
        self.m.standard_price = 5.5
        posting = self._find_postings(self.m)
        self.assertEqual((posting.event, posting.state), ("revaluation", "posted"))
        self.assertEqual((posting.product_id, posting.quantity), (self.m, 28))
        self.assertEntry(
            posting.account_move_id, {"materials": 14.0, "revaluation": -14.0}
        )
        self.assertRows(posting.variance_ids, [("revaluation", -14.0)])
        row = posting.variance_ids
        self.assertEqual((row.product_id, row.element_id.type), (self.m, "material"))
        self.assertEqual((row.price_standard, row.price_actual), (5.0, 5.5))
        self.assertEqual({move: move.value for move in values}, values)

    def test_finished_good(self):
        self._set_up_stock()
        self.p.standard_price = 26.0
        postings = self._find_postings(self.p)
        if self.trigger == "delivery":
            # on no account at its price: the materials' carry it at its card
            self.assertFalse(postings)
        else:
            self.assertEntry(
                postings.account_move_id, {"finished": 33.0, "revaluation": -33.0}
            )
            self.assertEqual(postings.standard_id, self._get_card(self.p))
        self.assertTrue(self._get_card(self.p).is_drifted)
        self.assertEqual(self._find_history(self.p)[-1], 26.0)

    def test_business_goes_on_at_the_new_price(self):
        """Completion, delivery, return and invoice after both prices have changed."""
        self._set_up_stock()
        (self.m | self.p).write({"standard_price": 7.25})
        self._produce(self.p, 4)
        order = self._sell(self.p, 6, 40.0)
        self._deliver(order)
        self._invoice(order)
        self._bill_the_rest()
        self.assertClosedWhereOdooBooks()

    def test_new_version_after_a_change(self):
        self._set_up_stock()
        self.m.standard_price = 5.2
        self.p.standard_price = 30.0
        following = self._create_version("v2", "2021-01-01", m=5.5, s=6.0)
        following.action_roll_up()
        following.action_activate()
        posting = self.env["backflush.posting"].search(
            [("res_model", "=", following._name), ("res_id", "=", following.id)]
        )
        # M 28 × 0.30; P 33 × (26 − 30), or its content 33 × 1.00
        expected = {"materials": 8.4, "finished": -132.0, "revaluation": 123.6}
        if self.trigger == "delivery":
            expected = {"materials": 41.4, "revaluation": -41.4}
        self.assertEntry(posting.account_move_id, expected)
        self.assertFalse(following.standard_ids.filtered("is_drifted"))
        self._bill_the_rest()
        self.assertClosedWhereOdooBooks()

    def assertClosedWhereOdooBooks(self):
        if self.materials_valuation == "real_time":
            self.assertClosed()


@tagged("post_install", "-at_install")
class TestHandPrice1(HandPrice, HandPriceCommon):
    pass


@tagged("post_install", "-at_install")
class TestHandPrice2(HandPrice, Variant2, HandPriceCommon):
    def test_price_by_hand_stays_out_of_the_order(self):
        """A completion under `delivery` explains itself by the card."""
        self._buy(self.m, 84, 5.0)
        self.p.standard_price = 30.0
        order = self._produce(self.p, 10)
        self.assertFalse(order.backflush_posting_ids.variance_ids)
        self.assertClosed()

    def test_part_costed_at_delivery_is_used_at_its_card(self):
        box = self._create_product("Box of P", self.finished)
        self._create_bom(box, 1, {self.p: 1})
        self._activate_standards(name="v1b", date_from="2020-06-01", m=5.0, s=6.0)
        self._buy(self.m, 84, 5.0)
        self._produce(self.p, 10)
        self.p.standard_price = 30.0
        order = self._produce(box, 4)
        self.assertFalse(order.backflush_posting_ids.variance_ids)
        self.assertClosed()

    def test_card_that_was_kept_when_its_part_changed(self):
        box = self._create_product("Box of P", self.finished)
        self._create_bom(box, 1, {self.p: 2})
        self._activate_standards(name="v1b", date_from="2020-06-01", m=5.0, s=6.0)
        self._set_up_stock()
        following = self._create_version("v2", "2021-01-01", m=5.5, s=6.0)
        following.product_ids = self.p
        following.action_roll_up()
        following.action_activate()
        self._produce(box, 3)
        self._bill_the_rest()
        self.assertClosed()
        sale = self._sell(box, 2, 90.0)
        self._deliver(sale)
        self._invoice(sale)
        # 2 × 50.00, as the card has it; P is at 26.00 by now
        self.assertBalance("cost_of_sales", 100.0)
        self.assertClosed()

    def test_content_may_change_while_the_total_does_not(self):
        self._set_up_stock()
        following = self._create_version("v2", "2021-01-01", m=5.5, s=6.0)
        rates = following.rate_ids
        rates.filtered(lambda r: r.element_id.type == "labour").rate = 18.0
        following.action_roll_up()
        following.action_activate()
        self.assertEqual(self.p.standard_price, 25.0)
        # M, 18 kg of it billed, S and the content of P
        self.assertBalance("materials", 18 * 5.0 + 28 * 0.5 + 5 * 6.0 + 33 * 11.0)
        self._bill_the_rest()
        self.assertClosed()

    def test_goods_without_a_card_are_on_no_account(self):
        """They came under the trigger after the roll-up."""
        other = self._create_product("New", self.finished, standard_price=3.0)
        self.env["stock.quant"]._update_available_quantity(
            other, self.warehouse.lot_stock_id, 5
        )
        other.standard_price = 4.0
        self.assertFalse(self._find_postings(other))
        self.assertEqual(self._find_history(other), [3.0, 4.0])


@tagged("post_install", "-at_install")
class TestHandPrice3(HandPrice, Variant3, HandPriceCommon):
    pass


@tagged("post_install", "-at_install")
class TestHandPrice4(HandPrice, Variant4, HandPriceCommon):
    pass


@tagged("post_install", "-at_install")
class TestHandPricePaths(HandPriceCommon):
    """Every way in which a price changes by hand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        stock = cls.warehouse.lot_stock_id
        Quant = cls.env["stock.quant"]
        Quant._update_available_quantity(cls.m, stock, 28)
        Quant._update_available_quantity(cls.s, stock, 5)
        Quant._update_available_quantity(cls.p, stock, 33)

    def test_template_form(self):
        with Form(self.m.product_tmpl_id) as form:
            form.standard_price = 5.5
        self.assertEqual(self._find_postings(self.m).amount, 14.0)

    def test_import_makes_one_entry(self):
        external = {}
        for product in (self.m, self.s):
            external[product] = f"backflush_costing.test_{product.name}"
            self.env["ir.model.data"]._update_xmlids(
                [{"xml_id": external[product], "record": product}]
            )
        result = self.env["product.product"].load(
            ["id", "standard_price"],
            [[external[self.m], "5.5"], [external[self.s], "7"]],
        )
        self.assertFalse(result["messages"])
        postings = self._find_postings(self.m, self.s)
        self.assertEqual(postings.mapped("amount"), [14.0, 5.0])
        self.assertEqual(len(postings.account_move_id), 1)
        self.assertEntry(
            postings.account_move_id, {"materials": 19.0, "revaluation": -19.0}
        )

    def test_goods_counted_with_a_new_price_are_not_revalued(self):
        self.env["ir.model.data"]._update_xmlids(
            [{"xml_id": "backflush_costing.test_m", "record": self.m}]
        )
        line = ["backflush_costing.test_m", "6", "38"]
        columns = ["id", "standard_price", "qty_available"]
        writes = (
            lambda: self.m.write({"standard_price": 6, "qty_available": 38}),
            lambda: self.m.product_tmpl_id.write(
                {"standard_price": 6, "qty_available": 38}
            ),
            lambda: self.m.product_tmpl_id.write(
                {"qty_available": 38, "standard_price": 6}
            ),
            lambda: self.env["product.product"].load(columns, [line]),
        )
        for write in writes:
            with self.subTest(), self.env.cr.savepoint() as savepoint:
                write()
                facts = self.env["backflush.stock.fact"].search(
                    [("product_id", "=", self.m.id)]
                )
                self.assertEqual(facts.mapped("quantity"), [10])
                # 38 × 6.00 on hand, of which 28 × 5.00 were there before
                posted = sum(self._find_postings(self.m).mapped("amount"))
                self.assertEqual(facts.amount + posted, 88.0)
                savepoint.rollback()
            self.env.invalidate_all()

    def test_goods_counted_with_a_new_product_are_not_revalued(self):
        vals = {
            "name": "Nut",
            "categ_id": self.finished.id,
            "is_storable": True,
            "standard_price": 5,
            "qty_available": 10,
        }
        nut = self.env["product.product"].create(vals)
        self.assertEqual(nut.qty_available, 10)
        self.assertFalse(self._find_postings(nut))
        facts = self.env["backflush.stock.fact"].search([("product_id", "=", nut.id)])
        self.assertEqual(facts.mapped("amount"), [50.0])

    def test_import_that_fails_books_nothing(self):
        self.env["ir.model.data"]._update_xmlids(
            [{"xml_id": "backflush_costing.test_m", "record": self.m}]
        )
        result = self.env["product.product"].load(
            ["id", "standard_price", "name"],
            [["backflush_costing.test_m", "5.5", "M"], [False, "dear", "N"]],
        )
        self.assertTrue(result["messages"])
        self.assertEqual(self.m.standard_price, 5.0)
        self.assertFalse(self._find_postings(self.m))

    def test_import_of_templates_creates_products(self):
        result = self.env["product.template"].load(
            ["name", "categ_id/.id", "is_storable", "standard_price"],
            [["Nut", str(self.finished.id), "1", "0.01719"]],
        )
        self.assertFalse(result["messages"])
        nut = self.env["product.template"].browse(result["ids"]).product_variant_id
        self.assertEqual(self._find_history(nut), [0.01719])
        self.assertFalse(self._find_postings(nut))

    def test_one_write_on_several_products(self):
        (self.m | self.s | self.p).write({"standard_price": 7.0})
        postings = self._find_postings(self.m, self.s, self.p)
        self.assertEqual(len(postings), 3)
        entry = postings.account_move_id
        self.assertEqual(len(entry), 1)
        # 28 × 2, 5 × 1, 33 × (−18); materials' products share a line
        self.assertEntry(
            entry, {"materials": 61.0, "finished": -594.0, "revaluation": 533.0}
        )
        self.assertEqual(len(entry.line_ids), 3)

    def test_cost_button(self):
        self.m.standard_price = 5.5
        self.p.button_bom_cost()
        # Odoo's own roll-up: 2 kg × 5.50 + 0.5 h × 30.00
        self.assertEqual(self.p.standard_price, 26.0)
        self.assertEqual(self._find_postings(self.p).amount, 33.0)

    def test_cost_button_of_several_templates_makes_one_entry(self):
        box = self._create_product("Box", self.finished)
        self._create_bom(box, 1, {self.p: 2})
        self.env["stock.quant"]._update_available_quantity(
            box, self.warehouse.lot_stock_id, 3
        )
        self.m.standard_price = 5.5
        (self.p | box).product_tmpl_id.action_bom_cost()
        postings = self._find_postings(self.p, box)
        self.assertEqual(postings.mapped("amount"), [33.0, 156.0])
        self.assertEqual(len(postings.account_move_id), 1)

    def test_again_and_back(self):
        card, price = self._get_card(self.p), self._get_price(self.m)
        self.p.standard_price = 26.0
        self.m.standard_price = 5.5
        self.assertEqual((card.is_drifted, price.is_drifted), (True, True))
        self.assertFalse(self._get_price(self.s).is_drifted)
        self.p.standard_price = 25.0
        self.m.standard_price = 5.0
        self.assertEqual((card.is_drifted, price.is_drifted), (False, False))
        postings = self._find_postings(self.p)
        self.assertEqual(postings.mapped("sequence"), [1, 2])
        self.assertEqual(sum(postings.variance_ids.mapped("amount")), 0.0)
        self.assertBalance("finished", 0.0)

    def test_same_price_again_books_nothing(self):
        self.p.standard_price = 25.0
        self.assertFalse(self._find_postings(self.p))

    def test_history_has_all_digits(self):
        self.m.standard_price = 0.01719
        self.assertEqual(self._find_history(self.m)[-1], 0.01719)
        self.assertEqual(self._find_postings(self.m).variance_ids.amount, 139.52)

    def test_nothing_on_hand(self):
        other = self._create_product("Bolt", self.finished, standard_price=0.0123)
        self.assertEqual(self._find_history(other), [0.0123])
        self.company.backflush_revaluation_account_id = False
        other.standard_price = 2.0
        self.assertFalse(self._find_postings(other))
        self.assertEqual(self._find_history(other), [0.0123, 2.0])

    def test_archived_product(self):
        self.m.active = False
        self.m.standard_price = 5.5
        self.assertEqual(self._find_postings(self.m).amount, 14.0)
        self.assertTrue(self._get_price(self.m).is_drifted)

    def test_product_that_is_not_covered(self):
        plain = self._create_category("Plain", property_valuation="real_time")
        other = self._create_product("Other", plain, standard_price=0.333)
        self.env["stock.quant"]._update_available_quantity(
            other, self.warehouse.lot_stock_id, 5
        )
        other.standard_price = 0.666
        self.assertFalse(self._find_postings(other))
        # rounded, as plain Odoo does
        self.assertEqual(self._find_history(other), [0.33, 0.67])
        (other | self.m).write({"standard_price": 4.0})
        self.assertEqual(self._find_postings(self.m, other).product_id, self.m)
        self.assertEqual(self._find_history(other)[-1], 4.0)

    def test_average_cost_is_odoos(self):
        self.materials.property_cost_method = "average"
        self.m.standard_price = 5.5
        self.assertFalse(self._find_postings(self.m))
        self.assertFalse(self._get_price(self.m).is_drifted)
        self.assertEqual(self._find_history(self.m)[-1], 5.5)

    def test_lots_valued_on_their_own_are_odoos(self):
        self.m.tracking = "lot"
        self.m.lot_valuated = True
        self.m.standard_price = 5.5
        self.assertFalse(self._find_postings(self.m))

    def test_value_of_a_receipt_is_no_price(self):
        self._receive(self._order(self.m, 10, 5.0))
        move = self.env["stock.move"].search(
            [("product_id", "=", self.m.id), ("is_in", "=", True)], limit=1
        )
        Value = self.env["product.value"]
        Value.create({"move_id": move.id, "value": 99.0})
        Value.create({"product_id": self.m.id, "value": 9.0})
        self.assertEqual(move.value, 99.0)
        self.assertEqual(self.m.standard_price, 5.0)
        self.assertFalse(self._find_postings(self.m))

    def test_locked_period(self):
        self.company.fiscalyear_lock_date = "2050-12-31"
        self.m.standard_price = 5.5
        posting = self._find_postings(self.m)
        self.assertEqual(str(posting.account_move_id.date), "2051-01-01")
        self.assertTrue(posting.date_reason)


@tagged("post_install", "-at_install")
class TestHandPriceRights(HandPriceCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["stock.quant"]._update_available_quantity(
            cls.m, cls.warehouse.lot_stock_id, 28
        )
        cls.buyer = new_test_user(
            cls.env,
            "price.buyer",
            "base.group_user,product.group_product_manager",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def test_own_deliveries_are_not_taken_for_those_of_others(self):
        """Others' eyes see the goods reserved; they do not see them leave."""
        self.env["stock.quant"]._update_available_quantity(
            self.p, self.warehouse.lot_stock_id, 3
        )
        sale = self._sell(self.p, 3, 40.0)
        sale.picking_ids.action_assign()
        self.assertEqual(sale.picking_ids.state, "assigned")
        self.env.flush_all()
        others = MagicMock()
        others.fetchall.return_value = self.env.execute_query(
            SQL(RECENT_LINES, self.company.id)
        )
        with self.env.cr.savepoint():
            self._deliver(sale)
        self.assertFalse(has_stock_moved(self.company, others))

    def test_user_without_rights_in_accounting(self):
        m = self.m.with_user(self.buyer)
        m.standard_price = 5.5
        posting = self._find_postings(self.m)
        self.assertEqual(posting.account_move_id.state, "posted")
        with self.assertRaises(AccessError):
            posting.with_user(self.buyer).read(["amount"])

    def test_revaluation_cannot_be_left_out_from_outside(self):
        m = self.m.with_user(self.buyer)
        m.with_context(disable_auto_revaluation=True).write({"standard_price": 5.5})
        self.assertEqual(self._find_postings(self.m).amount, 14.0)

    def test_refused_without_revaluation_account(self):
        self.company.backflush_revaluation_account_id = False
        self._check_refused("revaluation account")

    def test_refused_without_journal(self):
        self.company.backflush_journal_id = False
        self._check_refused("backflush journal")

    def _check_refused(self, reason):
        history = self._find_history(self.m)
        with self.assertRaisesRegex(UserError, reason), self.env.cr.savepoint():
            self.m.standard_price = 5.5
        self.assertEqual(self.m.standard_price, 5.0)
        self.assertFalse(self._find_postings(self.m))
        self.assertFalse(self._get_price(self.m).is_drifted)
        self.assertEqual(self._find_history(self.m), history)

    def test_posting_is_set_back_not_reversed(self):
        self.m.standard_price = 5.5
        posting = self._find_postings(self.m)
        with self.assertRaisesRegex(UserError, "Set the cost of M back"):
            posting.action_reverse()
        self.assertEqual(posting.action_open_event()["res_id"], self.m.id)

    def test_mark_is_the_addons(self):
        price = self._get_price(self.m)
        for part in (price, self._get_card(self.p)):
            with self.assertRaises(UserError):
                part.is_drifted = True
            with self.assertRaises(UserError):
                part.with_context(backflush_engine=True).with_user(
                    self.env.ref("base.user_admin")
                ).is_drifted = True


@tagged("post_install", "-at_install")
class TestHandPriceCompanies(HandPriceCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.m.company_id = False
        cls.other = cls._create_company(name="Other Factory")
        cls.env.user.company_ids |= cls.other
        both = cls.company.ids + cls.other.ids
        cls.env = cls.env(context={**cls.env.context, "allowed_company_ids": both})
        for company in (cls.company, cls.other):
            warehouse = cls.env["stock.warehouse"].search(
                [("company_id", "=", company.id)], limit=1
            )
            cls.env["stock.quant"].with_company(company)._update_available_quantity(
                cls.m, warehouse.lot_stock_id, 10
            )
        cls.m = cls.m.with_env(cls.env)
        cls.abroad = cls.m.with_company(cls.other)

    def test_each_company_has_its_own_price(self):
        self.m.standard_price = 5.5
        posting = self._find_postings(self.m)
        self.assertEqual((posting.company_id, posting.amount), (self.company, 5.0))
        self.assertEqual(self.abroad.standard_price, 0.0)
        self.assertFalse(self._find_history(self.m, self.other))

    def test_not_covered_in_the_other_company(self):
        self.abroad.standard_price = 99.0
        self.assertFalse(self._find_postings(self.m))
        self.assertEqual(self._find_history(self.m, self.other), [99.0])
        self.assertEqual(self.m.standard_price, 5.0)

    def test_past_price_is_the_companys_own(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE product_value SET date = '2020-01-01' WHERE product_id = %s",
            (self.m.id,),
        )
        self.env["product.value"].invalidate_model()
        self.abroad.standard_price = 99.0
        self.env.cr.execute(
            "UPDATE product_value SET date = '2020-02-01' WHERE company_id = %s",
            (self.other.id,),
        )
        self.m.standard_price = 5.123456
        past = self.m._get_standard_price_at_date("2020-03-01")
        self.assertEqual(past, 5.0)
        # before the first price: the first
        self.assertEqual(self.m._get_standard_price_at_date("2019-01-01"), 5.0)
        now = self.m._get_standard_price_at_date("2100-01-01")
        self.assertEqual(now, 5.123456)
