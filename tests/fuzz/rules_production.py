"""Rules for making things."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from .drawing import choose, few, flags, numbers, quantities, up_to
from .standards import RECIPES

#: How many more (or less) than the card were used, or made.
deviations = st.sampled_from((0, 0, 1, -1, 3))
makable = ("P", "X", "Q")


class ProductionRules:
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
        product = choose(makable, which)
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
        self.play("make_many", choose(makable, which), first, second)

    @few("makings", 4)
    @rule(which=numbers, quantity=quantities, reserve=flags)
    def plan(self, which, quantity, reserve):
        self.play("plan", choose(makable, which), quantity, reserve=reserve)

    def _planned(self):
        makings = self.shop.makings.items()
        return [name for name, x in makings if not x.is_done and not x.is_gone]

    @precondition(lambda self: self._planned())
    @rule(which=numbers)
    def cancel(self, which):
        self.play("cancel", choose(self._planned(), which))

    def _splittable(self):
        makings = self.shop.makings
        return [name for name in self._planned() if makings[name].planned > 1]

    @precondition(lambda self: self._splittable())
    @rule(which=numbers, number=numbers)
    def split(self, which, number):
        name = choose(self._splittable(), which)
        planned = int(self.shop.makings[name].planned)
        self.play("split", name, max(up_to(planned - 1, number), (planned + 2) // 3))

    def _mergeable(self):
        """Planned orders for a product that another one is planned for, too."""
        makings = self.shop.makings
        products = [makings[name].product for name in self._planned()]
        return [
            name
            for name in self._planned()
            if products.count(makings[name].product) > 1
        ]

    @precondition(lambda self: self._mergeable())
    @rule(which=numbers)
    def merge(self, which):
        first = choose(self._mergeable(), which)
        makings = self.shop.makings
        same = [
            name
            for name in self._mergeable()
            if makings[name].product == makings[first].product
        ]
        self.play("merge", *same[:3])

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

    @precondition(lambda self: self._correctable())
    @rule(which=numbers, component=numbers)
    def remove_used(self, which, component):
        """None of a component was used after all."""
        name = choose(self._correctable(), which)
        used = self.shop.makings[name].used
        self.play("correct", name, used={choose(used, component): 0})

    def _with_byproduct(self):
        makings = self.shop.makings
        return [name for name in self._correctable() if makings[name].product == "Q"]

    @precondition(lambda self: self._with_byproduct())
    @rule(which=numbers, quantity=st.integers(0, 12))
    def correct_byproduct(self, which, quantity):
        self.play("correct", choose(self._with_byproduct(), which), byproduct=quantity)

    def _datable(self):
        return [name for name in self._correctable() if name not in self.shop.reversed]

    @precondition(lambda self: self._datable())
    @rule(which=numbers, days=st.integers(1, 40))
    def change_date(self, which, days):
        self.play("change_date", choose(self._datable(), which), days)
