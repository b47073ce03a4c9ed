"""Buying: orders, receipts, bills, returns and credit notes."""

from dataclasses import dataclass, field
from typing import Any

from odoo import Command, fields

from .step import name_document, step


@dataclass
class Purchase:
    """A purchase order of one product; quantities in the product's unit."""

    order: Any
    product: str
    ordered: int
    received: int = 0
    billed: int = 0
    returned: int = 0
    credited: int = 0
    is_price_credited: bool = False
    transfers: list = field(default_factory=list)  # [receipt, what it still has]


class ShopPurchase:
    @step
    def buy(self, product, quantity, receive=None, bill=None):
        """Order, receive (all, unless told) and bill at a price what was received."""
        name = self._order(product, quantity)
        received = quantity if receive is None else receive
        if received:
            self._receive(name, received)
        if bill is not None:
            self._bill(name, received or quantity, bill)
        return name

    @step
    def receive(self, name, quantity):
        self._receive(name, quantity)

    @step
    def bill(self, name, quantity, price, foreign=False):
        """`foreign`: the vendor's currency, which has another rate than at the order"""
        self._bill(name, quantity, price, foreign)

    @step
    def return_to_vendor(self, name, quantity, receipt=1):
        """Send back some of what the first (second …) receipt has brought."""
        purchase = self.purchases[name]
        self._send_back(purchase.transfers[receipt - 1], quantity)
        purchase.returned += quantity

    @step
    def credit_from_vendor(self, name, quantity, price):
        """A credit note for goods that were returned."""
        self._credit_from_vendor(name, quantity, price)

    @step
    def price_credit_from_vendor(self, name, quantity, price):
        """A credit note for the price alone: nothing goes back."""
        self._create_bill(name, quantity, price, "in_refund").action_post()
        self.purchases[name].is_price_credited = True

    @step
    def bill_again(self, name, price):
        """Reset the last bill to draft, change its price and post it again."""
        bill = self._get_last(self.purchases[name].order, "in_invoice")
        bill.button_draft()
        self.watcher.watch()
        bill.invoice_line_ids.filtered("product_id").price_unit = price
        bill.action_post()

    @step
    def bill_anew(self, name, price):
        """Reverse the last bill, and post the new one that Odoo makes of it."""
        bill = self._get_last(self.purchases[name].order, "in_invoice")
        self._post_anew(bill).invoice_line_ids.price_unit = price
        self._get_last(self.purchases[name].order, "in_invoice").action_post()

    @step
    def correct_receipt(self, name, change):
        """Correct the quantity of the last receipt, which is done."""
        purchase = self.purchases[name]
        self._correct_transfer(purchase.transfers[-1], change)
        purchase.received += change
        purchase.ordered += max(purchase.received - purchase.ordered, 0)

    @step
    def lend(self, product, quantity):
        """Somebody brings goods that stay his."""
        self.env["stock.quant"]._update_available_quantity(
            self.products[product],
            self.case.warehouse.lot_stock_id,
            quantity,
            owner_id=self.case.vendor,
        )
        self.lent.add(product)

    # -- how --------------------------------------------------------------------

    def _credit_from_vendor(self, name, quantity, price=None):
        price = self.prices[self.purchases[name].product] if price is None else price
        self._create_bill(name, quantity, price, "in_refund").action_post()
        self.purchases[name].credited += quantity

    def _order(self, product, quantity):
        name = name_document("po", self.purchases)
        order = self.case._order(self.products[product], quantity, self.prices[product])
        self.purchases[name] = Purchase(order, product, quantity)
        return name

    def _receive(self, name, quantity):
        purchase = self.purchases[name]
        picking = purchase.order.picking_ids.filtered(
            lambda p: (
                p.state not in ("done", "cancel") and p.picking_type_code == "incoming"
            )
        )
        self._move(picking, quantity)
        purchase.transfers.append([picking, quantity])
        purchase.received += quantity

    def _bill(self, name, quantity, price, foreign=False):
        bill = self._create_bill(name, quantity, price, "in_invoice")
        if foreign:
            bill.currency_id = self.case.foreign
        bill.action_post()
        self.purchases[name].billed += quantity

    # -- documents, of sales too ------------------------------------------------

    def _get_last(self, order, move_type):
        documents = order.invoice_ids.filtered(
            lambda move: (
                move.move_type == move_type and move.id not in self.watcher.undone
            )
        )
        return documents.sorted("id")[-1]

    def _post_anew(self, document):
        """Reverse a document; returns the new draft that is to stand for it."""
        new = self.case._reverse(document, modify=True, post=False)
        self.watcher.undone += [document.id, *document.reversal_move_ids.ids]
        self.watcher.watch()
        return new

    def _create_bill(self, name, quantity, price, move_type):
        line = self.purchases[name].order.order_line
        return self.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": self.case.vendor.id,
                "invoice_date": fields.Date.today(),
                "company_id": self.case.company.id,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": line.product_id.id,
                            "purchase_line_id": line.id,
                            "quantity": quantity,
                            "price_unit": price,
                            "tax_ids": False,
                        }
                    )
                ],
            }
        )

    # -- transfers, for sales too -----------------------------------------------

    def _move(self, picking, quantity):
        """Validate a transfer of one product with `quantity`; the rest waits."""
        for move in picking.move_ids:
            move.quantity = quantity
            move.picked = True
        result = picking.button_validate()
        if isinstance(result, dict) and result.get("res_model"):
            context = result.get("context", {})
            self.env[result["res_model"]].with_context(**context).create({}).process()
        self.case.assertEqual(picking.state, "done", result)

    def _correct_transfer(self, transfer, change, factor=1):
        moves = transfer[0].move_ids
        transfer[1] += change
        self.case._correct(moves, moves.quantity + change * factor)

    def _send_back(self, transfer, quantity, factor=1):
        picking = transfer[0]
        transfer[1] -= quantity
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_id=picking.id, active_model="stock.picking")
            .create({})
        )
        wizard.product_return_moves.quantity = quantity * factor
        self._move(wizard._create_return(), quantity * factor)
