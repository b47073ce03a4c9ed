"""Time variances of a generated period, recomputed by a worker process of its own."""

from __future__ import annotations

import cProfile
import gc
import pstats
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import _variance_data
import _variance_shop
import _variance_sql
from _common import serve
from _factory import Factory
from _rollup_worker import _Backend, _memory, _reset_peak, _Text

PERIOD = (_variance_data.DATE_FROM, _variance_data.DATE_TO)
TOP = 45
PAUSE = 0.05  # seconds between two looks at the database's memory
#: Provisional rows of time are what a recompute brings in line.
CLEAR = "DELETE FROM backflush_variance WHERE kind = ANY(%s) AND state = 'provisional'"
#: What a way has written, to be compared; rows differ in how cents are shared.
KEEP = """
DROP TABLE IF EXISTS bench_rows_{way};
CREATE TABLE bench_rows_{way} AS
SELECT production_id, kind, element_id, count(*) AS rows, sum(amount) AS amount
  FROM backflush_variance
 WHERE kind = ANY(%s) AND state = 'provisional'
   AND date BETWEEN %s AND %s
 GROUP BY production_id, kind, element_id
"""
COMPARE = """
SELECT COALESCE(max(abs(COALESCE(a.amount, 0) - COALESCE(s.amount, 0))), 0),
       COALESCE(sum(a.amount), 0), COALESCE(sum(s.amount), 0),
       COALESCE(sum(a.rows), 0), COALESCE(sum(s.rows), 0)
  FROM bench_rows_addon a
  FULL JOIN bench_rows_sql s USING (production_id, kind, element_id)
"""
BEFORE = """
CREATE TEMP TABLE bench_before AS
SELECT id, production_id, xmin::text AS version FROM backflush_variance
"""
#: Rows that are new, changed or gone, by whether they are of the order in question.
TOUCHED = """
SELECT count(*) FILTER (WHERE production_id = %(order)s),
       count(*) FILTER (WHERE production_id IS DISTINCT FROM %(order)s)
  FROM (SELECT COALESCE(v.production_id, b.production_id) AS production_id
          FROM bench_before b
          FULL JOIN (SELECT id, production_id, xmin::text AS version
                       FROM backflush_variance) v USING (id)
         WHERE v.version IS DISTINCT FROM b.version) touched
"""
#: Rows that the session has written, whatever the table, since it last told the server.
WRITTEN = """
SELECT relname, n_tup_ins + n_tup_upd + n_tup_del
  FROM pg_stat_xact_user_tables
 WHERE schemaname = current_schema AND n_tup_ins + n_tup_upd + n_tup_del > 0
"""


class Variances:
    """The ways to recompute, each from an empty cache up to the commit."""

    def __init__(self, database: str) -> None:
        self._factory = Factory(database)

    def set_up(self) -> None:
        """Make the shop: products, cards, template orders."""
        with self._factory.environment() as env:
            _variance_shop.set_up(env)

    def generate(self, orders: int) -> dict[str, int]:
        """Write the period's orders; count the rows of each table."""
        with self._factory.environment() as env:
            return _variance_data.generate(env, orders)

    # -- measuring ---------------------------------------------------------------------

    def addon(self) -> dict[str, float]:
        """The addon's recompute of the period."""
        return self._measure(
            lambda env: env["backflush.time"]._recompute_period(
                env.company, *_dates(env)
            )
        )

    def sql(self, *, write: bool) -> dict[str, float]:
        """The same computation in SQL alone."""
        with self._factory.environment() as env:
            parameters = _variance_sql.get_parameters(env, *PERIOD)
        return self._measure(
            lambda env: _variance_sql.compute(env.cr, parameters, write=write)
        )

    def _measure(self, work: Callable[[Any], None]) -> dict[str, float]:
        """Seconds, rows, and memory of this process and of the database in MB."""
        self.clear()
        files = self._get_temporary_files()
        with self._factory.environment() as env:
            backend, private = _Backend(env), _Private(env)
            gc.collect()
            memory = _reset_peak()
            queries, database = env.cr.sql_log_count, backend.cpu()
            with private:
                wall, cpu = time.perf_counter(), time.process_time()
                work(env)
                env.cr.commit()
                wall = time.perf_counter() - wall
                cpu = time.process_time() - cpu
            figures = {
                "wall": wall,
                "cpu": cpu,
                "database": backend.cpu() - database,
                "queries": env.cr.sql_log_count - queries,
                "memory": memory,
                "peak": _memory("VmHWM"),
                "private": private.peak,
            }
        files = self._get_temporary_files() - files
        return figures | {"files": files / 2**20, "rows": self._count()}

    def clear(self) -> None:
        """Take the provisional rows away, so that all ways insert all of theirs."""
        with self._factory.environment() as env:
            env.cr.execute(CLEAR, [list(_variance_sql.KINDS)])
            env.cr.commit()

    def keep(self, way: str) -> None:
        """Note what ``way`` has just written."""
        with self._factory.environment() as env:
            env.cr.execute(KEEP.format(way=way), [list(_variance_sql.KINDS), *PERIOD])
            env.cr.commit()

    def compare(self) -> dict[str, float]:
        """The largest difference by order, kind and element; totals and rows."""
        with self._factory.environment() as env:
            env.cr.execute(COMPARE)
            names = ("difference", "addon", "sql", "addon_rows", "sql_rows")
            return dict(zip(names, map(float, env.cr.fetchone()), strict=True))

    def _count(self) -> int:
        with self._factory.environment() as env:
            env.cr.execute(
                "SELECT count(*) FROM backflush_variance WHERE kind = ANY(%s)"
                " AND date BETWEEN %s AND %s",
                [list(_variance_sql.KINDS), *PERIOD],
            )
            return env.cr.fetchone()[0]

    def _get_temporary_files(self) -> int:
        """Bytes that the database has written to temporary files up to now."""
        # a server process tells its figures about once a second
        time.sleep(1.2)
        with self._factory.environment() as env:
            env.cr.execute("SELECT 1")
            env.cr.commit()
        with self._factory.environment() as env:
            env.cr.execute(
                "SELECT temp_bytes FROM pg_stat_database"
                " WHERE datname = current_database()"
            )
            return env.cr.fetchone()[0]

    # -- one timesheet -----------------------------------------------------------------

    def correct(self, way: str) -> dict[str, Any]:
        """Add half an hour to one timesheet, and recompute: what is touched?"""
        with self._factory.environment() as env:
            env.cr.execute(BEFORE)
            env.cr.commit()
            sheet = _find_sheet(env)
            order = sheet.production_id
            with _Written(env) as edit:
                sheet.unit_amount += 0.5
            env.invalidate_all()
            with _Written(env) as recompute:
                if way == "outdated":
                    env["backflush.time"]._recompute_outdated(env.company)
                else:
                    env["backflush.time"]._recompute(order)
            env.cr.execute(TOUCHED, {"order": order.id})
            own, others = env.cr.fetchone()
            env.cr.execute("DROP TABLE bench_before")
            env.cr.commit()
        return {
            "edit": edit.seconds,
            "recompute": recompute.seconds,
            "own": own,
            "others": others,
            "written": dict(edit.rows + recompute.rows),
        }

    def profile(self) -> str:
        """The functions of one recompute, by own and by cumulative time (traced)."""
        self.clear()
        profiler = cProfile.Profile()
        with self._factory.environment() as env:
            time_model = env["backflush.time"]
            profiler.runcall(time_model._recompute_period, env.company, *_dates(env))
            env.cr.rollback()
        stream = _Text()
        stats = pstats.Stats(profiler, stream=stream)
        for order in ("tottime", "cumulative"):
            stats.sort_stats(order).print_stats(TOP)
        return stream.text


class _Written:
    """Seconds that a transaction takes, and how many rows it writes by table."""

    def __init__(self, env: Any) -> None:
        self._env = env

    def __enter__(self) -> _Written:
        self._before = self._fetch()
        self._begun = time.perf_counter()
        return self

    def __exit__(self, *error: object) -> None:
        if not any(error):
            self._env.flush_all()
            self.rows = self._fetch() - self._before
            self._env.cr.commit()
            self.seconds = time.perf_counter() - self._begun

    def _fetch(self) -> Counter[str]:
        self._env.cr.execute(WRITTEN)
        return Counter(dict(self._env.cr.fetchall()))


class _Private:
    """Most memory that the server process of a cursor has for itself, in MB."""

    def __init__(self, env: Any) -> None:
        env.cr.execute("SELECT pg_backend_pid()")
        self._path = Path(f"/proc/{env.cr.fetchone()[0]}/status")
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.peak = 0.0

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_error: object) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._done.wait(PAUSE):
            with suppress(OSError):
                for line in self._path.read_text().splitlines():
                    if line.startswith("RssAnon:"):
                        self.peak = max(self.peak, int(line.split()[1]) / 1024)


def _dates(env: Any) -> list[Any]:
    field = env["backflush.variance"]._fields["date"]
    return [field.to_date(day) for day in PERIOD]


def _find_sheet(env: Any) -> Any:
    """A timesheet on an order in the middle of the period."""
    domain = [("production_id", "!=", False), ("date", ">=", PERIOD[0])]
    domain.append(("date", "<=", PERIOD[1]))
    lines = env["account.analytic.line"]
    count = lines.search_count(domain)
    return lines.search(domain, offset=count // 2, limit=1, order="id")


if __name__ == "__main__":
    variances = Variances(sys.argv[1])
    names = ("set_up", "generate", "addon", "sql", "clear", "keep", "compare")
    serve({name: getattr(variances, name) for name in (*names, "correct", "profile")})
