"""This repository's own workflow: its job that uses the action, on the examples, with a pull request's checkout."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import yaml

from tests.action.machines import ROOT, Machine
from tests.cli.projects import git
from tests.remote.github_server import REPOSITORY, FakeGitHub, serving

pytestmark = pytest.mark.slow


def test_the_action_works_on_the_examples(machine: Machine, tmp_path: Path) -> None:
    declared = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))["jobs"]["action"]
    workspace = tmp_path / "deployer"
    shutil.copytree(machine.action, workspace)
    git(workspace, "init", "-q", "-b", "main")
    for message in ("Before", "Pull request"):
        git(workspace, "add", "-A")
        git(workspace, "commit", "-q", "-m", message)
        example = workspace / "examples/workflows/auto-reply.yaml"
        example.write_text(example.read_text().replace("name: Auto reply", "name: Auto reply, once more", 1))
    git(workspace, "checkout", "-q", ".")
    machine.seed(tmp_path / "temp")
    service = FakeGitHub()
    with serving(service) as url:
        github = {"repository": REPOSITORY, "api_url": url, "token": "ghs_0123456789"}
        job = machine.job(
            workspace, temp=tmp_path / "temp", event_name="pull_request", github=github,
            event={"pull_request": {"number": 7}},
        )  # fmt: skip
        job.actions = {"actions/checkout": lambda _job, _given: {}, "./": workspace}
        job.run(declared)
    assert not job.failed, job.log
    assert [step.outcome for step in job.ran] == ["success"] * len(declared["steps"])
    assert "Applied: " in job.log
    (comment,) = service.comments
    assert "`auto-reply` is renamed" in comment.body
    assert not list(workspace.glob("build")) + list(workspace.glob("*.egg-info"))


def test_everything_else_is_the_script_that_runs_everywhere() -> None:
    steps = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))["jobs"]["ci"]["steps"]
    (script,) = [step["run"] for step in steps if "run" in step]
    assert os.access(ROOT / script, os.X_OK)
