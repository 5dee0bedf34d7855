"""A step of GitHub Actions: what `action.yml` runs in place of its shell.

Inputs come as variables of the environment, outputs go to the file that the runner names:
https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import click

from deployer.cli.main import run
from deployer.errors import ConfigurationError, DeployerError
from deployer.report.outputs import outputs, render_outputs
from deployer.source.project import open_project

COMMANDS = (
    "validate", "plan", "apply", "test", "drift", "pull", "status", "log", "rollback", "disable", "enable",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What the workflow's author wrote after `with`."""

    command: str
    args: tuple[str, ...]
    directory: Path
    environment: str
    plan_file: str

    def check(self) -> None:
        """Raise ConfigurationError where they make no sense together."""
        if self.command not in COMMANDS:
            raise ConfigurationError(f"`command` is {self.command!r}; it is one of {', '.join(COMMANDS)}")
        if self.plan_file and self.command not in {"plan", "apply"}:
            raise ConfigurationError(f"`plan-file` goes with plan and apply, not with {self.command}")
        for option, command in (("--out", "plan"), ("--plan", "apply")):
            if self.command == command and any(arg.partition("=")[0] == option for arg in self.args):
                raise ConfigurationError(f"give the path of {option} as `plan-file`, not among `args`")
        if not self.directory.is_dir():
            raise ConfigurationError(f"`working-directory` {str(self.directory)!r} is no folder of the checkout")


def main() -> None:
    """Run the step and leave with the command's exit code."""
    try:
        sys.exit(_step(os.environ))
    except DeployerError as error:
        # A message of the runner's is one line; what stands in an input must not begin another.
        said = f"{error}".replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A").replace("##[", "## [")
        click.echo(f"::error title=deployer::{said}")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)


def _step(environ: Mapping[str, str]) -> int:
    inputs = _inputs(environ)
    inputs.check()
    folder = Path(tempfile.mkdtemp(prefix="deployer-report-", dir=environ["RUNNER_TEMP"]))
    plan_file = _plan_file(inputs, folder)
    _hand_over_the_key(inputs)
    code = _run(_arguments(inputs, plan_file))
    values = outputs(plan_file=plan_file if plan_file and plan_file.is_file() else None, exit_code=code)
    with Path(environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8", newline="\n") as file:
        file.write(render_outputs(values, end=secrets.token_hex(16)))
    return code


def _inputs(environ: Mapping[str, str]) -> Inputs:
    lines = (line.strip() for line in environ.get("INPUT_ARGS", "").split("\n"))
    return Inputs(
        command=environ.get("INPUT_COMMAND", "").strip(),
        args=tuple(line for line in lines if line),
        directory=Path(environ.get("INPUT_WORKING_DIRECTORY") or "."),
        environment=environ.get("INPUT_ENVIRONMENT", ""),
        plan_file=environ.get("INPUT_PLAN_FILE", ""),
    )


def _plan_file(inputs: Inputs, folder: Path) -> Path | None:
    """Where the saved plan is, or will be. A plan between two commits approves nothing and is not saved."""
    if inputs.plan_file:
        return inputs.directory.absolute() / inputs.plan_file
    return folder / "plan.json" if inputs.command == "plan" and "--offline" not in inputs.args else None


def _hand_over_the_key(inputs: Inputs) -> None:
    """Give the key to the variable that the environment reads it from: `apiKeyEnv`."""
    key = os.environ.get("INPUT_API_KEY")
    if not key:
        return
    name = "DEPLOYER_API_KEY"
    # What is wrong with the project is for the command to say.
    with suppress(DeployerError):
        project = open_project(inputs.directory)
        name = project.environment(inputs.environment or os.environ.get("DEPLOYER_ENV")).api_key_env
    os.environ[name] = key
    del os.environ["INPUT_API_KEY"]


def _arguments(inputs: Inputs, plan_file: Path | None) -> list[str]:
    given = [inputs.command, "-C", str(inputs.directory)]
    if inputs.environment:
        given.append(f"--env={inputs.environment}")
    if plan_file is not None:
        given.append(f"--{'out' if inputs.command == 'plan' else 'plan'}={plan_file}")
    return [*given, *inputs.args]


def _run(arguments: list[str]) -> int:
    """Run the program. What it prints stays text, whatever a definition holds: the runner obeys none of it."""
    token = secrets.token_hex(16)
    click.echo(f"::stop-commands::{token}")
    try:
        return run(arguments)
    finally:
        sys.stderr.flush()
        click.echo(f"::{token}::")
