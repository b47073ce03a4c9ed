"""play random scenarios of shop events and check the books after every step

./dev fuzz                                  400 scenarios, others each time
./dev fuzz --sequences 5000 --steps 30      many, and long ones
./dev fuzz --seed 7 --variant 2             the same ones as last time

Scenarios are spread over the four variants and over two families of standards (whole
cents, and fractions of a cent); what was played and how long it took is printed for
each.  A scenario that fails is made shorter and printed as plain calls, ready to be
pasted into tests/test_scenarios.py.  Unknown words are handed to pytest.
"""

from __future__ import annotations

import argparse
import os
import random

import testing
from layout import Layout

VARIANTS = (1, 2, 3, 4)
FAMILIES = {"cents": "test_whole_cents", "fractions": "test_fractions"}
_FILE = "tests/fuzz/test_fuzz.py"


def _count(word: str) -> int:
    number = int(word)
    if number < 1:
        raise argparse.ArgumentTypeError("1 or more")
    return number


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of ``./dev fuzz``; all others are pytest's."""
    parser.usage = "dev fuzz [options] [pytest's options]"
    parser.add_argument(
        "--sequences", type=_count, default=400, help="how many in all (400)"
    )
    parser.add_argument(
        "--steps", type=_count, default=12, help="steps in each of them (12)"
    )
    parser.add_argument(
        "--seed", type=int, help="play those of this number (another one each time)"
    )
    parser.add_argument(
        "--variant", type=int, choices=VARIANTS, help="in this variant only"
    )
    parser.add_argument(
        "--family", choices=tuple(FAMILIES), help="with these standards only"
    )
    parser.add_argument(
        "--shrink",
        type=_count,
        default=120,
        metavar="SECONDS",
        help="how long to make a failing scenario shorter (120)",
    )
    parser.add_argument(
        "--name",
        type=testing.database_name,
        default="fuzz",
        help="use the database bf_test_NAME (fuzz)",
    )
    parser.add_argument(
        "--no-update", action="store_true", help="take the database as it is"
    )


def variables(arguments: argparse.Namespace) -> dict[str, str]:
    """What the runner reads from the environment."""
    tests = 1 if arguments.variant else len(VARIANTS)
    tests *= 1 if arguments.family else len(FAMILIES)
    seed = arguments.seed
    return {
        "BACKFLUSH_FUZZ_SEQUENCES": str(-(-arguments.sequences // tests)),
        "BACKFLUSH_FUZZ_STEPS": str(arguments.steps),
        "BACKFLUSH_FUZZ_SEED": str(random.randrange(10**6) if seed is None else seed),
        "BACKFLUSH_FUZZ_SHRINKING": str(arguments.shrink),
    }


def words(layout: Layout, arguments: argparse.Namespace) -> list[str]:
    """The words for ``./dev test``."""
    tests = f"Fuzz{arguments.variant}" if arguments.variant else "Fuzz"
    if arguments.family:
        tests += f" and {FAMILIES[arguments.family]}"
    # the figures are printed while it runs; what Odoo logs belongs to the report
    options = ["-q", "-s", "--tb=short", "--show-capture=no", "-k", tests]
    return [str(layout.root / _FILE), *options, *arguments.rest]


def run(layout: Layout, arguments: argparse.Namespace) -> int:
    """Carry out ``./dev fuzz``."""
    os.environ.update(variables(arguments))
    request = argparse.Namespace(
        odoo=None,
        fast=False,
        fresh=False,
        install_only=False,
        no_update=arguments.no_update,
        name=arguments.name,
        rest=words(layout, arguments),
    )
    code = testing.run(layout, request)
    print(f"seed: {os.environ['BACKFLUSH_FUZZ_SEED']}")
    return code
