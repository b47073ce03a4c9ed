"""Finds what must not be in Odoo's logs: any line at WARNING or above.

One rule serves two sources: the log file of an installation or update of the addon in a
database where everything else is installed already, and the records that the pytest
plugin kept while the addon's own tests ran.  In both, nothing but the addon is at work,
so every such line counts unless it is listed below with its reason.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_LINE = re.compile(
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \d+ "
    r"(?P<level>[A-Z]+) (?P<database>\S+) (?P<logger>\S+): (?P<message>.*)$"
)
_SERIOUS = ("WARNING", "ERROR", "CRITICAL")
# What plain Odoo logs by itself, whatever the addon does.
_NOISE = {
    r"Running as user 'root' is a security risk": "CI runs as root",
    r"AssetsLoadingError": "the browser was closed while a page still loaded assets",
    r"Chrome executable not found": "./dev has said that browser tests are skipped",
}


@dataclass(frozen=True)
class Entry:
    """One log line with what followed it, such as a traceback."""

    level: str
    logger: str
    message: str
    source: str

    def __str__(self) -> str:
        head, *rest = self.message.splitlines() or [""]
        tail = f" ... {rest[-1].strip()}" if rest else ""
        return f"{self.level} {self.logger}: {head}{tail}  [{self.source}]"

    @property
    def is_noise(self) -> bool:
        return any(re.search(pattern, self.message) for pattern in _NOISE)


def in_log_file(path: Path) -> list[Entry]:
    """The serious entries of a log file that Odoo wrote."""
    found: list[Entry] = []
    current: re.Match[str] | None = None
    message: list[str] = []

    def close() -> None:
        if current and current["level"] in _SERIOUS:
            text = "\n".join(message)
            entry = Entry(current["level"], current["logger"], text, path.name)
            found.append(entry)

    for line in path.read_text(errors="replace").splitlines():
        match = _LINE.match(line)
        if match:
            close()
            current, message = match, [match["message"]]
        else:
            message.append(line)
    close()
    return _without_noise(found)


def in_records(path: Path) -> list[Entry]:
    """The serious entries that the pytest plugin kept, one JSON object a line."""
    lines = path.read_text().splitlines() if path.is_file() else []
    entries = [Entry(**json.loads(line)) for line in lines]
    return _without_noise(entries)


def _without_noise(entries: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in entries if not entry.is_noise]
