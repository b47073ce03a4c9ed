"""The generator: random scenarios of shop events, by hypothesis.

A rule draws the words of one call and makes it; the call checks everything itself. What
can be drawn depends only on what the scenario has done so far, so a failing scenario
can be repeated and made shorter.
"""

from hypothesis.stateful import RuleBasedStateMachine

from .rules_books import BookRules
from .rules_losses import LossRules
from .rules_production import ProductionRules
from .rules_purchase import PurchaseRules
from .rules_sale import SaleRules
from .rules_time import TimeRules


class ShopMachine(
    PurchaseRules,
    ProductionRules,
    LossRules,
    TimeRules,
    SaleRules,
    BookRules,
    RuleBasedStateMachine,
):
    """One scenario in a copy of `opened`, rolled back at its end."""

    opened = None  # the shop, set by the runner
    statistics = None  # collects what was played, set by the runner

    def __init__(self):
        super().__init__()
        self.savepoint = self.opened.env.cr.savepoint()
        self.shop = self.opened.fork()
        self.played = []
        self.failed = False

    def play(self, name, *args, **kwargs):
        """Make a call of the shop; say which calls led to a failure."""
        self.played.append(name)
        try:
            with self.statistics.measure(name):
                getattr(self.shop, name)(*args, **kwargs)
        except Exception as error:
            self.failed = True
            error.add_note(f"The scenario:\n{self.shop.scenario}")
            raise

    def teardown(self):
        try:
            if self.played and not self.failed:
                self.play("settle")
        finally:
            self._roll_back()
        return super().teardown()

    def _roll_back(self):
        self.savepoint.close(rollback=True)
        case = self.opened.case
        with case.muted_registry_logger:
            case.registry.clear_all_caches()
