"""The command line of ``./dev``: one module for each command."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import bench
import demo
import fuzzing
import lint
import shell
import tear_down
import testing
from console import Trouble
from layout import Layout

_SURROUNDINGS = """
Everything is made under .dev/ in this checkout.  Environment variables:

  ODOO_PATH        a checkout or unpacked tree of Odoo 19.0; without it an importable
                   odoo is used, else Debian's package is fetched through apt
  PGHOST, PGPORT, PGUSER, PGPASSWORD or DATABASE_URL
                   a PostgreSQL server to use instead of a private one; the role
                   needs LOGIN and CREATEDB and may not be called postgres
  BACKFLUSH_CACHE  a folder for Odoo and the Python packages, to be shared by
                   several checkouts (.dev/cache)
"""
# command: (what it does, its options, what runs it)
_COMMANDS = {
    "demo": (demo.__doc__, demo.add_options, demo.run),
    "test": (testing.__doc__, testing.add_options, testing.run),
    "fuzz": (fuzzing.__doc__, fuzzing.add_options, fuzzing.run),
    "shell": (shell.__doc__, shell.add_options, shell.run),
    "stop": (tear_down.stop.__doc__, tear_down.add_stop_options, tear_down.stop),
    "clean": (tear_down.clean.__doc__, tear_down.add_clean_options, tear_down.clean),
    "lint": (lint.__doc__, lint.add_options, lint.run),
    "bench": (bench.__doc__, bench.add_options, bench.run),
}
_PASS_ON = ("test", "fuzz", "bench")  # commands that hand unknown words on


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dev",
        description="Set up, show, test and measure this addon.",
        epilog=_SURROUNDINGS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (text, add_options, _run) in _COMMANDS.items():
        description = textwrap.dedent(text or "").strip()
        command = commands.add_parser(
            name,
            help=description.splitlines()[0],
            description=description,
            epilog=_SURROUNDINGS,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        add_options(command)
    return parser


def main(root: Path, words: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = _parser()
    arguments, rest = parser.parse_known_args(words)
    if rest and arguments.command not in _PASS_ON:
        parser.error(f"{arguments.command} does not know {' '.join(rest)}")
    arguments.rest = rest
    # ended from outside, the programs that we started end with us
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    run = _COMMANDS[arguments.command][2]
    try:
        return run(Layout(root), arguments)
    except Trouble as trouble:
        lines = [trouble.details, f"dev: {trouble}"]
        print(*filter(None, lines), sep="\n", file=sys.stderr)
        return 1
    except (OSError, subprocess.CalledProcessError) as error:
        # such as no right to write here, or a full disk: the system's own words
        print(f"dev: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
