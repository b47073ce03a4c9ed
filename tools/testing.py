"""run the tests

./dev test                       everything, in a fresh database
./dev test tests/test_x.py -k y  these tests, in a test database that is kept
./dev test tests/kernel          tests that need no Odoo
./dev test --odoo                Odoo's own tests, without and with the addon

Unknown words are handed to pytest; a whole run uses several processors unless -n0 is
given.  A run consists of plain pytest (the kernel), the
installation and an update of the addon, and the addon's tests inside Odoo, those with a
browser included.  Whatever Odoo logs at WARNING or above meanwhile is a failure, too.
The exit code is that of the worst part.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import core_tests
import odoo_log
import workbench
from console import Trouble, say
from databases import TEST, Databases
from layout import Layout, locked
from odoo_runtime import Odoo, python_environment
from selection import PLAIN, Selection, select

_NO_TESTS = 5
_MOST_PROCESSES = 4


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of ``./dev test``; all others are pytest's."""
    parser.usage = "dev test [options] [paths] [pytest's options]"
    parser.add_argument(
        "--fast",
        action="store_true",
        help="keep the test database and update it (as when paths are given)",
    )
    parser.add_argument(
        "--fresh", action="store_true", help="make a new test database in any case"
    )
    parser.add_argument(
        "--no-update", action="store_true", help="take the test database as it is"
    )
    parser.add_argument(
        "--install-only", action="store_true", help="install or update, run no test"
    )
    parser.add_argument(
        "--name",
        type=database_name,
        help=f"use the database {TEST}_NAME, to test side by side",
    )
    parser.add_argument(
        "--odoo",
        nargs="?",
        const=core_tests.MODULES,
        metavar="MODULES",
        help=f"run Odoo's own tests ({core_tests.MODULES}) without and with the addon",
    )


def database_name(word: str) -> str:
    """An option's word that may be part of a database's name."""
    if not re.fullmatch("[a-z0-9_]+", word):
        raise argparse.ArgumentTypeError("small letters, digits and _ only")
    return word


@dataclass
class Report:
    """The outcomes of the parts of one run."""

    layout: Layout
    codes: dict[str, int] = field(default_factory=dict)

    def pytest(self, name: str, command: list[str], env: dict[str, str]) -> None:
        """Run pytest in the foreground, so that its own lines are seen."""
        say(f"\n--- {name}")
        self.codes[name] = subprocess.run(
            command,
            cwd=self.layout.root,
            env=env,
            stdin=subprocess.DEVNULL,
            check=False,
        ).returncode

    def log(self, name: str, entries: list[odoo_log.Entry]) -> None:
        """A log must hold nothing serious."""
        name = f"log of the {name}"
        for entry in entries:
            say(f"           {name}: {entry}")
        self.codes[name] = int(bool(entries))

    def close(self, selection: Selection) -> int:
        """Say how each part ended; the exit code is the worst one."""
        codes = self.codes
        ran = [c for name, c in codes.items() if not name.startswith("log")]
        if selection.options and any(code != _NO_TESTS for code in ran):
            # -k and the like may leave one of the parts without a test
            codes = {n: 0 if code == _NO_TESTS else code for n, code in codes.items()}
        say("")
        for name, code in codes.items():
            say(f"{'FAILED' if code else 'ok    '} {name}")
        return max(codes.values(), key=abs, default=0)


def _plain(report: Report, python: Path, selection: Selection) -> None:
    """The folders with plain pytest tests, each with its own configuration."""
    layout = report.layout
    for folder in map(str, PLAIN):
        asked = [path for path in selection.plain if path.startswith(folder)]
        if (selection.has_paths and not asked) or not (layout.root / folder).is_dir():
            continue
        cache = f"cache_dir={layout.dev / 'pytest' / folder}"
        command = [str(python), "-m", "pytest", "-o", cache, *(asked or [folder])]
        report.pytest(
            folder, [*command, *selection.options], python_environment(layout)
        )


def _install(report: Report, databases: Databases, name: str, *, fresh: bool) -> None:
    """Bring the database up to date, and look at what Odoo logged meanwhile."""
    layout = report.layout
    for file in ("__manifest__.py", "__init__.py"):
        if not (layout.root / file).is_file():
            raise Trouble(
                f"{layout.root / file} is missing: there is no addon to test."
            )
    log = layout.logs / f"{name}.log"
    log.unlink(missing_ok=True)
    new = databases.current(name, log, fresh=fresh)
    if log.is_file():
        report.log("installation" if new else "update", odoo_log.in_log_file(log))
    if fresh:
        # an update of what was just installed must find nothing to complain of, either
        log = log.with_suffix(".update.log")
        databases.update(name, log)
        report.log("update", odoo_log.in_log_file(log))


def _odoo(report: Report, databases: Databases, name: str, words: list[str]) -> None:
    """The addon's tests inside Odoo, browser tests included."""
    odoo, layout = databases.odoo, report.layout
    records = layout.logs / f"{name}.records"
    records.unlink(missing_ok=True)
    environment = odoo.environment()
    environment["PYTHONPATH"] += os.pathsep + str(layout.root / "tests" / "plugin")
    environment["BACKFLUSH_LOG_RECORDS"] = str(records)
    command = [
        *(str(odoo.python), "-m", "pytest", "-p", "backflush_pytest"),
        # it collects garbage five times at the end, which takes Odoo's processes so
        # long that pytest-xdist interrupts them
        *("-p", "no:unraisableexception"),
        *("-o", f"cache_dir={layout.dev / 'pytest' / name}"),
        f"--odoo-config={odoo.configuration(name)}",
        *(f"--odoo-database={name}", "--odoo-log-level=warn", "--odoo-http"),
    ]
    report.pytest("tests", [*command, *words], environment)
    report.log("tests", odoo_log.in_records(records))


def _side_by_side(odoo: Odoo, selection: Selection) -> list[str]:
    """Run all files on several processors, each process in a copy of the database."""
    alone = {"-s", "--pdb", "--trace", "-n", "--dist"}
    wishes = {option.split("=")[0] for option in selection.options}
    counted = any(option.startswith("-n") for option in wishes)
    processes = min(os.cpu_count() or 1, _MOST_PROCESSES)
    path = odoo.environment()["PATH"]
    # pytest-odoo copies the database by PostgreSQL's client programs
    if selection.has_paths or wishes & alone or counted or processes == 1:
        return []
    if not all(shutil.which(name, path=path) for name in ("createdb", "dropdb")):
        return []
    # as tests/plugin orders them, not by the number of tests in a file
    order = "--no-loadscope-reorder"
    return ["-n", str(processes), "--dist", "loadfile", order]


def run(layout: Layout, arguments: argparse.Namespace) -> int:
    """Carry out ``./dev test``."""
    if arguments.odoo:
        return core_tests.run(layout, arguments.odoo.split(","), arguments.rest)
    selection = select(layout.root, arguments.rest)
    report = Report(layout)
    with_plain = bool(selection.plain) or not selection.has_paths
    with_odoo = bool(selection.odoo) or not selection.has_paths
    databases = workbench.set_up(layout, browser=True) if with_odoo else None
    if with_plain and not arguments.install_only:
        _plain(report, workbench.python(layout), selection)
    if databases:
        name = f"{TEST}_{arguments.name}" if arguments.name else TEST
        with locked(layout.state / f"{name}.lock"):
            keep = selection.has_paths or arguments.fast or arguments.install_only
            fresh = arguments.fresh or not keep
            if not arguments.no_update:
                _install(report, databases, name, fresh=fresh)
            if not arguments.install_only:
                words = [*_side_by_side(databases.odoo, selection)]
                words += [*selection.odoo, *selection.options]
                _odoo(report, databases, name, words)
    return report.close(selection)
