"""Many people at the same time on one database: plain Odoo and the addon in turn.

A real server of several worker processes serves users who have manufacturing and stock
rights only (and two accountants) over JSON-RPC, as browsers do.  They finish the same
order at once, finish hundreds of orders that share components, deliver, correct,
retry and reverse; workers are killed (kill -9) in every phase of a completion, a
delivery, a retry and a reversal.

The same is played in three databases with the same data: periodic Odoo (which books
nothing), perpetual Odoo and the addon.  After each scenario the database is checked:
every event booked exactly once, nothing waiting, ledger = stock.  What users are told
in the addon's database must be something that plain Odoo tells as well.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from statistics import median

import _common as common
from _concurrency_checks import check, check_closing
from _concurrency_floor import (
    GAVE_UP,
    ORDER,
    TRANSFER,
    Floor,
    Mode,
    Outcome,
    Sizes,
)
from _concurrency_scenarios import SCENARIOS, Scenario, play
from _rpc import server

SHOP = "_concurrency_shop.py"
PERIODIC, PERPETUAL = Mode("periodic", has_entries=False), Mode("perpetual")
ADDON = Mode("addon", has_addon=True)
MODES = (PERIODIC, PERPETUAL, ADDON)
SOURCE = f"{PERIODIC.database}_source"
FULL = Sizes(workers=8, orders=400, transfers=200, pairs=10)
QUICK = Sizes(workers=4, orders=40, transfers=20, pairs=4)

CHANCE = 0.02  # of all calls

Outcomes = dict[Scenario, dict[str, Outcome]]


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./dev bench concurrency",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = [scenario.name for scenario in SCENARIOS]
    add = parser.add_argument
    add("--quick", action="store_true", help="4 workers, 40 orders (8 and 400)")
    add("--orders", type=int, help="orders that share components")
    add("--port", type=int, default=8180, help="the server's port (8180)")
    add("--only", nargs="*", choices=names, metavar="NAME", help=", ".join(names))
    add("--modes", nargs="*", choices=[mode.name for mode in MODES])
    add("--keep", action="store_true", help="leave the databases behind")
    add("--reuse", action="store_true", help="begin with the shop that --keep left")
    arguments = parser.parse_args()
    arguments.sizes = QUICK if arguments.quick else FULL
    if arguments.orders:
        arguments.sizes = arguments.sizes._replace(orders=arguments.orders)
    arguments.scenarios = [
        scenario
        for scenario in SCENARIOS
        if not arguments.only or scenario.name in arguments.only
    ]
    arguments.modes = [
        mode for mode in MODES if not arguments.modes or mode.name in arguments.modes
    ]
    return arguments


# -- databases -------------------------------------------------------------------------


def _prepare(arguments: argparse.Namespace) -> None:
    """Make the shop once, then copy it and set each copy to its mode."""
    sizes = arguments.sizes
    orders, transfers = (
        sum(one.takes(sizes) for one in arguments.scenarios if one.model == model)
        for model in (ORDER, TRANSFER)
    )
    if not arguments.reuse:
        with common.step(f"a shop with {orders} orders and {transfers} deliveries"):
            common.copy(common.setting("BACKFLUSH_TEMPLATE"), SOURCE)
            with common.worker(SHOP, SOURCE) as worker:
                what = {"orders": orders, "transfers": transfers}
                worker.call("set_up_shop", **what, users=sizes.workers)
    for mode in arguments.modes:
        with common.step(f"a copy: {mode.name}"):
            _prepare_copy(mode)


def _prepare_copy(mode: Mode) -> None:
    common.copy(SOURCE, mode.database)
    if mode.has_addon:
        common.install(mode.database)
    with common.worker(SHOP, mode.database) as worker:
        if mode.has_entries:
            worker.call(f"use_{mode.name}")
            worker.call("open_books")
    common.query("VACUUM ANALYZE", mode.database)


# -- playing ---------------------------------------------------------------------------


def _play(mode: Mode, arguments: argparse.Namespace, outcomes: Outcomes) -> None:
    sizes = arguments.sizes
    with (
        common.worker(SHOP, mode.database) as worker,
        server(mode.database, arguments.port, sizes.workers, mode.moments) as running,
    ):
        floor = Floor(mode, running, worker, sizes.workers)
        for scenario in arguments.scenarios:
            if not scenario.is_played(floor):
                continue
            with common.step(f"{mode.name}: {scenario.title}"):
                outcome = play(scenario, floor, sizes)
                outcome.checks = list(_check(floor))
            outcomes.setdefault(scenario, {})[mode.name] = outcome


def _check(floor: Floor) -> Iterator[tuple[bool, str]]:
    mode, finished = floor.mode, floor.finished
    yield from check(
        mode.database, finished[ORDER], finished[TRANSFER], addon=mode.has_addon
    )
    if mode.has_addon:
        yield check_closing(floor.worker.call("closing"))


# -- report ----------------------------------------------------------------------------


def _count(counter: Counter[str]) -> str:
    named = [f"{number} {name.lower()}" for name, number in sorted(counter.items())]
    return ", ".join(named) or "-"


def _print_figures(outcomes: Outcomes) -> None:
    header = ["scenario", "mode", "calls", "seconds", "per minute", "median s"]
    header += ["slowest s", "killed", "errors", "started over by Odoo"]
    rows = []
    for scenario, by_mode in outcomes.items():
        for name, outcome in by_mode.items():
            calls, times = len(outcome.results), outcome.calls
            rows.append(
                [
                    scenario.name.replace("_", " "),
                    name,
                    str(calls),
                    f"{outcome.seconds:.1f}",
                    f"{60 * calls / outcome.seconds:.0f}" if times else "-",
                    f"{median(times):.2f}" if times else "-",
                    f"{max(times):.2f}" if times else "-",
                    str(outcome.lost),
                    str(outcome.errors.total()),
                    _count(outcome.retries),
                ]
            )
    common.print_table("What was done at the same time", header, rows)


def _print_errors(outcomes: Outcomes) -> None:
    print("\nWhat users were told:\n")
    told = False
    for scenario, by_mode in outcomes.items():
        for name, outcome in by_mode.items():
            for text, number in outcome.errors.items():
                told = True
                print(f"  {scenario.name}, {name}: {number} × {text}")
    if not told:
        print("  no errors")


def _verdicts(outcomes: Outcomes) -> Iterator[tuple[bool, str]]:
    names = list(dict.fromkeys(name for them in outcomes.values() for name in them))
    for name in names:
        mine = {
            scenario.name: them[name]
            for scenario, them in outcomes.items()
            if name in them
        }
        yield from _verdicts_of_checks(name, mine)
        problems = [
            f"{scenario}: {problem}"
            for scenario, outcome in mine.items()
            for problem in outcome.problems
        ]
        killed = sum(outcome.lost for outcome in mine.values())
        text = f"{name}: {killed} workers killed, nothing half done {problems or ''}"
        yield not problems, text.rstrip()
    yield from _verdicts_of_errors(outcomes)


def _verdicts_of_checks(
    name: str, outcomes: dict[str, Outcome]
) -> Iterator[tuple[bool, str]]:
    held: Counter[str] = Counter()
    for scenario, outcome in outcomes.items():
        for holds, text in outcome.checks:
            if holds:
                held[text] += 1
            else:
                yield False, f"{name}, after {scenario}: {text}"
    for text, number in held.items():
        yield True, f"{name}: {text} (after {number} of {len(outcomes)} scenarios)"


def _verdicts_of_errors(outcomes: Outcomes) -> Iterator[tuple[bool, str]]:
    """What the addon's users are told is what plain Odoo's are told, too."""
    for scenario, them in outcomes.items():
        if ADDON.name not in them:
            continue
        mine = them[ADDON.name]
        plain = [other for name, other in them.items() if name != ADDON.name]
        known = {text for other in plain for text in other.errors}
        new = {
            text
            for text in mine.errors
            if text not in known
            and not text.startswith(GAVE_UP)
            and not any(words in text for words in mine.told)
        }
        text = "no error that plain Odoo does not raise" if plain else "no error"
        text = f"{scenario.name}: {text}"
        yield not new, f"{text}: {sorted(new)}" if new else text
    yield from _verdicts_of_surrenders(outcomes)


def _verdicts_of_surrenders(outcomes: Outcomes) -> Iterator[tuple[bool, str]]:
    """Odoo tries five times: plain Odoo gives up as often, but for chance."""
    surrenders: dict[str, int] = {}
    calls: Counter[str] = Counter()
    for them in outcomes.values():
        for name, outcome in them.items():
            shared = len(them) > 1 or name != ADDON.name
            number = sum(
                count
                for text, count in outcome.errors.items()
                if text.startswith(GAVE_UP)
            )
            surrenders[name] = surrenders.get(name, 0) + number
            calls[name] += len(outcome.results) * shared
    if ADDON.name not in surrenders or len(surrenders) == 1:
        return
    mine = surrenders.pop(ADDON.name)
    chance = max(1, round(CHANCE * calls[ADDON.name]))
    text = ", ".join(f"{name} {number}" for name, number in surrenders.items())
    yield (
        mine <= max(surrenders.values()) + chance,
        f"calls that Odoo gave up after five tries: addon {mine}, {text}"
        f" (of {calls[ADDON.name]}; by chance {chance} more)",
    )


def _report(outcomes: Outcomes) -> int:
    _print_figures(outcomes)
    _print_errors(outcomes)
    print()
    verdicts = list(_verdicts(outcomes))
    for met, text in verdicts:
        print(f"  {'PASS' if met else 'FAIL'}  {text}")
    common.save(
        "concurrency",
        {
            scenario.name: {name: it.figures for name, it in them.items()}
            for scenario, them in outcomes.items()
        },
    )
    return int(not all(met for met, _text in verdicts))


def _run(arguments: argparse.Namespace) -> int:
    outcomes: Outcomes = {}
    try:
        _prepare(arguments)
        for mode in arguments.modes:
            _play(mode, arguments, outcomes)
        return _report(outcomes)
    finally:
        if not arguments.keep:
            for name in (SOURCE, *(mode.database for mode in MODES)):
                common.drop(name)


def main() -> int:
    """Carry out the measurement; 1 if something is broken."""
    arguments = _parse()
    with common.alone("concurrency"):
        return _run(arguments)


if __name__ == "__main__":
    sys.exit(main())
