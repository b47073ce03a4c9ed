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


def is_exceptional(
    amount: SQL, quantity: SQL, price: SQL, amount_from: SQL, percent_from: SQL
) -> SQL:
    """Whether an amount reaches a threshold of its company.

    ``quantity`` and ``price`` are those of the standard.
    """
    return SQL(
        EXCEPTIONAL,
        amount=amount,
        quantity=quantity,
        price=price,
        amount_from=amount_from,
        percent_from=percent_from,
    )


def first(*expressions: SQL) -> SQL:
    """The first of several links that leads to something."""
    return SQL("COALESCE(%s)", SQL(", ").join(expressions))
