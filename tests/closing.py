"""Closing periods in tests: what is shared by the cases that post one."""

from datetime import datetime, time

from freezegun import freeze_time
from odoo import fields

CONVERSION = (
    "labour",
    "variable_overhead",
    "fixed_overhead",
    "conversion",
    "subcontract",
)
#: Accounts of the adjustment to sequential costing.
ADJUSTED = {
    "wip": "work_in_process",
    "finished": "finished_inventory",
    "materials": "materials_inventory",
    "accrual": "accrued",
}


class Closing:
    """Part of cases that inherit `BackflushCommon`."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.capitalised = cls._create_account("Capitalised", "asset_current")
        cls.company.write(
            {
                # so that entries read as the catalogue has them
                "backflush_cost_of_sales_account_id": cls.cost_of_sales_account.id,
                "backflush_capitalised_variance_account_id": cls.capitalised.id,
            }
        )
        cls.accounts["capitalised"] = cls.capitalised
        cls.account_names[cls.capitalised] = "capitalised"
        for place, name in ADJUSTED.items():
            account = cls.company[f"backflush_gaap_{place}_account_id"]
            cls.accounts[name] = account
            cls.account_names[account] = name
        revaluation = cls.company.backflush_revaluation_account_id
        cls.accounts["revaluation"] = revaluation
        cls.account_names[revaluation] = "revaluation"

    @classmethod
    def _use_one_account(cls):
        """Control and applied are the same account."""
        for name in CONVERSION:
            element = cls.elements[name]
            element.applied_account_id = element.control_account_id
            if element.control_account_id:
                cls.accounts[f"{name}_applied"] = element.control_account_id
                cls.account_names[element.control_account_id] = f"{name}_control"

    def _at(self, day):
        return freeze_time(datetime.combine(day, time(12)))

    def _create_close(self, day=None):
        """The close of the month of a day."""
        day = day or fields.Date.today()
        return self.env["backflush.close"].create(
            {
                "company_id": self.company.id,
                "date_from": fields.Date.start_of(day, "month"),
                "date_to": fields.Date.end_of(day, "month"),
            }
        )

    def _close(self, day=None):
        """A posted close of that month."""
        close = self._create_close(day)
        close.action_compute()
        self.assertIs(close.action_post(), True)
        self.assertEqual(close.state, "posted")
        self.assertCleared(close)
        return close

    def _get_step(self, close, step):
        """{account name: balance} of the items of one step of a close's entries."""
        items = close.account_move_ids.line_ids.filtered(
            lambda item: item.name == f"{step} {close.name}"
        )
        return self._summarise(items)

    def _get_inventory(self, day):
        """What the balance sheet shows of goods at the end of a day."""
        names = ["finished", *list(ADJUSTED.values())[:3]]
        if self.materials_valuation == "real_time":
            names.append("materials")
        return self._get_total([self.accounts[name].id for name in names], day)

    def _get_expense(self, day):
        """Net expense until then, income left out."""
        domain = [("account_type", "=like", "expense%")]
        return self._get_total(self.env["account.account"].search(domain).ids, day)

    def _get_total(self, account_ids, day):
        domain = [
            ("company_id", "=", self.company.id),
            ("account_id", "in", account_ids),
            ("parent_state", "=", "posted"),
            ("date", "<=", day),
        ]
        lines = self.env["account.move.line"]
        return round(lines._read_group(domain, [], ["balance:sum"])[0][0], 2)

    def assertCleared(self, close):
        """Control = applied = 0 of each element, and rows that are final."""
        for element in close.line_ids.element_id:
            for account in element.control_account_id | element.applied_account_id:
                items = self.env["account.move.line"].search(
                    [
                        ("account_id", "=", account.id),
                        ("parent_state", "=", "posted"),
                        ("date", "<=", close.date_to),
                    ]
                )
                self.assertAlmostEqual(sum(items.mapped("balance")), 0, 2, element.name)
        for entry in close.account_move_ids:
            self.assertEqual(entry.state, "posted")
            self.assertAlmostEqual(sum(entry.line_ids.mapped("balance")), 0, 2)
        late = self.env["backflush.variance"].search(
            [
                ("company_id", "=", close.company_id.id),
                ("date", "<=", close.date_to),
                ("state", "!=", "final"),
            ]
        )
        self.assertFalse(late)

    def assertVariancesGone(self, close):
        """I6: nothing stands on the accounts of variances after the disposition."""
        names = [x for x in self.accounts if x == "ppv" or x.endswith("_variance")]
        groups = self.env["account.move.line"]._read_group(
            [
                ("account_id", "in", [self.accounts[name].id for name in names]),
                ("parent_state", "=", "posted"),
                ("date", "<=", close.date_to),
            ],
            ["account_id"],
            ["balance:sum"],
        )
        left = {self.account_names[account]: round(x, 2) for account, x in groups}
        self.assertEqual({name: x for name, x in left.items() if x}, {})

    def _get_balances(self):
        """{account: balance} of the company's posted items."""
        groups = self.env["account.move.line"]._read_group(
            [("company_id", "=", self.company.id), ("parent_state", "=", "posted")],
            ["account_id"],
            ["balance:sum"],
        )
        return {account: round(x, 2) for account, x in groups if round(x, 2)}
