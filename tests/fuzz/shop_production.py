"""Making: orders, finished in all the ways there are, and corrected afterwards."""

from dataclasses import dataclass, field
from typing import Any

from odoo import fields

from .step import name_document, step


@dataclass
class Making:
    """A manufacturing order and what has become of it."""

    order: Any
    product: str
    planned: int
    made: int = 0
    unbuilt: int = 0
    used: dict = field(default_factory=dict)
    is_done: bool = False
    is_gone: bool = False  # cancelled, or merged into another


class ShopProduction:
    @step
    def make(self, product, quantity, made=None, used=None, work_orders=False):
        """Plan and finish an order; `used` says what was used instead of the card."""
        name = self._plan(product, quantity)
        self._finish(name, made, used, work_orders=work_orders)
        return name

    @step
    def make_many(self, product, *quantities):
        """Several orders finished in one call."""
        names = [self._plan(product, quantity) for quantity in quantities]
        orders = self.env["mrp.production"].union(
            *(self.makings[name].order for name in names)
        )
        orders.with_context(skip_consumption=True).button_mark_done()
        for name in names:
            self._note_finished(name)

    @step
    def plan(self, product, quantity, reserve=False):
        name = self._plan(product, quantity)
        if reserve:
            self.makings[name].order.action_assign()
        return name

    @step
    def finish(self, name, made=None, used=None, backorder=False):
        """Finish an order that was planned; with a backorder the rest stays planned."""
        self._finish(name, made, used, backorder)

    @step
    def cancel(self, name):
        """Give up an order that was planned."""
        self.makings[name].order.action_cancel()
        self.makings[name].is_gone = True

    @step
    def split(self, name, size):
        """Split a planned order into several of at most `size`."""
        making = self.makings[name]
        wizard = self.env["mrp.production.split"].create(
            {"production_id": making.order.id, "max_batch_size": size}
        )
        wizard.action_split()
        orders = making.order.production_group_id.production_ids
        for order in orders.filtered(lambda x: x.state == "confirmed"):
            if order == making.order:
                making.planned = order.product_qty
            else:
                self._note_planned(order, making.product)

    @step
    def merge(self, *names):
        """Merge planned orders for the same product into a new one."""
        orders = self.env["mrp.production"].union(
            *(self.makings[name].order for name in names)
        )
        action = orders.action_merge()
        for name in names:
            self.makings[name].is_gone = True
        merged = self.env["mrp.production"].browse(action["res_id"])
        return self._note_planned(merged, self.makings[names[0]].product)

    @step
    def correct(self, name, made=None, used=None, byproduct=None):
        """Unlock a done order and change the quantities that were made or used."""
        making = self.makings[name]
        order = making.order
        if order.is_locked:
            order.action_toggle_is_locked()
        finished = order.move_finished_ids
        if made is not None:
            self._change(finished, making.product, made)
            making.made = made
        if byproduct is not None:
            self._change(finished, "B", byproduct)
        for component, quantity in (used or {}).items():
            self._use(order, component, quantity)
            making.used[component] = quantity

    @step
    def change_date(self, name, days):
        """Say that a done order was finished some days ago."""
        date = fields.Datetime.subtract(fields.Datetime.now(), days=days)
        self.makings[name].order.date_finished = date

    # -- how --------------------------------------------------------------------

    def _plan(self, product, quantity):
        order = self.case._create_production(self.products[product], quantity)
        return self._note_planned(order, product)

    def _finish(self, name, made, used, backorder=False, work_orders=False):
        making = self.makings[name]
        order = making.order
        if work_orders:
            order.workorder_ids.button_start()
            order.workorder_ids.button_finish()
        order.qty_producing = making.planned if made is None else made
        order._set_qty_producing()
        for component, quantity in (used or {}).items():
            self._use(order, component, quantity)
        context = {"skip_consumption": True, "skip_backorder": True}
        if backorder:
            context["mo_ids_to_backorder"] = order.ids
        order.with_context(**context).button_mark_done()
        self._note_finished(name)
        if backorder:
            known = self.env["mrp.production"].union(
                *(other.order for other in self.makings.values())
            )
            rest = order.production_group_id.production_ids.filtered(
                lambda other: other.state not in ("done", "cancel")
            )
            self._note_planned(rest - known, making.product)

    def _note_planned(self, order, product):
        name = name_document("mo", self.makings)
        self.makings[name] = Making(order, product, order.product_qty)
        return name

    def _note_finished(self, name):
        making = self.makings[name]
        self.case.assertEqual(making.order.state, "done")
        making.is_done = True
        making.made = making.order.qty_produced
        making.used = {
            self.case.product_names[move.product_id.id]: move.quantity
            for move in making.order.move_raw_ids
        }

    def _use(self, order, component, quantity):
        product = self.products[component]
        # one that was added with nothing is cancelled, and stays so
        move = order.move_raw_ids.filtered(
            lambda move: move.product_id == product and move.state != "cancel"
        )
        if move:
            self._change(move, component, quantity)
            move.picked = True
            return
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
        if order.state == "done":
            move._action_done()

    def _change(self, moves, product, quantity):
        product = self.products[product]
        moves = moves.filtered(lambda move: move.product_id == product)
        if moves[0].state != "done":
            moves[0].quantity = quantity
            return
        # as on the screen of a done movement, where lines cannot be deleted
        more = quantity - moves[0].quantity
        for line in moves[0].move_line_ids.sorted("id", reverse=True):
            change = max(more, -line.quantity)
            line.quantity += change
            more -= change
        if more:
            moves[0].quantity = quantity
