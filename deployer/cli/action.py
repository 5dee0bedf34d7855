"""A step of GitHub Actions: what `action.yml` runs in place of its shell.

Inputs come as variables of the environment, outputs and the summary go to the files that the runner names:
https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

import importlib
import json
import os
import secrets
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import click

from deployer.cli.main import run
from deployer.cli.options import COMMENT, report_formats
from deployer.errors import ConfigurationError, DeployerError
from deployer.record import record
from deployer.report import outputs
from deployer.report.github import command_data
from deployer.report.markdown.document import Document, block, full, read
from deployer.report.markdown.escape import fence
from deployer.report.markdown.step import summary
from deployer.source.project import open_project

COMMANDS = (
    "validate", "plan", "apply", "test", "drift", "pull", "status", "log", "rollback", "disable", "enable",
)  # fmt: skip
"""What a step may run: what ends by itself and writes nowhere else."""

WHEN = ("true", "changes-only", "false")
"""When a step comments."""


@record
class Inputs:
    """What the workflow's author wrote after `with`."""

    command: str
    args: tuple[str, ...]
    directory: Path
    environment: str
    plan_file: str
    sarif_file: str
    comment: str

    def check(self, formats: Sequence[str]) -> None:
        """Raise ConfigurationError where they make no sense together. `formats`: what the command can report in."""
        if self.plan_file and self.command not in {"plan", "apply"}:
            raise ConfigurationError(f"`plan-file` goes with plan and apply, not with {self.command}")
        if self.sarif_file and "sarif" not in formats:
            raise ConfigurationError(f"`sarif-file` goes with validate, not with {self.command}")
        if self.comment not in WHEN:
            raise ConfigurationError(f"`comment` is {self.comment!r}; it is one of {', '.join(WHEN)}")
        if self.comment != "false" and COMMENT not in formats:
            raise ConfigurationError(
                f"`comment` goes with validate, plan, apply, test and drift, not with {self.command}"
            )
        for option, command in (("--out", "plan"), ("--plan", "apply")):
            if self.command == command and any(arg.partition("=")[0] == option for arg in self.args):
                raise ConfigurationError(f"give the path of {option} as `plan-file`, not among `args`")
        if not os.path.isdir(self.directory):  # `Path.is_dir` raises for a name that is too long
            raise ConfigurationError(f"`working-directory` {str(self.directory)!r} is no folder of the checkout")


@record
class Paths:
    """Where the command's results go; None where it has none of that kind."""

    plan: Path | None
    reports: Mapping[str, Path]
    """By format."""

    def arguments(self, command: str) -> list[str]:
        """The options that say so to the command."""
        plan = [] if self.plan is None else [f"--{'out' if command == 'plan' else 'plan'}={self.plan}"]
        return [*plan, *(f"--report={output}={path}" for output, path in self.reports.items())]

    def written(self, output: str) -> Path | None:
        """The report of a format, where the command came as far as that."""
        path = self.reports.get(output)
        return path if path is not None and path.is_file() else None


def main() -> None:
    """Run the step and leave with the command's exit code."""
    try:
        sys.exit(_step(os.environ))
    except DeployerError as error:
        click.echo(f"::error title=deployer::{command_data(str(error))}")
        sys.exit(error.exit_code)
    except OSError as error:
        click.echo(f"::error title=deployer::{command_data(f'RUNNER_TEMP cannot be used: {error}')}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _step(environ: Mapping[str, str]) -> int:
    inputs = _inputs(environ)
    formats = _formats(inputs.command)
    inputs.check(formats)
    paths = _paths(inputs, formats, Path(tempfile.mkdtemp(prefix="deployer-report-", dir=environ["RUNNER_TEMP"])))
    _hand_over_the_key(inputs)
    code = _run([inputs.command, *_global(inputs), *paths.arguments(inputs.command), *inputs.args])
    _annotate(paths)
    _summarise(inputs, _report(paths), code, environ)
    _put_out(paths, code, environ)
    return code


def _inputs(environ: Mapping[str, str]) -> Inputs:
    lines = (line.strip() for line in environ.get("INPUT_ARGS", "").split("\n"))
    return Inputs(
        command=environ.get("INPUT_COMMAND", "").strip(),
        args=tuple(line for line in lines if line),
        directory=Path(environ.get("INPUT_WORKING_DIRECTORY") or "."),
        environment=environ.get("INPUT_ENVIRONMENT", ""),
        plan_file=environ.get("INPUT_PLAN_FILE", ""),
        sarif_file=environ.get("INPUT_SARIF_FILE", ""),
        comment=environ.get("INPUT_COMMENT", "false"),
    )


def _formats(command: str) -> Sequence[str]:
    """What the command can report in. Raises ConfigurationError for one that is not for a step."""
    if command not in COMMANDS:
        raise ConfigurationError(f"`command` is {command!r}; it is one of {', '.join(COMMANDS)}")
    return report_formats(importlib.import_module(f"deployer.cli.{command}").command)


def _paths(inputs: Inputs, formats: Sequence[str], folder: Path) -> Paths:
    here = inputs.directory.absolute()
    wanted = {
        "json": folder / "report.json",
        "markdown": folder / "report.md",
        COMMENT: folder / "comment.json",
        "github": folder / "annotations.txt",
        # Where there is no Markdown, the summary shows the text.
        **({} if "markdown" in formats else {"text": folder / "report.txt"}),
        **({"sarif": here / inputs.sarif_file} if inputs.sarif_file else {}),
    }
    plan = here / inputs.plan_file if inputs.plan_file else None
    # A plan between two commits approves nothing.
    if plan is None and inputs.command == "plan" and "--offline" not in inputs.args:
        plan = folder / "plan.json"
    return Paths(plan=plan, reports={output: path for output, path in wanted.items() if output in formats})


def _global(inputs: Inputs) -> list[str]:
    return ["-C", str(inputs.directory), *([f"--env={inputs.environment}"] if inputs.environment else [])]


def _hand_over_the_key(inputs: Inputs) -> None:
    """Give the key to the variable that the environment reads it from: `apiKeyEnv`."""
    key = os.environ.pop("INPUT_API_KEY", "")
    if not key:
        return
    name = "DEPLOYER_API_KEY"
    # What is wrong with the project is for the command to say.
    with suppress(DeployerError):
        project = open_project(inputs.directory)
        name = project.environment(inputs.environment or os.environ.get("DEPLOYER_ENV")).api_key_env
    os.environ[name] = key


def _run(arguments: Sequence[str]) -> int:
    """Run the program. What it prints stays text, whatever a definition holds: the runner obeys none of it."""
    token = secrets.token_hex(16)
    click.echo(f"::stop-commands::{token}")
    try:
        return run(arguments)
    finally:
        sys.stderr.flush()
        click.echo(f"::{token}::")


def _annotate(paths: Paths) -> None:
    """Put findings and failing tests beside the lines of the pull request."""
    annotations = paths.written("github")
    if annotations is not None:
        click.echo("::group::Annotations")
        click.echo(annotations.read_text(encoding="utf-8"), nl=False)
        click.echo("::endgroup::")


def _report(paths: Paths) -> Document | None:
    """The report for people; what a command says as text is shown as it is."""
    parts, plain = _text(paths.written(COMMENT)), _text(paths.written("text"))
    if parts is not None:
        return read(parts)
    if plain is None:
        return None
    document = Document(blocks=(block(fence([plain]), ["The log has it."]),), changes=False)
    paths.reports["text"].with_suffix(".md").write_text(full(document), encoding="utf-8", newline="\n")
    return document


def _summarise(inputs: Inputs, report: Document | None, code: int, environ: Mapping[str, str]) -> None:
    page = summary(inputs.command, inputs.environment, report=report, exit_code=code)
    _tell_the_runner("GITHUB_STEP_SUMMARY", page, environ)


def _put_out(paths: Paths, code: int, environ: Mapping[str, str]) -> None:
    found = json.loads(_text(paths.written("json")) or "{}")
    report = paths.reports.get("markdown", paths.reports.get("text", Path("report"))).with_suffix(".md")
    values = {
        **outputs.counts(found),
        "exit-code": str(code),
        "plan-file": str(paths.plan) if paths.plan is not None and paths.plan.is_file() else "",
        "report-file": str(report) if report.is_file() else "",
        "comment-file": str(paths.written(COMMENT) or ""),
    }
    _tell_the_runner("GITHUB_OUTPUT", outputs.render(values, end=secrets.token_hex(16)), environ)


def _text(path: Path | None) -> str | None:
    return path.read_text(encoding="utf-8") if path is not None else None


def _tell_the_runner(variable: str, text: str, environ: Mapping[str, str]) -> None:
    """Add to the file that a variable names; an older server for GitHub Enterprise has no page for a step.

    The command is done by then, so a file that cannot be written does not change how the step ends.
    """
    name = environ.get(variable)
    if not name:
        return
    try:
        with Path(name).open("a", encoding="utf-8", errors="replace", newline="\n") as file:
            file.write(text)
    except OSError as error:
        click.echo(f"::warning title=deployer::{command_data(f'{variable} cannot be written: {error}')}")
