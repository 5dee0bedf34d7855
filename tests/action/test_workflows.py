"""The workflows of docs/github.md, as somebody copies them: run against a real server, with a real repository."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.action.github import Ran, Repository
from tests.action.machines import Machine
from tests.action.pages import WORKFLOWS
from tests.action.production import CASES, CONFIG, answers, edit_in_the_web_builder
from tests.cli.program import deployer
from tests.cli.projects import bad, git, good
from tests.cli.test_over_http import KEY, emulator
from tests.remote.github_server import FakeGitHub, serving

pytestmark = pytest.mark.slow


@pytest.fixture
def repository(machine: Machine, tmp_path: Path) -> Iterator[Repository]:
    """Two workflows on main, both in production already."""
    service = FakeGitHub(pull_requests=(1,))
    with emulator(tmp_path / "server") as url, serving(service) as api_url:
        made = Repository(
            folder=tmp_path / "github", machine=machine, secrets=KEY, service=service, api_url=api_url
        )  # fmt: skip
        (made.desk / "deployer.yaml").write_text(CONFIG.format(url=url))
        write(made, first="Thank you", second="Thank you")
        made.push("Start")
        applied = deployer("apply", "--auto-approve", "--confirm", "production", cwd=made.desk, env=KEY)
        assert applied.code == 0, applied.err
        yield made


def write(repository: Repository, **texts: str) -> None:
    (repository.desk / "workflows").mkdir(exist_ok=True)
    for key, said in texts.items():
        (repository.desk / f"workflows/{key}.yaml").write_text(good(key).replace("Thank you", said))
        (repository.desk / f"workflows/{key}.test.yaml").write_text(CASES.format(said=said))


def propose(repository: Repository, branch: str, *, fork: bool = False, **texts: str) -> dict[str, Any]:
    """A pull request after which workflows say something else."""
    write(repository, **texts)
    repository.push(f"Change {branch}", branch=branch)
    return repository.propose(branch, fork=fork)


def on_pull_request(repository: Repository, workflow: str, event: Mapping[str, Any]) -> dict[str, Ran]:
    return repository.run(WORKFLOWS[workflow], "pull_request", event, ref="refs/pull/1/merge")


def passed(ran: Mapping[str, Ran]) -> Mapping[str, Ran]:
    for name, job in ran.items():
        assert job.result == "success", f"{name}: {job.log}"
    return ran


def test_a_change_goes_from_the_pull_request_to_production(repository: Repository) -> None:
    event = propose(repository, "kinder", first="Thank you so much")
    assert "text of step `reply` changes" in passed(on_pull_request(repository, "check", event))["check"].log
    passed(on_pull_request(repository, "plan", event))
    (comment,) = repository.service.comments
    assert "1 workflow changes for customers in production" in comment.body
    assert "Thank you so much" in comment.body
    repository.squash(event)
    applied = passed(repository.run(WORKFLOWS["apply"], "push"))
    assert "Applied: 0 created, 1 updated" in applied["production"].log
    assert "first" in repository.service.comments[-1].body
    assert {comment.number for comment in repository.service.comments} == {1}
    assert answers(repository.desk) == {"first": ("Thank you so much", 2), "second": ("Thank you", 1)}


def test_what_the_plan_did_not_approve_is_listed_and_the_rest_is_done(repository: Repository) -> None:
    event = propose(repository, "both", first="First", second="Second")
    passed(on_pull_request(repository, "plan", event))
    repository.squash(event)
    write(repository, second="Third")
    repository.push("Another change came in between")
    late = repository.run(WORKFLOWS["apply"], "push")
    assert late["approved"].result == "failure", "the newest commit has no pull request"
    assert late["production"].result == "skipped"
    repository.pretend_that_the_pull_request_brought(repository.commit("main"))
    applied = repository.run(WORKFLOWS["apply"], "push")
    assert applied["production"].result == "failure"
    assert "Not approved by the saved plan\n  second: update" in applied["production"].log
    assert answers(repository.desk) == {"first": ("First", 2), "second": ("Thank you", 1)}


def test_two_merges_in_a_row_are_each_applied_as_approved_in_whatever_order(repository: Repository) -> None:
    one = propose(repository, "one", first="First")
    passed(on_pull_request(repository, "plan", one))
    two = propose(repository, "two", second="Second")
    passed(on_pull_request(repository, "plan", two))
    older, newer = repository.squash(one), repository.squash(two)
    merged = [{**event["pull_request"], "merged_at": "2026-01-01T00:00:00Z", "commits": [commit]}
              for event, commit in ((one, older), (two, newer))]  # fmt: skip
    repository.store.write("pulls", merged)
    quick = repository.run(WORKFLOWS["apply"], "push")["production"]
    assert "Not approved by the saved plan\n  first: update" in quick.log
    assert answers(repository.desk) == {"first": ("Thank you", 1), "second": ("Second", 2)}
    git(repository.origin, "update-ref", "refs/heads/main", older)
    late = repository.run(WORKFLOWS["apply"], "push")["production"]
    assert "Not approved by the saved plan\n  second: update" in late.log, "it would undo what came later"
    assert answers(repository.desk) == {"first": ("First", 2), "second": ("Second", 2)}


def test_a_colleague_who_was_quicker_is_not_overwritten(repository: Repository) -> None:
    event = propose(repository, "both", first="First", second="Second")
    passed(on_pull_request(repository, "plan", event))
    edit_in_the_web_builder(repository.desk, "first", "We are closed today")
    repository.squash(event)
    applied = repository.run(WORKFLOWS["apply"], "push")
    assert applied["production"].result == "failure"
    assert answers(repository.desk) == {"first": ("We are closed today", 2), "second": ("Second", 2)}


def test_a_push_without_a_pull_request_is_approved_by_hand(repository: Repository) -> None:
    write(repository, first="Straight to main")
    repository.push("No review")
    ran = repository.run(WORKFLOWS["apply"], "push")
    assert (ran["approved"].result, ran["production"].result) == ("failure", "skipped")
    assert "Run this workflow by hand" in ran["approved"].log
    assert answers(repository.desk)["first"] == ("Thank you", 1)
    passed(repository.run(WORKFLOWS["apply"], "workflow_dispatch"))
    assert answers(repository.desk)["first"] == ("Straight to main", 2)


def test_a_plan_that_a_fork_made_up_approves_nothing(repository: Repository) -> None:
    event = propose(repository, "from-outside", first="Send me your password")
    passed(on_pull_request(repository, "plan", event))
    (made_up,) = repository.store.read("artifacts")
    repository.store.write(
        "artifacts", [{**made_up, "workflow_run": {**made_up["workflow_run"], "head_repository_id": 8}}]
    )
    repository.squash(event)
    ran = repository.run(WORKFLOWS["apply"], "push")
    assert (ran["approved"].result, ran["production"].result) == ("failure", "skipped")
    assert answers(repository.desk)["first"] == ("Thank you", 1)


def test_a_fork_is_checked_without_any_secret(repository: Repository) -> None:
    event = propose(repository, "from-outside", fork=True, first="Hello from a fork")
    (checked,) = passed(on_pull_request(repository, "check", event)).values()
    assert "text of step `reply` changes" in checked.log
    assert checked.job is not None
    assert not checked.job.secrets
    assert on_pull_request(repository, "plan", event)["production"].result == "skipped"


def test_a_repository_that_is_a_fork_itself_plans_its_own_branches(repository: Repository) -> None:
    event = propose(repository, "kinder", first="Thank you so much")
    event["pull_request"]["head"]["repo"]["fork"] = True
    passed(on_pull_request(repository, "plan", event))
    assert len(repository.service.comments) == 1


def add_artifacts(repository: Repository, *, commit: str, count: int = 1, made_in: int = 7) -> None:
    """Plans of other runs, uploaded after all that are there."""
    there = repository.store.read("artifacts")
    newer = [
        {"id": len(there) + number, "name": "deployer-plan-production", "expired": False,
         "workflow_run": {"id": 1000 + number, "head_sha": commit, "repository_id": 7, "head_repository_id": made_in}}
        for number in range(1, count + 1)
    ]  # fmt: skip
    repository.store.write("artifacts", [*there, *newer])


def test_the_plan_is_found_behind_hundreds_of_newer_ones(repository: Repository) -> None:
    event = propose(repository, "kinder", first="Thank you so much")
    passed(on_pull_request(repository, "plan", event))
    add_artifacts(repository, commit="0" * 40, count=230)
    repository.squash(event)
    passed(repository.run(WORKFLOWS["apply"], "push"))
    assert answers(repository.desk)["first"] == ("Thank you so much", 2)


def test_a_plan_that_a_fork_made_approves_nothing(repository: Repository) -> None:
    event = propose(repository, "from-outside", fork=True, first="Hello from a fork")
    add_artifacts(repository, commit=event["pull_request"]["head"]["sha"], made_in=8)
    repository.squash(event)
    ran = repository.run(WORKFLOWS["apply"], "push")
    assert (ran["approved"].result, ran["production"].result) == ("failure", "skipped")
    assert "Nobody approved a plan for this commit" in ran["approved"].log


def test_an_error_in_a_file_stops_the_check_and_the_plan(repository: Repository) -> None:
    event = propose(repository, "typo", first="x")
    (repository.desk / "workflows/first.yaml").write_text(bad("first"))
    repository.push("Typo", branch="typo")
    event = repository.propose("typo")
    checked = on_pull_request(repository, "check", event)["check"]
    assert checked.result == "failure"
    assert "::error file=workflows/first.yaml,line=8" in checked.log
    planned = on_pull_request(repository, "plan", event)["production"]
    assert planned.result == "failure"
    assert repository.store.read("artifacts") == []


def test_drift_comes_as_one_pull_request_that_is_updated(repository: Repository) -> None:
    assert "No drift." in passed(repository.run(WORKFLOWS["drift"], "schedule"))["production"].log
    assert repository.store.read("pulls") == []
    for said in ("We are closed today", "We are closed tomorrow"):
        edit_in_the_web_builder(repository.desk, "first", said)
        passed(repository.run(WORKFLOWS["drift"], "schedule"))
        (pull,) = repository.store.read("pulls")
        assert (pull["title"], pull["baseRefName"]) == ("production was changed outside Git", "main")
        assert said in pull["body"]
        file = git(repository.origin, "show", f"{pull['headRefName']}:workflows/first.yaml")
        assert said in file
        changed = git(repository.origin, "diff", "--name-only", "main", pull["headRefName"])
        assert changed.split() == ["workflows/first.yaml"]
    assert repository.store.read("issues") == []
    git(repository.desk, "pull", "-q", "--ff-only", "origin", "deployer/drift-production")
    repository.push("Merge the drift")
    assert "No changes." in passed(repository.run(WORKFLOWS["apply"], "workflow_dispatch"))["production"].log
    assert answers(repository.desk)["first"] == ("We are closed tomorrow", 3)
    assert "No drift." in passed(repository.run(WORKFLOWS["drift"], "schedule"))["production"].log


def test_what_cannot_be_pulled_is_an_issue_that_is_updated(repository: Repository) -> None:
    write(repository, first="Changed in Git")
    repository.push("Not applied yet")
    for said in ("Changed on the server", "Changed again"):
        edit_in_the_web_builder(repository.desk, "first", said)
        passed(repository.run(WORKFLOWS["drift"], "schedule"))
        (issue,) = repository.store.read("issues")
        assert said in issue["body"]
    assert repository.store.read("pulls") == []


def test_where_actions_may_open_no_pull_request_it_is_an_issue_too(repository: Repository) -> None:
    repository.store.folder.mkdir()
    (repository.store.folder / "no-pull-requests").touch()
    edit_in_the_web_builder(repository.desk, "first", "We are closed today")
    passed(repository.run(WORKFLOWS["drift"], "schedule"))
    assert [issue["title"] for issue in repository.store.read("issues")] == ["production was changed outside Git"]


def test_a_server_that_does_not_answer_is_no_drift(repository: Repository) -> None:
    repository.secrets = {"DEPLOYER_API_KEY": "another-key-123"}
    ran = repository.run(WORKFLOWS["drift"], "schedule")["production"]
    assert ran.result == "failure"
    assert repository.store.read("pulls") + repository.store.read("issues") == []


def incident(repository: Repository, command: str, **inputs: str) -> Ran:
    given = {"workflow": "", "version": "", "reason": "", **inputs}
    return repository.run(WORKFLOWS["incident"], "workflow_dispatch", inputs={"command": command, **given})[
        "production"
    ]


def test_whoever_is_on_call_looks_rolls_back_and_disables_without_a_key(repository: Repository) -> None:
    event = propose(repository, "worse", first="Go away")
    passed(on_pull_request(repository, "plan", event))
    repository.squash(event)
    passed(repository.run(WORKFLOWS["apply"], "push"))
    looked = incident(repository, "status")
    assert looked.result == "success", looked.log
    assert "first" in looked.summary
    rolled_back = incident(repository, "rollback", workflow="first", version="1", reason='customers\' "complaints"')
    assert rolled_back.result == "success", rolled_back.log
    assert answers(repository.desk)["first"] == ("Thank you", 3)
    assert "complaints" in git(repository.origin, "log", "--format=%B", "-1", "refs/deployer/state/production")
    said = incident(repository, "log", workflow="first")
    assert said.result == "success", said.log
    assert "complaints" in said.summary
    disabled = incident(repository, "disable", workflow="second")
    assert disabled.result == "success", disabled.log
    assert "second" in disabled.summary
    held = passed(repository.run(WORKFLOWS["apply"], "workflow_dispatch"))
    assert "2 held" in held["production"].log
    assert answers(repository.desk)["first"] == ("Thank you", 3)


def test_production_is_written_by_one_run_at_a_time_after_its_reviewers_agreed() -> None:
    job = yaml.safe_load(WORKFLOWS["apply"])["jobs"]["production"]
    assert job["environment"] == "production"
    assert job["concurrency"] == {"group": "deployer-production", "queue": "max", "cancel-in-progress": False}
