"""Rounding that keeps sums: parts that add up to a rounded whole.

Plain Python: no Odoo import. ``unit`` is the currency's rounding.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeVar

K = TypeVar("K")
W = TypeVar("W")


def round_half_up(amount: Decimal, unit: Decimal) -> Decimal:
    """``amount`` to a multiple of ``unit``; halves away from zero.

    >>> round_half_up(Decimal("-0.125"), Decimal("0.01"))
    Decimal('-0.13')
    """
    return (amount / unit).quantize(Decimal(1), rounding=ROUND_HALF_UP) * unit


def allocate(
    parts: Mapping[K, Decimal], unit: Decimal, total: Decimal
) -> dict[K, Decimal]:
    """Each part rounded; the largest takes what they lack to the rounded ``total``."""
    result = {key: round_half_up(amount, unit) for key, amount in parts.items()}
    largest = max(parts, key=lambda key: (abs(parts[key]), str(key)))
    result[largest] += total - sum(result.values(), Decimal(0))
    return result


def add_wholes(
    parts: Mapping[K, Decimal], get_whole: Callable[[K], K]
) -> dict[K, Decimal]:
    """Sums of groups of parts, by the whole that each is a part of."""
    wholes: dict[K, Decimal] = defaultdict(Decimal)
    for key, amount in parts.items():
        wholes[get_whole(key)] += amount
    return dict(wholes)


def allocate_within(
    parts: Mapping[K, Decimal],
    get_whole: Callable[[K], W],
    wholes: Mapping[W, Decimal],
    unit: Decimal,
) -> dict[K, Decimal]:
    """The same for groups of parts, each of which adds up to its rounded whole."""
    groups: dict[W, dict[K, Decimal]] = defaultdict(dict)
    for key, amount in parts.items():
        groups[get_whole(key)][key] = amount
    result: dict[K, Decimal] = {}
    for whole, group in groups.items():
        result.update(allocate(group, unit, wholes[whole]))
    return {key: result[key] for key in parts}


def allocate_groups(
    parts: Mapping[K, Decimal], get_whole: Callable[[K], K], unit: Decimal
) -> dict[K, Decimal]:
    """All parts add up to their rounded total; so do the groups among each other."""
    total = round_half_up(sum(parts.values(), Decimal(0)), unit)
    wholes = allocate(add_wholes(parts, get_whole), unit, total)
    return allocate_within(parts, get_whole, wholes, unit)
