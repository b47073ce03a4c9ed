"""Standards: new versions, and prices changed by hand."""

from odoo import Command, fields

from .standards import Standards, exact
from .step import step


class ShopStandards:
    @step
    def new_standards(self, **changes):
        """Activate a new costing version: prices by product, rates by element."""
        for name, value in changes.items():
            (self.rates if name in self.rates else self.prices)[name] = value
        self._activate()

    @step
    def set_price(self, product, price):
        """Change a standard price by hand."""
        self.products[product].standard_price = price
        self.model.prices[product] = exact(price)

    def _activate(self):
        self.versions += 1
        self.model.set_standards(Standards(self.prices, self.rates))
        version = self.env["backflush.version"].create(
            {
                "name": f"v{self.versions}",
                "company_id": self.case.company.id,
                "date_from": fields.Date.add(
                    fields.Date.to_date("2020-01-01"), days=self.versions
                ),
                "price_ids": [
                    Command.create(
                        {"product_id": self.products[name].id, "price": price}
                    )
                    for name, price in self.prices.items()
                ],
                "rate_ids": [
                    Command.create(
                        {
                            "workcenter_id": self.case.workcenter.id,
                            "element_id": self.case.elements[element].id,
                            "rate": rate,
                        }
                    )
                    for element, rate in self.rates.items()
                ],
            }
        )
        version.action_roll_up()
        version.action_activate()
