"""Close a period: the addon and raw SQL in turn.

Generated months of finished orders with time, one journal entry a day, purchases and
bills, sales and invoices, and orders that people still work on (`_close_data`).  The
ways work on the same books, in turn, each from an empty cache up to the commit, after
everything that a close writes has been taken away, the rows of time included:

addon  "Compute", "Post" and "Adjust" of the close, each in a transaction of its own
sql    rows of time and of the period, disposition, bridge, the entry and the rows made
       final: computed and inserted in SQL alone, once, in one transaction

Figures are medians over the rounds; the proportion is that of the wall clock of
computing and posting, within a round.  Posting computes everything once more, so that
nobody books figures that have changed.  Growth is CPU (process and database) per order,
over that of the smallest period.  Memory is that of the addon's whole process, Odoo
included; of the database, what its server process has for itself.
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

ADDON, SQL = "addon", "sql"
WAYS = (ADDON, SQL)
WORKER = "_close_worker.py"
STEPS = {ADDON: ("compute", "post", "adjust"), SQL: ("all",)}
#: What is compared with SQL: nobody has to adjust.
COMPARED = {ADDON: ("compute", "post"), SQL: ("all",)}
SIZES = (2_000, 20_000, 100_000)
BASE = "bf_bench_close"
TABLES = "account_move, account_move_line, backflush_variance, backflush_posting"
# Targets.
SQL_FACTOR = 3  # times the wall clock of SQL that writes the same rows
GROWTH = 1.25  # CPU per order, over that of the smallest period
MEMORY = 1_000  # MB, of the process and of the database each
QUERIES = 1.1  # times those of the smallest period
#: An order and element has at most six rows of up to half a cent each, and its total.
ALIKE = 0.036


@dataclass
class Case:
    """A period, and what was measured on it."""

    orders: int
    tables: dict[str, int] = field(default_factory=dict)
    rounds: list[dict[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def title(self) -> str:
        return f"{self.orders:,} orders"

    @property
    def database(self) -> str:
        return f"{BASE}_{self.orders}"

    def value(self, way: str, step: str, name: str) -> float:
        """Median over the rounds."""
        return median(figures[way][step][name] for figures in self.rounds)

    def total(self, way: str, *names: str) -> float:
        """Of the steps that are compared."""
        return sum(
            self.value(way, step, name) for step in COMPARED[way] for name in names
        )

    def ratio(self) -> float:
        """The addon's wall clock over that of SQL, within the rounds."""
        return median(
            sum(r[ADDON][step]["wall"] for step in COMPARED[ADDON])
            / r[SQL]["all"]["wall"]
            for r in self.rounds
        )

    def work_per_order(self, way: str) -> float:
        """Microseconds of CPU, process and database."""
        return 1e6 * self.total(way, "cpu", "database") / self.orders

    def most(self, way: str, name: str) -> float:
        """Largest over the rounds and steps."""
        return max(r[way][step][name] for r in self.rounds for step in STEPS[way])

    def difference(self) -> tuple[float, str]:
        """The largest one of rows by kind and element, for each order; and of what."""
        found = {way: self.rounds[-1][way]["found"] for way in WAYS}
        keys = {key for rows in found.values() for key in rows if key[:4] == "row "}
        differences = {
            key: abs(found[ADDON].get(key, 0) - found[SQL].get(key, 0)) for key in keys
        }
        worst = max(differences, key=lambda key: differences[key])
        return differences[worst] / self.orders, worst


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./dev bench close",
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
        help="show the functions and slow statements of a close instead of measuring",
    )
    add("--keep", action="store_true", help=f"leave the databases {BASE}_* behind")
    add("--reuse", action="store_true", help="use what --keep left, as it is")
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
    with (
        common.step("products, cards and template documents"),
        common.worker(WORKER, BASE) as worker,
    ):
        worker.call("set_up")
    for case in cases:
        _generate(case)


def _reuse(cases: list[Case]) -> None:
    """Take the databases as they are; generate the periods that are missing."""
    for case in cases:
        if not common.exists(case.database):
            if not common.exists(BASE):
                common.fail("there are no databases to reuse: run with --keep first.")
            _generate(case)


def _generate(case: Case) -> None:
    with common.step(f"a period of {case.title}"):
        common.copy(BASE, case.database)
        with common.worker(WORKER, case.database) as worker:
            case.tables = worker.call("generate", orders=case.orders)
    common.query("VACUUM ANALYZE", case.database)


# -- measuring -------------------------------------------------------------------------


def _measure(case: Case, rounds: int) -> None:
    """The addon has a process of its own, so that its memory can be told."""
    with ExitStack() as stack:
        workers = {
            way: stack.enter_context(common.worker(WORKER, case.database))
            for way in WAYS
        }
        with common.step(f"{case.title}: {rounds} rounds"):
            for ways in common.rotations(WAYS, rounds):
                case.rounds.append({w: _run_way(case, w, workers[w]) for w in ways})


def _run_way(case: Case, way: str, worker: common.Worker) -> dict[str, Any]:
    """All begin with books that nobody has closed, dead rows swept away."""
    worker.call("clear")
    common.query(f"VACUUM ANALYZE {TABLES}", case.database)
    figures: dict[str, Any] = worker.call(way)
    return figures


# -- report ----------------------------------------------------------------------------


def _print_figures(cases: list[Case]) -> None:
    header = ("orders", "way", "step", "rows", "wall s", "process CPU s")
    header += ("database CPU s", "queries", "process MB", "database MB")
    rows = []
    for case in cases:
        for way in WAYS:
            for step in STEPS[way]:
                rows.append(
                    (
                        f"{case.orders:,}",
                        way,
                        step,
                        f"{case.rounds[-1][way]['rows']:,}",
                        f"{case.value(way, step, 'wall'):.2f}",
                        f"{case.value(way, step, 'cpu'):.2f}",
                        f"{case.value(way, step, 'database'):.2f}",
                        f"{case.value(way, step, 'queries'):,.0f}",
                        f"{case.value(way, step, 'peak'):.0f}",
                        f"{case.value(way, step, 'private'):.0f}",
                    )
                )
    common.print_table("Close of a period", header, rows)
    header = ("orders", "way", "wall s", "CPU s", "µs an order", "growth", "× sql")
    rows = []
    for case in cases:
        for way in WAYS:
            work, first = case.work_per_order(way), cases[0].work_per_order(way)
            rows.append(
                (
                    f"{case.orders:,}",
                    way,
                    f"{case.total(way, 'wall'):.2f}",
                    f"{case.total(way, 'cpu', 'database'):.2f}",
                    f"{work:.0f}",
                    f"{work / (first or 1):.2f}",
                    f"{case.total(way, 'wall') / case.total(SQL, 'wall'):.2f}",
                )
            )
    common.print_table("Computing and posting", header, rows)


def _verdicts(cases: list[Case]) -> Iterator[tuple[bool, str]]:
    """Whether each target is met, and the sentence that says so."""
    for case in cases:
        name = case.title
        difference, worst = case.difference()
        mine, other = (case.rounds[-1][way]["rows"] for way in WAYS)
        text = f"{name}: rows by kind and element are alike (largest difference "
        text += f"{difference:.4f} an order, {worst}; addon {mine:,}, SQL {other:,})"
        yield mine > 0 and difference <= ALIKE, text
        ratio = case.ratio()
        yield ratio <= SQL_FACTOR, f"{name}: {ratio:.2f} × SQL (at most {SQL_FACTOR})"
        for title, key in (("process", "peak"), ("database", "private")):
            value = case.most(ADDON, key)
            yield value < MEMORY, f"{name}: {title} {value:.0f} MB (below {MEMORY})"
    first = cases[0]
    for case in cases[1:]:
        work, least = case.work_per_order(ADDON), first.work_per_order(ADDON)
        text = f"{case.title}: {work:.0f} µs of CPU an order, with {first.orders:,} "
        yield work <= GROWTH * least, f"{text}{least:.0f} (at most × {GROWTH})"
        queries = case.total(ADDON, "queries")
        few = first.total(ADDON, "queries")
        text = f"{case.title}: {queries:.0f} queries, with {first.orders:,} {few:.0f}"
        yield queries <= QUERIES * few, f"{text} (at most × {QUERIES})"


def _report(cases: list[Case]) -> int:
    _print_figures(cases)
    print()
    verdicts = list(_verdicts(cases))
    for met, text in verdicts:
        print(f"  {'PASS' if met else 'FAIL'}  {text}")
    common.save("close", [vars(case) for case in cases])
    return int(not all(met for met, _text in verdicts))


def _profile(cases: list[Case]) -> int:
    for case in cases:
        with common.worker(WORKER, case.database) as worker:
            worker.call("clear")
            print(case.title, worker.call("profile"), sep="\n")
            for seconds, step, text in worker.call("statements"):
                print(f"{seconds:8.3f} s  {step}: {text}")
    return 0


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
            _measure(case, arguments.rounds)
        return _report(cases)
    finally:
        if not arguments.keep:
            for name in (BASE, *(case.database for case in cases)):
                common.drop(name)


def main() -> int:
    """Carry out the measurement; 1 if a target is missed."""
    arguments = _parse()
    with common.alone("close"):
        return _run(arguments)


if __name__ == "__main__":
    sys.exit(main())
