"""Rules for scrap, counts, and for taking products apart."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from .drawing import choose, numbers, up_to
from .standards import MADE, MATERIALS, RECIPES

goods = st.sampled_from((*MATERIALS, *MADE))
few_units = st.sampled_from((1, 2, 5))


class LossRules:
    @rule(product=goods, quantity=few_units)
    def scrap(self, product, quantity):
        self.play("scrap", product, quantity)

    @precondition(lambda self: self.shop.makings)
    @rule(which=numbers, quantity=few_units, component=numbers)
    def scrap_from_order(self, which, quantity, component):
        name = choose(self.shop.makings, which)
        making = self.shop.makings[name]
        choices = [*RECIPES[making.product].components, "S"]
        if making.is_done:
            choices.insert(0, making.product)
        self.play("scrap", choose(choices, component), quantity, order=name)

    @rule(product=goods, change=st.sampled_from((-1, 1, -2, 3)))
    def count(self, product, change):
        if self.shop.model.on_hand()[product] + change >= 0:
            self.play("count", product, change)

    def _unbuildable(self):
        return [
            name
            for name, x in self.shop.makings.items()
            if x.is_done and x.made > x.unbuilt
        ]

    @precondition(lambda self: self._unbuildable())
    @rule(which=numbers, number=numbers)
    def unbuild_order(self, which, number):
        name = choose(self._unbuildable(), which)
        making = self.shop.makings[name]
        quantity = up_to(int(making.made - making.unbuilt), number)
        self.play("unbuild", making.product, quantity, order=name)

    @rule(product=st.sampled_from(tuple(RECIPES)), quantity=few_units)
    def unbuild(self, product, quantity):
        self.play("unbuild", product, quantity)
