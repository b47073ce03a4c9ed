"""Prints where the CPU time and the queries of a completion go (--profile)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import _common as common

TOP = 30
MODES = ("addon", "daily")
# Functions of Odoo in which journal entries are made.
_ENTRY = "account/models/account_move"
_ENTRY_FUNCTIONS = ("create", "_post", "write")


class _Case(Protocol):
    orders: int
    components: int

    @property
    def title(self) -> str: ...


def print_profile(cases: Iterable[_Case], workers: Mapping[str, common.Worker]) -> None:
    """For each case the addon's functions, then what its queries are.

    Times are those of a traced call: several times the true ones, to be compared with
    each other only.
    """
    for case in cases:
        what = {"components": case.components, "orders": case.orders}
        for worker in workers.values():
            worker.call("measure", **what | {"orders": min(case.orders, 10)})
        stats = {mode: workers[mode].call("profile", **what) for mode in workers}
        seen = {mode: workers[mode].call("queries", **what) for mode in workers}
        totals = {mode: sum(times for times, *_ in rows) for mode, rows in seen.items()}
        print(f"\n{case.title}: queries in all {totals}")
        for mode in MODES:
            _print_functions(case, mode, stats)
            _print_growth(case, mode, stats)
            _print_queries(case, mode, seen)


def _print_functions(
    case: _Case, mode: str, stats: dict[str, dict[str, list[float]]]
) -> None:
    """The addon's functions and those that make journal entries, by cumulative time."""
    rows = [
        (values[2], name, values)
        for name, values in stats[mode].items()
        if name.startswith("addon: ")
        or (name.startswith(_ENTRY) and name.split()[-1] in _ENTRY_FUNCTIONS)
    ]
    rows = [row for row in rows if " finish" not in row[1]]
    table = [
        (f"{values[0]:.0f}", f"{values[1]:.1f}", f"{cumulative:.1f}", name)
        for cumulative, name, values in sorted(rows, reverse=True)[:TOP]
    ]
    title = f"{case.title}, {mode}: the addon's functions (traced)"
    common.print_table(title, ("calls", "own ms", "cumulative ms", "function"), table)


def _print_growth(
    case: _Case, mode: str, stats: dict[str, dict[str, list[float]]]
) -> None:
    """Functions that take more cumulative time than in periodic Odoo."""
    nothing = [0.0, 0.0, 0.0]
    rows = []
    for name, values in stats[mode].items():
        periodic = stats["periodic"].get(name, nothing)
        perpetual = stats["perpetual"].get(name, nothing)
        own = values[1] - periodic[1]
        rows.append((own, values[0] - periodic[0], perpetual[1] - periodic[1], name))
    table = [
        (f"{calls:.0f}", f"{own:.1f}", f"{theirs:.1f}", name)
        for own, calls, theirs, name in sorted(rows, reverse=True)[:TOP]
    ]
    title = f"{case.title}, {mode}: own time over periodic Odoo's (traced)"
    common.print_table(title, ("calls", "own ms", "perpetual ms", "function"), table)


def _print_queries(case: _Case, mode: str, seen: dict[str, list[list[Any]]]) -> None:
    """Queries that the addon adds, by text and by the function that causes them."""
    texts = {name: _by_text(rows) for name, rows in seen.items()}
    origins: dict[str, Counter[str]] = {}
    for times, text, origin in seen[mode]:
        origins.setdefault(text, Counter())[origin or "(Odoo)"] += times
    rows = []
    for text in {*texts[mode], *texts["periodic"]}:
        more = texts[mode][text] - texts["periodic"][text]
        theirs = texts["perpetual"][text] - texts["periodic"][text]
        if more:
            where = ", ".join(
                f"{name} {times}" for name, times in origins.get(text, {}).items()
            )
            rows.append((more, theirs, text, where))
    print(f"\n{case.title}, {mode}")
    print("  added  perpetual  query, and the addon's innermost function")
    for more, theirs, text, where in sorted(rows, reverse=True):
        print(f"  {more:+5}  {theirs:+9}  {text}\n{'':20}← {where}")


def _by_text(rows: list[list[Any]]) -> Counter[str]:
    result: Counter[str] = Counter()
    for times, text, _origin in rows:
        result[text] += times
    return result
