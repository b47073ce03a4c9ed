"""What happens at the same time on one database, and who is killed meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

import _concurrency_close as close
import _concurrency_day as day
import _concurrency_office as office
from _concurrency_floor import ORDER, TRANSFER, Floor, Outcome, Sizes, kill_in
from _moment_server import COMMIT
from _rpc import at_once

_FOR_ORDERS = (
    "before the stock work",
    "after the stock facts",
    "before the posting",
    "after the lock",
    "before the entry",
    "before numbering",
    "after numbering",
    "after the posting",
    *COMMIT,
)
_FOR_TRANSFERS = (
    "before the transfer",
    "after the stock facts",
    "before the entry",
    "after the posting",
    *COMMIT,
)
_PAUSE = 0.5  # seconds between two kills


# -- orders and transfers, also in plain Odoo ------------------------------------------


def first_orders(floor: Floor, sizes: Sizes) -> Outcome:
    """Each user finishes an order, all at once, before there is any number."""
    if floor.mode.has_addon:
        floor.worker.call("begin_year")
    orders = floor.take(ORDER, sizes.workers)
    outcome = Outcome([])
    jobs = [
        partial(floor.insist, outcome, partial(floor.finish, user, ORDER, order))
        for user, order in zip(floor.shop, orders, strict=True)
    ]
    outcome.results += at_once(jobs)
    return outcome


def _same(floor: Floor, sizes: Sizes, model: str) -> Outcome:
    results = []
    for record in floor.take(model, sizes.pairs):
        results += at_once(
            [partial(floor.finish, user, model, record) for user in floor.shop[:2]]
        )
    return Outcome(results)


def same_order(floor: Floor, sizes: Sizes) -> Outcome:
    """Two users finish the same order at once, several times."""
    return _same(floor, sizes, ORDER)


def same_transfer(floor: Floor, sizes: Sizes) -> Outcome:
    """Two users validate the same delivery at once, several times."""
    return _same(floor, sizes, TRANSFER)


def _many(floor: Floor, model: str, number: int) -> Outcome:
    return floor.work(Outcome([]), model, floor.take(model, number))


def many_orders(floor: Floor, sizes: Sizes) -> Outcome:
    """All users finish orders that share components, each the next one."""
    return _many(floor, ORDER, sizes.orders)


def many_transfers(floor: Floor, sizes: Sizes) -> Outcome:
    """All users validate deliveries of the same products, each the next one."""
    return _many(floor, TRANSFER, sizes.transfers)


def corrections(floor: Floor, sizes: Sizes) -> Outcome:
    """Two users correct the same finished order: one component, then two others."""
    results = []
    first, second = floor.shop[:2]
    for order in floor.finished[ORDER][: sizes.pairs]:
        for place in (0, 1):
            results += at_once(
                [
                    partial(floor.correct, first, order, 0, 1.0),
                    partial(floor.correct, second, order, place, 2.0),
                ]
            )
    return Outcome(results)


# -- workers are killed ----------------------------------------------------------------


def _killed(floor: Floor, model: str, moments: tuple[str, ...]) -> Outcome:
    """Kill in every moment, look what is left, finish again."""
    outcome = Outcome([])
    user = floor.shop[0]
    reached = [moment for moment in moments if moment in floor.mode.moments]
    for moment, record in zip(reached, floor.take(model, len(reached)), strict=True):
        job = partial(floor.finish, user, model, record)
        kill_in(floor, outcome, moment, job)
        if not floor.is_whole(model, record):
            outcome.problems.append(f"{model} {record} half done: {moment}")
        outcome.results.append(at_once([job])[0])
    return outcome


def killed_orders(floor: Floor, sizes: Sizes) -> Outcome:
    """A worker that finishes an order is killed, once in every phase; then again."""
    return _killed(floor, ORDER, _FOR_ORDERS)


def killed_transfers(floor: Floor, sizes: Sizes) -> Outcome:
    """A worker that validates a delivery is killed, once in every phase; again."""
    return _killed(floor, TRANSFER, _FOR_TRANSFERS)


@contextmanager
def _killer(floor: Floor) -> Iterator[None]:
    """Meanwhile, kill one worker after another, one in every phase."""
    over = threading.Event()

    def kill() -> None:
        for moment in _FOR_ORDERS:
            if moment not in floor.mode.moments or over.is_set():
                continue
            floor.server.arm(moment)
            while floor.server.is_armed() and not over.wait(_PAUSE):
                pass
        floor.server.disarm()

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def killed_among_many(floor: Floor, sizes: Sizes) -> Outcome:
    """All users finish orders while one worker after another is killed."""
    with _killer(floor):
        outcome = _many(floor, ORDER, sizes.besieged)
    if not outcome.lost:
        outcome.problems.append("nobody was killed")
    return outcome


class Scenario(NamedTuple):
    """A scenario, what it takes and where it is played."""

    play: Callable[[Floor, Sizes], Outcome]
    takes: Callable[[Sizes], int]
    model: str = ORDER
    needs_addon: bool = False
    needs_job: str = ""

    def is_played(self, floor: Floor) -> bool:
        """Whether there is everything that it needs."""
        if self.needs_job and not floor.has_job(self.needs_job):
            return False
        return floor.mode.has_addon or not self.needs_addon

    @property
    def name(self) -> str:
        """How it is chosen."""
        return self.play.__name__

    @property
    def title(self) -> str:
        """What happens in it."""
        return (self.play.__doc__ or "").rstrip(".")


SCENARIOS = (
    Scenario(first_orders, lambda sizes: sizes.workers),
    Scenario(same_order, lambda sizes: sizes.pairs),
    Scenario(many_orders, lambda sizes: sizes.orders),
    Scenario(corrections, lambda _sizes: 0),
    Scenario(same_transfer, lambda sizes: sizes.pairs, TRANSFER),
    Scenario(many_transfers, lambda sizes: sizes.transfers, TRANSFER),
    Scenario(killed_orders, lambda _sizes: len(_FOR_ORDERS)),
    Scenario(killed_transfers, lambda _sizes: len(_FOR_TRANSFERS), TRANSFER),
    Scenario(killed_among_many, lambda sizes: sizes.besieged),
    *(
        Scenario(play, takes, needs_addon=True)
        for play, takes in office.SCENARIOS.items()
    ),
    *(
        Scenario(play, takes, needs_addon=True, needs_job=day.JOB)
        for play, takes in day.SCENARIOS.items()
    ),
    *(
        Scenario(play, takes, needs_addon=True)
        for play, takes in close.SCENARIOS.items()
    ),
)


def play(scenario: Scenario, floor: Floor, sizes: Sizes) -> Outcome:
    """Play a scenario, with the time and the retries that it took."""
    position, begun = floor.server.position(), time.monotonic()
    outcome = scenario.play(floor, sizes)
    outcome.seconds = time.monotonic() - begun
    floor.settle()
    outcome.retries = floor.server.retries(position)
    return outcome
