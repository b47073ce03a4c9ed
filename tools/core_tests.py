"""Odoo's own tests, in plain Odoo and with the addon installed, compared one by one.

Both databases come from the same template, with what it lacks of the tested modules
installed.  With the addon, every test class runs with
the addon in the registry (Odoo's own runner would run at-install tests before a module
that depends on the tested one is loaded, and so check less).
"""

from __future__ import annotations

import subprocess
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import workbench
from console import Trouble, say, step
from databases import Databases
from layout import Layout, locked

MODULES = (
    "mrp_account,stock_account,purchase_stock,sale_stock,stock_landed_costs,"
    "mrp_subcontracting_account"
)
_PLAIN = "bf_odoo_plain"
_WITH_ADDON = "bf_odoo_with_addon"
_BROKEN = ("failed", "error")


def run(layout: Layout, modules: list[str], options: list[str]) -> int:
    """Run both sides and compare; 1 if any test ends differently."""
    databases = workbench.set_up(layout)
    folders = [_folder(databases, module) for module in modules]
    with locked(layout.state / "odoo_tests.lock"):
        _make_databases(databases, modules)
        # one process for each side: two cores are common
        with ThreadPoolExecutor() as pool:
            sides = [
                pool.submit(_outcomes, databases, name, folders, options)
                for name in (_PLAIN, _WITH_ADDON)
            ]
            plain, with_addon = (side.result() for side in sides)
        for name in (_PLAIN, _WITH_ADDON):
            databases.drop(name)
    return _compare(plain, with_addon)


def _make_databases(databases: Databases, modules: list[str]) -> None:
    """The same modules in both databases; the addon in one."""
    databases.copy(databases.template(), _PLAIN)
    names = ", ".join(f"'{module}'" for module in modules)
    rows = databases.query(
        "SELECT name FROM ir_module_module"
        f" WHERE state <> 'installed' AND name IN ({names})",
        _PLAIN,
    )
    missing = ",".join(sorted(row[0] for row in rows))
    logs = databases.odoo.layout.logs
    if missing:
        with step(f"database {_PLAIN}: {missing.replace(',', ', ')}"):
            databases.odoo.modules(_PLAIN, "-i", missing, logs / f"{_PLAIN}.log")
    databases.copy(_PLAIN, _WITH_ADDON)
    with step(f"database {_WITH_ADDON}: install the addon"):
        databases.odoo.install_addon(_WITH_ADDON, logs / f"{_WITH_ADDON}.log")


def _folder(databases: Databases, module: str) -> Path:
    """The tests of one of Odoo's modules (a checkout keeps most of them in addons/)."""
    source = databases.odoo.source.path
    for addons in (source / "odoo" / "addons", source / "addons"):
        if (addons / module / "tests").is_dir():
            return addons / module / "tests"
    raise Trouble(f"Odoo's module {module} does not exist or has no tests.")


def _outcomes(
    databases: Databases, name: str, folders: list[Path], options: list[str]
) -> dict[str, str]:
    """Run the tests in one database and return each test's outcome."""
    odoo = databases.odoo
    report = odoo.layout.logs / f"{name}.xml"
    report.unlink(missing_ok=True)
    command = [
        *(str(odoo.python), "-m", "pytest", "-q", "-p", "no:cacheprovider"),
        # no configuration but this: neither ours nor one that lies beside Odoo
        *("-c", "/dev/null", f"--rootdir={odoo.source.path}"),
        # Odoo may lie below a checkout, whose root is a package, too
        f"--confcutdir={odoo.source.path}",
        *(f"--odoo-config={odoo.configuration(name)}", f"--odoo-database={name}"),
        *(f"--junitxml={report}", *map(str, folders), *options),
    ]
    log = odoo.layout.logs / f"{name}.pytest.log"
    with step(f"Odoo's tests in {name}"), log.open("w") as out:
        code = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=odoo.layout.dev,
            env=odoo.environment(),
            check=False,
        ).returncode
    lines = log.read_text(errors="replace").splitlines()
    say(f"           {lines[-1] if lines else 'no output'}")
    if code not in (0, 1) or not report.is_file():
        raise Trouble(f"Odoo's tests did not run to their end in {name}: see {log}.")
    return _read(report)


def _read(report: Path) -> dict[str, str]:
    """Outcomes by test, worst first where a test is listed more than once."""
    found: dict[str, str] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        tags = {child.tag for child in case}
        outcome = "passed"
        for tag, word in (
            ("skipped", "skipped"),
            ("failure", "failed"),
            ("error", "error"),
        ):
            if tag in tags:
                outcome = word
        if found.get(name) not in _BROKEN:
            found[name] = outcome
    return found


def _compare(plain: dict[str, str], with_addon: dict[str, str]) -> int:
    differences = [
        f"{name}: {plain.get(name, 'absent')} -> {with_addon.get(name, 'absent')}"
        for name in sorted(plain.keys() | with_addon.keys())
        if plain.get(name) != with_addon.get(name)
    ]
    broken = sorted(name for name, outcome in plain.items() if outcome in _BROKEN)
    for title, lines in (
        ("Failing in plain Odoo", broken),
        ("Different with the addon", differences),
    ):
        say(f"\n{title}: {len(lines) or 'none'}")
        for line in lines:
            say(f"  {line}")
    passed = sum(outcome == "passed" for outcome in with_addon.values())
    skipped = sum(outcome == "skipped" for outcome in with_addon.values())
    failed = len(with_addon) - passed - skipped
    say(f"\nwith the addon: {passed} passed, {failed} failed, {skipped} skipped")
    return 1 if differences or not with_addon else 0
