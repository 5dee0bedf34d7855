"""`metadata.smoke`: a first run right after the apply, and what fails is taken back at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import Ran, within

PAUSE = """\
metadata:
  smoke: { payload: { number: 1 }, path: [pause, decide, good], timeLimit: "00:00:05" }
trigger: http_request
status: enabled
definition:
  name: Pause
  steps:
    - id: pause
      stepType: Wait
      inputs: { duration: "00:10:00" }
      nextStepId: decide
    - id: decide
      stepType: Branch
      inputs: {}
      selectNextStep: { good: "{{data.number == 1}}", bad: null }
    - { id: good, stepType: Wait, inputs: { duration: "00:00:01" } }
    - { id: bad, stepType: Wait, inputs: { duration: "00:00:01" } }
"""
SEND = """\
    - id: tell
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "+6591234567", text: Hello }
"""


class Shop:
    """A project with one tested workflow, on the emulator."""

    def __init__(self, here: Path, text: str = PAUSE, emulator: str = "speed: 3600") -> None:
        (here / "workflows").mkdir()
        (here / "deployer.yaml").write_text(
            f"version: 1\nenvironments: {{ local: {{ emulator: {{ {emulator} }} }} }}\n"
        )
        self.here, self.file = here, here / "workflows" / "pause.yaml"
        self.file.write_text(text)

    def change(self, old: str, new: str) -> None:
        assert old in self.file.read_text()
        self.file.write_text(self.file.read_text().replace(old, new))

    def run(self, *arguments: str) -> Ran:
        return within(*arguments, cwd=self.here)

    def apply(self, *flags: str) -> Ran:
        return self.run("apply", "--auto-approve", *flags)

    def status(self) -> tuple[int, str, str | None]:
        (found,) = self.run("status", "--format", "json").json["workflows"]
        return found["definitionVersion"], found["status"], found["hold"]

    def rules(self) -> list[str]:
        return [found["rule"] for found in self.run("validate", "--format", "json").json["findings"]]


def smoke(ran: Ran) -> dict[str, Any]:
    (tested,) = ran.json["smokeTests"]
    return dict(tested)


def test_a_new_workflow_is_made_disabled_tested_and_then_enabled(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    ran = shop.apply("--format", "json")
    assert ran.code == 0, ran.err
    assert smoke(ran)["passed"] is True
    assert [step["step"] for step in smoke(ran)["steps"]] == ["pause", "decide", "good"]
    assert (smoke(ran)["testedVersion"], smoke(ran)["outcome"]) == (1, "enabled as version 2")
    assert "status: disabled" in shop.run("show", "pause@1").out
    assert shop.status() == (2, "enabled", None)
    assert shop.run("plan", "--detailed-exitcode").code == 0


def test_a_new_workflow_that_fails_stays_disabled_and_held_until_its_file_changes(tmp_path: Path) -> None:
    shop = Shop(tmp_path, PAUSE.replace("number == 1", "number == 2"))
    ran = shop.apply()
    assert ran.code == 8
    assert "failed: it went pause > decide > bad; pause > decide > good was expected" in ran.out
    assert "`deployer enable pause --release` enables it all the same" in ran.out
    assert shop.status() == (1, "disabled", "rollback: left disabled: its smoke test failed")
    assert shop.apply().code == 0
    assert shop.status()[0] == 1
    shop.change("number == 2", "number == 1")
    assert shop.apply().code == 0
    assert shop.status() == (2, "enabled", None)


def test_an_update_that_fails_gives_way_to_the_former_content_at_once(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    assert shop.apply().code == 0
    shop.change("number == 1", "nothing.at.all == 1")
    ran = shop.apply("--format", "json")
    assert ran.code == 8
    tested = smoke(ran)
    assert tested["testedVersion"] == 3
    assert tested["problems"][0].startswith("it is Terminated; Complete was expected")
    assert tested["errors"][0]["step"] == "decide"
    assert tested["outcome"] == "the content of version 2 is back as version 4, and held"
    assert shop.run("compare", "pause@2", "pause@4").code == 0
    assert shop.apply().code == 0
    assert shop.status()[:2] == (4, "enabled")
    assert str(shop.status()[2]).startswith("rollback: smoke test failed: it is Terminated")
    text = shop.apply("--no-smoke").out
    assert "held by rollback: smoke test failed" in text


def test_a_fault_is_shown_with_instance_steps_and_message(tmp_path: Path) -> None:
    shop = Shop(tmp_path, PAUSE.replace("number == 1", "nothing.at.all == 1"))
    ran = shop.apply()
    assert ran.code == 8
    assert "    instance " in ran.out
    assert "pause Complete, decide Failed" in ran.out
    assert "    error: decide: " in ran.out


def test_where_the_platform_starts_nothing_disabled_it_is_said_and_left_so(tmp_path: Path) -> None:
    shop = Shop(tmp_path, emulator="speed: 3600, start-disabled: false")
    ran = shop.apply()
    assert ran.code == 8
    assert "smoke test of version 1 not made: " in ran.out
    assert "left disabled and held: the platform starts no disabled definition" in ran.out
    assert shop.status()[:2] == (1, "disabled")
    assert shop.run("enable", "pause", "--release", "--auto-approve").code == 0
    assert shop.run("plan", "--detailed-exitcode").code == 0
    shop.change('duration: "00:00:01"', 'duration: "00:00:02"')
    assert shop.apply().code == 0


def test_what_takes_too_long_fails_and_is_ended(tmp_path: Path) -> None:
    shop = Shop(tmp_path, PAUSE.replace("00:00:05", "00:00:01").replace("00:10:00", "10:00:00"))
    ran = shop.apply("--format", "json")
    assert smoke(ran)["problems"][0] == "it is Runnable after 00:00:01; Complete was expected"
    instance = shop.run("runs", "show", smoke(ran)["instance"], "--format", "json").json["instance"]
    assert instance["status"] == "Terminated"


def test_a_test_may_expect_that_it_waits(tmp_path: Path) -> None:
    text = PAUSE.replace("path: [pause, decide, good]", "path: [pause], status: Runnable").replace(
        "00:10:00", "20:00:00"
    )
    ran = Shop(tmp_path, text).apply("--format", "json")
    assert (ran.code, smoke(ran)["passed"]) == (0, True)


def test_without_smoke_nothing_is_started(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    ran = shop.apply("--no-smoke", "--format", "json")
    assert (ran.code, ran.json["smokeTests"]) == (0, [])
    assert shop.status() == (1, "enabled", None)
    assert shop.run("runs", "list", "pause", "--format", "json").json["instances"] == []


def test_a_test_that_would_message_somebody_is_a_finding_and_nothing_is_sent(tmp_path: Path) -> None:
    good = '{ id: good, stepType: Wait, inputs: { duration: "00:00:01" } }'
    told = PAUSE.replace(good, good.replace("} }", "}, nextStepId: tell }")) + SEND
    shop = Shop(tmp_path, told.replace("decide, good]", "decide, good, tell]"))
    assert "smoke-sends" in shop.rules()
    ran = shop.apply()
    assert ran.code == 1
    assert "the smoke test reaches step `tell` (SMS), which messages somebody" in ran.out
    assert shop.run("status", "--format", "json").json["workflows"][0]["id"] is None
    shop.change("payload:", "allowSend: true, payload:")
    assert "smoke-sends" not in shop.rules()
    assert shop.apply().code == 0
    shop.change("allowSend: true, payload: { number: 1 }", "payload: { number: 2 }")
    assert "smoke-sends" not in shop.rules()


def test_where_a_service_decides_every_sending_step_counts(tmp_path: Path) -> None:
    asks = PAUSE.replace("- id: pause\n      stepType: Wait\n      inputs: { duration: \"00:10:00\" }",
                         "- id: pause\n      stepType: HttpRequest\n      inputs: { url: \"https://crm.example/x\", method: GET }")  # fmt: skip  # noqa: E501
    assert "smoke-sends" not in Shop(tmp_path, asks).rules()
    (tmp_path / "workflows" / "pause.yaml").write_text(asks + SEND)
    ran = within("validate", cwd=tmp_path)
    assert "depends on the answer of step `pause`, and `tell` may message somebody" in ran.out


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("decide, good]", "decide, god]", "smoke-unknown-step"),
        ('"00:00:05"', "5", "wrong-type"),
        ('"00:00:05"', '"5s"', "invalid-value"),
        ("payload:", "status: Done, payload:", "invalid-enum"),
        ("payload:", "pyload:", "unknown-property"),
    ],
)
def test_a_test_that_cannot_be_understood_is_a_finding(tmp_path: Path, old: str, new: str, rule: str) -> None:
    rules = Shop(tmp_path, PAUSE.replace(old, new)).rules()
    assert rules, json.dumps(rules)
    assert rule in rules


def with_numbers(here: Path, payload: str) -> Shop:
    """The workflow with another payload, in an environment with a variable for it."""
    shop = Shop(here, PAUSE.replace("{ number: 1 }", payload))
    (here / "deployer.yaml").write_text(
        "version: 1\nenvironments: { local: { emulator: { speed: 3600 }, vars: { number: 1, who: Mei } } }\n"
    )
    return shop


def test_a_payload_is_made_of_variables_and_texts_as_a_body_is(tmp_path: Path) -> None:
    shop = with_numbers(tmp_path, "{ number: '${var.number}', note: 'Hi ${var.who}. ${file.note.txt}' }")
    (tmp_path / "note.txt").write_text("It costs $${var.number}")
    shop.change("{{data.number == 1}}", "{{data.number === 1 && data.note === 'Hi Mei. It costs $${var.number}'}}")
    assert shop.rules() == []
    assert smoke(shop.apply("--format", "json"))["passed"] is True


def test_a_variable_that_a_payload_needs_and_nobody_declares_is_found_at_its_place(tmp_path: Path) -> None:
    shop = with_numbers(tmp_path, "{ number: 1, note: '${var.whom}', token: '${secret.TOKEN}' }")
    found = shop.run("validate", "--format", "json").json["findings"]
    assert [(each["rule"], each["path"]) for each in found if each["severity"] == "error"] == [
        ("undefined-variable", "metadata.smoke.payload.note"), ("invalid-reference", "metadata.smoke.payload.token"),
    ]  # fmt: skip
    assert "cannot stand in the payload of a smoke test" in found[1]["message"]
    assert shop.apply().code == 1
