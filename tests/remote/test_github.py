"""GitHub's API over real HTTP, good-natured and not."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from werkzeug import Request, Response

from deployer.errors import ConfigurationError, NotAllowed, Unreachable
from deployer.remote.errors import Indeterminate, NotFound, RateLimitExhausted, Rejected, UnusableAnswer
from deployer.remote.github import GitHub, check_api_url, connect_github
from deployer.remote.github_setback import asked_wait
from tests.remote.fakes import START, FakeClock
from tests.remote.github_server import REPOSITORY, FakeGitHub, answer, error, serving

TOKEN = "ghs_0123456789abcdef"
Connect = Callable[[], GitHub]


@pytest.fixture
def github() -> FakeGitHub:
    return FakeGitHub()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def client(github: FakeGitHub, clock: FakeClock) -> Iterator[GitHub]:
    with serving(github) as url:
        made = connect_github(repository=REPOSITORY, token=TOKEN, api_url=url, clock=clock, random=lambda: 0.5)
        yield made
        made.close()


def test_all_pages_of_comments_are_read_in_their_order(github: FakeGitHub, client: GitHub) -> None:
    for number in range(250):
        github.add(f"comment {number}")
    assert [comment.body for comment in client.comments(7)] == [f"comment {number}" for number in range(250)]
    assert [line.partition("?")[2] for line in github.heard] == [
        "per_page=100", "per_page=100&page=2", "per_page=100&page=3",
    ]  # fmt: skip


def test_a_comment_of_an_account_that_is_gone_has_no_author(github: FakeGitHub, client: GitHub) -> None:
    github.add("hello", login=None)
    assert [comment.author for comment in client.comments(7)] == [""]


@pytest.mark.parametrize(
    "link",
    [
        '<https://evil.example/repos/x?page=2>; rel="next"',
        '<http://127.0.0.1:1/repos/x?page=2>; rel="next"',
        '<{url}.evil.example/x>; rel="next"',
        "<{url}@evil.example/x>; rel=next",
        '<//evil.example/x>; rel="next"',
    ],
)
def test_the_token_follows_no_link_to_another_place(github: FakeGitHub, client: GitHub, link: str) -> None:
    github.interference = [lambda _request: answer(200, [], Link=link.format(url=github.url))]
    with pytest.raises(UnusableAnswer, match="leads to another place"):
        list(client.comments(7))
    assert len(github.heard) == 1


def test_a_redirect_is_not_followed(github: FakeGitHub, client: GitHub) -> None:
    github.interference = [lambda _request: Response(status=301, headers={"Location": "https://evil.example/"})]
    with pytest.raises(UnusableAnswer, match="redirects are not followed") as caught:
        list(client.comments(7))
    assert "renamed" in (caught.value.hint or "")
    assert len(github.heard) == 1


def test_the_login_is_the_tokens_own_and_none_for_a_workflows_token(github: FakeGitHub, client: GitHub) -> None:
    assert client.login() is None
    github.users[TOKEN] = "octocat"
    assert client.login() == "octocat"


def test_a_token_that_is_not_accepted_is_said_and_not_shown() -> None:
    with serving(FakeGitHub()) as url:
        client = connect_github(repository=REPOSITORY, token="revoked", api_url=url)
        with pytest.raises(NotAllowed, match=r"does not accept the token: Bad credentials \(HTTP 401\)"):
            client.login()
        client.close()


def test_what_may_not_be_done_is_not_tried_twice(github: FakeGitHub, client: GitHub) -> None:
    github.may_write = False
    with pytest.raises(NotAllowed, match="Resource not accessible by integration") as caught:
        client.create_comment(7, "hello")
    assert "pull-requests: write" in (caught.value.hint or "")
    assert len(github.heard) == 1


def test_a_pull_request_that_is_not_there_is_not_found(client: GitHub) -> None:
    with pytest.raises(NotFound, match="cannot list the comments of pull request 8: Not Found") as caught:
        list(client.comments(8))
    assert "GITHUB_REPOSITORY" in (caught.value.hint or "")


def test_a_body_that_is_too_long_is_told_with_githubs_words(client: GitHub) -> None:
    with pytest.raises(Rejected, match=r"Validation Failed: Body is too long \(maximum is 65536 characters\)"):
        client.create_comment(7, "x" * 65_537)


def limited(status: int, message: str = "API rate limit exceeded", **headers: str) -> Callable[[Request], Response]:
    return lambda _request: error(status, message, **headers)


RESET = str(int(START.timestamp()) + 40)


@pytest.mark.parametrize(
    ("refusal", "least", "most"),
    [
        (limited(403, "You have exceeded a secondary rate limit.", Retry_After="17"), 17, 18),
        (limited(429, "slow down", Retry_After="17"), 17, 18),
        (limited(403, X_RateLimit_Remaining="0", X_RateLimit_Reset=RESET), 41, 42),
        (limited(403, "You have exceeded a secondary rate limit. Please wait."), 60, 61),
        (limited(429, "Too many requests"), 60, 61),
        (limited(503, "Service unavailable", Retry_After="5"), 5, 6),
    ],
    ids=["secondary", "429", "primary", "secondary without a time", "429 without a time", "503"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_rate_limit_is_waited_for_as_long_as_it_asks(
    github: FakeGitHub, client: GitHub, clock: FakeClock, refusal: Callable[[Request], Response],
    least: float, most: float, method: str,
) -> None:  # fmt: skip
    github.interference = [refusal]
    if method == "GET":
        assert list(client.comments(7)) == []
    else:
        assert client.create_comment(7, "hello").author == "github-actions[bot]"
    assert least <= sum(clock.slept) <= most
    assert len(github.heard) == 2


def test_a_rate_limit_that_outlasts_the_budget_ends_the_run_at_once(
    github: FakeGitHub, client: GitHub, clock: FakeClock
) -> None:
    github.interference = [
        limited(403, X_RateLimit_Remaining="0", X_RateLimit_Reset=str(int(START.timestamp()) + 3000))
    ]
    with pytest.raises(RateLimitExhausted, match="wants 3001 seconds of waiting, and a run allows 180"):
        list(client.comments(7))
    assert clock.slept == []


def test_rate_limits_again_and_again_end_with_the_budget(github: FakeGitHub, client: GitHub, clock: FakeClock) -> None:
    github.interference = [limited(429, Retry_After="50")] * 9
    with pytest.raises(RateLimitExhausted, match="more waiting than the 180 seconds"):
        list(client.comments(7))
    assert sum(clock.slept) <= 180


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_reading_and_updating_outlive_a_server_error(github: FakeGitHub, client: GitHub, status: int) -> None:
    comment = github.add("old")
    github.interference = [lambda _request: Response(status=status)] * 2
    assert [item.body for item in client.comments(7)] == ["old"]
    github.interference = [lambda _request: Response(status=status)] * 2
    assert client.update_comment(comment.id, "new").body == "new"


def test_creating_is_not_repeated_when_nobody_knows_what_happened(github: FakeGitHub, client: GitHub) -> None:
    github.interference = [lambda _request: Response(status=502)]
    with pytest.raises(Indeterminate):
        client.create_comment(7, "hello")
    assert len(github.heard) == 1


def test_a_server_that_is_broken_for_good_is_unreachable(github: FakeGitHub, client: GitHub) -> None:
    github.interference = [lambda _request: Response(status=500)] * 9
    with pytest.raises(Unreachable, match="HTTP 500"):
        list(client.comments(7))
    assert len(github.heard) == 5


@pytest.mark.parametrize("content", ["<html>", "[1]", '[{"id": "x"}]', '{"a": 1}', "[", ""])
def test_an_answer_that_is_not_githubs_is_told(github: FakeGitHub, client: GitHub, content: str) -> None:
    github.interference = [lambda _request: Response(content, status=200)] * 9
    with pytest.raises(UnusableAnswer, match="cannot list the comments"):
        list(client.comments(7))


def test_the_pull_requests_of_a_commit(github: FakeGitHub, client: GitHub) -> None:
    github.of_commit["abcdef1"] = [{"number": 7, "merged_at": "2026-01-01T00:00:00Z", "merge_commit_sha": "abcdef1"}]
    found = client.pull_requests("abcdef1")
    assert [(item.number, item.merged, item.commit) for item in found] == [(7, True, "abcdef1")]
    assert client.pull_requests("1234567") == []
    with pytest.raises(ConfigurationError):
        client.pull_requests("../../user")


def test_the_token_stands_in_no_comment(github: FakeGitHub, client: GitHub) -> None:
    client.create_comment(7, f"a {TOKEN} b")
    assert github.comments[0].body == "a (GitHub token) b"


@pytest.mark.parametrize("url", ["https://api.github.com", "https://ghe.acme.example/api/v3", "http://127.0.0.1:9/api"])
def test_the_token_goes_to_https_and_to_this_machine(url: str) -> None:
    assert check_api_url(url).url == url


@pytest.mark.parametrize(
    "url",
    ["http://ghe.acme.example/api/v3", "https://user:pw@api.github.com", "ftp://x", "api.github.com", "https://x/../y",
     "https://api.github.com?x=1", "https://api.github.com#x", "http://127.1/", "https://ü.example"],
)  # fmt: skip
def test_the_token_goes_nowhere_else(url: str) -> None:
    with pytest.raises(ConfigurationError, match="GITHUB_API_URL"):
        check_api_url(url)


@pytest.mark.parametrize("repository", ["", "acme", "acme/a/b", "../x", "acme/..", "acme/ü", "acme/a b"])
def test_a_repository_is_owner_and_name(repository: str) -> None:
    with pytest.raises(ConfigurationError, match="is not a repository"):
        connect_github(repository=repository, token=TOKEN)


@pytest.mark.parametrize("token", [None, "", "a b", "x\n"])
def test_a_token_that_is_none_is_told_before_anything_is_sent(token: str | None) -> None:
    with pytest.raises(ConfigurationError, match="GITHUB_TOKEN"):
        connect_github(repository=REPOSITORY, token=token)


def test_what_is_no_rate_limit_is_not_waited_for() -> None:
    assert asked_wait(403, {}, "Resource not accessible by integration", START) is None
    assert asked_wait(403, {"x-ratelimit-remaining": "12", "x-ratelimit-reset": RESET}, "no", START) is None
    assert asked_wait(404, {"retry-after": "5"}, "", START) is None
