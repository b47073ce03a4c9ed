"""The documents of the demonstration, made through the buttons that people press."""

from odoo import Command, fields


class Documents:
    """Purchases, orders, deliveries and invoices of one factory.

    Dates are those of the clock: the caller has set it to the day of the document.
    Products and partners go by the short names of the catalogue.
    """

    def __init__(self, factory):
        self.factory = factory
        self.env = factory.env
        self.products = factory.products
        self.partners = factory.partners
        self._products = {product: name for name, product in factory.products.items()}

    # -- purchase ---------------------------------------------------------------

    def order(self, vendor, lines):
        """Confirm a purchase order; `lines`: product → (quantity, price)."""
        order = self.env["purchase.order"].create(
            {
                "partner_id": self.partners[vendor].id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.products[name].id,
                            "product_qty": quantity,
                            "price_unit": price,
                        }
                    )
                    for name, (quantity, price) in lines.items()
                ],
            }
        )
        order.button_confirm()
        return order

    def receive(self, *orders):
        for order in orders:
            self._validate(order.picking_ids)

    def bill(self, order, prices=None):
        """Post the vendor's bill; `prices`: product → price other than ordered."""
        order.action_create_invoice()
        bill = order.invoice_ids.filtered(lambda move: move.state == "draft")
        bill.invoice_date = fields.Date.today()
        for line in bill.invoice_line_ids:
            name = self._products.get(line.product_id)
            if prices and name in prices:
                line.price_unit = prices[name]
        bill.action_post()
        return bill

    def bill_cost(self, vendor, label, account, amount):
        """Post a bill for something that is no product, straight to an account."""
        bill = self.env["account.move"].create(
            {
                "move_type": "in_invoice",
                "partner_id": self.partners[vendor].id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": label,
                            "account_id": account.id,
                            "price_unit": amount,
                            "tax_ids": False,
                        }
                    )
                ],
            }
        )
        bill.action_post()
        return bill

    def pay_wages(self, account, amount):
        """The month's payroll, as a journal entry."""
        entry = self.env["account.move"].create(
            {
                "ref": "Wages of the month",
                "line_ids": [
                    Command.create({"account_id": account.id, "debit": amount}),
                    Command.create(
                        {
                            "account_id": self.factory.accounts["salaries"].id,
                            "credit": amount,
                        }
                    ),
                ],
            }
        )
        entry.action_post()
        return entry

    # -- production -------------------------------------------------------------

    def plan(self, name, quantity):
        """Confirm a manufacturing order and reserve its materials."""
        order = self.env["mrp.production"].create(
            {"product_id": self.products[name].id, "product_qty": quantity}
        )
        order.action_confirm()
        order.action_assign()
        return order

    def finish(self, order, minutes, made=None, used=None):
        """Finish an order; what is left of a smaller quantity becomes a backorder.

        :param minutes: recorded on the work orders, in their sequence
        :param used: product → quantity, where other than on the order
        """
        made = made or order.product_qty
        order.qty_producing = made
        order.set_qty_producing()
        for name, quantity in (used or {}).items():
            self._use(order, self.products[name], quantity)
        for workorder, duration in zip(order.workorder_ids, minutes, strict=True):
            workorder.duration = duration
        context = {"skip_consumption": True}
        if made < order.product_qty:
            context["mo_ids_to_backorder"] = order.ids
            context["skip_backorder"] = True
        order.with_context(**context).button_mark_done()
        self._check_done(order)
        return order.production_group_id.production_ids - order

    def _use(self, order, product, quantity):
        move = order.move_raw_ids.filtered(lambda move: move.product_id == product)
        if not move:
            move = self.env["stock.move"].create(
                {
                    "product_id": product.id,
                    "raw_material_production_id": order.id,
                    "product_uom_qty": quantity,
                    "product_uom": product.uom_id.id,
                }
            )
            move._action_confirm()
        move.quantity = quantity
        move.picked = True

    # -- sale -------------------------------------------------------------------

    def sell(self, customer, lines):
        """Confirm a sales order at list prices; `lines`: product → quantity."""
        order = self.env["sale.order"].create(
            {
                "partner_id": self.partners[customer].id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.products[name].id,
                            "product_uom_qty": quantity,
                        }
                    )
                    for name, quantity in lines.items()
                ],
            }
        )
        order.action_confirm()
        return order

    def deliver(self, order, quantities=None):
        """Send all, or `quantities`: product → quantity; the rest stays open."""
        self._validate(order.picking_ids, quantities)

    def invoice(self, order):
        """Invoice what has been delivered."""
        invoice = order._create_invoices()
        invoice.invoice_date = fields.Date.today()
        invoice.action_post()
        return invoice

    # -- transfers --------------------------------------------------------------

    def _validate(self, pickings, quantities=None):
        picking = pickings.filtered(lambda p: p.state not in ("done", "cancel"))
        picking.action_assign()
        for move in picking.move_ids:
            name = self._products[move.product_id]
            move.quantity = (quantities or {}).get(name, move.product_uom_qty)
            move.picked = True
        # the dialog that would ask for a backorder: yes
        picking.with_context(skip_backorder=True).button_validate()
        self._check_done(picking)

    def _check_done(self, document):
        if document.state != "done":
            raise RuntimeError(f"{document.display_name} could not be finished.")
