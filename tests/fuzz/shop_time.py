"""Time: people's and work orders', on open and finished orders, changed later."""

from odoo import fields

from .standards import RECIPES
from .step import name_document, step

#: What an hour of the shop's people costs; that of one of them is not known.
COSTS = (20, 22.5, 0)


class ShopTime:
    @step
    def record_time(self, order, hours, cost=20, days=0, at_work_order=False):
        """A timesheet on an order, some days ago."""
        record = self.makings[order].order
        values = {}
        if at_work_order:
            values["workorder_id"] = record.workorder_ids[:1].id
        day = fields.Date.subtract(fields.Date.today(), days=days)
        sheet = self.case._record(record, hours, cost, day, **values)
        name = name_document("ts", self.sheets)
        self.sheets[name] = sheet
        return name

    @step
    def change_time(self, sheet, hours):
        self.sheets[sheet].unit_amount = hours

    @step
    def move_time(self, sheet, order):
        """It was another order that the time was for."""
        self.sheets[sheet].write(
            {"production_id": self.makings[order].order.id, "workorder_id": False}
        )

    @step
    def delete_time(self, sheet):
        self.sheets[sheet].unlink()
        self.sheets[sheet] = None

    @step
    def run_machine(self, order, minutes):
        """Work-order time that somebody has recorded, more than before."""
        workorder = self.makings[order].order.workorder_ids[:1]
        workorder.duration += minutes

    def is_timed(self, name):
        """Whether the product of an order has an operation."""
        return bool(RECIPES[self.makings[name].product].hours)
