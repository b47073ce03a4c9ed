"""Two accountants close the same period at once; workers die in the middle of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from _concurrency_floor import ORDER, Floor, Outcome, Play, Sizes, kill_in
from _rpc import CallError, at_once

CLOSE = "backflush.close"
_COMMIT = ("before the commit", "after the commit")
#: What is done to a close, in order; where whoever does it dies; its state afterwards.
_STEPS: dict[str, tuple[tuple[str, ...], str]] = {
    "action_compute": (("after the period's rows", *_COMMIT), "computed"),
    "action_post": (
        (
            "after the period's rows",
            "before numbering",
            "after numbering",
            "before the rows are final",
            *_COMMIT,
        ),
        "posted",
    ),
    "action_adjust": (("before numbering", "after numbering", *_COMMIT), "adjusted"),
    "action_reverse": (("in the reversal of a close", *_COMMIT), "reversed"),
}
_BEFORE = ("draft", "computed", "posted", "adjusted", "reversed")
#: What whoever comes second is told.
_TOLD = (
    "is closed already",
    "is not posted, so there is nothing to reverse",
    "is adjusted already",
    "is a close of this period already",
    "overlaps with the close of",
)
#: Facts that belong together: of a close, its entries and its variances.
_LOOK = """
SELECT CASE WHEN c.state = 'posted' AND c.adjustment_move_id IS NOT NULL
            THEN 'adjusted' ELSE c.state END,
       (SELECT count(*) FROM backflush_close_line l WHERE l.close_id = c.id),
       (SELECT count(*) FROM backflush_variance v
         WHERE v.close_id = c.id AND v.state = 'final'),
       (SELECT count(*) FROM backflush_variance v
         WHERE v.company_id = c.company_id AND v.state = 'provisional'
           AND v.date BETWEEN c.date_from AND c.date_to),
       (SELECT count(*) FROM account_move m
         WHERE m.backflush_close_id = c.id AND m.reversed_entry_id IS NULL
           AND m.date = c.date_to AND m.state = 'posted'),
       (SELECT count(*) FROM account_move m
         WHERE m.backflush_close_id = c.id AND m.reversed_entry_id IS NOT NULL
           AND m.state = 'posted'),
       (SELECT count(*) FROM account_move m
         WHERE m.backflush_close_id = c.id AND m.state <> 'posted'),
       (SELECT count(*)
          FROM (SELECT m.date, l.account_id
                  FROM account_move m
                  JOIN account_move_line l ON l.move_id = m.id
                 WHERE m.backflush_close_id = c.id
                 GROUP BY m.date, l.account_id
                HAVING sum(l.balance) <> 0) left_behind)
  FROM backflush_close c
 WHERE c.id = {close}
"""


def _look(floor: Floor, close: int) -> tuple[str, list[str]]:
    """The state of a close, and whatever is half done about it."""
    [found] = floor.query(_LOOK.format(close=close))
    state, lines, final, open_, entries, reversals, drafts, left = found
    wrong = {
        "an entry is a draft": drafts,
        "figures without a computation": state == "draft" and lines,
        "a computation without figures": state != "draft" and not lines,
        "entries of what is not posted": state in ("draft", "computed") and entries,
        "rows are final, the close is not": state in ("draft", "computed", "reversed")
        and final,
        "rows are open after the close": state in ("posted", "adjusted") and open_,
        "not one entry": state == "posted" and (entries, reversals) != (1, 0),
        "not one adjustment and what takes it back": state == "adjusted"
        and (entries, reversals) != (2, 1),
        "something is left of its entries": state == "reversed" and left,
    }
    return state, [f"{text} ({state})" for text, is_wrong in wrong.items() if is_wrong]


def _create(floor: Floor) -> int:
    """A close of this month, with the default dates moved to it."""
    [[first, last]] = floor.query(
        "SELECT date_trunc('month', now())::date::text,"
        " (date_trunc('month', now()) + interval '1 month - 1 day')::date::text"
    )
    values = {"date_from": first, "date_to": last}
    result: Any = floor.office[0].call(CLOSE, "create", [values])
    return int(result[0])


def _work(floor: Floor) -> None:
    [order] = floor.take(ORDER, 1)
    floor.finish(floor.shop[0], ORDER, order)


def killed_closes(floor: Floor, sizes: Sizes) -> Outcome:
    """A worker that closes a month is killed, once in every phase of it; then again."""
    outcome = Outcome([], told=_TOLD)
    _work(floor)
    for number, (method, (moments, _state)) in enumerate(_STEPS.items()):
        for moment in moments:
            close = _create(floor)
            for step in list(_STEPS)[:number]:
                floor.office[0].call(CLOSE, step, [close])
            _kill(floor, outcome, close, method, moment)
            _take_back(floor, close)
    return outcome


def _kill(floor: Floor, outcome: Outcome, close: int, method: str, moment: str) -> None:
    """Die, look what is left, do it again, look once more."""
    where = f"{method} {moment}"
    job = partial(floor.office[0].call, CLOSE, method, [close])
    kill_in(floor, outcome, moment, job)
    after = _STEPS[method][1]
    before = _BEFORE[_BEFORE.index(after) - 1]
    expected = after if moment == "after the commit" else before
    state, problems = _look(floor, close)
    outcome.problems += [f"{where}: {problem}" for problem in problems]
    if state != expected:
        outcome.problems.append(f"{where}: {state} instead of {expected}")
    outcome.results += at_once([job])
    state, problems = _look(floor, close)
    outcome.problems += [f"{where}, again: {problem}" for problem in problems]
    if state != after:
        outcome.problems.append(f"{where}, again: {state} instead of {after}")


def _take_back(floor: Floor, close: int) -> None:
    """Let the month be closed again: reverse what is posted, delete what is not."""
    state, _problems = _look(floor, close)
    if state in ("posted", "adjusted"):
        floor.office[0].call(CLOSE, "action_reverse", [close])
    elif state != "reversed":
        floor.office[0].call(CLOSE, "unlink", [close])


def same_close(floor: Floor, sizes: Sizes) -> Outcome:
    """Two accountants create, compute, post, adjust and reverse a close at once."""
    outcome = Outcome([], told=_TOLD)
    _work(floor)
    for _number in range(sizes.pairs):
        created = at_once([partial(_create, floor)] * 2)
        closes = [one for one in created if isinstance(one, int)]
        if len(closes) != 1:
            outcome.problems.append(f"{len(closes)} closes of one month")
        outcome.results += created
        for method in _STEPS:
            _at_once(floor, outcome, closes[0], method)
    return outcome


def _at_once(floor: Floor, outcome: Outcome, close: int, method: str) -> None:
    """One does it; the other is told so, and nothing is done twice."""
    results = at_once(
        [partial(user.call, CLOSE, method, [close]) for user in floor.office]
    )
    outcome.results += results
    told = [one for one in results if isinstance(one, CallError)]
    # computing again gives the same
    expected = (0, 1) if method == "action_compute" else (1,)
    if len(told) not in expected:
        outcome.problems.append(f"{method}: {len(told)} of 2 were told: {results}")
    state, problems = _look(floor, close)
    outcome.problems += [f"{method} twice: {problem}" for problem in problems]
    if state != _STEPS[method][1]:
        outcome.problems.append(f"{method} twice: {state}")


#: each with the number of orders that it takes
SCENARIOS: dict[Play, Callable[[Sizes], int]] = {
    killed_closes: lambda _sizes: 1,
    same_close: lambda _sizes: 1,
}
