"""Rules 2 and 14: Odoo's entries are suppressed where the addon books, only there."""

from odoo import Command
from odoo.tests import Form, tagged

from .common import BackflushCommon


@tagged("post_install", "-at_install")
class TestNativeEntries(BackflushCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)
        cls.production_account = cls._create_account("Production", "asset_current")
        cls.env["stock.location"].search(
            [("usage", "=", "production"), ("company_id", "=", cls.company.id)]
        ).valuation_account_id = cls.production_account

    def _get_entries(self):
        return self.env["account.move"].search([("company_id", "=", self.company.id)])

    def test_one_entry_where_odoo_books_three(self):
        order = self._produce(self.p, 10)
        self.assertEqual(
            self._get_entries(), order.backflush_posting_ids.account_move_id
        )
        self.assertFalse((order.move_raw_ids | order.move_finished_ids).account_move_id)

    def test_products_without_trigger_keep_their_entries(self):
        plain = self._create_category("Plain", property_valuation="real_time")
        part = self._create_product("Part", plain, standard_price=2.0)
        table = self._create_product("Table", plain, standard_price=34.0)
        self._create_bom(table, 1, {part: 2}, minutes=60)
        order = self._produce(table, 1)
        self.assertFalse(order.backflush_posting_ids)
        self.assertFalse(part.property_backflush_covered)
        entries = self._get_entries()
        self.assertEqual(len(entries), 3)
        self.assertIn(self.production_account, entries.line_ids.account_id)

    def test_products_put_on_an_order_are_covered(self):
        extra = self._create_product("Extra", self.materials, standard_price=3.0)
        self.assertFalse(extra.property_backflush_covered)
        order = self._create_production(self.p, 10)
        self._finish(order, used={extra: 1})
        self.assertTrue(extra.property_backflush_covered)
        self.assertRows(
            order.backflush_posting_ids.variance_ids, [("material_substitution", 3.0)]
        )
        self.assertFalse(
            extra.with_company(
                self.env["res.company"].search([("id", "!=", self.company.id)], limit=1)
            ).property_backflush_covered
        )

    def test_order_finished_from_its_work_orders(self):
        order = self._create_production(self.p, 10)
        with Form(order) as form:
            form.qty_producing = 10
        for workorder in order.workorder_ids:
            workorder.button_start()
            workorder.button_finish()
        order.move_raw_ids.picked = True
        order.with_context(from_workorder=True).button_mark_done()
        self.assertEqual(order.state, "done")
        posting = order.backflush_posting_ids
        self.assertEqual((posting.state, posting.amount), ("posted", 250))

    def test_kit_in_the_bill_is_exploded(self):
        kit = self._create_product("Kit", self.materials, is_storable=False)
        self._create_bom(kit, 1, {self.m: 2}, type="phantom")
        box = self._create_product("Box", self.finished)
        self._create_bom(box, 1, {kit: 1, self.s: 1})
        self._activate_standards(name="Next", date_from="2021-01-01", m=5.0, s=6.0)
        self.assertEqual(box.standard_price, 16)
        order = self._produce(box, 5)
        self.assertEntry(
            order.backflush_posting_ids.account_move_id,
            {"finished": 80.0, "materials": -80.0},
        )
        self.assertFalse(order.backflush_posting_ids.variance_ids)

    def test_sub_assembly_is_relieved_from_its_stock_account(self):
        box = self._create_product("Box", self.finished)
        self._create_bom(box, 1, {self.p: 2, self.m: 1})
        self._activate_standards(name="Next", date_from="2021-01-01", m=5.0, s=6.0)
        self.assertEqual(box.standard_price, 55)
        self._produce(self.p, 10)
        order = self._produce(box, 5)
        # Dr and Cr on the same finished account: 5 × 55 − 10 × 25
        self.assertEntry(
            order.backflush_posting_ids.account_move_id,
            {"finished": 25.0, "materials": -25.0},
        )
        lines = order.backflush_posting_ids.line_ids
        self.assertEqual(
            sorted(
                lines.mapped(
                    lambda line: (line.kind, line.product_id.name, line.amount)
                )
            ),
            [
                ("material", "M", -25.0),
                ("material", "P", -250.0),
                ("output", "Box", 275.0),
            ],
        )

    def test_units_of_the_bill_and_of_stock_differ(self):
        gram = self.env.ref("uom.product_uom_gram")
        box = self._create_product("Box", self.finished)
        bom = self._create_bom(box, 1, {self.m: 1})
        bom.bom_line_ids.write({"product_uom_id": gram.id, "product_qty": 500})
        self._activate_standards(name="Next", date_from="2021-01-01", m=5.0, s=6.0)
        self.assertEqual(box.standard_price, 2.5)
        order = self._produce(box, 10)
        self.assertEntry(
            order.backflush_posting_ids.account_move_id,
            {"finished": 25.0, "materials": -25.0},
        )
        self.assertFalse(order.backflush_posting_ids.variance_ids)

    def test_average_cost_material_keeps_its_price_difference_apart(self):
        average = self._create_category(
            "Average", property_valuation="real_time", property_cost_method="average"
        )
        glue = self._create_product("Glue", average)
        box = self._create_product("Box", self.finished)
        self._create_bom(box, 1, {glue: 2})
        version = self._create_version(name="Next", date_from="2021-01-01")
        version.price_ids = [Command.create({"product_id": glue.id, "price": 3.0})]
        version.action_roll_up()
        version.action_activate()
        self._buy(glue, 100, 3.5)
        self.assertEqual(glue.standard_price, 3.5)
        order = self._produce(box, 10)
        self.assertRows(
            order.backflush_posting_ids.variance_ids, [("material_issue_price", 10.0)]
        )
        entry = order.backflush_posting_ids.account_move_id
        self.assertEqual(
            self._summarise(entry.line_ids)["material_price_variance"], 10.0
        )

    def test_fractional_standards_leave_half_a_cent_at_most(self):
        self._activate_standards(name="Next", date_from="2021-01-01", m=0.333, s=6.0)
        orders = [self._produce(self.p, 3) for _count in range(4)]
        for order in orders:
            entry = order.backflush_posting_ids.account_move_id
            self.assertAlmostEqual(sum(entry.line_ids.mapped("balance")), 0, 2)
        lines = self.env["account.move.line"].search(
            [("account_id", "=", self.finished_account.id)]
        )
        value = 12 * self.p.standard_price
        self.assertLessEqual(abs(sum(lines.mapped("balance")) - value), 0.005 * 4)

    def test_events_of_rolled_back_work_are_dropped(self):
        engine = self.env["backflush.engine"]
        with engine._collect():
            savepoint = self.env.cr.savepoint()
            engine._enqueue(self._create_production(self.p, 10))
            savepoint.close(rollback=True)
            self._produce(self.p, 5)
        postings = self.env["backflush.posting"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertEqual(postings.mapped("quantity"), [5])

    def test_defaults_of_a_screen_do_not_reach_the_documents(self):
        order = self._create_production(self.p, 10)
        with Form(order) as form:
            form.qty_producing = 10
        order.with_context(
            default_name="X", default_quantity=7, default_state="draft"
        ).button_mark_done()
        posting = order.backflush_posting_ids
        self.assertEqual((posting.state, posting.quantity), ("posted", 10))
        self.assertNotEqual(posting.account_move_id.name, "X")

    def test_switched_trigger_leaves_what_is_booked(self):
        order = self._produce(self.p, 10)
        self.finished.write(
            {
                "property_backflush_trigger": "delivery",
                "property_valuation": "periodic",
            }
        )
        order.move_raw_ids.move_line_ids.quantity = 21
        correction = order.backflush_posting_ids.sorted("id")[-1]
        self.assertEntry(
            correction.account_move_id,
            {"material_quantity_variance": 5.0, "materials": -5.0},
        )

    def test_consumable_components_are_used_as_the_card_says(self):
        nail = self._create_product(
            "Nail", self.materials, is_storable=False, standard_price=1.0
        )
        box = self._create_product("Box", self.finished)
        self._create_bom(box, 1, {self.m: 1, nail: 2})
        self._activate_standards(name="Next", date_from="2021-01-01", m=5.0)
        self.assertEqual(box.standard_price, 7)
        order = self._produce(box, 10)
        self.assertFalse(order.backflush_posting_ids.variance_ids)
        # consumables are relieved from the expense account that their bills go to
        entry = order.backflush_posting_ids.account_move_id
        expense = self.materials.property_account_expense_categ_id
        items = entry.line_ids.filtered(lambda item: item.account_id == expense)
        self.assertEqual(sum(items.mapped("balance")), -20)

    def test_scrap_from_an_order_in_progress_is_no_completion(self):
        order = self._create_production(self.p, 10)
        self.env["stock.scrap"].create(
            {
                "production_id": order.id,
                "product_id": self.m.id,
                "scrap_qty": 1,
                "product_uom_id": self.kg.id,
                "location_id": self.warehouse.lot_stock_id.id,
            }
        ).action_validate()
        self.assertFalse(order.backflush_posting_ids)
        self._finish(order)
        self.assertEqual(order.backflush_posting_ids.event, "completion")

    def test_order_made_before_the_trigger_was_set(self):
        extra = self._create_product("Extra", self.materials, standard_price=3.0)
        self.finished.property_backflush_trigger = False
        order = self._create_production(self.p, 10)
        self._use(order, {extra: 2})
        self.finished.property_backflush_trigger = "completion"
        self._finish(order)
        self.assertRows(
            order.backflush_posting_ids.variance_ids, [("material_substitution", 6.0)]
        )

    def test_manual_move_to_production_is_left_to_odoo(self):
        production = self.env["stock.location"].search(
            [("usage", "=", "production"), ("company_id", "=", self.company.id)],
            limit=1,
        )
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.int_type_id.id,
                "location_id": self.warehouse.lot_stock_id.id,
                "location_dest_id": production.id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": self.m.id,
                            "product_uom_qty": 2,
                            "location_id": self.warehouse.lot_stock_id.id,
                            "location_dest_id": production.id,
                        }
                    )
                ],
            }
        )
        picking.action_confirm()
        self._validate(picking)
        entry = picking.move_ids.account_move_id
        self.assertEqual(self._summarise(entry.line_ids)["materials"], -10)

    def test_user_of_two_companies_whose_default_is_the_other(self):
        other = self.env["res.company"].search([("id", "!=", self.company.id)], limit=1)
        self.env.user.company_ids += other
        order = self._create_production(self.p, 10)
        order.with_context(
            allowed_company_ids=(other | self.company).ids, default_company_id=other.id
        ).button_mark_done()
        posting = order.backflush_posting_ids
        self.assertEqual((posting.state, posting.company_id), ("posted", self.company))
