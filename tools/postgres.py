"""The PostgreSQL server: a private one under ``.dev/``, or the one the user names.

The private server listens on a Unix socket only and gives up durability for speed; it
is for development and tests.  PostgreSQL refuses to run as root, so root drops to
another user, who must be able to walk to the data folder.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

import programs
from console import Trouble
from layout import Layout

ROLE = "odoo"
_PORT = "5432"  # only the end of the socket's file name: nothing listens on the network
# A socket's path may have 107 bytes at most, of which the file name takes 16.
_LONGEST_SOCKET_FOLDER = 88
_SETTINGS = """
listen_addresses = ''
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 4GB
checkpoint_timeout = 30min
shared_buffers = 512MB
work_mem = 16MB
maintenance_work_mem = 128MB
max_connections = 100
max_locks_per_transaction = 256
jit = off
log_min_messages = warning
"""


@dataclass(frozen=True)
class Server:
    """How to reach a server, as PostgreSQL's own environment variables."""

    variables: dict[str, str]
    description: str
    is_ours: bool = False
    programs: Path | None = None  # where createdb and the like lie, if we know


def named_server() -> Server | None:
    """The server that DATABASE_URL or PGHOST names, if any."""
    url = os.environ.get("DATABASE_URL")
    if url:
        return Server(_from_url(url), "DATABASE_URL")
    if os.environ.get("PGHOST"):
        names = ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD")
        variables = {name: os.environ[name] for name in names if os.environ.get(name)}
        variables.setdefault("PGUSER", pwd.getpwuid(os.getuid()).pw_name)
        return Server(_allowed(variables), "PGHOST")
    return None


def _from_url(url: str) -> dict[str, str]:
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise Trouble(
            "DATABASE_URL must look like postgresql://user:password@host:port."
        )
    found = {
        "PGHOST": urllib.parse.unquote(parts.hostname or ""),
        "PGPORT": str(parts.port or ""),
        "PGUSER": urllib.parse.unquote(parts.username or ""),
        "PGPASSWORD": urllib.parse.unquote(parts.password or ""),
    }
    query = dict(urllib.parse.parse_qsl(parts.query))
    found["PGHOST"] = query.get("host", found["PGHOST"])
    return _allowed({name: value for name, value in found.items() if value})


def _allowed(variables: dict[str, str]) -> dict[str, str]:
    if variables.get("PGUSER") == "postgres":
        raise Trouble(
            "Odoo refuses to connect as the role postgres: create a role with "
            "LOGIN and CREATEDB and name it in PGUSER or DATABASE_URL."
        )
    return variables


class PrivateServer:
    """A cluster of our own, started and stopped by its process id."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._link = layout.dev / "postgres"
        self._is_root = os.getuid() == 0
        self._user = self._run_as()

    @staticmethod
    def _run_as() -> pwd.struct_passwd:
        if os.getuid():
            return pwd.getpwuid(os.getuid())
        names = {entry.pw_name: entry for entry in pwd.getpwall()}
        return names.get("postgres") or names["nobody"]

    @property
    def folder(self) -> Path:
        """The cluster's folder (a link leads there when it must lie elsewhere)."""
        return self._link.resolve()

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _socket(self) -> Path:
        inside = self.folder / "socket"
        if len(os.fsencode(inside)) <= _LONGEST_SOCKET_FOLDER:
            return inside
        key = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"backflush-{key}"

    def server(self) -> Server:
        """Start the cluster if needed and return how to reach it."""
        binaries = programs.postgres_binaries(self._layout)
        if not (self._data / "PG_VERSION").is_file():
            self._create(binaries)
        if not self._running(binaries):
            self._start(binaries)
        host = str(self._socket)
        variables = {"PGHOST": host, "PGPORT": _PORT, "PGUSER": ROLE}
        # unpacked privately, the programs run only with variables of their own
        folder = None if binaries.variables else binaries.folder
        return Server(variables, ".dev/", is_ours=True, programs=folder)

    def stop(self) -> bool:
        """Stop the cluster; tell whether it was running."""
        if not (self._data / "PG_VERSION").is_file():
            return False
        binaries = programs.postgres_binaries(self._layout)
        if not self._running(binaries):
            return False
        try:
            self._call(binaries, "pg_ctl", "-D", self._data, "-m", "fast", "-w", "stop")
        except Trouble:
            # somebody else may have stopped it in this very moment
            if self._running(binaries):
                raise
        return True

    def remove(self) -> None:
        """Stop the cluster and delete its files, wherever they lie."""
        self.stop()
        shutil.rmtree(self._socket, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._link.is_symlink():
            self._link.unlink()

    def _create(self, binaries: programs.Binaries) -> None:
        self._place()
        shutil.rmtree(self._data, ignore_errors=True)
        self._own(self._data)
        locale = ("-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        owner = ("-U", self._user.pw_name, "-A", "trust")
        self._call(binaries, "initdb", "-D", self._data, *owner, *locale)
        with (self._data / "postgresql.conf").open("a") as configuration:
            configuration.write(_SETTINGS)

    def _place(self) -> None:
        """Choose a folder to which the server's user can walk."""
        if self._link.is_symlink():
            self._link.unlink()
        parents = [self._layout.dev, *self._layout.dev.parents]
        if not self._is_root or all(p.stat().st_mode & 0o001 for p in parents):
            self._link.mkdir(parents=True, exist_ok=True)
        else:
            # /root and other private homes: the server's user cannot enter them
            folder = Path(
                tempfile.mkdtemp(prefix="backflush-postgres-", dir="/var/tmp")
            )
            folder.chmod(0o755)
            self._link.symlink_to(folder, target_is_directory=True)

    def _own(self, folder: Path) -> None:
        """Create a folder for the server's user alone (root passes all the same)."""
        folder.mkdir(parents=True, exist_ok=True)
        if self._is_root:
            os.chown(folder, self._user.pw_uid, self._user.pw_gid)
        folder.chmod(0o700)

    def _start(self, binaries: programs.Binaries) -> None:
        # given at each start, for the checkout may have been moved
        self._own(self._socket)
        options = ("-o", f"-k '{self._socket}' -p {_PORT}")
        log = ("-l", self._data / "server.log")
        self._call(binaries, "pg_ctl", "-D", self._data, "-w", *log, *options, "start")
        # an owner without superuser rights: Odoo refuses the role "postgres"
        role = (
            "DO $$BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = "
            f"'{ROLE}') THEN CREATE ROLE {ROLE} LOGIN CREATEDB; END IF; END$$"
        )
        target = ("-h", self._socket, "-p", _PORT, "-U", self._user.pw_name)
        self._call(binaries, "psql", "-qAtX", *target, "-d", "postgres", "-c", role)

    def _running(self, binaries: programs.Binaries) -> bool:
        command = [binaries.path("pg_ctl"), "-D", str(self._data), "status"]
        return self._run(binaries, command).returncode == 0

    def _call(
        self, binaries: programs.Binaries, name: str, *arguments: str | Path
    ) -> None:
        result = self._run(binaries, [binaries.path(name), *map(str, arguments)])
        if result.returncode:
            reason = " ".join(re.sub(r"\s+", " ", result.stdout).strip().split()[-40:])
            raise Trouble(
                f"PostgreSQL's {name} failed in {self.folder}: {reason} "
                "(./dev clean removes the private server)."
            )

    def _run(
        self, binaries: programs.Binaries, command: list[str]
    ) -> subprocess.CompletedProcess[str]:
        """Run a server program as the server's user, output into a file.

        A pipe would stay open in the server that pg_ctl leaves behind.
        """
        with tempfile.TemporaryFile("w+") as out:
            code = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={"PATH": os.defpath, "HOME": "/tmp", "LC_ALL": "C.UTF-8"}
                | binaries.variables,
                user=self._user.pw_uid if self._is_root else None,
                group=self._user.pw_gid if self._is_root else None,
                extra_groups=[] if self._is_root else None,
                check=False,
            ).returncode
            out.seek(0)
            return subprocess.CompletedProcess(command, code, out.read(), "")
