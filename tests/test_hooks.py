"""What plain Odoo gets wrong about the goods that the addon covers, and what we do.

One test for each defect that no other test shows; those that others show:

=====================================================  ================================
defect or fact of Odoo 19                              shown by
=====================================================  ================================
by-products at standard have the value 0               test_byproducts (C6, D3)
value of an unbuild at an old or new standard          TestValues, test_unbuild (S5)
value of a customer return after a change              TestValues, test_trade_sale (S4)
average goods billed after they were used              test_check_broken
price history rounded to the currency                  test_standards.TestActivation
movements rewritten when standards are activated       test_standards.TestActivation
past price of another company                          test_hand_price, test_companies
lots valued on their own ignore a new standard         test_standards, the check
goods at new standards: closing finds nothing          test_revaluation (S1 to S3)
variation accounts of continental charts               test_configuration_check
completion: no entry, or three                         test_native_entries
components of many orders merged into one entry        test_completion
done quantities corrected without an entry             test_corrections (C9 to C11)
component added to a done order stays assigned         test_corrections
changed date moves the finished movement only          test_corrections, test_locks
scrap of an order is not among its components          test_losses (C7)
unbuild movements carry no order                       test_unbuild
movements to production that belong to no order        test_native_entries
another owner's components                             test_owner
scrap and counts, location with an account or not      test_losses (C8, I1 to I4)
price difference at today's standard or rate           test_purchase (S2, A4)
... only with the anglo-saxon flag or an account       test_purchase
... also for periodic materials                        test_purchase (variant 3)
... twice on future bills                              test_purchase
price-only credit note takes goods out                 test_purchase (A7)
rate changed by hand on the bill                       test_units
cost of sales at today's standard, cumulative          test_delivery (S3)
kits: no cost lines, or twice the cost                 test_delivery
periodic finished goods need nothing suppressed        test_delivery (variants 2 and 4)
locked entry moved to the end of the month             test_locks
shop user needs no right in accounting                 test_failures, test_rights
codes of a chart taken; branches without chart         test_configuration
companies, branches, units, currencies                 test_companies, test_yen
reset to draft, cancel, reverse, write, unlink         test_entries
one active version                                     test_standards
=====================================================  ================================

With the purchase and sales tests: receipt after bill, vendor return and refund after a
change, invoice before delivery, credit notes after a change or for a price, kits,
drop-shipping, subcontractors' fees, taxes that are not deductible, late charges
(Odoo's landed-cost document refuses products at standard cost).
With the concurrency bench: locks and numbering.
"""

from odoo import fields
from odoo.tests import Form, tagged

from .common import BackflushCommon


class HookCase(BackflushCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)

    def _get_facts(self, move):
        facts = self.env["backflush.stock.fact"].search(
            [("move_id", "=", move.id)], order="id"
        )
        return facts.mapped(lambda fact: (fact.quantity, fact.standard, fact.amount))

    def _give_production_an_account(self):
        """Odoo then books completions and labour by itself."""
        account = self._create_account("Production", "asset_current")
        self.env["stock.location"].search(
            [("usage", "=", "production"), ("company_id", "=", self.company.id)]
        ).valuation_account_id = account
        return account

    def _get_entries(self):
        return self.env["account.move"].search([("company_id", "=", self.company.id)])


@tagged("post_install", "-at_install")
class TestValues(HookCase):
    def test_value_of_a_receipt_follows_orders_and_bills_a_fact_does_not(self):
        order = self._order(self.m, 10, 6)
        receipt = self._receive(order).move_ids
        self.assertEqual(receipt.value, 60, "Odoo: the order's price")
        self.assertEqual(self._get_facts(receipt), [(10, 5, 50)])
        self._bill(order, 7)
        self.assertEqual(receipt.value, 70, "Odoo: the bill's price")
        self.assertEqual(self._get_facts(receipt), [(10, 5, 50)])
        self.assertBalance("materials", 50)
        self.assertClosed()

    def test_value_of_a_receipt_after_a_line_was_touched(self):
        order = self._order(self.m, 10, 6)
        receipt = self._receive(order).move_ids
        receipt.move_line_ids.quantity = 10
        self.assertEqual(self._get_facts(receipt), [(10, 5, 50)])
        receipt.move_line_ids.quantity = 12
        self.assertEqual(self._get_facts(receipt), [(10, 5, 50), (2, 5, 10)])

    def test_receipts_in_stock_keep_their_value_when_a_price_is_changed(self):
        receipt = self._receive(self._order(self.m, 10, 5)).move_ids
        count = self._count(self.m, 20)
        values = receipt.value, count.value
        self.m.standard_price = 8.0
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual((receipt.value, count.value), values)
        self.assertEqual(self._get_facts(receipt), [(10, 5, 50)])
        self.assertEqual(self._get_facts(count), [(10, 5, 50)])

    def test_value_of_what_comes_back_after_a_change_is_of_its_origin(self):
        """Stock moves at today's standard, whatever Odoo's value of the movement."""
        made = self._produce(self.p, 10)
        sale = self._sell(self.p, 5, 40.0)
        picking = self._deliver(sale)
        self._change_standards()
        back = self._return(picking, 1).move_ids
        self.assertEqual(back.value, 25, "Odoo: the delivery's standard")
        self.assertEqual(self._get_facts(back), [(1, 27, 27)])
        unbuild = self._unbuild(self.p, 2, made)
        moves = unbuild.produce_line_ids | unbuild.consume_line_ids
        facts = {move.product_id: self._get_facts(move) for move in moves}
        self.assertEqual(facts, {self.p: [(-2, 27, -54)], self.m: [(4, 5.5, 22)]})
        taken = moves.filtered(lambda move: move.product_id == self.m)
        self.assertEqual(taken.value, 20, "Odoo: the order's standard")

    def test_stock_rounded_once_ledger_rounded_per_document(self):
        """3 × 0.333: 0.99 in the ledger, 1.00 in stock; rule 1 allows for it."""
        self.m.standard_price = 0.333
        for _count in range(3):
            self._buy(self.m, 1, 0.333)
        items = self.env["account.move.line"].search(
            [("account_id", "=", self.materials_account.id)]
        )
        drift = abs(sum(items.mapped("balance")) - self.m.total_value)
        self.assertLessEqual(drift, 0.005 * len(items))


@tagged("post_install", "-at_install")
class TestManufacturing(HookCase):
    def test_full_and_partial_orders_in_one_call(self):
        """Odoo posts the inventory twice when some of them get backorders."""
        whole, part = (self._create_production(self.p, 10) for _count in range(2))
        for order, quantity in ((whole, 10), (part, 6)):
            with Form(order) as form:
                form.qty_producing = quantity
        (whole | part).with_context(
            skip_consumption=True, skip_backorder=True, mo_ids_to_backorder=part.ids
        ).button_mark_done()
        self.assertEqual((whole | part).mapped("state"), ["done"] * 2)
        self.assertRecordValues(
            (whole | part).backflush_posting_ids.sorted("production_id"),
            [
                {"event": "completion", "quantity": 10, "amount": 250},
                {"event": "completion", "quantity": 6, "amount": 150},
            ],
        )
        rest = part.production_group_id.production_ids - part
        self.assertFalse(rest.backflush_posting_ids)

    def test_labour_is_applied_once_through_the_backorder_wizard(self):
        """Odoo books it by itself there, even twice, and dated today."""
        production = self._give_production_an_account()
        order = self._create_production(self.p, 10)
        with Form(order) as form:
            form.qty_producing = 6
        for workorder in order.workorder_ids:
            workorder.duration = 200
        order.move_raw_ids.picked = True
        action = order.with_context(skip_consumption=True).button_mark_done()
        wizard = Form(
            self.env[action["res_model"]].with_context(**action["context"])
        ).save()
        wizard.action_backorder()
        self.assertEqual(order.state, "done")
        entries = self._get_entries()
        self.assertEqual(entries, order.backflush_posting_ids.account_move_id)
        self.assertNotIn(production, entries.line_ids.account_id)
        self.assertBalance("labour_applied", -60)
        self.assertFalse(order.workorder_ids.time_ids.account_move_line_id)

    def test_orders_of_two_products_in_one_call(self):
        """Odoo reads the product of all of them in its loop over each."""
        self._give_production_an_account()
        other = self._create_product("P2", self.finished)
        self._create_bom(other, 10, {self.s: 10}, minutes=24)
        self._activate_standards(name="Next", date_from="2021-01-01", m=5.0, s=6.0)
        orders = self._create_production(self.p, 10) | self._create_production(other, 5)
        orders.button_mark_done()
        self.assertEqual(
            self._get_entries(), orders.backflush_posting_ids.account_move_id
        )
        self.assertBalance("finished", 250 + 5 * (6 + 15))

    def test_date_of_the_entry_is_the_day_the_order_was_finished(self):
        """Odoo writes that date after it has posted the inventory."""
        day = fields.Datetime.subtract(fields.Datetime.now(), days=12)
        order = self._create_production(self.p, 10)
        with Form(order) as form:
            form.qty_producing = 10
        order.with_context(force_period_date=day.date()).button_mark_done()
        order.date_finished = day
        standing = order.backflush_posting_ids.filtered(lambda x: x.state == "posted")
        self.assertEqual(standing.account_move_id.date, day.date())
        self.assertEqual(standing.date_event, day.date())

    def test_analytic_lines_are_not_made_twice(self):
        """An order with a project has Odoo's analytic lines: our items carry none."""
        plan = self.env["account.analytic.plan"].search([], limit=1)
        plan = plan or plan.create({"name": "Plan"})
        project, others = (
            self.env["account.analytic.account"].create(
                {"name": name, "plan_id": plan.id, "company_id": self.company.id}
            )
            for name in ("Project", "Variances")
        )
        self.env["account.analytic.distribution.model"].create(
            {
                "product_id": self.p.id,
                "analytic_distribution": {str(others.id): 100},
                "company_id": self.company.id,
            }
        )
        values = {}
        if "project_id" in self.env["mrp.production"]._fields:
            values["project_id"] = (
                self.env["project.project"]
                .create(
                    {
                        "name": "Project",
                        "account_id": project.id,
                        "company_id": self.company.id,
                    }
                )
                .id
            )
        order = self._create_production(self.p, 10, **values)
        self._finish(order, used={self.m: 22})
        items = order.backflush_posting_ids.account_move_id.line_ids
        variance = items.filtered("analytic_distribution")
        self.assertEqual(self._summarise(variance), {"material_quantity_variance": 10})
        self.assertEqual(variance.analytic_distribution, {str(others.id): 100})
        self.assertFalse(
            items.analytic_line_ids.filtered(f"{plan._column_name()}").filtered(
                lambda x: x[plan._column_name()] == project
            )
        )


@tagged("post_install", "-at_install")
class TestFramework(HookCase):
    def test_numbers_have_no_gap_after_a_failed_batch(self):
        """What was posted and rolled back, then posted again, is numbered once."""
        first = self._produce(self.p, 10).backflush_posting_ids.account_move_id
        bad = self._create_product("Uncosted", self.finished)
        self._create_bom(bad, 1, {self.m: 1})
        orders = (
            self._create_production(self.p, 10)
            | self._create_production(bad, 1)
            | self._create_production(self.p, 10)
        )
        orders.button_mark_done()
        self.assertEqual(
            orders.mapped("backflush_posting_ids.state"), ["posted", "failed", "posted"]
        )
        entries = orders.backflush_posting_ids.account_move_id.sorted("sequence_number")
        number = first.sequence_number
        self.assertEqual(entries.mapped("sequence_number"), [number + 1, number + 2])
        self.assertFalse(entries.filtered("made_sequence_gap"))

    def test_one_entry_is_made_at_the_very_end(self):
        """Numbering locks the journal until commit: all events of a call at once."""
        orders = self.env["mrp.production"].union(
            *(self._create_production(self.p, 1) for _count in range(3))
        )
        engine = type(self.env["backflush.engine"])
        posted = []
        original = engine._post_batch

        def spy(model, records):
            posted.append((records._name, set(records.mapped("state")), len(records)))
            return original(model, records)

        self.patch(engine, "_post_batch", spy)
        orders.button_mark_done()
        self.assertEqual(posted, [("mrp.production", {"done"}, 3)])
