"""Programs that are not Python: PostgreSQL's server, Chromium, wkhtmltopdf.

Root gets missing ones from Debian through ``apt-get install``; an ordinary user gets
PostgreSQL unpacked privately, and is told what runs without the other two.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import debian
from console import Trouble, say
from layout import Layout

_SYSTEM_POSTGRES = Path("/usr/lib/postgresql")
_CLUSTER_CONFIGURATION = Path("/etc/postgresql-common/createcluster.conf")
_NO_SERVER = (
    "No PostgreSQL server is installed: install Debian's package postgresql, or name "
    "a running server in PGHOST or DATABASE_URL."
)
# Debian's packages, called as their programs are, and what is left out without them
_OPTIONAL = {
    "chromium": "browser tests are skipped",
    "wkhtmltopdf": "PDF tests are skipped",
}


@dataclass(frozen=True)
class Binaries:
    """A folder of PostgreSQL programs and the variables they need."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def path(self, name: str) -> str:
        """The full path of one program."""
        return str(self.folder / name)


def postgres_binaries(layout: Layout) -> Binaries:
    """Find the server's programs, getting them when they are missing."""
    found = _newest(_SYSTEM_POSTGRES) or _on_path() or _private(layout)
    if found:
        return found
    if not debian.available():
        raise Trouble(_NO_SERVER)
    if os.getuid() == 0:
        _install_postgres(layout)
        found = _newest(_SYSTEM_POSTGRES)
    else:
        _unpack_postgres(layout)
        found = _private(layout)
    if not found:
        raise Trouble(_NO_SERVER)
    return found


def _newest(folder: Path) -> Binaries | None:
    versions = [p for p in folder.glob("*/bin/initdb") if os.access(p, os.X_OK)]
    if not versions:
        return None
    newest = max(versions, key=lambda p: float(p.parts[-3]))
    return Binaries(newest.parent)


def _on_path() -> Binaries | None:
    found = shutil.which("pg_ctl")
    folder = Path(found).resolve().parent if found else None
    return Binaries(folder) if folder and (folder / "initdb").is_file() else None


def _private_folder(layout: Layout) -> Path:
    return layout.cache / "postgresql"


def _private(layout: Layout) -> Binaries | None:
    folder = _private_folder(layout)
    found = _newest(folder / "usr/lib/postgresql")
    if not found:
        return None
    libraries = ":".join(str(path) for path in sorted(folder.glob("usr/lib/*-linux-*")))
    return Binaries(found.folder, {"LD_LIBRARY_PATH": libraries})


def _install_postgres(layout: Layout) -> None:
    """Install the package, telling it not to create and start a cluster."""
    # the package that owns the setting comes first, lest dpkg ask whose file it is
    log = layout.logs / "postgresql.log"
    debian.install(["postgresql-common"], log)
    before = _CLUSTER_CONFIGURATION.read_text()
    _CLUSTER_CONFIGURATION.write_text("create_main_cluster = false\n" + before)
    try:
        debian.install(["postgresql"], log)
    finally:
        _CLUSTER_CONFIGURATION.write_text(before)


def _unpack_postgres(layout: Layout) -> None:
    """Download the server and what it lacks, and unpack it in the cache."""
    log = layout.logs / "postgresql.log"
    apt = debian.PrivateApt(layout.cache / "apt-postgresql")
    try:
        apt.set_up(Path("/var/lib/dpkg/status"))
        apt.run(["update"], log, "apt-get update")
        wanted = ["-y", "install", "--download-only", "postgresql"]
        apt.run(wanted, log, "apt-get download")
    except Trouble as error:
        raise Trouble(_NO_SERVER) from error
    folder = _private_folder(layout)
    half = folder.with_name(f"{folder.name}.tmp")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir()
    for package in sorted((apt.folder / "cache/archives").glob("*.deb")):
        debian.unpack(package, half)
    half.rename(folder)
    shutil.rmtree(apt.folder)


def ensure_optional(layout: Layout) -> None:
    """Get Chromium and wkhtmltopdf as root; else say what runs without them."""
    missing = [name for name in _OPTIONAL if not shutil.which(name)]
    if not missing:
        return
    if os.getuid() == 0 and debian.available():
        try:
            debian.install(missing, layout.logs / "programs.log")
            return
        except Trouble:
            # a developer without a network can go on; CI must not skip tests silently
            if os.environ.get("CI"):
                raise
    for name in missing:
        say(f"           {name} is not installed: {_OPTIONAL[name]}.")
