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
    def bill(self, name, quantity, price):
        self._bill(name, quantity, price)

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
        bill = self.purchases[name].order.invoice_ids.filtered(
            lambda move: move.move_type == "in_invoice"
        )
        bill = bill.sorted("id")[-1]
        bill.button_draft()
        self.watcher.watch()
        bill.invoice_line_ids.filtered("product_id").price_unit = price
        bill.action_post()

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

    def _bill(self, name, quantity, price):
        self._create_bill(name, quantity, price, "in_invoice").action_post()
        self.purchases[name].billed += quantity

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
