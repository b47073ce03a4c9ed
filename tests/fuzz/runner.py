"""Runs the generator inside a test: how many scenarios, which seed, how long."""

import os
import time
import zlib
from collections import Counter, defaultdict
from contextlib import contextmanager
from unittest.mock import patch

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.internal.conjecture import engine
from hypothesis.stateful import run_state_machine_as_test

from .machine import ShopMachine

# Set by ./dev fuzz; without them every run is the same.
SEQUENCES = "BACKFLUSH_FUZZ_SEQUENCES"
STEPS = "BACKFLUSH_FUZZ_STEPS"
SEED = "BACKFLUSH_FUZZ_SEED"
#: Seconds for making a failing scenario shorter.
SHRINKING = "BACKFLUSH_FUZZ_SHRINKING"


class Statistics:
    """How often each call was made, and how long it took with its checks."""

    def __init__(self):
        self.calls = Counter()
        self.seconds = defaultdict(float)

    @contextmanager
    def measure(self, name):
        start = time.perf_counter()
        try:
            yield
        finally:
            self.calls[name] += 1
            self.seconds[name] += time.perf_counter() - start

    def __str__(self):
        steps = sum(self.calls.values())
        seconds = sum(self.seconds.values())
        lines = [f"{steps} steps, {seconds / max(steps, 1) * 1000:.0f} ms each"]
        for name, count in self.calls.most_common():
            each = self.seconds[name] / count * 1000
            lines.append(f"    {name:26} {count:5} {each:6.0f} ms")
        return "\n".join(lines)


def run(shop, name, sequences, steps=12):
    """Play scenarios that begin in `shop`; raises what the first failing one raises.

    `name` makes the scenarios of one test others than those of the next.
    """
    statistics = Statistics()
    machine = type(
        "ShopMachine", (ShopMachine,), {"opened": shop, "statistics": statistics}
    )
    seed = f"{name} {os.environ.get(SEED, 0)}"
    hypothesis.seed(zlib.crc32(seed.encode()))(machine)
    shrinking = int(os.environ.get(SHRINKING, 60))
    with patch.object(engine, "MAX_SHRINKING_SECONDS", shrinking):
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=int(os.environ.get(SEQUENCES, sequences)),
                stateful_step_count=int(os.environ.get(STEPS, steps)),
                database=None,
                deadline=None,
                print_blob=False,
                # the scenario is told by the failure itself
                verbosity=Verbosity.quiet,
                report_multiple_bugs=False,
                phases=(Phase.generate, Phase.shrink),
                suppress_health_check=list(HealthCheck),
            ),
        )
    return statistics
