"""set up a demonstration and leave it running on this machine

Creates the database backflush_demo once, installs the addon, plays the story of
demo/play.py in it and prints what happened; then Odoo's server runs in the background.
A second run keeps the database, updates the addon if its files have changed, and starts
the server only if it is not running.  ./dev stop stops it, ./dev clean removes it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import odoo_log
import shell
import workbench
from console import Trouble, say, step
from databases import DEMO, Databases
from layout import ADDON, Layout, locked
from web_server import WebServer

_PORT = 8169
_PLAY = f"""
from odoo.addons.{ADDON}.demo.play import play
play(env, echo=print)
env.cr.commit()
"""
# Otherwise the first page after the login would take half a minute.
_PAGES = """
bundle = env["ir.qweb"]._get_asset_bundle("web.assets_web", css=True, js=True)
bundle.js(), bundle.css()
env.cr.commit()
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of ``./dev demo``."""
    parser.add_argument(
        "--port", type=int, default=_PORT, help=f"the server's port ({_PORT})"
    )
    parser.add_argument(
        "--fresh", action="store_true", help="begin again with a new database"
    )


def run(layout: Layout, arguments: argparse.Namespace) -> int:
    """Carry out ``./dev demo``."""
    databases = workbench.set_up(layout)
    server = WebServer(layout)
    with locked(layout.state / "demo.lock"):
        _bring_up_to_date(databases, server, fresh=arguments.fresh)
        if not server.serves(arguments.port):
            server.stop()
            with step("Odoo's server"):
                server.start(databases.odoo, DEMO, arguments.port)
    say(
        f"\nOdoo runs at http://127.0.0.1:{arguments.port} - "
        "log in as admin with the password admin.\n./dev stop stops it."
    )
    return 0


def _bring_up_to_date(databases: Databases, server: WebServer, *, fresh: bool) -> None:
    layout = databases.odoo.layout
    played = layout.state / f"{DEMO}.played"
    log = layout.logs / f"{DEMO}.log"
    if fresh or not databases.is_current(DEMO):
        server.stop()
        new = databases.current(DEMO, log, fresh=fresh)
        if new:
            played.unlink(missing_ok=True)
        for entry in odoo_log.in_log_file(log):
            say(f"           {entry}")
    if not played.is_file():
        _play(databases, played)


def _play(databases: Databases, played: Path) -> None:
    """Play the story in one transaction, then remember that it was played."""
    layout = databases.odoo.layout
    if (layout.root / "demo" / "play.py").is_file():
        say("")
        with step("the story of demo/play.py"):
            if shell.execute(databases.odoo, DEMO, _PLAY):
                raise Trouble("The story of demo/play.py failed: see the lines above.")
    with step("web pages"):
        shell.execute(databases.odoo, DEMO, _PAGES)
    played.touch()
