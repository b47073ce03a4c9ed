"""What the user sees: a line for each step, a sentence for each thing that is wrong."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

_TAIL = 25
_print_lock = threading.Lock()


class Trouble(Exception):
    """Something the user can mend; its text is one sentence saying what and how.

    ``details`` are lines worth showing before that sentence.
    """

    def __init__(self, sentence: str, details: str = "") -> None:
        super().__init__(sentence)
        self.details = details


def say(text: str) -> None:
    """Print one line at once, whole even when steps run side by side."""
    with _print_lock:
        print(text, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Print ``title`` with the seconds that the block took."""
    begun = time.monotonic()
    outcome = "failed"
    try:
        yield
        outcome = "done"
    finally:
        seconds = time.monotonic() - begun
        mark = "" if outcome == "done" else f"  {outcome}"
        say(f"{seconds:7.1f} s  {title}{mark}")


def run_logged(
    command: Sequence[str | Path],
    log: Path,
    *,
    what: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> None:
    """Run ``command`` quietly into ``log``; failing, the log's end is shown."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as out:
        code = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=dict(env) if env is not None else None,
            cwd=cwd,
            check=False,
        ).returncode
    if code:
        lines = log.read_text(errors="replace").splitlines()
        sentence = f"{what} failed (exit code {code}): the whole log is {log}."
        raise Trouble(sentence, "\n".join(lines[-_TAIL:]))
