"""`deployer validate`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from deployer.cli.choosing import selection
from deployer.cli.options import global_options
from deployer.cli.session import Session, existing, pass_session
from deployer.operations.selection import Chosen, choose
from deployer.operations.validate import Validation, merged, validate
from deployer.report import findings as report
from deployer.source.document import parse_bytes
from deployer.source.load import assemble
from deployer.source.project import Project, find_root, open_project


@click.command("validate")
@selection
@click.option("--strict", is_flag=True, help="Warnings fail too.")
@click.option("--stdin-name", default="stdin.yaml", show_default=True, metavar="FILE", help="What `-` is called.")
@global_options
@pass_session
def command(
    session: Session, /, *, selectors: tuple[str, ...], exclude: tuple[str, ...], strict: bool, stdin_name: str
) -> int:
    """Check workflow files, without a network.

    SEL is a workflow's key, a path, or a glob of either; `-` reads stdin. Exit code 1 when there is an error.
    """
    if "-" in selectors:
        validations = [_stdin(session, stdin_name)]
        selectors = tuple(selector for selector in selectors if selector != "-")
    else:
        validations = []
    if selectors or not validations:
        validations += [_validate(session, project, part, exclude) for project, part in _projects(session, selectors)]
    validation = merged(validations)
    if session.json:
        session.show(report.render_json(validation.findings, validation.files))
    else:
        session.show(report.render_text(validation.findings, files=validation.files, color=session.color))
    return validation.exit_code(strict=strict)


def _stdin(session: Session, name: str) -> Validation:
    document = parse_bytes(sys.stdin.buffer.read(), name)
    environment = session.project.environment(session.options.env)
    loaded = assemble(session.project, environment, [document])
    keys = {document.file: name} | {workflow.file: workflow.key for workflow in loaded.workflows}
    return validate(session.project, Chosen(loaded=loaded, keys=keys))


def _validate(session: Session, project: Project, selectors: Sequence[str], exclude: Sequence[str]) -> Validation:
    environment = project.environment(session.options.env)
    return validate(project, choose(project, environment, selectors, exclude=exclude, need_files=True))


def _projects(session: Session, selectors: Sequence[str]) -> Iterator[tuple[Project, Sequence[str]]]:
    """Selectors by the project that their path stands in; keys and globs mean the project around the user."""
    here = find_root(Path())
    roots = {str(path): find_root(path) for path in existing(selectors)}
    parts: dict[Path | None, list[str]] = {}
    for selector in selectors:
        root = roots.get(str(Path(selector)), here) if Path(selector).exists() else here
        parts.setdefault(root, []).append(selector)
    for root, part in (parts or {here: []}).items():
        yield (session.project if root == here else open_project(root or Path())), part
