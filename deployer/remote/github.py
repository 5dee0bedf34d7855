"""GitHub's REST API, as far as a report needs it: comments of a pull request, and the pull request of a commit.

Documented at https://docs.github.com/en/rest: Issue comments, List pull requests associated with a commit, Get the
authenticated user, Using pagination in the REST API, Rate limits for the REST API.
"""

from __future__ import annotations

import random as chance
import re
from collections.abc import Callable, Iterator
from dataclasses import field
from typing import TYPE_CHECKING, TypeVar

from deployer.errors import ConfigurationError, NotAllowed
from deployer.record import record
from deployer.remote import reading
from deployer.remote.answer import Answer, Call, Method, UnusableError, encode, parse
from deployer.remote.errors import NotFound, UnusableAnswer
from deployer.remote.exchange import Exchange, Log
from deployer.remote.github_setback import GitHubJudge
from deployer.remote.limits import Clock, Limiter, Limits, SystemClock
from deployer.remote.masking import Mask
from deployer.remote.target import Address, check_key, read_address
from deployer.remote.wire import Wire, open_wire

if TYPE_CHECKING:
    import httpx

    from deployer.remote.gateway import Body

T = TypeVar("T")

DEFAULT_API_URL = "https://api.github.com"
API_VERSION = "2022-11-28"
TOKEN = "GITHUB_TOKEN"  # noqa: S105  # the variable's name
PER_PAGE = 100
"""The documented maximum."""
MOST_PAGES = 200
_REPOSITORY = re.compile(r"[\w.-]{1,100}/[\w.-]{1,100}", re.ASCII)
_LINK = re.compile(r"<([^<>]*)>\s*((?:;[^,<]*)*)")
LIMITS = Limits(budget_seconds=180.0, longest_wait=180.0)


@record
class Comment:
    """A comment of a pull request."""

    id: int
    author: str
    """The login; empty where the account is gone."""
    body: str = field(repr=False)
    url: str
    """Its page."""


@record
class PullRequest:
    """A pull request that a commit belongs to."""

    number: int
    merged: bool
    commit: str | None
    """What it was merged as."""


def check_api_url(url: str) -> Address:
    """Decide whether the token may be sent there: https anywhere, or this machine.

    Raises ConfigurationError.
    """
    address = read_address(url, name="GITHUB_API_URL", example=DEFAULT_API_URL)
    if not address.encrypted and not address.loopback:
        raise ConfigurationError(
            f"GITHUB_API_URL must begin with https://: the token would travel to {address.host} in the clear"
        )
    return address


def connect_github(
    *,
    repository: str,
    token: str | None,
    api_url: str = DEFAULT_API_URL,
    transport: httpx.BaseTransport | None = None,
    limits: Limits = LIMITS,
    clock: Clock | None = None,
    random: Callable[[], float] = chance.random,
    log: Log = lambda _line: None,
) -> GitHub:
    """Prepare a client for one repository; nothing is sent yet.

    Raises ConfigurationError for an address that the token must not go to, a token that is none, or a repository
    that is not `owner/name`.
    """
    address = check_api_url(api_url)
    if not _REPOSITORY.fullmatch(repository) or {".", ".."} & set(repository.split("/")):
        raise ConfigurationError(f"{repository[:80]!r} is not a repository", hint="Write owner/name.")
    if token is None:
        raise ConfigurationError(
            f"{TOKEN} is not set: GitHub needs a token for a comment",
            hint="In a workflow: `env: { GITHUB_TOKEN: ${{ github.token }} }`; elsewhere a token of your own.",
        )
    check_key(token, variable=TOKEN, hint="Copy the token again.")
    clock, mask = clock or SystemClock(), Mask(token, "(GitHub token)")
    wire = open_wire(
        base_url=address.url, api_key=token, limits=limits, proxies=not address.loopback, transport=transport,
        clock=clock, mask=mask,
        headers={"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": API_VERSION},
    )  # fmt: skip
    exchange = Exchange(
        send=wire.send, judge=GitHubJudge(host=address.host, mask=mask, budget=limits.budget_seconds),
        limiter=Limiter(limits, clock), attempts=limits.attempts, clock=clock, random=random, log=log, mask=mask,
    )  # fmt: skip
    return GitHub(wire=wire, exchange=exchange, address=address, repository=repository, mask=mask)


class GitHub:
    """One repository. Every method raises Unreachable, NotAllowed, NotFound, Rejected or (creating) Indeterminate."""

    def __init__(self, *, wire: Wire, exchange: Exchange, address: Address, repository: str, mask: Mask) -> None:
        self._wire = wire
        self._exchange = exchange
        self._address = address
        self._root = f"/repos/{repository}"
        self.mask = mask
        """Takes the token out of a text."""

    def close(self) -> None:
        """Close all connections."""
        self._wire.close()

    def login(self) -> str | None:
        """Whose token it is; None where it is no person's (a workflow's own token may not ask)."""
        try:
            return self._send("GET", "/user", "ask whose token it is", lambda answer: _login(parse(answer.content)))
        except (NotAllowed, NotFound) as error:
            if "HTTP 401" in str(error):
                raise
            return None

    def comments(self, number: int) -> Iterator[Comment]:
        """All comments of a pull request, the oldest first."""
        path: str | None = f"{self._root}/issues/{number}/comments?per_page={PER_PAGE}"
        purpose = f"list the comments of pull request {number}"
        for _ in range(MOST_PAGES):
            if path is None:
                return
            page, path = self._send("GET", path, purpose, self._page)
            yield from page
        raise UnusableAnswer(f"cannot {purpose}: the list does not end")

    def create_comment(self, number: int, body: str) -> Comment:
        """Add a comment. Raises Rejected (422) for a body that is too long."""
        return self._write("POST", f"{self._root}/issues/{number}/comments", f"comment on pull request {number}", body)

    def update_comment(self, comment: int, body: str) -> Comment:
        """Replace a comment's text."""
        return self._write("PATCH", f"{self._root}/issues/comments/{comment}", f"update comment {comment}", body)

    def delete_comment(self, comment: int) -> None:
        """Delete a comment."""
        path = f"{self._root}/issues/comments/{comment}"
        self._send("DELETE", path, f"delete comment {comment}", lambda _answer: None, repeatable=True)

    def pull_requests(self, commit: str) -> list[PullRequest]:
        """The pull requests that a commit belongs to."""
        if not re.fullmatch(r"[0-9a-f]{7,64}", commit):
            raise ConfigurationError(f"{commit[:80]!r} is not a commit")
        path = f"{self._root}/commits/{commit}/pulls?per_page={PER_PAGE}"
        purpose = f"find the pull request of commit {commit[:12]}"
        return self._send("GET", path, purpose, lambda answer: reading.each(parse(answer.content), _pull_request))

    def _write(self, method: Method, path: str, purpose: str, body: str) -> Comment:
        content = encode({"body": self.mask(body)})
        return self._send(
            method, path, purpose, lambda answer: _comment(parse(answer.content), "the answer"), content=content,
            repeatable=method == "PATCH",
        )  # fmt: skip

    def _send(
        self,
        method: Method,
        path: str,
        purpose: str,
        read: Callable[[Answer], T],
        *,
        content: bytes | None = None,
        repeatable: bool = False,
    ) -> T:
        call = Call(method=method, path=path, purpose=purpose, content=content, repeatable=repeatable)
        return self._exchange.call(call, read)

    def _page(self, answer: Answer) -> tuple[list[Comment], str | None]:
        return reading.each(parse(answer.content), _comment), self._next(answer.headers.get("link", ""))

    def _next(self, link: str) -> str | None:
        """The path of the next page (RFC 8288); the token follows no link to another place."""
        for url, parameters in _LINK.findall(link):
            if re.search(r';\s*rel\s*=\s*"?next"?\s*(;|$)', parameters, re.IGNORECASE):
                path = url.removeprefix(self._address.url)
                if path == url or not path.startswith("/") or not path.isascii() or not path.isprintable():
                    raise UnusableError("the link to the next page leads to another place")
                return str(path)
        return None


def _comment(value: object, where: str) -> Comment:
    source = reading.body(value, where)
    number, text, url = source.get("id"), source.get("body"), source.get("html_url")
    if not isinstance(number, int) or isinstance(number, bool):
        raise UnusableError(f"{where} has no id")
    return Comment(
        id=number,
        author=_login(source.get("user")) or "",
        body=text if isinstance(text, str) else "",
        url=url if isinstance(url, str) else "",
    )


def _login(value: object) -> str | None:
    login: object = value.get("login") if isinstance(value, dict) else None
    return login if isinstance(login, str) and login else None


def _pull_request(value: object, where: str) -> PullRequest:
    source: Body = reading.body(value, where)
    number, commit = source.get("number"), source.get("merge_commit_sha")
    if not isinstance(number, int) or isinstance(number, bool):
        raise UnusableError(f"{where} has no number")
    return PullRequest(
        number=number, merged=source.get("merged_at") is not None, commit=commit if isinstance(commit, str) else None
    )
