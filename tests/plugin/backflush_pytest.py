"""pytest plugin (``-p backflush_pytest``): the repository's root *is* the addon.

Whatever the checkout's folder is called, its files import as
``odoo.addons.backflush_costing.*``, which Odoo requires.  Keep this file outside every
Python package, and keep no conftest.py anywhere in the repository: pytest imports a
conftest before Odoo's configuration is read, and with it the addon's models under the
wrong name.

It also keeps every log record at WARNING or above that reaches Odoo's own handlers
while tests run (``assertLogs`` and ``mute_logger`` hold back what a test expects), so
that the run can fail on it.
"""

import json
import logging
import os
from pathlib import Path

import _pytest.pathlib
import pytest

ADDON = "backflush_costing"
ROOT = Path(os.environ["BACKFLUSH_ROOT"]).resolve()
#: Tag of classes whose tests take minutes.
LONG = "backflush_long"
RECORDS = os.environ.get("BACKFLUSH_LOG_RECORDS")
_resolve = _pytest.pathlib.resolve_pkg_root_and_module_name


def resolve_pkg_root_and_module_name(path, *, consider_namespace_packages=False):
    try:
        parts = path.resolve().relative_to(ROOT).with_suffix("").parts
    except ValueError:
        return _resolve(path, consider_namespace_packages=consider_namespace_packages)
    if parts[-1] == "__init__":
        parts = parts[:-1]
    # the addons folder as import root: the package itself is found by odoo.addons
    name = ".".join(("odoo", "addons", ADDON, *parts))
    return Path(os.environ["BACKFLUSH_ADDONS"]), name


_pytest.pathlib.resolve_pkg_root_and_module_name = resolve_pkg_root_and_module_name


class RecordKeeper(logging.Handler):
    """Appends each record to a file, with the test that was running."""

    def __init__(self, path):
        super().__init__(logging.WARNING)
        self.path = path

    def emit(self, record):
        message = record.getMessage()
        if record.exc_info:
            message += "\n" + logging.Formatter().formatException(record.exc_info)
        entry = {
            "level": record.levelname,
            "logger": record.name,
            "message": message,
            "source": os.environ.get("PYTEST_CURRENT_TEST", "outside of tests"),
        }
        # one write of one line, so that parallel processes do not mix theirs
        with open(self.path, "a", encoding="utf-8") as out:
            out.write(json.dumps(entry) + "\n")


KEEPER = RecordKeeper(RECORDS) if RECORDS else None


def pytest_collection_modifyitems(items):
    """Begin with what takes minutes, or one process works on it when all have ended."""
    items.sort(key=lambda item: LONG not in getattr(item.cls, "test_tags", ()))


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session):
    if KEEPER:
        logging.getLogger().addHandler(KEEPER)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session):
    # how this very process is brought down is no matter of the addon's
    if KEEPER:
        logging.getLogger().removeHandler(KEEPER)
