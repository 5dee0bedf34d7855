"""One comment of a pull request that is kept up to date."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Protocol
from urllib.parse import quote

from deployer.errors import DeployerError
from deployer.record import record
from deployer.remote.errors import Indeterminate, NotFound, Rejected
from deployer.remote.github import Comment, PullRequest

LONGEST = 65_536
"""Characters of a comment, as the API's refusal of a longer one says."""
ACTIONS_BOT = "github-actions[bot]"
"""Who writes with the token of a workflow's run."""


class Comments(Protocol):
    """What of GitHub is needed."""

    def login(self) -> str | None:
        """Whose token it is; None where it is no person's."""

    def comments(self, number: int) -> Iterator[Comment]:
        """All comments, the oldest first."""

    def create_comment(self, number: int, body: str) -> Comment:
        """Add one."""

    def update_comment(self, comment: int, body: str) -> Comment:
        """Replace the text of one."""

    def delete_comment(self, comment: int) -> None:
        """Delete one."""

    def pull_requests(self, commit: str) -> list[PullRequest]:
        """Those that a commit belongs to."""


class Posting(StrEnum):
    """What became of the comment."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "already says so"
    NOT_NEEDED = "not needed"


@record
class Posted:
    """What became of the comment, and where it is."""

    what: Posting
    url: str = ""


def marker(project: str, environment: str) -> str:
    """The hidden first line of the comment of an environment and project."""

    def quoted(value: str) -> str:
        # Two dashes would end an HTML comment.
        return quote(value, safe="").replace("-", "%2D")

    return f"<!-- deployer report project={quoted(project)} environment={quoted(environment)} -->"


def pull_request_of(github: Comments, commit: str) -> int | None:
    """The number of the pull request that a commit came with: the one merged as it, else the only one."""
    found = github.pull_requests(commit)
    merged = [item for item in found if item.merged and item.commit == commit]
    chosen = merged or found
    return chosen[0].number if len(chosen) == 1 else None


def post(
    github: Comments,
    number: int,
    mark: str,
    body: Callable[[int], str],
    *,
    author: str | None,
    needed: bool,
) -> Posted:
    """Create or update the comment with that marker, or leave it as it is.

    `body` gives the text, shortened to so many characters. `author` is the login whose comments count as ours;
    default: the token's own, or that of Actions. Not `needed`: an existing comment is updated, but none is created.

    Raises what the API's client raises.
    """
    login = author or github.login() or ACTIONS_BOT
    mine = _mine(github, number, mark, login)
    if not mine and not needed:
        return Posted(what=Posting.NOT_NEEDED)
    for repeated in mine[1:]:  # two runs at once, or a lost answer
        _delete(github, repeated)
    return _shortening(
        lambda limit: _write(github, number, mark, login, mine, f"{mark}\n{body(limit - len(mark) - 1)}")
    )


def _mine(github: Comments, number: int, mark: str, login: str) -> list[Comment]:
    return [
        comment
        for comment in github.comments(number)
        if comment.author.lower() == login.lower() and comment.body.split("\n", 1)[0].strip() == mark
    ]


def _delete(github: Comments, comment: Comment) -> None:
    try:
        github.delete_comment(comment.id)
    except NotFound:
        return  # somebody was faster


def _write(github: Comments, number: int, mark: str, login: str, mine: list[Comment], body: str) -> Posted:
    if mine:
        if _same(mine[0].body, body):
            return Posted(what=Posting.UNCHANGED, url=mine[0].url)
        try:
            return Posted(what=Posting.UPDATED, url=github.update_comment(mine[0].id, body).url)
        except NotFound:
            mine.clear()  # deleted since the list was read
    created = _create(github, number, mark, login, body)
    if created.author.lower() in {login.lower(), ""}:
        return Posted(what=Posting.CREATED, url=created.url)
    return _in_place_of(github, number, mark, created, body)


def _in_place_of(github: Comments, number: int, mark: str, created: Comment, body: str) -> Posted:
    """Only what it wrote tells the name of an App of one's own. Its first comment stays, what came after it goes."""
    earlier = [comment for comment in _mine(github, number, mark, created.author) if comment.id != created.id]
    if not earlier:
        return Posted(what=Posting.CREATED, url=created.url)
    updated = github.update_comment(earlier[0].id, body)
    for repeated in (*earlier[1:], created):
        _delete(github, repeated)
    return Posted(what=Posting.UPDATED, url=updated.url)


def _create(github: Comments, number: int, mark: str, login: str, body: str) -> Comment:
    try:
        return github.create_comment(number, body)
    except Indeterminate:
        found = _mine(github, number, mark, login)
        return found[0] if found else github.create_comment(number, body)


def _same(one: str, other: str) -> bool:
    return [line.rstrip() for line in one.strip().splitlines()] == [
        line.rstrip() for line in other.strip().splitlines()
    ]


def _shortening(write: Callable[[int], Posted]) -> Posted:
    """Write; where the server counts differently and finds it too long, write less."""
    for limit in (LONGEST, LONGEST // 2, LONGEST // 4):
        try:
            return write(limit)
        except Rejected as error:
            if error.status != 422 or "too long" not in error.detail or limit == LONGEST // 4:
                raise
    raise DeployerError("a comment is refused at every length")
