"""A year of closes over generated business: every cent of it stays explained.

Each month has purchases, orders, time and sales drawn from a fixed seed; after its
close come a bill, time, a correction and a return to the vendor that belong to it.
"""

import random

from odoo import fields
from odoo.tests import tagged

from .closing import ADJUSTED as BRIDGED
from .closing import Closing
from .common import BackflushCommon
from .time import RecordedTime
from .variants import Variant1, Variant2, Variant4

MONTHS = 12
#: Months after which standards change, and after which books are adjusted.
CHANGED, ADJUSTED = 7, (2, 5, 6, 12)


class CloseYear(Closing, RecordedTime):
    """The factory of the catalogue, closed every month on the fifth of the next."""

    seed = 6

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)

    def setUp(self):
        super().setUp()
        self.draw = random.Random(self.seed)
        self.start = fields.Date.start_of(fields.Date.today(), "month")
        self.spent = 0.0
        self.receipts, self.finished_orders, self.waiting = [], [], None
        self.closes = self.env["backflush.close"]

    # -- a month ----------------------------------------------------------------

    def _get_day(self, month, day):
        start = fields.Date.add(self.start, months=month)
        return fields.Date.add(start, days=day - 1)

    def _play(self, month):
        """What people do until the month before is closed, and what they do after."""
        with self._at(self._get_day(month, 3)):
            self._receive_goods()
            self._make()
            self.env.flush_all()
        with self._at(self._get_day(month, 5)):
            if month > 1:
                self._close_month(month - 1)
                self._play_late()
            self.env.flush_all()
        with self._at(self._get_day(month, 12)):
            self._finish_waiting()
            for _number in range(self.draw.randint(1, 2)):
                self._make()
            self._begin()
            self._sell_some()
            self._count_some()
            self._pay(month)
            self._analyze()

    def _receive_goods(self):
        """Two receipts: one is billed at once, the other after the month's close."""
        for product, price in ((self.m, 5.0), (self.s, 6.0)):
            quantity = self.draw.randint(40, 90)
            price = round(price * self.draw.uniform(0.9, 1.15), 2)
            order = self._order(product, quantity, price)
            self._receive(order)
            self.receipts.append(order)
        self._bill_order(self.receipts[-1])

    def _bill_order(self, order, change=1.0):
        line = order.order_line
        bill = self._bill(order, round(line.price_unit * change, 2))
        self.spent += bill.amount_untaxed
        return bill

    def _make(self):
        quantity = self.draw.choice((4, 5, 10, 10, 13))
        order = self._create_production(self.p, quantity)
        if self.draw.random() < 0.7:
            self._work(order, quantity)
        used = {self.m: 2 * quantity + self.draw.choice((-1, 0, 0, 2))}
        if self.draw.random() < 0.3:
            used[self.s] = 1
        self._produce_all(order, used)

    def _produce_all(self, order, used=None):
        # without a form: there are many
        order.qty_producing = order.product_qty
        order._set_qty_producing()
        self._use(order, used or {})
        self.finished_orders.append(self._finish_as_is(order))

    def _work(self, order, quantity):
        hours = round(quantity / 2 * self.draw.uniform(0.8, 1.3), 2)
        self._record(order, hours, self.draw.choice((19.0, 20.0, 22.5)))

    def _begin(self):
        """An order that is worked on, and finished in the month after."""
        self.waiting = self._create_production(self.p, 10)
        self._work(self.waiting, self.draw.choice((2, 5)))

    def _finish_waiting(self):
        if self.waiting:
            self._work(self.waiting, 5)
            self._produce_all(self.waiting)
            self.waiting = None

    def _sell_some(self):
        """Delivered and invoiced; some is invoiced in the month after."""
        for order in self.env["sale.order"].search(
            [("invoice_status", "=", "to invoice")]
        ):
            self._invoice(order)
        on_hand = int(self.p.qty_available)
        sold = self._sell(self.p, self.draw.randint(1, max(on_hand - 3, 1)), 40.0)
        self._deliver(sold)
        if self.draw.random() < 0.6:
            self._invoice(sold)

    def _count_some(self):
        if self.draw.random() < 0.4:
            product = self.draw.choice((self.m, self.s))
            self._count(product, product.qty_available - 1)

    def _pay(self, month):
        """Payroll, energy and rent."""
        amounts = {
            "labour": round(self.draw.uniform(200, 500), 2),
            "variable_overhead": round(self.draw.uniform(50, 150), 2),
            "fixed_overhead": 165.0,
        }
        self._spend(**amounts)
        self.spent += sum(amounts.values())

    # -- after the close --------------------------------------------------------

    def _play_late(self):
        """A bill, time, a correction and a return that are about the closed month."""
        self._bill_order(self.receipts[-4], self.draw.choice((0.97, 1.0, 1.06)))
        order = self.finished_orders[-2]
        self._record(order, 0.75, 20.0, day=fields.Date.subtract(self.today(), days=8))
        moves = order.move_raw_ids.filtered(lambda move: move.product_id == self.m)
        self._correct(moves, moves.quantity + self.draw.choice((-1, 1)))
        self._return_goods(self.receipts[-4])

    def _return_goods(self, order):
        """To the vendor, who credits them."""
        self._return(order.picking_ids[0], 5)
        order.action_create_invoice()
        note = order.invoice_ids.filtered(lambda move: move.state == "draft")
        note.invoice_date = self.today()
        note.action_post()
        self.assertEqual(note.move_type, "in_refund")
        self.spent -= note.amount_untaxed

    def today(self):
        return fields.Date.today()

    # -- the close --------------------------------------------------------------

    def _close_month(self, month):
        policies = ("cost_of_sales", "prorate")
        self.company.backflush_variance_policy = policies[month % 2]
        close = self._close(self._get_day(month, 1))
        self.closes |= close
        if month in ADJUSTED:
            close.action_adjust()
        self.assertMonthClosed(close)
        if month == CHANGED:
            self._change_standards()

    def assertMonthClosed(self, close):
        """I5, I6, ledger = stock, and a next period that starts clean."""
        unexplained = [round(x, 2) for x in close.line_ids.mapped("remainder")]
        self.assertFalse(any(unexplained), close.name)
        broken = close.account_proof_ids.filtered(lambda x: x.state == "broken")
        self.assertEqual(broken.mapped("description"), [], close.name)
        self.assertVariancesGone(close)
        self.assertLedgerIsStock()
        if self.is_perpetual:
            self.assertOnlyDocumentsMissing()
        after = close._get_next_day()
        for name in ("capitalised", *BRIDGED.values()):
            amount = self._get_total(self.accounts[name].ids, after)
            self.assertEqual(amount, 0, f"{name} after {close.name}")

    def assertOnlyDocumentsMissing(self):
        """Odoo's own closing finds what is not billed or invoiced, and nothing else."""
        vals = self.company._get_stock_valuation_account_vals(
            self.company._get_accounts_by_product()
        )
        variation = self.materials_account.account_stock_variation_id
        found = {}
        for item in vals:
            if item["account_id"] != variation.id:
                amount = item["debit"] - item["credit"]
                found[item["account_id"]] = round(amount, 2)
        expected = {}
        for category in (self.materials, self.finished):
            account = category.property_stock_valuation_account_id
            amount = round(self._get_undocumented(category), 2)
            if amount and category.property_valuation == "real_time":
                expected[account.id] = amount
        self.assertEqual(found, expected)

    # -- the year ---------------------------------------------------------------

    def test_year_is_explained(self):
        for month in range(1, MONTHS + 1):
            self._play(month)
        with self._at(self._get_day(MONTHS + 1, 5)):
            self._close_month(MONTHS)
            self.env.flush_all()
            self._check_expense()
            self._check_timing()
        self.assertEqual(len(self.closes), MONTHS)

    def _check_expense(self):
        """Expense = all that was spent, less what the books have on hand."""
        names = {"materials", "finished"} if self.is_perpetual else {"finished"}
        stock = sum(
            self._get_total(self.accounts[name].ids, self.today()) for name in names
        )
        expense = self._get_expense(self.today())
        self.assertAlmostEqual(expense, self.spent - stock, 2)

    @property
    def is_perpetual(self):
        return self.materials_valuation == "real_time"

    def _check_timing(self):
        """Over the year: time of the open order, and what is in stock unapplied."""
        found, expected = {}, {}
        for line in self.closes.line_ids:
            name = line.element_id.type
            found[name] = round(found.get(name, 0) + line.timing, 2)
        last = self.closes.sorted("date_from")[-1]
        for line in last.progress_ids:
            name = line.element_id.type
            expected[name] = expected.get(name, 0) + line.amount
        if self.trigger == "delivery":
            card = self.env["backflush.standard"]._get_active_cards(
                self.p, self.company
            )[self.p]
            for line in card.line_ids.filtered(lambda x: x.line_type == "operation"):
                name = line.element_id.type
                amount = line.amount * self._get_valued_quantity(self.p)
                expected[name] = expected.get(name, 0) + amount
        for name in {*found, *expected}:
            self.assertAlmostEqual(found[name], expected.get(name, 0), 2, name)


@tagged("post_install", "-at_install", "backflush_long")
class TestCloseYear1(CloseYear, Variant1, BackflushCommon):
    pass


@tagged("post_install", "-at_install", "backflush_long")
class TestCloseYear2(CloseYear, Variant2, BackflushCommon):
    pass


@tagged("post_install", "-at_install", "backflush_long")
class TestCloseYear4(CloseYear, Variant4, BackflushCommon):
    seed = 64
