"""``./dev stop`` and ``./dev clean``."""

from __future__ import annotations

import argparse
import shutil

import python_packages
from console import say
from databases import Databases
from layout import Layout
from odoo_runtime import Odoo
from odoo_source import OdooSource
from postgres import PrivateServer, named_server
from web_server import WebServer


def add_stop_options(parser: argparse.ArgumentParser) -> None:
    """``./dev stop`` has none."""


def add_clean_options(parser: argparse.ArgumentParser) -> None:
    """The options of ``./dev clean``."""
    parser.add_argument(
        "--cache",
        action="store_true",
        help="remove Odoo and the Python packages, too",
    )


def stop(layout: Layout, _arguments: argparse.Namespace) -> int:
    """stop Odoo's server and the private PostgreSQL server"""
    if WebServer(layout).stop():
        say("Odoo's server is stopped.")
    if PrivateServer(layout).stop():
        say("The private PostgreSQL server is stopped.")
    return 0


def clean(layout: Layout, arguments: argparse.Namespace) -> int:
    """stop everything and remove the databases, logs and whatever else .dev/ holds

    Odoo and the Python packages stay in the cache unless --cache is given.
    """
    stop(layout, arguments)
    _drop_from_named_server(layout)
    PrivateServer(layout).remove()
    if layout.dev.is_dir():
        for entry in layout.dev.iterdir():
            if entry != layout.cache:
                _remove(entry)
    if arguments.cache:
        for entry in layout.cache_entries():
            _remove(entry)
    if layout.dev.is_dir() and not any(layout.dev.iterdir()):
        layout.dev.rmdir()
    say("Everything that ./dev had made is removed.")
    return 0


def _drop_from_named_server(layout: Layout) -> None:
    """On a server that the user named, drop the databases that this checkout made."""
    server = named_server()
    python = python_packages.interpreter(layout)
    if not server or not python.exists():
        return
    source = OdooSource(layout.dev, "none", "")
    Databases(Odoo(layout, python, source, server)).drop_all()


def _remove(path) -> None:  # type: ignore[no-untyped-def]
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
