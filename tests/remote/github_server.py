"""GitHub's REST API on this machine, as far as its documentation describes what a report needs.

Issue comments: listed 30 a page (100 at most), the oldest first, with a `Link` header; a body of more than 65,536
characters is 422; who may not write gets 403, who may not look 404. Rate limits answer 403 or 429.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from werkzeug import Request, Response
from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

REPOSITORY = "acme/conversations"
LONGEST = 65_536
Interference = Callable[[Request], Response | None]


@dataclass
class Stored:
    """A comment."""

    id: int
    number: int
    login: str | None
    body: str


@dataclass
class FakeGitHub:
    """One repository and its pull requests."""

    comments: list[Stored] = field(default_factory=list)
    users: dict[str, str] = field(default_factory=lambda: {"ghp_person": "octocat"})
    """Login by token, of people; every other token is that of a workflow's run."""
    bots: dict[str, str] = field(default_factory=dict)
    """Login by token, of Apps that have one of their own: it is said of what they wrote, and not otherwise."""
    may_write: bool = True
    pull_requests: tuple[int, ...] = (7,)
    of_commit: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    longest: int = LONGEST
    interference: list[Interference] = field(default_factory=list)
    """Each is asked once, about one request, in turn."""
    heard: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    url: str = ""
    prefix: str = ""
    """What the address of an Enterprise server's API ends in."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        request.get_data()
        response = self._interfere(request) or self._answer(request)
        return response(environ, start_response)

    def _interfere(self, request: Request) -> Response | None:
        self.heard.append(f"{request.method} {request.full_path.rstrip('?')}")
        self.tokens.add(request.headers.get("Authorization", "").removeprefix("Bearer "))
        return self.interference.pop(0)(request) if self.interference else None

    def _answer(self, request: Request) -> Response:
        path = request.path.removeprefix(self.prefix)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token == "revoked":
            return error(401, "Bad credentials")
        if path == "/user":
            login = self.users.get(token)
            return answer(200, {"login": login}) if login else error(403, "Resource not accessible by integration")
        inside = path.removeprefix(f"/repos/{REPOSITORY}")
        if match := re.fullmatch(r"/issues/(\d+)/comments", inside):
            return self._of_issue(request, int(match[1]), token)
        if match := re.fullmatch(r"/issues/comments/(\d+)", inside):
            return self._one(request, int(match[1]))
        if match := re.fullmatch(r"/commits/([0-9a-f]+)/pulls", inside):
            return answer(200, self.of_commit.get(match[1], []))
        return error(404, "Not Found")

    def _of_issue(self, request: Request, number: int, token: str) -> Response:
        if number not in self.pull_requests:
            return error(404, "Not Found")
        if request.method == "GET":
            return self._page(request, [comment for comment in self.comments if comment.number == number])
        if refusal := self._refusal(request):
            return refusal
        login = self.users.get(token) or self.bots.get(token, "github-actions[bot]")
        return answer(201, self._shown(self.add(body(request), login=login, number=number)))

    def add(self, text: str, *, login: str | None = "github-actions[bot]", number: int = 7) -> Stored:
        """A comment that is there already."""
        identifier = max((comment.id for comment in self.comments), default=1000) + 1
        comment = Stored(id=identifier, number=number, login=login, body=text)
        self.comments.append(comment)
        return comment

    def _one(self, request: Request, identifier: int) -> Response:
        found = next((comment for comment in self.comments if comment.id == identifier), None)
        if found is None:
            return error(404, "Not Found")
        if refusal := self._refusal(request):
            return refusal
        if request.method == "DELETE":
            self.comments.remove(found)
            return Response(status=204)
        found.body = body(request)
        return answer(200, self._shown(found))

    def _refusal(self, request: Request) -> Response | None:
        if not self.may_write:
            return error(403, "Resource not accessible by integration")
        if request.method != "DELETE" and len(body(request)) > self.longest:
            detail = {"resource": "IssueComment", "code": "unprocessable", "field": "data",
                      "message": f"Body is too long (maximum is {self.longest} characters)"}  # fmt: skip
            return answer(422, {"message": "Validation Failed", "errors": [detail]})
        return None

    def _page(self, request: Request, comments: list[Stored]) -> Response:
        size, page = min(int(request.args.get("per_page", 30)), 100), int(request.args.get("page", 1))
        response = answer(200, [self._shown(comment) for comment in comments[(page - 1) * size : page * size]])
        if page * size < len(comments):
            address = f"{self.url}{request.path.removeprefix(self.prefix)}?per_page={size}&page="
            last = -(-len(comments) // size)
            response.headers["Link"] = f'<{address}{page + 1}>; rel="next", <{address}{last}>; rel="last"'
        return response

    def _shown(self, comment: Stored) -> dict[str, object]:
        page = f"https://github.com/{REPOSITORY}/pull/{comment.number}#issuecomment-{comment.id}"
        user = {"login": comment.login, "type": "User"} if comment.login else None
        return {"id": comment.id, "user": user, "body": comment.body, "html_url": page}


def body(request: Request) -> str:
    """The text of a comment that is sent."""
    return str(json.loads(request.get_data())["body"])


def answer(status: int, value: object, **headers: str) -> Response:
    """A JSON answer; underscores in names of headers are dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(json.dumps(value), status=status, content_type="application/json", headers=named)


def error(status: int, message: str, **headers: str) -> Response:
    """The API's error body."""
    return answer(status, {"message": message, "documentation_url": "https://docs.github.com/rest"}, **headers)


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        return


@contextlib.contextmanager
def serving(github: FakeGitHub) -> Iterator[str]:
    """The server for the time of a test; gives the API's address."""
    server = make_server("127.0.0.1", 0, github, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    github.url = f"http://127.0.0.1:{server.server_port}{github.prefix}"
    try:
        yield github.url
    finally:
        server.shutdown()
        thread.join(timeout=5)
        server.server_close()
