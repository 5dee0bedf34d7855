"""What is done to instances leaves who, why and when in the state's log, whatever else is broken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.oncall import Night, night, trouble
from tests.cli.test_emergencies import TROUBLES, waiting


@pytest.fixture
def call(tmp_path: Path) -> Iterator[Night]:
    with night(tmp_path) as found:
        yield found


def logged(call: Night, *arguments: str) -> list[dict[str, object]]:
    """What `log` shows, the newest first."""
    ran = call.run("log", *arguments, "--format", "json")
    assert ran.code == 0, ran.err
    found: list[dict[str, object]] = ran.json["entries"]
    return found


def started(call: Night, *arguments: str) -> str:
    ran = call.run("runs", "start", *arguments, "--yes", "--format", "json", "--payload", "payload.json")
    assert ran.code == 0, ran.err
    instance: str = ran.json["instance"]
    return instance


def test_each_leaves_who_and_why(call: Night) -> None:
    waiting(call, 0)
    instance = started(call, "reply", "--reason", "to see it")
    for command, reason in (("suspend", "look"), ("resume", "go on"), ("terminate", "enough")):
        assert call.run("runs", command, instance, "--reason", reason, "--yes").code == 0
    assert call.run("runs", "trigger", "--reason", "nightly", "--yes").code == 0
    found = logged(call)[:5]
    assert [(entry["action"], entry["key"], entry["reason"], entry["note"]) for entry in found] == [
        ("trigger", None, "nightly", "an http_request event"),
        ("terminate", "reply", "enough", f"1 terminated, 0 failed, 0 not attempted: {instance}"),
        ("resume", "reply", "go on", f"1 resumed, 0 failed, 0 not attempted: {instance}"),
        ("suspend", "reply", "look", f"1 suspended, 0 failed, 0 not attempted: {instance}"),
        ("start", "reply", "to see it", f"instance {instance} of the newest version"),
    ]
    assert {entry["who"] for entry in found} == {logged(call, "reply")[-1]["who"]}
    assert "1 terminated" in call.run("log", "reply").out


def test_a_bulk_is_one_entry_with_its_filter(call: Night) -> None:
    waiting(call, 3)
    ran = call.run("runs", "terminate", "--key", "reply", "--version", "4", "--reason", "wrong text", "--yes")
    assert ran.code == 0
    newest, before = logged(call, "reply")[:2]
    assert (newest["action"], newest["reason"], before["action"]) == ("terminate", "wrong text", "start")
    assert newest["note"] == "3 terminated, 0 failed, 0 not attempted: version 4, Runnable or Suspended"


def test_what_a_rollback_stops_is_logged_with_its_reason(call: Night) -> None:
    waiting(call, 2)
    assert call.run("rollback", "reply", "--auto-approve", "--stop-running", "--reason", "2 a.m.").code == 0
    newest, before = logged(call, "reply")[:2]
    assert (newest["action"], newest["reason"], before["action"]) == ("terminate", "2 a.m.", "rollback")
    assert newest["note"] == "2 terminated, 0 failed, 0 not attempted: --stop-running of rollback"


def test_nothing_is_logged_where_nothing_was_done(call: Night) -> None:
    before = logged(call)
    assert call.run("runs", "terminate", "--key", "reply", "--all-versions", "--yes").code == 0
    assert call.run("runs", "start", "reply").code == 6
    assert logged(call) == before


def test_a_reason_keeps_no_secret_in_the_log(call: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPLOYER_SECRET_CRM", "correct-horse-battery")
    waiting(call, 0)
    started(call, "reply", "--reason", "asks for correct-horse-battery")
    assert logged(call, "reply")[0]["reason"] == "asks for (secret CRM)"


@pytest.mark.parametrize(("kind", "state"), TROUBLES, ids=[f"{kind}, {state}" for kind, state in TROUBLES])
def test_nothing_of_this_stops_it_and_the_next_run_hands_the_entry_in(tmp_path: Path, kind: str, state: str) -> None:
    with night(tmp_path, state=state) as call:
        waiting(call, 0)
        call.status()  # what this machine saw last
        with trouble(kind, call):
            started(call, "reply", "--reason", "2 a.m.")
            ended = call.run("runs", "terminate", "--key", "reply", "--all-versions", "--yes", "--reason", "3 a.m.")
            assert ended.code == 0
            told = "it is kept in .deployer/live/aside.json; the next run hands it in"
            assert (told in ended.err) == (kind != "broken files")
            assert [entry["reason"] for entry in logged(call, "reply")[:2]] == ["3 a.m.", "2 a.m."]
        assert call.run("plan").code == 0
        assert not (call.here / ".deployer" / "live" / "aside.json").exists()
        assert [entry["reason"] for entry in logged(call, "reply")[:2]] == ["3 a.m.", "2 a.m."]


def test_an_id_is_enough_where_no_key_is_known(tmp_path: Path) -> None:
    with night(tmp_path, state="git") as call:
        waiting(call, 0)
        definition = str(call.status()["id"])
        (call.here / ".deployer" / "live" / "seen.json").unlink()
        with trouble("no remote", call):
            instance = started(call, "--id", definition.upper(), "--reason", "2 a.m.")
            kept = json.loads((call.here / ".deployer" / "live" / "aside.json").read_text())["log"]
            assert [(entry["action"], entry["id"], "key" in entry) for entry in kept] == [("start", definition, False)]
        assert call.run("plan").code == 0
        newest = logged(call, "reply")[0]
        assert (newest["action"], newest["note"]) == ("start", f"instance {instance} of the newest version")
