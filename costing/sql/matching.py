"""Bills and invoices matched to stock facts, oldest first: the twin of `check.settle`.

Reads two tables. ``moved`` (line, partner, product, direction, id, quantity, standard,
is_early): what moved, for an order line or, without one, for a partner; ``is_early``
says that it moved before there were facts. ``documents`` (line, partner, product,
direction, quantity): what bills or invoices say.
"""

from collections.abc import Sequence

from odoo.tools import SQL

#: One row for each direction ('in', 'out') of an order line. ``is_corrected`` says that
#: a later correction took away from what had moved: those are left to the kernel.
SETTLE = """
    WITH moved AS (%s), documents AS (%s), documented AS (
        SELECT line, partner, product, direction, SUM(quantity) AS quantity
          FROM documents
         GROUP BY line, partner, product, direction
    ), queue AS (
        SELECT moved.*,
               COALESCE(documented.quantity, 0)
               - SUM(moved.quantity) OVER (
                    PARTITION BY line, partner, product, direction
                    ORDER BY moved.id ROWS UNBOUNDED PRECEDING)
               + moved.quantity AS waiting
          FROM moved
          LEFT JOIN documented USING (line, partner, product, direction)
    ), matched AS (
        SELECT line, partner, product, direction,
               SUM(quantity) AS moved,
               SUM(quantity * standard) AS amount,
               SUM(GREATEST(0, LEAST(quantity, waiting))) AS matched,
               SUM(GREATEST(0, LEAST(quantity, waiting)) * standard) AS passed,
               BOOL_OR(quantity < 0) AS is_corrected,
               BOOL_OR(is_early) AS is_early
          FROM queue
         GROUP BY line, partner, product, direction
    )
    SELECT line, partner, product, direction,
           COALESCE(moved, 0) AS moved,
           COALESCE(matched, 0) AS matched,
           COALESCE(passed, 0) AS passed,
           COALESCE(moved - matched, 0) AS open_quantity,
           COALESCE(amount - passed, 0) AS open_amount,
           COALESCE(documented.quantity, 0) AS documented,
           COALESCE(is_corrected, FALSE) AS is_corrected,
           COALESCE(is_early, FALSE) AS is_early
      FROM matched
      FULL JOIN documented USING (line, partner, product, direction)
"""

#: What documents have booked, by order line, and the latest of them.
BOOKED = """
    WITH documents AS (%s)
    SELECT line, partner, product, SUM(passed) AS passed, COUNT(*) AS documents,
           (ARRAY_AGG(entry ORDER BY date DESC, entry DESC))[1] AS entry,
           MAX(date) AS date
      FROM documents
     GROUP BY line, partner, product
"""
#: The rows of some order lines, oldest first, for the kernel.
QUEUE = """
    WITH moved AS (%s)
    SELECT line, partner, product, direction, quantity, standard
      FROM moved
     WHERE (line, partner, product) IN %s
     ORDER BY id
"""


def settle(moved: SQL, documents: SQL) -> SQL:
    """Per order line and direction: what should have passed, and what is open."""
    return SQL(SETTLE, moved, documents)


def booked(documents: SQL) -> SQL:
    """Per order line: what its documents have passed, and the latest of them."""
    return SQL(BOOKED, documents)


def queue(moved: SQL, keys: Sequence[tuple[int, int, int]]) -> SQL:
    """What moved for the order lines (line, partner, product) in ``keys``."""
    return SQL(QUEUE, moved, tuple(keys))
