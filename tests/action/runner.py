"""A runner of GitHub Actions in small: a job's steps run as written, in bash, with the files and variables they expect.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax and the same place's page on
metadata of actions say what it follows.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.action.expressions import condition, fill
from tests.action.log import file_commands

Fake = Callable[["Job", dict[str, str]], dict[str, str]]
"""Stands in for an action that is not ours: takes its inputs, gives its outputs."""
_FILES = ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY", "GITHUB_STATE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How one step ended."""

    outcome: str
    """success, failure or skipped."""
    outputs: dict[str, str] = field(default_factory=dict)
    log: str = ""
    summary: str = ""
    code: int | None = None
    """Exit code of its last process."""

    @property
    def context(self) -> dict[str, object]:
        """As `steps.ID` shows it."""
        return {"outcome": self.outcome, "conclusion": self.outcome, "outputs": self.outputs}


@dataclass
class Job:
    """One job on a machine of its own."""

    workspace: Path
    """Where the repository is checked out."""
    temp: Path
    """RUNNER_TEMP, empty at the start of a job."""
    machine: Mapping[str, str]
    """Variables of the machine, PATH and HOME among them."""
    actions: Mapping[str, Fake | Path] = field(default_factory=dict)
    """What `uses` means: the name without its ref, to a stand-in or to the folder of an action."""
    event: Mapping[str, object] = field(default_factory=dict)
    event_name: str = "push"
    github: Mapping[str, object] = field(default_factory=dict)
    """Further entries of the `github` context; each is GITHUB_<NAME> too."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    needs: Mapping[str, object] = field(default_factory=dict)
    inputs: Mapping[str, object] = field(default_factory=dict)
    """Of a run by hand."""
    env: dict[str, str] = field(default_factory=dict)
    steps: dict[str, object] = field(default_factory=dict)
    ran: list[Step] = field(default_factory=list)
    watch: Callable[[subprocess.Popen[str]], None] = lambda _process: None
    """Is given each step's process when it starts."""
    failed: bool = False
    _paths: list[str] = field(default_factory=list)

    def run(self, job: Mapping[str, Any]) -> dict[str, str]:
        """A job as a workflow has it; gives its outputs."""
        self.env.update(self._filled(job.get("env", {})))
        for step in job["steps"]:
            self.step(step)
        return self._filled(job.get("outputs", {}))

    def step(self, step: Mapping[str, Any]) -> Step:
        """One step, in the state the job is in."""
        done = self._step(step)
        self.ran.append(done)
        if "id" in step:
            self.steps[step["id"]] = done.context
        if done.outcome == "failure" and not step.get("continue-on-error"):
            self.failed = True
        return done

    @property
    def log(self) -> str:
        """What all steps printed."""
        return "".join(step.log for step in self.ran)

    @property
    def summary(self) -> str:
        """The page of the run."""
        return "".join(step.summary for step in self.ran)

    def _step(self, step: Mapping[str, Any]) -> Step:
        if not condition(step.get("if", "success()"), self._contexts(), self._functions()):
            return Step(outcome="skipped")
        with self._with(self._filled(step.get("env", {}))):
            if "run" in step:
                return self._script(step)
            return self._action(step["uses"], self._filled(step.get("with", {})))

    @contextmanager
    def _with(self, variables: Mapping[str, str]) -> Iterator[None]:
        former = dict(self.env)
        self.env.update(variables)
        try:
            yield
        finally:
            kept = {name: value for name, value in self.env.items() if name not in variables}
            self.env = {**kept, **{name: former[name] for name in variables if name in former}}

    def _script(self, step: Mapping[str, Any]) -> Step:
        assert step.get("shell", "bash") == "bash"
        script = self._file("script.sh", fill(step["run"], self._contexts(), self._functions()))
        files = {name: self._file(name.lower(), "") for name in _FILES}
        folder = self.workspace / fill(step.get("working-directory", "."), self._contexts(), self._functions())
        process = subprocess.Popen(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=folder, env=self._environ({name: str(path) for name, path in files.items()}),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
        )  # fmt: skip
        self.watch(process)
        log = process.communicate(timeout=120)[0]
        self.env.update(file_commands(files["GITHUB_ENV"].read_text()))
        self._paths += files["GITHUB_PATH"].read_text().split()
        return Step(
            outcome="success" if process.returncode == 0 else "failure",
            outputs=file_commands(files["GITHUB_OUTPUT"].read_text(encoding="utf-8")),
            log=log, summary=files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8"), code=process.returncode,
        )  # fmt: skip

    def _action(self, uses: str, given: dict[str, str]) -> Step:
        known = self.actions[uses.partition("@")[0]]
        if not isinstance(known, Path):
            return Step(outcome="success", outputs=known(self, given))
        action = yaml.safe_load((known / "action.yml").read_text(encoding="utf-8"))
        assert action["runs"]["using"] == "composite"
        unknown = given.keys() - action["inputs"].keys()
        assert not unknown, f"action.yml has no input {sorted(unknown)}"
        inputs = {
            name: given.get(name, fill(text(declared.get("default")), self._contexts(), self._functions()))
            for name, declared in action["inputs"].items()
        }
        inner = Job(
            workspace=self.workspace, temp=self.temp, machine=self.machine, event=self.event,
            event_name=self.event_name, github={**self.github, "action_path": str(known)}, env=dict(self.env),
            inputs=inputs, watch=self.watch, _paths=self._paths,
        )  # fmt: skip
        for step in action["runs"]["steps"]:
            assert step.get("shell") == "bash", "a composite action says the shell of each step"
            inner.step(step)
        outputs = {name: declared["value"] for name, declared in action["outputs"].items()}
        codes = [step.code for step in inner.ran if step.outcome == "failure"]
        return Step(
            outcome="failure" if inner.failed else "success", outputs=inner._filled(outputs), log=inner.log,
            summary=inner.summary, code=codes[0] if codes else 0,
        )  # fmt: skip

    def _filled(self, values: Mapping[str, object]) -> dict[str, str]:
        contexts = self._contexts()
        return {name: fill(text(value), contexts, self._functions()) for name, value in values.items()}

    def _file(self, name: str, content: str) -> Path:
        folder = self.temp / "_runner"
        folder.mkdir(parents=True, exist_ok=True)
        handle, path = tempfile.mkstemp(suffix=f"-{name}", dir=folder)  # jobs at the same time may share the folder
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content)
        return Path(path)

    def _contexts(self) -> dict[str, object]:
        github = {
            "token": "", **self.github, "event": self.event, "event_name": self.event_name,
            "workspace": str(self.workspace),
        }  # fmt: skip
        return {
            "github": github, "env": self.env, "steps": self.steps, "inputs": self.inputs, "secrets": self.secrets,
            "vars": self.variables, "needs": self.needs, "runner": {"temp": str(self.temp), "os": "Linux"},
            "job": {"status": "failure" if self.failed else "success"},
        }  # fmt: skip

    def _functions(self) -> dict[str, Callable[..., object]]:
        return {
            "always": lambda: True, "success": lambda: not self.failed, "failure": lambda: self.failed,
            "cancelled": lambda: False,
        }  # fmt: skip

    def _environ(self, files: Mapping[str, str]) -> dict[str, str]:
        known = {f"GITHUB_{name.upper()}": text(value) for name, value in self.github.items() if name != "token"}
        event = self._file("event.json", json.dumps(self.event))
        paths = os.pathsep.join([*reversed(self._paths), self.machine["PATH"]])
        return {
            **self.machine, **known, **files, **self.env, "CI": "true", "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.workspace), "GITHUB_EVENT_PATH": str(event),
            "GITHUB_EVENT_NAME": self.event_name, "RUNNER_TEMP": str(self.temp), "RUNNER_OS": "Linux", "PATH": paths,
        }  # fmt: skip


def text(value: object) -> str:
    """A scalar of YAML as a workflow means it."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
