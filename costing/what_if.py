"""What a company makes, and at which prices, with some of it changed.

Plain Python: no Odoo import. A change gives a new `Structure`; the one it starts from
stays as it is. Rolling up both and comparing them shows what the change does.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

from .structure import HUNDRED, ONE, ZERO, Bill, Component, Rate, Structure


class Adjustment(NamedTuple):
    """A new value, or by how many percent the old one changes.

    >>> Adjustment(Decimal(10), is_percent=True).apply(Decimal(5))
    Decimal('5.5')
    """

    amount: Decimal
    is_percent: bool

    def apply(self, value: Decimal) -> Decimal:
        if self.is_percent:
            return value * (ONE + self.amount / HUNDRED)
        return self.amount


@dataclass(frozen=True, slots=True)
class PriceChange:
    """Prices of products. A percentage leaves those alone that have no price.

    The price of a product that a subcontractor makes is the fee.
    """

    products: Collection[int]
    adjustment: Adjustment

    def apply(self, structure: Structure) -> Structure:
        prices = dict(structure.prices)
        for product in self.products:
            if product in prices or not self.adjustment.is_percent:
                prices[product] = self.adjustment.apply(prices.get(product, ZERO))
        return replace(structure, prices=prices)


@dataclass(frozen=True, slots=True)
class RateChange:
    """Rates of one work center or all, in one cost element or all of them."""

    workcenter: int | None
    element: int | None
    adjustment: Adjustment

    def apply(self, structure: Structure) -> Structure:
        rates = {
            workcenter: tuple(
                self._adjust(rate) if self.concerns(workcenter, rate.element) else rate
                for rate in known
            )
            for workcenter, known in structure.rates.items()
        }
        return replace(structure, rates=rates)

    def concerns(self, workcenter: int, element: int) -> bool:
        return self.workcenter in (None, workcenter) and self.element in (None, element)

    def _adjust(self, rate: Rate) -> Rate:
        return rate._replace(amount=self.adjustment.apply(rate.amount))


@dataclass(frozen=True, slots=True)
class QuantityChange:
    """Quantity of a component, in its own unit per unit of the product.

    ``products`` are those whose bills or kits change; None means all. Where a bill has
    the component on several lines, a value is spread over them as it was.
    """

    component: int
    products: Collection[int] | None
    adjustment: Adjustment

    def apply(self, structure: Structure) -> Structure:
        return replace(
            structure,
            bills=self._adjust_all(structure.bills),
            kits=self._adjust_all(structure.kits),
        )

    def _adjust_all(self, bills: Mapping[int, Bill]) -> dict[int, Bill]:
        return {
            product: self._adjust(bill)
            if self.products is None or product in self.products
            else bill
            for product, bill in bills.items()
        }

    def _adjust(self, bill: Bill) -> Bill:
        lines = [x for x in bill.components if x.product == self.component]
        if not lines:
            return bill
        old = sum((line.quantity for line in lines), ZERO)
        new = self.adjustment.apply(old / bill.quantity) * bill.quantity
        # without a quantity so far, all of it goes to the first line
        first = lines[0]

        def adjust(line: Component) -> Component:
            if line.product != self.component:
                return line
            if old:
                return line._replace(quantity=line.quantity * new / old)
            return line._replace(quantity=new if line is first else ZERO)

        return replace(bill, components=tuple(map(adjust, bill.components)))
