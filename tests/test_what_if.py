"""What other prices, rates and quantities would do to the standard costs."""

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from .test_comparison import ComparisonCase


@tagged("post_install", "-at_install")
class TestWhatIf(ComparisonCase):
    def _what_if(self, *lines, version=None, user=None):
        version = version or self.old
        env = self.env["backflush.what.if"]
        return (env.with_user(user) if user else env).create(
            {
                "version_id": version.id,
                "line_ids": [Command.create(line) for line in lines],
            }
        )

    def _price(self, product, amount, method="percent"):
        return {
            "subject": "price",
            "product_id": product.id,
            "method": method,
            "amount": amount,
        }

    def _rate(self, element, amount, method="percent", workcenter=None):
        return {
            "subject": "rate",
            "element_id": self.elements[element].id if element else False,
            "workcenter_id": workcenter and workcenter.id,
            "method": method,
            "amount": amount,
        }

    def _quantity(self, component, amount, method="percent", made=None):
        return {
            "subject": "quantity",
            "product_id": component.id,
            "made_product_id": made and made.id,
            "method": method,
            "amount": amount,
        }

    def _show(self, what_if):
        action = what_if.action_compare()
        return what_if.env["backflush.comparison.product"].search(action["domain"])

    def _changes(self, *lines, **kwargs):
        """{name of product: change of its cost}"""
        rows = self._show(self._what_if(*lines, **kwargs))
        return {row.product_id.name: round(row.change, 9) for row in rows}

    def test_material_ten_percent_dearer(self):
        self._put_on_hand(self.p, 33)
        rows = self._show(self._what_if(self._price(self.m, 10)))
        self.assertEqual(rows.mapped("product_id.name"), ["P", "M"])
        self.assertRecordValues(
            rows,
            [
                {"old_cost": 25.0, "new_cost": 26.0, "stock_effect": 33.0},
                {"old_cost": 5.0, "new_cost": 5.5, "stock_effect": 0.0},
            ],
        )
        self.assertReasons(rows[0], {("material", "price"): 1.0})
        self.assertFalse(rows.new_version_id)

    def test_nothing_is_written(self):
        self._show(self._what_if(self._price(self.m, 10), self._rate("labour", 50)))
        self.assertEqual(self.old.standard_ids.amount, 25.0)
        self.assertEqual(sorted(self.old.price_ids.mapped("price")), [5.0, 6.0])
        self.assertFalse(self.old.is_outdated)

    def test_new_price(self):
        self.assertEqual(
            self._changes(self._price(self.m, 7, "value")), {"P": 4.0, "M": 2.0}
        )

    def test_category(self):
        line = {"subject": "category", "category_id": self.materials.id, "amount": -10}
        self.assertEqual(self._changes(line), {"P": -1.0, "M": -0.5, "S": -0.6})

    def test_rate(self):
        self.assertEqual(self._changes(self._rate("labour", 22, "value")), {"P": 1.0})
        self.assertEqual(
            self._changes(self._rate(None, 10, workcenter=self.workcenter)), {"P": 1.5}
        )

    def test_hourly_cost_of_a_work_center_without_rates(self):
        self.elements["conversion"].active = True
        bare = self.workcenter.copy({"name": "Bare", "costs_hour": 40.0})
        self.bom.operation_ids.workcenter_id = bare
        # half an hour at 40.00
        self.assertEqual(
            self._changes(self._rate(None, 10, workcenter=bare)), {"P": 2.0}
        )

    def test_quantity_in_one_bill_and_in_all(self):
        x = self._create_product("X", self.finished)
        self._create_bom(x, 1, {self.p: 1, self.m: 1})
        self.assertEqual(
            self._changes(self._quantity(self.m, 10)), {"P": 1.0, "X": 1.5}
        )
        line = self._quantity(self.m, 3, "value", made=self.p)
        self.assertEqual(self._changes(line), {"P": 5.0, "X": 5.0})

    def test_quantity_within_a_kit(self):
        kit = self._create_product("Kit", self.materials)
        self._create_bom(kit, 1, {self.s: 1}, type="phantom")
        self.bom.bom_line_ids = [
            Command.create({"product_id": kit.id, "product_qty": 10})
        ]
        line = self._quantity(self.s, 2, "value", made=kit)
        self.assertEqual(self._changes(line), {"P": 6.0})
        row = self._show(self._what_if(line))
        self.assertReasons(row, {("material", "quantity"): 6.0})

    def test_several_changes_at_once(self):
        changes = self._changes(
            self._price(self.m, 10),
            self._rate("labour", 10),
            self._quantity(self.m, 50, made=self.p),
        )
        # 3 kg at 5.50 and half an hour at 22.00 + 6.00 + 4.00
        self.assertEqual(changes, {"P": 7.5, "M": 0.5})

    def test_draft_that_was_never_rolled_up(self):
        """Prices that a roll-up would add count as if they were there."""
        draft = self._create_version("v2", "2021-01-01")
        self.assertEqual(
            self._changes(self._price(self.m, 10), version=draft), {"P": 1.0, "M": 0.5}
        )
        self.assertFalse(draft.price_ids)

    def test_only_what_is_selected_is_rolled_up(self):
        """X is left out of the draft: it keeps its card, whatever M costs."""
        x = self._create_product("X", self.finished)
        self._create_bom(x, 1, {self.m: 1})
        self._new_version(labour=20.0, m=5.0, s=6.0).action_activate()
        draft = self._create_version("v3", "2022-01-01", m=5.0)
        draft.product_ids = self.p
        line = self._price(self.m, 10)
        self.assertEqual(self._changes(line, version=draft), {"P": 1.0, "M": 0.5})
        with self.assertRaisesRegex(UserError, "X is made"):
            self._changes(self._price(x, 10), version=draft)

    def test_fee_of_a_subcontractor(self):
        if "subcontract" not in self.bom._fields["type"].get_values(self.env):
            self.skipTest("Odoo's subcontracting is not installed")
        self.elements["subcontract"].active = True
        r = self._create_product("R", self.finished)
        subcontractor = self.vendor.ids
        self._create_bom(
            r, 1, {self.m: 1}, type="subcontract", subcontractor_ids=subcontractor
        )
        self.env["product.supplierinfo"].create(
            {
                "partner_id": self.vendor.id,
                "product_tmpl_id": r.product_tmpl_id.id,
                "price": 3.0,
            }
        )
        rows = self._show(self._what_if(self._price(r, 10)))
        self.assertRecordValues(rows, [{"old_cost": 8.0, "new_cost": 8.3}])
        self.assertReasons(rows, {("subcontract", "price"): 0.3})

    # -- keeping --------------------------------------------------------------------

    def test_keep_in_a_draft(self):
        draft = self._new_version(labour=20.0, m=5.0)
        what_if = self._what_if(
            self._price(self.m, 10),
            self._price(self.s, 7, "value"),
            self._rate("labour", 22, "value"),
            self._quantity(self.m, 50),
            version=draft,
        )
        message = what_if.action_keep()["params"]["message"]
        self.assertIn("Quantities were not kept", message)
        self.assertEqual(
            {price.product_id: price.price for price in draft.price_ids},
            {self.m: 5.5, self.s: 7.0},
        )
        self.assertTrue(draft.is_outdated)
        draft.action_roll_up()
        self.assertEqual(draft.standard_ids.amount, 27.0)
        # what was kept is not there to be kept again
        self.assertEqual(what_if.line_ids.mapped("subject"), ["quantity"])
        with self.assertRaisesRegex(UserError, "Quantities belong to the bills"):
            what_if.action_keep()

    def test_keep_the_hourly_cost_as_a_rate(self):
        draft = self._new_version(m=5.0)
        draft.rate_ids.unlink()
        self.elements["conversion"].active = True
        self._what_if(self._rate(None, 10), version=draft).action_keep()
        self.assertRecordValues(
            draft.rate_ids,
            [
                {
                    "workcenter_id": self.workcenter.id,
                    "element_id": self.elements["conversion"].id,
                    "rate": 33.0,
                }
            ],
        )

    def test_version_in_force_is_not_changed(self):
        with self.assertRaisesRegex(UserError, "kept as they were used"):
            self._what_if(self._price(self.m, 10)).action_keep()

    # -- bad input --------------------------------------------------------------------

    def test_what_changes_nothing_is_said(self):
        x = self._create_product("X", self.materials)
        spare = self.workcenter.copy({"name": "Spare"})
        for line, sentence in (
            (self._price(self.p, 10), "P is made"),
            (self._price(x, 10), "X is not used"),
            (self._price(self.m, 0), "0 percent"),
            (self._quantity(x, 10), "X is not used"),
            (self._quantity(self.m, 10, made=x), "is not used"),
            (self._rate("labour", 10, workcenter=spare), "Spare - .* is not used"),
        ):
            with self.assertRaisesRegex(UserError, sentence):
                self._changes(line)
        with self.assertRaisesRegex(UserError, "Add a line"):
            self._changes()

    def test_bad_lines_are_refused(self):
        for line, sentence in (
            (self._price(self.m, -101), "cannot be negative"),
            (self._price(self.m, -1, "value"), "cannot be negative"),
            ({"subject": "price", "amount": 10}, "Choose the product"),
            ({"subject": "category", "amount": 10}, "Choose the category"),
            (self._quantity(self.m, 3, "value"), "in whose bill M"),
        ):
            with self.assertRaisesRegex(ValidationError, sentence):
                self._what_if(line)

    def test_form(self):
        with Form(self.env["backflush.what.if"]) as form:
            self.assertEqual(form.version_id, self.old)
            with form.line_ids.new() as line:
                line.product_id = self.m
                self.assertEqual(line.current, 5.0)
                line.subject = "rate"
                line.element_id = self.elements["labour"]
                line.workcenter_id = self.workcenter
                self.assertEqual(line.current, 20.0)
                line.amount = 10
        rows = self._show(form.record)
        self.assertEqual(rows.mapped("change"), [1.0])

    def test_accountant_without_rights_in_manufacturing(self):
        accountant = new_test_user(
            self.env,
            "accountant",
            groups="backflush_costing.group_backflush_accountant",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.assertFalse(accountant.has_group("mrp.group_mrp_user"))
        draft = self._new_version(labour=20.0, m=5.0)
        workcenters = self.env["mrp.workcenter"].with_user(accountant)
        self.assertEqual(workcenters.name_search("Assembly")[0][0], self.workcenter.id)
        lines = (
            self._price(self.m, 10),
            self._rate("labour", 10, workcenter=self.workcenter),
            self._quantity(self.m, 10),
        )
        what_if = self._what_if(*lines, version=draft, user=accountant)
        # 2.2 kg at 5.50, half an hour at 22.00 + 10.00
        rows = self._show(what_if)
        self.assertEqual(rows.mapped("new_cost"), [28.1, 5.5])
        what_if.action_keep()
        self.assertEqual(draft.price_ids.price, 5.5)
