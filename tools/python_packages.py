"""The virtual environment, pinned by a lock file and keyed by that file's hash."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import sys
from pathlib import Path

from console import Trouble, run_logged
from layout import Layout

_NO_NETWORK = (
    "Python's packages could not be installed: connect this machine to the network, or "
    "set BACKFLUSH_CACHE to a cache that ./dev has filled elsewhere (log: {log})."
)


def venv_folder(layout: Layout) -> Path:
    """The environment's folder: another lock file or Python means another folder."""
    digest = hashlib.sha256(platform.python_version().encode())
    tools = layout.root / "tools"
    for name in ("requirements.txt", "requirements-dev.txt"):
        digest.update((tools / name).read_bytes())
    return layout.cache / f"venv-{digest.hexdigest()[:12]}"


def interpreter(layout: Layout) -> Path:
    """The environment's interpreter, whether it is there yet or not."""
    return venv_folder(layout) / "bin" / "python"


def ensure(layout: Layout) -> Path:
    """Return the environment's interpreter, installing the packages once."""
    folder = venv_folder(layout)
    python = interpreter(layout)
    if (folder / ".complete").is_file() and python.exists():
        return python
    # A half-made environment of an interrupted run is of no use.
    shutil.rmtree(folder, ignore_errors=True)
    log = layout.logs / "python-packages.log"
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    environment.pop("PYTHONPATH", None)
    run_logged(
        [sys.executable, "-m", "venv", folder],
        log,
        what="Creating the Python environment (Debian: install python3-venv)",
        env=environment,
    )
    lock = layout.root / "tools" / "requirements-dev.txt"
    # compiled files go to a folder of their own, at first use
    quiet = ("-q", "--no-input", "--no-compile")
    command: list[str | Path] = [python, "-m", "pip", "install", *quiet, "-r", lock]
    try:
        run_logged(command, log, what="pip", env=environment)
    except Trouble as error:
        raise Trouble(_NO_NETWORK.format(log=log)) from error
    (folder / ".complete").touch()
    return python
