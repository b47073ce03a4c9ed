"""Closes of a generated period, computed and posted by a worker process of its own."""

from __future__ import annotations

import cProfile
import gc
import pstats
import sys
import time
from collections.abc import Callable
from typing import Any

import _close_data
import _close_shop
import _close_sql
from _common import serve
from _factory import Factory
from _rollup_worker import _Backend, _memory, _reset_peak, _Text
from _variances_worker import _Private

PERIOD = (_close_data.DATE_FROM, _close_data.DATE_TO)
TOP = 45
STEPS = ("compute", "post", "adjust")
#: Back to books that nobody has closed, and rows of time that nobody has computed.
CLEAR = """
CREATE TEMP TABLE bench_entry ON COMMIT DROP AS
SELECT id FROM account_move WHERE backflush_close_id IS NOT NULL;
DELETE FROM backflush_variance
 WHERE posting_id IS NULL AND bill_line_id IS NULL
   AND date BETWEEN %(date_from)s AND %(date_to)s;
UPDATE backflush_variance
   SET state = 'provisional', close_id = NULL,
       account_move_id = CASE WHEN account_move_id IN (SELECT id FROM bench_entry)
                              THEN NULL ELSE account_move_id END
 WHERE state = 'final' OR close_id IS NOT NULL;
UPDATE backflush_close SET adjustment_move_id = NULL;
DELETE FROM account_move_line WHERE move_id IN (SELECT id FROM bench_entry);
DELETE FROM account_move WHERE id IN (SELECT id FROM bench_entry);
DELETE FROM backflush_close;
"""
#: What a way has written: rows of the period, and items of the entries, in sum.
FOUND = """
SELECT 'row ' || kind || ' ' || element_id, sum(amount)
  FROM backflush_variance
 WHERE date BETWEEN %(date_from)s AND %(date_to)s AND state = 'final'
 GROUP BY 1
 UNION ALL
SELECT 'item ' || m.date || ' ' || l.account_id, sum(l.balance)
  FROM account_move m
  JOIN account_move_line l ON l.move_id = m.id
 WHERE m.backflush_close_id IS NOT NULL
 GROUP BY 1
 UNION ALL
SELECT 'place ' || place, COALESCE(sum(sequential - backflush), 0)
  FROM backflush_close_bridge
 GROUP BY 1
"""
COUNT = """
SELECT count(*) FROM backflush_variance
 WHERE state = 'final' AND date BETWEEN %(date_from)s AND %(date_to)s
"""


class Closes:
    """The ways to close, each step from an empty cache up to the commit."""

    def __init__(self, database: str) -> None:
        self._factory = Factory(database)
        self._values = dict(zip(("date_from", "date_to"), PERIOD, strict=True))

    def set_up(self) -> None:
        """Make the shop: products, cards, template documents."""
        with self._factory.environment() as env:
            _close_shop.set_up(env)

    def generate(self, orders: int) -> dict[str, int]:
        """Write the period; count the rows of each table."""
        with self._factory.environment() as env:
            return _close_data.generate(env, orders)

    # -- measuring ---------------------------------------------------------------------

    def addon(self) -> dict[str, Any]:
        """The close as the user does it: compute, post, adjust."""
        with self._factory.environment() as env:
            close = _create_close(env).id
            env.cr.commit()
        steps = {
            step: self._measure(
                lambda env, step=step: _run_step(env, close, step)  # type: ignore[misc]
            )
            for step in STEPS
        }
        return steps | self._find()

    def sql(self) -> dict[str, Any]:
        """The same rows, computed and inserted in SQL alone; adjusted by nobody."""
        with self._factory.environment() as env:
            values = _close_sql.get_parameters(env, *PERIOD)

        def work(env: Any) -> None:
            _close_sql.compute(env.cr, values)
            _close_sql.post(env.cr, values)

        return {"all": self._measure(work)} | self._find()

    def _measure(self, work: Callable[[Any], None]) -> dict[str, float]:
        """Seconds, queries, and memory of this process and of the database in MB."""
        with self._factory.environment() as env:
            backend, private = _Backend(env), _Private(env)
            gc.collect()
            _reset_peak()
            queries, database = env.cr.sql_log_count, backend.cpu()
            with private:
                wall, cpu = time.perf_counter(), time.process_time()
                work(env)
                env.cr.commit()
                wall = time.perf_counter() - wall
                cpu = time.process_time() - cpu
            return {
                "wall": wall,
                "cpu": cpu,
                "database": backend.cpu() - database,
                "queries": env.cr.sql_log_count - queries,
                "peak": _memory("VmHWM"),
                "private": private.peak,
            }

    def _find(self) -> dict[str, Any]:
        with self._factory.environment() as env:
            env.cr.execute(FOUND, self._values)
            found = {key: float(amount) for key, amount in env.cr.fetchall()}
            env.cr.execute(COUNT, self._values)
            return {"found": found, "rows": env.cr.fetchone()[0]}

    def clear(self) -> None:
        """Take back whatever a close has written."""
        with self._factory.environment() as env:
            env.cr.execute(CLEAR, self._values)
            env.cr.commit()

    # -- in detail ---------------------------------------------------------------------

    def profile(self) -> str:
        """The functions of each step, by own and by cumulative time (traced)."""
        stream = _Text()
        with self._factory.environment() as env:
            close = _create_close(env).id
            for step in STEPS:
                profiler = cProfile.Profile()
                env.flush_all()
                env.invalidate_all()
                profiler.runcall(_run_step, env, close, step)
                stream.write(f"\n== {step}\n")
                stats = pstats.Stats(profiler, stream=stream)
                for order in ("tottime", "cumulative"):
                    stats.sort_stats(order).print_stats(TOP)
            env.cr.rollback()
        return stream.text

    def statements(self, least: float = 0.02) -> list[list[Any]]:
        """[seconds, step, beginning] of each statement that takes longer."""
        seen: list[list[Any]] = []
        with self._factory.environment() as env:
            close = _create_close(env).id
            for step in STEPS:
                execute = env.cr.execute

                def note(
                    query: Any,
                    *words: Any,
                    execute: Any = execute,
                    step: str = step,
                    **more: Any,
                ) -> Any:
                    begun = time.perf_counter()
                    result = execute(query, *words, **more)
                    taken = time.perf_counter() - begun
                    if taken > least:
                        text = " ".join(str(query).split())
                        seen.append([round(taken, 3), step, text[:160]])
                    return result

                env.cr.execute = note
                try:
                    _run_step(env, close, step)
                finally:
                    del env.cr.execute
            env.cr.rollback()
        return seen


def _create_close(env: Any) -> Any:
    return env["backflush.close"].create(
        {
            "company_id": env.company.id,
            "date_from": PERIOD[0],
            "date_to": PERIOD[1],
        }
    )


def _run_step(env: Any, close: int, step: str) -> None:
    record = env["backflush.close"].browse(close)
    result = getattr(record, f"action_{step}")()
    assert result is True, result
    env.flush_all()


if __name__ == "__main__":
    closes = Closes(sys.argv[1])
    names = ("set_up", "generate", "addon", "sql", "clear", "profile", "statements")
    serve({name: getattr(closes, name) for name in names})
