"""Roll up standards: the addon, raw SQL and Odoo's own calculation in turn.

Generated structures of products in 5 levels of bills, with 3 to 7 components and 2
operations each, a fifth of the products bought.  Each of the ways works on the same
rows, in turn, from an empty cache up to the commit:

addon      `backflush.version.action_roll_up()`: cards and lines written, the former
           ones deleted
sql        one computation level by level in SQL alone; a row per card and per line in
           plain tables without keys
sql-cards  the same written where the addon writes, with all keys, former rows deleted
sql-none   the same without writing
odoo       `action_bom_cost()` on every product with a bill; once per structure, and not
           on the largest, where it would take most of an hour

Figures are medians over the rounds.  Proportions to SQL are those of the wall clock
within a round, and the target is set against `sql-cards`, which writes the same rows:
most of what writing takes is the database's own work for keys and indexes, so that
`sql-cards` itself takes several times as long as `sql`.  To Odoo they are those of
medians.  Memory is that of the addon's whole process, Odoo
included.
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

ADDON, SQL, SQL_CARDS, SQL_NONE, ODOO = (
    "addon",
    "sql",
    "sql-cards",
    "sql-none",
    "odoo",
)
MODES = (ADDON, SQL, SQL_CARDS, SQL_NONE)
COMMANDS: dict[str, tuple[str, dict[str, Any]]] = {
    ADDON: ("addon", {}),
    SQL: ("sql", {"write": "tables"}),
    SQL_CARDS: ("sql", {"write": "cards"}),
    SQL_NONE: ("sql", {"write": "nothing"}),
}
SIZES = (1_000, 5_000, 20_000)
BASE = "bf_bench_rollup"
#: Odoo's calculation takes minutes at 5,000 products.
ODOO_AT_MOST = 5_000
# Targets.
ODOO_FACTOR = 100  # times faster than Odoo, from 5,000 products on
SQL_FACTOR = 5  # times the wall clock of SQL that writes the same cards
GROWTH = 1.25  # time per line, over that of the next smaller structure
MEMORY = 500  # MB
ALIKE = 1e-6  # relative difference of prices


@dataclass
class Case:
    """A structure, and what was measured on it."""

    products: int
    counts: dict[str, int] = field(default_factory=dict)
    first: dict[str, float] = field(default_factory=dict)
    rounds: list[dict[str, dict[str, float]]] = field(default_factory=list)
    odoo: dict[str, float] = field(default_factory=dict)
    prices: int = 0
    differences: dict[str, float] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return f"{self.products:,} products"

    @property
    def database(self) -> str:
        return f"{BASE}_{self.products}"

    @property
    def lines(self) -> int:
        return self.counts["lines"]

    def values(self, mode: str) -> dict[str, float]:
        """Medians over the rounds."""
        if mode == ODOO:
            return self.odoo
        names = self.rounds[0][mode]
        return {name: median(r[mode][name] for r in self.rounds) for name in names}

    def sql_ratio(self, mode: str) -> float:
        """The addon's wall clock over that of SQL, within the rounds."""
        return median(r[ADDON]["wall"] / r[mode]["wall"] for r in self.rounds)

    def odoo_ratio(self) -> float:
        """Odoo's wall clock over the addon's."""
        return self.odoo["wall"] / self.values(ADDON)["wall"]

    def work_per_line(self) -> float:
        """Microseconds of CPU, process and database, per line written."""
        values = self.values(ADDON)
        return 1e6 * (values["cpu"] + values["database"]) / self.lines

    def peak(self) -> float:
        """Most memory that the addon's process ever had, in MB."""
        return max(self.first["peak"], *(r[ADDON]["peak"] for r in self.rounds))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./dev bench rollup",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="1,000 products only")
    add("--products", type=int, nargs="+", help="sizes (1000 5000 20000)")
    add("--rounds", type=int, default=5, help="rounds of each size (5)")
    add("--no-odoo", action="store_true", help="leave out Odoo's own calculation")
    add(
        "--profile",
        action="store_true",
        help="show the functions of a roll-up instead of measuring",
    )
    add("--keep", action="store_true", help=f"leave the databases {BASE}_* behind")
    add("--reuse", action="store_true", help="use the databases that --keep left")
    arguments = parser.parse_args()
    if not arguments.products:
        arguments.products = SIZES[:1] if arguments.quick else SIZES
    return arguments


# -- databases -------------------------------------------------------------------------


def _prepare(cases: list[Case]) -> None:
    """Install the addon once; generate each structure in a copy."""
    with common.step("a database with the addon"):
        common.copy(common.setting("BACKFLUSH_TEMPLATE"), BASE)
        common.install(BASE)
    for case in cases:
        with common.step(f"a structure of {case.title}"):
            common.copy(BASE, case.database)
            with common.worker("_rollup_worker.py", case.database) as worker:
                worker.call("set_up", products=case.products)
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
            stack.enter_context(common.worker("_rollup_worker.py", case.database))
            for _ in range(2)
        )
        workers = dict.fromkeys(MODES, other) | {ADDON: addon}
        with common.step(f"{case.title}: {arguments.rounds} rounds"):
            case.first = addon.call("addon")
            for mode in MODES[1:]:
                other.call(COMMANDS[mode][0], **COMMANDS[mode][1])
            for modes in common.rotations(MODES, arguments.rounds):
                figures = {}
                for mode in modes:
                    command, words = COMMANDS[mode]
                    figures[mode] = workers[mode].call(command, **words)
                case.rounds.append(figures)
        costs = other.call("costs")
        case.counts = other.call("counts")
        if case.products <= ODOO_AT_MOST and not arguments.no_odoo:
            with common.step(f"{case.title}: Odoo's own calculation"):
                answer = other.call("odoo")
            case.odoo, costs[ODOO] = answer["figures"], answer["prices"]
    _compare(case, costs)


def _compare(case: Case, costs: dict[str, dict[str, float]]) -> None:
    """Largest relative difference of a product's cost to the addon's card."""
    cards = costs.pop(ADDON)
    case.prices = len(cards)
    for mode, prices in costs.items():
        if prices.keys() != cards.keys():
            common.fail(f"{case.title}: {mode} costs other products than the addon.")
        case.differences[mode] = max(
            abs(price - cards[product]) / cards[product]
            for product, price in prices.items()
        )


# -- report ----------------------------------------------------------------------------


def _print_figures(case: Case) -> None:
    rows = []
    for mode in (*MODES, ODOO):
        values = case.values(mode)
        if values:
            rows.append(
                (
                    mode,
                    f"{values['wall']:.2f}",
                    f"{values['cpu']:.2f}",
                    f"{values['database']:.2f}",
                    f"{values['queries']:,.0f}",
                    f"{1e6 * values['wall'] / case.lines:.1f}",
                    f"{values['wall'] / case.values(ADDON)['wall']:.2f}",
                )
            )
    header = ("way", "wall s", "process CPU s", "database CPU s", "queries")
    header += ("µs a line", "× addon")
    title = f"{case.title}: {case.prices:,} cards, {case.lines:,} lines"
    common.print_table(title, header, rows)
    alike = ", ".join(f"{n} {d:.1e}" for n, d in case.differences.items())
    print(f"\n  first roll-up, no former cards: {case.first['wall']:.2f} s")
    ratios = (f"{case.sql_ratio(mode):.2f} × {mode}" for mode in MODES[1:])
    print(f"  the addon in each round: {', '.join(ratios)}")
    before = case.first["memory"]
    print(f"  memory: {before:.0f} MB before, {case.peak():.0f} MB at most")
    print(f"  largest relative difference of a price: {alike}")


def _verdicts(cases: list[Case]) -> Iterator[tuple[bool, str]]:
    """Whether each target is met, and the sentence that says so."""
    for case in cases:
        name = case.title
        yield (
            all(difference <= ALIKE for difference in case.differences.values()),
            f"{name}: prices are alike to {ALIKE:.0e} ({', '.join(case.differences)})",
        )
        ratio = case.sql_ratio(SQL_CARDS)
        yield (
            ratio <= SQL_FACTOR,
            f"{name}: {ratio:.2f} × raw SQL with writing (at most {SQL_FACTOR})",
        )
        if case.odoo:
            ratio = case.odoo_ratio()
            least = f"at least {ODOO_FACTOR}" if _has_limit(case) else "no limit"
            yield (
                ratio >= ODOO_FACTOR or not _has_limit(case),
                f"{name}: {ratio:.0f} × faster than Odoo ({least})",
            )
        yield case.peak() < MEMORY, f"{name}: {case.peak():.0f} MB (below {MEMORY})"
    for small, large in zip(cases, cases[1:], strict=False):
        before, after = small.work_per_line(), large.work_per_line()
        text = f"{large.title}: {after:.1f} µs of CPU a line, with "
        text += f"{small.products:,} {before:.1f} (at most × {GROWTH})"
        yield after <= GROWTH * before, text


def _has_limit(case: Case) -> bool:
    return case.products >= ODOO_AT_MOST


def _report(cases: list[Case]) -> int:
    for case in cases:
        _print_figures(case)
    print()
    verdicts = list(_verdicts(cases))
    for met, text in verdicts:
        print(f"  {'PASS' if met else 'FAIL'}  {text}")
    common.save("rollup", [vars(case) for case in cases])
    return int(not all(met for met, _text in verdicts))


def main() -> int:
    """Carry out the measurement; 1 if a target is missed."""
    arguments = _parse()
    with common.alone("rollup"):
        return _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    cases = [Case(products) for products in sorted(arguments.products)]
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
        with common.worker("_rollup_worker.py", case.database) as worker:
            worker.call("addon")
            print(case.title, worker.call("profile"), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
