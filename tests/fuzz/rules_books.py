"""Rules for standards, failures and reversals."""

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from .drawing import choose, numbers, percents
from .standards import MATERIALS

rates = st.sampled_from((20, 22, 18, 30))
priced = st.sampled_from((*MATERIALS, "P", "X"))


def changeable(machine):
    """Standards change now and then, and not while postings fail."""
    changes = machine.played.count("new_standards") + machine.played.count("set_price")
    return changes < 3 and not machine.shop.watcher.is_broken


class BookRules:
    @precondition(changeable)
    @rule(product=st.sampled_from(MATERIALS), percent=percents, labour=rates)
    def new_standards(self, product, percent, labour):
        changes = {product: self.price(product, percent), "labour": labour}
        self.play("new_standards", **changes)

    @precondition(changeable)
    @rule(product=priced, percent=percents)
    def set_price(self, product, percent):
        if product in MATERIALS:
            price = self.price(product, percent)
        else:
            price = percent / 4
        self.play("set_price", product, price)

    @initialize(daily=st.sampled_from((False, False, True)))
    def choose_mode(self, daily):
        """The mode is that of the whole scenario."""
        if daily:
            self.play("post_daily")

    @precondition(lambda self: "post_daily" in self.played)
    @rule()
    def book_day(self):
        self.play("book_day")

    @precondition(
        lambda self: (
            self.shop.makings
            and "break_books" not in self.played
            # without a journal a day is recorded all the same, and fails later
            and "post_daily" not in self.played
        )
    )
    @rule()
    def break_books(self):
        self.play("break_books")

    @precondition(
        lambda self: self.shop.watcher.is_broken and self.played[-1] != "break_books"
    )
    @rule()
    def mend_books(self):
        self.play("mend_books")

    def _reversible(self):
        if self.shop.watcher.is_broken:
            return []
        done = [name for name, x in self.shop.makings.items() if x.is_done]
        if self.shop.model.trigger == "delivery":
            done += [name for name, x in self.shop.sales.items() if x.delivered]
        return [name for name in done if name not in self.shop.reversed]

    @precondition(lambda self: self._reversible())
    @rule(which=numbers)
    def reverse(self, which):
        self.play("reverse", choose(self._reversible(), which))

    @precondition(lambda self: self.shop.reversed and not self.shop.watcher.is_broken)
    @rule(which=numbers)
    def book_again(self, which):
        self.play("book_again", choose(self.shop.reversed, which))
