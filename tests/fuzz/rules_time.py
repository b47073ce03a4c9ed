"""Rules for the time of people and of work orders."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from .drawing import choose, few, flags, numbers
from .shop_time import COSTS

hours = st.sampled_from((5, 0.5, 1.25, 3, 7.75))
minutes = st.sampled_from((60, 7, 95, 300))
days = st.sampled_from((0, 0, 1, 35))


class TimeRules:
    def _timeable(self):
        """Orders on which time can be recorded, finished ones included."""
        return [name for name, x in self.shop.makings.items() if not x.is_gone]

    @few("sheets", 6)
    @precondition(lambda self: self._timeable())
    @rule(
        which=numbers,
        hours=hours,
        cost=st.sampled_from(COSTS),
        days=days,
        at_work_order=flags,
    )
    def record_time(self, which, hours, cost, days, at_work_order):
        name = choose(self._timeable(), which)
        has_work = bool(self.shop.makings[name].order.workorder_ids)
        self.play("record_time", name, hours, cost, days, at_work_order and has_work)

    def _sheets(self):
        """Of orders that were not given up."""
        gone = [x.order for x in self.shop.makings.values() if x.is_gone]
        return [
            name
            for name, sheet in self.shop.sheets.items()
            if sheet and sheet.production_id not in gone
        ]

    @precondition(lambda self: self._sheets())
    @rule(which=numbers, hours=hours)
    def change_time(self, which, hours):
        self.play("change_time", choose(self._sheets(), which), hours)

    @precondition(lambda self: self._sheets())
    @rule(which=numbers, order=numbers)
    def move_time(self, which, order):
        self.play(
            "move_time", choose(self._sheets(), which), choose(self._timeable(), order)
        )

    @precondition(lambda self: self._sheets())
    @rule(which=numbers)
    def delete_time(self, which):
        self.play("delete_time", choose(self._sheets(), which))

    def _with_work(self):
        return [
            name
            for name in self._timeable()
            if self.shop.is_timed(name) and self.shop.makings[name].order.workorder_ids
        ]

    @precondition(lambda self: self._with_work())
    @rule(which=numbers, minutes=minutes)
    def run_machine(self, which, minutes):
        self.play("run_machine", choose(self._with_work(), which), minutes)
