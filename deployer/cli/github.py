"""`deployer github`."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deployer.cli.options import global_options
from deployer.cli.session import Session, pass_session
from deployer.errors import ConfigurationError, NotAllowed

if TYPE_CHECKING:
    from deployer.operations.github_comment import Posted
    from deployer.remote.github import GitHub
    from deployer.report.markdown.document import Document

LARGEST_SUMMARY = 1024 * 1024
"""Bytes of a step's summary ("Adding a job summary" in GitHub's documentation of workflow commands)."""
LARGEST_FILE = 64 * 1024 * 1024


@click.group("github")
@global_options
def command() -> None:
    """Post reports to GitHub."""


@command.command("comment")
@click.argument("file", metavar="FILE")
@click.option("--pull-request", type=click.IntRange(min=1), metavar="N",
              help="The pull request; default: that of the workflow run's event.")  # fmt: skip
@click.option("--when", type=click.Choice(["always", "changes-only", "never"]), default="always", show_default=True,
              help="changes-only: no new comment where nothing changes. never: only the step summary.")  # fmt: skip
@click.option(
    "--author", metavar="LOGIN", help="Whose comment to update; default: the token's own, or that of Actions."
)
@click.option("--no-summary", is_flag=True,
              help="The step summary has the report already: add only why there is no comment.")  # fmt: skip
@global_options
@pass_session
def comment_command(
    session: Session, /, *, file: str, pull_request: int | None, when: str, author: str | None, no_summary: bool
) -> int:
    """Keep one comment of a pull request up to date with a report.

    FILE is what `--report comment=FILE` of another command wrote. There is one comment for each project and
    environment; it is found by a hidden line and its author. The token is GITHUB_TOKEN, and GITHUB_REPOSITORY,
    GITHUB_API_URL, GITHUB_EVENT_PATH and GITHUB_STEP_SUMMARY are read as GitHub Actions sets them. The step summary
    gets the same text; where the token may not comment, as in pull requests from forks, it is all there is.
    """
    document = _read(session, file)
    note = ""
    if when != "never":
        note = _posted(session, document, pull_request, author, needed=when == "always" or document.changes)
    if note or not no_summary:
        _summarize(session, replace(document, blocks=()) if no_summary else document, note)
    return 0


def _read(session: Session, file: str) -> Document:
    from deployer.report.markdown.document import read

    try:
        with Path(file).open("rb") as stream:
            data = stream.read(LARGEST_FILE + 1)
    except OSError as error:
        raise ConfigurationError(f"{file}: cannot be read: {error.strerror}") from error
    try:
        return session.masked_data(read(data.decode("utf-8")))
    except ValueError as error:
        raise ConfigurationError(
            f"{file}: not a report for a comment: {error}",
            hint="Make one: `deployer plan --report comment=FILE`.",
        ) from error


def _posted(session: Session, document: Document, pull_request: int | None, author: str | None, *, needed: bool) -> str:
    """Post, and say what came of it; where no comment is possible, why the summary has to do."""
    from deployer.operations.github_comment import marker, post

    environ = os.environ
    github = _connect(session, environ)
    try:
        number = pull_request or _number(github, environ)
        if number is None:
            if "GITHUB_STEP_SUMMARY" not in environ:
                raise ConfigurationError("there is no pull request to comment on", hint="Give `--pull-request N`.")
            session.say("no pull request belongs to this run: the report is in the step summary")
            return ""
        posted = post(
            github, number, marker(document.project, document.environment),
            lambda limit: _fitted(document, limit, environ), author=author, needed=needed,
        )  # fmt: skip
    except NotAllowed as error:
        if "HTTP 401" in str(error) or "GITHUB_STEP_SUMMARY" not in environ:
            raise
        session.say(f"note: {error}\n  {error.hint}\n  The report is in the step summary instead.")
        return "> ⚠️ The token may not comment on this pull request, so the report is only in this summary."
    finally:
        github.close()
    _tell(session, posted, number)
    return ""


def _tell(session: Session, posted: Posted, number: int) -> None:
    session.show(f"Pull request {number}: comment {posted.what}" + (f": {posted.url}" if posted.url else "") + "\n")


def _connect(session: Session, environ: Mapping[str, str]) -> GitHub:
    from deployer.remote.github import DEFAULT_API_URL, TOKEN, connect_github

    repository = environ.get("GITHUB_REPOSITORY", "")
    if not repository:
        raise ConfigurationError("GITHUB_REPOSITORY is not set", hint="Set it to owner/name.")
    github = connect_github(
        repository=repository, token=environ.get(TOKEN) or None,
        api_url=(environ.get("GITHUB_API_URL") or DEFAULT_API_URL).rstrip("/"),
        log=session.debug if session.options.debug else lambda _line: None,
    )  # fmt: skip
    session.options.masks.append(github.mask)
    return github


def _number(github: GitHub, environ: Mapping[str, str]) -> int | None:
    """The pull request of the event, or the one that the pushed commit came with."""
    from deployer.operations.github_comment import pull_request_of

    event = _event(environ.get("GITHUB_EVENT_PATH", ""))
    issue = event.get("issue")
    holders = [event.get("pull_request"), issue if isinstance(issue, dict) and "pull_request" in issue else None]
    for holder in holders:
        number = holder.get("number") if isinstance(holder, dict) else None
        if isinstance(number, int) and not isinstance(number, bool) and number > 0:
            return number
    commit = environ.get("GITHUB_SHA", "")
    if environ.get("GITHUB_EVENT_NAME") != "push" or not commit:
        return None
    return pull_request_of(github, commit)


def _event(path: str) -> Mapping[str, object]:
    if not path:
        return {}
    try:
        value = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigurationError(
            f"GITHUB_EVENT_PATH {path}: the event cannot be read: {type(error).__name__}"
        ) from error
    return value if isinstance(value, dict) else {}


def _fitted(document: Document, limit: int, environ: Mapping[str, str]) -> str:
    from deployer.report.markdown.document import fitted

    return fitted(document, limit, _shortened(environ))


def _shortened(environ: Mapping[str, str]) -> str:
    """The last line of a report that is not all there is, with a link to the run that has it."""
    server, repository, run = (environ.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    whole = "the whole report"
    if server.startswith("https://") and run.isdigit():
        whole = f"[{whole}]({server}/{repository}/actions/runs/{run})"
    return f"*Shortened to what fits here; {whole} is an artifact of the run.*"


def _summarize(session: Session, document: Document, note: str) -> None:
    """Add the report to the step's summary, in the space that is left there."""
    from deployer.report.markdown.document import fitted

    name = os.environ.get("GITHUB_STEP_SUMMARY", "")
    if not name:
        return
    path = Path(name)
    try:
        there = path.stat().st_size if path.exists() else 0
        head = ("\n" if there else "") + (f"{note}\n\n" if note else "")
        room = LARGEST_SUMMARY - there - len(head.encode())
        text = fitted(document, room, _shortened(os.environ), size=lambda part: len(part.encode()))
        if len(text.encode()) > room:
            session.say("note: the step summary is full; the report does not fit into it")
            return
        with path.open("a", encoding="utf-8", newline="\n") as stream:
            stream.write(head + text)
    except OSError as error:
        session.say(f"note: the step summary {path} cannot be written: {error.strerror}")
