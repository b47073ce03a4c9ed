"""Sorts the words after ``./dev test`` into kernel paths, Odoo paths and options."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from console import Trouble

# Folders with plain pytest tests, which need no Odoo
PLAIN = (Path("tests/kernel"), Path("tools/tests"))
# pytest's options whose value is the next word
_TAKES_VALUE = {"-k", "-m", "-p", "-c", "-o", "-n", "-W", "-r", "--dist", "--tb"}


@dataclass
class Selection:
    """What the user asked pytest for."""

    plain: list[str] = field(default_factory=list)
    odoo: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)

    @property
    def has_paths(self) -> bool:
        return bool(self.plain or self.odoo)


def select(root: Path, words: list[str]) -> Selection:
    """Sort ``words``; paths may be relative to the folder in which the user stands."""
    selection = Selection()
    previous = ""
    for word in words:
        if word.startswith("-") or previous in _TAKES_VALUE:
            selection.options.append(word)
        else:
            name = _inside(root, word)
            folder = Path(name.partition("::")[0])
            is_plain = any(folder.is_relative_to(plain) for plain in PLAIN)
            (selection.plain if is_plain else selection.odoo).append(name)
        previous = word
    return selection


def _inside(root: Path, word: str) -> str:
    """The path of ``word`` from the root, with what follows ``::``."""
    path, separator, test = word.partition("::")
    if not Path(path).exists():
        raise Trouble(f"{path} does not exist: name a test file or folder, or use -k.")
    try:
        return f"{Path(path).resolve().relative_to(root)}{separator}{test}"
    except ValueError:
        raise Trouble(f"{path} lies outside this checkout.") from None
