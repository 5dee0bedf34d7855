"""The API key stays out of everything that people read."""

from __future__ import annotations

import base64
import json
import traceback
from urllib.parse import quote, quote_plus

import httpx
import pytest

from deployer.errors import ConfigurationError, DeployerError
from deployer.remote.masking import MASK, Mask
from deployer.remote.target import Target
from tests.remote.fakes import BODY, ID, KEY, Scene, Step, answer, complaint, stored


@pytest.mark.parametrize("before", ["", "B", "Be", "Bearer ", "user:"])
@pytest.mark.parametrize("after", ["", "!", "!!", " and more"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_the_key_is_found_in_base64_wherever_it_begins(before: str, after: str, encode: type[bytes]) -> None:
    text = encode(f"{before}{KEY}{after}".encode()).decode()
    assert MASK in Mask(KEY)(text)
    assert not any(KEY[:8] in shown for shown in (text, Mask(KEY)(text)))


@pytest.mark.parametrize(
    "text", [KEY, f"Bearer {KEY}", quote(KEY, safe=""), quote_plus(KEY), json.dumps(KEY), f"a{KEY}b{KEY}c"]
)
def test_the_key_is_masked_as_it_is_and_escaped(text: str) -> None:
    masked = Mask(KEY)(text)
    assert MASK in masked
    assert KEY not in masked
    assert quote(KEY, safe="") not in masked


def test_without_a_key_nothing_is_masked() -> None:
    assert Mask(None)("Bearer abc") == "Bearer abc"


def test_a_short_key_does_not_mask_ordinary_words() -> None:
    assert Mask("test")("cannot list definitions") == "cannot list definitions"
    assert Mask("test")("Bearer test") == f"Bearer {MASK}"


ECHOES: list[Step] = [
    complaint(401, 1200, f"Key {KEY} is unknown"),
    complaint(400, 5001, f"{base64.b64encode(f'Bearer {KEY}'.encode()).decode()}"),
    complaint(500, 2000, quote(KEY, safe="")),
    answer(403, {"code": 1, "message": KEY, "errorId": KEY}),
    httpx.Response(400, text=f"Authorization: Bearer {KEY}"),
    httpx.Response(302, headers={"location": f"https://{KEY.lower()[:8]}.example.org/{KEY}"}),
    httpx.ReadError(f"header Bearer {KEY}"),
    httpx.ConnectError(f"b'{KEY}'"),
]


@pytest.mark.parametrize("echo", ECHOES)
def test_a_server_that_echoes_the_key_does_not_get_it_into_messages_or_log(echo: Step) -> None:
    scene = Scene(*[echo] * 5)
    with pytest.raises(DeployerError) as end:
        scene.client.update(ID, BODY)
    shown = "".join([*traceback.format_exception(end.value), end.value.hint or "", repr(end.value), *scene.log])
    assert KEY not in shown
    assert quote(KEY, safe="") not in shown
    assert base64.b64encode(f"Bearer {KEY}".encode()).decode() not in shown
    assert KEY not in repr(scene.client)


def test_a_key_that_turns_up_in_an_address_is_masked_in_the_log() -> None:
    scene = Scene(answer(200))
    scene.client.trigger({}, sub_account_id=KEY)
    assert scene.log == [
        f"POST /api/v1/accounts/acme/triggers/http_request?subAccountId={MASK} -> 200 in 0 ms (attempt 1)"
    ]


def test_a_key_in_the_place_of_the_account_id_is_refused_and_not_shown() -> None:
    with pytest.raises(ConfigurationError, match="accountId holds the API key") as end:
        Scene(target=Target(account=KEY))
    assert KEY not in f"{end.value}{end.value.hint}"


def test_the_log_has_one_line_a_try_with_neither_headers_nor_bodies() -> None:
    scene = Scene(httpx.ConnectError("refused"), answer(201, stored(name="Very private name")))
    scene.client.create({"definition": {"name": "Very private name"}, "trigger": "inbound_sms"})
    assert scene.log == [
        "POST /api/v1/accounts/acme/definitions -> no connection (refused) in 0 ms (attempt 1)",
        "POST /api/v1/accounts/acme/definitions -> 201 in 0 ms (attempt 2)",
    ]
