"""Where the time and the queries of a completion go; run by _factory.py's worker."""

from __future__ import annotations

import cProfile
import pstats
import re
import sys
import threading
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import _factory

ADDON = f"{Path(__file__).resolve().parent.parent}/"
_COLUMNS = re.compile(r"^(SELECT|INSERT INTO \S+) .+? (FROM|VALUES) ", re.DOTALL)
_RETURNING = re.compile(r" RETURNING .*")
_LIST = re.compile(r"%s(?:, ?%s)+")
_NAME = re.compile(r'(SAVEPOINT) "[^"]*"')
_LENGTH = 130


class Profile:
    """Looks at one call in detail; the figures of such a call are not for the table."""

    def __init__(self, factory: _factory.Factory) -> None:
        self._factory = factory

    def queries(self, components: int, orders: int) -> list[list[Any]]:
        """Queries of one call: [times, text, where in the addon they were caused]."""
        seen: Counter[tuple[str, str]] = Counter()

        def note(cr: Any, query: Any, params: Any, start: float, delay: float) -> None:
            seen[_abridge(str(query)), _origin()] += 1

        thread: Any = threading.current_thread()
        with self._factory.environment() as env:
            batch = self._factory.get_orders(env, components, orders)
            env.invalidate_all()
            thread.query_hooks = [note]
            try:
                _factory.finish(env, batch)
            finally:
                del thread.query_hooks
            env.cr.rollback()
        return [[times, *key] for key, times in seen.items()]

    def profile(self, components: int, orders: int) -> dict[str, list[float]]:
        """Functions of one call: [calls, own ms, cumulative ms] by name."""
        profiler = cProfile.Profile()
        with self._factory.environment() as env:
            batch = self._factory.get_orders(env, components, orders)
            env.invalidate_all()
            profiler.runcall(_factory.finish, env, batch)
            env.cr.rollback()
        stats: Any = pstats.Stats(profiler)
        result: dict[str, list[float]] = {}
        for place, (
            _primitive,
            calls,
            own,
            cumulative,
            _callers,
        ) in stats.stats.items():
            values = (calls, 1000 * own, 1000 * cumulative)
            known = result.get(_name(*place), [0, 0, 0])
            result[_name(*place)] = [x + y for x, y in zip(known, values, strict=True)]
        return result


def _name(path: str, line: int, function: str) -> str:
    return f"{_file(path)} {function}"


@cache
def _file(path: str) -> str:
    """A file by its last folders; the addon's own from its root, and marked."""
    resolved = str(Path(path).resolve()) if path.endswith(".py") else path
    if resolved.startswith(ADDON) and not resolved.startswith(f"{ADDON}.dev/"):
        return f"addon: {resolved.removeprefix(ADDON)}"
    return "/".join(Path(path).parts[-3:])


def _abridge(text: str) -> str:
    """A query without its columns, the lengths of its lists and unique names."""
    text = " ".join(text.split())
    text = _RETURNING.sub("", _COLUMNS.sub(r"\1 … \2 ", text))
    return _NAME.sub(r"\1", _LIST.sub("%s, …", text))[:_LENGTH]


def _origin() -> str:
    """The addon's innermost function that is running, or nothing."""
    frame: Any = sys._getframe(2)
    while frame:
        name = _name(frame.f_code.co_filename, 0, frame.f_code.co_name)
        if name.startswith("addon: ") and "/bench/" not in f"/{name[7:]}":
            return name.removeprefix("addon: ")
        frame = frame.f_back
    return ""
