"""``./dev test``: the kernel's tests, the installation's log, the addon's tests in Odoo."""

from __future__ import annotations

import argparse
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import odoo_log
import workbench
from console import Trouble, say
from databases import Databases
from layout import ADDON, Layout, locked

_NO_TESTS = 5
_KERNEL = Path("tests/kernel")
# pytest's options whose value is the next word
_TAKES_VALUE = {"-k", "-m", "-p", "-c", "-o", "-n", "-W", "-r", "--dist", "--tb"}


@dataclass
class Selection:
    """What the user asked pytest for, sorted into paths and options."""

    kernel: list[str] = field(default_factory=list)
    odoo: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)

    @property
    def has_paths(self) -> bool:
        return bool(self.kernel or self.odoo)


def select(root: Path, words: list[str]) -> Selection:
    """Sort the words of the command line; paths may be relative to where we stand."""
    selection = Selection()
    previous = ""
    for word in words:
        path, separator, test = word.partition("::")
        is_path = not word.startswith("-") and previous not in _TAKES_VALUE
        if is_path and Path(path).exists():
            try:
                inside = Path(path).resolve().relative_to(root)
            except ValueError:
                raise Trouble(f"{path} lies outside this checkout.") from None
            name = f"{inside}{separator}{test}"
            in_kernel = inside.is_relative_to(_KERNEL)
            (selection.kernel if in_kernel else selection.odoo).append(name)
        elif is_path and ("/" in path or path.endswith(".py")):
            raise Trouble(f"{path} does not exist.")
        else:
            selection.options.append(word)
        previous = word
    return selection


@dataclass
class Run:
    """One run of ``./dev test`` and the outcomes of its parts."""

    layout: Layout
    databases: Databases
    database: str
    selection: Selection
    outcomes: dict[str, int] = field(default_factory=dict)

    def kernel(self) -> None:
        """Plain pytest, without Odoo."""
        odoo = self.databases.odoo
        environment = odoo.environment()
        environment.pop("PYTHONPATH")
        paths = self.selection.kernel or [str(_KERNEL)]
        cache = f"cache_dir={self.layout.dev / 'pytest' / 'kernel'}"
        command = [str(odoo.python), "-m", "pytest", "-o", cache, *paths]
        self._pytest("kernel", [*command, *self.selection.options], environment)

    def install(self, *, fresh: bool) -> None:
        """Bring the database up to date, and look at what Odoo logged meanwhile."""
        log = self.layout.logs / f"{self.database}.log"
        for name in ("__manifest__.py", "__init__.py"):
            if not (self.layout.root / name).is_file():
                raise Trouble(f"{self.layout.root / name} is missing: no addon to test.")
        if fresh:
            self.databases.fresh(self.database, log)
            self._log_outcome("installation", odoo_log.in_log_file(log))
            self.databases.update(self.database, log.with_suffix(".update.log"))
            log = log.with_suffix(".update.log")
        else:
            log.unlink(missing_ok=True)
            self.databases.current(self.database, log)
        if log.is_file():
            self._log_outcome("update", odoo_log.in_log_file(log))

    def odoo(self) -> None:
        """The addon's tests inside Odoo, browser tests included."""
        odoo = self.databases.odoo
        records = self.layout.logs / f"{self.database}.records"
        records.unlink(missing_ok=True)
        environment = odoo.environment()
        plugin = self.layout.root / "tests" / "plugin"
        environment["PYTHONPATH"] += os.pathsep + str(plugin)
        environment["BACKFLUSH_LOG_RECORDS"] = str(records)
        command = [
            *(str(odoo.python), "-m", "pytest", "-p", "backflush_pytest"),
            *("-o", f"cache_dir={self.layout.dev / 'pytest' / self.database}"),
            f"--odoo-config={odoo.configuration(self.database)}",
            *(f"--odoo-database={self.database}", "--odoo-http"),
            "--odoo-log-level=warn",
            *self.selection.odoo,
            *self.selection.options,
        ]
        self._pytest("Odoo", command, environment)
        self._log_outcome("log of the tests", odoo_log.in_records(records))

    def _pytest(self, name: str, command: list[str], env: dict[str, str]) -> None:
        say(f"\n--- tests: {name}")
        self.outcomes[name] = subprocess.run(
            command,
            cwd=self.layout.root,
            env=env,
            stdin=subprocess.DEVNULL,
            check=False,
        ).returncode

    def _log_outcome(self, name: str, entries: list[odoo_log.Entry]) -> None:
        for entry in entries:
            say(f"           {name}: {entry}")
        self.outcomes[name] = int(bool(entries))

    def close(self) -> int:
        """Say how each part ended; the exit code is the worst one."""
        tests = [code for name, code in self.outcomes.items() if name in _TEST_PARTS]
        if any(code != _NO_TESTS for code in tests) and self.selection.options:
            # -k and the like may leave one of the two parts without a test
            self.outcomes = {n: 0 if c == _NO_TESTS else c for n, c in self._items()}
        say("")
        for name, code in self._items():
            say(f"{'ok    ' if code == 0 else 'FAILED'} {name}")
        return max(self.outcomes.values())

    def _items(self) -> list[tuple[str, int]]:
        return list(self.outcomes.items())


_TEST_PARTS = ("kernel", "Odoo")


def run(layout: Layout, arguments: argparse.Namespace, words: list[str]) -> int:
    """Carry out ``./dev test``."""
    selection = select(layout.root, words)
    with_odoo = bool(selection.odoo) or not selection.has_paths
    with_kernel = bool(selection.kernel) or not selection.has_paths
    with_kernel = with_kernel and not arguments.install_only
    databases = workbench.set_up(layout, browser=with_odoo)
    name = "bf_test" + (f"_{arguments.name}" if arguments.name else "")
    this = Run(layout, databases, name, selection)
    if with_kernel:
        this.kernel()
    if with_odoo:
        with locked(layout.state / f"{name}.lock"):
            fast = selection.has_paths or arguments.fast or arguments.install_only
            if not arguments.no_update:
                this.install(fresh=arguments.fresh or not fast)
            if not arguments.install_only:
                this.odoo()
    return this.close()


__all__ = ["ADDON", "run", "select"]
