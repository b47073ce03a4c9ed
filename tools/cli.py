"""The command line of ``./dev``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import testing
from console import Trouble
from layout import Layout


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dev", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    test = commands.add_parser("test", help="run the tests", allow_abbrev=False)
    test.add_argument("--fast", action="store_true")
    test.add_argument("--fresh", action="store_true")
    test.add_argument("--install-only", action="store_true")
    test.add_argument("--no-update", action="store_true")
    test.add_argument("--name", metavar="NAME")
    shell = commands.add_parser("shell", allow_abbrev=False)
    shell.add_argument("script", nargs="?")
    shell.add_argument("--database", default="backflush_demo")
    return parser


def main(root: Path) -> int:
    """Run one command and return its exit code."""
    parser = _parser()
    arguments, words = parser.parse_known_args()
    try:
        if arguments.command == "shell":
            import shell

            return shell.run(Layout(root), arguments)
        return testing.run(Layout(root), arguments, words)
    except Trouble as trouble:
        print(f"dev: {trouble}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
