"""What an analysis says of variances, as expressions: the twin of `analysis`."""

from odoo.tools import SQL

from ..analysis import NEITHER, PRICE, QUANTITY, TYPES

TYPE = "CASE WHEN %(kind)s IN %(price)s THEN %(p)s WHEN %(kind)s IN %(quantity)s THEN \
%(q)s ELSE %(neither)s END"
EXCEPTIONAL = """(
    %(amount)s <> 0 AND (
        COALESCE(%(amount_from)s, 0) > 0 AND ABS(%(amount)s) >= %(amount_from)s
        OR COALESCE(%(percent_from)s, 0) > 0
           AND COALESCE(%(quantity)s * %(price)s, 0) <> 0
           AND 100 * ABS(%(amount)s) >= %(percent_from)s * ABS(%(quantity)s * %(price)s)
    ))"""


def variance_type(kind: SQL) -> SQL:
    """The type of the kind in a column."""
    return SQL(
        TYPE,
        kind=kind,
        price=TYPES[PRICE],
        p=PRICE,
        quantity=TYPES[QUANTITY],
        q=QUANTITY,
        neither=NEITHER,
    )


def is_exceptional(variance: str, company: str) -> SQL:
    """Whether the row of the alias `variance` reaches a threshold of its `company`."""

    def column(alias: str, name: str) -> SQL:
        return SQL.identifier(alias, name)

    return SQL(
        EXCEPTIONAL,
        amount=column(variance, "amount"),
        quantity=column(variance, "quantity_standard"),
        price=column(variance, "price_standard"),
        amount_from=column(company, "backflush_threshold_amount"),
        percent_from=column(company, "backflush_threshold_percent"),
    )


def first(*expressions: SQL) -> SQL:
    """The first of several links that leads to something."""
    return SQL("COALESCE(%s)", SQL(", ").join(expressions))
