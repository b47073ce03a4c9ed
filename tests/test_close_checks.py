"""The checks before a close: each finds a real case, and nothing once it is right."""

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import BackflushCommon
from .people import People
from .test_close_refused import ClosedShop

OPEN = ("blocking", "attention")


class Checked(People, ClosedShop):
    """A shop of which March is checked."""

    def setUp(self):
        super().setUp()
        self.close = self._create_close()

    def _check(self, close=None):
        """{check: finding} of what is not as it should be."""
        close = close or self.close
        close.action_check()
        findings = close.finding_ids.filtered(lambda x: x.state in OPEN)
        return {finding.check: finding for finding in findings}

    def _get_records(self, finding):
        action = finding.action_view()
        return self.env[action["res_model"]].search(action["domain"])

    def assertFound(self, check, records, amount=0, state="attention"):
        finding = self._check().get(check)
        self.assertTrue(finding, check)
        self.assertEqual(finding.state, state)
        self.assertEqual(self._get_records(finding), records)
        self.assertEqual(finding.count, len(records))
        self.assertAlmostEqual(finding.amount, amount, 2)
        self.assertTrue(finding.consequence)
        return finding

    def assertPassed(self, check):
        self.assertNotIn(check, self._check())
        finding = self.close.finding_ids.filtered(lambda x: x.check == check)
        self.assertEqual((finding.state, finding.count), ("passed", 0))
        self.assertFalse(finding.has_list or finding.sentence or finding.consequence)


@tagged("post_install", "-at_install")
class TestGoods(Checked, BackflushCommon):
    def test_all_is_well(self):
        self.assertEqual(self._check(), {})
        checks = self.env["backflush.close.finding"]._fields["check"]
        self.assertEqual(
            sorted(self.close.finding_ids.mapped("check")),
            sorted(checks.get_values(self.env)),
        )

    def test_reversed_posting(self):
        posting = self.order.backflush_posting_ids
        posting.action_reverse()
        moves = self.order.move_raw_ids | self.order.move_finished_ids
        self.assertFound("unbooked", moves, amount=250 - 110)
        posting.action_retry()
        self.assertPassed("unbooked")

    def test_booked_by_hand_on_a_stock_account(self):
        account, other = self.materials_account, self.cost_of_sales_account
        lines = [
            Command.create({"account_id": account.id, "balance": 7.0}),
            Command.create({"account_id": other.id, "balance": -7.0}),
        ]
        entry = self.env["account.move"].create(
            {"date": self.close.date_to, "line_ids": lines}
        )
        entry.action_post()
        self.assertFound("stock_accounts", account, amount=7.0)
        self.close.action_compute()
        found = self.close.finding_ids.filtered(lambda x: x.check == "stock_accounts")
        self.assertEqual((found.state, found.amount), ("attention", 7.0))
        entry.button_draft()
        self.close.action_compute()
        self.assertPassed("stock_accounts")

    def test_movement_changed_past_odoo(self):
        line = self.order.move_raw_ids.move_line_ids
        self._set_quantity(line, 23)
        self.assertFound("unbooked", line.move_id)
        self._set_quantity(line, 22)
        self.assertPassed("unbooked")

    def _set_quantity(self, line, quantity):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE stock_move_line SET quantity = %s, quantity_product_uom = %s"
            " WHERE id = %s",
            (quantity, quantity, line.id),
        )
        self.env.invalidate_all()

    def test_received_and_billed_after_the_period(self):
        order = self._order(self.m, 10, 5.5)
        self._receive(order)
        self.assertFound("received_not_billed", order, amount=50)
        self._go_to("2026-04-02 10:00")
        self._bill(order)
        # still so at the end of March
        self.assertFound("received_not_billed", order, amount=50)

    def test_received_and_billed(self):
        order = self._order(self.m, 10, 5.5)
        self._receive(order)
        self._bill(order, quantity=6)
        self.assertFound("received_not_billed", order, amount=20)
        self._bill(order)
        self.assertPassed("received_not_billed")

    def test_received_after_the_period(self):
        order = self._order(self.m, 10, 5.5)
        self._go_to("2026-04-02 10:00")
        self._receive(order)
        self.assertPassed("received_not_billed")

    def test_billed_and_received_after_the_period(self):
        self.m.purchase_method = "purchase"
        order = self._order(self.m, 10, 5.5)
        self._bill(order)
        self.assertFound("billed_not_received", order, amount=50)
        self._go_to("2026-04-02 10:00")
        self._receive(order)
        self.assertFound("billed_not_received", order, amount=50)

    def test_billed_then_received(self):
        self.m.purchase_method = "purchase"
        order = self._order(self.m, 10, 5.5)
        self._bill(order)
        self._receive(order)
        self.assertPassed("billed_not_received")

    def test_sent_back_and_not_credited(self):
        order = self._order(self.m, 10, 5.5)
        picking = self._receive(order)
        bill = self._bill(order)
        self._return(picking, 4)
        self.assertFound("billed_not_received", order, amount=20)
        self._credit(bill.invoice_line_ids, 4, 5.5)
        self.assertPassed("billed_not_received")

    def test_goods_without_an_order(self):
        location = self.env.ref("stock.stock_location_suppliers")
        move = self.env["stock.move"].create(
            {
                "product_id": self.m.id,
                "product_uom_qty": 3,
                "location_id": location.id,
                "location_dest_id": self.warehouse.lot_stock_id.id,
                "company_id": self.company.id,
            }
        )
        move._action_confirm()
        move.quantity, move.picked = 3, True
        move._action_done()
        self.assertFound("received_not_billed", self.m, amount=15)

    def test_delivered_and_not_invoiced(self):
        order = self._sell(self.p, 4, 40.0)
        self._deliver(order)
        self.assertFound("delivered_not_invoiced", order, amount=100)
        self._invoice(order)
        self.assertPassed("delivered_not_invoiced")

    def test_invoiced_and_not_delivered(self):
        self.p.invoice_policy = "order"
        order = self._sell(self.p, 4, 40.0)
        self._invoice(order)
        self.assertFound("invoiced_not_delivered", order, amount=100)
        self._deliver(order)
        self.assertPassed("invoiced_not_delivered")

    def test_came_back_and_not_credited(self):
        order = self._sell(self.p, 4, 40.0)
        picking = self._deliver(order)
        invoice = self._invoice(order)
        self._return(picking, 1)
        self.assertFound("invoiced_not_delivered", order, amount=25)
        self._credit(invoice.invoice_line_ids, 1, 40.0)
        self.assertPassed("invoiced_not_delivered")

    def test_count_not_made(self):
        quant = self.env["stock.quant"].search(
            [
                ("product_id", "=", self.m.id),
                ("location_id", "=", self.warehouse.lot_stock_id.id),
            ]
        )
        quant.inventory_date = "2026-03-31"
        finding = self.assertFound("counts", quant)
        self.assertIn("1 counts were due by 2026-03-31", finding.sentence)
        quant.inventory_date = "2026-06-30"
        self.assertPassed("counts")
        quant.with_context(inventory_mode=True).inventory_quantity = 77
        finding = self.assertFound("counts", quant)
        self.assertIn("1 are made and not applied", finding.sentence)
        quant.action_apply_inventory()
        self.assertPassed("counts")

    def test_closing_of_odoo(self):
        order = self._order(self.m, 10, 5.5)
        self._receive(order)
        action = self.company.action_close_stock_valuation(auto_post=True)
        entry = self.env["account.move"].browse(action["res_id"])
        self.assertFound("native_closing", entry, amount=50)
        entry._reverse_moves([{"date": fields.Date.today()}], cancel=True)
        self.assertPassed("native_closing")

    def test_closing_of_odoo_reversed_after_the_period(self):
        """At the end of March it stood there."""
        self._receive(self._order(self.m, 10, 5.5))
        action = self.company.action_close_stock_valuation(auto_post=True)
        entry = self.env["account.move"].browse(action["res_id"])
        self._go_to("2026-04-02 10:00")
        entry._reverse_moves([{"date": fields.Date.today()}], cancel=True)
        self.assertFound("native_closing", entry, amount=50)


@tagged("post_install", "-at_install")
class TestTime(Checked, BackflushCommon):
    def test_no_time_on_an_order(self):
        order = self._produce(self.p, 4)
        self.assertFound("time_assumed", order, amount=40)
        self._record(order, 2.6, 20.0)
        self.assertPassed("time_assumed")

    def test_time_of_work_orders(self):
        order = self._create_production(self.p, 4)
        self.company.backflush_labour_source = "workorder"
        order.workorder_ids.duration = 150
        self._finish(order)
        self.assertFound("time_assumed", self.order, amount=100)
        self.company.backflush_labour_source = "timesheet"
        self.assertFound("time_assumed", order, amount=40)
        self.company.backflush_labour_source = "auto"
        self.assertPassed("time_assumed")

    def test_time_without_an_order(self):
        sheet = self.env["account.analytic.line"].create(
            {
                "name": "Cleaning",
                "project_id": self.project.id,
                "employee_id": self._get_employee(20.0).id,
                "unit_amount": 3,
                "date": "2026-03-05",
            }
        )
        finding = self.assertFound("time_unallocated", sheet)
        self.assertIn("3.00 hours on 1 timesheets", finding.sentence)
        sheet.production_id = self.order
        self.assertPassed("time_unallocated")

    def test_running_time(self):
        order = self._create_production(self.p, 4)
        order.workorder_ids.button_start()
        self.assertFound("timers", order.workorder_ids)
        self._go_to("2026-03-10 12:00")
        order.workorder_ids.button_pending()
        self.assertPassed("timers")

    def test_order_open_for_long(self):
        self._go_to("2026-02-20 10:00")
        order = self._create_production(self.p, 4)
        self._record(order, 2, 20.0)
        self._go_to("2026-03-10 10:00")
        self.assertFound("work_in_process", order, amount=2 * 30)
        self._finish(order)
        self.assertPassed("work_in_process")


@tagged("post_install", "-at_install")
class TestBlocking(Checked, BackflushCommon):
    def assertBlocks(self, check, close=None):
        """Posting refuses with the sentence of the check, and writes nothing."""
        close = close or self.close
        close.action_compute()
        finding = self._check(close)[check]
        self.assertEqual(finding.state, "blocking")
        self.assertEqual(finding.consequence, "The period cannot be posted.")
        self.assertEqual(close.finding_ids[:1].state, "blocking")
        before = self._get_balances()
        with self.assertRaises(UserError) as refused, self.env.cr.savepoint():
            close.action_post()
        self.assertIn(str(refused.exception), finding.sentence)
        self.env.invalidate_all()
        self.assertEqual(self._get_balances(), before)
        self.assertEqual(close.state, "computed")
        self.assertFalse(close.account_move_ids)
        rows = self.env["backflush.variance"].search([("state", "=", "final")])
        self.assertFalse(rows.filtered(lambda x: x.company_id == self.company))
        return finding

    def _post(self):
        self.close.action_compute()
        self.assertFalse(self.close.blocking_count)
        self.assertIs(self.close.action_post(), True)

    def test_failed_posting(self):
        self.finished.property_valuation = "periodic"
        order = self._produce(self.p, 10)
        self._record(order, 5, 20.0)
        self.finished.property_valuation = "real_time"
        finding = self.assertBlocks("postings")
        self.assertEqual(self._get_records(finding), order.backflush_posting_ids)
        order.backflush_posting_ids.action_retry()
        self._post()

    def test_earlier_close(self):
        day = fields.Date.to_date("2026-02-01")
        other = self._create_close(day)
        finding = self.assertBlocks("earlier")
        self.assertEqual(self._get_records(finding), other)
        other.unlink()
        self._post()

    def test_earlier_postings(self):
        self._go_to("2026-04-10 10:00")
        self.close.unlink()
        april = self._create_close()
        finding = self.assertBlocks("earlier", april)
        postings = self.env["backflush.posting"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertEqual(self._get_records(finding), postings)

    def test_lock(self):
        self.company.fiscalyear_lock_date = "2026-03-31"
        self.assertBlocks("lock")
        self.company.fiscalyear_lock_date = False
        self._post()

    def test_future(self):
        april = self._create_close(fields.Date.to_date("2026-04-01"))
        self.assertBlocks("dates", april)

    def test_two_fiscal_years(self):
        self.company.write({"fiscalyear_last_day": 15, "fiscalyear_last_month": "3"})
        self.assertBlocks("dates")

    def test_accounts(self):
        labour = self.elements["labour"]
        for owner, field in (
            (labour, "control_account_id"),
            (labour, "applied_account_id"),
            (labour, "price_variance_account_id"),
            (self.elements["fixed_overhead"], "quantity_variance_account_id"),
        ):
            known = owner[field]
            owner[field] = False
            with self.subTest(field):
                # known before the figures are
                draft = self._check()["accounts"]
                self.assertEqual(self._get_records(draft), owner)
                finding = self.assertBlocks("accounts")
                self.assertEqual(self._get_records(finding), owner)
            self.close.unlink()
            owner[field] = known
            self.close = self._create_close()
        self._post()

    def test_accounts_of_the_company(self):
        self.company.backflush_variance_policy = "prorate"
        for field in (
            "backflush_cost_of_sales_account_id",
            "backflush_capitalised_variance_account_id",
        ):
            known = self.company[field]
            self.company[field] = False
            with self.subTest(field):
                self.assertIn("accounts", self._check())
                finding = self.assertBlocks("accounts")
                self.assertEqual(
                    finding.action_view()["res_model"], "res.config.settings"
                )
            self.close.unlink()
            self.company[field] = known
            self.close = self._create_close()
        self._post()

    def test_attention_never_refuses(self):
        self._receive(self._order(self.m, 10, 5.5))
        self._produce(self.p, 4)
        self._post()
        # what was known when it was posted stays
        self.assertEqual(self.close.attention_count, 2)
        with self.assertRaisesRegex(UserError, "is closed already"):
            self.close.action_check()
        self.assertEqual(self.close.attention_count, 2)


@tagged("post_install", "-at_install")
class TestWho(Checked, BackflushCommon):
    def test_reader_looks(self):
        order = self._order(self.m, 10, 5.5)
        self._receive(order)
        self._deliver(self._sell(self.p, 4, 40.0))
        self._check()
        reader = self._create_user("reader")
        findings = self.close.finding_ids.with_user(reader)
        by_check = {finding.check: finding for finding in findings}
        finding = by_check["received_not_billed"]
        self.assertEqual((finding.count, finding.amount), (1, 50))
        self.assertEqual(finding.action_view()["domain"], [("id", "in", order.ids)])
        with self.assertRaisesRegex(UserError, "You may not read Sales Order"):
            by_check["delivered_not_invoiced"].action_view()
        with self.assertRaises(AccessError):
            self.close.with_user(reader).action_check()

    def test_nobody_writes_findings(self):
        finding = self._check_all()[0]
        accountant = self._create_user("accountant")
        for user in (accountant, self._create_user("manager")):
            mine = finding.with_user(user)
            for name, args in (("write", [{"state": "passed"}]), ("unlink", [])):
                with self.assertRaises(AccessError):
                    self._call(user, mine, name, *args)
        self._call(accountant, self.close, "action_check")
        self.assertFalse(finding.exists())

    def _check_all(self):
        self.close.action_check()
        return self.close.finding_ids

    def test_other_company(self):
        self._check()
        other = self._create_company(name="Elsewhere")
        stranger = self._create_user("accountant", other)
        self.env.user.company_ids |= other
        there = self.env(context={"allowed_company_ids": other.ids})
        findings = there["backflush.close.finding"].with_user(stranger)
        self.assertFalse(findings.search([]))
        foreign = there["backflush.close"].create(
            {
                "company_id": other.id,
                "date_from": "2026-03-01",
                "date_to": "2026-03-31",
            }
        )
        self._receive(self._order(self.m, 10, 5.5))
        self.assertEqual(self._check(foreign), {})

    def test_queries_do_not_grow(self):
        self._make_some()
        few = self._count_queries()
        for _number in range(3):
            self._make_some()
        self.assertLessEqual(self._count_queries(), few)
        self.assertEqual(self._check()["time_assumed"].count, 8)

    def _make_some(self):
        """Something for each check that looks at many records."""
        self._receive(self._order(self.m, 10, 5.5))
        for _number in range(2):
            self._produce(self.p, 2)
        self._deliver(self._sell(self.p, 2, 40.0))
        reversed_ = self._produce(self.p, 1)
        self._record(reversed_, 1, 20.0)
        reversed_.backflush_posting_ids.action_reverse()
        running = self._create_production(self.p, 4)
        running.workorder_ids.button_start()

    def _count_queries(self):
        self.close.action_check()
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.close.action_check()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before
