"""Databases: one template with the modules that the addon needs, and copies of it."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from console import Trouble, step
from layout import locked
from odoo_runtime import Odoo

DEMO = "backflush_demo"
TEST = "bf_test"
# What the tests and the demonstration use, beyond what the manifest names.
MODULES = ("mrp_account", "purchase_stock", "sale_stock", "hr_timesheet", "project_mrp")
# What the addon works with where it is installed: only the tests install it, after the
# addon, so that the demonstration and Odoo's own tests prove that it is not needed.
OPTIONAL = (
    "mrp_subcontracting_account",
    "mrp_subcontracting_purchase",
    "stock_dropshipping",
)
_TEMPLATE = "bf_template_"
# Run by the environment's Python: no client program of PostgreSQL is needed.
_SQL = """
import json, sys, psycopg2
connection = psycopg2.connect(dbname=sys.argv[1])
connection.autocommit = True
cursor = connection.cursor()
cursor.execute(sys.argv[2])
print(json.dumps(cursor.fetchall() if cursor.description else [], default=str))
"""


@dataclass(frozen=True)
class Databases:
    """The databases of one checkout, with their filestores."""

    odoo: Odoo

    def query(self, statement: str, database: str = "postgres") -> list[list[str]]:
        """Run one SQL statement and return its rows."""
        result = subprocess.run(
            [str(self.odoo.python), "-c", _SQL, database, statement],
            env=self.odoo.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            lines = result.stderr.strip().splitlines() or ["no reason given"]
            reason = next((x for x in lines if x.startswith("psycopg2.")), lines[-1])
            raise Trouble(
                f"The PostgreSQL server of {self.odoo.server.description} cannot be "
                f"used ({reason.rstrip(':')}): see ./dev --help for how it is chosen."
            )
        rows: list[list[str]] = json.loads(result.stdout)
        return rows

    def names(self) -> set[str]:
        """The databases that exist."""
        return {row[0] for row in self.query("SELECT datname FROM pg_database")}

    def drop(self, name: str) -> None:
        """Delete a database and its filestore, closing what is connected to it."""
        self.query(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        shutil.rmtree(self._filestore(name), ignore_errors=True)
        self._mark(name).unlink(missing_ok=True)

    def copy(self, source: str, target: str) -> None:
        """Replace ``target`` by a copy of ``source``; createdb copies no filestore."""
        self.drop(target)
        self._mark(target).touch()
        self.query(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')
        if self._filestore(source).is_dir():
            shutil.copytree(self._filestore(source), self._filestore(target))

    def _filestore(self, name: str) -> Path:
        return self.odoo.layout.data / "filestore" / name

    def modules(self) -> list[str]:
        """What the template has installed."""
        return sorted({*MODULES, *self.odoo.layout.dependencies()})

    def template(self) -> str:
        """Return the template's name, building it when there is none for this Odoo."""
        # a template's filestore lies in this checkout: another checkout's template on
        # the same server is of no use here
        root = str(self.odoo.layout.root)
        key = json.dumps([root, self.odoo.source.fingerprint, self.modules()])
        name = _TEMPLATE + hashlib.sha256(key.encode()).hexdigest()[:8]
        with locked(self.odoo.layout.state / "template.lock"):
            existing = self.names()
            if name not in existing:
                for old in self.made_here():
                    if old.startswith(_TEMPLATE):
                        self.drop(old)
                with step(f"template database with {', '.join(self.modules())}"):
                    self._build_template(name)
        return name

    def _build_template(self, name: str) -> None:
        """Build under another name, so that a broken run leaves no template."""
        half = f"{name}_half"
        self.drop(half)
        self._mark(half).touch()
        log = self.odoo.layout.logs / "template.log"
        self.odoo.modules(half, "-i", ",".join(self.modules()), log)
        self.query(f'ALTER DATABASE "{half}" RENAME TO "{name}"')
        shutil.rmtree(self._filestore(name), ignore_errors=True)
        if self._filestore(half).is_dir():
            self._filestore(half).rename(self._filestore(name))
        self._mark(half).rename(self._mark(name))

    # A mark says that this checkout made a database, and what the addon's files were
    # when the addon was last installed or updated in it (nothing while that goes on).

    def _mark(self, name: str) -> Path:
        return self.odoo.layout.state / f"{name}.mark"

    def made_here(self) -> list[str]:
        """The databases that this checkout made."""
        return sorted(path.stem for path in self.odoo.layout.state.glob("*.mark"))

    def drop_all(self) -> None:
        """Drop what this checkout made, and the copies that parallel tests leave."""
        existing = self.names()
        for made in self.made_here():
            for name in sorted(existing):
                if name == made or name.startswith(f"{made}-gw"):
                    self.drop(name)

    def is_current(self, name: str) -> bool:
        """Whether the database was made from the addon's files as they are now."""
        mark = self._mark(name)
        return mark.is_file() and mark.read_text() == self._digest()

    def _refuse_foreign(self, name: str) -> None:
        """On a server that the user named, a database may be somebody else's."""
        server = self.odoo.server
        if server.is_ours or self._mark(name).is_file():
            return
        if name in self.names():
            raise Trouble(
                f"The database {name} on the server that {server.description} names "
                "was not made by this checkout: drop it or name another server."
            )

    def _digest(self) -> str:
        return f"{self.odoo.source.fingerprint} {self.odoo.layout.addon_digest()}"

    def fresh(self, name: str, log: Path) -> None:
        """Replace ``name`` by the template plus this addon."""
        self._refuse_foreign(name)
        template = self.template()
        digest = self._digest()
        with step(f"database {name}: copy of the template"):
            self.copy(template, name)
        with step(f"database {name}: install the addon"):
            self.odoo.install_addon(name, log)
        if name == TEST or name.startswith(f"{TEST}_"):
            with step(f"database {name}: {', '.join(OPTIONAL)}"):
                self.odoo.modules(name, "-i", ",".join(OPTIONAL), log)
        self._mark(name).write_text(digest)

    def update(self, name: str, log: Path) -> None:
        """Bring ``name`` to the addon's present files."""
        digest = self._digest()
        with step(f"database {name}: update the addon"):
            self.odoo.update_addon(name, log)
        self._mark(name).write_text(digest)

    def current(self, name: str, log: Path, *, fresh: bool = False) -> bool:
        """Make sure that ``name`` exists and is current; tell whether it is new."""
        mark = self._mark(name)
        unfinished = not mark.is_file() or not mark.read_text()
        if fresh or unfinished or name not in self.names():
            self.fresh(name, log)
            return True
        if not self.is_current(name):
            self.update(name, log)
        return False
