"""A server of several worker processes, and users who call it at the same time."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import _common as common

ADDRESS = "127.0.0.1"
START_SECONDS = 120
STOP_SECONDS = 20
CALL_SECONDS = 240  # five tries with Odoo's pauses between them take about a minute
LOST = "connection lost"
PASSWORD = "bench-user-0"  # noqa: S105 - of users who exist in these databases only
_RETRY = re.compile(r"service\.model: (\w+).*, \d tries left")


class CallError(Exception):
    """What a user is told when a call failed."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message


class Server:
    """An Odoo server process with its workers, for one database."""

    def __init__(
        self, database: str, port: int, workers: int, moments: Sequence[str]
    ) -> None:
        self.database = database
        self.port = port
        results = Path(common.setting("BACKFLUSH_RESULTS"))
        self.log = results / f"{database}.log"
        self.log.unlink(missing_ok=True)
        self._armed = results / f"{database}.armed"
        self._armed.unlink(missing_ok=True)
        variables = {
            "BENCH_ARMED": str(self._armed),
            "BENCH_MOMENTS": "|".join(moments),
        }
        limits = ("time-cpu", "time-real", "request")
        self._process = subprocess.Popen(
            [
                *(sys.executable, str(Path(__file__).with_name("_moment_server.py"))),
                *("-c", common.setting("ODOO_RC"), "-d", database),
                *("--db-filter", f"^{database}$", "--no-database-list"),
                *("--http-interface", ADDRESS, "--http-port", str(port)),
                *("--workers", str(workers), "--max-cron-threads", "0"),
                *(f"--limit-{name}=100000" for name in limits),
                *(f"--limit-memory-{name}=0" for name in ("soft", "hard")),
                *("--logfile", str(self.log), "--log-level", "info"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | variables,
            cwd=results,
        )

    def wait(self) -> None:
        """Wait until it answers."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            with suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection(ADDRESS, self.port, timeout=60)
                connection.request("GET", "/web/login")
                if connection.getresponse().status == 200:
                    return
            if self._process.poll() is not None or time.monotonic() > deadline:
                common.fail(f"Odoo's server did not start: see {self.log}.")
            time.sleep(0.2)

    def stop(self) -> None:
        """End it with its workers, by its process id."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()  # workers whose parent is gone end by themselves
            self._process.wait()
        self._armed.unlink(missing_ok=True)

    # -- killing -----------------------------------------------------------------------

    def arm(self, moment: str) -> None:
        """Let the next worker that reaches ``moment`` kill itself."""
        half = self._armed.with_suffix(".half")
        half.write_text(moment)
        half.rename(self._armed)

    def is_armed(self) -> bool:
        """Whether nobody has come to that moment yet."""
        return self._armed.exists()

    def disarm(self) -> bool:
        """Call it off; return whether a worker has died."""
        died = not self.is_armed()
        self._armed.unlink(missing_ok=True)
        return died

    # -- what the log says -------------------------------------------------------------

    def position(self) -> int:
        """The end of the log at present."""
        return self.log.stat().st_size

    def retries(self, since: int) -> Counter[str]:
        """How often Odoo started a request over since then, by reason."""
        with self.log.open() as lines:
            lines.seek(since)
            return Counter(_RETRY.findall(lines.read()))


@contextmanager
def server(
    database: str, port: int, workers: int, moments: Sequence[str]
) -> Iterator[Server]:
    """A running server for the time of the block."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError:
            common.fail(f"port {port} of this machine is taken: choose another one.")
    this = Server(database, port, workers, moments)
    try:
        this.wait()
        yield this
    finally:
        this.stop()


class User:
    """Somebody who is logged in, as a browser is."""

    def __init__(self, server: Server, login: str) -> None:
        self.login = login
        self._port = server.port
        self._cookie = ""
        self._post(
            "/web/session/authenticate",
            {"db": server.database, "login": login, "password": PASSWORD},
        )

    def call(self, model: str, method: str, *args: Any, **context: Any) -> Any:
        """Call a method, as a click does; raise `CallError` for what goes wrong."""
        params = {"model": model, "method": method, "args": args}
        params["kwargs"] = {"context": context}
        return self._post("/web/dataset/call_kw", params)

    def _post(self, path: str, params: dict[str, Any]) -> Any:
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params})
        headers = {"Content-Type": "application/json", "Cookie": self._cookie}
        connection = http.client.HTTPConnection(
            ADDRESS, self._port, timeout=CALL_SECONDS
        )
        try:
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            answer = json.loads(response.read())
        except (OSError, http.client.HTTPException) as error:
            raise CallError(LOST, repr(error)) from error
        finally:
            connection.close()
        if cookie := response.getheader("Set-Cookie"):
            self._cookie = cookie.partition(";")[0]
        if "error" in answer:
            data = answer["error"]["data"]
            name = data["name"].rpartition(".")[2]
            raise CallError(name, " ".join(data["message"].split()))
        return answer.get("result")


# -- at the same time ------------------------------------------------------------------

Job = Callable[[], Any]


def at_once(jobs: Sequence[Job]) -> list[Any]:
    """What the jobs return, all begun at the same moment; or their `CallError`."""
    barrier = threading.Barrier(len(jobs))
    results: list[Any] = [None] * len(jobs)

    def run(number: int, job: Job) -> None:
        barrier.wait()
        try:
            results[number] = job()
        except CallError as error:
            results[number] = error

    _run([threading.Thread(target=run, args=pair) for pair in enumerate(jobs)])
    return results


def share_out(
    users: Sequence[User], work: Sequence[Any], job: Callable[[User, Any], Any]
) -> tuple[list[Any], list[float]]:
    """Let the users do the work, each the next piece; results and seconds each."""
    pieces: SimpleQueue[Any] = SimpleQueue()
    for piece in work:
        pieces.put(piece)
    results: list[Any] = []
    seconds: list[float] = []

    def run(user: User) -> None:
        while True:
            try:
                piece = pieces.get_nowait()
            except Empty:
                return
            begun = time.perf_counter()
            try:
                results.append(job(user, piece))
            except CallError as error:
                results.append(error)
            seconds.append(time.perf_counter() - begun)

    _run([threading.Thread(target=run, args=(user,)) for user in users])
    return results, seconds


def _run(threads: Sequence[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
