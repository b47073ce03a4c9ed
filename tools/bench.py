"""run a measurement of bench/, or list them

./dev bench                 lists the scripts
./dev bench NAME [words]    runs bench/NAME.py; all further words are the script's own

The script runs with the environment's Python and finds Odoo importable.  Its variables:
ODOO_RC (configuration for this server), PGHOST, PGPORT and PGUSER, BACKFLUSH_TEMPLATE
(a database with everything but the addon), BACKFLUSH_DATA (Odoo's data_dir, with the
filestores), BACKFLUSH_ADDONS (the addons path), BACKFLUSH_ROOT and BACKFLUSH_RESULTS (a
folder for figures).
"""

from __future__ import annotations

import argparse
import ast
import os
import subprocess
import sys
from pathlib import Path

import workbench
from console import Trouble, say
from databases import Databases
from layout import Layout


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of ``./dev bench``."""
    parser.add_argument("name", nargs="?", help="a script of bench/, without .py")
    parser.add_argument("words", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)


def run(layout: Layout, arguments: argparse.Namespace) -> int:
    """Carry out ``./dev bench``."""
    folder = layout.root / "bench"
    scripts = {path.stem: path for path in sorted(folder.glob("[!_]*.py"))}
    if not arguments.name:
        for name, path in scripts.items():
            say(f"{name:24} {_first_line(path)}")
        if not scripts:
            say("There are no scripts in bench/.")
        return 0
    script = scripts.get(arguments.name.removesuffix(".py"))
    if not script:
        known = ", ".join(scripts) or "none"
        raise Trouble(f"There is no bench/{arguments.name}.py (there are: {known}).")
    databases = workbench.set_up(layout, quiet=True)
    words = [*arguments.rest, *arguments.words]
    sys.stdout.flush()
    return subprocess.run(
        [str(databases.odoo.python), str(script), *words],
        env=_environment(databases),
        check=False,
    ).returncode


def _first_line(path: Path) -> str:
    try:
        text = ast.get_docstring(ast.parse(path.read_text())) or ""
    except SyntaxError as error:
        return f"(cannot be read: {error.msg})"
    return text.splitlines()[0] if text else ""


def _environment(databases: Databases) -> dict[str, str]:
    odoo = databases.odoo
    results = odoo.layout.dev / "bench"
    results.mkdir(exist_ok=True)
    variables = odoo.environment()
    paths = (variables["PYTHONPATH"], str(odoo.layout.root / "bench"))
    return variables | {
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONUNBUFFERED": "1",
        "ODOO_RC": str(odoo.configuration("bench")),
        "BACKFLUSH_TEMPLATE": databases.template(),
        "BACKFLUSH_DATA": str(odoo.layout.data),
        "BACKFLUSH_RESULTS": str(results),
    }
