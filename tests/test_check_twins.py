"""The queries of *Check the books* say what the kernel says, on generated data."""

import random
from decimal import Decimal

from odoo.tests import tagged
from odoo.tools import SQL

from ..costing.check import Moved, settle
from ..costing.sql import matching
from ..costing.variance import ZERO
from .common import BackflushCommon

MOVED = """
    SELECT * FROM unnest(%s::int[], %s::int[], %s::int[], %s::text[], %s::bigint[],
                         %s::numeric[], %s::numeric[], %s::bool[])
        AS moved (line, partner, product, direction, id, quantity, standard, is_early)
"""
DOCUMENTS = """
    SELECT * FROM unnest(%s::int[], %s::int[], %s::int[], %s::text[], %s::numeric[])
        AS document (line, partner, product, direction, quantity)
"""


@tagged("post_install", "-at_install")
class TestMatchingTwin(BackflushCommon):
    def setUp(self):
        super().setUp()
        self.random = random.Random(4)

    def _number(self, most, digits=3):
        return Decimal(self.random.randrange(1, most * 10**digits)).scaleb(-digits)

    def _generate(self, keys):
        """Facts of both directions, in any order of lines, and documents about them."""
        moved, documents = [], []
        for number in range(1200):
            key = (*self.random.choice(keys), self.random.choice(["in", "out"]))
            moved.append((*key, number, self._number(50), self._number(20, 5), False))
        for _number in range(500):
            key = (*self.random.choice(keys), self.random.choice(["in", "out"]))
            documents.append((*key, self._number(120)))
        return moved, documents

    def _run(self, moved, documents):
        query = matching.settle(
            SQL(MOVED, *map(list, zip(*moved, strict=True))),
            SQL(DOCUMENTS, *map(list, zip(*documents, strict=True))),
        )
        return {row[:4]: row[4:] for row in self.env.execute_query(query)}

    def test_oldest_first(self):
        keys = [(line, partner, line % 7) for line in range(60) for partner in (0, 9)]
        moved, documents = self._generate(keys)
        found = self._run(moved, documents)
        expected = {row[:4] for row in (*moved, *documents)}
        self.assertEqual(set(found), expected)
        for key in expected:
            queue = [Moved(row[5], row[6]) for row in moved if row[:4] == key]
            documented = sum((row[4] for row in documents if row[:4] == key), ZERO)
            settled = settle(queue, documented)
            *numbers, quantity, is_corrected, _is_early = found[key]
            self.assertAlmostEqual(quantity, float(documented))
            self.assertFalse(is_corrected)
            for twin, kernel in zip(numbers, settled, strict=True):
                self.assertAlmostEqual(twin, float(kernel), 6, key)

    def test_what_was_taken_away_again_is_left_to_the_kernel(self):
        moved = [
            (1, 0, 1, "in", 1, Decimal(10), Decimal(5), False),
            (1, 0, 1, "in", 2, Decimal(-4), Decimal(5), False),
            (2, 0, 1, "in", 3, Decimal(10), Decimal(5), True),
        ]
        found = self._run(moved, [(1, 0, 1, "in", Decimal(3))])
        self.assertEqual(found[1, 0, 1, "in"][-2:], (True, False))
        self.assertEqual(found[2, 0, 1, "in"][-2:], (False, True))
