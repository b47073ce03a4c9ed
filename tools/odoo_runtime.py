"""Runs Odoo: its environment, its configuration file, its commands."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path

from console import run_logged
from layout import ADDON, Layout
from odoo_source import OdooSource
from postgres import Server


def free_port() -> int:
    """A port of this machine that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def python_environment(layout: Layout) -> dict[str, str]:
    """The variables of any Python that we start, without those that mislead it."""
    misleading = ("DATABASE_URL", "PGDATABASE", "ODOO_RC", "PYTHONPATH", "PYTHONHOME")
    variables = {k: v for k, v in os.environ.items() if k not in misleading}
    # no compiled files in the checkout or in a tree that ODOO_PATH names
    return variables | {"PYTHONPYCACHEPREFIX": str(layout.cache / "pycache")}


@dataclass(frozen=True)
class Odoo:
    """A ready Odoo: interpreter, sources and database server."""

    layout: Layout
    python: Path
    source: OdooSource
    server: Server

    def environment(self) -> dict[str, str]:
        """The variables under which Odoo, its tests and the benchmarks run."""
        variables = python_environment(self.layout)
        paths = [str(self.python.parent), variables.get("PATH", os.defpath)]
        if self.server.programs:
            paths.append(str(self.server.programs))
        return (
            variables
            | self.server.variables
            | {
                "PATH": os.pathsep.join(paths),
                "PYTHONPATH": str(self.source.path),
                "BACKFLUSH_ROOT": str(self.layout.root),
                "BACKFLUSH_ADDONS": str(self.layout.addons),
            }
        )

    def configuration(self, name: str, port: int | None = None) -> Path:
        """Write the configuration file ``name``; without a port, a free one."""
        http = port or free_port()
        settings = {
            "db_host": self.server.variables.get("PGHOST"),
            "db_port": self.server.variables.get("PGPORT"),
            "db_user": self.server.variables.get("PGUSER"),
            "db_password": self.server.variables.get("PGPASSWORD"),
            "addons_path": self.layout.addons,
            "data_dir": self.layout.data,
            "http_interface": "127.0.0.1",
            "http_port": http,
            "gevent_port": free_port(),
            "list_db": False,
        }
        lines = ["[options]"]
        lines += [f"{key} = {value}" for key, value in settings.items() if value]
        path = self.layout.state / f"{name}.conf"
        path.write_text("\n".join(lines) + "\n")
        path.chmod(0o600)
        return path

    def command(self, *arguments: str | Path) -> list[str]:
        """The command line of ``odoo ARGUMENTS``."""
        return [str(self.python), "-m", "odoo", *map(str, arguments)]

    def modules(self, database: str, option: str, modules: str, log: Path) -> None:
        """Install (``-i``) or update (``-u``) ``modules`` in ``database``."""
        run_logged(
            self.command(
                *("server", "-c", self.configuration(database), "-d", database),
                *(option, modules, "--stop-after-init", "--no-http"),
            ),
            log,
            what=f"Odoo's {option} {modules}",
            env=self.environment(),
            cwd=self.layout.dev,
        )

    def install_addon(self, database: str, log: Path) -> None:
        """Install this addon."""
        self.modules(database, "-i", ADDON, log)

    def update_addon(self, database: str, log: Path) -> None:
        """Update this addon."""
        self.modules(database, "-u", ADDON, log)
