"""Random scenarios of real shop events, in all four variants.

Two families: with standards of whole cents every check is exact, with fractions of a
cent an account may be off by half a cent for each of its items (DESIGN §4, rule 1).
"""

import os
import sys

from odoo.tests import tagged

from ..variants import Variant2, Variant3, Variant4
from .case import FRACTIONS, WHOLE_CENTS, ShopCase
from .runner import SEED, run

SEQUENCES = 6


class Generated:
    def test_whole_cents(self):
        self._run(WHOLE_CENTS)

    def test_fractions(self):
        self._run(FRACTIONS)

    def _run(self, prices):
        name = f"{type(self).__name__}.{self._testMethodName}"
        statistics = run(self.open_shop(prices), name, SEQUENCES)
        if SEED in os.environ:
            sys.stdout.write(f"\n{name}: {statistics}\n")


@tagged("post_install", "-at_install")
class TestFuzz1(Generated, ShopCase):
    pass


@tagged("post_install", "-at_install")
class TestFuzz2(Generated, Variant2, ShopCase):
    pass


@tagged("post_install", "-at_install")
class TestFuzz3(Generated, Variant3, ShopCase):
    pass


@tagged("post_install", "-at_install")
class TestFuzz4(Generated, Variant4, ShopCase):
    pass
