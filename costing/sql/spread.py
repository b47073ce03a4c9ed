"""Who should have used a counted material since it was last counted, set-based."""

from collections.abc import Sequence
from typing import NamedTuple

from odoo.tools import SQL

#: Kinds of rows that a count leaves.
COUNT_KINDS = ("material_count", "output_count")


class Count(NamedTuple):
    """One row of a count: what was counted, and since when.

    ``since`` and ``until`` are the first facts of the last count and of this one. A
    count that found no difference has none: then ``date`` says when it was.
    """

    row: int
    material: int
    company: int
    until: int
    since: int | None
    date: str | None


#: The last count before: of the same material (and lot) at the same place. Facts are a
#: log, so that their order says what had been recorded when the count was made.
WINDOWS = """
    WITH counted AS (
        SELECT m.id, m.product_id, m.company_id, m.date, m.is_inventory,
               line.lot_id AS lot,
               CASE WHEN source.usage = 'inventory'
                    THEN line.location_dest_id ELSE line.location_id END AS place
          FROM stock_move m
          JOIN stock_move_line line ON line.move_id = m.id
          JOIN stock_location source ON source.id = line.location_id
         WHERE m.state = 'done' AND (m.is_inventory OR m.id = ANY(%(moves)s))
           AND m.product_id IN (
                SELECT product_id FROM stock_move WHERE id = ANY(%(moves)s))
    )
    SELECT v.id AS row, m.product_id AS material, v.company_id AS company,
           (SELECT MIN(f.id) FROM backflush_stock_fact f WHERE f.move_id = m.id),
           (SELECT MIN(f.id) FROM backflush_stock_fact f WHERE f.move_id = last.id),
           last.date
      FROM backflush_variance v
      JOIN backflush_posting posting ON posting.id = v.posting_id
      JOIN stock_move m ON m.id = posting.move_id
      LEFT JOIN LATERAL (
            SELECT before.id, before.date
              FROM counted before
              JOIN counted now
                ON now.id = m.id AND now.place = before.place
               AND now.lot IS NOT DISTINCT FROM before.lot
             WHERE before.is_inventory AND before.id < m.id
               AND before.product_id = m.product_id
               AND before.company_id = m.company_id
             ORDER BY before.id DESC
             LIMIT 1
           ) last ON TRUE
     WHERE v.id = ANY(%(rows)s)
"""
#: Per row of a count and product made: card quantity × good output, at the card at
#: which the output is booked. What was unbuilt counts as never made; a by-product uses
#: nothing of its own.
USAGE = """
    WITH count AS (%(counts)s)
    SELECT count.row, fact.product_id, SUM(fact.quantity::numeric * line.quantity)
      FROM count
      JOIN backflush_standard_line line
        ON line.component_id = count.material AND line.line_type = 'component'
      JOIN backflush_standard card
        ON card.id = line.standard_id AND card.company_id = count.company
       AND card.product_id <> count.material
      JOIN backflush_stock_fact fact
        ON fact.product_id = card.product_id AND fact.company_id = count.company
       AND fact.id < count.until
       AND CASE WHEN count.since IS NOT NULL THEN fact.id > count.since
                ELSE count.date IS NULL OR fact.date > count.date END
      LEFT JOIN backflush_posting posting ON posting.id = fact.posting_id
      JOIN stock_move move ON move.id = fact.move_id
      LEFT JOIN mrp_production made ON made.id = move.production_id
      LEFT JOIN mrp_unbuild unbuilt
        ON unbuilt.id = COALESCE(move.consume_unbuild_id, move.unbuild_id)
     WHERE COALESCE(posting.standard_id, fact.standard_id) = card.id
       AND fact.product_id IN (made.product_id, unbuilt.product_id)
     GROUP BY count.row, fact.product_id
"""
#: Columns of a variance by product, the parts of a spread row instead of the row: to be
#: selected from `BY_PRODUCT`.
PRODUCT = "COALESCE(spread.product_id, variance.product_id)"
AMOUNT = "COALESCE(spread.amount, variance.amount)"
BY_PRODUCT = (
    "backflush_variance variance"
    " LEFT JOIN backflush_count_spread spread ON spread.variance_id = variance.id"
)


def windows(rows: Sequence[int], moves: Sequence[int]) -> SQL:
    """Columns of `Count` of the variance ``rows``, which came from ``moves``."""
    return SQL(WINDOWS, rows=list(rows), moves=list(moves))


def usage(counts: Sequence[Count]) -> SQL:
    """(row, product, standard usage of the material) of ``counts``."""
    types = ("int", "int", "int", "int", "int", "timestamp")
    arrays = SQL(", ").join(
        SQL("%s::%s[]", [count[n] for count in counts], SQL(type_))
        for n, type_ in enumerate(types)
    )
    columns = SQL('"row", material, company, until, since, date')
    return SQL(
        USAGE, counts=SQL("SELECT * FROM unnest(%s) AS new (%s)", arrays, columns)
    )


def by_product(rows: SQL) -> SQL:
    """(product, amount) of variances; ``rows`` is a subquery of their ids."""
    return SQL(
        "SELECT %s, SUM(%s) FROM %s WHERE variance.id IN %s GROUP BY 1",
        SQL(PRODUCT),
        SQL(AMOUNT),
        SQL(BY_PRODUCT),
        rows,
    )
