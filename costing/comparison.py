"""Why the standard costs of two sets of cards differ.

Plain Python: no Odoo import. Amounts are Decimal in company currency per unit of the
product.

Each product's change of cost is taken apart by cost element and reason: what a
component or an hour costs (price, rate) at the new quantity, how much of it is needed
(quantity, lot size) at the old price, what is used or made at all (structure). That is
the usual order of variance analysis (Horngren, Cost Accounting: price at actual
quantity, quantity at standard price). A component that is itself made passes its own
reasons on.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from graphlib import TopologicalSorter
from typing import NamedTuple

from .card_parts import (
    Hours,
    Need,
    Step,
    get_gross,
    get_needs,
    get_share,
    get_steps,
    get_unit_hours,
    is_bought,
)
from .structure import OPERATION, ZERO, Card, CardLine

PRICE = "price"
QUANTITY = "quantity"
RATE = "rate"
STRUCTURE = "structure"
LOT_SIZE = "lot_size"

#: What is smaller, compared with all the amounts on a card, comes of binary storage.
NOISE = Decimal("1e-12")
#: Digits that sums of carried amounts keep, and the grid that makes them exact.
PRECISION = 60
GRID = Decimal("1e-25")


class Reason(NamedTuple):
    """Why a cost changes, and in which cost element."""

    element: int
    kind: str


Effects = dict[Reason, Decimal]


@dataclass(frozen=True, slots=True)
class Standards:
    """The standard costs of a version: cards, and prices of what has none.

    ``kit_operations`` are operations that came onto cards with a kit: their time per
    unit does not depend on the lot of the card.
    """

    cards: Mapping[int, Card]
    prices: Mapping[int, Decimal]
    kit_operations: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """How the cost of one unit differs; ``effects`` add up to new − old exactly.

    A cost is None where the version does not know the product; it then counts as 0.
    ``is_made`` tells of the new version, or of the old one where the product is gone.
    """

    product: int
    old: Decimal | None
    new: Decimal | None
    is_made: bool
    effects: Effects

    @property
    def change(self) -> Decimal:
        return (self.new or ZERO) - (self.old or ZERO)


def compare(old: Standards, new: Standards, material: int) -> dict[int, Difference]:
    """Every product that one of the versions knows, changed or not.

    :param material: cost element of what is bought
    """
    with localcontext(prec=PRECISION):
        return _Comparison(_Side(old, material), _Side(new, material)).run()


class _Side:
    """One of the two versions."""

    def __init__(self, standards: Standards, material: int) -> None:
        self.standards = standards
        self.material = material
        self.made = {
            product: card
            for product, card in standards.cards.items()
            if not is_bought(card)
        }

    def cost(self, product: int) -> Decimal | None:
        card = self.standards.cards.get(product)
        return card.amount if card else self.standards.prices.get(product)

    def split(self, product: int, price: Decimal) -> Mapping[int, Decimal]:
        """Cost by element of something that counts at ``price``."""
        card = self.made.get(product)
        return card.split if card else {self.material: price}


class _Comparison:
    def __init__(self, old: _Side, new: _Side) -> None:
        self.old = old
        self.new = new
        self.material = new.material
        self.needs = _get_needs(old), _get_needs(new)
        self.explained: dict[int, Effects] = {}

    def run(self) -> dict[int, Difference]:
        for product in self._order():
            self.explained[product] = self._explain_card(product)
        old, new = self.old.standards, self.new.standards
        products = dict.fromkeys(
            product
            for known in (new.cards, new.prices, old.cards, old.prices)
            for product in known
        )
        return {product: self._explain(product) for product in products}

    def _order(self) -> Iterable[int]:
        """Products made in both versions, components first."""
        both = self.old.made.keys() & self.new.made.keys()
        old, new = self.needs
        below = {
            product: old[product].keys() & new[product].keys() & both
            for product in self.new.made
            if product in both
        }
        return TopologicalSorter(below).static_order()

    def _explain(self, product: int) -> Difference:
        old, new = self.old.cost(product), self.new.cost(product)
        effects = self.explained.get(product)
        if effects is None:
            effects = self._explain_bought(product, old, new)
        side = self.old if new is None else self.new
        return Difference(product, old, new, product in side.made, effects)

    def _explain_bought(
        self, product: int, old: Decimal | None, new: Decimal | None
    ) -> Effects:
        """What is bought in at least one of the versions, or unknown to one of them."""
        before, after = old or ZERO, new or ZERO
        effects: Effects = defaultdict(lambda: ZERO)
        is_made = product in self.old.made or product in self.new.made
        if is_made or old is None or new is None:
            for element, amount in self.new.split(product, after).items():
                effects[Reason(element, STRUCTURE)] += amount
            for element, amount in self.old.split(product, before).items():
                effects[Reason(element, STRUCTURE)] -= amount
        else:
            effects[Reason(self.material, PRICE)] = after - before
        return self._close(effects, after - before, abs(after) + abs(before))

    def _explain_card(self, product: int) -> Effects:
        old, new = self.old.made[product], self.new.made[product]
        effects: Effects = defaultdict(lambda: ZERO)
        self._explain_components(product, effects)
        self._explain_steps(old, new, effects)
        self._explain_credits(old, new, effects)
        scale = sum((abs(line.amount) for line in (*old.lines, *new.lines)), ZERO)
        return self._close(effects, new.amount - old.amount, scale)

    def _close(self, effects: Effects, change: Decimal, scale: Decimal) -> Effects:
        """The effects that count, adding up to ``change``.

        The last digits, lost when cards are stored, go to the largest of them. Cards
        whose lines do not add up to their amount leave a rest of the structure.
        """
        noise = NOISE * scale
        result = {
            reason: amount.quantize(GRID)
            for reason, amount in effects.items()
            if abs(amount) > noise
        }
        rest = change - sum(result.values(), ZERO)
        if abs(rest) > noise:
            reason = Reason(self.material, STRUCTURE)
            result[reason] = result.get(reason, ZERO) + rest
        elif result and rest:
            result[max(result, key=lambda key: abs(result[key]))] += rest
        return {reason: amount for reason, amount in result.items() if amount}

    # -- components -------------------------------------------------------------

    def _explain_components(self, product: int, effects: Effects) -> None:
        old, new = self.needs[0][product], self.needs[1][product]
        for component in new.keys() | old.keys():
            before, after = old.get(component), new.get(component)
            if before and after and component in self.explained:
                self._carry(component, before, after, effects)
            elif before and after and not self._is_made(component):
                _add_price(effects, Reason(self.material, PRICE), before, after)
            else:
                self._replace(component, before, after, effects)

    def _is_made(self, product: int) -> bool:
        return product in self.old.made or product in self.new.made

    def _carry(
        self, component: int, before: Need, after: Need, effects: Effects
    ) -> None:
        """A made component passes its own reasons on; more of it is more quantity.

        Not to a card that was kept when only a selection was rolled up: that goes on
        counting the component at the cost it had.
        """
        if after.price != before.price or not self._has_moved(component):
            for reason, amount in self.explained[component].items():
                effects[reason] += amount * after.quantity
        if more := after.quantity - before.quantity:
            for element, amount in self.old.made[component].split.items():
                effects[Reason(element, QUANTITY)] += amount * more

    def _has_moved(self, product: int) -> bool:
        """Whether the cost of a made product differs; its reasons may cancel out."""
        return self.old.made[product].amount != self.new.made[product].amount

    def _replace(
        self,
        component: int,
        before: Need | None,
        after: Need | None,
        effects: Effects,
    ) -> None:
        """A component that is new, gone, or made instead of bought."""
        for side, need, sign in ((self.old, before, -1), (self.new, after, 1)):
            if need:
                for element, amount in side.split(component, need.price).items():
                    effects[Reason(element, STRUCTURE)] += sign * amount * need.quantity

    # -- operations and fees ----------------------------------------------------

    def _explain_steps(self, old: Card, new: Card, effects: Effects) -> None:
        before, after = get_steps(old), get_steps(new)
        for step in after.keys() | before.keys():
            if step in before and step in after:
                self._explain_step(step, before[step], after[step], old, new, effects)
                continue
            for elements, sign in ((before, -1), (after, 1)):
                for element, hours in elements.get(step, {}).items():
                    effects[Reason(element, STRUCTURE)] += sign * hours.amount

    def _explain_step(
        self,
        step: Step,
        before: Mapping[int, Hours],
        after: Mapping[int, Hours],
        old: Card,
        new: Card,
        effects: Effects,
    ) -> None:
        """The same work: a rate that is new or gone changes the rate altogether."""
        kind = RATE if step.type == OPERATION else PRICE
        for element in after.keys() | before.keys():
            if element in before and element in after:
                first, last = before[element], after[element]
                more = (last.quantity - first.quantity) * first.rate
                lot = ZERO
                if old.lot != new.lot:
                    lot = self._get_lot_hours(last.lines, old, new) * first.rate
                effects[Reason(element, LOT_SIZE)] += lot
                effects[Reason(element, QUANTITY)] += more - lot
                change = (last.rate - first.rate) * last.quantity
            elif element in after:
                change = after[element].amount
            else:
                change = -before[element].amount
            effects[Reason(element, kind)] += change

    def _get_lot_hours(
        self, lines: Iterable[CardLine], old: Card, new: Card
    ) -> Decimal:
        """By how much the other lot alone changes the hours per unit."""
        kits = self.new.standards.kit_operations
        return sum(
            (
                get_unit_hours(line, new.lot) - get_unit_hours(line, old.lot)
                for line in lines
                if line.type == OPERATION
                and line.capacity
                and line.operation not in kits
            ),
            ZERO,
        )

    # -- by-products ------------------------------------------------------------

    def _explain_credits(self, old: Card, new: Card, effects: Effects) -> None:
        """By-products take their share of what everything else changes by."""
        before, after = get_share(old), get_share(new)
        # a card without cost has nothing to share, and shows no share
        after = before if after is None else after
        before = after if before is None else before
        if after is None or before is None:
            return
        for (_element, kind), amount in list(effects.items()):
            effects[Reason(self.material, kind)] -= amount * after
        reason = Reason(self.material, STRUCTURE)
        effects[reason] -= (after - before) * get_gross(old)


def _add_price(effects: Effects, reason: Reason, before: Need, after: Need) -> None:
    effects[reason] += (after.price - before.price) * after.quantity
    quantity = Reason(reason.element, QUANTITY)
    effects[quantity] += (after.quantity - before.quantity) * before.price


def _get_needs(side: _Side) -> dict[int, dict[int, Need]]:
    """{product: {component: what one unit needs of it}} of what is made."""
    return {product: get_needs(card) for product, card in side.made.items()}
