"""`rollback`, `disable`, `enable` and `hold`: at two in the morning, whatever else is broken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployer.emulator import Settings
from tests.cli.oncall import Night, night, trouble
from tests.cli.program import within
from tests.cli.projects import commit, git

TROUBLES = [("broken files", "file"), ("a held lock", "file"), ("a held lock", "git"), ("no remote", "git")]


@pytest.fixture
def call(tmp_path: Path) -> Iterator[Night]:
    with night(tmp_path) as found:
        yield found


def test_a_rollback_restores_the_version_before_and_apply_leaves_it_alone(call: Night) -> None:
    done = call.done("rollback", "reply", "--reason", "wrong text")
    assert (done["oldVersion"], done["contentOf"], done["newVersion"]) == (3, 2, 4)
    assert call.status()["hold"] == "rollback: wrong text"
    applied = call.apply()
    assert applied.code == 0
    assert "! reply (reply): held by rollback: wrong text (version 4 stays" in applied.out
    assert call.status()["definitionVersion"] == 4


def test_rolling_back_twice_never_restores_the_bad_one(call: Night) -> None:
    assert [call.done("rollback", "reply")["contentOf"] for _ in range(2)] == [2, 1]
    ran = call.run("rollback", "reply", "--auto-approve")
    assert (ran.code, call.status()["definitionVersion"]) == (6, 5)
    assert "no version left to roll back to" in ran.err
    assert call.done("rollback", "reply", "--to", "3")["contentOf"] == 3


def test_what_was_rolled_back_from_before_the_last_fix_is_not_restored_either(call: Night) -> None:
    call.done("rollback", "reply")
    call.say("A fix that is no better")
    assert call.apply().code == 0
    assert [call.done("rollback", "reply")["contentOf"] for _ in range(2)] == [4, 1]


def test_what_was_stopped_and_rolled_back_from_is_not_restored_after_the_next_fix(call: Night) -> None:
    call.done("disable", "reply")
    call.done("rollback", "reply")
    call.done("enable", "reply", "--release")
    call.say("A fix that is no better")
    assert call.apply().code == 0
    assert [call.done("rollback", "reply")["contentOf"] for _ in range(2)] == [6, 1]


def test_content_that_a_file_brings_back_on_purpose_may_be_restored_again(call: Night) -> None:
    call.done("rollback", "reply")
    assert call.run("hold", "release", "reply", "--auto-approve").code == 0
    assert call.apply().code == 0
    call.say("Six")
    assert call.apply().code == 0
    assert call.done("rollback", "reply")["contentOf"] == 5


def test_a_definition_without_a_key_is_not_rolled_back_to_the_bad_version_either(tmp_path: Path) -> None:
    with night(tmp_path) as call:
        definition = str(call.status()["id"])
        assert call.run("forget", "reply").code == 0
        assert [call.done("rollback", "--id", definition)["contentOf"] for _ in range(2)] == [2, 1]
        assert f"`deployer disable --id {definition}` stops it" in call.run("rollback", "--id", definition).err


def test_a_second_disable_without_a_word_keeps_why_it_was_stopped(call: Night) -> None:
    call.done("disable", "reply", "--reason", "angry customers")
    assert call.run("disable", "reply", "--auto-approve").out == "reply: version 4 is so already\n"
    assert call.status()["hold"] == "disable: angry customers"


@pytest.mark.parametrize("selector", ["workflows/answers.yaml", "workflows/*", "reply"])
def test_a_broken_file_is_meant_by_its_path_all_the_same(call: Night, selector: str) -> None:
    (call.here / "workflows" / "reply.yaml").unlink()
    (call.here / "workflows" / "answers.yaml").write_text("metadata: { key: reply }\n<<<<<<< HEAD\ntrigger: [\n")
    ran = call.run("disable", selector, "--auto-approve")
    assert ran.code == 0, ran.err
    assert "warning: cannot be read: workflows/answers.yaml (taken for `reply`)" in ran.err
    standing = call.status()
    assert (standing["status"], standing["file"]) == ("disabled", "workflows/answers.yaml")


def test_whoever_forgets_a_key_hears_that_its_hold_ends(call: Night) -> None:
    call.done("disable", "reply")
    ran = call.run("forget", "reply")
    assert ran.code == 0
    assert "warning: reply: its disable's hold ends; whoever adopts it again applies its file again" in ran.err
    assert entries(call, "file")[-1]["note"] == "its disable's hold ends"


def test_a_reason_keeps_no_secret_in_the_state(call: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPLOYER_SECRET_CRM", "correct-horse-battery")
    call.done("disable", "reply", "--reason", "answers with correct-horse-battery " + "x" * 600)
    state = (call.here / "deployer.live.lock.json").read_text()
    assert "correct-horse-battery" not in state
    assert "answers with (secret CRM) " in state
    assert "x" * 501 not in state


def test_an_unknown_definition_is_not_said_to_have_been_there(call: Night) -> None:
    ran = call.run("disable", "--id", "5870442f-3ddd-4657-b74c-6e17308f5230", "--auto-approve")
    assert ran.code == 6
    assert "there is no definition 5870442f-3ddd-4657-b74c-6e17308f5230 in this account" in ran.err


def test_a_changed_file_lifts_the_hold_of_a_rollback(call: Night) -> None:
    call.done("rollback", "reply")
    call.say("Four")
    assert call.apply().code == 0
    assert call.status()["definitionVersion"] == 5
    assert call.run("hold", "list").out == "Nothing is held.\n"


def test_the_file_of_an_older_checkout_does_not_lift_it(call: Night) -> None:
    call.say("an edit on the laptop, never applied")
    call.done("rollback", "reply")
    call.say("Three is wrong")
    assert call.apply().code == 0
    assert call.status()["definitionVersion"] == 4


def test_one_pull_takes_the_content_into_the_file_and_so_ends_the_hold(call: Night) -> None:
    ran = call.run("rollback", "reply", "--auto-approve")
    assert "`deployer pull reply` takes version 4 into it" in ran.out
    assert call.run("pull", "reply").code == 0
    assert call.text() == "Two"
    assert "${var.sms}" in (call.here / "workflows" / "reply.yaml").read_text()
    assert call.apply().code == 0
    assert call.run("hold", "list").out == "Nothing is held.\n"
    call.say("Three is wrong")
    assert call.run("plan", "--detailed-exitcode").code == 2


def test_write_does_that_at_once_and_spares_what_was_never_applied(call: Night) -> None:
    file = call.here / "workflows" / "reply.yaml"
    file.write_text("# who answers\n" + file.read_text())
    assert call.done("rollback", "reply", "--write")["files"] == [
        {"key": "reply", "file": "workflows/reply.yaml", "message": "workflows/reply.yaml says so now; commit it"}
    ]
    assert file.read_text().startswith("# who answers\n")
    assert "${var.sms}" in file.read_text()
    assert call.text() == "Two"
    call.say("not applied yet")
    (taken,) = call.done("rollback", "reply", "--write")["files"]
    assert "the file has changes that were never applied" in taken["message"]
    assert call.text() == "not applied yet"


def test_only_release_ends_the_hold_of_a_disable(call: Night) -> None:
    assert call.done("disable", "reply", "--reason", "angry customers")["status"] == "disabled"
    call.say("Four")
    assert call.apply().code == 0
    assert call.status()["status"] == "disabled"
    assert call.done("enable", "reply")["status"] == "enabled"
    assert call.apply().code == 0
    assert call.status()["definitionVersion"] == 5
    (held,) = call.run("hold", "list", "--format", "json").json["holds"]
    assert (held["key"], held["kind"], held["definitionVersion"], held["reason"], held["who"], held["since"][-1]) == (
        "reply", "disable", 5, "angry customers", held["who"], "Z",
    )  # fmt: skip
    assert held["who"]
    assert call.run("hold", "release", "reply", "--auto-approve").out.startswith("reply is held no more")
    assert call.apply().code == 0
    assert call.status()["definitionVersion"] == 6


def test_what_is_stopped_stays_stopped_when_it_is_rolled_back(call: Night) -> None:
    call.done("disable", "reply", "--reason", "angry customers")
    done = call.done("rollback", "reply")
    assert (done["contentOf"], done["status"]) == (2, "disabled")
    assert done["hold"] == {"kind": "disable", "reason": "angry customers"}
    assert call.done("enable", "reply", "--release")["hold"] is None
    assert call.run("hold", "list").out == "Nothing is held.\n"


def test_what_may_answer_again_goes_on_answering_when_it_is_rolled_back(call: Night) -> None:
    call.done("disable", "reply", "--reason", "angry customers")
    call.done("enable", "reply")
    done = call.done("rollback", "reply")
    assert (done["contentOf"], done["status"]) == (2, "enabled")
    assert done["hold"]["kind"] == "disable"


def test_enabling_what_the_file_disables_is_held_until_the_file_changes(call: Night) -> None:
    file = call.here / "workflows" / "reply.yaml"
    file.write_text(file.read_text().replace("status: enabled", "status: disabled"))
    assert call.apply().code == 0
    assert call.done("enable", "reply")["hold"] == {"kind": "enable", "reason": "enabled by hand"}
    assert call.apply().code == 0
    assert call.status()["status"] == "enabled"
    call.say("Four")
    assert call.apply().code == 0
    assert call.status()["status"] == "disabled"


def test_what_is_so_already_needs_nothing(call: Night) -> None:
    ran = call.run("enable", "reply", "--auto-approve")
    assert (ran.code, ran.out) == (0, "reply: version 3 is so already\n")
    assert call.run("hold", "list").out == "Nothing is held.\n"


def waiting(call: Night, count: int) -> None:
    """Instances that wait for two hours."""
    body = (call.here / "workflows" / "reply.yaml").read_text()
    wait = '      nextStepId: pause\n    - id: pause\n      stepType: Wait\n      inputs: { duration: "02:00:00" }\n'
    (call.here / "workflows" / "reply.yaml").write_text(body + wait)
    assert call.apply().code == 0
    (call.here / "payload.json").write_text(json.dumps({"payload": {"source": "+6591234567"}}))
    for _ in range(count):
        assert call.run("runs", "start", "reply", "--payload", "payload.json", "--yes").code == 0


def test_it_says_what_still_runs_and_stops_that_on_request(call: Night) -> None:
    waiting(call, 3)
    ran = call.run("rollback", "reply", "--auto-approve", "--env", "live")
    command = "deployer runs terminate --key reply --version 4 --env live"
    assert f"! 3 instances still run version 4 of reply: {command}\n" in ran.out
    again = call.run("rollback", "reply", "--auto-approve", "--stop-running")
    assert again.out.count(": Terminated\n") == 3
    assert call.run("runs", *command.split()[2:], "--yes").out.startswith("No instances")


def test_each_asks_and_names_account_and_environment(tmp_path: Path) -> None:
    with night(tmp_path, more=", protect: true", reply="One") as call:
        for command in (("rollback", "reply", "--to", "1"), ("disable", "reply"), ("enable", "reply")):
            if command[0] == "disable":
                refused = call.run(*command, "--auto-approve")
                assert refused.code == 6
                assert "environment `live` is protected and its name was not given; nothing was written" in refused.err
        assert call.status()["definitionVersion"] == 1
        done = call.run("disable", "reply", "--confirm", "live")
        assert done.code == 0
        assert "Disabled in account acme, environment live" in done.out
        assert call.run("hold", "release", "reply", "--auto-approve").code == 6


def test_without_a_terminal_and_without_consent_nothing_is_written(call: Night) -> None:
    for command in ("rollback", "disable"):
        ran = call.run(command, "reply")
        assert ran.code == 6
        assert f"{command} asks before it writes, and there is no terminal to ask on" in ran.err
    assert (call.status()["definitionVersion"], call.status()["hold"]) == (3, None)


def test_protect_blocks_a_disable_unless_it_is_named(tmp_path: Path) -> None:
    with night(tmp_path, reply="One") as call:
        file = call.here / "workflows" / "reply.yaml"
        file.write_text("metadata: { protect: true }\n" + file.read_text())
        assert call.apply().code == 0
        ran = call.run("disable", "reply", "--auto-approve")
        assert (ran.code, call.status()["status"]) == (6, "enabled")
        assert "`reply` is protected, and this would disable it" in ran.err
        assert call.done("disable", "reply", "--protected-too")["status"] == "disabled"


@pytest.mark.parametrize(("kind", "state"), TROUBLES, ids=[f"{kind}, {state}" for kind, state in TROUBLES])
def test_nothing_of_this_stops_it_and_the_next_run_hands_it_in(tmp_path: Path, kind: str, state: str) -> None:
    with night(tmp_path, state=state) as call:
        with trouble(kind, call):
            assert call.done("disable", "reply")["newVersion"] == 4
            assert call.done("enable", "reply", "--release")["newVersion"] == 5
            assert call.done("rollback", "reply", "--reason", "2 a.m.")["newVersion"] == 6
            assert call.done("rollback", "reply", "--reason", "worse")["newVersion"] == 7
            standing = call.status()
            assert (standing["definitionVersion"], standing["state"]) == (7, "in sync")
            assert str(standing["hold"]).startswith("rollback: ")
            held = call.run("hold", "list", "--format", "json").json["holds"]
            assert [(item["kind"], item["definitionVersion"]) for item in held] == [("rollback", 7)]
            assert call.run("runs", "list", "reply").code == 0
        aside = call.here / ".deployer" / "live" / "aside.json"
        assert aside.exists() == (kind != "broken files")
        planned = call.run("plan")
        assert "held by rollback: worse (version 7 stays" in planned.out
        assert ("handed in what was done" in planned.err) == (kind != "broken files")
        assert not aside.exists()
        assert call.apply().code == 0
        assert (call.status()["definitionVersion"], call.status()["state"]) == (7, "in sync")
        from_log = entries(call, state)[-4:]
        assert [(entry["action"], entry["version"]) for entry in from_log] == [
            ("disable", 4), ("enable", 5), ("rollback", 6), ("rollback", 7),
        ]  # fmt: skip
        assert from_log[2]["reason"] == "2 a.m."


def entries(call: Night, state: str) -> list[dict[str, object]]:
    if state == "file":
        return [json.loads(line) for line in (call.here / "deployer.live.log.jsonl").read_text().splitlines()]
    log = git(call.here.parent / "remote.git", "log", "--reverse", "--format=%B", "refs/deployer/state/live")
    found = [line.removeprefix("Deployer-Log: ") for line in log.splitlines() if line.startswith("Deployer-Log: ")]
    return [json.loads(line) for line in found]


def test_another_machine_refuses_what_was_done_aside_as_drifted(tmp_path: Path) -> None:
    with night(tmp_path, state="git") as call:
        with trouble("no remote", call):
            call.done("rollback", "reply")
        elsewhere = tmp_path / "elsewhere"
        git(tmp_path, "clone", "-q", str(call.here), str(elsewhere))
        git(elsewhere, "remote", "set-url", "origin", str(tmp_path / "remote.git"))
        ran = within("apply", "--auto-approve", cwd=elsewhere)
        assert ran.code == 6
        assert "the server moved from version 3 to 4" in ran.out


def test_a_definition_is_enough_where_nothing_else_is_known(tmp_path: Path) -> None:
    with night(tmp_path, state="git") as call:
        definition = str(call.status()["id"])
        (call.here / ".deployer" / "live" / "seen.json").unlink()
        with trouble("no remote", call):
            ran = call.run("rollback", "reply", "--auto-approve")
            assert ran.code == 5
            assert "name the definition with --id" in ran.err
            done = call.done("rollback", "--id", definition)
            assert (done["key"], done["newVersion"], done["hold"]) == (None, 4, None)
            assert call.run("runs", "list", "--id", definition).code == 0


@pytest.mark.parametrize("command", ["rollback", "disable", "enable"])
def test_an_id_that_is_none_is_caught_before_anything_is_asked(call: Night, command: str) -> None:
    ran = call.run(command, "--id", "5870442f", "--auto-approve")
    assert ran.code == 3
    assert "'5870442f' is not a definition id" in ran.err


def test_a_whole_environment_goes_back_to_a_commit(tmp_path: Path) -> None:
    with night(tmp_path, one="One", two="Two") as call:
        first = git(call.here, "rev-parse", "HEAD").strip()
        for key, text in (("one", "Eins"), ("two", "Zwei")):
            call.say(text, key)
            commit(call.here)
            assert call.apply().code == 0
        call.say("Uno", "one")
        call.say("Three", "two")
        assert call.apply().code == 0
        middle = git(call.here, "rev-parse", "HEAD~1").strip()
        ran = call.run("rollback", "--to-commit", middle, "--auto-approve", "--format", "json")
        assert [(item["key"], item["contentOf"], item["newVersion"]) for item in ran.json["done"]] == [
            ("one", 2, 4), ("two", 1, 4),
        ]  # fmt: skip
        back = call.run("rollback", "--to-commit", first, "--auto-approve", "--format", "json")
        assert [(item["key"], item["contentOf"]) for item in back.json["done"]] == [("one", 1)]
        assert back.json["unchanged"] == ["two: version 4 is so already"]
        unknown = call.run("rollback", "--to-commit", "0" * 40, "--auto-approve")
        assert unknown.code == 3


def test_several_at_once_and_one_that_cannot(tmp_path: Path) -> None:
    with night(tmp_path, one="One", two="Two") as call:
        call.say("Eins", "one")
        assert call.apply().code == 0
        ran = call.run("rollback", "*", "--auto-approve", "--format", "json")
        assert ran.code == 8
        assert [item["key"] for item in ran.json["done"]] == ["one"]
        assert [item["key"] for item in ran.json["failed"]] == ["two"]


def test_a_body_that_the_server_writes_anew_is_in_sync_afterwards(tmp_path: Path) -> None:
    with night(tmp_path, settings=Settings(normalise=True, speed=1)) as call:
        call.done("rollback", "reply")
        assert call.status()["state"] == "in sync"
        assert call.run("hold", "release", "reply", "--auto-approve").code == 0
        assert "text of step `reply` changes" in call.run("plan").out


def test_status_counts_what_runs_of_every_version(call: Night) -> None:
    waiting(call, 2)
    rolled = call.run("rollback", "reply", "--auto-approve")
    assert "2 instances still run version 4" in rolled.out
    standing = call.status()
    assert (standing["definitionVersion"], standing["running"], standing["runningMore"]) == (5, 2, False)


@pytest.mark.parametrize("content", ["{", '{"version": 1, "base": 5}'])
def test_a_damaged_record_of_what_waits_stops_nobody_on_call(call: Night, content: str) -> None:
    local = call.here / ".deployer" / "live"
    for number, command in enumerate(
        (["rollback", "reply", "--auto-approve"], ["status"], ["log"], ["show", "reply"], ["runs", "list", "reply"])
    ):
        (local / "aside.json").write_text(content)
        ran = call.run(*command)
        assert ran.code == 0, ran.err
        away = f"aside.damaged{number or ''}.json"
        assert f"it is kept as {away}, and what it recorded now counts as drift" in ran.err
        assert (local / away).read_text() == content
        assert not (local / "aside.json").exists()


def test_a_rollback_that_knew_an_older_state_is_not_undone_by_the_file_applied_since(tmp_path: Path) -> None:
    with night(tmp_path, state="git") as call:
        assert call.status()["definitionVersion"] == 3  # what this machine saw last
        call.say("Four is worse")
        assert call.apply().code == 0
        with trouble("no remote", call):
            assert call.done("rollback", "reply")["newVersion"] == 5
        applied = call.apply()
        assert applied.code == 0
        assert "held by rollback" in applied.out
        assert call.status()["definitionVersion"] == 5
        call.say("A fix")
        assert call.apply().code == 0
        assert call.status()["definitionVersion"] == 6
