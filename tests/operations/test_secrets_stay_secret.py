"""Secret values reach the server and nothing else; what is missing is told at once and before anything is written."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from deployer.errors import ConfigurationError
from deployer.operations.drift import Report
from deployer.operations.plan import Plan
from deployer.report import plan as plan_report
from deployer.report import pull as pull_report
from deployer.report import result as result_report
from deployer.report import standing as drift_report
from tests.operations.conftest import NewWorld
from tests.operations.world import Body, World, answer_lost, reply, request_lost, text_step

VALUES = (
    "correct horse battery",
    "p4ssw0rd-plain-1234",
    "with/slashes+and=signs",
    'quotes"and\\backslashes',
    "apostrophe's-and-percent%20",
    "\u00e4\u00f6\u00fc-\u00e9\u4f60\u597d-unicode",
    "line\nbreak\nin-the-middle",
    "tab\tand\u2028separator",
    "${var.greeting}-lookalike",
    "$${secret.S1}-escaped",
    "{{data.expression}}",
    "\U0001f511\U0001f5dd-emoji-key",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "AKIAIOSFODNN7EXAMPLE",
    "https://user:pass@example.com/x?y=z",
    "  leading and trailing  ",
    "0123456789",
    "true-false-null",
    "#comment: like",
    "\\u0041\\n-escapes",
)
SECRETS = {f"S{number}": value for number, value in enumerate(VALUES, 1)}


def forms(value: str) -> Iterator[str]:
    data = value.encode()
    yield value
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    yield json.dumps(json.dumps(value)[1:-1])[1:-1]
    yield quote(value, safe="")
    yield quote(value)
    yield base64.b64encode(data).decode()
    yield base64.urlsafe_b64encode(data).decode().rstrip("=")
    yield data.hex()


def leaks(text: str) -> list[str]:
    return [f"{name} as {form!r}" for name, value in SECRETS.items() for form in forms(value) if form in text]


def body(note: str = "first") -> Body:
    """Every secret, each alone and within a longer text, in fields whose names tell nothing."""
    return {
        "trigger": "http_request",
        "status": "enabled",
        "definition": {
            "name": "Leads",
            "steps": [
                {
                    "id": f"step-{name}",
                    "stepType": "HttpRequest",
                    "inputs": {
                        "url": "https://crm.example.com",
                        "method": "POST",
                        "body": {"x": f"${{secret.{name}}}", "y": f"<${{secret.{name}}}>", "note": note},
                    },
                }
                for name in SECRETS
            ],
        },
    }


def said(world: World, plan: Plan) -> str:
    """Everything that a plan and its surroundings could show or keep."""
    stands = Report(
        environment="staging", account="acme", host="emulator", stands=world.drift(), unmanaged=(), warnings=()
    )
    return "\n".join(
        (
            plan_report.render_text(plan, verbose=True),
            plan_report.render_json(plan),
            repr(plan),
            drift_report.render_drift(stands, color=False, verbose=True),
            drift_report.render_json(stands),
            (world.folder / "state.json").read_text() if (world.folder / "state.json").exists() else "",
        )
    )


@pytest.fixture
def world(new_world: NewWorld) -> World:
    return new_world(secrets=dict(SECRETS))


def test_the_server_gets_every_secret_as_it_is(world: World) -> None:
    world.write("leads", body())
    world.apply()
    stored = json.dumps(dict(world.now("leads").body), ensure_ascii=False)
    for value in VALUES:
        assert json.dumps(value, ensure_ascii=False)[1:-1] in stored
    assert world.plan().pending == ()


def test_no_plan_and_no_state_holds_one(world: World) -> None:
    world.write("leads", body())
    assert leaks(said(world, world.plan())) == []
    first = world.apply()
    assert leaks(said(world, first.plan) + result_report.render_text(first) + result_report.render_json(first)) == []
    world.write("leads", body("second"))
    assert leaks(said(world, world.plan())) == []
    world.secrets.update({name: f"rotated-{name}-{value}" for name, value in SECRETS.items()})
    assert leaks(said(world, world.plan())) == []
    world.secrets.clear()
    assert leaks(said(world, world.plan())) == []


def test_no_open_intent_holds_one(world: World) -> None:
    world.write("leads", body())
    world.network.once("POST", request_lost)
    result = world.apply()
    assert list(world.store.read().intents) == ["leads"]
    assert leaks((world.folder / "state.json").read_text() + result_report.render_json(result)) == []


def test_a_conflict_and_a_pull_show_none(world: World) -> None:
    world.write("leads", body())
    world.apply()
    world.somebody_edits("leads", lambda found: text_step(found)["body"].update(note="theirs"))  # type: ignore[attr-defined]
    assert leaks(said(world, world.plan())) == []
    world.write("leads", body("ours"))
    assert leaks(said(world, world.plan())) == []
    conflict = world.pull("leads")
    taken = world.pull("leads", prefer="theirs")
    text = "".join(
        (*(pull_report.render_text(each, verbose=True) for each in (conflict, taken)), pull_report.render_json(taken))
    )
    assert leaks(text + world.file("leads").read_text() + repr(taken)) == []
    assert "note: theirs" in world.file("leads").read_text()
    assert world.plan().pending == ()


@pytest.mark.parametrize("known", [True, False])
def test_a_text_that_somebody_spoiled_or_copied_shows_none(world: World, known: bool) -> None:
    """Around a secret the server has another text now, and its value stands elsewhere, too."""
    world.write("leads", body())
    world.apply()

    def spoil(found: Body) -> None:
        definition = found["definition"]
        assert isinstance(definition, dict)
        for step in definition["steps"]:
            inputs = step["inputs"]["body"]
            inputs["y"] = inputs["y"].replace("<", "(")
            inputs["note"] = f"see {inputs['x']}" if known else "see"

    world.somebody_edits("leads", spoil)
    if not known:
        world.secrets.clear()
    plan = world.plan()
    assert len(plan.refused) == 1
    shown = said(world, plan)
    assert "body.y of step `step-S1` changes" in shown
    assert leaks(plan_report.render_text(plan, verbose=True) + plan_report.render_json(plan)) == []


def test_a_literal_that_becomes_a_secret_is_not_shown_once_more(world: World) -> None:
    """A credential that stood in a file moves to a secret, with a new value at once."""
    world.write("leads", reply("The code is swordfish-1234"))
    world.apply()
    world.write("leads", reply("The code is ${secret.S1}"))
    plan = world.plan()
    assert plan.changes[0].sentences() == ["secret S1 changed"]
    world.write("leads", reply("The new code is ${secret.S1}"))
    plan = world.plan()
    assert plan.changes[0].sentences() == ["text of step `reply` changes"]
    assert "swordfish" not in plan_report.render_text(plan) + plan_report.render_json(plan)


def test_a_text_that_only_looks_like_a_secrets_value_stays_text(new_world: NewWorld) -> None:
    world = new_world(secrets={"HOST": "crm.example.com"})
    file: Body = body()
    definition = file["definition"]
    assert isinstance(definition, dict)
    definition["steps"] = definition["steps"][:1]
    inputs = text_step(file)
    inputs["body"] = {"x": "${secret.HOST}", "y": "crm.example.com"}
    world.write("leads", file)
    world.apply()
    world.somebody_edits("leads")
    assert world.plan().pending == ()
    assert world.plan().refused == ()


def test_an_end_without_a_file_writes_none_into_the_state(world: World) -> None:
    world.write("leads", body())
    world.apply()
    world.file("leads").unlink()
    world.network.once("PUT", answer_lost)
    world.apply(prune=True)
    assert leaks((world.folder / "state.json").read_text()) == []


def test_every_missing_secret_is_named_at_once_before_anything_is_written(world: World) -> None:
    for name in ("S1", "S2", "S3"):
        world.write(name.lower(), reply(f"${{secret.{name}}}", name=name, account=f"acme_{name}"))
    world.write("fine", reply(account="acme_fine"))
    world.secrets = {"S2": SECRETS["S2"]}
    with pytest.raises(ConfigurationError) as error:
        world.apply()
    assert "S1" in str(error.value)
    assert "S3" in str(error.value)
    assert "`S2`" not in str(error.value)
    assert "s1" in str(error.value)
    assert world.network.writes == []
    assert world.store.read().intents == {}
