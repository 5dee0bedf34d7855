"""`deployer runs`: instances, in the emulator and on an account that is real."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deployer.emulator import Settings, create_app, serve
from deployer.state.lock import process_lock
from tests.cli.program import COMMAND, Ran, deployer, environ, project, within
from tests.cli.projects import commit, git

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CONFIG = "version: 1\nenvironments:\n  local: {emulator: {speed: instant}, vars: {sms: acme_sms}}\n"
SURVEY = """\
trigger: http_request
status: enabled
definition:
  name: Survey
  steps:
    - id: pause
      stepType: Wait
      inputs: { duration: "02:00:00" }
      nextStepId: ask
    - id: ask
      stepType: WaitForReply
      inputs: { from: "{{data.phone}}", channel: sms, timeout: "01:00:00" }
"""


def applied(folder: Path, *, config: str = CONFIG, **texts: str) -> Path:
    """A project on the emulator, with the workflow `survey` beside those that answer at once."""
    here = project(folder, config=config, **texts)
    (here / "workflows" / "survey.yaml").write_text(SURVEY)
    assert within("apply", "--auto-approve", cwd=here).code == 0
    return here


def payload(here: Path, value: object) -> str:
    (here / "payload.json").write_text(json.dumps(value))
    return "payload.json"


def started(here: Path, key: str, value: object) -> str:
    ran = within("runs", "start", key, "--payload", payload(here, value), "--format", "json", cwd=here)
    assert ran.code == 0, ran.err
    instance: str = ran.json["instance"]
    return instance


def message(here: Path) -> str:
    return payload(here, {"payload": {"source": "+6591234567"}})


def test_an_instance_is_started_and_followed_to_its_end(tmp_path: Path) -> None:
    here = applied(tmp_path)
    ran = within("runs", "start", "reply", "--payload", message(here), "--follow", cwd=here)
    assert ran.code == 0, ran.err
    first, step, end = ran.out.splitlines()
    assert first.startswith("started ")
    assert " of `reply` (definition " in first
    assert step.endswith("  reply: Complete after 00:00:00")
    assert end == "Complete after 00:00:00"


def test_a_fault_is_told_and_is_exit_code_1(tmp_path: Path) -> None:
    here = applied(tmp_path)
    ran = within("runs", "start", "reply", "--follow", cwd=here)
    assert ran.code == 1
    assert "error: reply: " in ran.out
    assert ran.out.endswith("Terminated after 00:00:00\n")
    followed = within("runs", "follow", ran.out.split()[1], "--format", "json", cwd=here)
    events = [json.loads(line) for line in followed.out.splitlines()]
    assert (followed.code, [event["event"] for event in events]) == (1, ["step", "error", "status"])
    assert events[-1]["status"] == "Terminated"


def test_an_instance_is_found_by_its_id_alone_or_in_its_workflow(tmp_path: Path) -> None:
    here = applied(tmp_path)
    instance = started(here, "survey", {"phone": "+6591234567"})
    by_id = within("runs", "show", instance, cwd=here)
    assert (by_id.code, by_id.err) == (0, "")
    assert "Runnable, started " in by_id.out
    assert "WaitingForEvent" in by_id.out
    assert '"phone": "+6591234567"' in by_id.out
    shown = within("runs", "show", instance, "--key", "survey", "--format", "json", cwd=here).json
    assert [(log["step"], log["status"]) for log in shown["steps"]] == [
        ("pause", "Complete"),
        ("ask", "WaitingForEvent"),
    ]
    elsewhere = within("runs", "show", instance, "--key", "reply", cwd=here)
    assert elsewhere.code == 1
    nowhere = within("runs", "show", "0" * 24, cwd=here)
    assert nowhere.code == 1
    assert f"no definition of this account has an instance {'0' * 24}" in nowhere.err


def test_an_instance_of_a_definition_without_a_file_is_found_too(tmp_path: Path) -> None:
    here = applied(tmp_path)
    instance = started(here, "survey", {"phone": "1"})
    assert within("forget", "survey", cwd=here).code == 0
    shown = within("runs", "show", instance, "--format", "json", cwd=here)
    assert shown.json["instance"]["id"] == instance
    by_definition = within("runs", "list", "--id", shown.json["instance"]["definition"], cwd=here)
    assert instance in by_definition.out


def test_instances_are_listed_by_status_version_and_time(tmp_path: Path) -> None:
    here = applied(tmp_path)
    one, two = (started(here, "survey", {"phone": str(number)}) for number in range(2))
    assert within("runs", "terminate", one, cwd=here).out == f"{one}: Terminated\n"

    def listed(*flags: str) -> list[str]:
        ran = within("runs", "list", "survey", "--format", "json", *flags, cwd=here)
        assert ran.code == 0, ran.err
        return [instance["id"] for instance in ran.json["instances"]]

    assert listed() == [two, one]
    assert listed("--limit", "1") == [two]
    assert listed("--status", "terminated") == [one]
    assert listed("--version", "2") == []
    assert listed("--since", "2999-01-01") == []
    assert listed("--until", "2999-01-01") == [two, one]
    table = within("runs", "list", "survey", cwd=here).out.splitlines()
    assert table[0].split() == ["id", "version", "status", "started", "took"]
    assert [line.split()[0] for line in table[1:]] == [two, one]
    none = within("runs", "list", "survey", "--since", "2999-01-01", cwd=here)
    assert none.out.startswith("No instances of the newest version of definition ")
    assert "`--all-versions` lists those, too" in none.err


def test_an_instance_is_suspended_resumed_and_terminated(tmp_path: Path) -> None:
    here = applied(tmp_path)
    instance = started(here, "survey", {"phone": "1"})
    for action, status in (("suspend", "Suspended"), ("resume", "Runnable"), ("terminate", "Terminated")):
        ran = within("runs", action, instance, "--format", "json", cwd=here)
        assert (ran.code, [one["status"] for one in ran.json["done"]]) == (0, [status])
    again = within("runs", "resume", instance, cwd=here)
    assert again.code == 1
    assert "it is Terminated" in again.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["list"], "give the KEY of a workflow, or --id with the id of a definition"),
        (["list", "reply", "--id", "5870442f-3ddd-4657-b74c-6e17308f5230"], "give the KEY of a workflow, or --id"),
        (["start", "replay"], "`replay` is bound to no definition here\n  hint: Did you mean `reply`?"),
        (["start", "reply", "--payload", "nothing.json"], "--payload nothing.json: No such file"),
        (["start", "reply", "--payload", "list.json"], "--payload list.json holds no JSON object"),
        (["start", "reply", "--payload", "deployer.yaml"], "--payload deployer.yaml is not JSON"),
        (["show", "../etc"], "is not an instance id"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_sent(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    here = applied(tmp_path)
    (here / "list.json").write_text("[]")
    ran = within("runs", *arguments, cwd=here)
    assert ran.code == 3
    assert message in ran.err


def test_a_real_account_is_named_and_asked_for_first(tmp_path: Path) -> None:
    app = create_app(tmp_path / "server.sqlite", Settings())
    with serve(app) as server:
        live = f"{{accountId: acme, baseUrl: '{server.url}', state: file, vars: {{sms: a_sms}}}}"
        here = project(
            tmp_path / "here", config=f"version: 1\ndefaultEnvironment: live\nenvironments: {{live: {live}}}\n"
        )
        key = {"DEPLOYER_API_KEY": "key-0123456789"}

        def run(*arguments: str, given: str = "") -> Ran:
            return deployer(*arguments, cwd=here, env=key, given=given)

        assert run("apply", "--auto-approve").code == 0
        refused = run("runs", "start", "reply", "--payload", message(here))
        assert refused.code == 6
        assert "account acme on 127.0.0.1, environment `live`" in refused.err
        assert run("runs", "list", "reply", "--format", "json").json["instances"] == []
        given = run(
            "runs", "start", "reply", "--payload", "-", "--yes", "--follow", given='{"payload": {"source": "1"}}'
        )
        assert (given.code, given.out.splitlines()[-1]) == (0, "Complete after 00:00:00")
        assert run("runs", "terminate", given.out.split()[1]).code == 6
    app.close()


def test_a_protected_environment_wants_its_name_whatever_else_was_said(tmp_path: Path) -> None:
    config = "version: 1\nenvironments:\n  local: {emulator: {speed: instant}, protect: true, vars: {sms: acme_sms}}\n"
    here = project(tmp_path, config=config)
    assert within("apply", "--confirm", "local", cwd=here).code == 0
    for arguments in (("start", "reply"), ("start", "reply", "--yes"), ("trigger", "--confirm", "production")):
        refused = within("runs", *arguments, "--payload", message(here), cwd=here)
        assert refused.code == 6
        assert "environment `local` is protected and its name was not given; nothing was done" in refused.err
    assert within("runs", "list", "reply", "--format", "json", cwd=here).json["instances"] == []
    begun = within("runs", "start", "reply", "--payload", message(here), "--confirm", "local", cwd=here)
    assert begun.code == 0
    ended = within("runs", "terminate", begun.out.split()[1], "--yes", cwd=here)
    assert (ended.code, "--confirm local" in ended.err) == (6, True)


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send Ctrl-C to one process")
def test_ctrl_c_ends_the_following_and_not_the_instance(tmp_path: Path) -> None:
    here = applied(tmp_path)
    instance = started(here, "survey", {"phone": "1"})
    program = subprocess.Popen(
        [*COMMAND, "runs", "follow", instance], cwd=here, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environ(), text=True,
    )  # fmt: skip
    assert program.stdout is not None
    with program:
        assert "pause: Complete after 02:00:00" in program.stdout.readline()
        assert "ask: WaitingForEvent" in program.stdout.readline()
        program.send_signal(signal.SIGINT)
        _, told = program.communicate(timeout=20)
    assert program.returncode == 130
    assert f"the instance goes on; `deployer runs follow {instance} --id " in told
    assert within("runs", "show", instance, "--format", "json", cwd=here).json["instance"]["status"] == "Runnable"


def test_a_server_that_lets_nobody_look_any_more_leaves_the_way_back_to_what_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app(tmp_path / "server.sqlite", Settings())

    def blind(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if "includeLogs" in environ.get("QUERY_STRING", ""):
            start_response("401 Unauthorized", [("Content-Type", "application/json")])
            return [b'{"code": 1200}']
        return app(environ, start_response)

    monkeypatch.setenv("DEPLOYER_API_KEY", "key-0123456789")
    with serve(blind) as server:
        live = f"{{accountId: acme, baseUrl: '{server.url}', state: file, vars: {{sms: acme_sms}}}}"
        here = project(tmp_path / "here", config=f"version: 1\nenvironments: {{live: {live}}}\n")
        assert within("apply", "--auto-approve", cwd=here).code == 0
        flags = ("--payload", message(here), "--follow", "--yes", "--format", "json")
        ran = within("runs", "start", "reply", *flags, cwd=here)
        assert (ran.code, ran.out) == (4, "")
        (only,) = within("runs", "list", "reply", "--format", "json", cwd=here).json["instances"]
        assert f"`deployer runs follow {only['id']} --id {only['definition']}` follows it again" in ran.err
    app.close()


def test_many_instances_are_ended_by_what_they_have_in_common(tmp_path: Path) -> None:
    here = applied(tmp_path)
    instances = [started(here, "survey", {"phone": str(number)}) for number in range(3)]
    none = within("runs", "terminate", "--key", "survey", "--older-than", "2d", cwd=here)
    assert (none.code, none.out.startswith("No instances: `survey` (definition ")) == (0, True)
    assert none.out.endswith("the newest version, Runnable or Suspended, started more than 2d ago.\n")
    ran = within("runs", "suspend", "--key", "survey", "--status", "Runnable", "--version", "1", cwd=here)
    assert ran.code == 0
    assert ran.err.startswith("suspend: 3 instances: `survey` (definition ")
    *done, total = ran.out.splitlines()
    assert sorted(done) == sorted(f"{one}: Suspended" for one in instances)  # several may begin in one millisecond
    assert total == "3 suspended, 0 failed, 0 not attempted"
    two = within("runs", "resume", *instances[:2], "--format", "json", cwd=here)
    assert [one["id"] for one in two.json["done"]] == instances[:2]
    rest = within("runs", "terminate", "--key", "survey", "--all-versions", "--format", "json", cwd=here)
    assert sorted(one["id"] for one in rest.json["done"]) == sorted(instances)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["terminate"], "give the ids of instances, or say which ones"),
        (["terminate", "0" * 24, "--status", "Runnable"], "not both"),
        (["suspend", "--key", "survey", "--status", "Suspended"], "an instance that is Suspended cannot be asked to"),
        (["suspend", "--key", "survey", "--older-than", "tomorrow"], "--older-than 'tomorrow' is no span of time"),
        (["terminate", "--version", "1"], "give the KEY of a workflow, or --id"),
        (["terminate", "--key", "survey", "--version", "1", "--all-versions"], "contradict each other"),
        (["terminate", "--id", "5", "--version", "1"], "'5' is not a definition id"),
        (["terminate", "../x"], "'../x' is not an instance id"),
        (["list", "survey", "--since", "soon"], "--since 'soon' is no time"),
        (["list", "survey", "--version", "1", "--all-versions"], "contradict each other"),
    ],
)
def test_a_bulk_that_means_nothing_is_refused(tmp_path: Path, arguments: list[str], message: str) -> None:
    here = applied(tmp_path)
    ran = within("runs", *arguments, cwd=here)
    assert ran.code == 3
    assert message in ran.err


def test_one_unknown_instance_among_several_ends_it_before_any_is_touched(tmp_path: Path) -> None:
    here = applied(tmp_path)
    instance = started(here, "survey", {"phone": "1"})
    ran = within("runs", "terminate", instance, "0" * 24, cwd=here)
    assert ran.code == 1
    assert f"no definition of this account has an instance {'0' * 24}" in ran.err
    assert "Nothing was done: all of them are looked up before the first is touched." in ran.err
    assert within("runs", "show", instance, "--format", "json", cwd=here).json["instance"]["status"] == "Runnable"


def test_all_pages_are_listed_and_a_limit_says_that_there_may_be_more(tmp_path: Path) -> None:
    here = applied(tmp_path)
    for number in range(3):
        started(here, "survey", {"phone": str(number)})
    some = within("runs", "list", "survey", "--limit", "2", cwd=here)
    assert "the newest 2; there may be more" in some.err
    assert within("runs", "list", "survey", "--limit", "2", "--format", "json", cwd=here).json["more"] is True
    everything = within("runs", "list", "survey", "--all", "--all-versions", "--format", "json", cwd=here)
    assert (len(everything.json["instances"]), everything.json["more"]) == (3, False)


def test_an_event_starts_every_workflow_that_waits_for_it(tmp_path: Path) -> None:
    here = applied(tmp_path)
    ran = within("runs", "trigger", "--payload", payload(here, {"phone": "1"}), "--format", "json", cwd=here)
    assert (ran.code, ran.json["raised"]) == (0, True)
    assert len(within("runs", "list", "survey", "--format", "json", cwd=here).json["instances"]) == 1


def test_errors_come_once_each_with_their_remedy(tmp_path: Path) -> None:
    here = applied(tmp_path)
    ran = within("runs", "start", "reply", cwd=here)
    shown = within("runs", "show", ran.out.split()[1], "--format", "json", cwd=here)
    assert [(fault["step"], fault["count"]) for fault in shown.json["faults"]] == [("reply", 1)]


def test_neither_broken_files_nor_a_held_lock_nor_an_unreachable_remote_stop_it(tmp_path: Path) -> None:
    app = create_app(tmp_path / "server.sqlite", Settings())
    git(tmp_path, "init", "-q", "--bare", "remote.git")
    with serve(app) as server:
        live = f"{{accountId: acme, baseUrl: '{server.url}', state: git, vars: {{sms: a_sms}}}}"
        here = project(tmp_path / "here", config=f"version: 1\nenvironments: {{live: {live}}}\n")
        (here / "workflows" / "survey.yaml").write_text(SURVEY)
        commit(here)
        git(here, "remote", "add", "origin", str(tmp_path / "remote.git"))
        key = {"DEPLOYER_API_KEY": "key-0123456789"}

        def run(*arguments: str) -> Ran:
            return deployer(*arguments, cwd=here, env=key)

        assert run("apply", "--auto-approve").code == 0
        instance = json.loads(run("runs", "start", "survey", "--yes", "--format", "json").out)["instance"]
        (here / "workflows" / "survey.yaml").write_text("steps: [")
        with process_lock(here / ".deployer" / "live" / "state.lock", inside=here, holder="somebody", timeout=0):
            assert run("runs", "suspend", instance).code == 0
        (tmp_path / "remote.git").rename(tmp_path / "elsewhere.git")
        listed = run("runs", "list", "survey")
        assert instance in listed.out
        assert "going by the state as this machine saw it last" in listed.err
        refused = run("runs", "terminate", "--key", "survey", "--version", "1")
        assert refused.code == 6
        assert "account acme on 127.0.0.1, environment `live`" in refused.err
        ended = run("runs", "terminate", "--key", "survey", "--version", "1", "--yes")
        assert (ended.code, ended.out) == (0, f"{instance}: Terminated\n")
        (here / ".deployer" / "live" / "seen.json").unlink()
        assert instance in run("runs", "show", instance).out
        unknown = run("runs", "list", "survey")
        assert unknown.code == 5
        assert "name the definition with --id" in unknown.err
    app.close()
