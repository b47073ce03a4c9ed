"""Finish manufacturing orders: periodic Odoo, perpetual Odoo and the addon in turn.

The addon books at once (``addon``) or records for one entry a day (``daily``).  The
same orders (same data in four databases, a process each) are finished in each
mode, in rotation, one order per call and many orders in one call; every call starts
with an empty cache, runs up to the commit and is undone.  Figures are medians, per
order: CPU time of the process, wall clock, queries, journal entries and items.

What a mode adds is its difference to periodic Odoo in the same round, median over the
rounds.  Proportions to perpetual Odoo are taken within a round as well.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import _common as common
from _completion_profile import print_profile
from _figures import Figures, number, print_figures

MODES = ("periodic", "perpetual", "addon", "daily")
PERIODIC, PERPETUAL, ADDON, DAILY = MODES
COMPONENTS = (5, 20)
WARM_UP = 2
# Targets: CPU of one order; what is added, for one order and per order of many at once.
CPU_LIMIT = 0.8
ADDED_LIMIT = {True: 0.6, False: 0.5}
# Many records are written in blocks, so that a block more may fall upon many orders.
GROWTH_LIMIT = {True: 0.0, False: 0.5}
# CPU of the daily mode in proportion to periodic Odoo, which books nothing.
DAILY_LIMIT = {True: 1.15, False: 1.1}


@dataclass
class Case(Figures):
    """So many orders of so many components in one call, and what was measured."""

    orders: int
    components: int

    @property
    def is_single(self) -> bool:
        return self.orders == 1

    @property
    def title(self) -> str:
        orders = "one order" if self.is_single else f"{self.orders} orders in one call"
        return f"{orders}, {self.components} components"

    def added_ratio(self, measure: str) -> float:
        """The addon's addition as a part of perpetual Odoo's."""
        added = self.added(ADDON, measure, PERIODIC)
        return added / self.added(PERPETUAL, measure, PERIODIC)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./dev bench completion",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="few rounds, 40 orders instead of 50")
    add("--rounds", type=int, help="rounds of one order per call (18; quick: 6)")
    add("--many-rounds", type=int, help="rounds of many orders per call (3)")
    add("--orders", type=int, help="orders in one call (50; quick: 40)")
    add(
        "--profile",
        action="store_true",
        help="show functions and queries instead of measuring",
    )
    add("--keep", action="store_true", help="leave the databases bf_bench_* behind")
    add("--reuse", action="store_true", help="use the databases that --keep left")
    arguments = parser.parse_args()
    arguments.rounds = arguments.rounds or (6 if arguments.quick else 18)
    arguments.many_rounds = arguments.many_rounds or 3
    arguments.orders = arguments.orders or (40 if arguments.quick else 50)
    return arguments


# -- databases -------------------------------------------------------------------------


def _database(mode: str) -> str:
    return f"bf_bench_{mode}"


def _prepare(orders: int) -> None:
    """Make the factory once, then copy it and set each copy to its mode."""
    with common.step(f"a factory with {orders} orders of {COMPONENTS} components each"):
        common.copy(common.setting("BACKFLUSH_TEMPLATE"), _database(PERIODIC))
        with common.worker("_factory.py", _database(PERIODIC)) as worker:
            worker.call("set_up", components=COMPONENTS, orders=orders)
    for mode in (PERPETUAL, ADDON, DAILY):
        with common.step(f"a copy: {mode}"):
            common.copy(_database(PERIODIC), _database(mode))
            if mode in (ADDON, DAILY):
                common.install(_database(mode))
            with common.worker("_factory.py", _database(mode)) as worker:
                worker.call(f"use_{mode}")
    for mode in MODES:
        common.query("VACUUM ANALYZE", _database(mode))


def _reuse() -> None:
    if not all(common.exists(_database(mode)) for mode in MODES):
        common.fail("there are no databases to reuse: run with --keep first.")
    with common.step("update the addon"):
        for mode in (ADDON, DAILY):
            common.install(_database(mode), update=True)


# -- measuring -------------------------------------------------------------------------


def _measure(case: Case, rounds: int, workers: dict[str, common.Worker]) -> None:
    what = {"components": case.components, "orders": case.orders}
    with common.step(f"{case.title}: {rounds} rounds"):
        for worker in workers.values():
            for _ in range(WARM_UP if case.is_single else 1):
                worker.call("measure", **what | {"orders": min(case.orders, 10)})
        for modes in common.rotations(MODES, rounds):
            figures = {mode: workers[mode].call("measure", **what) for mode in modes}
            case.rounds.append(figures)


# -- report ----------------------------------------------------------------------------


def _print_added(cases: list[Case]) -> None:
    header = ["per call", "components", "perpetual: CPU ms", "queries"]
    header += ["addon: CPU ms", "queries", "addon ÷ perpetual: CPU", "queries"]
    header += ["daily: CPU ms", "queries", "daily ÷ periodic: CPU"]
    rows = []
    for case in cases:
        row = [str(case.orders), str(case.components)]
        for mode in (PERPETUAL, ADDON, DAILY):
            row += [
                number(x, case.added(mode, x, PERIODIC)) for x in ("cpu", "queries")
            ]
            if mode == ADDON:
                row += [f"{case.added_ratio(x):.2f}" for x in ("cpu", "queries")]
        row.append(f"{case.ratio(DAILY, 'cpu', PERIODIC):.2f}")
        rows.append(row)
    common.print_table("What is added to periodic Odoo, per order", header, rows)


def _verdicts(cases: list[Case]) -> Iterator[tuple[bool, str]]:
    """Each target with the figure that meets or misses it."""
    for case in cases:
        if case.is_single:
            ratio = case.ratio(ADDON, "cpu", PERPETUAL)
            text = f"CPU {ratio:.2f} × perpetual Odoo's (at most {CPU_LIMIT})"
            yield ratio <= CPU_LIMIT, f"{case.title}: {text}"
        limit = ADDED_LIMIT[case.is_single]
        for measure, name in (("cpu", "CPU"), ("queries", "queries")):
            ratio = case.added_ratio(measure)
            text = (
                f"adds {ratio:.2f} × the {name} perpetual Odoo adds (at most {limit})"
            )
            yield ratio <= limit, f"{case.title}: {text}"
        ratio, limit = case.ratio(DAILY, "cpu", PERIODIC), DAILY_LIMIT[case.is_single]
        text = f"daily: CPU {ratio:.2f} × periodic Odoo's (at most {limit})"
        yield ratio <= limit, f"{case.title}, {text}"
    for single in (True, False):
        few, many = (case for case in cases if case.is_single == single)
        before, after = (case.added(ADDON, "queries", PERIODIC) for case in (few, many))
        text = f"{many.title}: adds {number('queries', after)} queries, "
        text += f"with {few.components} components {number('queries', before)}"
        yield after - before <= GROWTH_LIMIT[single], text


def _report(cases: list[Case]) -> int:
    words = [((str(x.orders), str(x.components)), x) for x in cases]
    print_figures(words, ("per call", "components"), MODES, PERPETUAL)
    _print_added(cases)
    print()
    verdicts = list(_verdicts(cases))
    for met, text in verdicts:
        print(f"  {'PASS' if met else 'FAIL'}  {text}")
    common.save("completion", [vars(case) for case in cases])
    return int(not all(met for met, _text in verdicts))


def main() -> int:
    """Carry out the measurement; 1 if a target is missed."""
    arguments = _parse()
    with common.alone("completion"):
        return _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    cases = [
        Case(orders, components)
        for orders in (1, arguments.orders)
        for components in COMPONENTS
    ]
    try:
        if arguments.reuse:
            _reuse()
        else:
            _prepare(max(arguments.orders, 10))
        with ExitStack() as stack:
            workers = {
                mode: stack.enter_context(common.worker("_factory.py", _database(mode)))
                for mode in MODES
            }
            if arguments.profile:
                print_profile(cases, workers)
                return 0
            for case in cases:
                rounds = arguments.rounds if case.is_single else arguments.many_rounds
                _measure(case, rounds, workers)
        return _report(cases)
    finally:
        if not arguments.keep:
            for mode in MODES:
                common.drop(_database(mode))


if __name__ == "__main__":
    sys.exit(main())
