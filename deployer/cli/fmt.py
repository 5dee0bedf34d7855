"""`deployer fmt`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from deployer.cli.flags import read_flags, selection
from deployer.cli.options import global_options
from deployer.cli.session import Session, pass_session
from deployer.errors import ConfigurationError
from deployer.operations.fmt import Formatted, format_documents
from deployer.operations.rewrite import write_all
from deployer.operations.selection import by_project, choose
from deployer.record import record
from deployer.report import rewrites as report
from deployer.source.document import parse_bytes
from deployer.source.project import Project


@record
class Request:
    """What the flags ask for."""

    selectors: tuple[str, ...]
    exclude: tuple[str, ...]
    check: bool
    diff: bool
    stdin_name: str
    changed_files: bool

    @property
    def writes(self) -> bool:
        """Whether files may change."""
        return not (self.check or self.diff)


@click.command("fmt")
@selection
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 when a file would change.")
@click.option("--diff", is_flag=True, help="Show what would change, and write nothing.")
@click.option("--stdin-name", default="stdin.yaml", show_default=True, metavar="FILE", help="What `-` is called.")
@click.option("--changed-files", is_flag=True, help="SEL are changed files: format the workflows among them.")
@global_options
@pass_session
def command(session: Session, /, **flags: object) -> int:
    """Write workflow files in one canonical layout.

    SEL is a workflow's key, a path, or a glob of either; `-` reads stdin and writes stdout. Comments are kept, and
    no file comes to mean something else. A file with an error stays as it is, and the exit code is 1.
    """
    request = read_flags(Request, flags)
    if "-" in request.selectors:
        return _stdin(session, request)
    parts = list(_formatted(request))
    if request.writes:
        for project, part in parts:
            write_all(part.rewrites, inside=project.root)
    whole = Formatted(
        rewrites=tuple(rewrite for _, part in parts for rewrite in part.rewrites),
        left=tuple(left for _, part in parts for left in part.left),
    )
    for reason in report.reasons(whole):
        session.say(reason)
    _show(session, request, whole)
    return 1 if whole.broken or (request.check and whole.changed) else 0


def _show(session: Session, request: Request, formatted: Formatted) -> None:
    if session.json:
        session.show(report.render_json(formatted))
    elif request.diff:
        session.show(report.render_diff(formatted.rewrites, color=session.color))
        session.say(report.summary(formatted, check=True))
    else:
        session.show(report.render_text(formatted, check=request.check))


def _formatted(request: Request) -> Iterator[tuple[Project, Formatted]]:
    if request.changed_files and not request.selectors:
        return
    for project, selectors in by_project(request.selectors):
        few = request.changed_files
        chosen = choose(project, None, () if few else selectors, exclude=request.exclude, need_files=not few)
        named = {Path(selector).resolve() for selector in selectors}
        documents = (item for item in chosen.documents if not few or Path(item.file).resolve() in named)
        yield project, format_documents(documents)


def _stdin(session: Session, request: Request) -> int:
    if request.selectors != ("-",):
        raise ConfigurationError("`-` is stdin; it goes with no other file")
    document = parse_bytes(sys.stdin.buffer.read(), request.stdin_name)
    formatted = format_documents([document])
    for reason in report.reasons(formatted):
        session.say(reason)
    if session.json or not request.writes:
        _show(session, request, formatted)
    else:
        # What an editor puts back: the text itself, as bytes, so that no line end changes on the way.
        text = formatted.rewrites[0].after if formatted.rewrites else document.text
        sys.stdout.buffer.write(text.encode("utf-8"))
    return 1 if formatted.broken or (request.check and formatted.changed) else 0
