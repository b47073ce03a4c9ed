"""Selling: deliveries, invoices, returns and credit notes."""

from dataclasses import dataclass, field
from typing import Any

from odoo import Command, fields

from .step import name_document, step


@dataclass
class Sale:
    """A sales order of one product; quantities in units (or kits)."""

    order: Any
    product: str
    ordered: int
    delivered: int = 0
    invoiced: int = 0
    returned: int = 0
    credited: int = 0
    is_price_credited: bool = False
    transfers: list = field(default_factory=list)  # [delivery, what it still has]

    @property
    def factor(self):
        """Units delivered per unit sold."""
        return 2 if self.product == "KIT" else 1


class ShopSale:
    @step
    def sell(self, product, quantity, deliver=None, invoice=False):
        """Sell and deliver (all, unless told); invoice what was delivered."""
        name = name_document("so", self.sales)
        order = self.case._sell(self.products[product], quantity, 40.0)
        self.sales[name] = Sale(order, product, quantity)
        delivered = quantity if deliver is None else deliver
        if delivered:
            self._deliver(name, delivered)
        if invoice:
            self._invoice(name, delivered or quantity)
        return name

    @step
    def deliver_in_two_steps(self):
        """From now on goods are picked before they go out."""
        self.case.warehouse.delivery_steps = "pick_ship"

    @step
    def deliver(self, name, quantity):
        self._deliver(name, quantity)

    @step
    def invoice(self, name, quantity):
        self._invoice(name, quantity)

    @step
    def return_from_customer(self, name, quantity, delivery=1):
        """Take back some of what the first (second …) delivery has brought."""
        sale = self.sales[name]
        self._send_back(sale.transfers[delivery - 1], quantity, sale.factor)
        sale.returned += quantity

    @step
    def credit_to_customer(self, name, quantity):
        """A credit note for goods that came back."""
        self._credit_to_customer(name, quantity)

    @step
    def price_credit_to_customer(self, name, quantity, price):
        """A credit note for the price alone: nothing comes back."""
        self._create_invoice(name, quantity, price, "out_refund").action_post()
        self.sales[name].is_price_credited = True

    @step
    def invoice_anew(self, name):
        """Reverse the last invoice, and post the new one that Odoo makes of it."""
        invoice = self._get_last(self.sales[name].order, "out_invoice")
        self._post_anew(invoice).action_post()

    @step
    def correct_delivery(self, name, change):
        """Correct the quantity of the last delivery, which is done."""
        sale = self.sales[name]
        self._correct_transfer(sale.transfers[-1], change, sale.factor)
        sale.delivered += change
        sale.ordered += max(sale.delivered - sale.ordered, 0)

    # -- how --------------------------------------------------------------------

    def _credit_to_customer(self, name, quantity):
        self._create_invoice(name, quantity, 40.0, "out_refund").action_post()
        self.sales[name].credited += quantity

    def _deliver(self, name, quantity):
        sale = self.sales[name]
        if inside := self._find_open(sale, "internal"):
            self._move(inside, quantity * sale.factor)
        picking = self._find_open(sale, "outgoing")
        self._move(picking, quantity * sale.factor)
        sale.transfers.append([picking, quantity])
        sale.delivered += quantity

    @staticmethod
    def _find_open(sale, code):
        return sale.order.picking_ids.filtered(
            lambda p: p.state not in ("done", "cancel") and p.picking_type_code == code
        )

    def _invoice(self, name, quantity):
        self._create_invoice(name, quantity, 40.0, "out_invoice").action_post()
        self.sales[name].invoiced += quantity

    def _create_invoice(self, name, quantity, price, move_type):
        line = self.sales[name].order.order_line
        return self.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": self.case.customer.id,
                "invoice_date": fields.Date.today(),
                "company_id": self.case.company.id,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": line.product_id.id,
                            "sale_line_ids": [Command.link(line.id)],
                            "quantity": quantity,
                            "price_unit": price,
                            "tax_ids": False,
                        }
                    )
                ],
            }
        )
