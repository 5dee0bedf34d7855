"""What a run costs, in counts: how fast it is stands in `benchmarks/engine.py`."""

from __future__ import annotations

import gc
import subprocess
import sys
import tracemalloc

import pytest

from deployer.engine.run import simulate
from deployer.engine.scripting import Evaluator
from deployer.engine.settings import EngineSettings
from tests.engine.workflows import AT, DATA, TEN_STEPS, TEN_STEPS_WORLD, run, say


def simulated(evaluator: Evaluator, count: int) -> None:
    for seed in range(count):
        trace = simulate(
            TEN_STEPS, DATA, world=TEN_STEPS_WORLD, settings=EngineSettings(), at=AT, evaluator=evaluator, seed=seed
        )
        assert len(trace.path) == 10


def test_everyday_runs_need_no_javascript_at_all() -> None:
    program = """
import sys
from deployer.engine.scripting import Evaluator
from tests.engine.test_speed import simulated

with Evaluator() as evaluator:
    simulated(evaluator, 3)
    print("quickjs" in sys.modules, evaluator.process_id)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["False", "None"]


def test_runs_share_one_javascript_context() -> None:
    steps = (say("hello", "Hello {{data.payload.user.name.toUpperCase()}}", nextStepId="bye"), say("bye", "{{1 + 1}}"))
    with Evaluator() as evaluator:
        for seed in range(50):
            assert [sent.text for sent in run(evaluator, *steps, seed=seed).sent] == ["Hello ANI", "2"]
        assert evaluator.contexts == 1


@pytest.mark.slow
def test_memory_stays_flat(evaluator: Evaluator) -> None:
    simulated(evaluator, 200)
    tracemalloc.start()
    simulated(evaluator, 100)
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    simulated(evaluator, 500)
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert after - before < 100_000
