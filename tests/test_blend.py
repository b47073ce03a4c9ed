"""Mix and yield: usage of the components of a blend, split, in all variants."""

from odoo.tests import Form, new_test_user, tagged

from .check_common import CheckCommon
from .variants import Variant1, Variant2, Variant3, Variant4

MIX, YIELD, USAGE = "material_mix", "material_yield", "material_usage"


class Blends:
    """10 bottles of sauce: 12 kg M at 5.00, 8,000 g G at 0.006, 10 bottles at 0.50."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        gram = cls.env.ref("uom.product_uom_gram")
        cls.g = cls._create_product("G", cls.materials, uom_id=gram.id)
        cls.g.standard_price = 0.006
        cls.bottle = cls._create_product("Bottle", cls.materials)
        cls.bottle.standard_price = 0.5
        cls.sauce = cls._create_product("Sauce", cls.finished)
        needs = {cls.m: 12, cls.g: 8000, cls.bottle: 10}
        cls.sauce_bom = cls._create_bom(
            cls.sauce, 10, needs, minutes=24, backflush_is_blend=True
        )
        prices = {"m": 5.0, "s": 6.0, "g": 0.006, "bottle": 0.5}
        cls._activate_standards(name="Blend", date_from="2021-01-01", **prices)

    def setUp(self):
        super().setUp()
        self._buy(self.m, 100, 5)
        self._buy(self.s, 100, 6)
        self._buy(self.g, 50000, 0.006)
        self._buy(self.bottle, 100, 0.5)

    def _make(self, m=12, g=8000, bottle=10, **values):
        used = {self.m: m, self.g: g, self.bottle: bottle}
        return self._produce(self.sauce, 10, used=used, **values)

    def _get_rows(self, order):
        """{(kind, name of the component): amount}, what cancels out left out."""
        rows = {}
        for row in order.backflush_posting_ids.variance_ids:
            key = (row.kind, row.component_id.name)
            rows[key] = round(rows.get(key, 0) + row.amount, 2)
        return {key: amount for key, amount in rows.items() if amount}

    def assertSound(self, order, rows):
        self.assertEqual(self._get_rows(order), rows)
        self.assertOrderExplained(order)
        self.assertLedgerIsStock()
        if self.materials_valuation == "real_time":
            self.assertClosed()
        self.assertPassed()

    def test_exact_order_has_no_rows(self):
        self.assertSound(self._make(), {})

    def test_other_mix_and_more_in_total(self):
        """21 kg instead of 20: of them 14 M (at standard mix 12.6) and 7 G (8.4)."""
        order = self._make(m=14, g=7000, bottle=11)
        rows = {
            (MIX, "M"): 7.0,
            (MIX, "G"): -8.4,
            (YIELD, "M"): 3.0,
            (YIELD, "G"): 2.4,
            (USAGE, "Bottle"): 0.5,
        }
        self.assertSound(order, rows)
        posting = order.backflush_posting_ids
        self.assertTrue(posting.is_blend)
        mix = posting.variance_ids.filtered(lambda x: x.kind == MIX)
        self.assertRecordValues(
            mix.sorted("amount"),
            [
                {"quantity_standard": 8400, "quantity_actual": 7000},
                {"quantity_standard": 12.6, "quantity_actual": 14},
            ],
        )
        names = {account: name for name, account in self.accounts.items()}
        self.assertEqual(
            {names[row.account_id] for row in posting.variance_ids},
            {"material_quantity_variance"},
        )
        if self.trigger == "delivery":
            self.assertFalse(posting.account_move_id)
        else:
            booked = self._summarise(posting.account_move_id.line_ids)
            self.assertAlmostEqual(booked["material_quantity_variance"], 4.5)

    def test_what_is_off_the_card_is_a_substitution(self):
        order = self._create_production(self.sauce, 10)
        used = {self.m: 6, self.s: 5, self.g: 8000, self.bottle: 10}
        self._finish(order, used=used)
        # 14 kg of the blend went in: 8.4 and 5.6 at standard mix
        rows = {
            (MIX, "M"): -12.0,
            (MIX, "G"): 14.4,
            (YIELD, "M"): -18.0,
            (YIELD, "G"): -14.4,
            ("material_substitution", "S"): 30.0,
        }
        self.assertSound(order, rows)

    def test_corrected_and_the_mark_taken_off_meanwhile(self):
        """The order stays a blend, as its postings say; the next one is none."""
        order = self._make(m=14, g=7000)
        self.sauce_bom.backflush_is_blend = False
        moves = order.move_raw_ids
        self._correct(moves.filtered(lambda x: x.product_id == self.m), 12)
        # 19 kg: of them 12 M (at standard mix 11.4) and 7 G (7.6)
        rows = {(MIX, "M"): 3.0, (MIX, "G"): -3.6, (YIELD, "M"): -3.0}
        rows[YIELD, "G"] = -2.4
        self.assertSound(order, rows)
        self.assertEqual(order.backflush_posting_ids.mapped("is_blend"), [True, True])
        self.assertEqual(self._get_rows(self._make(m=14)), {(USAGE, "M"): 10.0})

    def test_marked_after_the_order_was_booked(self):
        self.sauce_bom.backflush_is_blend = False
        order = self._make(m=14)
        self.sauce_bom.backflush_is_blend = True
        moves = order.move_raw_ids
        self._correct(moves.filtered(lambda x: x.product_id == self.g), 7000)
        rows = {(USAGE, "M"): 10.0, (USAGE, "G"): -6.0}
        self.assertSound(order, rows)
        # booked again from nothing, it is still what it was
        order.backflush_posting_ids.action_reverse()
        self.assertEqual(self._get_rows(order), {})
        self.env["backflush.engine"]._post_records(order)
        self.assertSound(order, rows)

    def test_output_corrected_and_back(self):
        order = self._make(m=14, g=7000)
        before = self._get_rows(order)
        self.sauce_bom.active = False
        self._correct(order.move_finished_ids, 9)
        self._correct(order.move_finished_ids, 10)
        self.assertSound(order, before)

    def test_output_corrected_and_unbuilt(self):
        order = self._make(m=14, g=7000)
        self._correct(order.move_finished_ids, 9)
        # 21 kg went in, 18 were allowed: 10.8 and 7.2
        rows = {(MIX, "M"): 7.0, (MIX, "G"): -8.4, (YIELD, "M"): 9.0}
        rows |= {(YIELD, "G"): 7.2, (USAGE, "Bottle"): 0.5}
        self.assertSound(order, rows)
        self.sauce_bom.backflush_is_blend = False
        unbuild = self._unbuild(self.sauce, 9, order)
        self.assertTrue(unbuild.backflush_posting_ids.is_blend)
        self.assertOrderExplained(order)
        self.assertLedgerIsStock()
        self.assertPassed()

    def test_cents_of_mix_and_yield_add_up(self):
        """Per component to the cent of the usage, which a plain order shows."""
        used = {"m": 12.37, "g": 7777, "bottle": 10}
        blend = self._make(**used)
        self.sauce_bom.backflush_is_blend = False
        plain = self._make(**used)
        usage = {
            row.component_id: row.amount
            for row in plain.backflush_posting_ids.variance_ids
            if row.kind == USAGE
        }
        parts = {}
        for row in blend.backflush_posting_ids.variance_ids:
            known = parts.get(row.component_id, 0)
            parts[row.component_id] = round(known + row.amount, 2)
        self.assertEqual(parts, usage)
        self.assertPassed()

    def test_average_cost(self):
        self.materials.property_cost_method = "average"
        order = self._make(m=14, g=7000)
        rows = self._get_rows(order)
        self.assertEqual(rows[MIX, "M"], 7.0)
        self.assertEqual(rows[YIELD, "G"], 2.4)
        self.assertOrderExplained(order)
        self.assertPassed()

    def test_one_component_is_no_blend(self):
        """M alone is measured in kg: P keeps its usage, marked or not."""
        self.bom.backflush_is_blend = True
        order = self._produce(self.p, 10, used={self.m: 22})
        self.assertSound(order, {(USAGE, "M"): 10.0})


@tagged("post_install", "-at_install")
class TestBlend1(Variant1, Blends, CheckCommon):
    def test_in_daily_mode(self):
        self.company.backflush_posting_mode = "daily"
        order = self._make(m=14, g=7000)
        self.sauce_bom.backflush_is_blend = False
        self.env["backflush.posting"].action_book()
        moves = order.move_raw_ids
        self._correct(moves.filtered(lambda x: x.product_id == self.m), 12)
        self.env["backflush.posting"].action_book()
        rows = {(MIX, "M"): 3.0, (MIX, "G"): -3.6, (YIELD, "M"): -3.0}
        self.assertSound(order, rows | {(YIELD, "G"): -2.4})

    def test_components_of_a_kit(self):
        """They are on the card, each for itself, and are blended like the others."""
        kit = self._create_product("Kit", self.materials)
        self._create_bom(kit, 1, {self.m: 1.2}, type="phantom")
        values = {"product_id": kit.id, "product_uom_id": self.unit.id}
        self.sauce_bom.bom_line_ids[0].write({**values, "product_qty": 10})
        prices = {"m": 5.0, "s": 6.0, "g": 0.006, "bottle": 0.5}
        self._activate_standards(name="Kit", date_from="2022-01-01", **prices)
        order = self._make(m=14, g=7000)
        rows = {(MIX, "M"): 7.0, (MIX, "G"): -8.4, (YIELD, "M"): 3.0}
        self.assertSound(order, rows | {(YIELD, "G"): 2.4})

    def test_backorder_of_an_order(self):
        """Each is its own order: the mark counts when it is finished."""
        order = self._create_production(self.sauce, 10)
        used = {self.m: 7, self.g: 3500, self.bottle: 5}
        self._finish(order, 5, used, backorder=True)
        rest = order.production_group_id.production_ids - order
        self.sauce_bom.backflush_is_blend = False
        self._finish(rest, used=used)
        rows = {(MIX, "M"): 3.5, (MIX, "G"): -4.2, (YIELD, "M"): 1.5}
        self.assertSound(order, rows | {(YIELD, "G"): 1.2})
        self.assertSound(rest, {(USAGE, "M"): 5.0, (USAGE, "G"): -3.0})

    def test_failed_first(self):
        """Marked when the posting succeeds: nothing had been booked before."""
        self.sauce_bom.backflush_is_blend = False
        account = self.elements["material"].quantity_variance_account_id
        self.elements["material"].quantity_variance_account_id = False
        order = self._make(m=14, g=7000)
        self.assertEqual(order.backflush_posting_ids.state, "failed")
        self.sauce_bom.backflush_is_blend = True
        self.elements["material"].quantity_variance_account_id = account
        order.backflush_posting_ids.action_retry()
        self.assertIn((MIX, "M"), self._get_rows(order))
        self.assertPassed()

    def test_on_the_form_of_the_bill(self):
        user = new_test_user(
            self.env,
            "planner",
            "mrp.group_mrp_manager",
            company_id=self.company.id,
            company_ids=self.company.ids,
        )
        with Form(self.sauce_bom.with_user(user)) as form:
            form.backflush_is_blend = False
        self.assertFalse(self.sauce_bom.backflush_is_blend)


@tagged("post_install", "-at_install")
class TestBlend2(Variant2, Blends, CheckCommon):
    pass


@tagged("post_install", "-at_install")
class TestBlend3(Variant3, Blends, CheckCommon):
    pass


@tagged("post_install", "-at_install")
class TestBlend4(Variant4, Blends, CheckCommon):
    pass
