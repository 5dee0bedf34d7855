"""Would a smoke test message somebody? Found out by simulating it, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from deployer.engine.definition import load_definition
from deployer.engine.engine import trigger_data
from deployer.engine.failures import LoadError
from deployer.engine.run import simulate
from deployer.engine.scripting import Evaluator
from deployer.engine.settings import EngineSettings
from deployer.engine.trace import SENDERS
from deployer.engine.world import World
from deployer.lint.registry import Problem
from deployer.operations.smoke import Smoke, smoke_of
from deployer.source.references import shown
from deployer.source.workflow import Workflow

_AT = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
"""A Monday at noon: one moment for all, so that one file has one finding."""


def check_smokes(workflows: Iterable[Workflow], account: str) -> Iterator[tuple[str, Problem]]:
    """A problem for each workflow whose smoke test would send something that its file does not allow."""
    tested = [(workflow, smoke) for workflow in workflows if (smoke := smoke_of(workflow)) and not smoke.allow_send]
    risky = [(workflow, smoke) for workflow, smoke in tested if _senders(workflow)]
    if not risky:
        return
    with Evaluator() as evaluator:
        for workflow, smoke in risky:
            said = _sends(workflow, smoke, account, evaluator)
            if said is not None:
                yield "smoke-sends", Problem(workflow.place("metadata", "smoke", key=True), said)


def _senders(workflow: Workflow) -> list[str]:
    return [step.id or "?" for step in workflow.steps if step.type is not None and step.type.name in SENDERS]


def _sends(workflow: Workflow, smoke: Smoke, account: str, evaluator: Evaluator) -> str | None:
    """What it would send, in words; None for nothing."""
    allow = "write `allowSend: true` if that is meant"
    body = shown(workflow.body)
    try:
        definition = load_definition(body if isinstance(body, dict) else {})
    except LoadError:
        return None  # other rules tell why it cannot run, and then nothing is applied
    data = trigger_data(smoke.payload, account_id=account, sub_account_id=workflow.sub_account, at=_AT)
    trace = simulate(definition, data, world=World(), settings=EngineSettings(), at=_AT, evaluator=evaluator)
    # A test that expects a wait ends there; any other goes on to the end, however fast the platform's time passes.
    waits = smoke.status == "Runnable"
    sent = next((item for item in trace.sent if not waits or item.at - _AT <= smoke.limit), None)
    if sent is not None:
        return f"the smoke test reaches step `{sent.step}` ({sent.type}), which messages somebody; {allow}"
    if any(effect.type not in SENDERS for effect in trace.unmocked):
        asked = next(effect for effect in trace.unmocked if effect.type not in SENDERS)
        steps = ", ".join(f"`{step}`" for step in _senders(workflow)[:3])
        return (
            f"where the smoke test goes depends on the answer of step `{asked.step}`, and {steps} may message "
            f"somebody; {allow}"
        )
    return None
