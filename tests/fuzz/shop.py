"""The shop: what people do in it, as plain calls that are checked one by one."""

import copy

from .checks import Checks
from .model import Model
from .shop_books import ShopBooks
from .shop_losses import ShopLosses
from .shop_production import ShopProduction
from .shop_purchase import ShopPurchase
from .shop_sale import ShopSale
from .shop_standards import ShopStandards
from .shop_time import ShopTime
from .standards import exact
from .time_checks import TimeChecks
from .watcher import Watcher


class Shop(
    ShopPurchase,
    ShopProduction,
    ShopTime,
    ShopLosses,
    ShopSale,
    ShopStandards,
    ShopBooks,
):
    """One factory at work; what is done is kept as lines of Python in ``log``."""

    def __init__(self, case, prices, rates):
        self.case = case
        self.env = case.env
        self.products = case.products
        cents = [exact(price) * 100 for price in prices.values()]
        self.is_exact = all(price.denominator == 1 for price in cents)
        self.versions = 0
        self._forget()
        self.prices, self.rates = dict(prices), dict(rates)
        self.model = Model(case.trigger)
        self.watcher = Watcher(case, self.model)
        self.checks = Checks(case, self.watcher, self.is_exact)
        self._activate()

    def _forget(self):
        """Begin a scenario: what was done so far is the opening stock."""
        self.log = []
        self.purchases, self.makings, self.sales = {}, {}, {}
        self.sheets = {}
        self.reversed = {}
        self.lent = set()  # products of which another owner has some here

    def fork(self):
        """The same shop for another scenario, which leaves this one as it is."""
        other = copy.copy(self)
        other._forget()
        other.prices, other.rates = dict(self.prices), dict(self.rates)
        other.model = copy.deepcopy(self.model)
        other.watcher = Watcher(self.case, other.model)
        other.watcher.undone = list(self.watcher.undone)
        other.checks = Checks(self.case, other.watcher, self.is_exact)
        return other

    def check(self):
        self.watcher.watch()
        self.checks.run()
        TimeChecks(self).run()

    @property
    def scenario(self):
        """What has been done so far, as it can be pasted into a test."""
        return "\n".join(f"        {line}" for line in self.log)
