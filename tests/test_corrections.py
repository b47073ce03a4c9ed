"""Events C9–C11: done quantities corrected afterwards, also after new standards."""

from odoo import Command, fields
from odoo.tests import tagged

from .common import BackflushCommon
from .variants import Variant1, Variant2, Variant3, Variant4

APPLIED_P = {
    "labour_applied": 10.0,
    "variable_overhead_applied": 3.0,
    "fixed_overhead_applied": 2.0,
}


class Corrections:
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.revaluation = cls.company.backflush_revaluation_account_id
        cls.account_names[cls.revaluation] = "revaluation"
        cls._activate_standards(m=5.0, s=6.0)

    def setUp(self):
        super().setUp()
        self._buy(self.m, 100, 5)
        self._buy(self.s, 10, 6)

    def _check(self, order, entry, rows):
        """The last posting of `order` is a correction with this entry and rows."""
        posting = order.backflush_posting_ids.sorted("id")[-1]
        self.assertRecordValues(posting, [{"event": "correction", "state": "posted"}])
        self.assertRows(posting.variance_ids, rows)
        if self.trigger == "delivery":
            self.assertFalse(posting.account_move_id or posting.line_ids)
        else:
            self.assertEntry(posting.account_move_id, entry)
        self.assertLedgerIsStock()
        self.assertOrderExplained(order)
        return posting

    def test_c9_more_material(self):
        order = self._produce(self.p, 10)
        self._correct(order.move_raw_ids, 21)
        entry = {"material_quantity_variance": 5.0, "materials": -5.0}
        self._check(order, entry, [("material_usage", 5.0)])

    def test_c10_less_material(self):
        order = self._produce(self.p, 10, used={self.m: 22})
        self._correct(order.move_raw_ids, 21)
        entry = {"material_quantity_variance": -5.0, "materials": 5.0}
        self._check(order, entry, [("material_usage", -5.0)])

    def test_c11_less_output(self):
        order = self._produce(self.p, 10, used={self.m: 15, self.s: 6})
        self._correct(order.move_finished_ids, 9)
        entry = {"material_quantity_variance": 10.0, "finished": -25.0} | APPLIED_P
        self._check(order, entry, [("material_usage", 10.0)])

    def test_added_and_removed_components(self):
        order = self._produce(self.p, 10)
        order.is_locked = False
        order.move_raw_ids = [
            Command.create(
                {
                    "product_id": self.s.id,
                    "product_uom_qty": 2,
                    "product_uom": self.kg.id,
                    "location_id": order.location_src_id.id,
                    "location_dest_id": order.production_location_id.id,
                    "quantity": 2,
                    "picked": True,
                }
            )
        ]
        added = order.move_raw_ids.filtered(lambda m: m.product_id == self.s)
        if added.state != "done":
            added._action_done()
        entry = {"material_quantity_variance": 12.0, "materials": -12.0}
        self._check(order, entry, [("material_substitution", 12.0)])
        self._correct(added, 0)
        entry = {"material_quantity_variance": -12.0, "materials": 12.0}
        self._check(order, entry, [("material_substitution", -12.0)])

    def test_corrected_after_new_standards(self):
        """Stock moves at today's 5.50, usage stays at the card: the rest has a name."""
        order = self._produce(self.p, 10, used={self.m: 22})
        self._activate_v2()
        self._correct(order.move_raw_ids, 21)
        entry = {
            "material_quantity_variance": -5.0,
            "revaluation": -0.5,
            "materials": 5.5,
        }
        rows = [("material_usage", -5.0), ("standard_change", -0.5)]
        self._check(order, entry, rows)

    def test_output_corrected_after_new_standards(self):
        order = self._produce(self.p, 10)
        self._activate_v2()
        self._correct(order.move_finished_ids, 9)
        entry = {
            "material_quantity_variance": 10.0,
            "revaluation": 2.0,
            "finished": -27.0,
        } | APPLIED_P
        rows = [
            ("material_usage", 10.0),
            ("standard_change", 1.0),
            ("standard_change", 1.0),
        ]
        posting = self._check(order, entry, rows)
        changes = posting.variance_ids.filtered(lambda r: r.kind == "standard_change")
        self.assertEqual(
            sorted(changes.element_id.mapped("type")), ["labour", "material"]
        )

    def test_correction_taken_back_leaves_nothing(self):
        order = self._produce(self.p, 10)
        rows = order.backflush_posting_ids.variance_ids
        self._activate_v2()
        for quantity in (13, 7, 10):
            self._correct(order.move_finished_ids, quantity)
            self.assertLedgerIsStock()
            self.assertOrderExplained(order)
        totals = {}
        for row in order.backflush_posting_ids.variance_ids - rows:
            name = row.kind, row.element_id
            totals[name] = totals.get(name, 0) + row.amount
        self.assertEqual({round(x, 2) for x in totals.values()}, {0.0})

    def test_date_changed_on_the_order(self):
        """What was booked is reversed on its day and booked again on the other."""
        order = self._produce(self.p, 10)
        self._correct(order.move_raw_ids, 21)
        first, correction = order.backflush_posting_ids.sorted("id")
        day = fields.Date.subtract(fields.Date.context_today(order), days=3)
        order.date_finished = fields.Datetime.to_datetime(day)
        self.assertEqual((first | correction).mapped("state"), ["reversed"] * 2)
        again = order.backflush_posting_ids - first - correction
        self.assertRecordValues(
            again, [{"state": "posted", "date_event": day, "date": day, "quantity": 10}]
        )
        self.assertEqual(
            again.event, "completion", "nothing is left that it could correct"
        )
        if self.trigger == "completion":
            self.assertEqual(first.reversal_move_id.date, first.date)
            self.assertEqual(again.account_move_id.date, day)
        rows = order.backflush_posting_ids.variance_ids
        self.assertAlmostEqual(sum(rows.mapped("amount")), 5.0)
        self.assertRows(again.variance_ids, [("material_usage", 5.0)])
        self.assertLedgerIsStock()

    def test_date_changed_while_nothing_can_be_booked(self):
        """It stops nobody: what is booked stays until it can be booked again."""
        order = self._produce(self.p, 10)
        first = order.backflush_posting_ids
        day = fields.Date.subtract(fields.Date.context_today(order), days=3)
        self.company.backflush_journal_id.active = False
        order.date_finished = fields.Datetime.to_datetime(day)
        self.assertEqual(first.state, "posted")
        failed = order.backflush_posting_ids - first
        self.assertRecordValues(failed, [{"state": "failed", "date_event": day}])
        self._correct(order.move_raw_ids, 21)
        self.assertEqual(order.backflush_posting_ids, first | failed)
        self.company.backflush_journal_id.active = True
        failed.action_retry()
        self.assertEqual(first.state, "reversed")
        self.assertRecordValues(
            failed, [{"state": "posted", "date_event": day, "date": day}]
        )
        self.assertRows(failed.variance_ids, [("material_usage", 5.0)])
        self.assertLedgerIsStock()
        self.assertOrderExplained(order)

    def test_made_before_its_product_was_covered(self):
        """A correction afterwards records what it changes, not all that ever moved."""
        goods = self._create_category("New", property_valuation="real_time")
        new = self._create_product("New", goods, standard_price=10.0)
        part = self._create_product("Part", self.materials, standard_price=5.0)
        self._create_bom(new, 1, {part: 2})
        self._count(part, 50)
        order = self._produce(new, 4)
        self.assertFalse(order.backflush_posting_ids)
        goods.property_valuation = self.finished.property_valuation
        goods.property_backflush_trigger = self.trigger
        version = self._create_version("Next", "2021-01-01", m=5.0, s=6.0)
        version.price_ids = [Command.create({"product_id": part.id, "price": 5.0})]
        version.action_roll_up()
        version.action_activate()
        self._correct(order.move_raw_ids, 9)
        self._correct(order.move_raw_ids, 11)
        facts = order.move_raw_ids.backflush_fact_ids.sorted("id")
        self.assertEqual(facts.mapped("quantity"), [-1.0, -2.0])
        rows = order.backflush_posting_ids.variance_ids
        self.assertAlmostEqual(sum(rows.mapped("amount")), 15.0)


@tagged("post_install", "-at_install")
class TestCorrections1(Corrections, Variant1, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestCorrections2(Corrections, Variant2, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestCorrections3(Corrections, Variant3, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestCorrections4(Corrections, Variant4, BackflushCommon):
    pass
