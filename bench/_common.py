"""What the measurements share: databases, worker processes, figures.

A measurement is a script of this folder; `./dev bench NAME` starts it and passes the
database server, a template database and the folders on as environment variables.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NoReturn

import psycopg2

ADDON = "backflush_costing"


def fail(sentence: str) -> NoReturn:
    """End the script with one sentence."""
    sys.exit(f"bench: {sentence}")


def setting(name: str) -> str:
    """A variable that `./dev bench` sets."""
    try:
        return os.environ[name]
    except KeyError:
        fail(f"{name} is not set: start the script with ./dev bench.")


@contextmanager
def step(title: str) -> Iterator[None]:
    """Print ``title`` with the seconds that the block took."""
    begun = time.monotonic()
    yield
    print(f"{time.monotonic() - begun:7.1f} s  {title}", file=sys.stderr, flush=True)


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Let no second run of a measurement use the same databases."""
    path = Path(setting("BACKFLUSH_RESULTS")) / f"{name}.lock"
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            fail(f"another run of {name} is going on.")
        yield


# -- databases -------------------------------------------------------------------------


def query(statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
    """Run one statement outside any transaction and return its rows."""
    with closing(psycopg2.connect(dbname=database)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def exists(name: str) -> bool:
    """Whether the database is there."""
    names = {row[0] for row in query("SELECT datname FROM pg_database")}
    return name in names


def drop(name: str) -> None:
    """Delete a database of a measurement and its filestore."""
    query(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    shutil.rmtree(_filestore(name), ignore_errors=True)


def copy(source: str, target: str) -> None:
    """Replace ``target`` by a copy of ``source`` with its filestore."""
    drop(target)
    query(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')
    if _filestore(source).is_dir():
        shutil.copytree(_filestore(source), _filestore(target))


def _filestore(name: str) -> Path:
    return Path(setting("BACKFLUSH_DATA")) / "filestore" / name


def install(database: str, *, update: bool = False) -> None:
    """Install (or update) the addon."""
    command = [sys.executable, "-m", "odoo", "server", "-c", setting("ODOO_RC")]
    command += ["-d", database, "-u" if update else "-i", ADDON]
    command += ["--stop-after-init", "--no-http", "--log-level=warn"]
    # not where the user stands: python -m finds modules there
    folder = setting("BACKFLUSH_RESULTS")
    result = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, check=False)
    if result.returncode:
        fail(f"the addon cannot be installed in {database}: see the lines above.")


# -- processes -------------------------------------------------------------------------


class Worker:
    """A process with a registry of its own that carries out commands in a database."""

    def __init__(self, script: str, database: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name(script)), database],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # the order of sets decides about a query more or less here and there
            env=os.environ | {"PYTHONHASHSEED": "0"},
        )

    def call(self, command: str, **arguments: Any) -> Any:
        """Have ``command`` carried out; return what it returns."""
        self.start(command, **arguments)
        return self.answer()

    def start(self, command: str, **arguments: Any) -> None:
        """Have ``command`` carried out while this process goes on."""
        assert self._process.stdin
        self._command = command
        print(json.dumps([command, arguments]), file=self._process.stdin, flush=True)

    def answer(self) -> Any:
        """What the command that was started returns."""
        assert self._process.stdout
        answer = self._process.stdout.readline()
        if not answer:
            code = self._process.wait()
            fail(f"{self._command} failed (exit code {code}): see the lines above.")
        return json.loads(answer)

    def kill(self, after: float) -> None:
        """End the process at once after so many seconds, whatever it is doing."""
        time.sleep(after)
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """Let the process end."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


@contextmanager
def worker(script: str, database: str) -> Iterator[Worker]:
    """A worker for the time of the block."""
    this = Worker(script, database)
    try:
        yield this
    finally:
        this.close()


def serve(commands: Mapping[str, Callable[..., Any]]) -> None:
    """The worker's side: carry out commands until the other side closes."""
    # whatever Odoo prints must not get between the answers
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        command, arguments = json.loads(line)
        result = commands[command](**arguments)
        print(json.dumps(result), file=answers, flush=True)


# -- figures ---------------------------------------------------------------------------


def rotations(names: Sequence[str], rounds: int) -> Iterator[list[str]]:
    """``names`` once per round, each time beginning with the next one.

    >>> list(rotations("ABC", 2))
    [['A', 'B', 'C'], ['B', 'C', 'A']]
    """
    for number in range(rounds):
        turn = number % len(names)
        yield [*names[turn:], *names[:turn]]


def print_table(
    title: str, header: Sequence[str], rows: Sequence[Sequence[str]]
) -> None:
    """Print columns flush right, under one line of headings."""
    lines = [header, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    print(f"\n{title}\n")
    for line in lines:
        cells = (cell.rjust(width) for cell, width in zip(line, widths, strict=True))
        print("  " + "  ".join(cells))


def save(name: str, figures: Any) -> None:
    """Keep the figures for later comparison."""
    path = Path(setting("BACKFLUSH_RESULTS")) / f"{name}.json"
    path.write_text(json.dumps(figures, indent=1) + "\n")
