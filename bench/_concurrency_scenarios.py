"""What happens at the same time on one database, and who is killed meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import _concurrency_office as office
from _concurrency_floor import ORDER, TRANSFER, Floor, Outcome, Sizes, kill_in
from _moment_server import COMMIT
from _rpc import User, at_once, share_out

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
    "before numbering",
    "after the posting",
    *COMMIT,
)
_PAUSE = 0.5  # seconds between two kills


def orders_needed(sizes: Sizes) -> int:
    """Orders that the scenarios take together."""
    return (
        sizes.workers
        + sizes.pairs
        + sizes.orders
        + len(_FOR_ORDERS)
        + sizes.besieged
        + office.orders_needed(sizes)
    )


def transfers_needed(sizes: Sizes) -> int:
    """Transfers that the scenarios take together."""
    return sizes.pairs + sizes.transfers + len(_FOR_TRANSFERS)


# -- orders and transfers, also in plain Odoo ------------------------------------------


def first_orders(floor: Floor, sizes: Sizes) -> Outcome:
    """Each user finishes an order, all at once, before there is any number."""
    if floor.mode.has_addon:
        floor.worker.call("begin_year")
    orders = floor.take(ORDER, sizes.workers)
    pairs = zip(floor.shop, orders, strict=True)
    return Outcome(at_once([partial(floor.finish, u, ORDER, o) for u, o in pairs]))


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
    def finish(user: User, record: int) -> Any:
        return floor.finish(user, model, record)

    results, seconds = share_out(floor.shop, floor.take(model, number), finish)
    return Outcome(results, calls=seconds)


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
    outcome = Outcome([])

    def finish(user: User, order: int) -> Any:
        return floor.insist(outcome, partial(floor.finish, user, ORDER, order))

    orders = floor.take(ORDER, sizes.besieged)
    with _killer(floor):
        results, outcome.calls = share_out(floor.shop, orders, finish)
    outcome.results += results
    if not outcome.lost:
        outcome.problems.append("nobody was killed")
    return outcome


class Scenario(NamedTuple):
    """A scenario and where it is played."""

    play: Callable[[Floor, Sizes], Outcome]
    needs_addon: bool = False

    @property
    def title(self) -> str:
        """What happens in it."""
        return (self.play.__doc__ or "").rstrip(".")


SCENARIOS = (
    Scenario(first_orders),
    Scenario(same_order),
    Scenario(many_orders),
    Scenario(corrections),
    Scenario(same_transfer),
    Scenario(many_transfers),
    Scenario(killed_orders),
    Scenario(killed_transfers),
    Scenario(killed_among_many),
    *(Scenario(play, needs_addon=True) for play in office.SCENARIOS),
)


def play(scenario: Scenario, floor: Floor, sizes: Sizes) -> Outcome:
    """Play a scenario, with the time and the retries that it took."""
    position, begun = floor.server.position(), time.monotonic()
    outcome = scenario.play(floor, sizes)
    outcome.seconds = time.monotonic() - begun
    floor.settle()
    outcome.retries = floor.server.retries(position)
    return outcome
