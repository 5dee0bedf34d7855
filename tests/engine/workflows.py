"""Short ways to write definitions and to run them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from deployer.engine.answers import http_answer
from deployer.engine.definition import load_definition
from deployer.engine.engine import Engine, trigger_data
from deployer.engine.facts import Facts
from deployer.engine.messages import chat_webhook
from deployer.engine.run import simulate
from deployer.engine.scripting import Evaluator, Scope
from deployer.engine.settings import EngineSettings
from deployer.engine.syntax import read_script
from deployer.engine.trace import Trace
from deployer.engine.world import Reply, World

Body = dict[str, object]

AT = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
CUSTOMER = "+628123456789"
PAYLOAD = chat_webhook(sender=CUSTOMER, text="hi", at=AT, umid="11111111-1111-4111-8111-111111111111", name="Ani")
DATA = trigger_data(PAYLOAD, account_id="acme", sub_account_id="acme_chat", at=AT)


def workflow(*steps: Body) -> Body:
    """The body of a definition with these steps."""
    return {"definition": {"name": "test", "steps": list(steps)}, "trigger": "inbound_chat_apps", "status": "enabled"}


def step(step_id: str, kind: str = "Branch", **fields: object) -> Body:
    """A step: `step("a", "Wait", inputs={...}, nextStepId="b")`."""
    return {"id": step_id, "stepType": kind, **fields}


def say(step_id: str, text: str = "hello", **fields: object) -> Body:
    """An SMS to the customer."""
    inputs = {"subAccountId": "acme_sms", "destination": "{{data.payload.user.msisdn}}", "text": text}
    return step(step_id, "SMS", inputs=inputs, **fields)


def wait(step_id: str, duration: object = "00:00:10", **fields: object) -> Body:
    return step(step_id, "Wait", inputs={"duration": duration}, **fields)


def ask(step_id: str, timeout: str = "00:10:00", **fields: object) -> Body:
    """A WaitForReply of the customer on WhatsApp."""
    inputs = {"from": "{{data.payload.user.msisdn}}", "channel": "whatsapp", "timeout": timeout}
    return step(step_id, "WaitForReply", inputs=inputs, **fields)


def call(step_id: str, **fields: object) -> Body:
    return step(step_id, "HttpRequest", inputs={"url": "https://crm.example/{{data.n}}", "method": "GET"}, **fields)


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
"""Every step is run, in the world below: an answer of the CRM, a reply of the customer."""
TEN_STEPS_WORLD = World(mocks={"crm": (http_answer(200),)}, replies=(Reply(text="1"),))


def run(
    evaluator: Evaluator,
    *steps: Body,
    world: World | None = None,
    settings: EngineSettings | None = None,
    data: Mapping[str, object] = DATA,
    seed: int = 0,
    at: datetime = AT,
) -> Trace:
    """Run a definition of these steps from start to end."""
    return simulate(
        load_definition(workflow(*steps)),
        data,
        world=world or World(),
        settings=settings or EngineSettings(),
        at=at,
        evaluator=evaluator,
        seed=seed,
    )


def engine(evaluator: Evaluator, *steps: Body, settings: EngineSettings | None = None) -> Engine:
    return Engine(load_definition(workflow(*steps)), evaluator, settings or EngineSettings())


def later(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


class Uuids:
    """Countable uuids."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> str:
        self.count += 1
        return f"{self.count:08x}-0000-4000-8000-000000000000"


def scope(data: Mapping[str, object] | None = None, offered: Mapping[str, object] | None = None) -> Scope:
    return Scope(data=Facts(data or {}), step=Facts(offered or {}), now=AT, new_uuid=Uuids())


def value(evaluator: Evaluator, source: str, **data: object) -> object:
    """What one script gives."""
    return evaluator.value(read_script(source), scope(data))
