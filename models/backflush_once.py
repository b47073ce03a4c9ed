"""Unique keys, the last guard against recording anything twice."""

from contextlib import contextmanager

from odoo.exceptions import ConcurrencyError
from psycopg2.errors import UniqueViolation


@contextmanager
def start_over():
    """Have Odoo start the request over where somebody else was faster.

    It does so by itself after a serialization failure. A unique key that was taken in
    the meantime says the same, but Odoo would show it to whoever was slower: to a shop
    user who only finished an order.
    """
    try:
        yield
    except UniqueViolation as error:
        raise ConcurrencyError(str(error)) from error
