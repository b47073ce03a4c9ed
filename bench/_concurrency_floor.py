"""One database with its server, the people who work with it, and what they did."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import _common as common
from _moment_server import COMMIT, MOMENTS
from _rpc import LOST, CallError, Server, User, share_out

ORDER, TRANSFER = "mrp.production", "stock.picking"
POSTING = "backflush.posting"
GAVE_UP = "SerializationFailure"  # what Odoo tells after it has tried five times
SETTLE_SECONDS = 10
TRIES = 20  # of a user who was told to do it again
# what the dialogs would ask, answered beforehand
ANSWERS = {
    "skip_consumption": True,
    "skip_backorder": True,
    "skip_redirection": True,
    "skip_sms": True,
}


class Mode(NamedTuple):
    """A database: what writes its entries."""

    name: str
    has_entries: bool = True
    has_addon: bool = False

    @property
    def database(self) -> str:
        """Its name on the server."""
        return f"conc_bf_bench_{self.name}"

    @property
    def moments(self) -> list[str]:
        """The moments that exist in it."""
        return [
            *(
                name
                for name, moment in MOMENTS.items()
                if self.has_addon
                or moment.plain
                and (self.has_entries or "numbering" not in name)
            ),
            *COMMIT,
        ]


class Sizes(NamedTuple):
    """How much is done in each scenario."""

    workers: int
    orders: int  # of many
    transfers: int  # of many
    pairs: int  # two users, the same record

    @property
    def besieged(self) -> int:
        """Orders that are finished while workers are killed."""
        return min(5 * self.workers, self.orders)


@dataclass
class Outcome:
    """What the calls of one scenario came to."""

    results: list[Any]
    lost: int = 0  # connections, of workers that were killed
    calls: list[float] = field(default_factory=list)  # seconds of each
    problems: list[str] = field(default_factory=list)
    told: tuple[str, ...] = ()  # what somebody may be told here and nowhere else
    seconds: float = 0.0
    retries: Counter[str] = field(default_factory=Counter)
    checks: list[tuple[bool, str]] = field(default_factory=list)

    @property
    def errors(self) -> Counter[str]:
        """What users were told, without the numbers in it."""
        return Counter(
            re.sub(r"\d+", "0", str(result))[:120]
            for result in self.results
            if isinstance(result, CallError)
        )

    @property
    def figures(self) -> dict[str, Any]:
        """What is kept for later comparison."""
        return vars(self) | {"results": len(self.results), "errors": self.errors}


class Floor:
    """The shop floor and the office of one database."""

    def __init__(
        self, mode: Mode, server: Server, worker: common.Worker, users: int
    ) -> None:
        self.mode = mode
        self.server = server
        self.worker = worker
        self.shop = [User(server, f"shop{number}") for number in range(users)]
        self.office = [User(server, f"office{number}") for number in range(2)]
        self.admin = User(server, "system0")
        self._prepared = worker.call("prepared")
        #: what should be done and booked exactly once
        self.finished: dict[str, list[int]] = {ORDER: [], TRANSFER: []}

    def take(self, model: str, number: int, *, is_plain: bool = True) -> list[int]:
        """So many records that nobody has touched; not ``is_plain``: not checked."""
        ready = self._prepared[model]
        taken, self._prepared[model] = ready[:number], ready[number:]
        assert len(taken) == number, f"too few {model} are prepared"
        if is_plain:
            self.finished[model] += taken
        return taken

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows of this database."""
        return common.query(statement, self.mode.database)

    def settle(self) -> None:
        """Wait until the database server has noticed that a process is gone."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < deadline and self.query(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND state <> 'idle'"
        ):
            time.sleep(0.05)

    # -- what people do ----------------------------------------------------------------

    def finish(self, user: User, model: str, record: int) -> Any:
        """Produce, or validate; return what the click opens, if anything."""
        method = "button_mark_done" if model == ORDER else "button_validate"
        result = user.call(model, method, [record], **ANSWERS)
        if result is not True:
            raise CallError("unexpected answer", str(result))
        return result

    def work(self, outcome: Outcome, model: str, records: Sequence[int]) -> Outcome:
        """Let all shop users finish the records, each the next one."""

        def finish(user: User, record: int) -> Any:
            return self.insist(outcome, partial(self.finish, user, model, record))

        results, outcome.calls = share_out(self.shop, records, finish)
        outcome.results += results
        return outcome

    def correct(self, user: User, order: int, place: int, extra: float) -> Any:
        """Use more of a component of an order that is done."""
        moves = self.query(
            "SELECT id, quantity FROM stock_move"
            f" WHERE raw_material_production_id = {order} ORDER BY id"
        )
        move, quantity = moves[place]
        changed = {"quantity": float(quantity) + extra}
        return user.call("stock.move", "write", [move], changed)

    def has_job(self, method: str) -> bool:
        """Whether the addon has a scheduled job that calls ``method``."""
        return bool(self._find_job(method))

    def job(self, method: str) -> Callable[[], Any]:
        """What runs the scheduled job, as the administrator does by hand."""
        [[job]] = self._find_job(method)
        return partial(self.admin.call, "ir.cron", "method_direct_trigger", [job])

    def _find_job(self, method: str) -> list[tuple[Any, ...]]:
        return self.query(
            "SELECT c.id FROM ir_cron c JOIN ir_act_server a"
            " ON a.id = c.ir_actions_server_id JOIN ir_model m ON m.id = a.model_id"
            f" WHERE a.code = 'model.{method}()' AND m.model LIKE 'backflush.%'"
        )

    def postings(self, orders: Sequence[int], state: str) -> list[int]:
        """The orders' postings in that state."""
        ids = ",".join(map(str, orders))
        rows = self.query(
            f"SELECT id FROM backflush_posting WHERE res_model = '{ORDER}'"
            f" AND res_id IN ({ids}) AND state = '{state}' ORDER BY id"
        )
        return [row[0] for row in rows]

    def insist(self, outcome: Outcome, job: Callable[[], Any]) -> Any:
        """Do it again when it failed, as a user would; keep what was told."""
        for _ in range(TRIES):
            try:
                return job()
            except CallError as error:
                if error.name == LOST:
                    outcome.lost += 1
                    self.settle()
                elif error.name == GAVE_UP:
                    outcome.results.append(error)
                else:
                    raise
        raise CallError("never done", f"after {TRIES} times")

    # -- what a kill left --------------------------------------------------------------

    def is_whole(self, model: str, record: int) -> bool:
        """Whether a record is either untouched or done and booked, nothing between."""
        order = model == ORDER
        moves = (
            f"{record} IN (production_id, raw_material_production_id)"
            if order
            else f"picking_id = {record}"
        )
        states = {
            state == "done"
            for (state,) in self.query(
                f"SELECT state FROM stock_move WHERE {moves} AND state <> 'cancel'"
                f" UNION ALL SELECT state FROM {model.replace('.', '_')}"
                f" WHERE id = {record}"
            )
        }
        if not self.mode.has_addon or len(states) > 1:
            return len(states) == 1
        key = "production_id" if order else "picking_id"
        [[facts, postings, entries, events]] = self.query(
            "SELECT (SELECT count(*) FROM backflush_stock_fact WHERE move_id IN"
            f" (SELECT id FROM stock_move WHERE {moves})), count(*),"
            " count(*) FILTER (WHERE e.state = 'posted' AND e.name <> '/'"
            " AND p.state = 'posted'), count(DISTINCT (p.res_model, p.res_id))"
            " FROM backflush_posting p"
            " LEFT JOIN account_move e ON e.id = p.account_move_id"
            f" WHERE p.{key} = {record}"
        )
        if states == {False}:
            return not (facts or postings)
        return bool(facts) and postings == entries == events > 0


def kill_in(
    floor: Floor, outcome: Outcome, moment: str, job: Callable[[], Any]
) -> None:
    """Let the worker that does ``job`` die at ``moment``."""
    floor.server.arm(moment)
    try:
        job()
    except CallError as error:
        if error.name == LOST:
            outcome.lost += 1
        else:
            outcome.results.append(error)
    if not floor.server.disarm():
        outcome.problems.append(f"nobody came to the moment {moment}")
    floor.settle()


#: how a scenario is played
Play = Callable[[Floor, Sizes], Outcome]
