"""Sets everything up in the right order and hands it over ready for use."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import TypeVar

import odoo_source
import programs
import python_packages
from console import step
from databases import Databases
from layout import Layout, locked
from odoo_runtime import Odoo
from postgres import PrivateServer, named_server

Result = TypeVar("Result")


def set_up(layout: Layout, *, browser: bool = False, quiet: bool = False) -> Databases:
    """Python packages, Odoo and a database server; each step is done only once."""

    def timed(title: str, action: Callable[[Layout], Result]) -> Result:
        with nullcontext() if quiet else step(title):
            return action(layout)

    layout.prepare()
    if os.environ.get("ODOO_PATH"):
        odoo_source.find(layout)  # what is wrong with it is said before anything else
    named = named_server()
    with locked(layout.cache / "set-up.lock"), ThreadPoolExecutor() as pool:
        # the first two wait for the network, the others mostly for the disk
        interpreter = pool.submit(timed, "Python packages", python_packages.ensure)
        source = pool.submit(timed, "Odoo 19.0", odoo_source.find)
        if browser:
            timed("Chromium and wkhtmltopdf", programs.ensure_optional)
        server = named or timed("PostgreSQL", lambda it: PrivateServer(it).server())
        return Databases(Odoo(layout, interpreter.result(), source.result(), server))


def python(layout: Layout) -> Path:
    """The environment's Python alone, for what needs no Odoo."""
    layout.prepare()
    with locked(layout.cache / "set-up.lock"):
        if not python_packages.interpreter(layout).exists():
            with step("Python packages"):
                return python_packages.ensure(layout)
        return python_packages.ensure(layout)
