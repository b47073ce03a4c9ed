"""check the style of all files

Runs every check, or those named: ./dev lint ruff xml.  Tracked files and new ones that
git does not ignore are checked.
"""

from __future__ import annotations

import argparse
import subprocess
import time
from pathlib import Path

import workbench
from console import Trouble, say
from layout import Layout
from lint_checks import CHECKS, Sources


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of ``./dev lint``."""
    listed = "; ".join(f"{name}: {check.__doc__}" for name, check in CHECKS.items())
    parser.add_argument("checks", nargs="*", metavar="CHECK", help=listed)
    parser.add_argument(
        "--fix", action="store_true", help="let ruff and prettier mend what they can"
    )


def run(layout: Layout, arguments: argparse.Namespace) -> int:
    """Carry out ``./dev lint``; 1 if any check found something."""
    unknown = set(arguments.checks) - set(CHECKS)
    if unknown:
        known = ", ".join(CHECKS)
        raise Trouble(f"There is no check {', '.join(unknown)}; there are {known}.")
    sources = Sources(
        layout, workbench.python(layout), _files(layout.root), arguments.fix
    )
    outcomes = {
        name: _outcome(sources, name)
        for name in CHECKS
        if not arguments.checks or name in arguments.checks
    }
    return int(not all(outcomes.values()))


def _outcome(sources: Sources, name: str) -> bool:
    begun = time.monotonic()
    findings = CHECKS[name](sources)
    seconds = time.monotonic() - begun
    if findings:
        say(findings.rstrip())
    say(f"{seconds:7.1f} s  {'FAILED' if findings else 'ok    '} {name}")
    return not findings


def _files(root: Path) -> list[Path]:
    """Tracked files and new ones that are not ignored, relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        raise Trouble("./dev lint asks git for the files to check: use a git checkout.")
    names = sorted(set(filter(None, listed.stdout.split("\0"))))
    return [Path(name) for name in names if (root / name).is_file()]
