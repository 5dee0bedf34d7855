"""How many simulated runs of a workflow of ten steps one core does in a second, and whether memory stays flat.

    python benchmarks/engine.py [--count 10000]

Prints rows of `work | goal | measured | ok`; exits 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
import tracemalloc
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))  # for the workflow that the tests run, too

from deployer.engine.run import simulate
from deployer.engine.scripting import Evaluator
from deployer.engine.settings import EngineSettings
from tests.engine.workflows import AT, DATA, TEN_STEPS, TEN_STEPS_WORLD

GOAL = 2000
"""Runs a second."""
FLAT = 100_000
"""Bytes that may be held more after all runs than after the first hundreds."""


def seconds(evaluator: Evaluator, count: int) -> float:
    """Computing time of so many runs, each with a seed of its own."""
    started = time.process_time()
    for seed in range(count):
        trace = simulate(
            TEN_STEPS, DATA, world=TEN_STEPS_WORLD, settings=EngineSettings(), at=AT, evaluator=evaluator, seed=seed
        )
        if len(trace.path) != len(TEN_STEPS.steps):
            raise SystemExit(f"a run took {len(trace.path)} steps")
    return time.process_time() - started


def growth(evaluator: Evaluator, count: int) -> int:
    """Bytes that are held more after so many runs than after a few."""
    tracemalloc.start()
    seconds(evaluator, 100)
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    seconds(evaluator, count)
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return after - before


def rows(count: int) -> list[tuple[str, str, str, bool]]:
    """What was measured: work, goal, figure, whether it is reached."""
    with Evaluator() as evaluator:
        seconds(evaluator, 200)
        rate = count / seconds(evaluator, count)
        held = growth(evaluator, max(100, count // 10))
    work = f"{count} runs of a workflow of ten steps, one core"
    return [
        (work, f">= {GOAL} a second", f"{rate:.0f} a second", rate >= GOAL),
        ("memory held after them", "flat", f"{held / 1000:+.1f} kB", held < FLAT),
    ]


def main() -> int:
    """Measure, print the rows, say whether all goals are reached."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=10_000, metavar="N")
    measured = rows(parser.parse_args().count)
    for work, goal, figure, ok in measured:
        sys.stdout.write(f"{work} | {goal} | {figure} | {'yes' if ok else 'no'}\n")
    return 0 if all(ok for *_, ok in measured) else 1


if __name__ == "__main__":
    raise SystemExit(main())
