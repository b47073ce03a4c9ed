"""Costing versions: rates, prices, roll-up into standard cards, activation."""

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .common import BackflushCommon


class StandardsCase(BackflushCommon):
    """P of the event catalogue: 2 kg of M at 5.00, 0.5 h at 20 + 6 + 4 = 25.00."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gram = cls.env.ref("uom.product_uom_gram")
        cls.dozen = cls.env.ref("uom.product_uom_dozen")
        cls.env["mrp.bom"].search([("company_id", "=", cls.company.id)]).active = False
        cls.bench = cls._create_workcenter("Bench", time_start=45, time_stop=15)
        cls.steel = cls._create_product(
            "Steel", cls.materials, standard_price=5.0, uom_id=cls.kg.id
        )
        cls.table = cls._create_product("Table", cls.finished)
        # set-up and clean-up 1 h for a lot of 10, 0.4 h each
        cls.bill = cls._bom(
            cls.table,
            {cls.steel: 2},
            operations=[(cls.bench, 24)],
            backflush_lot_size=10,
        )
        cls.version = cls._version()

    @classmethod
    def _create_workcenter(cls, name, **values):
        return cls.env["mrp.workcenter"].create(
            {"name": name, "company_id": cls.company.id, "time_start": 0, **values}
        )

    @classmethod
    def _bom(cls, product, components, operations=(), byproducts=(), **values):
        return cls.env["mrp.bom"].create(
            {
                "product_tmpl_id": product.product_tmpl_id.id,
                "product_uom_id": product.uom_id.id,
                "product_qty": 1,
                "company_id": cls.company.id,
                "bom_line_ids": [
                    Command.create(
                        {"product_id": component.id, "product_qty": quantity}
                    )
                    for component, quantity in components.items()
                ],
                "operation_ids": [
                    Command.create(
                        {
                            "name": "Make",
                            "workcenter_id": workcenter.id,
                            "time_cycle_manual": minutes,
                        }
                    )
                    for workcenter, minutes in operations
                ],
                "byproduct_ids": [
                    Command.create(
                        {
                            "product_id": byproduct.id,
                            "product_qty": quantity,
                            "cost_share": share,
                        }
                    )
                    for byproduct, quantity, share in byproducts
                ],
                **values,
            }
        )

    @classmethod
    def _version(cls, name="2026", date_from="2026-01-01", rates=True, **values):
        commands = [
            Command.create(
                {
                    "workcenter_id": cls.bench.id,
                    "element_id": cls.elements[element].id,
                    "rate": rate,
                }
            )
            for element, rate in cls._get_rates().items()
        ]
        return cls.env["backflush.version"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "date_from": date_from,
                "rate_ids": commands if rates else [],
                **values,
            }
        )

    def _roll_up(self, version=None):
        version = version or self.version
        version.action_roll_up()
        return {card.product_id: card for card in version.standard_ids}

    def _activate(self, version=None):
        version = version or self.version
        version.action_roll_up()
        version.action_activate()
        return version

    def _set_price(self, product, price, version=None):
        version = version or self.version
        known = version.price_ids.filtered(lambda line: line.product_id == product)
        if known:
            known.price = price
            return known
        return self.env["backflush.price"].create(
            {"version_id": version.id, "product_id": product.id, "price": price}
        )

    def assertLines(self, card, expected):
        """Compare (component, operation's work center or element, quantity, rate)."""
        lines = [
            (
                line.component_id or line.workcenter_id,
                line.element_id.type,
                line.quantity,
                line.rate,
            )
            for line in card.line_ids
        ]
        self.assertEqual(len(lines), len(expected), lines)
        for line, (source, element, quantity, rate) in zip(
            lines, expected, strict=True
        ):
            self.assertEqual(line[:2], (source, element))
            self.assertAlmostEqual(line[2], quantity, 12)
            self.assertAlmostEqual(line[3], rate, 12)


@tagged("post_install", "-at_install")
class TestRollUp(StandardsCase):
    def test_card_of_the_event_catalogue(self):
        card = self._roll_up()[self.table]
        self.assertLines(
            card,
            [
                (self.steel, "material", 2, 5),
                (self.bench, "labour", 0.5, 20),
                (self.bench, "variable_overhead", 0.5, 6),
                (self.bench, "fixed_overhead", 0.5, 4),
            ],
        )
        self.assertRecordValues(
            card,
            [
                {
                    "amount": 25.0,
                    "amount_material": 10.0,
                    "amount_labour": 10.0,
                    "amount_variable_overhead": 3.0,
                    "amount_fixed_overhead": 2.0,
                    "amount_conversion": 0.0,
                    "lot_size": 10.0,
                    "uom_id": self.unit.id,
                    "bom_id": self.bill.id,
                }
            ],
        )
        operation = card.operation_line_ids[0]
        self.assertEqual(operation.operation_id, self.bill.operation_ids)
        self.assertAlmostEqual(operation.fixed_hours, 1)
        self.assertAlmostEqual(operation.cycle_hours, 0.4)
        self.assertEqual(operation.capacity, 1)

    def test_lot_is_the_quantity_of_the_bill_unless_given(self):
        """The same card from a bill for 10, of which the bench takes one at a time."""
        self.bill.unlink()
        self.bench.capacity_ids = [
            Command.create(
                {
                    "product_id": self.table.id,
                    "capacity": 1,
                    "time_start": 45,
                    "time_stop": 15,
                }
            )
        ]
        self._bom(self.table, {self.steel: 20}, [(self.bench, 24)], product_qty=10)
        card = self._roll_up()[self.table]
        self.assertAlmostEqual(card.amount, 25.0, 12)
        self.assertEqual(card.lot_size, 10)
        self.assertEqual(card.operation_line_ids[0].capacity, 1)

    def test_by_product(self):
        """Q = 24.00; the by-product counts 1.00 on the card and 0.90 in stock."""
        offcut = self._create_product("Offcut", self.materials, standard_price=0.9)
        self.bill.unlink()
        self._bom(
            self.table,
            {self.steel: 2},
            [(self.bench, 24)],
            [(offcut, 1, 4)],
            backflush_lot_size=10,
        )
        card = self._roll_up()[self.table]
        self.assertEqual(card.amount, 24.0)
        self.assertEqual(card.amount_material, 9.0)
        self.assertRecordValues(
            card.byproduct_line_ids,
            [
                {
                    "component_id": offcut.id,
                    "quantity": -1.0,
                    "rate": 1.0,
                    "amount": -1.0,
                    "element_id": self.elements["material"].id,
                }
            ],
        )
        price = self.version.price_ids.filtered(lambda p: p.product_id == offcut)
        self.assertEqual(price.price, 0.9)

    def test_levels(self):
        """Cabinet = 3 tables + 1 kg; set of 2 cabinets; split through all levels."""
        cabinet = self._create_product("Cabinet", self.finished)
        set_ = self._create_product("Set", self.finished)
        self._bom(set_, {cabinet: 2})
        self._bom(cabinet, {self.table: 3, self.steel: 1})
        cards = self._roll_up()
        self.assertEqual(cards[cabinet].amount, 80.0)
        self.assertEqual(cards[set_].amount, 160.0)
        self.assertEqual(cards[set_].amount_material, 70.0)
        self.assertEqual(cards[set_].amount_labour, 60.0)
        self.assertLines(cards[set_], [(cabinet, "material", 2, 80)])

    def test_rolling_up_again_replaces_the_cards(self):
        self._roll_up()
        self._set_price(self.steel, 5.5)
        self.assertTrue(self.version.is_outdated)
        cards = self._roll_up()
        self.assertFalse(self.version.is_outdated)
        self.assertEqual(cards[self.table].amount, 26.0)
        self.assertEqual(len(self.version.standard_ids), 1)

    def test_kit_is_replaced_by_its_components_and_operations(self):
        """2 kits per table, each 3 kg of steel and 6 minutes at the bench."""
        kit = self._create_product("Legs", self.materials)
        self._bom(kit, {self.steel: 3}, [(self.bench, 6)], type="phantom")
        self.bench.write({"time_start": 0, "time_stop": 0})
        self.bill.bom_line_ids.write(
            {"product_id": kit.id, "product_uom_id": self.unit.id}
        )
        cards = self._roll_up()
        self.assertNotIn(kit, cards)
        self.assertLines(
            cards[self.table],
            [
                (self.steel, "material", 6, 5),
                (self.bench, "labour", 0.4, 20),
                (self.bench, "variable_overhead", 0.4, 6),
                (self.bench, "fixed_overhead", 0.4, 4),
                (self.bench, "labour", 0.2, 20),
                (self.bench, "variable_overhead", 0.2, 6),
                (self.bench, "fixed_overhead", 0.2, 4),
            ],
        )
        self.assertEqual(self.version.price_ids.product_id, self.steel)

    def test_variants(self):
        """Lines, operations and by-products that are for some variants only."""
        size = self.env["product.attribute"].create(
            {
                "name": "Size",
                "value_ids": [Command.create({"name": name}) for name in ("S", "L")],
            }
        )
        template = self.env["product.template"].create(
            {
                "name": "Shelf",
                "is_storable": True,
                "categ_id": self.finished.id,
                "company_id": self.company.id,
                "attribute_line_ids": [
                    Command.create(
                        {
                            "attribute_id": size.id,
                            "value_ids": [Command.set(size.value_ids.ids)],
                        }
                    )
                ],
            }
        )
        small, large = template.product_variant_ids
        of_large = large.product_template_attribute_value_ids.ids
        offcut = self._create_product("Offcut", self.materials, standard_price=0.9)
        self.bench.write({"time_start": 0, "time_stop": 0, "time_efficiency": 50})
        bom = self._bom(
            small,
            {self.steel: 1, self.s: 1},
            [(self.bench, 30), (self.bench, 60)],
            [(offcut, 1, 10)],
        )
        for line in (bom.bom_line_ids[1], bom.operation_ids[1], bom.byproduct_ids):
            line.bom_product_template_attribute_value_ids = of_large
        cards = self._roll_up()
        # 1 kg at 5; 0.5 h at half efficiency at 30
        self.assertEqual(cards[small].amount, 35.0)
        # (5 + 1 kg of S at 6 + 3 h at 30) less 10 %
        self.assertAlmostEqual(cards[large].amount, 90.9, 12)

    def test_bill_of_one_variant_precedes(self):
        other = self._bom(self.table, {self.steel: 7}, product_id=self.table.id)
        self.assertEqual(self._roll_up()[self.table].bom_id, other)
        self.bill.sequence, other.sequence = 1, 2
        self.assertEqual(self._roll_up()[self.table].bom_id, self.bill)

    def test_bills_that_do_not_count(self):
        """Archived ones and those of other companies; one for all companies does."""
        other = self._create_company(name="Other")
        self.steel.company_id = self.table.company_id = False
        self.bill.sequence = 5
        foreign = self._bom(self.table, {self.steel: 7}, company_id=other.id)
        archived = self._bom(self.table, {self.steel: 8}, active=False)
        shared = self._bom(self.table, {self.steel: 9}, company_id=False, sequence=4)
        self.assertEqual((foreign.sequence, archived.sequence), (0, 0))
        card = self._roll_up()[self.table]
        self.assertEqual((card.bom_id, card.amount), (shared, 45.0))

    def test_units_of_measure(self):
        """12 tables from 24,000 g of steel, which is bought by the kilogram."""
        self.bill.write({"product_uom_id": self.dozen.id, "backflush_lot_size": 0})
        self.bill.operation_ids.unlink()
        self.bill.bom_line_ids.write(
            {"product_qty": 24000, "product_uom_id": self.gram.id}
        )
        self._set_price(self.steel, 0.01719)
        card = self._roll_up()[self.table]
        self.assertEqual(card.lot_size, 12)
        self.assertLines(card, [(self.steel, "material", 2, 0.01719)])
        self.assertEqual(card.amount, 0.03438)
        self.assertEqual(card.line_ids.uom_id, self.kg)

    def test_long_unit_ratios_leave_no_residue(self):
        """A third of a dozen dozens in grosses of one's own: 48, to the last digit."""
        gross = self.env["uom.uom"].create(
            {"name": "Gross", "relative_factor": 12, "relative_uom_id": self.dozen.id}
        )
        tenth = self.env["uom.uom"].create(
            {"name": "Tenth", "relative_factor": 0.1, "relative_uom_id": gross.id}
        )
        screw = self._create_product("Screw", self.materials, standard_price=0.1)
        self.bill.operation_ids.unlink()
        self.bill.bom_line_ids.write(
            {"product_id": screw.id, "product_uom_id": tenth.id, "product_qty": 3}
        )
        line = self._roll_up()[self.table].line_ids
        self.assertEqual((line.quantity, line.amount), (43.2, 4.32))

    def test_crew_multiplies_labour(self):
        labour = self.version.rate_ids.filtered(
            lambda rate: rate.element_id.type == "labour"
        )
        self.version.rate_ids.write({"crew": 3})
        card = self._roll_up()[self.table]
        line = card.line_ids.filtered(lambda line: line.element_id == labour.element_id)
        self.assertEqual((line.quantity, line.amount), (1.5, 30.0))
        self.assertEqual((line.fixed_hours, line.cycle_hours), (3.0, 1.2))
        self.assertEqual(card.amount, 45.0)

    def test_capacity_of_the_work_center(self):
        """Per product first, then per unit; 0 means the quantity of the bill."""
        self.bill.write({"product_qty": 10, "backflush_lot_size": 0})
        capacity = self.env["mrp.workcenter.capacity"].create(
            {
                "workcenter_id": self.bench.id,
                "product_id": self.table.id,
                "capacity": 4,
                "time_start": 0,
                "time_stop": 0,
            }
        )
        # 10 tables take 3 cycles of 24 minutes
        labour = self._roll_up()[self.table].operation_line_ids[0]
        self.assertAlmostEqual(labour.quantity, 0.12, 12)
        self.assertEqual(labour.capacity, 4)
        capacity.capacity = 0
        labour = self._roll_up()[self.table].operation_line_ids[0]
        self.assertAlmostEqual(labour.quantity, 0.04, 12)
        capacity.write(
            {"product_id": False, "product_uom_id": self.unit.id, "capacity": 5}
        )
        labour = self._roll_up()[self.table].operation_line_ids[0]
        self.assertAlmostEqual(labour.quantity, 0.08, 12)

    def test_measured_times_are_those_of_odoo(self):
        """An operation that takes its time from its last work orders."""
        operation = self.bill.operation_ids
        operation.write({"time_mode": "auto", "time_mode_batch": 2})
        self._roll_up()
        self.assertEqual(operation.time_cycle, 24)
        for minutes, quantity in ((90, 1), (30, 2), (70, 3)):
            order = self._create_production(self.table, quantity)
            order.workorder_ids.duration = minutes
            self._finish(order)
        operation.invalidate_recordset()
        self.assertEqual(operation.time_cycle, 20)
        labour = self._roll_up()[self.table].operation_line_ids[0]
        self.assertAlmostEqual(labour.cycle_hours, 20 / 60, 12)

    def test_services_are_left_out(self):
        service = self.env["product.product"].create(
            {"name": "Painting", "type": "service", "standard_price": 3.0}
        )
        self.env["mrp.bom.line"].create(
            {"bom_id": self.bill.id, "product_id": service.id, "product_qty": 1}
        )
        self.assertEqual(self._roll_up()[self.table].amount, 25.0)
        self.assertIn("the service Painting is left out", self.version.exceptions)

    def test_no_bills(self):
        self.bill.unlink()
        self.assertFalse(self._roll_up())
        self.assertFalse(self.version.exceptions)

    def test_circle_is_named_and_the_rest_is_rolled_up(self):
        """Odoo refuses circles when a bill is saved, but not every way to make one."""
        chair = self._create_product("Chair", self.finished)
        seat = self._create_product("Seat", self.finished)
        line = self._bom(chair, {seat: 1}).bom_line_ids
        self._bom(seat, {self.steel: 1}).bom_line_ids.flush_recordset()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE mrp_bom_line SET product_id = %s WHERE bom_id = %s",
            (chair.id, seat.bom_ids.id),
        )
        self.env.invalidate_all()
        self.assertEqual(line.product_id, seat)
        cards = self._roll_up()
        self.assertEqual(list(cards), [self.table])
        self.assertIn("Chair → Seat → Chair", self.version.exceptions)
        self.assertIn("No card, because of a circle", self.version.exceptions)


@tagged("post_install", "-at_install")
class TestInputs(StandardsCase):
    """Prices and rates of a version."""

    def test_missing_prices_come_from_the_current_cost(self):
        self.version.action_roll_up()
        self.assertRecordValues(
            self.version.price_ids,
            [{"product_id": self.steel.id, "price": 5.0, "source": "current"}],
        )

    def test_a_price_is_never_overwritten(self):
        self._set_price(self.steel, 7)
        self.version.action_roll_up()
        self.steel.standard_price = 9
        self.version.action_roll_up()
        self.assertRecordValues(
            self.version.price_ids,
            [{"product_id": self.steel.id, "price": 7.0, "source": "manual"}],
        )

    def test_a_changed_price_is_an_entered_one(self):
        self.version.action_roll_up()
        self.version.price_ids.price = 5.1
        self.assertEqual(self.version.price_ids.source, "manual")

    def test_only_what_matters_gets_a_price(self):
        """Not everything that could be bought: a price makes a product covered."""
        traded = self._create_product("Traded", self.finished, standard_price=8.0)
        self.version.action_roll_up()
        self.assertEqual(self.version.price_ids.product_id, self.steel | traded)
        self.assertNotIn(traded, self.version.standard_ids.product_id)

    def test_neither_price_nor_bill(self):
        glass = self._create_product("Glass", self.materials)
        self.env["mrp.bom.line"].create(
            {"bom_id": self.bill.id, "product_id": glass.id, "product_qty": 1}
        )
        self.assertEqual(self._roll_up()[self.table].amount, 25.0)
        self.assertIn(
            "Glass has neither a price nor a bill: it counts as 0.",
            self.version.exceptions,
        )
        self._set_price(glass, 0)
        self.version.action_roll_up()
        self.assertEqual(self.version.exceptions, "Glass has the price 0.")

    def test_the_bill_precedes_the_price(self):
        self._set_price(self.table, 99)
        self.assertEqual(self._roll_up()[self.table].amount, 25.0)
        self.assertIn("the bill counts", self.version.exceptions)

    @mute_logger("odoo.sql_db")
    def test_negative_values_are_refused(self):
        price = self._set_price(self.steel, 5)
        for record, values in (
            (price, {"price": -1}),
            (self.version.rate_ids[0], {"rate": -1}),
            (self.version.rate_ids[0], {"crew": 0}),
            (self.version.rate_ids[0], {"normal_hours": -1}),
            (self.bill, {"backflush_lot_size": -1}),
        ):
            with self.assertRaises(IntegrityError), self.cr.savepoint():
                record.write(values)
                record.flush_recordset()

    @mute_logger("odoo.sql_db")
    def test_one_price_and_one_rate_each(self):
        self._set_price(self.steel, 5)
        for record in (self.version.price_ids, self.version.rate_ids[0]):
            with self.assertRaises(IntegrityError), self.cr.savepoint():
                record.copy()

    def test_byproduct_under_delivery_has_a_card_at_its_own_price(self):
        sold = self._create_category(
            "Sold", property_valuation="periodic", property_backflush_trigger="delivery"
        )
        offcut = self._create_product("Offcut", sold, standard_price=0.9)
        self.env["mrp.bom.byproduct"].create(
            {
                "bom_id": self.bill.id,
                "product_id": offcut.id,
                "product_qty": 1,
                "cost_share": 4,
            }
        )
        cards = self._roll_up()
        self.assertEqual(cards[self.table].amount, 24.0)
        self.assertLines(cards[offcut], [(offcut, "material", 1, 0.9)])
        self.assertFalse(cards[offcut].bom_id)

    def test_work_center_without_rates_uses_its_hourly_cost_on_the_pool(self):
        self.elements["conversion"].active = True
        self.bench.costs_hour = 30
        self.version.rate_ids.unlink()
        card = self._roll_up()[self.table]
        self.assertLines(
            card,
            [(self.steel, "material", 2, 5), (self.bench, "conversion", 0.5, 30)],
        )
        self.assertEqual(card.amount_conversion, 15.0)

    def test_no_rates_and_no_pool(self):
        self.bench.costs_hour = 30
        self.version.rate_ids.unlink()
        with self.assertRaisesRegex(UserError, "Bench has no rate in 2026"):
            self.version.action_roll_up()

    def test_work_center_that_costs_nothing_is_reported(self):
        self.version.rate_ids.unlink()
        self.assertEqual(self._roll_up()[self.table].amount, 10.0)
        self.assertIn("Bench costs nothing", self.version.exceptions)

    def test_rate_on_an_archived_element(self):
        self.elements["labour"].active = False
        with self.assertRaisesRegex(UserError, "which is not active: activate it"):
            self.version.action_roll_up()

    def test_no_material_element(self):
        self.elements["material"].active = False
        with self.assertRaisesRegex(UserError, "no active cost element for materials"):
            self.version.action_roll_up()

    def test_rates_belong_to_conversion_elements_of_the_company(self):
        other = self._create_company(name="Other")
        foreign = (
            self.env["backflush.element"]
            .sudo()
            .search([("company_id", "=", other.id), ("type", "=", "conversion")])
        )
        rate = self.version.rate_ids[0]
        with self.assertRaisesRegex(UserError, "is no cost of a work center"):
            rate.element_id = self.elements["material"]
        with self.assertRaisesRegex(UserError, "belongs to another company"):
            rate.element_id = foreign

    def test_branch_uses_the_elements_of_its_parent(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        self.env.user.company_ids |= branch
        version = self.version.create(
            {
                "name": "Branch",
                "company_id": branch.id,
                "rate_ids": [
                    Command.create(
                        {
                            "workcenter_id": self._create_workcenter(
                                "Branch bench",
                                company_id=branch.id,
                                resource_calendar_id=False,
                            ).id,
                            "element_id": self.elements["labour"].id,
                            "rate": 10,
                        }
                    )
                ],
            }
        )
        version.action_roll_up()
        self.assertFalse(version.standard_ids)


@tagged("post_install", "-at_install")
class TestActivation(StandardsCase):
    def _get_history(self, product):
        return self.env["product.value"].search(
            [("product_id", "=", product.id), ("company_id", "=", self.company.id)],
            order="date desc, id desc",
        )

    def test_standard_prices_are_set(self):
        self._set_price(self.steel, 5.5)
        self._activate()
        self.assertEqual(self.version.state, "active")
        self.assertTrue(self.version.date_activated)
        self.assertEqual(self.steel.standard_price, 5.5)
        self.assertEqual(self.table.standard_price, 26.0)

    def test_price_history_keeps_all_digits(self):
        self._set_price(self.steel, 0.01719)
        self._activate()
        self.assertEqual(self.steel.standard_price, 0.01719)
        self.env.cr.execute(
            "SELECT value FROM product_value WHERE product_id = %s ORDER BY id DESC",
            (self.steel.id,),
        )
        self.assertEqual(str(self.env.cr.fetchone()[0]), "0.01719")
        history = self._get_history(self.steel)[:1]
        self.assertEqual(history.description, "Costing version 2026")
        self.assertEqual(history.user_id, self.env.user)

    def test_history_that_ends_with_the_price_is_not_repeated(self):
        count = len(self._get_history(self.steel))
        self._activate()
        self.assertEqual(len(self._get_history(self.steel)), count)
        self.assertTrue(self._get_history(self.table))

    def test_rounded_history_is_completed(self):
        """Odoo recorded 0.02 for a price of 0.01719; the version does it exactly."""
        self.steel.standard_price = 0.01719
        self.assertEqual(self._get_history(self.steel)[:1].value, 0.02)
        self._activate()
        self.assertEqual(self._get_history(self.steel)[:1].value, 0.01719)

    def test_values_of_movements_are_not_rewritten(self):
        receipt = self._order(self.steel, 10, 6).picking_ids
        self._validate(receipt)
        value = receipt.move_ids.value
        self._set_price(self.steel, 8)
        self._activate()
        receipt.move_ids.invalidate_recordset()
        self.assertEqual(receipt.move_ids.value, value)

    def test_average_cost_stays_odoos(self):
        average = self._create_category(
            "Average", property_valuation="real_time", property_cost_method="average"
        )
        paint = self._create_product("Paint", average)
        history = self._get_history(paint)
        self.env["mrp.bom.line"].create(
            {"bom_id": self.bill.id, "product_id": paint.id, "product_qty": 1}
        )
        self._set_price(paint, 3)
        self._activate()
        self.assertEqual(self.table.standard_price, 28.0)
        self.assertEqual(paint.standard_price, 0.0)
        self.assertEqual(self._get_history(paint), history)
        self.assertTrue(paint.property_backflush_covered)

    def test_lots_valued_on_their_own_stay_odoos(self):
        self.steel.product_tmpl_id.write({"tracking": "lot", "lot_valuated": True})
        self._set_price(self.steel, 5.5)
        self._activate()
        self.assertEqual(self.steel.standard_price, 5.0)

    def test_covered_products(self):
        """Under the trigger, on a card (through kits), with a price; no others."""
        kit = self._create_product("Legs", self.materials)
        foot = self._create_product("Foot", self.materials)
        offcut = self._create_product("Offcut", self.materials)
        priced = self._create_product("Priced", self.materials)
        triggered = self._create_product("New", self.finished)
        made = self._create_product("Made for others", self.materials)
        other = self._create_product("Other", self.materials)
        self._bom(kit, {foot: 4}, type="phantom")
        self._bom(made, {self.steel: 1})
        self.bill.write(
            {
                "bom_line_ids": [Command.create({"product_id": kit.id})],
                "byproduct_ids": [Command.create({"product_id": offcut.id})],
            }
        )
        self._set_price(priced, 2)
        self._activate()
        covered = self.table | self.steel | foot | offcut | priced | triggered
        for product in covered | kit | made | other:
            self.assertEqual(
                product.property_backflush_covered, product in covered, product.name
            )

    def test_old_version_is_closed(self):
        self._activate()
        following = self._version("2027", "2027-01-01")
        self._set_price(self.steel, 6, following)
        self._activate(following)
        self.assertEqual((self.version.state, following.state), ("closed", "active"))
        get_active = self.version._get_active
        self.assertEqual(get_active(self.company), following)
        self.assertEqual(self.table.standard_price, 27.0)

    def test_stock_to_be_revalued(self):
        """On hand, the company's own, of covered products with another standard."""
        self._activate()
        stock = self.warehouse.lot_stock_id
        owner = self.env["res.partner"].create({"name": "Owner"})
        Quant = self.env["stock.quant"]
        Quant._update_available_quantity(self.steel, stock, 18)
        Quant._update_available_quantity(
            self.steel, self.warehouse.wh_input_stock_loc_id, 10
        )
        Quant._update_available_quantity(self.steel, stock, 99, owner_id=owner)
        Quant._update_available_quantity(self.table, stock, 33)
        following = self._version("2027", "2027-01-01")
        self._set_price(self.steel, 5.5, following)
        following.action_roll_up()
        following.action_activate()
        rows = self.env["backflush.variance"].search([("kind", "=", "revaluation")])
        restated = {row.product_id: row.quantity_actual for row in rows}
        self.assertEqual(restated, {self.steel: 28, self.table: 33})
        # 28 × 0.50 and 33 × 1.00
        self.assertAlmostEqual(sum(rows.mapped("amount")), -47)

    def test_reasons_not_to_activate(self):
        self.version.date_from = False
        self.version.action_roll_up()
        with self.assertRaisesRegex(UserError, "Set the day from which 2026 is valid"):
            self.version.action_activate()
        self.version.date_from = "2026-01-01"
        self._set_price(self.steel, 6)
        with self.assertRaisesRegex(UserError, "roll it up again"):
            self.version.action_activate()
        self._activate()
        with self.assertRaisesRegex(UserError, "2026 has been activated already"):
            self.version.action_activate()
        same_day = self._version("2026b")
        same_day.action_roll_up()
        with self.assertRaisesRegex(UserError, "must be valid from a later day"):
            same_day.action_activate()

    @mute_logger("odoo.sql_db")
    def test_database_knows_one_active_version(self):
        self._activate()
        with self.assertRaises(IntegrityError), self.cr.savepoint():
            other = self._version("2027", "2027-01-01")
            other._set_state("active")
            other.flush_recordset()


@tagged("post_install", "-at_install")
class TestFrozen(StandardsCase):
    def test_parts_of_a_version_in_force_do_not_change(self):
        self._activate()
        card = self.version.standard_ids
        parts = {
            self.version.rate_ids[0]: {"rate": 1},
            self.version.price_ids: {"price": 1},
            card: {"amount": 1},
            card.line_ids[0]: {"quantity": 1},
        }
        for part, values in parts.items():
            for change in (
                lambda part=part, values=values: part.sudo().write(values),
                lambda part=part: part.sudo().unlink(),
            ):
                with self.assertRaisesRegex(UserError, "2026 is active"):
                    change()
        for create in (
            lambda: self._set_price(self.m, 5),
            lambda: self.version.rate_ids[0].copy(
                {"workcenter_id": self.workcenter.id}
            ),
            lambda: card.copy({"product_id": self.m.id}),
            lambda: card.line_ids[0].copy(),
        ):
            with (
                self.assertRaisesRegex(UserError, "2026 is active"),
                self.cr.savepoint(),
            ):
                create()
        with self.assertRaisesRegex(UserError, "2026 is active"):
            self.version.action_roll_up()
        self.assertEqual(self.table.standard_price, 25.0)

    def test_a_part_cannot_be_moved_into_a_version_in_force(self):
        self._activate()
        draft = self.version.copy({"date_from": "2027-01-01"})
        with self.assertRaisesRegex(UserError, "2026 is active"):
            draft.price_ids.version_id = self.version

    def test_version_in_force_or_closed(self):
        self._activate()
        with self.assertRaisesRegex(UserError, "2026 is active"):
            self.version.date_from = "2025-01-01"
        with self.assertRaisesRegex(UserError, "2026 is active"):
            self.version.unlink()
        self._activate(self._version("2027", "2027-01-01"))
        with self.assertRaisesRegex(UserError, "2026 is closed"):
            self.version.unlink()
        with self.assertRaisesRegex(UserError, "2026 is closed"):
            self.version.rate_ids.unlink()

    def test_status_changes_by_activation_only(self):
        manager = new_test_user(
            self.env,
            login="backflush_status",
            groups="backflush_costing.group_backflush_manager,base.group_system",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        with self.assertRaisesRegex(UserError, "by activation only"):
            self.version.with_user(manager).state = "active"
        with self.assertRaisesRegex(UserError, "starts as a draft"):
            self._version("2027", state="active")

    def test_version_stays_with_its_company(self):
        other = self._create_company(name="Other")
        with self.assertRaisesRegex(UserError, "stays with its company"):
            self.version.company_id = other

    def test_draft_is_deleted_with_its_parts(self):
        self._roll_up()
        card = self.version.standard_ids
        self.version.unlink()
        self.assertFalse(card.exists())

    def test_copy_is_a_draft_with_rates_and_prices(self):
        self._set_price(self.steel, 5.5)
        self._activate()
        copy = self.version.copy()
        self.assertRecordValues(
            copy,
            [
                {
                    "name": "2026 (copy)",
                    "state": "draft",
                    "date_from": False,
                    "date_activated": False,
                    "standard_ids": [],
                }
            ],
        )
        self.assertEqual(copy.price_ids.mapped("price"), [5.5])
        self.assertEqual(sorted(copy.rate_ids.mapped("rate")), [4, 6, 20])


@tagged("post_install", "-at_install")
class TestStandardsAccess(StandardsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["mrp.bom"].flush_model()
        for role in ("user", "accountant", "manager"):
            user = new_test_user(
                cls.env,
                login=f"backflush_{role}",
                groups=f"base.group_user,backflush_costing.group_backflush_{role}",
                company_id=cls.company.id,
                company_ids=[Command.set(cls.company.ids)],
            )
            setattr(cls, role, user)

    def test_reader_reads(self):
        self._activate()
        version = self.version.with_user(self.user)
        self.assertEqual(version.standard_ids.amount, 25.0)
        # also the names of operations, without rights in manufacturing
        self.env.invalidate_all()
        self.assertIn("Make", version.standard_ids.line_ids.mapped("display_name"))
        with self.assertRaises(AccessError):
            version.copy()

    def test_reader_cannot_roll_up(self):
        with self.assertRaises(AccessError):
            self.version.with_user(self.user).action_roll_up()

    def test_accountant_rolls_up_without_rights_in_manufacturing(self):
        version = self.version.with_user(self.accountant)
        version.action_roll_up()
        self.assertEqual(version.standard_ids.amount, 25.0)
        with self.assertRaisesRegex(AccessError, "Only a manager"):
            version.action_activate()

    def test_manager_activates(self):
        version = self.version.with_user(self.manager)
        version.price_ids = [
            Command.create({"product_id": self.steel.id, "price": 5.5})
        ]
        self._activate(version)
        self.assertEqual(self.table.standard_price, 26.0)

    def test_form(self):
        """What a manager types in the form."""
        with Form(self.env["backflush.version"].with_user(self.manager)) as form:
            form.name = "Typed"
            form.date_from = fields.Date.to_date("2026-01-01")
            with form.price_ids.new() as price:
                price.product_id = self.steel
                price.price = 0.01719
        version = form.record
        self.assertEqual(version.company_id, self.company)
        self.assertEqual(version.price_ids.price, 0.01719)
        self.assertEqual(version.price_ids.source, "manual")

    def test_card_opens_its_product_and_bill(self):
        card = self._roll_up()[self.table]
        self.assertEqual(card.display_name, "Table (2026)")
        self.assertEqual(card.action_open_product()["res_id"], self.table.id)
        self.assertEqual(card.action_open_bom()["res_id"], self.bill.id)
        action = self.version.action_open_standards()
        cards = card.search(action["domain"])
        self.assertEqual(cards, card)


@tagged("post_install", "-at_install")
class TestStandardsOfCompanies(StandardsCase):
    """The same product made in two companies, at standards of their own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls._create_company(name="Other")
        cls.env.user.company_ids |= cls.other
        (cls.table | cls.steel).company_id = False
        cls.steel.with_company(cls.other).standard_price = 7
        cls._bom(cls.table, {cls.steel: 3}, company_id=cls.other.id)
        cls.other_version = cls.env["backflush.version"].create(
            {"name": "Other", "company_id": cls.other.id, "date_from": "2026-01-01"}
        )

    def test_each_company_has_its_own_standards(self):
        self._activate()
        self._activate(self.other_version)
        self.assertEqual(
            (self.version | self.other_version).mapped("state"), ["active"] * 2
        )
        self.assertEqual(self.table.standard_price, 25.0)
        self.assertEqual(self.table.with_company(self.other).standard_price, 21.0)
        get_cards = self.env["backflush.standard"]._get_active_cards
        products = self.table | self.steel
        self.assertEqual(
            get_cards(products, self.other),
            {self.table: self.other_version.standard_ids},
        )
        self.assertEqual(get_cards(products, self.company)[self.table].amount, 25.0)

    def test_activation_in_one_company_leaves_the_other_alone(self):
        self._activate(self.other_version)
        self.assertEqual(self.table.standard_price, 0.0)
        self.assertFalse(self.table.property_backflush_covered)
        self.assertTrue(self.steel.with_company(self.other).property_backflush_covered)
        domain = [("product_id", "=", self.table.id), ("value", "!=", 0)]
        history = self.env["product.value"].search(domain)
        self.assertRecordValues(history, [{"value": 21.0, "company_id": self.other.id}])

    def test_active_cards_are_found_in_one_query(self):
        self._activate()
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(1):
            cards = self.env["backflush.standard"]._get_active_cards(
                self.table, self.company
            )
            self.assertEqual(cards[self.table].amount, 25.0)
