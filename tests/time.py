"""People who record time, and work centers that do, for tests through real orders."""

from odoo import fields


class RecordedTime:
    """Part of cases that inherit `BackflushCommon`: employees and their timesheets."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.env["project.project"].create(
            {
                "name": "Order Time",
                "allow_timesheets": True,
                "company_id": cls.company.id,
            }
        )
        cls.company.backflush_project_id = cls.project

    def setUp(self):
        super().setUp()
        self.people = {}

    def _get_employee(self, cost):
        """Somebody whose hour costs that much."""
        if cost not in self.people:
            vals = {"name": f"Employee {cost}", "hourly_cost": cost}
            vals["company_id"] = self.company.id
            self.people[cost] = self.env["hr.employee"].create(vals)
        return self.people[cost]

    def _record(self, order, hours, cost, day=None, **values):
        """A timesheet on an order."""
        vals = {
            "name": "Work",
            "production_id": order.id,
            "employee_id": self._get_employee(cost).id,
            "unit_amount": hours,
            "date": day or fields.Date.today(),
            **values,
        }
        return self.env["account.analytic.line"].create(vals)

    def _get_time_rows(self, order):
        """{(element's type, kind): amount} of what follows from time."""
        rows = order.backflush_variance_ids.filtered(lambda row: not row.posting_id)
        result = {}
        for row in rows:
            key = (row.element_id.type, row.kind)
            result[key] = round(result.get(key, 0) + row.amount, 2)
        return result
