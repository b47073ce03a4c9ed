"""What accountants, the schedule and the shop do at the same time, with the addon."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from _concurrency_day import ALREADY_RUNNING
from _concurrency_floor import ORDER, POSTING, Floor, Outcome, Play, Sizes, kill_in
from _moment_server import COMMIT
from _rpc import at_once

_FOR_RETRY = ("after the lock", "after numbering", "after the posting", *COMMIT)
_FOR_REVERSAL = ("in the reversal", "before the commit", "after the commit")
JOB = "_cron_retry"
_NOT_POSTED = "is not posted, so there is nothing to reverse"


def _finish_all(floor: Floor, number: int, *, is_plain: bool = True) -> list[int]:
    """Orders that are done when this returns."""
    orders = floor.take(ORDER, number, is_plain=is_plain)
    for order in orders:
        floor.finish(floor.shop[0], ORDER, order)
    return orders


@contextmanager
def _account_missing(floor: Floor) -> Iterator[None]:
    """Meanwhile nothing can be posted."""
    floor.worker.call("set_applied_account", is_set=False)
    yield
    floor.worker.call("set_applied_account", is_set=True)


def retries(floor: Floor, sizes: Sizes) -> Outcome:
    """Failed postings are retried by two accountants at once, or by one and the job."""
    with _account_missing(floor):
        orders = _finish_all(floor, sizes.pairs)
    failed = floor.postings(orders, "failed")
    outcome = Outcome([])
    if len(failed) != len(orders):
        outcome.problems.append(f"{len(failed)} of {len(orders)} postings failed")
    with_job = floor.has_job(JOB)
    if with_job:
        floor.worker.call("make_due", postings=failed)
    outcome.told = (ALREADY_RUNNING,)
    for number, posting in enumerate(failed):
        first, second = (
            partial(user.call, POSTING, "action_retry", [posting])
            for user in floor.office
        )
        if with_job and number % 2:
            second = floor.job(JOB)
        outcome.results += at_once([first, second])
    return outcome


def killed_retries(floor: Floor, sizes: Sizes) -> Outcome:
    """A worker that retries a failed posting is killed, once in every phase."""
    with _account_missing(floor):
        orders = _finish_all(floor, len(_FOR_RETRY))
    outcome = Outcome([])
    failed = floor.postings(orders, "failed")
    for moment, posting in zip(_FOR_RETRY, failed, strict=True):
        job = partial(floor.office[0].call, POSTING, "action_retry", [posting])
        kill_in(floor, outcome, moment, job)
        outcome.results.append(at_once([job])[0])
    return outcome


def failing_corrections(floor: Floor, sizes: Sizes) -> Outcome:
    """Two users correct an order at once while nothing can be posted."""
    orders = _finish_all(floor, sizes.pairs)
    results = []
    with _account_missing(floor):
        for order in orders:
            results += at_once(
                [
                    partial(floor.correct, user, order, place, 1.0)
                    for place, user in enumerate(floor.shop[:2])
                ]
            )
    failed = floor.postings(orders, "failed")
    results += at_once([partial(floor.office[0].call, POSTING, "action_retry", failed)])
    return Outcome(results)


def reversals(floor: Floor, sizes: Sizes) -> Outcome:
    """Two accountants reverse the same posting at once, then both book it again."""
    orders = _finish_all(floor, sizes.pairs)
    results = []
    for posting in floor.postings(orders, "posted"):
        for method in ("action_reverse", "action_retry"):
            results += at_once(
                [partial(one.call, POSTING, method, [posting]) for one in floor.office]
            )
    return Outcome(results, told=(_NOT_POSTED,))


def killed_reversals(floor: Floor, sizes: Sizes) -> Outcome:
    """A worker that reverses a posting is killed, once in every phase; then again."""
    orders = _finish_all(floor, len(_FOR_REVERSAL))
    outcome = Outcome([], told=(_NOT_POSTED,))
    office = floor.office[0]
    for moment, posting in zip(
        _FOR_REVERSAL, floor.postings(orders, "posted"), strict=True
    ):
        job = partial(office.call, POSTING, "action_reverse", [posting])
        kill_in(floor, outcome, moment, job)
        for method in ("action_reverse", "action_retry"):
            again = partial(office.call, POSTING, method, [posting])
            outcome.results.append(at_once([again])[0])
    return outcome


def reversal_and_correction(floor: Floor, sizes: Sizes) -> Outcome:
    """An accountant reverses a posting while the shop corrects its order."""
    # the correction may be what stands for the completion then
    orders = _finish_all(floor, sizes.pairs, is_plain=False)
    outcome = Outcome([])
    for order in orders:
        [posting] = floor.postings([order], "posted")
        outcome.results += at_once(
            [
                partial(floor.office[0].call, POSTING, "action_reverse", [posting]),
                partial(floor.correct, floor.shop[0], order, 0, 3.0),
            ]
        )
        # what was reversed is open again, whoever came first
        outcome.results += at_once(
            [partial(floor.office[0].call, POSTING, "action_retry", [posting])]
        )
    return outcome


def _per_pair(sizes: Sizes) -> int:
    return sizes.pairs


#: each with the number of orders that it takes
SCENARIOS: dict[Play, Callable[[Sizes], int]] = {
    retries: _per_pair,
    killed_retries: lambda _sizes: len(_FOR_RETRY),
    failing_corrections: _per_pair,
    reversals: _per_pair,
    killed_reversals: lambda _sizes: len(_FOR_REVERSAL),
    reversal_and_correction: _per_pair,
}
