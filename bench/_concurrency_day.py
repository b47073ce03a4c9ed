"""One journal entry per day, made while the shop goes on; where the addon has that."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from _concurrency_floor import ORDER, POSTING, Floor, Outcome, Play, Sizes, kill_in
from _moment_server import COMMIT
from _rpc import CallError, User, at_once

JOB = "_cron_book"
_PAUSE = 1.0  # seconds between two attempts of the office to book the day
_FOR_DAY = ("before numbering", "after numbering", "after the day's entry", *COMMIT)
_FOR_JOB = ("before numbering", "after the day's entry")
# what Odoo tells whoever starts a job that is running
ALREADY_RUNNING = "already executing"


@contextmanager
def _mode(floor: Floor, mode: str) -> Iterator[None]:
    floor.worker.call("set_posting_mode", mode=mode)
    try:
        yield
    finally:
        floor.worker.call("set_posting_mode", mode="immediate")


def _book(floor: Floor, user: User) -> object:
    """Press the button that books what is recorded so far."""
    return user.call(POSTING, "action_book", [])


@contextmanager
def _booking(floor: Floor, outcome: Outcome) -> Iterator[None]:
    """Meanwhile, an accountant books what is recorded, and so does the job."""
    over = threading.Event()

    def book() -> None:
        while not over.wait(_PAUSE):
            for job in (partial(_book, floor, floor.office[0]), floor.job(JOB)):
                try:
                    job()
                except CallError as error:
                    outcome.results.append(error)

    thread = threading.Thread(target=book)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def daily_orders(floor: Floor, sizes: Sizes) -> Outcome:
    """All users finish orders, recorded for the day; it is booked meanwhile."""
    outcome = Outcome([], told=(ALREADY_RUNNING,))
    orders = floor.take(ORDER, _half(sizes))
    with _mode(floor, "daily"), _booking(floor, outcome):
        floor.work(outcome, ORDER, orders)
    # now the job takes today's as well
    both = [partial(_book, floor, user) for user in floor.office]
    outcome.results += at_once([*both, floor.job(JOB)])
    return outcome


def killed_days(floor: Floor, sizes: Sizes) -> Outcome:
    """A worker that books a day is killed, once in every phase; then again."""
    outcome = Outcome([])
    with _mode(floor, "daily"):
        for moment in _FOR_DAY:
            [order] = floor.take(ORDER, 1)
            floor.finish(floor.shop[0], ORDER, order)
            button = partial(_book, floor, floor.office[0])
            kill_in(floor, outcome, moment, button)
            outcome.results += at_once([button])
    for moment in _FOR_JOB:
        with _mode(floor, "daily"):
            [order] = floor.take(ORDER, 1)
            floor.finish(floor.shop[0], ORDER, order)
        kill_in(floor, outcome, moment, floor.job(JOB))
        outcome.results += at_once([floor.job(JOB)])
    return outcome


def _half(sizes: Sizes) -> int:
    return sizes.orders // 2


#: each with the number of orders that it takes
SCENARIOS: dict[Play, Callable[[Sizes], int]] = {
    daily_orders: _half,
    killed_days: lambda _sizes: len(_FOR_DAY + _FOR_JOB),
}
