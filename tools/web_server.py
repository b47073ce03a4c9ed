"""The demonstration's Odoo server: a process in the background, known by its id."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from console import Trouble
from layout import Layout
from odoo_runtime import Odoo

_ADDRESS = "127.0.0.1"
_START_SECONDS = 120
_STOP_SECONDS = 20


@dataclass(frozen=True)
class WebServer:
    """At most one server for each checkout."""

    layout: Layout

    @property
    def _file(self) -> Path:
        return self.layout.dev / "server.json"

    @property
    def log(self) -> Path:
        return self.layout.logs / "server.log"

    def _running(self) -> tuple[int, int, str] | None:
        """Process id, port and code of our server, if it runs."""
        try:
            value = json.loads(self._file.read_text())
            pid, port, code = int(value["pid"]), int(value["port"]), str(value["code"])
        except (OSError, ValueError, KeyError):
            return None
        return (pid, port, code) if self._is_ours(pid) else None

    def serves(self, port: int) -> bool:
        """Whether the server runs on ``port`` with the files as they are now."""
        running = self._running()
        return running is not None and running[1:] == (port, self.layout.code_digest())

    def _is_ours(self, pid: int) -> bool:
        """Process ids are used again: look whether the process is our server still."""
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False
        return str(self.layout.state).encode() in command

    def start(self, odoo: Odoo, database: str, port: int) -> None:
        """Start the server and wait until it answers."""
        if not _is_free(port):
            raise Trouble(
                f"Port {port} of this machine is taken: choose another with --port."
            )
        command = odoo.command(
            *("server", "-c", odoo.configuration(database, port), "-d", database),
            *("--db-filter", f"^{database}$", "--logfile", self.log),
        )
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=odoo.environment(),
            cwd=self.layout.dev,
            start_new_session=True,  # lives on when the terminal is closed
        )
        code = self.layout.code_digest()
        state = {"pid": process.pid, "port": port, "code": code}
        self._file.write_text(json.dumps(state))
        deadline = time.monotonic() + _START_SECONDS
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise Trouble(f"Odoo's server did not start: see {self.log}.")
            time.sleep(0.2)

    def stop(self) -> bool:
        """Stop the server by its process id; tell whether it was running."""
        running = self._running()
        if running:
            pid = running[0]
            os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + _STOP_SECONDS
            while self._is_ours(pid) and not _reaped(pid):
                if time.monotonic() > deadline:
                    os.kill(pid, signal.SIGKILL)
                    deadline += _STOP_SECONDS
                time.sleep(0.1)
        self._file.unlink(missing_ok=True)
        return running is not None


def _reaped(pid: int) -> bool:
    """Whether ``pid`` was a child of this very run and has ended."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return False


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_ADDRESS, port))
        except OSError:
            return False
    return True


def _answers(port: int) -> bool:
    # no proxy of the environment between this machine and itself
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{_ADDRESS}:{port}/web/login", timeout=60) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
