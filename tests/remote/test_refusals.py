"""What people read when the server says no."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from deployer.errors import DeployerError, NotAllowed, Unreachable
from deployer.remote.errors import Indeterminate, NotFound, Rejected
from tests.remote.fakes import BODY, ID, Scene, Step, answer, complaint

Fault = Callable[[], httpx.Response]


def refused(*steps: Step) -> DeployerError:
    with pytest.raises(DeployerError) as end:
        Scene(*steps).client.update(ID, BODY)
    return end.value


def test_a_refused_body_shows_the_vendors_sentence_code_and_error_id() -> None:
    error = refused(complaint(400, 5001, "Workflow name is required."))
    assert isinstance(error, Rejected)
    assert str(error) == (
        f"cannot update definition {ID}: automation.8x8.com refuses the request: "
        "Workflow name is required. (HTTP 400, code 5001, error id e1e9961a)"
    )
    assert (error.status, error.code, error.detail, error.error_id) == (
        400,
        5001,
        "Workflow name is required.",
        "e1e9961a",
    )
    assert "deployer validate" in (error.hint or "")
    assert error.exit_code == 1


@pytest.mark.parametrize(
    "step", [lambda: answer(401), lambda: complaint(401, 1200, "no"), lambda: complaint(400, 1200, "no")]
)
def test_a_key_that_is_not_accepted_names_its_variable_and_account(step: Fault) -> None:
    error = refused(step())
    assert isinstance(error, NotAllowed)
    assert error.exit_code == 4
    assert "does not accept the API key" in str(error)
    assert error.hint == "Set DEPLOYER_API_KEY to a key from 8x8 Connect, API keys, of account acme."


@pytest.mark.parametrize(
    ("step", "hint"),
    [(lambda: answer(403), "accountId"), (lambda: complaint(403, 1201, "Account not in prepaid mode"), "ask 8x8")],
)
def test_a_key_that_may_not_do_this_says_what_to_check(step: Fault, hint: str) -> None:
    error = refused(step())
    assert isinstance(error, NotAllowed)
    assert "may not do this in account acme" in str(error)
    assert hint in (error.hint or "")


@pytest.mark.parametrize(
    ("status", "code", "hint"),
    [
        (400, 1000, "UUIDs"),
        (400, 1001, "subAccountId"),
        (400, 1002, "deployer validate"),
        (400, 1201, "ask 8x8"),
        (422, 5001, "deployer validate"),
    ],
)
def test_known_codes_come_with_a_remedy(status: int, code: int, hint: str) -> None:
    error = refused(complaint(status, code, "No."))
    assert isinstance(error, Rejected)
    assert hint in (error.hint or "")


@pytest.mark.parametrize(
    ("step", "known"),
    [
        (lambda: complaint(404, 1300, "Definition not found."), True),
        (lambda: complaint(400, 1300, "Definition not found."), True),
        (lambda: answer(404), False),
        (lambda: httpx.Response(404, content=b"<html>"), False),
    ],
)
def test_not_found_says_whether_the_api_itself_said_so(step: Fault, known: bool) -> None:
    error = refused(step())
    assert isinstance(error, NotFound)
    assert error.known_to_vendor is known


def test_a_proxy_that_wants_a_password_is_no_refusal_of_the_server() -> None:
    error = refused(answer(407))
    assert isinstance(error, Unreachable)
    assert "HTTPS_PROXY" in (error.hint or "")


def test_a_servers_failure_is_quoted_too() -> None:
    error = refused(complaint(500, 2000, "Internal server error"))
    assert isinstance(error, Indeterminate)
    assert "Internal server error (HTTP 500, code 2000, error id e1e9961a)" in str(error)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b'{"code": "x", "message": 7, "errorId": []}',
        b'{"code": true}',
        b'{"code": 1' + b"0" * 4000 + b"}",
        b"[" * 60_000,
        b"\xff\xfe",
        b"{",
        b"<html>",
        b"x" * 1_000_000,
    ],
)
def test_a_refusal_needs_no_sensible_body(content: bytes) -> None:
    error = refused(httpx.Response(400, content=content))
    assert isinstance(error, Rejected)
    assert error.code is None
    assert len(str(error)) < 600


def test_a_plain_text_refusal_is_quoted() -> None:
    assert "rejected by gateway policy 7 (HTTP 400)" in str(
        refused(httpx.Response(400, text="rejected by gateway policy 7"))
    )


def test_a_refusal_cannot_drive_the_terminal() -> None:
    error = refused(complaint(400, 5001, "a\x1b]0;evil\x07\r\n##[error]b\u202e" + "c" * 9999))
    assert not set(str(error)) & {"\x1b", "\x07", "\r", "\n", "\u202e"}
    assert len(str(error)) < 600


def test_a_refusal_whose_body_breaks_off_is_still_a_refusal() -> None:
    class Breaking(httpx.SyncByteStream):
        def __iter__(self) -> object:  # type: ignore[override]
            yield b'{"code": 5001'
            raise httpx.ReadError("reset")

    assert isinstance(refused(httpx.Response(400, stream=Breaking())), Rejected)
