"""Rules for making things."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from .drawing import BUILT, choose, few, flags, numbers, quantities, up_to
from .standards import RECIPES

#: How many more (or less) than the card were used, or made.
deviations = st.sampled_from((0, 0, 1, -1, 3))


class ProductionRules:
    def _makable(self):
        names = ["P", "X"]
        if "byproduct" in BUILT or self.shop.model.trigger == "completion":
            names.append("Q")
        return names

    def _draw_use(self, product, quantity, deviation, substitute):
        """What is used instead of the card's quantities, if anything is."""
        used = {}
        component, per_unit = next(iter(RECIPES[product].components.items()))
        if deviation:
            used[component] = max(quantity * per_unit + deviation, 0)
        if substitute:
            used["S"] = substitute
        return used or None

    @few("makings", 4)
    @rule(
        which=numbers,
        quantity=quantities,
        more=deviations,
        deviation=deviations,
        substitute=st.sampled_from((0, 0, 2)),
        work_orders=flags,
    )
    def make(self, which, quantity, more, deviation, substitute, work_orders):
        product = choose(self._makable(), which)
        made = max(quantity + more, 1)
        self.play(
            "make",
            product,
            quantity,
            made=made if made != quantity else None,
            used=self._draw_use(product, made, deviation, substitute),
            work_orders=work_orders and bool(RECIPES[product].hours),
        )

    @few("makings", 4)
    @rule(which=numbers, first=quantities, second=quantities)
    def make_many(self, which, first, second):
        self.play("make_many", choose(self._makable(), which), first, second)

    @few("makings", 4)
    @rule(which=numbers, quantity=quantities)
    def plan(self, which, quantity):
        self.play("plan", choose(self._makable(), which), quantity)

    def _planned(self):
        return [name for name, x in self.shop.makings.items() if not x.is_done]

    @precondition(lambda self: self._planned())
    @rule(which=numbers, number=numbers, deviation=deviations, backorder=flags)
    def finish(self, which, number, deviation, backorder):
        name = choose(self._planned(), which)
        making = self.shop.makings[name]
        made = up_to(making.planned, number)
        partly = made < making.planned
        self.play(
            "finish",
            name,
            made=made if partly else None,
            used=self._draw_use(making.product, made, deviation, 0),
            backorder=partly and backorder,
        )

    def _correctable(self):
        if self.shop.changed and "correction_after_change" not in BUILT:
            return []
        return [name for name, x in self.shop.makings.items() if x.is_done]

    @precondition(lambda self: self._correctable())
    @rule(which=numbers, change=st.sampled_from((1, -1, 2)), component=numbers)
    def correct_used(self, which, change, component):
        name = choose(self._correctable(), which)
        used = self.shop.makings[name].used
        component = choose([*used, "S"], component)
        quantity = max(used.get(component, 0) + change, 0)
        self.play("correct", name, used={component: quantity})

    @precondition(lambda self: self._correctable())
    @rule(which=numbers, change=st.sampled_from((1, -1, 2)))
    def correct_made(self, which, change):
        name = choose(self._correctable(), which)
        made = max(self.shop.makings[name].made + change, 0)
        self.play("correct", name, made=made)
