"""Exit codes, streams and options: the contract with people, scripts and CI systems."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import click
import pytest
from click.core import ParameterSource

from deployer.cli.main import cli
from deployer.emulator import create_app
from deployer.remote.client import connect
from deployer.remote.target import Target
from tests.cli.program import COMMAND, LOCAL, deployer, environ, project, within
from tests.cli.projects import commit

BROKEN = "trigger: inbound_sms\ndefinition: {name: x, steps: [{id: a, stepType: Wiat}]}\n"


def edit(here: Path, name: str, text: str) -> None:
    """Somebody changes a text in the web builder of the emulated account."""
    app = create_app(here / ".deployer" / "local" / "emulator.sqlite")
    with connect(Target(account="local"), api_key=None, wsgi_app=app) as builder:
        now = next(item for item in builder.definitions() if item.name == name)
        body = json.loads(json.dumps(dict(now.body)))
        body["definition"]["steps"][0]["inputs"]["text"] = text
        builder.update(now.id, body)
    app.close()


def test_the_first_journey(tmp_path: Path) -> None:
    """Plan, apply, plan, change a text, plan, apply, look."""
    here = project(tmp_path)
    plan = deployer("plan", "--detailed-exitcode", cwd=here)
    assert (plan.code, plan.err) == (2, "")
    assert "+ reply: is created" in plan.out
    assert plan.out.endswith("Plan: 1 to create, 0 to update, 0 to disable, 0 to delete.\n")
    applied = deployer("apply", "--auto-approve", cwd=here)
    assert applied.code == 0
    assert "Applied: 1 created" in applied.out
    again = deployer("plan", "--detailed-exitcode", "--format", "json", cwd=here)
    assert (again.code, again.json["summary"]["unchanged"]) == (0, 1)
    project(here, reply="Good morning")
    changed = deployer("plan", "--format", "json", cwd=here)
    (change,) = changed.json["changes"]
    assert (changed.code, change["action"], change["sentences"]) == (0, "update", ["text of step `reply` changes"])
    assert change["steps"] == [
        {"id": "reply", "op": "change", "path": "inputs.text", "before": "Hello", "after": "Good morning"}
    ]
    result = deployer("--format", "json", "apply", "--auto-approve", cwd=here)
    assert (result.code, result.json["applied"][0]["newVersion"], result.json["exitCode"]) == (0, 2, 0)
    assert "version" in deployer("status", cwd=here).out
    assert deployer("drift", cwd=here).code == 0


def test_findings_are_told_and_nothing_is_sent(tmp_path: Path) -> None:
    here = project(tmp_path)
    (here / "workflows" / "broken.yaml").write_text(BROKEN)
    found = within("validate", "--format", "json", cwd=here)
    assert (found.code, found.json["version"], found.json["summary"]["files"]) == (1, 1, 2)
    assert {"rule", "severity", "message", "file", "line", "column", "endLine", "endColumn", "path"} <= set(
        found.json["findings"][0]
    )
    assert "workflows/broken.yaml" in {finding["file"] for finding in found.json["findings"]}
    for command in (("plan",), ("apply", "--auto-approve")):
        stopped = within(*command, cwd=here)
        assert stopped.code == 1
        assert "unknown-step-type" in stopped.out
        assert "nothing was sent" in stopped.err
    assert within("plan", "reply", cwd=here).code == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("plna",), "Did you mean 'plan'?"),
        (("plan", "--frobnicate"), "No such option"),
        (("plan", "replay"), "Did you mean `reply`?"),
        (("validate", "absent.yaml"), "absent.yaml"),
        (("validate", "--exclude", "reply"), "nothing left to do"),
        (("plan", "--exclude", "*"), "nothing left to do"),
        (("apply", "reply", "--exclude", "reply", "--auto-approve"), "nothing left to do"),
        (("drift", "reply", "--exclude", "reply"), "nothing left to do"),
        (("status", "reply", "--exclude", "reply"), "nothing left to do"),
        (("pull", "reply", "--exclude", "reply"), "nothing left to do"),
        (("plan", "--env", "prod"), "unknown environment `prod`"),
        (("plan", "--offline"), "--base"),
        (("plan", "--max-prune", "3"), "need --prune"),
        (("plan", "--overwrite-drift", "replay"), "Did you mean `reply`?"),
        (("apply", "--overwrite-drift", "replay", "--auto-approve"), "Did you mean `reply`?"),
        (("apply", "--plan", "absent.json"), "cannot be read"),
        (("pull",), "pull what?"),
        (("adopt", "reply"), "give KEY and ID"),
        (("forget", "reply"), "bound to nothing"),
        (("state", "resolve", "reply", "--absent"), "nothing is open"),
        (("-C", "absent", "plan"), "-C absent"),
        (("plan", "--format", "sarif"), "not sarif"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_usage_is_3_and_says_what_would_be_right(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    ran = within(*arguments, cwd=project(tmp_path))
    assert (ran.code, ran.out) == (3, "")
    assert says in ran.err


def test_an_unreadable_configuration_is_3_and_shows_the_place(tmp_path: Path) -> None:
    here = project(tmp_path, config="version: 1\nenvironments:\n  local: {emulator: true, acountId: x}\n")
    ran = within("plan", cwd=here)
    assert ran.code == 3
    assert "deployer.yaml:3:27: error[project-configuration]" in ran.err
    assert 'did you mean "accountId"' in ran.err


def test_apply_asks_and_without_a_terminal_nobody_answers(tmp_path: Path) -> None:
    here = project(tmp_path)
    for arguments in (("apply",), ("apply", "--format", "json")):
        ran = deployer(*arguments, cwd=here, given="y\n")
        assert ran.code == 6
        assert "Give `--auto-approve`" in ran.err
    assert deployer("plan", "--detailed-exitcode", cwd=here).code == 2


def test_a_protected_environment_wants_its_name(tmp_path: Path) -> None:
    here = project(tmp_path, config=LOCAL.replace("emulator: true", "emulator: true, protect: true"))
    for arguments in (("--auto-approve",), ("--auto-approve", "--confirm", "production")):
        refused = within("apply", *arguments, cwd=here)
        assert refused.code == 6
        assert "--confirm local" in refused.err
    assert within("apply", "--confirm", "local", cwd=here).code == 0


def test_a_state_that_would_die_with_the_ci_machine_is_refused(tmp_path: Path) -> None:
    here = project(tmp_path, config="version: 1\nenvironments: {live: {accountId: acme, vars: {sms: acme_sms}}}\n")
    ran = deployer("apply", "--auto-approve", cwd=here, env={"CI": "true", "DEPLOYER_API_KEY": "key-0123456789"})
    assert ran.code == 6
    assert "deployer.live.lock.json" in ran.err
    assert deployer("apply", "--auto-approve", cwd=project(tmp_path / "local"), env={"CI": "true"}).code == 0


def test_an_account_needs_a_key_and_the_key_goes_nowhere_else(tmp_path: Path) -> None:
    here = project(tmp_path, config="version: 1\nenvironments: {live: {accountId: acme, vars: {sms: acme_sms}}}\n")
    assert "DEPLOYER_API_KEY is not set" in deployer("plan", cwd=here).err
    config = (
        "version: 1\nenvironments: {live: {accountId: acme, baseUrl: 'https://evil.example', vars: {sms: a_sms}}}\n"
    )
    fork = deployer("plan", cwd=project(tmp_path / "fork", config=config), env={"DEPLOYER_API_KEY": "key-0123456789"})
    assert fork.code == 3
    assert "not sent to evil.example" in fork.err
    assert "key-0123456789" not in fork.err + fork.out


def test_a_server_that_nobody_reaches_is_5(tmp_path: Path) -> None:
    config = "version: 1\nenvironments: {live: {accountId: a, baseUrl: 'http://127.0.0.1:9', vars: {sms: acme_sms}}}\n"
    ran = deployer("plan", cwd=project(tmp_path, config=config), env={"DEPLOYER_API_KEY": "key-0123456789"})
    assert (ran.code, ran.out) == (5, "")
    assert "not reachable" in ran.err


def test_drift_is_6_and_some_written_some_refused_is_8(tmp_path: Path) -> None:
    here = project(tmp_path, one="Hello", two="Hello")
    deployer("apply", "--auto-approve", cwd=here)
    edit(here, "one", "Hotfix")
    project(here, one="Hello", two="Changed")
    plan = within("plan", cwd=here)
    assert plan.code == 6
    assert "! one" in plan.out
    assert "deployer pull one" in plan.out
    drift = within("drift", cwd=here)
    assert drift.code == 2
    assert "text of step `reply`" in drift.out
    ran = deployer("apply", "--auto-approve", cwd=here)
    assert ran.code == 8
    assert "Applied: 0 created, 1 updated" in ran.out
    assert within("apply", "--auto-approve", cwd=here).code == 6
    pulled = deployer("pull", "one", cwd=here)
    assert pulled.code == 0
    assert "Hotfix" in (here / "workflows" / "one.yaml").read_text()
    assert "${var.sms}" in (here / "workflows" / "two.yaml").read_text()
    assert within("plan", "--detailed-exitcode", cwd=here).code == 0


def test_options_work_before_and_after_the_command(tmp_path: Path) -> None:
    here = project(tmp_path / "project")
    for arguments in (
        ("-C", "project", "--format", "json", "validate"),
        ("validate", "-C", "project", "--format", "json"),
        ("--format", "text", "validate", "--format", "json", "-C", "project"),
    ):
        ran = deployer(*arguments, cwd=tmp_path)
        assert (ran.code, ran.json["summary"]["errors"]) == (0, 0)
    assert deployer("validate", cwd=here, env={"DEPLOYER_FORMAT": "json"}).json["summary"]["files"] == 1
    assert deployer("--version", cwd=here).out.startswith("deployer ")
    assert "Commands" in deployer("--help", cwd=here).out


@pytest.mark.parametrize("arguments", [("--env", "a", "plan"), ("plan", "--env", "a")], ids=["before", "after"])
def test_a_flag_wins_over_a_variable_wherever_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    each = "{emulator: true, vars: {sms: acme_sms}}"
    text = f"version: 1\nenvironments:\n  a: {each}\n  b: {each}\n"
    here = project(tmp_path, config=text)
    monkeypatch.setenv("DEPLOYER_ENV", "b")
    monkeypatch.setenv("DEPLOYER_FORMAT", "json")
    assert within("plan", cwd=here).json["environment"] == "b"
    assert within("--format", "text", *arguments, cwd=here).out.startswith("Environment a:")


def test_a_global_option_knows_where_it_was_given_while_it_is_read() -> None:
    """Some releases of click tell that only after an option's callback, which then took every flag for a default."""
    plan = cli.get_command(click.Context(cli), "plan")
    assert plan is not None
    context = click.Context(plan)
    (option,) = [each for each in plan.params if each.name == "global_env"]
    option.consume_value(context, {"global_env": "a"})
    assert context.get_parameter_source("global_env") is ParameterSource.COMMANDLINE


def test_a_path_brings_its_project_along(tmp_path: Path) -> None:
    here, elsewhere = project(tmp_path / "project"), tmp_path / "elsewhere"
    elsewhere.mkdir()
    for path in ("../project/workflows/reply.yaml", "../project/workflows", str(here / "workflows" / "reply.yaml")):
        assert within("validate", path, cwd=elsewhere).code == 0
        planned = within("plan", path, "--format", "json", cwd=elsewhere)
        assert [change["key"] for change in planned.json["changes"]] == ["reply"], planned.err
    assert within("apply", "../project/workflows", "--auto-approve", cwd=elsewhere).code == 0
    assert (here / ".deployer" / "local" / "state.json").exists()
    assert list(elsewhere.iterdir()) == []


def test_two_projects_are_validated_at_once(tmp_path: Path) -> None:
    project(tmp_path / "one")
    two = project(tmp_path / "two")
    (two / "workflows" / "broken.yaml").write_text(BROKEN)
    ran = within("validate", "one", "two", "--format", "json", cwd=tmp_path)
    assert (ran.code, ran.json["summary"]["files"]) == (1, 3)
    assert {finding["file"] for finding in ran.json["findings"] if finding["severity"] == "error"} == {
        "two/workflows/broken.yaml"
    }


def test_stdin_is_a_file_too(tmp_path: Path) -> None:
    here = project(tmp_path)
    ran = deployer("validate", "-", "--stdin-name", "new.yaml", cwd=here, given=BROKEN)
    assert ran.code == 1
    assert "new.yaml:2:" in ran.out
    text = (here / "workflows" / "reply.yaml").read_text()
    assert deployer("validate", "-", cwd=here, given=text).code == 0
    assert deployer("validate", "-", cwd=here, given="").code == 1


def test_stdin_can_be_a_test_file(tmp_path: Path) -> None:
    here = project(tmp_path)
    case = "cases: [{ name: a, trigger: { sms: { from: '+65' } }, mocks: { %s: {} } }]\n"
    ran = deployer("validate", "-", "--stdin-name", "workflows/reply.test.yaml", cwd=here, given=case % "nobody")
    assert ran.code == 1
    assert ran.out.startswith("workflows/reply.test.yaml:1:")
    assert "nobody" in ran.out
    fine = deployer("validate", "-", "--stdin-name", "workflows/reply.test.yaml", cwd=here, given=case % "reply")
    assert (fine.code, fine.out) == (0, "no findings in 1 file\n")


EMPTY = ("validate", "plan", "apply --auto-approve", "drift", "plan --offline --base HEAD")


@pytest.mark.parametrize("command", EMPTY)
def test_an_empty_project_is_no_silent_success(tmp_path: Path, command: str) -> None:
    (tmp_path / "deployer.yaml").write_text(LOCAL)
    commit(tmp_path)
    ran = within(*command.split(), cwd=tmp_path)
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == (
        "error: no workflow files found in workflows\n  hint: Name files, or declare `workflows` in deployer.yaml; "
        "`deployer pull --all` makes files of what the account has.\n"
    )


def test_a_project_whose_last_file_is_deleted_is_planned_pruned_and_watched(tmp_path: Path) -> None:
    here = project(tmp_path)
    commit(here)
    assert within("apply", "--auto-approve", cwd=here).code == 0
    (here / "workflows" / "reply.yaml").unlink()
    assert "reply has no file and still answers customers" in within("plan", cwd=here).out
    assert "the file of reply goes" in within("plan", "--offline", "--base", "HEAD", cwd=here).out
    assert within("drift", cwd=here).out == "No drift.\n"
    assert "1 disabled" in within("apply", "--auto-approve", "--prune", "--max-prune=1", cwd=here).out


def test_a_project_whose_workflows_live_elsewhere_is_not_empty(tmp_path: Path) -> None:
    here = project(tmp_path, config=f"{LOCAL}  other: {{emulator: true, vars: {{sms: acme_other}}}}\n")
    file = here / "workflows" / "reply.yaml"
    file.write_text(f"metadata: {{ environments: [other] }}\n{file.read_text()}")
    for command in ("validate", "plan", "apply --auto-approve", "drift"):
        assert within(*command.split(), "--env", "local", cwd=here).code == 0


def test_a_file_that_nobody_may_read_is_told(tmp_path: Path) -> None:
    here = project(tmp_path)
    (here / "workflows" / "gone.yaml").symlink_to(here / "absent.yaml")
    (here / "workflows" / "folder.yaml").mkdir()
    ran = within("validate", cwd=here)
    assert ran.code in {1, 3}
    assert "gone.yaml" in ran.out + ran.err


def test_a_reader_that_has_enough_is_no_error(tmp_path: Path) -> None:
    here = project(tmp_path, **{f"flow-{number}": "Hello" for number in range(60)})
    program = subprocess.Popen([*COMMAND, "plan"], cwd=here, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=environ())  # fmt: skip
    assert program.stdout is not None
    assert program.stderr is not None
    with program:
        program.stdout.readline()
        program.stdout.close()
        assert program.stderr.read() == b""
    assert program.returncode in {0, 141}


def test_a_saved_plan_holds_what_was_reviewed(tmp_path: Path) -> None:
    here = project(tmp_path, one="Hello")
    within("plan", "--out", "plan.json", cwd=here)
    project(here, two="Later")
    ran = within("apply", "--plan", "plan.json", "--auto-approve", "--format", "json", cwd=here)
    assert ran.code == 7
    assert [item["key"] for item in ran.json["applied"]] == ["one"]
    assert [item["key"] for item in ran.json["notApproved"]] == ["two"]
    (here / "other.json").write_text((here / "plan.json").read_text().replace('"local"', '"production"'))
    foreign = within("apply", "--plan", "other.json", "--auto-approve", cwd=here)
    assert (foreign.code, foreign.out) == (3, "")
    assert "was made for environment `production`" in foreign.err


@pytest.mark.parametrize("command", [("drift",), ("drift", "--format", "json"), ("plan",), ("plan", "--out", "x.json")])
def test_a_secret_that_somebody_copied_into_a_text_is_printed_nowhere(tmp_path: Path, command: tuple[str, ...]) -> None:
    here = project(tmp_path)
    deployer("apply", "--auto-approve", cwd=here)
    (here / ".deployer" / "local" / "secrets.env").write_text("TOKEN='correct horse battery'\n")
    (here / ".deployer" / "local" / "secrets.env").chmod(0o600)
    edit(here, "reply", "the word is correct horse battery")
    ran = within(*command, cwd=here)
    assert ran.code in {2, 6}
    saved = (here / "x.json").read_text() if "--out" in command else ""
    assert "correct horse" not in ran.out + ran.err + saved
    assert "(secret TOKEN)" in ran.out
