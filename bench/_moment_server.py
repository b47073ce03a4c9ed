"""An Odoo server of several worker processes, each of which dies when it is told to.

Same options as ``odoo server``.  A worker kills itself (``kill -9``) when it reaches
the moment whose name stands in the file that BENCH_ARMED names; the file is removed, so
that one worker dies.  BENCH_MOMENTS names the moments to watch.  Nothing of this is in
the addon: the methods are wrapped here, in this process only.
"""

from __future__ import annotations

import functools
import importlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

LIFE = 3600  # seconds after which a forgotten server ends by itself


class Moment(NamedTuple):
    """Before or after a method; in plain Odoo too, or with the addon only."""

    method: str
    after: bool = False
    plain: bool = False


_ENGINE = "backflush_costing.models.backflush_engine:BackflushEngine"
_ENTRY = "backflush_costing.models.backflush_engine_entry:BackflushEngine"
_POSTING = "backflush_costing.models.backflush_engine_posting:BackflushEngine"
_REVERSAL = "backflush_costing.models.backflush_engine_reversal:BackflushEngine"
_DAY = "backflush_costing.models.backflush_day:BackflushDay"
_CLOSE = "backflush_costing.models.backflush_close:BackflushClose"
_CLOSING = "backflush_costing.models.backflush_close_post:BackflushClose"
_OPENING = "backflush_costing.models.backflush_close_reverse:BackflushClose"
_MOVE = "account.models.account_move:AccountMove"
MOMENTS = {
    "before the stock work": Moment(
        "mrp.models.mrp_production:MrpProduction._post_inventory", plain=True
    ),
    "before the transfer": Moment(
        "stock.models.stock_picking:StockPicking._action_done", plain=True
    ),
    "after the stock facts": Moment(
        "backflush_costing.models.stock_move:StockMove._record_backflush_facts", True
    ),
    "before the posting": Moment(f"{_ENGINE}._post_batch"),
    "after the lock": Moment(f"{_ENGINE}._lock", True),
    "before the entry": Moment(f"{_ENTRY}._create_entries"),
    "before numbering": Moment(f"{_MOVE}._post", plain=True),
    "after numbering": Moment(f"{_MOVE}._post", True, plain=True),
    "after the posting": Moment(f"{_POSTING}._create_postings", True),
    "after the day's entry": Moment(f"{_DAY}._book_day", True),
    "in the reversal": Moment(f"{_REVERSAL}._create_reversal", True),
    "after the period's rows": Moment(f"{_CLOSE}._insert_rows", True),
    "before the rows are final": Moment(f"{_CLOSING}._finalise"),
    "in the reversal of a close": Moment(f"{_OPENING}._reverse_entries", True),
}
# at the commit of what a user did: before it, while the database carries it out (so
# many seconds after it was sent), after it but before the user gets an answer
COMMIT = {
    "before the commit": None,
    "in the commit (at once)": 0.0,
    "in the commit (0.5 ms)": 0.0005,
    "in the commit (2 ms)": 0.002,
    "after the commit": None,
}
_acting = threading.local()


def _armed(name: str) -> bool:
    """Whether this process is the one to die at the moment ``name``."""
    path = Path(os.environ["BENCH_ARMED"])
    try:
        if path.read_text() != name:
            return False
        path.unlink()
    except FileNotFoundError:
        return False
    return True


def _die(name: str) -> None:
    if _armed(name):
        os.kill(os.getpid(), signal.SIGKILL)


def _die_later(seconds: float) -> None:
    time.sleep(seconds)
    os.kill(os.getpid(), signal.SIGKILL)


def _find(place: str) -> tuple[Any, str]:
    module, _, path = place.partition(":")
    owner, name = path.split(".")
    return getattr(importlib.import_module(f"odoo.addons.{module}"), owner), name


def _watch(name: str, moment: Moment) -> None:
    owner, method = _find(moment.method)
    original = getattr(owner, method)

    @functools.wraps(original)
    def watched(*args: Any, **kwargs: Any) -> Any:
        if not moment.after:
            _die(name)
        result = original(*args, **kwargs)
        if moment.after:
            _die(name)
        return result

    setattr(owner, method, watched)


def _note_calls(call: Callable[..., Any]) -> Callable[..., Any]:
    """Know which commit is that of what a user did; a request has others as well."""

    def noted(*args: Any, **kwargs: Any) -> Any:
        _acting.now = False
        result = call(*args, **kwargs)
        _acting.now = True
        return result

    return noted


def _watch_commits(commit: Callable[[Any], None]) -> Callable[[Any], None]:
    def watched(cursor: Any) -> None:
        if not getattr(_acting, "now", False):
            return commit(cursor)
        _acting.now = False
        cursor.flush()
        _die("before the commit")
        for name, seconds in COMMIT.items():
            if seconds is not None and _armed(name):
                threading.Thread(target=_die_later, args=(seconds,)).start()
        commit(cursor)
        _die("after the commit")

    return watched


def main() -> None:
    """Serve until told to stop."""
    from odoo import sql_db
    from odoo.service import server
    from odoo.tools import config

    signal.alarm(LIFE)
    config.parse_config(sys.argv[1:], setup_logging=True)
    names = os.environ["BENCH_MOMENTS"].split("|")
    for name in names:
        with suppress(ImportError):  # an addon without it
            if name in MOMENTS:
                _watch(name, MOMENTS[name])
    dataset = importlib.import_module("odoo.addons.web.controllers.dataset")
    dataset.call_kw = _note_calls(dataset.call_kw)
    sql_db.Cursor.commit = _watch_commits(sql_db.Cursor.commit)
    # nobody listens to the bus here
    server.PreforkServer.long_polling_spawn = lambda _server: None
    sys.exit(server.start(preload=config["db_name"], stop=False))


if __name__ == "__main__":
    main()
