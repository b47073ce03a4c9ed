"""Where a period's variances go: cost of sales, or goods by what they hold at standard.

Plain Python: no Odoo import. Amounts are Decimal in company currency, positive =
unfavourable. Proration by element with the usage variance as a base of the price
variance: Blocher, Cost Management (Butrico). An unfavourable volume variance is an
expense of the period and never part of stock: IAS 2.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from .rounding import round_half_up

ZERO = Decimal(0)
HUNDRED = Decimal(100)

#: Kinds of materials that are prorated: prices first, quantities with their share.
MATERIAL_PRICES = ("material_price", "material_issue_price")
MATERIAL_QUANTITIES = (
    "material_usage",
    "material_substitution",
    "material_mix",
    "material_yield",
    "material_scrap",
    "output_quantity",
)
#: Rows of materials that are a base of the price, and are themselves expensed.
MATERIAL_LOSSES = ("material_count", "output_scrap", "output_count")
#: Kinds of conversion cost that are prorated.
CONVERSION_PRICES = (
    "labour_rate",
    "overhead_spending",
    "overhead_budget",
    "subcontract_price",
)
CONVERSION_QUANTITIES = ("labour_efficiency", "overhead_efficiency", "lot_size")
#: Prorated only where it is favourable.
VOLUME = "overhead_volume"
#: Kinds that stay where they stand, or went to cost of sales with the close itself.
KEPT = ("revaluation", "standard_change", "timing")

#: Places that hold goods at standard. What falls on the first three is capitalised.
MATERIALS, PROGRESS, FINISHED = "materials", "work_in_process", "finished_goods"
SALES, QUANTITIES, LOSSES = "cost_of_sales", "quantity_variances", "losses"
CAPITALISED = (MATERIALS, PROGRESS, FINISHED)
#: What is prorated together, of one element.
PRICE, QUANTITY = "price", "quantity"


class Standing(NamedTuple):
    """What stands on a variance account: Σ of the rows of one kind and element."""

    element: int
    kind: str
    account: int
    amount: Decimal


#: Rows by element and by what is prorated together.
Pools = dict[tuple[int, str], list[Standing]]


@dataclass(frozen=True)
class Bases:
    """What each place holds at standard, of one cost element."""

    materials: Decimal = ZERO
    finished_goods: Decimal = ZERO
    cost_of_sales: Decimal = ZERO
    work_in_process: Decimal = ZERO


class Part(NamedTuple):
    """A share of a variance: of which account, to which place.

    ``group`` is `PRICE` or `QUANTITY` where it was prorated, else empty.
    """

    element: int
    account: int
    place: str
    amount: Decimal
    group: str = ""


def spread(
    amount: Decimal, bases: Mapping[str, Decimal], unit: Decimal
) -> dict[str, Decimal]:
    """`amount` in proportion to `bases`; the largest takes the remaining units.

    Where the bases add up to nothing, or favourable rows among them outweigh all that
    is there, all of it is cost of sales.

    >>> spread(Decimal(2), {"finished_goods": Decimal(30)}, Decimal("0.01"))
    {'finished_goods': Decimal('2.00')}
    """
    total = sum(bases.values(), ZERO)
    if total <= 0:
        return {SALES: amount}
    parts = {
        place: round_half_up(amount * base / total, unit)
        for place, base in bases.items()
    }
    largest = max(bases, key=lambda place: abs(bases[place]))
    parts[largest] += amount - sum(parts.values(), ZERO)
    return parts


def prorate(
    standing: Iterable[Standing],
    bases: Mapping[int, Bases],
    material: int,
    unit: Decimal,
) -> list[Part]:
    """Every variance to the places that hold its element at standard.

    Parts of one account add up to what stands on it, to the unit.
    """
    rows = [row for row in standing if row.kind not in KEPT]
    pools, expensed = _get_pools(rows)
    parts = _prorate_material(pools, bases.get(material, Bases()), material, rows, unit)
    for (element, group), pool in pools.items():
        if element != material:
            base = bases.get(element, Bases())
            places = {
                FINISHED: base.finished_goods,
                SALES: base.cost_of_sales,
                PROGRESS: base.work_in_process,
            }
            shares = spread(_total(pool), places, unit)
            parts += _by_account(element, group, pool, shares, unit)
    return [part for part in parts if part.amount] + expense(expensed)


def expense(standing: Iterable[Standing]) -> list[Part]:
    """All of it to cost of sales, by element and account."""
    totals: dict[tuple[int, int], Decimal] = {}
    for row in standing:
        if row.kind not in KEPT:
            key = (row.element, row.account)
            totals[key] = totals.get(key, ZERO) + row.amount
    return [Part(*key, SALES, amount) for key, amount in totals.items() if amount]


def is_material(
    standing: Iterable[Standing], bases: Mapping[int, Bases], percent: Decimal
) -> bool:
    """Whether the variances that can be prorated come to so much of the inventory.

    Absolute amounts of what is prorated together, of what goods hold at standard.
    """
    pools, _expensed = _get_pools([row for row in standing if row.kind not in KEPT])
    total = sum((abs(_total(pool)) for pool in pools.values()), ZERO)
    held = sum(
        (x.materials + x.finished_goods + x.work_in_process for x in bases.values()),
        ZERO,
    )
    return total * HUNDRED >= held * percent


def returned(part: Part, material: int) -> Standing:
    """What was capitalised comes back as a variance of the kind that it was."""
    is_price = part.group == PRICE
    kinds: tuple[str, ...]
    if part.element == material:
        kinds = MATERIAL_PRICES if is_price else MATERIAL_QUANTITIES
    else:
        kinds = CONVERSION_PRICES if is_price else CONVERSION_QUANTITIES
    return Standing(part.element, kinds[0], part.account, part.amount)


def _get_pools(rows: Iterable[Standing]) -> tuple[Pools, list[Standing]]:
    """{(element, price or quantity): rows to prorate}, and those that never are."""
    pools: Pools = {}
    expensed = []
    for row in rows:
        if row.kind in MATERIAL_PRICES + CONVERSION_PRICES:
            group = PRICE
        elif row.kind in MATERIAL_QUANTITIES + CONVERSION_QUANTITIES or (
            row.kind == VOLUME and row.amount < 0
        ):
            group = QUANTITY
        else:
            expensed.append(row)
            continue
        pools.setdefault((row.element, group), []).append(row)
    return pools, expensed


def _total(pool: Iterable[Standing]) -> Decimal:
    return sum((row.amount for row in pool), ZERO)


def _prorate_material(
    pools: Pools, base: Bases, material: int, rows: Sequence[Standing], unit: Decimal
) -> list[Part]:
    """Prices over goods and quantity variances; these, with their share, after them."""
    prices = pools.get((material, PRICE), [])
    quantities = pools.get((material, QUANTITY), [])
    losses = [
        row for row in rows if row.element == material and row.kind in MATERIAL_LOSSES
    ]
    goods = {FINISHED: base.finished_goods, SALES: base.cost_of_sales}
    places = {
        MATERIALS: base.materials,
        **goods,
        # no more can have been saved than is in the goods made; what a count has found
        # was not dearer than what it adds to
        QUANTITIES: max(_total(quantities), -sum(goods.values(), ZERO)),
        LOSSES: max(_total(losses), ZERO),
    }
    shares = spread(_total(prices), places, unit)
    carried = shares.pop(QUANTITIES, ZERO)
    shares[SALES] = shares.get(SALES, ZERO) + shares.pop(LOSSES, ZERO)
    total = _total(quantities)
    later = spread(total + carried, goods, unit)
    # what prices carry over leaves their own account for cost of sales; the quantity
    # variances' account gives its part of both
    shares[SALES] += carried
    later[SALES] = later.get(SALES, ZERO) - carried
    return [
        *_by_account(material, PRICE, prices, shares, unit),
        *_by_account(material, QUANTITY, quantities, later, unit),
    ]


def _by_account(
    element: int,
    group: str,
    pool: Sequence[Standing],
    shares: Mapping[str, Decimal],
    unit: Decimal,
) -> list[Part]:
    """Shares of a pool by the accounts on which it stands, in proportion to them.

    An account gives what stands on it, whatever its part of each place is rounded to.
    """
    by_account: dict[int, Decimal] = {}
    for row in pool:
        by_account[row.account] = by_account.get(row.account, ZERO) + row.amount
    if not by_account:
        # nothing stands there that could be given away
        return []
    left = dict(shares)
    parts = []
    total = sum(by_account.values(), ZERO)
    for number, (account, amount) in enumerate(by_account.items(), start=1):
        if number == len(by_account):
            own = dict(left)
        else:
            own = {
                place: round_half_up(share * amount / total, unit) if total else ZERO
                for place, share in shares.items()
            }
            # to the unit what stands on this account
            own[SALES] = own.get(SALES, ZERO) + amount - sum(own.values(), ZERO)
            left = {
                place: left.get(place, ZERO) - own.get(place, ZERO)
                for place in {**left, **own}
            }
        parts += [Part(element, account, place, x, group) for place, x in own.items()]
    return parts
