"""Rule 12: accounts follow the fiscal position of the bill, invoice or sale."""

from odoo import Command
from odoo.tests import tagged

from .common import BackflushCommon
from .variants import Variant2, Variant3


class PositionCase(BackflushCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)
        cls.mapped = {
            name: cls._create_account(f"{name} abroad", account_type)
            for name, account_type in (
                ("materials", "asset_current"),
                ("ppv", "expense_direct_cost"),
                ("cost_of_sales", "expense_direct_cost"),
                ("finished", "asset_current"),
            )
        }
        for name, account in cls.mapped.items():
            cls.accounts[f"{name}_abroad"] = account
            cls.account_names[account] = f"{name}_abroad"

    def _create_position(self, *names):
        return self.env["account.fiscal.position"].create(
            {
                "name": "Abroad",
                "company_id": self.company.id,
                "account_ids": [
                    Command.create(
                        {
                            "account_src_id": self.accounts[name].id,
                            "account_dest_id": self.mapped[name].id,
                        }
                    )
                    for name in names
                ],
            }
        )

    def _buy_abroad(self, position, billed=5.2):
        order = self._order(self.m, 100, 5.2, fiscal_position_id=position.id)
        self._receive(order)
        return self._bill(order, billed)

    def _sell_abroad(self, position, quantity=4):
        order = self._sell(self.p, quantity, 40.0)
        order.fiscal_position_id = position
        return order


@tagged("post_install", "-at_install")
class TestPositions(PositionCase):
    def test_price_difference_of_a_bill(self):
        bill = self._buy_abroad(self._create_position("ppv"))
        self.assertEntry(
            bill, {"materials": 500, "ppv_abroad": 20, "liability_payable": -520}
        )
        posting = bill.backflush_posting_ids
        self.assertRows(posting.variance_ids, [("material_price", 20.0)])
        self.assertEqual(posting.variance_ids.account_id, self.mapped["ppv"])
        self.assertClosed()

    def test_stock_account_of_a_bill(self):
        """Goods pass through their own account, which is the one that is relieved."""
        bill = self._buy_abroad(self._create_position("materials", "ppv"))
        self.assertEntry(
            bill, {"materials": 500, "ppv_abroad": 20, "liability_payable": -520}
        )
        self.assertClosed()
        bill.button_draft()
        bill.action_post()
        self.assertBalance("materials", 500)
        self.assertBalance("materials_abroad", 0)
        self.assertClosed()
        standing = bill.backflush_posting_ids.filtered(lambda x: x.state == "posted")
        self.assertRows(standing.variance_ids, [("material_price", 20.0)])

    def test_credit_note(self):
        bill = self._buy_abroad(self._create_position("ppv"))
        action = bill.action_reverse()
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=bill.ids)
            .create({"journal_id": bill.journal_id.id})
        )
        self.assertTrue(action)
        refund = self.env["account.move"].browse(wizard.reverse_moves()["res_id"])
        refund.action_post()
        self.assertEqual(refund.fiscal_position_id, bill.fiscal_position_id)
        # nothing went back: all of it is price
        self.assertEntry(refund, {"ppv_abroad": -520, "liability_payable": 520})

    def test_cost_of_sales_of_an_invoice(self):
        self._produce(self.p, 10)
        position = self._create_position("cost_of_sales")
        order = self._sell_abroad(position)
        self._deliver(order)
        invoice = self._invoice(order)
        self.assertEqual(invoice.fiscal_position_id, position)
        summary = self._summarise(invoice.line_ids)
        self.assertEqual(summary["cost_of_sales_abroad"], 100)
        self.assertEqual(summary["finished"], -100)
        self.assertNotIn("cost_of_sales", summary)

    def test_completion_knows_no_position(self):
        self._create_position("materials", "finished").auto_apply = True
        order = self._produce(self.p, 10)
        self.assertEqual(
            self._summarise(order.backflush_posting_ids.account_move_id.line_ids)[
                "finished"
            ],
            250,
        )


@tagged("post_install", "-at_install")
class TestPositionsPeriodic(Variant3, PositionCase):
    def test_expense_account_of_a_bill(self):
        """The same for an expense account that carries materials."""
        bill = self._buy_abroad(self._create_position("materials"))
        self.assertEntry(bill, {"materials": 500, "ppv": 20, "liability_payable": -520})


@tagged("post_install", "-at_install")
class TestPositionsDelivery(Variant2, PositionCase):
    def test_delivery_return_and_correction(self):
        """Cost of sales where Odoo's own cost lines would be."""
        self._produce(self.p, 10)
        order = self._sell_abroad(self._create_position("cost_of_sales"))
        picking = self._deliver(order)
        posting = picking.backflush_posting_ids
        self.assertEqual(
            self._summarise(posting.account_move_id.line_ids)["cost_of_sales_abroad"],
            100,
        )
        # where it was booked it is corrected, whatever the order says by now
        order.fiscal_position_id = False
        self._correct(picking.move_ids, 3)
        self.assertBalance("cost_of_sales_abroad", 75)
        self.assertBalance("cost_of_sales", 0)
