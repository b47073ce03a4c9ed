"""``./dev shell``: Odoo's shell, interactive or with a script."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import workbench
from console import Trouble
from layout import Layout


def run(layout: Layout, arguments: argparse.Namespace) -> int:
    """Open the shell on a database; a script comes as a file or on standard input."""
    databases = workbench.set_up(layout, quiet=True)
    odoo, database = databases.odoo, arguments.database
    if database not in databases.names():
        raise Trouble(
            f"There is no database {database} yet: run ./dev demo (or ./dev test) first."
        )
    command = odoo.command(
        *("shell", "-c", odoo.configuration(f"shell_{database}"), "-d", database),
        *("--no-http", "--log-level=warn"),
    )
    if arguments.script:
        with Path(arguments.script).open() as script:
            return subprocess.run(
                command, stdin=script, env=odoo.environment(), check=False
            ).returncode
    sys.stdout.flush()
    return subprocess.run(command, env=odoo.environment(), check=False).returncode
