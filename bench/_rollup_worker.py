"""Roll-ups of one generated structure, run as a worker process of its own."""

from __future__ import annotations

import cProfile
import gc
import os
import pstats
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import _rollup_sql
from _common import serve
from _factory import Factory
from _rollup_structure import generate

TOP = 45
NAME, YARDSTICK = "Standards", "Yardstick"  # the costing versions
WRITES = {
    "nothing": "",
    "tables": _rollup_sql.WRITE,
    "cards": _rollup_sql.WRITE_CARDS,
}


class RollUps:
    """The three ways to roll up, each from an empty cache up to the commit."""

    def __init__(self, database: str) -> None:
        self._factory = Factory(database)

    def set_up(self, products: int) -> dict[str, int]:
        """Make the structure and an empty costing version; count what there is."""
        with self._factory.environment() as env:
            generate(env, products)
            for name in (NAME, YARDSTICK):
                env["backflush.version"].create(
                    {"name": name, "company_id": env.company.id}
                )
            env.cr.commit()
            return {
                name: _count(env, table)
                for name, table in (
                    ("bills", "mrp_bom"),
                    ("components", "mrp_bom_line"),
                    ("operations", "mrp_routing_workcenter"),
                )
            }

    # -- measuring ---------------------------------------------------------------------

    def addon(self) -> dict[str, float]:
        """The addon's roll-up with its cards and lines."""

        def work(env: Any) -> None:
            _get_version(env).action_roll_up()
            env.cr.commit()

        return self._measure(work)

    def sql(self, write: str) -> dict[str, float]:
        """The same computation in SQL alone, its result written as ``WRITES`` says."""
        with self._factory.environment() as env:
            elements = env.company._get_backflush_elements()
            parameters = {
                "version": _get_version(env, YARDSTICK).id,
                "material": elements.filtered(lambda e: e.type == "material").id,
                "pool": elements.filtered(lambda e: e.type == "conversion").id,
            }

        def work(env: Any) -> None:
            _rollup_sql.compute(env.cr, env.company.id, WRITES[write], parameters)
            env.cr.commit()

        return self._measure(work)

    def odoo(self) -> dict[str, Any]:
        """Odoo's own, over every product with a bill; undone afterwards."""
        prices: dict[int, float] = {}

        def work(env: Any) -> None:
            products = _get_made(env)
            products.action_bom_cost()
            env.flush_all()

        def look(env: Any) -> None:
            products = _get_made(env)
            prices.update({p.id: p.standard_price for p in products})
            env.cr.rollback()

        figures = self._measure(work, look)
        return {"figures": figures, "prices": prices}

    def _measure(
        self, work: Callable[[Any], None], after: Callable[[Any], None] | None = None
    ) -> dict[str, float]:
        """Seconds, queries, and memory of this process in MB."""
        with self._factory.environment() as env:
            env.company.ensure_one()
            backend = _Backend(env)
            gc.collect()
            before = _reset_peak()
            queries, database = env.cr.sql_log_count, backend.cpu()
            wall, cpu = time.perf_counter(), time.process_time()
            work(env)
            figures = {
                "wall": time.perf_counter() - wall,
                "cpu": time.process_time() - cpu,
                "database": backend.cpu() - database,
                "queries": env.cr.sql_log_count - queries,
                "memory": before,
                "peak": _memory("VmHWM"),
            }
            if after:
                after(env)
        return figures

    # -- checking ----------------------------------------------------------------------

    def costs(self) -> dict[str, dict[int, float]]:
        """What the addon's cards and the SQL say, by product."""
        with self._factory.environment() as env:
            cards = _get_version(env).standard_ids
            costs = {card.product_id.id: card.amount for card in cards}
            return {"addon": costs, "sql": _rollup_sql.read_costs(env.cr)}

    def counts(self) -> dict[str, int]:
        """Cards and lines that each has written; they must be as many."""
        with self._factory.environment() as env:
            plain = [_count(env, name) for name in ("bench_card", "bench_card_line")]
            for name in (NAME, YARDSTICK):
                cards = _get_version(env, name).standard_ids
                written = [len(cards), len(cards.line_ids)]
                assert written == plain, (name, written, plain)
            return {"cards": written[0], "lines": written[1]}

    def profile(self) -> str:
        """The functions of one roll-up, by own and by cumulative time (traced)."""
        profiler = cProfile.Profile()
        with self._factory.environment() as env:
            profiler.runcall(_get_version(env).action_roll_up)
            env.cr.rollback()
        stream = _Text()
        stats = pstats.Stats(profiler, stream=stream)
        for order in ("tottime", "cumulative"):
            stats.sort_stats(order).print_stats(TOP)
        return stream.text


class _Text:
    """A stream that keeps what is written."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text


class _Backend:
    """The server process of a cursor, where it runs on this machine."""

    def __init__(self, env: Any) -> None:
        env.cr.execute("SELECT pg_backend_pid()")
        self._path = Path(f"/proc/{env.cr.fetchone()[0]}/stat")

    def cpu(self) -> float:
        """Seconds of CPU it has used; 0 where they cannot be seen."""
        try:
            fields = self._path.read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        ticks = int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")


def _get_version(env: Any, name: str = NAME) -> Any:
    return env["backflush.version"].search([("name", "=", name)])


def _get_made(env: Any) -> Any:
    return env["mrp.bom"].search([]).product_tmpl_id.product_variant_ids


def _count(env: Any, table: str) -> int:
    env.cr.execute(f"SELECT count(*) FROM {table}")
    return env.cr.fetchone()[0]


def _reset_peak() -> float:
    """Begin anew to look for the peak of memory; return what is in use."""
    Path("/proc/self/clear_refs").write_text("5")
    return _memory("VmRSS")


def _memory(name: str) -> float:
    """MB of this process, as the system counts them."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    return float("nan")


if __name__ == "__main__":
    rollups = RollUps(sys.argv[1])
    serve(
        {
            name: getattr(rollups, name)
            for name in ("set_up", "addon", "sql", "odoo", "costs", "counts", "profile")
        }
    )
