"""open Odoo's shell on the demonstration's database

./dev shell                 an interactive shell with env
./dev shell script.py       run a script in it
./dev shell < script.py     the same from standard input

Nothing is kept unless the script calls env.cr.commit().
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import workbench
from console import Trouble
from databases import DEMO
from layout import Layout
from odoo_runtime import Odoo


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of ``./dev shell``."""
    parser.add_argument("script", nargs="?", type=Path, help="a Python file to run")
    parser.add_argument("--database", default=DEMO, help=f"another one than {DEMO}")


def run(layout: Layout, arguments: argparse.Namespace) -> int:
    """Open the shell on a database."""
    script: Path | None = arguments.script
    if script and not script.is_file():
        raise Trouble(f"{script} does not exist.")
    databases = workbench.set_up(layout, quiet=True)
    if arguments.database not in databases.names():
        raise Trouble(
            f"There is no database {arguments.database}: run ./dev demo "
            "(or ./dev test for bf_test) first."
        )
    code = _running(script.resolve()) if script else None
    return execute(databases.odoo, arguments.database, code)


def _running(script: Path) -> str:
    """Code that runs a file so that a traceback names it."""
    return f"exec(compile(open({str(script)!r}).read(), {str(script)!r}, 'exec'))\n"


def execute(odoo: Odoo, database: str, code: str | None = None) -> int:
    """Run ``code`` (or what standard input brings) in Odoo's shell."""
    configuration = odoo.configuration(f"{database}.shell")
    command = odoo.command("shell", "-c", configuration, "-d", database)
    command += ["--no-http", "--log-level=warn"]
    sys.stdout.flush()
    return subprocess.run(
        command,
        input=code,
        text=True,
        env=odoo.environment() | {"PYTHONUNBUFFERED": "1"},
        check=False,
    ).returncode
