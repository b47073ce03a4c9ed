"""Finds Odoo 19: ``ODOO_PATH``, then an importable ``odoo``, then Debian's package."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import debian
from console import Trouble
from layout import Layout

VERSION = (19, 0)
_PACKAGE = "odoo-19"
_SUITE = "sid"
_OLDER_SUITE = "bookworm"
_PREFIX = "usr/lib/python3/dist-packages"

# The Odoo package links its third-party web files into other packages' folders: without
# these the links dangle, and the web client lacks jquery and its icons.  Odoo's icons
# are Font Awesome 4.7, which only the older suite has; sid's has other file names.
_WEB_FILES = (
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
    f"fonts-font-awesome/{_OLDER_SUITE}",
    "fonts-glyphicons-halflings",
    "fonts-roboto-unhinted",
    "fonts-montserrat",
    "fonts-ocr-b",
)
# dist-packages/addons is a second, partial copy of the addons; odoo/addons is complete.
# No addon is left out: Odoo would complain about each auto-install module's dependency.
_LEFT_OUT = (
    "*/i18n/*.po",
    "*/i18n/*.pot",
    "*/i18n_extra/*",
    "./usr/share/doc/*",
    "./etc/*",
    f"./{_PREFIX}/addons",
    f"./{_PREFIX}/doc",
)
# Debian leaves this file out (only the blur of video calls uses it), but the assets of
# mail still list it: without a stub every bundle reports an error in the browser.
_STUB = "odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"


@dataclass(frozen=True)
class OdooSource:
    """A folder that holds the ``odoo`` package, and what tells it from others."""

    path: Path
    origin: str
    fingerprint: str


def find(layout: Layout) -> OdooSource:
    """Return Odoo 19's sources; fetch Debian's package when nothing else is there."""
    named = os.environ.get("ODOO_PATH")
    if named:
        return _described(_from_path(Path(named).expanduser()), "ODOO_PATH")
    importable = _importable()
    if importable:
        return _described(_only_odoo(layout, importable), "the importable odoo")
    return _described(_from_debian(layout), f"Debian's {_PACKAGE}")


def _from_path(named: Path) -> Path:
    for folder in (named, named / _PREFIX):
        if (folder / "odoo" / "release.py").is_file():
            return folder.resolve()
    raise Trouble(
        f"ODOO_PATH={named} holds no Odoo (no odoo/release.py): "
        "name the folder of a checkout of Odoo 19.0."
    )


def _importable() -> Path | None:
    """The folder from which this Python would import odoo, if any."""
    try:
        found = importlib.util.find_spec("odoo.release")
    except ImportError:
        return None
    return Path(found.origin).parent.parent if found and found.origin else None


def _only_odoo(layout: Layout, folder: Path) -> Path:
    """A folder that holds nothing but odoo, lest old packages beside it come along."""
    if folder.name not in ("site-packages", "dist-packages"):
        return folder
    alone = layout.dev / "odoo-source"
    alone.mkdir(parents=True, exist_ok=True)
    link = alone / "odoo"
    link.unlink(missing_ok=True)
    link.symlink_to(folder / "odoo", target_is_directory=True)
    return alone


def _described(path: Path, origin: str) -> OdooSource:
    release = (path / "odoo" / "release.py").read_text()
    match = re.search(r"^version_info = \((\d+), (\d+)", release, re.MULTILINE)
    version = (int(match[1]), int(match[2])) if match else None
    if version != VERSION:
        found = ".".join(map(str, version)) if version else "an unknown version"
        raise Trouble(
            f"This addon needs Odoo 19.0, but {origin} ({path}) is {found}: "
            "set ODOO_PATH to a checkout of Odoo 19.0."
        )
    return OdooSource(path, origin, _fingerprint(path, release))


def _fingerprint(path: Path, release: str) -> str:
    """Tells one Odoo from another: a checkout's commit, else the package's hash."""
    mark = path.parents[3] / ".complete" if path.match(_PREFIX) else path / ".complete"
    text = release + (mark.read_text() if mark.is_file() else "")
    if (path / ".git").exists():
        head = subprocess.run(
            ["git", "-C", str(path), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            check=False,
        )
        text += head.stdout
    return hashlib.sha256(text.encode()).hexdigest()


def _from_debian(layout: Layout) -> Path:
    destination = layout.cache / _PACKAGE
    if not (destination / ".complete").is_file():
        if not debian.available():
            raise Trouble(
                "No Odoo 19.0 was found and this machine has no apt to fetch it with: "
                "set ODOO_PATH to a checkout of Odoo 19.0."
            )
        _fetch(layout, destination)
    return destination / _PREFIX


def _fetch(layout: Layout, destination: Path) -> None:
    log = layout.logs / "odoo-source.log"
    apt = debian.PrivateApt(layout.cache / "apt", (_SUITE, _OLDER_SUITE))
    apt.set_up()
    try:
        apt.run(["update"], log, "apt-get update")
        wanted = [f"{_PACKAGE}/{_SUITE}", *_WEB_FILES]
        apt.run(["download", *wanted], log, "apt-get download")
    except Trouble as error:
        raise Trouble(
            "Odoo 19.0 could not be fetched from the Debian archive: connect this "
            "machine to the network or set ODOO_PATH to a checkout of Odoo 19.0 "
            f"(log: {log})."
        ) from error
    _unpack(apt.folder / "deb", destination)
    shutil.rmtree(apt.folder)


def _unpack(packages: Path, destination: Path) -> None:
    """Unpack beside and rename, so that a broken run leaves nothing behind."""
    half = destination.with_name(f"{destination.name}.tmp")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir()
    digest = ""
    for package in sorted(packages.glob("*.deb")):
        is_odoo = package.name.startswith(f"{_PACKAGE}_")
        debian.unpack(package, half, _LEFT_OUT if is_odoo else ())
        if is_odoo:
            digest = hashlib.sha256(package.read_bytes()).hexdigest()
    stub = half / _PREFIX / _STUB
    if not stub.exists():
        stub.parent.mkdir(parents=True, exist_ok=True)
        stub.write_text("/* not in the Debian package */\n")
    (half / ".complete").write_text(digest)
    shutil.rmtree(destination, ignore_errors=True)
    half.rename(destination)
