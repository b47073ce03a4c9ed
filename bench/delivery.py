"""Deliver to customers: plain Odoo and the addon, costed when finished or delivered.

The same transfers (same data in a database for each mode, a process each) are validated
in turn: ``periodic`` and ``perpetual`` are plain Odoo, which books nothing before the
invoice; ``completion`` the addon for goods that are costed when finished (it books
nothing either, but records what moved), ``delivery`` for goods costed when delivered,
``daily`` the same with one entry a day.  Every call starts with an empty cache, runs up
to the commit and is undone.  Figures are medians per transfer; proportions and
differences are taken within a round.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from dataclasses import dataclass

import _common as common
from _figures import Figures, number, print_figures

PERIODIC, PERPETUAL, COMPLETION, DELIVERY, DAILY = MODES = (
    "periodic",
    "perpetual",
    "completion",
    "delivery",
    "daily",
)
#: Postings of each delivered line.
POSTED = {DELIVERY: 1, DAILY: 1}
WARM_UP = 2


@dataclass
class Case(Figures):
    """So many transfers of so many lines in one call, and what was measured."""

    transfers: int
    lines: int

    @property
    def title(self) -> str:
        single = self.transfers == 1
        transfers = "one transfer" if single else f"{self.transfers} transfers"
        lines = "one line" if self.lines == 1 else f"{self.lines} lines"
        return f"{transfers} of {lines}"


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./dev bench delivery",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="few rounds")
    add("--rounds", type=int, help="rounds of one transfer (18; quick: 6)")
    add("--many-rounds", type=int, help="rounds of many lines (6; quick: 3)")
    add("--many", type=int, default=50, help="transfers in a call, and lines of one")
    add("--modes", nargs="+", choices=MODES, default=MODES, help="only these, in turn")
    add("--keep", action="store_true", help="leave the databases bf_bench_out_* behind")
    add("--reuse", action="store_true", help="use the databases that --keep left")
    arguments = parser.parse_args()
    arguments.rounds = arguments.rounds or (6 if arguments.quick else 18)
    arguments.many_rounds = arguments.many_rounds or (3 if arguments.quick else 6)
    return arguments


# -- databases -------------------------------------------------------------------------


def _database(mode: str) -> str:
    return f"bf_bench_out_{mode}"


def _prepare(cases: list[Case], modes: list[str]) -> None:
    """Make the goods once, then copy them and set each copy to its mode."""
    sizes = [[case.transfers, case.lines] for case in cases]
    with common.step("goods on hand, and transfers ready to go"):
        common.copy(common.setting("BACKFLUSH_TEMPLATE"), _database(PERIODIC))
        with common.worker("_deliveries.py", _database(PERIODIC)) as worker:
            worker.call("set_up", cases=sizes)
    for mode in modes:
        if mode == PERIODIC:
            continue
        with common.step(f"a copy: {mode}"):
            common.copy(_database(PERIODIC), _database(mode))
            if mode != PERPETUAL:
                common.install(_database(mode))
            with common.worker("_deliveries.py", _database(mode)) as worker:
                worker.call(f"use_{mode}")
    for mode in modes:
        common.query("VACUUM ANALYZE", _database(mode))


def _reuse(modes: list[str]) -> None:
    if not all(common.exists(_database(mode)) for mode in modes):
        common.fail("there are no databases to reuse: run with --keep first.")
    with common.step("update the addon"):
        for mode in modes:
            if mode not in (PERIODIC, PERPETUAL):
                common.install(_database(mode), update=True)


# -- measuring -------------------------------------------------------------------------


def _measure(case: Case, rounds: int, workers: dict[str, common.Worker]) -> None:
    def call(mode: str) -> dict[str, float]:
        size = {"transfers": case.transfers, "lines": case.lines}
        return workers[mode].call("measure", **size, posted=POSTED.get(mode, 0))

    with common.step(f"{case.title}: {rounds} rounds"):
        for mode in workers:
            for _ in range(WARM_UP if case.lines * case.transfers == 1 else 1):
                call(mode)
        for modes in common.rotations(list(workers), rounds):
            case.rounds.append({mode: call(mode) for mode in modes})


# -- report ----------------------------------------------------------------------------


def _print_added(cases: list[Case], modes: list[str]) -> None:
    header = ["transfers", "lines"]
    for mode in modes:
        header += [f"{mode}: CPU ms", "queries"]
    rows = []
    for case in cases:
        row = [str(case.transfers), str(case.lines)]
        for mode in modes:
            row += [
                number(x, case.added(mode, x, PERIODIC)) for x in ("cpu", "queries")
            ]
        rows.append(row)
    common.print_table("What is added to periodic Odoo, per transfer", header, rows)


def _report(cases: list[Case], modes: list[str]) -> None:
    words = [((str(x.transfers), str(x.lines)), x) for x in cases]
    print_figures(words, ("transfers", "lines"), modes, PERIODIC)
    _print_added(cases, modes[1:])
    common.save("delivery", [vars(case) for case in cases])


def main() -> int:
    """Carry out the measurement."""
    arguments = _parse()
    with common.alone("delivery"):
        return _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    many, modes = arguments.many, [PERIODIC]
    modes += [mode for mode in arguments.modes if mode != PERIODIC]
    cases = [Case(1, 1), Case(1, many), Case(many, 1)]
    try:
        if arguments.reuse:
            _reuse(modes)
        else:
            _prepare(cases, modes)
        with ExitStack() as stack:
            workers = {
                mode: stack.enter_context(
                    common.worker("_deliveries.py", _database(mode))
                )
                for mode in modes
            }
            for case in cases:
                single = case.transfers * case.lines == 1
                rounds = arguments.rounds if single else arguments.many_rounds
                _measure(case, rounds, workers)
        _report(cases, modes)
        return 0
    finally:
        if not arguments.keep:
            for mode in modes:
                common.drop(_database(mode))


if __name__ == "__main__":
    sys.exit(main())
