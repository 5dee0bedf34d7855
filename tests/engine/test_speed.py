"""Thousands of runs a second, and memory that stays flat."""

from __future__ import annotations

import gc
import time
import tracemalloc

import pytest

from deployer.engine.answers import http_answer
from deployer.engine.definition import load_definition
from deployer.engine.run import simulate
from deployer.engine.scripting import Evaluator
from deployer.engine.settings import EngineSettings
from deployer.engine.world import Reply, World
from tests.engine.workflows import AT, DATA, ask, call, say, step, wait, workflow

TEN_STEPS = load_definition(
    workflow(
        step("country", selectNextStep={"hello": "{{isCountryCode(data.payload.user.msisdn, 'ID')}}", "end": None}),
        say("hello", "Hello {{data.payload.user.name}}!", outputs={"umid": "{{step.umid}}"}, nextStepId="ask"),
        ask(
            "ask",
            outputs={"answer": "{{step.reply.payload.content.text}}"},
            selectNextStep={"crm": "{{data.answer == '1'}}", "end": "{{data.answer != '1'}}"},
        ),
        call("crm", outputs={"code": "{{step.responseCode}}"}, nextStepId="check"),
        step("check", selectNextStep={"pause": "{{data.code >= 200 && data.code < 300}}", "end": None}),
        wait("pause", "30", nextStepId="remind"),
        say("remind", "You said {{data.answer}}", nextStepId="if"),
        step(
            "if",
            "If",
            inputs={"condition": "{{data.answer == '1'}}"},
            do=[[step("agent", "SendToConverse", inputs={"payload": {"text": "{{data.answer}}"}})]],
            nextStepId="end",
        ),
        say("end", "Bye {{data.payload.user.name}}"),
    )
)
WORLD = World(mocks={"crm": (http_answer(200),)}, replies=(Reply(text="1"),))


def simulated(evaluator: Evaluator, count: int) -> float:
    """Seconds of computing that so many runs take."""
    started = time.process_time()
    for seed in range(count):
        trace = simulate(TEN_STEPS, DATA, world=WORLD, settings=EngineSettings(), at=AT, evaluator=evaluator, seed=seed)
        assert len(trace.path) == 10
    return time.process_time() - started


def yardstick() -> float:
    """Seconds that a fixed piece of plain Python takes here and now: 0.025 on the machine of the figure."""
    started = time.process_time()
    table: dict[str, int] = {}
    for number in range(240_000):
        table[str(number % 1000)] = number
    return time.process_time() - started


@pytest.mark.slow
def test_ten_thousand_runs_of_ten_steps_take_five_seconds_on_one_core(evaluator: Evaluator) -> None:
    simulated(evaluator, 100)
    # Other programs share the core: each stretch is compared with what plain Python can do beside it.
    rates = [500 / simulated(evaluator, 500) * yardstick() / 0.025 for _ in range(20)]
    assert max(rates) > 2000, f"{max(rates):.0f} a second"


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
