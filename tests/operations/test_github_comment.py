"""One comment, kept up to date."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from werkzeug import Request, Response

from deployer.errors import NotAllowed
from deployer.operations.github_comment import Posted, Posting, marker, post, pull_request_of
from deployer.remote.errors import Rejected
from deployer.remote.github import GitHub, connect_github
from tests.remote.fakes import FakeClock
from tests.remote.github_server import REPOSITORY, FakeGitHub, serving

MARK = marker(".", "production")
Post = Callable[..., Posted]


@pytest.fixture
def github() -> FakeGitHub:
    return FakeGitHub()


@pytest.fixture
def client(github: FakeGitHub) -> Iterator[GitHub]:
    with serving(github) as url:
        made = connect_github(repository=REPOSITORY, token="ghs_run", api_url=url, clock=FakeClock())
        yield made
        made.close()


@pytest.fixture
def say(client: GitHub) -> Post:
    def call(text: str, mark: str = MARK, *, author: str | None = None, needed: bool = True) -> Posted:
        return post(client, 7, mark, lambda _limit: text, author=author, needed=needed)

    return call


def bodies(github: FakeGitHub) -> list[str]:
    return [comment.body for comment in github.comments]


def test_the_first_report_is_a_new_comment_and_the_next_one_takes_its_place(github: FakeGitHub, say: Post) -> None:
    assert say("one").what is Posting.CREATED
    posted = say("two")
    assert posted.what is Posting.UPDATED
    assert posted.url.endswith("/pull/7#issuecomment-1001")
    assert bodies(github) == [f"{MARK}\ntwo"]


def test_a_report_that_says_the_same_is_not_sent_again(github: FakeGitHub, say: Post) -> None:
    say("one\n\ntwo")
    github.comments[0].body = github.comments[0].body.replace("\n", "\r\n")
    github.heard.clear()
    assert say("one\n\ntwo\n").what is Posting.UNCHANGED
    assert not any(line.startswith("PATCH") for line in github.heard)


def test_environments_and_projects_have_a_comment_each(github: FakeGitHub, say: Post) -> None:
    marks = [marker(project, name) for project in (".", "team/a") for name in ("staging", "production")]
    for mark in (*marks, *marks):
        say("text", mark)
    assert bodies(github) == [f"{mark}\ntext" for mark in marks]


def test_a_marker_is_one_line_of_html_whatever_the_names_are() -> None:
    odd = marker("a-->\n<b>", "pro--duction\u2028 é")
    assert odd.isascii()
    assert odd.isprintable()
    assert odd.removeprefix("<!--").removesuffix("-->").count("-") == 0
    assert marker("a b", "c") != marker("a", "b c")


def test_a_comment_of_somebody_else_is_never_touched(github: FakeGitHub, say: Post) -> None:
    for login in ("octocat", "other[bot]", None):
        github.add(f"{MARK}\nfake", login=login)
    assert say("mine").what is Posting.CREATED
    assert bodies(github) == [f"{MARK}\nfake"] * 3 + [f"{MARK}\nmine"]


def test_a_comment_that_only_quotes_the_marker_is_not_it(github: FakeGitHub, say: Post) -> None:
    github.add(f"> {MARK}\n> old\n\nThanks!")
    github.add(f"See\n{MARK}")
    assert say("mine").what is Posting.CREATED


def test_a_person_with_a_token_of_their_own_updates_their_own_comment(github: FakeGitHub) -> None:
    github.add(f"{MARK}\nby Actions")
    mine = github.add(f"{MARK}\nold", login="octocat")
    with serving(github) as url:
        person = connect_github(repository=REPOSITORY, token="ghp_person", api_url=url)
        post(person, 7, MARK, lambda _limit: "new", author=None, needed=True)
        person.close()
    assert mine.body == f"{MARK}\nnew"
    assert bodies(github)[0] == f"{MARK}\nby Actions"


def test_an_app_of_ones_own_is_named(github: FakeGitHub, say: Post) -> None:
    mine = github.add(f"{MARK}\nold", login="acme-deployer[bot]")
    assert say("new", author="Acme-Deployer[bot]").what is Posting.UPDATED
    assert mine.body == f"{MARK}\nnew"


def test_an_app_that_nobody_named_keeps_one_comment_too(github: FakeGitHub) -> None:
    stranger = github.add(f"{MARK}\nfake", login="other[bot]")
    with serving(github) as url:
        app = connect_github(repository=REPOSITORY, token="ghs_app", api_url=url)
        github.bots["ghs_app"] = "acme-deployer[bot]"
        first = post(app, 7, MARK, lambda _limit: "one", author=None, needed=True)
        second = post(app, 7, MARK, lambda _limit: "two", author=None, needed=True)
        app.close()
    assert (first.what, second.what) == (Posting.CREATED, Posting.UPDATED)
    assert first.url == second.url
    assert bodies(github) == [stranger.body, f"{MARK}\ntwo"]


def test_without_changes_an_existing_comment_is_updated_and_none_is_created(github: FakeGitHub, say: Post) -> None:
    assert say("nothing", needed=False).what is Posting.NOT_NEEDED
    assert bodies(github) == []
    say("two changes")
    assert say("nothing", needed=False).what is Posting.UPDATED
    assert bodies(github) == [f"{MARK}\nnothing"]


def test_the_comment_is_found_on_a_late_page(github: FakeGitHub, say: Post) -> None:
    for number in range(230):
        github.add(f"discussion {number}", login="octocat")
    say("one")
    assert say("two").what is Posting.UPDATED
    assert len(github.comments) == 231


def test_of_two_comments_one_is_left(github: FakeGitHub, say: Post) -> None:
    first, second = github.add(f"{MARK}\na"), github.add(f"{MARK}\nb")
    say("new")
    assert github.comments == [first]
    assert second.body == f"{MARK}\nb"


def test_a_comment_that_is_deleted_meanwhile_is_made_again(github: FakeGitHub, say: Post) -> None:
    github.add(f"{MARK}\nold")

    def deleted_meanwhile(request: Request) -> Response | None:
        github.comments.clear()
        return None

    github.interference = [lambda _request: None, lambda _request: None, deleted_meanwhile]
    assert say("new").what is Posting.CREATED
    assert bodies(github) == [f"{MARK}\nnew"]


def test_a_lost_answer_makes_no_second_comment(github: FakeGitHub, say: Post) -> None:
    def done_and_lost(request: Request) -> Response | None:
        github.add(f"{MARK}\nnew")
        return Response(status=502)

    github.interference = [lambda _request: None, lambda _request: None, done_and_lost]
    assert say("new").what is Posting.CREATED
    assert bodies(github) == [f"{MARK}\nnew"]


def test_a_request_that_never_arrived_is_sent_again(github: FakeGitHub, say: Post) -> None:
    github.interference = [lambda _request: None, lambda _request: None, lambda _request: Response(status=502)]
    assert say("new").what is Posting.CREATED
    assert bodies(github) == [f"{MARK}\nnew"]


def test_the_whole_comment_with_its_marker_stays_within_the_limit(github: FakeGitHub, client: GitHub) -> None:
    post(client, 7, MARK, lambda limit: "x" * limit, author=None, needed=True)
    assert len(bodies(github)[0]) == 65_536


def test_where_the_server_finds_it_too_long_it_gets_less(github: FakeGitHub, client: GitHub) -> None:
    github.longest = 20_000
    post(client, 7, MARK, lambda limit: "x" * limit, author=None, needed=True)
    assert len(bodies(github)[0]) == 16_384
    github.longest = 100
    with pytest.raises(Rejected):
        post(client, 7, MARK, lambda limit: "y" * limit, author=None, needed=True)


def test_who_may_not_write_is_told(github: FakeGitHub, say: Post) -> None:
    github.may_write = False
    with pytest.raises(NotAllowed):
        say("new")


def test_the_pull_request_of_a_commit_is_the_one_merged_as_it(github: FakeGitHub, client: GitHub) -> None:
    merged: dict[str, object] = {"number": 9, "merged_at": "2026-01-01T00:00:00Z", "merge_commit_sha": "abcdef1"}
    other: dict[str, object] = {"number": 8, "merged_at": None, "merge_commit_sha": "abcdef1"}
    github.of_commit = {"abcdef1": [other, merged], "abcdef2": [other], "abcdef3": [other, other]}
    assert [pull_request_of(client, f"abcdef{n}") for n in range(1, 5)] == [9, 8, None, None]
