"""The life of a costing version: simulation, selection, dates, schedule, preview."""

from odoo import Command, fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .test_standards import StandardsCase


@tagged("post_install", "-at_install")
class TestSimulation(StandardsCase):
    def _simulation(self):
        action = self.version.action_copy_to_simulation()
        return self.env["backflush.version"].browse(action["res_id"])

    def test_simulation_is_edited_and_rolled_up_but_never_activated(self):
        self._roll_up()
        simulation = self._simulation()
        self.assertEqual(simulation.state, "simulation")
        self._set_price(self.steel, 6, simulation)
        self.assertEqual(self._roll_up(simulation)[self.table].amount, 27.0)
        simulation.date_from = "2026-06-01"
        with self.assertRaisesRegex(UserError, "is a simulation, which is never"):
            simulation.action_activate()
        self.assertEqual(self.table.standard_price, 0.0)

    def test_simulation_becomes_a_draft_by_copying(self):
        simulation = self._simulation()
        self._set_price(self.steel, 6, simulation)
        action = simulation.action_copy_to_draft()
        draft = self.env["backflush.version"].browse(action["res_id"])
        self.assertEqual(draft.state, "draft")
        self.assertEqual(draft.price_ids.mapped("price"), [6.0])

    def test_simulation_may_be_deleted(self):
        simulation = self._simulation()
        simulation.action_roll_up()
        cards = simulation.standard_ids
        simulation.unlink()
        self.assertFalse(cards.exists())


@tagged("post_install", "-at_install")
class TestChosenBills(StandardsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bill.sequence = 1
        cls.second_bill = cls._bom(cls.table, {cls.steel: 3}, sequence=2)

    def test_named_bill_precedes_the_one_that_odoo_picks(self):
        self.assertEqual(self._roll_up()[self.table].amount, 25.0)
        self.version.bom_ids = self.second_bill
        self.assertTrue(self.version.is_outdated)
        card = self._roll_up()[self.table]
        self.assertEqual((card.amount, card.bom_id), (15.0, self.second_bill))

    def test_named_bill_is_copied_with_the_version(self):
        self.version.bom_ids = self.second_bill
        self.assertEqual(self.version.copy().bom_ids, self.second_bill)

    def test_one_named_bill_a_product(self):
        with self.assertRaisesRegex(ValidationError, "Two bills are named for Table"):
            self.version.bom_ids = self.second_bill | self.bill

    def test_named_bill_of_a_version_in_force_stays(self):
        self._activate()
        with self.assertRaisesRegex(UserError, "2026 is active"):
            self.version.bom_ids = self.second_bill

    def test_named_bill_of_a_version_in_force_is_not_deleted(self):
        self.version.bom_ids = self.second_bill
        self._activate()
        with self.assertRaisesRegex(UserError, "archive it instead"):
            self.second_bill.unlink()
        self.second_bill.active = False
        self.assertEqual(
            self.version.with_context(active_test=False).bom_ids, self.second_bill
        )

    def test_named_bill_of_another_company(self):
        other = self._create_company(name="Other")
        lamp = self._create_product("Lamp", self.finished, company_id=other.id)
        theirs = self._bom(lamp, {}, company_id=other.id)
        with self.assertRaisesRegex(UserError, "belongs to another company"):
            self.version.bom_ids = theirs


@tagged("post_install", "-at_install")
class TestScrapAllowance(StandardsCase):
    def test_standard_includes_normal_scrap(self):
        self.bill.bom_line_ids.backflush_scrap = 5.0
        card = self._roll_up()[self.table]
        self.assertAlmostEqual(card.amount_material, 10.5)
        self.assertAlmostEqual(card.line_ids[0].quantity, 2.1)

    def test_normal_scrap_is_no_variance(self):
        """2 kg used and 0.1 kg scrapped for each: what the card allows."""
        self.bill.bom_line_ids.backflush_scrap = 5.0
        self._activate()
        self._buy(self.steel, 100, 5.0)
        order = self._produce(self.table, 10, used={self.steel: 21})
        self.assertEqual(order.backflush_posting_ids.state, "posted")
        self.assertFalse(
            order.backflush_posting_ids.variance_ids.filtered(
                lambda row: "material" in row.kind
            )
        )

    def test_negative_allowance_is_refused(self):
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.cr.savepoint(),
        ):
            self.bill.bom_line_ids.backflush_scrap = -1
            self.env.flush_all()


@tagged("post_install", "-at_install")
class TestSelection(StandardsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.chair = cls._create_product("Chair", cls.finished)
        cls.set = cls._create_product("Set", cls.finished)
        cls._bom(cls.chair, {cls.steel: 1})
        cls._bom(cls.set, {cls.chair: 4, cls.table: 1})

    def _following(self):
        self._activate()
        following = self._version("2027", "2026-02-01")
        self._set_price(self.steel, 6, following)
        return following

    def _amounts(self, version):
        return {p.name: card.amount for p, card in self._roll_up(version).items()}

    def test_the_others_keep_their_cards(self):
        following = self._following()
        following.product_ids = self.chair
        self.assertEqual(
            self._amounts(following), {"Chair": 6.0, "Table": 25.0, "Set": 45.0}
        )
        self.assertEqual(
            following.standard_ids.bom_id, self.version.standard_ids.bom_id
        )

    def test_levels_below_are_rolled_up_with_it(self):
        following = self._following()
        following.product_ids = self.set
        self.assertEqual(
            self._amounts(following), {"Chair": 6.0, "Table": 27.0, "Set": 51.0}
        )

    def test_without_a_version_in_force_there_is_nothing_to_keep(self):
        self.version.product_ids = self.chair
        self.assertEqual(self._amounts(self.version), {"Chair": 5.0})

    def test_card_in_another_unit_cannot_be_kept(self):
        following = self._following()
        following.product_ids = self.chair
        self.table.sudo().uom_id = self.dozen
        self.assertEqual(self._amounts(following), {"Chair": 6.0, "Set": 45.0})
        self.assertIn("The card of Table cannot be kept", following.exceptions)


@tagged("post_install", "-at_install")
class TestInForce(StandardsCase):
    def _move_activation(self, version, **days):
        for name, value in days.items():
            version.sudo()[name] = value

    def test_version_of_a_past_date(self):
        self._activate()
        following = self._activate(self._version("2027", "2026-02-01"))
        self._move_activation(self.version, date_activated="2026-03-01 10:00:00")
        self._move_activation(following, date_activated="2026-06-15 10:00:00")
        in_force = self.version._get_in_force
        day = fields.Date.to_date
        self.assertFalse(in_force(self.company, day("2026-02-28")))
        self.assertEqual(in_force(self.company, day("2026-03-01")), self.version)
        self.assertEqual(in_force(self.company, day("2026-06-14")), self.version)
        self.assertEqual(in_force(self.company, day("2026-06-15")), following)
        self.assertTrue(self.version.date_closed)

    def test_cards_of_a_past_date_are_shown(self):
        self._activate()
        self._activate(self._version("2027", "2026-02-01"))
        self._move_activation(self.version, date_activated="2026-03-01 10:00:00")
        dialog = Form(self.env["backflush.standards.at.date"])
        dialog.date = "2026-03-05"
        action = dialog.save().action_open()
        cards = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(cards, self.version.standard_ids)
        dialog = Form(self.env["backflush.standards.at.date"])
        dialog.date = "2026-01-05"
        with self.assertRaisesRegex(UserError, "No standards were in force"):
            dialog.save().action_open()

    def test_two_versions_for_the_same_day(self):
        self._activate()
        with self.assertRaisesRegex(UserError, "from a later day"):
            self._activate(self._version("Same"))


@tagged("post_install", "-at_install")
class TestActivationDates(StandardsCase):
    def _run_schedule(self):
        self.env.flush_all()
        with self.enter_registry_test_mode():
            cron = self.env.ref("backflush_costing.backflush_version_cron_activate")
            cron.sudo().method_direct_trigger()
        self.env.invalidate_all()

    def test_locked_period(self):
        self.version.action_roll_up()
        self.company.sudo().fiscalyear_lock_date = "2026-01-31"
        with self.assertRaisesRegex(
            UserError, "2026-01-01 is in a period that is locked up to 2026-01-31"
        ):
            self.version.action_activate()
        self.assertEqual(self.version.state, "draft")
        self.version.date_from = "2026-02-01"
        self.version.action_activate()
        self.assertEqual(self.version.state, "active")

    def test_scheduled_version_is_activated_on_its_day(self):
        day = fields.Date.add(fields.Date.today(), days=3)
        version = self._version("Next", day)
        version.action_roll_up()
        version.action_schedule()
        self.assertEqual(version.scheduled_by_id, self.env.user)
        self._run_schedule()
        self.assertEqual(version.state, "draft")
        version.sudo().date_from = fields.Date.today()
        version.sudo().scheduled_by_id = self.env.user
        self._run_schedule()
        self.assertEqual(version.state, "active")

    def test_a_change_takes_a_version_off_the_schedule(self):
        version = self._version("Next", fields.Date.add(fields.Date.today(), days=3))
        version.action_roll_up()
        version.action_schedule()
        self._set_price(self.steel, 9, version)
        self.assertFalse(version.scheduled_by_id)

    def test_scheduled_version_that_cannot_be_activated_says_why(self):
        version = self._version("Next", fields.Date.add(fields.Date.today(), days=3))
        version.action_roll_up()
        version.action_schedule()
        version.sudo().date_from = fields.Date.today()
        version.sudo().scheduled_by_id = self.env.user
        self.company.sudo().fiscalyear_lock_date = fields.Date.today()
        self._run_schedule()
        self.assertEqual(version.state, "draft")
        self.assertFalse(version.scheduled_by_id)
        self.assertIn("locked", version.message_ids[0].body)
        self.assertEqual(version.activity_ids.user_id, self.env.user)

    def test_new_cards_are_to_be_approved_anew(self):
        version = self._version("Next", fields.Date.add(fields.Date.today(), days=3))
        version.action_roll_up()
        version.action_schedule()
        self.env["mrp.bom.line"].search([], order="id desc", limit=1).product_qty += 1
        version.action_roll_up()
        self.assertFalse(version.scheduled_by_id)

    def test_nobody_approves_or_dates_a_version_by_writing_it(self):
        accountant, manager = (
            new_test_user(
                self.env,
                f"{role}-writes",
                f"backflush_costing.group_backflush_{role}",
                company_id=self.company.id,
                company_ids=[Command.set(self.company.ids)],
            )
            for role in ("accountant", "manager")
        )
        self._activate()
        following = self._version("Following", "2031-01-01")
        following.action_roll_up()
        for user in (accountant, manager):
            for version in (self.version | following).with_user(user):
                for vals in (
                    {"scheduled_by_id": manager.id},
                    {"date_activated": "2019-01-01 00:00:00"},
                    {"date_closed": "2019-01-01 00:00:00"},
                    {"is_outdated": version.state == "active"},
                    {"exceptions": False},
                ):
                    with self.assertRaises(UserError):
                        version.write(vals)
                    with self.assertRaises(UserError):
                        version.copy(vals)

    def test_only_a_day_to_come_is_scheduled(self):
        self.version.action_roll_up()
        with self.assertRaisesRegex(UserError, "activate it now"):
            self.version.action_schedule()


@tagged("post_install", "-at_install")
class TestBadStructures(StandardsCase):
    def test_archived_component_is_named(self):
        self.steel.active = False
        self._roll_up()
        self.assertIn("uses Steel, which is archived", self.version.exceptions)

    def test_archived_work_center_is_named(self):
        self.bench.sudo().active = False
        card = self._roll_up()[self.table]
        self.assertEqual(card.amount, 25.0)
        self.assertIn("Bench, which is archived", self.version.exceptions)

    def test_what_is_on_a_card_cannot_be_deleted(self):
        stone = self.env["uom.uom"].create(
            {"name": "Stone", "relative_factor": 6.35, "relative_uom_id": self.kg.id}
        )
        self.steel.uom_id = self.bill.bom_line_ids.product_uom_id = stone
        self._roll_up()
        self.version.price_ids.unlink()
        self.bill.bom_line_ids.unlink()
        self.steel.uom_id = self.kg
        sentence = "is on a standard cost card"
        with self.assertRaisesRegex(UserError, f"Steel {sentence}"):
            self.steel.unlink()
        with self.assertRaisesRegex(UserError, f"Labour {sentence}"):
            self.elements["labour"].unlink()
        with self.assertRaisesRegex(UserError, f"Stone {sentence}"):
            stone.unlink()
        self.assertTrue(self.steel.exists())

    def test_card_stays_when_its_operation_is_deleted(self):
        card = self._roll_up()[self.table]
        self.bill.operation_ids.unlink()
        self.assertEqual(card.amount, 25.0)
        self.assertEqual(card.line_ids[1].workcenter_id, self.bench)


@tagged("post_install", "-at_install")
class TestPreview(StandardsCase):
    def _following(self):
        self._activate()
        quant = self.env["stock.quant"]
        stock = self.warehouse.lot_stock_id
        quant._update_available_quantity(self.steel, stock, 28)
        quant._update_available_quantity(self.table, stock, 33)
        following = self._version("2027", "2026-02-01")
        self._set_price(self.steel, 5.5, following)
        following.rate_ids.filtered(lambda r: r.rate == 20).rate = 22
        following.action_roll_up()
        return following

    def test_revaluation_per_account_is_shown_before_it_is_done(self):
        following = self._following()
        preview = self._preview(following)
        amounts = {
            self.account_names.get(line.account_id, "revaluation"): line.amount
            for line in preview.line_ids
        }
        self.assertEqual(
            amounts, {"finished": 66.0, "materials": 14.0, "revaluation": -80.0}
        )
        self.assertEqual(self.table.standard_price, 25.0)
        self.assertEqual(following.state, "draft")
        preview.action_activate()
        self.assertEqual(following.state, "active")
        posting = self.env["backflush.posting"].search(
            [("res_model", "=", following._name), ("res_id", "=", following.id)]
        )
        booked = {
            self.account_names.get(line.account_id, "revaluation"): line.balance
            for line in posting.account_move_id.line_ids
        }
        self.assertEqual(booked, amounts)

    def test_postings_of_a_version(self):
        following = self._following()
        following.action_activate()
        action = following.action_view_postings()
        posting = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(posting.event, "revaluation")

    def _preview(self, version):
        action = version.action_preview_activation()
        return self.env[action["res_model"]].browse(action["res_id"])

    def test_first_activation(self):
        self.version.action_roll_up()
        preview = self._preview(self.version)
        self.assertFalse(preview.line_ids)
        self.assertEqual(preview.product_count, 1)

    def test_reasons_not_to_activate_come_with_the_preview(self):
        self.version.action_roll_up()
        self._set_price(self.steel, 6)
        with self.assertRaisesRegex(UserError, "roll it up again"):
            self.version.action_preview_activation()

    def test_products_that_lose_their_card_are_named(self):
        following = self._following()
        self.bill.active = False
        following.action_roll_up()
        self.assertIn("Table", self._preview(following).warnings)


@tagged("post_install", "-at_install")
class TestSubcontracting(StandardsCase):
    """R of the event catalogue: 1 kg of M + fee 3.00 = 8.00."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        types = cls.env["mrp.bom"]._fields["type"].get_values(cls.env)
        if "subcontract" not in types:
            cls.skipTest(cls, "Odoo's subcontracting is not installed")
        cls.elements["subcontract"].active = True
        cls.subcontractor = cls.env["res.partner"].create({"name": "Subcontractor"})
        cls.r = cls._create_product("R", cls.finished)
        cls.r_bill = cls._bom(
            cls.r,
            {cls.steel: 1},
            type="subcontract",
            subcontractor_ids=cls.subcontractor.ids,
        )

    def _seller(self, price, **values):
        return self.env["product.supplierinfo"].create(
            {
                "partner_id": self.subcontractor.id,
                "product_tmpl_id": self.r.product_tmpl_id.id,
                "price": price,
                **values,
            }
        )

    def test_fee_comes_from_the_vendors_price(self):
        self._seller(3.0)
        self.env["product.supplierinfo"].create(
            {
                "partner_id": self.vendor.id,
                "product_tmpl_id": self.r.product_tmpl_id.id,
                "price": 1.0,
            }
        )
        card = self._roll_up()[self.r]
        self.assertAlmostEqual(card.amount, 8.0)
        self.assertAlmostEqual(card.amount_subcontract, 3.0)
        fee = card.line_ids.filtered(lambda line: line.line_type == "fee")
        self.assertEqual((fee.element_id.type, fee.rate), ("subcontract", 3.0))
        self.assertEqual(fee.display_name, "Subcontractor's fee")
        price = self.version.price_ids.filtered(lambda p: p.product_id == self.r)
        self.assertEqual((price.price, price.source), (3.0, "vendor"))
        self.assertFalse(self.version.exceptions)

    def test_fee_in_another_unit_and_currency(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].create(
            {
                "currency_id": euro.id,
                "company_id": self.company.id,
                "name": "2026-01-01",
                "rate": 0.5,
            }
        )
        self._seller(18.0, currency_id=euro.id, product_uom_id=self.dozen.id)
        # 18 a dozen = 1.50 each, twice as much in company currency
        self.assertAlmostEqual(self._roll_up()[self.r].amount_subcontract, 3.0)

    def test_same_price_as_odoos(self):
        self._seller(3.0)
        card = self._roll_up()[self.r]
        self.assertAlmostEqual(card.amount, self.r._compute_bom_price(self.r_bill))

    def test_entered_fee_stays(self):
        self._seller(3.0)
        self._set_price(self.r, 4.0)
        self.assertAlmostEqual(self._roll_up()[self.r].amount, 9.0)

    def test_current_standard_of_the_whole_is_no_fee(self):
        self._seller(3.0)
        self._activate(self.version)
        self.assertEqual(self.r.standard_price, 8.0)
        following = self.version.copy({"date_from": "2027-01-01"})
        self.env["backflush.fill.prices"].create(
            {"version_id": following.id, "source": "current"}
        ).action_fill()
        price = following.price_ids.filtered(lambda p: p.product_id == self.r)
        self.assertEqual(price.price, 3.0)

    def test_unknown_fee_is_said(self):
        self.assertAlmostEqual(self._roll_up()[self.r].amount, 5.0)
        self.assertIn("R is made by a subcontractor", self.version.exceptions)

    def test_missing_element_is_said(self):
        self._seller(3.0)
        self.elements["subcontract"].active = False
        with self.assertRaisesRegex(UserError, "no active cost element for the fee"):
            self._roll_up()

    def test_own_bill_precedes_the_subcontractors(self):
        self._seller(3.0)
        own = self._bom(self.r, {self.steel: 3})
        self.assertEqual(self._roll_up()[self.r].bom_id, own)
        self.version.bom_ids = self.r_bill
        self.assertAlmostEqual(self._roll_up()[self.r].amount, 8.0)

    def test_activation_sets_the_standard_price_with_the_fee(self):
        self._seller(3.0)
        self._activate()
        self.assertAlmostEqual(self.r.standard_price, 8.0)
