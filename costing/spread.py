"""Count differences, spread back over the products that consumed the material.

Plain Python: no Odoo import. Quantities in the material's unit of measure, amounts in
company currency (positive = unfavourable).
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from .rounding import round_half_up
from .variance import ZERO


class Share(NamedTuple):
    """What a product bears of a count difference.

    ``quantity`` is what the product should have used of the material since the last
    count (card × output); ``part`` its part of all such usage.
    """

    product: int
    quantity: Decimal
    part: Decimal
    amount: Decimal


def spread(
    amount: Decimal, usage: Mapping[int, Decimal], unit: Decimal
) -> tuple[Share, ...]:
    """``amount`` over the products in proportion to their standard ``usage``.

    The amounts add up to the whole; the largest users take the ``unit``s that rounding
    leaves, one each. Who used nothing in all (taken apart as much as made) bears
    nothing; none at all: nobody used it.
    """
    used = {product: x for product, x in usage.items() if x > 0}
    total = sum(used.values(), ZERO)
    amounts = {
        product: round_half_up(amount * quantity / total, unit)
        for product, quantity in used.items()
    }
    ranked = sorted(used, key=lambda product: (-used[product], product))
    rest = amount - sum(amounts.values(), ZERO)
    step = unit if rest > 0 else -unit
    for product in ranked[: int(abs(rest) / unit)]:
        amounts[product] += step
    return tuple(
        Share(product, used[product], used[product] / total, amounts[product])
        for product in ranked
    )
