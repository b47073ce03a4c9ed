"""What all queries of *Check the books* share: company, period and covered products."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from odoo.tools import SQL

#: Events whose posting lines are items of the user's own document.
DOCUMENTS = ("bill", "invoice")


class Product(NamedTuple):
    """A covered product as the queries see it.

    ``account`` carries it: stock valuation (perpetual) or expense (periodic); None for
    goods that are costed at delivery, which stand on their materials' accounts.
    ``at_standard`` says that it is valued at its standard price, ``early`` up to which
    stock fact documents did not pass through that account (0: always).
    """

    id: int
    account: int | None
    price: float
    at_standard: bool
    is_perpetual: bool
    is_delivered: bool
    early: int = 0


_TYPES = ("int", "int", "numeric", "bool", "bool", "bool", "int")


@dataclass(frozen=True)
class Frame:
    """Company, period (days, and their moments in UTC) and products of one check."""

    company: int
    date_from: date
    date_to: date
    since: datetime
    until: datetime
    unit: float
    products: Sequence[Product]
    #: condition on the stock facts `f` that are the company's own goods
    own: SQL
    #: what came after the period is not known yet: the books as they stood at its end
    as_of_end: bool = False

    def product_table(self) -> SQL:
        """The covered products as a table."""
        columns: list[tuple[Any, ...]] = [
            tuple(product[number] for product in self.products)
            for number in range(len(_TYPES))
        ]
        arrays = SQL(", ").join(
            SQL("%s::%s[]", list(column), SQL(type_))
            for column, type_ in zip(columns, _TYPES, strict=True)
        )
        return SQL(
            "unnest(%s) AS product"
            " (id, account, price, at_standard, is_perpetual, is_delivered, early)",
            arrays,
        )

    def known_by(self, day: str) -> SQL:
        """Condition: the date in `day` is known at the end, where that is asked for."""
        if not self.as_of_end:
            return SQL("TRUE")
        return SQL("%s <= %s", SQL(day), self.date_to)

    def known_at(self, moment: str) -> SQL:
        """The same for a moment in UTC."""
        if not self.as_of_end:
            return SQL("TRUE")
        return SQL("%s < %s", SQL(moment), self.until)

    def in_period(self, column: str) -> SQL:
        """Condition: the date in `column` lies in the period."""
        return SQL("%s BETWEEN %s AND %s", SQL(column), self.date_from, self.date_to)

    def at_time_of_period(self, column: str) -> SQL:
        """The same for a moment in UTC."""
        return SQL(
            "%s >= %s AND %s < %s", SQL(column), self.since, SQL(column), self.until
        )


#: Totals of a comparison, and the rows that differ by more than they may. A comparison
#: has the columns record, detail, expected, found and tolerance.
COMPARE = """
    WITH compared AS MATERIALIZED (%s)
    SELECT NULL::int AS record, NULL::int AS detail,
           COALESCE(SUM(expected), 0) AS expected, COALESCE(SUM(found), 0) AS found,
           COUNT(DISTINCT record) AS records
      FROM compared
     UNION ALL
    SELECT record, detail, expected, found, 0
      FROM compared
     WHERE ABS(expected - found) > tolerance
     ORDER BY record NULLS FIRST, detail
"""


def compare(compared: SQL) -> SQL:
    """The totals of a comparison in the first row, then what differs."""
    return SQL(COMPARE, compared)
