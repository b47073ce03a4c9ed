"""People who record time, and work centers that do, for tests through real orders."""

from odoo import Command, fields


class RecordedTime:
    """Part of cases that inherit `BackflushCommon`: employees and their timesheets."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_project()

    @classmethod
    def _create_project(cls):
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

    def _spend(self, day=None, **amounts):
        """An entry of what conversion really cost, by type of cost element."""
        lines = [
            Command.create(
                {"account_id": self.accounts[f"{name}_control"].id, "balance": amount}
            )
            for name, amount in amounts.items()
        ]
        payable = self.env["account.account"].search(
            [
                ("account_type", "=", "liability_current"),
                ("company_ids", "in", self.company.ids),
            ],
            limit=1,
        )
        total = sum(amounts.values())
        lines.append(Command.create({"account_id": payable.id, "balance": -total}))
        entry = self.env["account.move"].create(
            {"date": day or fields.Date.today(), "line_ids": lines}
        )
        entry.action_post()
        return entry

    def _compute_close(self):
        """The close of this month, computed."""
        today = fields.Date.today()
        close = self.env["backflush.close"].create(
            {
                "company_id": self.company.id,
                "date_from": fields.Date.start_of(today, "month"),
                "date_to": fields.Date.end_of(today, "month"),
            }
        )
        close.action_compute()
        return close

    def _get_period_rows(self, close):
        """{(element's type, kind): amount} of what belongs to the period alone."""
        result = {}
        for row in close.variance_ids:
            key = (row.element_id.type, row.kind)
            result[key] = round(result.get(key, 0) + row.amount, 2)
        return result

    def _get_time_rows(self, order):
        """{(element's type, kind): amount} of what follows from time."""
        rows = order.backflush_variance_ids.filtered(lambda row: not row.posting_id)
        result = {}
        for row in rows:
            key = (row.element_id.type, row.kind)
            result[key] = round(result.get(key, 0) + row.amount, 2)
        return result
