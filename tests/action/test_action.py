"""`uses: example/deployer@v1`: what a workflow's author, and a pull request's, can do with it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from uv import find_uv_bin

from tests.action.log import commands
from tests.action.machines import NAME, ROOT, Machine, programs
from tests.action.runner import Job, Step
from tests.cli.projects import bad, good
from tests.remote.github_server import REPOSITORY, FakeGitHub, serving

pytestmark = pytest.mark.slow

SLOW = """\
version: 1
environments:
  local: { emulator: { latency: 0.8 } }
"""


def use(job: Job, command: str, **inputs: str) -> Step:
    """The action as a step of a workflow."""
    given = {name.replace("_", "-"): value for name, value in inputs.items()}
    step = {"uses": f"{NAME}@v1", "with": {"command": command, **given}}
    return job.step({**step, "continue-on-error": True})


def ok(step: Step) -> Step:
    assert step.outcome == "success", step.log
    return step


def test_it_validates_plans_and_applies(machine: Machine, checkout: Path) -> None:
    job = machine.job(checkout)
    assert "no findings in 1 file" in ok(use(job, "validate")).log
    planned = ok(use(job, "plan"))
    assert planned.outputs["to-create"] == "1"
    assert json.loads(Path(planned.outputs["plan-file"]).read_text())["changes"][0]["key"] == "reply"
    applied = ok(use(job, "apply", args="--auto-approve", plan_file=planned.outputs["plan-file"]))
    assert "Applied: 1 created" in applied.log
    assert applied.outputs["exit-code"] == "0"
    assert not machine.trapped.exists()


def test_a_step_ends_as_its_command_does_and_shows_findings_where_they_are(machine: Machine, checkout: Path) -> None:
    (checkout / "workflows/reply.yaml").write_text(bad("reply"))
    done = use(machine.job(checkout), "validate", sarif_file="findings.sarif")
    assert (done.outcome, done.code, done.outputs["exit-code"]) == ("failure", 1, "1")
    assert "error[unknown-step-type]" in done.log
    assert (done.outputs["errors"], done.outputs["warnings"]) == ("1", "0")
    (annotation,) = [command for command in commands(done.log) if command.name == "error"]
    assert annotation.properties["file"] == "workflows/reply.yaml"
    assert annotation.properties["line"] == "8"
    assert json.loads((checkout / "findings.sarif").read_text())["runs"][0]["results"]
    assert "unknown-step-type" in done.summary
    for name in ("plan", "apply"):
        stopped = use(machine.job(checkout), name)
        assert (stopped.code, stopped.outputs["errors"], stopped.outputs["plan-file"]) == (1, "1", "")
        (beside,) = [command for command in commands(stopped.log) if command.name == "error"]
        assert beside == annotation


def test_what_is_wrong_with_the_configuration_stands_beside_its_line_too(machine: Machine, checkout: Path) -> None:
    (checkout / "deployer.yaml").write_text("version: 1\nnonsense: true\n")
    for name in ("validate", "plan", "apply"):
        stopped = use(machine.job(checkout), name, comment="false")
        assert (stopped.code, stopped.outputs["errors"]) == (3, "1")
        (beside,) = [command for command in commands(stopped.log) if command.name == "error"]
        assert (beside.properties["file"], beside.properties["line"]) == ("deployer.yaml", "2")
        assert "unknown setting `nonsense`" in stopped.summary


def test_warnings_are_counted_whatever_the_command(machine: Machine, checkout: Path) -> None:
    (checkout / "workflows/reply.yaml").write_text(f"version: 3\n{good('reply')}")
    for name, args in (("validate", ""), ("plan", ""), ("apply", "--auto-approve")):
        done = ok(use(machine.job(checkout), name, args=args))
        assert (done.outputs["errors"], done.outputs["warnings"]) == ("0", "1"), name


def test_outputs_count_what_a_plan_and_an_apply_do(machine: Machine, tmp_path: Path) -> None:
    checkout = machine.checkout(tmp_path / "repo", first=good("first"), second=good("second"))
    job = machine.job(checkout)
    assert counted(use(job, "plan")) == {"errors": "0", "changes": "2", "to-create": "2", "drifted": "0"}
    applied = use(job, "apply", args="--auto-approve\n--exclude=second")
    assert counted(applied) == {"errors": "0", "changes": "1", "to-create": "1"}
    assert Path(applied.outputs["report-file"]).read_text() in applied.summary
    (checkout / "workflows/first.yaml").write_text(good("first").replace("Thank you", "Thanks"))
    planned = use(job, "plan", environment="local", plan_file="saved plan.json")
    assert counted(planned) == {"errors": "0", "changes": "2", "to-create": "1", "to-update": "1", "drifted": "0"}
    assert planned.outputs["plan-file"] == str(checkout / "saved plan.json")
    assert "### deployer plan · `local`" in planned.summary
    assert "2 workflows change for customers in local" in planned.summary
    assert Path(planned.outputs["report-file"]).read_text() in planned.summary
    assert counted(use(job, "drift")) == {"drifted": "0"}
    assert counted(use(job, "status")) == {"drifted": "0"}
    assert "```text\nEnvironment local" in job.ran[-1].summary


@pytest.mark.parametrize("page", ["", "/nowhere/page.md"])
def test_without_a_page_for_its_report_a_step_ends_as_its_command_does(
    machine: Machine, checkout: Path, page: str
) -> None:
    job = machine.job(checkout, env={"GITHUB_STEP_SUMMARY": page})
    done = ok(use(job, "apply", args="--auto-approve"))
    assert (done.outputs["exit-code"], done.outputs["to-create"], done.summary) == ("0", "1", "")
    warnings = [command.message for command in commands(done.log) if command.name == "warning"]
    assert all("GITHUB_STEP_SUMMARY cannot be written" in message for message in warnings)
    assert len(warnings) == len(page[:1])
    assert "Traceback" not in done.log


@pytest.mark.parametrize("folder", ["x" * 300, "nowhere", "deployer.yaml"], ids=["too long", "missing", "a file"])
def test_a_working_directory_that_is_none_is_named(machine: Machine, checkout: Path, folder: str) -> None:
    done = use(machine.job(checkout), "validate", working_directory=folder)
    assert (done.outcome, done.code) == ("failure", 3)
    (error,) = [command for command in commands(done.log) if command.name == "error"]
    assert "is no folder of the checkout" in error.message


@pytest.fixture
def service() -> Iterator[FakeGitHub]:
    made = FakeGitHub(pull_requests=(7,))
    with serving(made):
        yield made


def in_a_pull_request(machine: Machine, checkout: Path, service: FakeGitHub) -> Job:
    github = {"repository": REPOSITORY, "api_url": service.url, "token": "ghs_0123456789", "sha": "0" * 40}
    event = {"number": 7, "pull_request": {"number": 7}}
    return machine.job(checkout, github=github, event=event, event_name="pull_request")


def test_the_pull_request_gets_one_comment_that_is_kept_up_to_date(
    machine: Machine, checkout: Path, service: FakeGitHub
) -> None:
    job = in_a_pull_request(machine, checkout, service)
    ok(use(job, "plan"))
    assert service.heard == []
    ok(use(job, "plan", comment="true"))
    (comment,) = service.comments
    assert "1 workflow changes for customers in local:" in comment.body
    (checkout / "workflows/other.yaml").write_text(good("other"))
    ok(use(job, "plan", comment="changes-only"))
    (comment,) = service.comments
    assert "2 workflows change for customers in local:" in comment.body
    assert service.tokens == {"ghs_0123456789"}


def test_where_nothing_changes_changes_only_writes_no_comment(
    machine: Machine, checkout: Path, service: FakeGitHub
) -> None:
    job = in_a_pull_request(machine, checkout, service)
    ok(use(job, "apply", args="--auto-approve"))
    ok(use(job, "plan", comment="changes-only"))
    assert service.comments == []


def test_a_token_that_may_not_comment_leaves_the_report_on_the_page_of_the_run(
    machine: Machine, checkout: Path, service: FakeGitHub
) -> None:
    service.may_write = False
    done = ok(use(in_a_pull_request(machine, checkout, service), "plan", comment="true"))
    assert "1 workflow changes for customers in local:" in done.summary
    assert "The token may not comment on this pull request" in done.summary


def test_a_plan_that_the_files_stop_is_commented_too(machine: Machine, checkout: Path, service: FakeGitHub) -> None:
    (checkout / "workflows/reply.yaml").write_text(bad("reply"))
    done = use(in_a_pull_request(machine, checkout, service), "plan", comment="true")
    assert (done.outcome, done.code, done.outputs["errors"]) == ("failure", 1, "1")
    assert "Nothing can be deployed" in service.comments[0].body


def test_any_other_word_for_when_to_comment_is_refused(machine: Machine, checkout: Path, service: FakeGitHub) -> None:
    done = use(in_a_pull_request(machine, checkout, service), "plan", comment="yes; touch here")
    assert (done.outcome, done.code) == ("failure", 3)
    assert "true, changes-only, false" in done.log


def test_a_command_without_such_a_report_writes_no_comment(
    machine: Machine, checkout: Path, service: FakeGitHub
) -> None:
    done = use(in_a_pull_request(machine, checkout, service), "status", comment="true")
    assert (done.outcome, done.code) == ("failure", 3)
    assert "not with status" in done.log


def counted(step: Step) -> dict[str, str]:
    """The numbers among the outputs, less what is none or nothing."""
    ok(step)
    counts = {name: value for name, value in step.outputs.items() if value.isdecimal() and name != "exit-code"}
    return {name: value for name, value in counts.items() if value != "0" or name in {"errors", "drifted"}}


def test_it_is_installed_once_a_job_and_leaves_its_own_checkout_alone(machine: Machine, checkout: Path) -> None:
    job = machine.job(checkout)
    ok(use(job, "validate"))
    before = modified(machine.action)
    assert "installed with" not in ok(use(job, "validate")).log
    assert modified(machine.action) == before
    assert not list(machine.action.glob("build")) + list(machine.action.glob("*.egg-info"))


def modified(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_another_ref_in_the_same_job_runs_its_own_code(machine: Machine, checkout: Path, tmp_path: Path) -> None:
    ok(use(machine.job(checkout), "validate"))
    other = shutil.copytree(machine.action, tmp_path / "v2")
    module = other / "deployer/cli/validating.py"
    module.write_text(module.read_text() + "\nraise SystemExit('the other ref')\n")
    elsewhere = replace(machine, action=other, environ=with_uv(machine, tmp_path))
    done = use(elsewhere.job(checkout), "validate")
    assert "installed with uv" in done.log, done.log
    assert "the other ref" in done.log
    assert not machine.trapped.exists()


def with_uv(machine: Machine, folder: Path) -> dict[str, str]:
    """The variables of a machine that has uv, and a Python only beside its PATH."""
    programs(folder / "tools/Python/3.11.7/x64/bin", python3=sys.executable)
    prerelease = folder / "tools/Python/3.99.0-alpha.1/x64/bin"
    prerelease.mkdir(parents=True)
    (prerelease / "python3").symlink_to(folder / "tools/Python/3.11.7/x64/bin/python3")
    path = programs(folder / "bin", uv=find_uv_bin())
    return {**machine.environ, "PATH": path, "RUNNER_TOOL_CACHE": str(folder / "tools")}


def test_without_a_python_that_fits_it_says_which_one_is_missing(
    machine: Machine, checkout: Path, tmp_path: Path
) -> None:
    path = programs(tmp_path / "bin")
    old = tmp_path / "bin" / "python3"
    old.write_text('#!/bin/sh\n[ "$2" = --version ] && echo Python 3.9.2 || exit 1\n')
    old.chmod(0o755)
    job = replace(machine, environ={**machine.environ, "PATH": path}).job(checkout, temp=tmp_path / "temp")
    done = use(job, "validate")
    assert (done.outcome, done.code) == ("failure", 3)
    (error,) = commands(done.log)
    assert error.name == "error"
    assert "Python 3.11 or newer is needed" in error.message
    assert "found Python 3.9.2" in error.message
    assert "actions/setup-python" in error.message


@pytest.mark.parametrize("command", ["", "validate; touch here", "state", "--help"])
def test_any_other_command_is_refused_with_the_list(machine: Machine, checkout: Path, command: str) -> None:
    done = use(machine.job(checkout), command)
    assert (done.outcome, done.code) == ("failure", 3)
    (error,) = commands(done.log)
    assert "validate, plan, apply, test, drift, pull, status, log, rollback, disable, enable" in error.message
    assert not list(checkout.glob("**/here"))


HOSTILE = (
    'it\'s "quoted" \\ émoji 🙂',
    "$(touch here) `touch here`; touch here; # ${HOME} $PATH *",
    "a\nexit-code=0\nerrors=0",
    "::set-output name=errors::0",
    "##[set-output name=errors;]0%0A::add-mask::e",
)


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_no_input_is_read_as_anything_but_itself(machine: Machine, checkout: Path, text: str) -> None:
    job = machine.job(checkout)
    for inputs in (
        {"environment": "local", "plan_file": text},
        {"environment": text, "working_directory": ".", "args": f"--exclude\n{text}", "api_key": text},
        {"environment": f"--help={text}", "working_directory": text},
    ):
        done = use(job, "plan", **inputs)
        values = {name: value for name, value in done.outputs.items() if value}
        assert set(values) <= set(known_outputs()), values
        assert not list(checkout.glob("**/here"))
        ours = [(each.name, each.message) for each in commands(done.log) if each.name != "error"]
        assert ours in ([], [("group", "Annotations"), ("endgroup", "")])
        assert "Traceback" not in done.log
    assert (checkout / text).is_file()


def test_no_text_of_a_definition_is_read_as_a_command_of_the_runner(machine: Machine, checkout: Path) -> None:
    texts = "\n".join(("Hello", "::add-mask::Hello", "##[set-output name=errors;]7", "::stop-commands::x", "World"))
    written = good("reply").replace("Thank you", json.dumps(texts)).replace("Reply reply", '"::error::##[error]Name"')
    (checkout / "workflows/reply.yaml").write_text(written)
    job = machine.job(checkout)
    for step in (
        use(job, "plan"), use(job, "apply", args="--auto-approve"), use(job, "validate"), use(job, "status"),
        use(job, "plan", args=f"::error::{texts}"), use(job, "drift", args="-v"),
    ):  # fmt: skip
        assert {command.name for command in commands(step.log)} <= {"error", "group", "endgroup"}, step.log
        assert step.outputs["errors"] in {"", "0"}


def known_outputs() -> Mapping[str, object]:
    import yaml

    found: Mapping[str, object] = yaml.safe_load((ROOT / "action.yml").read_text())["outputs"]
    return found


def test_arguments_are_one_a_line_and_nothing_expands_them(machine: Machine, checkout: Path) -> None:
    (checkout / "workflows/b c.yaml").write_text(bad("b"))
    job = machine.job(checkout)
    assert "1 error in 1 file" in use(job, "validate", args="\n\n  workflows/b c.yaml  \r\n\n--strict\n").log
    for unread in ("$HOME", "workflows/b\\ c.yaml", "'workflows/b c.yaml'", "workflows/{reply,other}.yaml"):
        assert unread in use(job, "validate", args=unread).log


CANCELLED = ([signal.SIGINT], [signal.SIGTERM], [signal.SIGINT, signal.SIGTERM])
"""The last is what the runner sends, with 7.5 seconds in between."""


@pytest.mark.parametrize("numbers", CANCELLED, ids=lambda numbers: "-".join(each.name for each in numbers))
def test_a_cancelled_job_finishes_what_is_in_flight(
    machine: Machine, tmp_path: Path, numbers: list[signal.Signals]
) -> None:
    checkout = machine.checkout(tmp_path / "repo", **{f"flow-{index}": good(f"flow-{index}") for index in range(8)})
    (checkout / "deployer.yaml").write_text(SLOW)
    ok(use(machine.job(checkout), "validate"))

    def cancel(process: subprocess.Popen[str]) -> None:
        """The runner's way: signals to the process that it started, here once it has written something."""
        journal, sizes = checkout / ".deployer/local/state.json.journal", set[int]()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None and len(sizes) < 2:
            if journal.exists():
                sizes.add(journal.stat().st_size)
            time.sleep(0.02)
        for number in numbers:
            if process.poll() is None:
                os.kill(process.pid, number)
                time.sleep(0.2)

    done = use(
        machine.job(checkout, watch=cancel), "apply", args="--auto-approve\n--parallelism=1\n--max-rps=1000"
    )  # fmt: skip
    assert done.code == 130, done.log
    assert "finished first" in done.log
    assert "Not attempted" in done.log
    assert done.outputs["exit-code"] == "130"
    (checkout / "deployer.yaml").write_text(SLOW.replace("0.8", "0.0"))
    again = ok(use(machine.job(checkout), "apply", args="--auto-approve\n--max-rps=1000"))
    assert "Applied" in again.log
