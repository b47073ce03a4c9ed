"""What things cost, worked out here once more: the addon's own roll-up is not asked.

Names of products are those of `case.py`; amounts are fractions, so nothing is rounded.
"""

from collections import defaultdict
from fractions import Fraction
from typing import NamedTuple

MATERIALS = ("M", "S", "K")
MADE = ("P", "Q", "X", "B")
ELEMENTS = ("labour", "variable_overhead", "fixed_overhead")
#: Units of P in one kit, which is sold but never made.
KIT = {"P": 2}
ZERO = Fraction(0)


class Recipe(NamedTuple):
    """What one unit takes; ``byproduct`` is (name, share of the cost in percent)."""

    components: dict
    hours: Fraction
    byproduct: tuple | None = None


RECIPES = {
    "P": Recipe({"M": 2}, Fraction(1, 2)),
    "Q": Recipe({"M": 2}, Fraction(1, 2), ("B", 4)),
    "X": Recipe({"P": 1, "K": 3}, ZERO),
}


def exact(value) -> Fraction:
    """A number from Odoo or from a scenario as it was written."""
    return Fraction(str(value))


class Cost(NamedTuple):
    """Standard cost of one unit.

    ``content`` says what of it is which material, all levels down; ``conversion`` is
    what its own operations add.
    """

    amount: Fraction
    content: dict
    conversion: Fraction


class Standards:
    """One costing version: prices per material (and by-product), rates per element."""

    def __init__(self, prices, rates):
        self.prices = {name: exact(price) for name, price in prices.items()}
        self.rates = {name: exact(rate) for name, rate in rates.items()}
        self.costs = {}
        for name in (*MATERIALS, "B", *RECIPES):
            self.costs[name] = self._roll_up(name)

    def _roll_up(self, name):
        if name == "B":
            # it carries what it takes off the material it comes with
            price = self.prices[name]
            return Cost(price, {"M": price}, ZERO)
        if name in MATERIALS:
            price = self.prices[name]
            return Cost(price, {name: price}, ZERO)
        recipe = RECIPES[name]
        conversion = recipe.hours * sum(self.rates.values())
        amount, content = conversion, defaultdict(Fraction)
        for component, quantity in recipe.components.items():
            cost = self.costs[component]
            amount += quantity * cost.amount
            for material, value in cost.content.items():
                content[material] += quantity * value
        if recipe.byproduct:
            credit = amount * recipe.byproduct[1] / 100
            amount -= credit
            content["M"] -= credit
        return Cost(amount, dict(content), conversion)
