"""GitHub in small: a repository, its pull requests, and workflows that run when something happens to them."""

from __future__ import annotations

import itertools
import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from tests.action.expressions import condition, fill
from tests.action.gh import Store
from tests.action.machines import NAME, Machine
from tests.action.runner import Fake, Job, text
from tests.cli.projects import git
from tests.remote.github_server import FakeGitHub

REPOSITORY = "acme/conversations"
STRANGERS = "stranger/conversations"
"""A fork of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One job of a run."""

    result: str
    """success, failure or skipped."""
    job: Job | None
    outputs: Mapping[str, str]
    declared: Mapping[str, Any]
    """What the workflow says of it."""

    @property
    def log(self) -> str:
        return self.job.log if self.job is not None else ""

    @property
    def summary(self) -> str:
        return self.job.summary if self.job is not None else ""


@dataclass
class Repository:
    """A repository on GitHub."""

    folder: Path
    machine: Machine
    service: FakeGitHub
    """What the program talks to; `gh` has its own."""
    api_url: str
    secrets: Mapping[str, str] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        git(self.folder, "init", "-q", "--bare", "-b", "main", "origin.git")
        git(self.folder, "clone", "-q", str(self.origin), "desk")
        gh = self.folder / "bin" / "gh"
        gh.parent.mkdir()
        gh.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).with_name("gh.py")}" "$@"\n')
        gh.chmod(0o755)

    @property
    def origin(self) -> Path:
        return self.folder / "origin.git"

    @property
    def desk(self) -> Path:
        """Somebody's clone."""
        return self.folder / "desk"

    @property
    def store(self) -> Store:
        return Store(self.folder / "service")

    def push(self, message: str, *, branch: str = "main") -> str:
        """Commit what stands on the desk, to a branch; gives the commit."""
        git(self.desk, "checkout", "-q", "-B", branch)
        git(self.desk, "add", "-A")
        git(self.desk, "commit", "-q", "--allow-empty", "-m", message)
        git(self.desk, "push", "-q", "--force", "origin", branch)
        return self.commit(branch)

    def commit(self, ref: str) -> str:
        return git(self.origin, "rev-parse", ref).strip()

    def propose(self, branch: str, *, fork: bool = False) -> dict[str, Any]:
        """Open a pull request, or tell it about further commits; gives the event's payload."""
        git(self.desk, "checkout", "-q", "main")
        git(self.desk, "merge", "-q", "--no-ff", "-m", "Merge", branch)
        git(self.desk, "push", "-q", "--force", "origin", "HEAD:refs/pull/1/merge")
        git(self.desk, "reset", "-q", "--hard", "origin/main")
        repo = {"fork": fork, "full_name": STRANGERS if fork else REPOSITORY}
        head = {"sha": self.commit(branch), "ref": branch, "repo": repo}
        pull = {"number": 1, "state": "open", "head": head, "base": {"ref": "main"}, "merged_at": None,
                "headRefName": branch, "title": branch, "commits": [head["sha"]], "labels": []}  # fmt: skip
        self.store.write("pulls", [pull])
        return {"pull_request": pull, "number": 1}

    def squash(self, event: Mapping[str, Any]) -> str:
        """Merge a pull request as most do: one new commit."""
        pull = event["pull_request"]
        git(self.desk, "checkout", "-q", "main")
        git(self.desk, "merge", "-q", "--squash", pull["head"]["ref"])
        commit = self.push(f"{pull['title']} (#{pull['number']})")
        merged = {**pull, "state": "closed", "merged_at": "2026-01-01T00:00:00Z", "commits": [commit]}
        self.store.write("pulls", [merged])
        self.service.of_commit[commit] = [{**merged, "merge_commit_sha": commit}]
        return commit

    def pretend_that_the_pull_request_brought(self, commit: str) -> None:
        """As a merge queue does it, which may put several pull requests into one push."""
        (pull,) = self.store.read("pulls")
        self.store.write("pulls", [{**pull, "commits": [*pull["commits"], commit]}])

    def run(
        self,
        workflow: str,
        event_name: str,
        event: Mapping[str, Any] | None = None,
        *,
        ref: str = "refs/heads/main",
        inputs: Mapping[str, object] | None = None,
    ) -> dict[str, Ran]:
        """Run a workflow to its end; environments approve at once."""
        declared = yaml.safe_load(workflow)
        assert declared["permissions"] == {}, "what no job asks for, none has"
        number = next(self._numbers)
        github = {
            "repository": REPOSITORY, "sha": self.commit(ref), "ref": ref, "ref_name": ref.removeprefix("refs/heads/"),
            "run_id": str(number), "server_url": "https://github.example", "api_url": self.api_url,
            "token": "token-of-it", "actor": "somebody", "workflow": declared["name"],
        }  # fmt: skip
        ran: dict[str, Ran] = {}
        for name, job in declared["jobs"].items():
            ran[name] = self._job(f"{number}-{name}", job, ran, github, event_name, event or {}, inputs or {})
        return ran

    def _job(
        self, name: str, job: Mapping[str, Any], ran: Mapping[str, Ran], github: Mapping[str, object],
        event_name: str, event: Mapping[str, Any], inputs: Mapping[str, object],
    ) -> Ran:  # fmt: skip
        needed = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
        needs = {each: {"result": ran[each].result, "outputs": ran[each].outputs} for each in needed}
        well = all(ran[each].result == "success" for each in needed)
        contexts = {"github": {**github, "event": event, "event_name": event_name}, "needs": needs, "inputs": inputs}
        functions = {"success": lambda: well, "always": lambda: True, "cancelled": lambda: False}
        if not condition(job.get("if", "success()"), contexts, functions):
            return Ran(result="skipped", job=None, outputs={}, declared=job)
        environment = fill(text(job.get("environment")), contexts, functions)
        temp = self.folder / "runs" / name / "_temp"
        self.machine.seed(temp)
        machine = {
            **self.machine.environ,
            "PATH": f"{self.folder / 'bin'}:{self.machine.environ['PATH']}",
            "FAKE_GITHUB": str(self.store.folder),
            "FAKE_PERMISSIONS": json.dumps(job.get("permissions", {})),
        }
        running = self.machine.job(
            self.folder / "runs" / name / "work", temp=temp, event=event, event_name=event_name, github=github,
            secrets={} if _comes_from_a_fork(event) else self.secrets,
            needs=needs, inputs=inputs,
        )  # fmt: skip
        running.workspace.mkdir()
        running = replace(running, machine=machine, actions={**running.actions, **self._actions(github)})
        outputs = running.run(job)
        assert environment == text(job.get("environment")) or "${{" in text(job["environment"])
        return Ran(
            result="failure" if running.failed else "success", job=running, outputs=outputs, declared=job
        )  # fmt: skip

    def _actions(self, github: Mapping[str, object]) -> dict[str, Fake | Path]:
        return {
            NAME: self.machine.action,
            "actions/checkout": self._checkout,
            "actions/upload-artifact": lambda job, given: self._upload(job, given, github),
            "actions/download-artifact": lambda job, given: self._download(job, given, github),
        }

    def _checkout(self, job: Job, given: dict[str, str]) -> dict[str, str]:
        """As the real one: a shallow clone of the event's commit, whose `origin` takes pushes."""
        known = {"ref", "fetch-depth", "persist-credentials"}
        assert given.keys() <= known, given
        ref = given.get("ref") or str(job.github["ref"])
        depth = given.get("fetch-depth", "1")
        git(job.workspace, "init", "-q", "-b", "main")
        git(job.workspace, "remote", "add", "origin", self.origin.as_uri())
        shallow = [] if depth == "0" else [f"--depth={depth}"]
        git(job.workspace, "fetch", "-q", *shallow, "origin", f"+{ref}:refs/remotes/origin/checked-out")
        git(job.workspace, "checkout", "-q", "--detach", "refs/remotes/origin/checked-out")
        self.machine.set_traps(job.workspace)
        return {}

    def _upload(self, job: Job, given: dict[str, str], github: Mapping[str, object]) -> dict[str, str]:
        assert given.keys() <= {"name", "path", "if-no-files-found", "retention-days"}, given
        folder = self.folder / "artifacts" / str(github["run_id"]) / given["name"]
        paths = [Path(line) for line in given["path"].split("\n") if line.strip()]
        found = [path for path in paths if path.is_file()]
        if not found:
            assert given.get("if-no-files-found") == "ignore", f"no files: {given['path']}"
            return {}
        folder.mkdir(parents=True)
        for path in found:
            shutil.copy(path, folder / path.name)
        pull = job.event.get("pull_request")
        head = pull["head"]["sha"] if isinstance(pull, dict) else github["sha"]
        items = self.store.read("artifacts")
        self.store.write("artifacts", [*items, {
            "id": len(items) + 1, "name": given["name"], "expired": False,
            "workflow_run": {"id": int(str(github["run_id"])), "head_sha": head, "repository_id": 7,
                             "head_repository_id": 7},
        }])  # fmt: skip
        return {"artifact-id": str(len(items) + 1)}

    def _download(self, job: Job, given: dict[str, str], github: Mapping[str, object]) -> dict[str, str]:
        assert given.keys() <= {"name", "path", "run-id", "github-token"}, given
        run = given.get("run-id") or str(github["run_id"])
        if run != github["run_id"]:
            assert given.get("github-token"), "another run's artifacts need a token"
        folder = self.folder / "artifacts" / run / given["name"]
        assert folder.is_dir(), f"no artifact {given['name']} in run {run}"
        shutil.copytree(folder, given["path"], dirs_exist_ok=True)
        return {"download-path": given["path"]}


def _comes_from_a_fork(event: Mapping[str, Any]) -> bool:
    return "pull_request" in event and event["pull_request"]["head"]["repo"]["full_name"] != REPOSITORY
