"""Where things lie: everything the tooling makes is under ``.dev/`` or the cache."""

from __future__ import annotations

import ast
import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from console import say

ADDON = "backflush_costing"
# Folders whose files never reach the database: changing them needs no module update.
_KERNEL = "costing"
_NOT_IN_DATABASE = ("tests", "tools", "bench", "readme", "demo", "docs", _KERNEL)


@dataclass(frozen=True)
class Layout:
    """The folders of one checkout."""

    root: Path

    @property
    def dev(self) -> Path:
        return self.root / ".dev"

    @property
    def cache(self) -> Path:
        """Odoo and the Python packages; may be shared by several checkouts."""
        named = os.environ.get("BACKFLUSH_CACHE")
        return Path(named).expanduser().resolve() if named else self.dev / "cache"

    def cache_entries(self) -> list[Path]:
        """What the cache holds of ours; the folder itself may be the user's."""
        patterns = ("odoo-19*", "venv-*", "pycache", "prettier", "postgresql*", "apt*")
        found = [path for name in patterns for path in self.cache.glob(name)]
        return [*found, self.cache / "set-up.lock"]

    @property
    def logs(self) -> Path:
        return self.dev / "logs"

    @property
    def state(self) -> Path:
        """Small files that remember what a database or server was made from."""
        return self.dev / "state"

    @property
    def data(self) -> Path:
        """Odoo's data_dir: filestores and sessions."""
        return self.dev / "data"

    @property
    def addons(self) -> Path:
        """The addons path: one link, so that the folder has the technical name."""
        return self.dev / "addons"

    def prepare(self) -> None:
        """Create the folders and the link that makes any checkout importable."""
        for folder in (self.cache, self.logs, self.state, self.data, self.addons):
            folder.mkdir(parents=True, exist_ok=True)
        link = self.addons / ADDON
        if not link.is_symlink() or link.resolve() != self.root:
            link.unlink(missing_ok=True)
            link.symlink_to(self.root, target_is_directory=True)

    def manifest(self) -> dict[str, object]:
        """The addon's manifest, read without importing anything."""
        path = self.root / "__manifest__.py"
        if not path.is_file():
            return {}
        value = ast.literal_eval(path.read_text())
        return value if isinstance(value, dict) else {}

    def dependencies(self) -> list[str]:
        """The modules that the manifest names in ``depends``."""
        depends = self.manifest().get("depends", [])
        return [str(name) for name in depends] if isinstance(depends, list) else []

    def addon_digest(self) -> str:
        """Changes when a file changes that a module update would read."""
        return _digest(self.root, self._entries(_NOT_IN_DATABASE))

    def code_digest(self) -> str:
        """Changes when a file changes that a running server has loaded."""
        others = tuple(name for name in _NOT_IN_DATABASE if name != _KERNEL)
        return _digest(self.root, self._entries(others))

    def _entries(self, excluded: tuple[str, ...]) -> list[Path]:
        return [
            entry
            for entry in self.root.iterdir()
            if not entry.name.startswith(".")
            and entry.name not in excluded
            and (entry.is_dir() or entry.suffix == ".py")
        ]


def _digest(root: Path, entries: list[Path]) -> str:
    files = [entry for entry in entries if entry.is_file()]
    for folder in entries:
        files += [path for path in folder.rglob("*") if path.is_file()]
    digest = hashlib.sha256()
    for path in sorted(files):
        if "__pycache__" not in path.parts:
            digest.update(f"{path.relative_to(root)}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold ``path`` against other runs of ``./dev`` in this checkout."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say(f"           waiting for another ./dev that holds {path.name} ...")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
