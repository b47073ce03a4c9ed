"""Consumables on orders: no stock, so no facts; the order says what was used."""

from odoo.tests import tagged

from .check_common import CheckCommon
from .variants import Variant2, Variant4


class Consumables:
    """G is made of 1 kg of M and 3 of Glue, which is not kept in stock."""

    @classmethod
    def setUpClass(cls):
        super(CheckCommon, cls).setUpClass()  # its standards know no Glue
        cls.glue = cls._create_product(
            "Glue", cls.materials, is_storable=False, standard_price=2.0
        )
        cls.g = cls._create_product("G", cls.finished)
        cls._create_bom(cls.g, 1, {cls.m: 1, cls.glue: 3})
        cls._activate_standards(m=5.0, s=6.0, glue=2.0)

    def setUp(self):
        super().setUp()
        self._buy(self.m, 100, 5)

    def _get_glue(self, order):
        return order.move_raw_ids.filtered(lambda move: move.product_id == self.glue)

    def _get_rows(self, order):
        return sum(order.backflush_posting_ids.variance_ids.mapped("amount"))

    def _prove(self, order):
        self.assertPassed()
        if self.materials_valuation == "real_time":
            self.assertClosed()
        before = len(order.backflush_posting_ids)
        self.env["backflush.engine"]._post_records(order | order.unbuild_ids.mo_id)
        self.assertEqual(len(order.backflush_posting_ids), before)

    def test_corrected_after_done(self):
        order = self._produce(self.g, 4)
        self._correct(self._get_glue(order), 14)
        self.assertRows(
            order.backflush_posting_ids.variance_ids, [("material_usage", 4.0)]
        )
        self._prove(order)
        self._correct(self._get_glue(order), 0)
        self.assertAlmostEqual(self._get_rows(order), -24.0)
        self._prove(order)

    def test_added_after_done(self):
        order = self._produce(self.p, 10)
        order.is_locked = False
        self._use(order, {self.glue: 2})
        self._get_glue(order)._action_done()
        self.assertRows(
            order.backflush_posting_ids.variance_ids, [("material_substitution", 4.0)]
        )
        self._prove(order)

    def test_unbuilding_gives_back_what_was_used(self):
        order = self._produce(self.g, 4, used={self.glue: 14})
        self.assertAlmostEqual(self._get_rows(order), 4.0)
        self._unbuild(self.g, 4, order)
        self.assertAlmostEqual(self._get_rows(order), 0.0)
        self._prove(order)

    def test_a_later_price_changes_nothing(self):
        order = self._produce(self.g, 4)
        other = self._produce(self.p, 10, used={self.m: 20, self.glue: 2})
        self.glue.standard_price = 3.0
        self._prove(order)
        self._prove(other)
        self._correct(order.move_raw_ids - self._get_glue(order), 5)
        self.assertRows(
            order.backflush_posting_ids.variance_ids, [("material_usage", 5.0)]
        )

    def test_content_of_finished_goods_follows_new_standards(self):
        """Under `delivery` it waits on the expense account that its bills go to."""
        self._buy(self.glue, 12, 2)
        self._produce(self.g, 4)
        version = self._create_version("Next", "2021-01-01", m=5, s=6, glue=2.5)
        version.action_roll_up()
        version.action_activate()
        self._deliver(self._sell(self.g, 4, 20))
        account = self.materials.property_account_expense_categ_id
        if account == self.materials_account:
            return  # M stands there, too
        items = self.env["account.move.line"].search(
            [("account_id", "=", account.id), ("parent_state", "=", "posted")]
        )
        self.assertAlmostEqual(sum(items.mapped("balance")), 0.0)


@tagged("post_install", "-at_install")
class TestConsumables1(Consumables, CheckCommon):
    pass


@tagged("post_install", "-at_install")
class TestConsumables2(Consumables, Variant2, CheckCommon):
    pass


@tagged("post_install", "-at_install")
class TestConsumables4(Consumables, Variant4, CheckCommon):
    pass
