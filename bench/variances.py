"""Recompute the time variances of a period: the addon and raw SQL in turn.

Generated months of finished orders with 6 components and 2 operations; half of the
orders have two timesheets, a tenth no time at all, the others work-order time, and some
are backorders or make another quantity than the standard lot.  The ways work on the
same rows, in turn, from an empty cache up to the commit, after the provisional rows
have been taken away:

addon     `backflush.time._recompute_period()`
sql       the same computation in SQL alone, for just these orders; writes the same rows
          where the addon writes, with all keys
sql-none  the same without writing: most of what `sql` takes is the database's own work
          for keys and indexes

Figures are medians over the rounds, the proportion is that of the wall clock within a
round.  Growth is CPU (process and database) per order, over that of the smallest
period.  Memory is that of the addon's whole process, Odoo included; of the database,
what its server process has for itself, and what it wrote to temporary files.

Then one timesheet is corrected, and what the addon has written is counted: by
`_recompute_outdated()`, as before a report opens, and by `_recompute()` of its order.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import _common as common

ADDON, SQL, SQL_NONE = "addon", "sql", "sql-none"
WAYS = (ADDON, SQL, SQL_NONE)
COMMANDS: dict[str, tuple[str, dict[str, Any]]] = {
    ADDON: ("addon", {}),
    SQL: ("sql", {"write": True}),
    SQL_NONE: ("sql", {"write": False}),
}
SIZES = (2_000, 20_000, 100_000)
BASE = "bf_bench_variances"
#: Ways to bring one order in line after a correction.
CORRECTIONS = ("outdated", "order")
# Targets.
SQL_FACTOR = 3  # times the wall clock of SQL that writes the same rows
GROWTH = 1.25  # CPU per order, over that of the smallest period
MEMORY = 1_000  # MB, of the process, of the database and of temporary files each
#: An order and element has at most six rows of up to half a cent each, and its total.
ALIKE = 0.036


@dataclass
class Case:
    """A period, and what was measured on it."""

    orders: int
    tables: dict[str, int] = field(default_factory=dict)
    rounds: list[dict[str, dict[str, float]]] = field(default_factory=list)
    compared: dict[str, float] = field(default_factory=dict)
    corrected: dict[str, dict[str, Any]] = field(default_factory=dict)
    compared_again: dict[str, float] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return f"{self.orders:,} orders"

    @property
    def database(self) -> str:
        return f"{BASE}_{self.orders}"

    def value(self, way: str, name: str) -> float:
        """Median over the rounds."""
        return median(figures[way][name] for figures in self.rounds)

    def ratio(self, way: str = SQL) -> float:
        """The addon's wall clock over that of SQL, within the rounds."""
        return median(r[ADDON]["wall"] / r[way]["wall"] for r in self.rounds)

    def work_per_order(self, way: str) -> float:
        """Microseconds of CPU, process and database."""
        seconds = self.value(way, "cpu") + self.value(way, "database")
        return 1e6 * seconds / self.orders

    def most(self, way: str, name: str) -> float:
        """Largest over the rounds."""
        return max(figures[way][name] for figures in self.rounds)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./dev bench variances",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="2,000 orders only")
    add("--orders", type=int, nargs="+", help="sizes (2000 20000 100000)")
    add("--rounds", type=int, default=3, help="rounds of each size (3)")
    add(
        "--profile",
        action="store_true",
        help="show the functions of a recompute instead of measuring",
    )
    add("--keep", action="store_true", help=f"leave the databases {BASE}_* behind")
    add("--reuse", action="store_true", help="use the databases that --keep left")
    arguments = parser.parse_args()
    if not arguments.orders:
        arguments.orders = SIZES[:1] if arguments.quick else SIZES
    return arguments


# -- databases -------------------------------------------------------------------------


def _prepare(cases: list[Case]) -> None:
    """Install the addon and make the shop once; generate each period in a copy."""
    with common.step("a database with the addon"):
        common.copy(common.setting("BACKFLUSH_TEMPLATE"), BASE)
        common.install(BASE)
    with common.step("products, cards and template orders"):
        with common.worker("_variances_worker.py", BASE) as worker:
            worker.call("set_up")
    for case in cases:
        with common.step(f"a period of {case.title}"):
            common.copy(BASE, case.database)
            with common.worker("_variances_worker.py", case.database) as worker:
                case.tables = worker.call("generate", orders=case.orders)
        common.query("VACUUM ANALYZE", case.database)


def _reuse(cases: list[Case]) -> None:
    for case in cases:
        if not common.exists(case.database):
            common.fail("there are no databases to reuse: run with --keep first.")
        with common.step("update the addon"):
            common.install(case.database, update=True)


# -- measuring -------------------------------------------------------------------------


def _measure(case: Case, arguments: argparse.Namespace) -> None:
    """The addon has a process of its own, so that its memory can be told."""
    with ExitStack() as stack:
        addon, other = (
            stack.enter_context(common.worker("_variances_worker.py", case.database))
            for _ in range(2)
        )
        workers = dict.fromkeys(WAYS, other) | {ADDON: addon}
        with common.step(f"{case.title}: {arguments.rounds} rounds"):
            for ways in common.rotations(WAYS, arguments.rounds):
                case.rounds.append({w: _run_way(case, w, workers[w]) for w in ways})
        case.compared = other.call("compare")
        with common.step(f"{case.title}: one corrected timesheet"):
            _run_way(case, ADDON, addon)
            for way in CORRECTIONS:
                case.corrected[way] = addon.call("correct", way=way)
            addon.call("keep", way=ADDON)
            _run_way(case, SQL, other)
            case.compared_again = other.call("compare")


def _run_way(case: Case, way: str, worker: common.Worker) -> dict[str, float]:
    """All begin with a table without provisional rows, dead ones swept away."""
    worker.call("clear")
    common.query("VACUUM ANALYZE backflush_variance", case.database)
    command, words = COMMANDS[way]
    figures = worker.call(command, **words)
    if way != SQL_NONE:
        worker.call("keep", way=way)
    return figures


# -- report ----------------------------------------------------------------------------


def _print_figures(cases: list[Case]) -> None:
    header = ("orders", "way", "rows", "wall s", "process CPU s", "database CPU s")
    header += ("queries", "µs an order", "growth", "process MB", "database MB")
    header += ("temp files MB", "× sql")
    rows = []
    for case in cases:
        for way in WAYS:
            work = case.work_per_order(way)
            rows.append(
                (
                    f"{case.orders:,}",
                    way,
                    f"{case.value(way, 'rows'):,.0f}",
                    f"{case.value(way, 'wall'):.2f}",
                    f"{case.value(way, 'cpu'):.2f}",
                    f"{case.value(way, 'database'):.2f}",
                    f"{case.value(way, 'queries'):,.0f}",
                    f"{work:.0f}",
                    f"{work / (cases[0].work_per_order(way) or 1):.2f}",
                    f"{case.most(way, 'peak'):.0f}",
                    f"{case.most(way, 'private'):.0f}",
                    f"{case.most(way, 'files'):.0f}",
                    f"{case.value(way, 'wall') / case.value(SQL, 'wall'):.2f}",
                )
            )
    common.print_table("Recompute of a period", header, rows)
    for case in cases:
        ratios = (f"{case.ratio(way):.2f} × {way}" for way in WAYS[1:])
        print(f"  {case.title}: the addon in each round: {', '.join(ratios)}")


def _print_corrections(cases: list[Case]) -> None:
    header = ("orders", "by", "edit s", "recompute s", "rows of the order")
    header += ("rows of others", "rows written in all")
    rows = []
    for case in cases:
        for way, figures in case.corrected.items():
            rows.append(
                (
                    f"{case.orders:,}",
                    way,
                    f"{figures['edit']:.3f}",
                    f"{figures['recompute']:.3f}",
                    f"{figures['own']}",
                    f"{figures['others']}",
                    ", ".join(f"{n} {t}" for t, n in figures["written"].items()),
                )
            )
    common.print_table("One corrected timesheet", header, rows)


def _verdicts(cases: list[Case]) -> Iterator[tuple[bool, str]]:
    """Whether each target is met, and the sentence that says so."""
    for case in cases:
        name = case.title
        for when, found in (
            ("the period", case.compared),
            ("after the correction", case.compared_again),
        ):
            text = f"{name}: {when}: amounts by order, kind and element are alike "
            text += f"(largest difference {found['difference']:.3f}, addon "
            text += f"{found['addon_rows']:,.0f}, SQL {found['sql_rows']:,.0f} rows)"
            yield found["addon_rows"] > 0 and found["difference"] <= ALIKE, text
        ratio = case.ratio()
        yield ratio <= SQL_FACTOR, f"{name}: {ratio:.2f} × SQL (at most {SQL_FACTOR})"
        for title, value in (
            ("process", case.most(ADDON, "peak")),
            ("database", case.most(ADDON, "private")),
            ("temporary files", case.most(ADDON, "files")),
        ):
            text = f"{name}: {title} {value:.0f} MB (below {MEMORY})"
            yield value < MEMORY, text
        yield from _correction_verdicts(case)
    first = cases[0].work_per_order(ADDON)
    for case in cases[1:]:
        work = case.work_per_order(ADDON)
        text = f"{case.title}: {work:.0f} µs of CPU an order, with "
        text += f"{cases[0].orders:,} {first:.0f} (at most × {GROWTH})"
        yield work <= GROWTH * first, text


def _correction_verdicts(case: Case) -> Iterator[tuple[bool, str]]:
    for way, figures in case.corrected.items():
        yield (
            figures["own"] > 0 and not figures["others"],
            f"{case.title}: a corrected timesheet touches {figures['own']} rows of its "
            f"order and {figures['others']} of others ({way}, "
            f"{figures['recompute']:.3f} s)",
        )


def _report(cases: list[Case]) -> int:
    _print_figures(cases)
    _print_corrections(cases)
    print()
    verdicts = list(_verdicts(cases))
    for met, text in verdicts:
        print(f"  {'PASS' if met else 'FAIL'}  {text}")
    common.save("variances", [vars(case) for case in cases])
    return int(not all(met for met, _text in verdicts))


def main() -> int:
    """Carry out the measurement; 1 if a target is missed."""
    arguments = _parse()
    with common.alone("variances"):
        return _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    cases = [Case(orders) for orders in sorted(arguments.orders)]
    try:
        if arguments.reuse:
            _reuse(cases)
        else:
            _prepare(cases)
        if arguments.profile:
            return _profile(cases)
        for case in cases:
            _measure(case, arguments)
        return _report(cases)
    finally:
        if not arguments.keep:
            for name in (BASE, *(case.database for case in cases)):
                common.drop(name)


def _profile(cases: list[Case]) -> int:
    for case in cases:
        with common.worker("_variances_worker.py", case.database) as worker:
            worker.call("addon")
            print(case.title, worker.call("profile"), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
