"""Activate new standards: how long, interrupted in the middle, and with a busy shop.

1. Thousands of stocked products, each received and not billed, get new standards: wall
   clock, CPU, queries and what is written, medians of several runs, each undone.
2. The process is killed in the middle of an activation, at several moments: nothing may
   be half active afterwards.
3. Two sessions activate the same version at once: one does, the other one is told so.
4. Four processes finish manufacturing orders while another one activates version after
   version: afterwards the ledger equals the stock, and every order was posted entirely
   at the standards of one version.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from statistics import median
from typing import Any

import _common as common

STOCKED, SHOP = "bf_bench_stocked", "bf_bench_shop"
SCRIPT = "_activation_worker.py"
COMPONENTS = 5
WORKERS = 4
LIMIT = 10.0  # seconds for 5,000 products
MOMENTS = (0.05, 0.3, 0.6, 0.9)  # of an activation's time, at which it is killed


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./dev bench activation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--products", type=int, default=5000, metavar="N")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    parser.add_argument("--orders", type=int, default=12, help="orders per process")
    parser.add_argument("--versions", type=int, default=4, help="activations meanwhile")
    parser.add_argument(
        "--quick", action="store_true", help="500 products, one round, few orders"
    )
    parser.add_argument("--keep", action="store_true", help="keep the databases")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.products, arguments.rounds, arguments.orders = 500, 1, 6
    return arguments


# -- preparing -------------------------------------------------------------------------


def _prepare_stocked(products: int) -> None:
    with common.step(f"{products:,} stocked products with open receipts"):
        common.copy(common.setting("BACKFLUSH_TEMPLATE"), STOCKED)
        common.install(STOCKED)
        with common.worker(SCRIPT, STOCKED) as worker:
            worker.call("stock", products=products)
    common.query("VACUUM ANALYZE", STOCKED)


def _prepare_shop(orders: int) -> None:
    with common.step(f"a shop with {orders} orders of {COMPONENTS} components"):
        common.copy(common.setting("BACKFLUSH_TEMPLATE"), SHOP)
        common.install(SHOP)
        with common.worker(SCRIPT, SHOP) as worker:
            worker.call("set_up", components=[COMPONENTS], orders=orders)
            worker.call("use_addon")
            worker.call("open_books")


# -- measuring -------------------------------------------------------------------------


def _time(rounds: int) -> dict[str, float]:
    """Medians of activations that are undone, after one to warm up."""
    with common.step(f"{rounds} activations"), common.worker(SCRIPT, STOCKED) as worker:
        worker.call("activate")
        figures = [worker.call("activate") for _ in range(rounds)]
    return {name: median(one[name] for one in figures) for name in figures[0]}


def _kill(wall: float) -> list[bool]:
    """Kill activations in the middle; whether each left everything as it was."""
    untouched = []
    with common.step(f"{len(MOMENTS)} activations that are killed"):
        for moment in MOMENTS:
            with common.worker(SCRIPT, STOCKED) as worker:
                before = worker.call("state")
            victim = common.Worker(SCRIPT, STOCKED)
            victim.call("state")  # has loaded everything
            victim.start("activate", keep=True)
            victim.kill(after=moment * wall)
            with common.worker(SCRIPT, STOCKED) as worker:
                untouched.append(worker.call("state") == before)
    return untouched


def _activate_twice() -> list[str]:
    """Activate in two sessions at once; what each of them was told."""
    with common.step("two activations at once"), ExitStack() as stack:
        both = [stack.enter_context(common.worker(SCRIPT, STOCKED)) for _ in range(2)]
        for worker in both:
            worker.call("state")
        for worker in both:
            worker.start("activate_or_say")
        return sorted(worker.answer() for worker in both)


def _move(arguments: argparse.Namespace) -> dict[str, Any]:
    """Let the shop work and activate versions at the same time."""
    with common.step(f"{WORKERS} processes finish orders while versions change"):
        with ExitStack() as stack:
            shop = [
                stack.enter_context(common.worker(SCRIPT, SHOP)) for _ in range(WORKERS)
            ]
            office = stack.enter_context(common.worker(SCRIPT, SHOP))
            for worker in (*shop, office):
                worker.call("state")
            for number, worker in enumerate(shop):
                worker.start(
                    "finish_orders",
                    components=COMPONENTS,
                    first=number * arguments.orders,
                    orders=arguments.orders,
                )
            office.start("activate_often", times=arguments.versions, pause=0.7)
            retries = [worker.answer() for worker in (*shop, office)]
            return office.call("prove") | {"retries": retries}


# -- report ----------------------------------------------------------------------------


def _verdicts(
    arguments: argparse.Namespace,
    figures: dict[str, float],
    untouched: list[bool],
    proof: dict[str, Any],
) -> Iterator[tuple[bool, str]]:
    if arguments.products >= 5000:
        yield (
            figures["wall"] <= LIMIT,
            f"{arguments.products:,} products in {figures['wall']:.1f} s "
            f"(at most {LIMIT:.0f})",
        )
    yield (
        figures["account_move"] == 1,
        f"{figures['account_move']:.0f} journal entry of "
        f"{figures['account_move_line']:.0f} items",
    )
    yield (
        all(untouched),
        f"{sum(untouched)} of {len(untouched)} killed activations left nothing",
    )
    first, second = proof["twice"]
    yield (
        not first and bool(second),
        f"of two activations at once one is told: {second}",
    )
    orders = WORKERS * arguments.orders
    yield (
        proof["postings"] == orders and not proof["failed"],
        f"{proof['postings']} of {orders} orders posted, {proof['failed']} failed, "
        f"retries {proof['retries']}",
    )
    yield (
        not proof["torn"],
        f"{proof['torn']} postings between two of {proof['versions']} versions used",
    )
    yield (
        not any(abs(amount) >= 0.005 for amount in proof["closing"]),
        f"Odoo's closing proposes {proof['closing'] or 'nothing'}: ledger = stock",
    )


def _report(
    arguments: argparse.Namespace,
    figures: dict[str, float],
    untouched: list[bool],
    proof: dict[str, Any],
) -> int:
    header = ["products", "wall s", "CPU s", "queries", "entries", "items"]
    header += ["posting lines", "variance rows", "price history"]
    row = [
        f"{arguments.products:,}",
        f"{figures['wall']:.2f}",
        f"{figures['cpu']:.2f}",
        *(
            f"{figures[name]:,.0f}"
            for name in (
                "queries",
                "account_move",
                "account_move_line",
                "backflush_posting_line",
                "backflush_variance",
                "product_value",
            )
        ),
    ]
    common.print_table("Activation, up to the commit", header, [row])
    print()
    verdicts = list(_verdicts(arguments, figures, untouched, proof))
    for met, text in verdicts:
        print(f"  {'PASS' if met else 'FAIL'}  {text}")
    common.save("activation", figures | {"killed": untouched, "shop": proof})
    return int(not all(met for met, _text in verdicts))


def _run(arguments: argparse.Namespace) -> int:
    try:
        _prepare_stocked(arguments.products)
        figures = _time(arguments.rounds)
        untouched = _kill(figures["wall"])
        twice = _activate_twice()
        _prepare_shop(WORKERS * arguments.orders)
        proof = _move(arguments) | {"twice": twice}
        return _report(arguments, figures, untouched, proof)
    finally:
        if not arguments.keep:
            for name in (STOCKED, SHOP):
                common.drop(name)


def main() -> int:
    """Carry out the measurement; 1 if a target is missed."""
    arguments = _parse()
    with common.alone("activation"):
        return _run(arguments)


if __name__ == "__main__":
    sys.exit(main())
