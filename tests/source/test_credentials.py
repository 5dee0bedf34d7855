"""Credentials are found wherever definitions hold them, and nothing else is taken for one."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from deployer.finding import Path
from deployer.source.credentials import MASK, extract, find, find_all, mask, mask_text, secret_name, unique
from deployer.source.references import fill, resolve

# Put together here, so that no scanner takes this file for a leak.
HEX = "0123456789abcdef"
LETTERS = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"
JWT = "eyJ" + "hbGciOiJIUzI1NiJ9" + ".eyJ" + "zdWIiOiIxIn0" + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1g"
PEM = "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEowIBAAKCAQEA\nx+y/z==\n-----END RSA " + "PRIVATE KEY-----"
BASIC = base64.b64encode(b"user:swordfish").decode()
TOKENS = [
    JWT,
    PEM,
    "AKIA" + "IOSFODNN7ABCDEFG",
    "ghp_" + LETTERS,
    "github_pat_" + LETTERS,
    "glpat-" + LETTERS[:20],
    "xoxb-" + "1234567890-" + LETTERS[:20],
    "xapp-" + "1-A123-" + LETTERS[:20],
    "sk_live_" + LETTERS[:24],
    "whsec_" + LETTERS[:32],
    "SK" + HEX * 2,
    "SG." + LETTERS[:22] + "." + LETTERS + "-abcdef",
    "AIza" + LETTERS[:35],
    "npm_" + LETTERS,
    "pypi-" + "AgEI" + LETTERS * 2,
    "sk-proj-" + LETTERS,
    "shpat_" + HEX * 2,
    "xkeysib-" + HEX * 4 + "-" + LETTERS[:16],
    "123456789:" + "AA" + LETTERS[:33],
    "dapi" + HEX * 2,
    "pat-eu1-" + "12345678-1234-1234-1234-123456789abc",
]


def found(value: object, name: str = "text") -> list[str]:
    """The characters that are taken for credentials in one field."""
    assert isinstance(value, str)
    return [value[credential.part[0] : credential.part[1]] for credential in find_all({name: value})]


@pytest.mark.parametrize("token", TOKENS, ids=lambda token: token[:8])
def test_a_known_token_is_found_in_any_text(token: str) -> None:
    assert found(token) == [token]
    assert found(f"{{{{call('{token}')}}}}") == [token]
    assert found(f"use {token}, please") == [token]
    assert mask({"text": [f"use {token}!"]}) == {"text": [f"use {MASK}!"]}
    assert mask_text(f"refused: {token}\n") == f"refused: {MASK}\n"


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("Authorization", "Bearer abcdefgh", "abcdefgh"),
        ("authorization", "bearer your_bearer_token", "your_bearer_token"),
        ("Authorization", f"Basic {BASIC}", BASIC),
        ("Authorization", "ApiKey 12345678", "12345678"),
        ("Authorization", "Token abc-def-ghi", "abc-def-ghi"),
        ("Authorization", "CrmToken abc-def-ghi", "abc-def-ghi"),
        ("Authorization", "abcdefgh", "abcdefgh"),
        ("Authorization", "Bearer abc", "Bearer abc"),
        ("Proxy-Authorization", "Bearer abcdefgh", "abcdefgh"),
        ("X-Auth-Token", "Bearer abcdefgh", "abcdefgh"),
        ("Authorization", 'Digest username="a", response="b"', 'username="a", response="b"'),
        ("X-Api-Key", "abcdefgh", "abcdefgh"),
        ("apiKey", " abcdefgh\n", "abcdefgh"),
        ("api_key", "12345678-1234-1234-1234-123456789abc", "12345678-1234-1234-1234-123456789abc"),
        ("apikey", "abcdefgh", "abcdefgh"),
        ("Ocp-Apim-Subscription-Key", "abcdefgh", "abcdefgh"),
        ("token", "abcdefgh", "abcdefgh"),
        ("access_token", "abcdefgh", "abcdefgh"),
        ("refreshToken", "abcdefgh", "abcdefgh"),
        ("client_secret", "abcdefgh", "abcdefgh"),
        ("secret", "abcdefgh", "abcdefgh"),
        ("password", "correct horse battery", "correct horse battery"),
        ("dbPasswd", "swordfish", "swordfish"),
        ("pwd", "swordfish", "swordfish"),
        ("Cookie", "sid=abc; other=def", "sid=abc; other=def"),
        ("signature", HEX + HEX, HEX + HEX),
        ("key", "0a1b2c3d4e5f6a7b", "0a1b2c3d4e5f6a7b"),
        ("url", "https://user:swordfish@host.example/x", "swordfish"),
        ("url", "https://user:sw@rdfish@host.example/x", "sw@rdfish"),
        ("url", "https://user:pass@host.example", "user:pass"),
        ("url", "ftp://a:b@host.example", "ftp://a:b"),
        ("url", "https://0a1b2c3d4e5f6a7b@host.example", "0a1b2c3d4e5f6a7b"),
        ("url", "https://host.example/?x=1&api_key=abcdefgh&y=2", "abcdefgh"),
        ("url", "https://host.example/#access_token=abcdefgh", "abcdefgh"),
        ("url", "https://hooks.slack.com/services/T000/B000/" + LETTERS[:24], f"services/T000/B000/{LETTERS[:24]}"),
        ("body", "grant_type=password&password=swordfish", "swordfish"),
        ("body", '{"a": 1, "password": "sword\\"fish"}', 'sword\\"fish'),
        ("body", '"{\\"api_key\\": \\"abcdefgh\\"}"', "abcdefgh"),
        ("body", "{{ {password: 'swordfish'} }}", "swordfish"),
        ("body", '{"Authorization": "Bearer abcdefgh"}', "abcdefgh"),
        ("text", "send Bearer abc123def456 along", "abc123def456"),
        ("text", f"send Basic {BASIC} along", BASIC),
    ],
)
def test_the_secret_part_of_a_value_is_found(name: str, value: str, secret: str) -> None:
    assert found(value, name) == [secret]
    masked = mask({name: value})
    assert masked == {name: value.replace(secret, MASK)}
    assert mask(masked) == masked


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Authorization", "Bearer {{data.token}}"),
        ("Authorization", "{{'Bearer ' + data.token}}"),
        ("Authorization", "Bearer ${secret.CRM_TOKEN}"),
        ("Authorization", "${var.authorization}"),
        ("Authorization", "Bearer (secret CRM_TOKEN)"),
        ("Authorization", "Bearer (masked)"),
        ("Authorization", ""),
        ("password", "********"),
        ("password", "short"),
        ("token", "{{step.response.body.token}}"),
        ("token", "a text about tokens"),
        ("signature", "Best regards, the Acme team"),
        ("signature", "With_best_regards_2024_from_the_Acme_team"),
        ("key", "auto-reply-2024-summer-campaign"),
        ("key", "12345678-1234-1234-1234-123456789abc"),
        ("id", "12345678-1234-1234-1234-123456789abc"),
        ("source", "+6512345678"),
        ("subAccountId", "acme_Corp_SMS_2024"),
        ("subAccountId", "Acme8x8Automation1234567890"),
        ("text", "Reset your password: visit https://acme.example/reset?token={{data.token}} today"),
        ("text", "Your token is {{data.token}}. Never tell your password to anybody, not even to us."),
        ("text", "Basic troubleshooting for COVID-19; Bearer authentication; basic COVID19AB"),
        ("text", "mail a@b.example or see https://medium.example/@user?email=a@b.example"),
        ("text", "https://host.example:8443/path?page=2&sort=name#part"),
        ("text", "https://{{data.user}}:{{data.password}}@host.example/"),
        ("text", "{{data.payload.content.text == 'password' || data.token === 'abcdefgh'}}"),
        ("text", "Ask for the eyJ bus, the ghp_ desk or SK123; AKIA is a shop. sk-learn-and-more-for-everyone"),
        ("text", "Lorem ipsum dolor sit amet, consectetur adipiscing elit. 1234567890 " * 40),
        ("text", "-----BEGIN CERTIFICATE-----\nMIIEowIBAAKCAQEA\n-----END CERTIFICATE-----"),
        ("url", "https://acme.example/v1/accounts/acme_1/messages/12345678-1234-1234-1234-123456789abc"),
        ("tokenUrl", "https://acme.example/oauth/authorize"),
        ("secretary", "Mister Smith-Jones"),
    ],
)
def test_ordinary_values_are_no_credentials(name: str, value: str) -> None:
    assert found(value, name) == []
    assert mask({name: value}) == {name: value}


def test_a_definition_s_own_fields_are_no_credentials() -> None:
    body = {
        "id": "12345678-1234-1234-1234-123456789abc",
        "metadata": {"key": "order-status-2024-v2"},
        "definition": {
            "name": "Password reset",
            "steps": [
                {"id": "token", "stepType": "HttpRequest", "nextStepId": "password"},
                {"id": "password", "selectNextStep": {"token": "{{data.password == data.token}}", "secret": None}},
                {"id": "secret", "outputs": {"token": "{{step.response.token}}"}},
            ],
        },
    }
    assert find_all(body) == ()


def test_a_field_may_be_a_pair_of_name_and_value() -> None:
    headers = [{"name": "X-Api-Key", "value": "abcdefgh"}, {"name": "Accept", "value": "application/json"}]
    assert mask(headers) == [{"name": "X-Api-Key", "value": MASK}, {"name": "Accept", "value": "application/json"}]
    assert extract(headers[0], key="k")[1] == {"K_VALUE": "abcdefgh"}


def test_a_numeric_password_is_masked_too() -> None:
    assert mask({"password": 12345678, "pwd": True, "token": 1, "source": 6512345678}) == {
        "password": MASK,
        "pwd": True,
        "token": 1,
        "source": 6512345678,
    }


def test_finding_one_tells_where_and_what_but_not_the_value() -> None:
    path: Path = ("inputs", "headers", "Authorization")
    credential = find(path, "Bearer abcdefgh")
    assert credential is not None
    assert (credential.path, credential.part) == (path, (7, 15))
    assert "abcdefgh" not in repr(credential)
    assert find(path, "Bearer {{data.x}}") is None
    assert find(("tokens", "token", 0), "abcdefgh") is not None


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("GET /x?a=1&token=abc HTTP/1.1", "GET /x?a=1&token=(masked) HTTP/1.1"),
        ("password=x, user=y", "password=(masked), user=y"),
        ("authorization: Bearer abc123", "authorization: Bearer (masked)"),
        ("{'authorization': 'Bearer abcdefgh'}", "{'authorization': 'Bearer (masked)'}"),
        ('{"password": "hunter2!"}', '{"password": "(masked)"}'),
        ("password: swordfish", "password: (masked)"),
        ('Authorization: Digest username="a", response="b"\nnext', "Authorization: Digest (masked)\nnext"),
        ("Set-Cookie: sid=1; Path=/", "Set-Cookie: (masked)"),
        ("https://u:p@host/ failed", "(masked)@host/ failed"),
        ("https://user:swordfish@host/ failed", "https://user:(masked)@host/ failed"),
    ],
)
def test_a_log_line_shows_no_credentials(line: str, shown: str) -> None:
    assert mask_text(line) == shown
    assert mask_text(shown) == shown


@pytest.mark.parametrize(
    "line",
    [
        "api key: not accepted",
        "DEPLOYER_API_KEY: environment variable is missing",
        "token: (secret CRM_TOKEN)",
        "password=${secret.DB}, token={{data.token}}",
        "Bearer authentication required",
        'workflows/a.yaml:12:15: error[unknown-step-type]: unknown stepType "Wiat"; did you mean "Wait"?',
        "key=auto-reply version=2 id=12345678-1234-1234-1234-123456789abc",
        "= step token, at definition.steps[3].inputs.headers.Authorization",
    ],
)
def test_an_ordinary_message_stays_as_it_is(line: str) -> None:
    assert mask_text(line) == line


@pytest.mark.parametrize(
    "hostile",
    [
        "eyJaaaaaaaa-" * 20_000,
        "a://b:" * 20_000,
        "https://" + "a" * 200_000,
        'token="' * 30_000,
        "token='\\\"" * 20_000,
        "token:" + " " * 200_000,
        "?token" * 30_000,
        "-----BEGIN PRIVATE " + "KEY-----" * 9_000,
        "Bearer " * 30_000,
        "authorization: " * 20_000,
        "SG.aaaaaaaaaaaaaaaa" * 9_000,
        "a" * 300_000,
        "A1" * 100_000,
        "$" * 200_000,
    ],
    ids=lambda text: text[:12],
)
def test_no_text_takes_long(hostile: str) -> None:
    start = time.perf_counter()
    mask_text(hostile)
    mask({"key": hostile, "authorization": hostile})
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize(
    ("key", "step", "field", "name"),
    [
        ("auto-reply", "callCrm", ("inputs", "headers", "Authorization"), "AUTO_REPLY_CALL_CRM_AUTHORIZATION"),
        ("a", "b", ("x", "X-Api-Key"), "A_B_X_API_KEY"),
        ("a", "b", ("tokens", 3), "A_B_TOKENS"),
        ("über", "", ("url",), "UBER_URL"),
        ("2fa", "s", ("url",), "_2FA_S_URL"),
        ("приветствие", "…", (0,), "SECRET"),
        ("k" * 200, "s", ("url",), "K" * 60 + "_S_URL"),
    ],
)
def test_a_secret_is_named_after_its_place(key: str, step: str, field: Path, name: str) -> None:
    assert secret_name(key, step, field) == name


def test_a_name_that_is_taken_gets_a_number() -> None:
    assert unique("A", ()) == "A"
    assert unique("A", {"A", "A_2"}) == "A_3"


def step(step_id: str, **inputs: object) -> dict[str, object]:
    return {"id": step_id, "stepType": "HttpRequest", "inputs": inputs}


def test_credentials_leave_the_body_and_everything_else_is_escaped() -> None:
    body: dict[str, object] = {
        "definition": {
            "steps": [
                step("call", headers={"Authorization": "Bearer abcdefgh"}, text="costs ${var.x}", password="swordfish"),
                {"id": "branch", "do": [[step("inner", password="another-one", url="https://u:abcdefgh@host")]]},
            ]
        }
    }
    result, secrets = extract(body, key="crm")
    assert secrets == {
        "CRM_CALL_AUTHORIZATION": "abcdefgh",
        "CRM_CALL_PASSWORD": "swordfish",
        "CRM_INNER_PASSWORD": "another-one",
    }
    assert result == {
        "definition": {
            "steps": [
                step(
                    "call",
                    headers={"Authorization": "Bearer ${secret.CRM_CALL_AUTHORIZATION}"},
                    text="costs $${var.x}",
                    password="${secret.CRM_CALL_PASSWORD}",
                ),
                {
                    "id": "branch",
                    "do": [
                        [
                            step(
                                "inner",
                                password="${secret.CRM_INNER_PASSWORD}",
                                url="https://u:${secret.CRM_CALL_AUTHORIZATION}@host",
                            )
                        ]
                    ],
                },
            ]
        }
    }


def test_an_id_within_an_http_body_does_not_name_the_secret() -> None:
    body = {"definition": {"steps": [step("call", body=[{"id": "other", "token": "abcdefgh"}])]}}
    assert list(extract(body, key="k")[1]) == ["K_CALL_TOKEN"]


def test_known_secrets_keep_their_names_and_taken_names_are_left_alone() -> None:
    body = {"a": {"token": "abcdefgh"}, "b": {"token": "ijklmnop"}, "c": {"token": "qrstuvwx"}}
    known = {"abcdefgh": "CRM"}
    assert extract(body, key="k", known=known.get, taken=["K_TOKEN"])[1] == {
        "CRM": "abcdefgh",
        "K_TOKEN_2": "ijklmnop",
        "K_TOKEN_3": "qrstuvwx",
    }


NAMES = st.sampled_from(
    ["Authorization", "token", "password", "key", "url", "text", "value", "name", "id", "inputs", "steps"]
)
PIECES = st.sampled_from(
    ["$", "$$", "${var.a}", "${secret.", "${secret.B}", "${file.c}", "}", "{{", "}}", "Bearer ", "abcdefgh1", " ",
     "https://", "u:", "@h/", "?token=", "&", '{"password": "', '"', "\\", "(masked)", "(secret X)", "\n", TOKENS[3],
     TOKENS[2], PEM[:30], "é😀", "token", "x"]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=8).map("".join) | st.text(max_size=12)
JSON = st.recursive(
    TEXTS | st.none() | st.booleans() | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(NAMES, JSON, max_size=4))
@example({"token": "$abcdefgh1"})
@example({"text": f"${{var.{TOKENS[3]}}}"})
@example({"password": "$${secret.B}", "text": f"$${{secret.B}}{TOKENS[3]}$"})
@example({"url": "https://u:$abcdefgh1@h/?token=$${abcdefgh"})
@settings(max_examples=300, deadline=None)
def test_resolving_and_filling_an_extracted_body_gives_the_original(body: Mapping[str, object]) -> None:
    result, secrets = extract(body, key="k")
    assert fill(resolve(result, {}).template, secrets.__getitem__) == body
    assert all(len(value) >= 8 for value in secrets.values())
    assert resolve(result, {}).secrets.keys() == secrets.keys()


@given(st.dictionaries(NAMES, JSON, max_size=4))
@settings(max_examples=300, deadline=None)
def test_what_is_masked_or_extracted_holds_no_credential_any_more(body: Mapping[str, object]) -> None:
    assert find_all(mask(body)) == ()
    result, secrets = extract(body, key="k")
    assert len(secrets) <= len(find_all(body))
    assert find_all(result) == ()


@pytest.mark.parametrize(
    "text",
    ["Basic \u017fecretsecret", "basic abcdefgh\u212a", "ba\u017fic c2VjcmV0OnNlY3JldA==", "Bearer \u212aabcdefgh1"],
)
def test_letters_that_only_look_like_others_break_nothing(text: str) -> None:
    assert find_all({"text": text}) == ()
