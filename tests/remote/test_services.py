"""The vendor's other services: which host gets the key, and what their answers mean."""

from __future__ import annotations

import json

import httpx
import pytest

from deployer.errors import ConfigurationError, DeployerError
from deployer.remote.gateway import Balance, VirtualNumber
from deployer.remote.line import Opener
from deployer.remote.services import Neighbours
from deployer.remote.target import Target
from tests.remote.fakes import KEY, FakeClock, Script


def neighbours(script: Script, *, base_url: str = "https://automation.8x8.com", allowed: str = "") -> Neighbours:
    """The services beside an Automation API."""
    return Neighbours(
        Opener(
            target=Target(account="acme", base_url=base_url),
            api_key=KEY,
            transport=script,
            environ={"DEPLOYER_ALLOW_HOSTS": allowed},
            clock=FakeClock(),
        )
    )


def answer(value: object, status: int = 200) -> httpx.Response:
    return httpx.Response(status, content=json.dumps(value).encode())


def test_the_services_stand_beside_the_api_and_get_its_key() -> None:
    script = Script([answer({"balance": 12.5, "currency": "SGD"}), answer({"numbers": [{"msisdn": "6512345678"}]})])
    services = neighbours(script)
    assert services.balance() == Balance(amount=12.5, currency="SGD")
    assert services.virtual_numbers("acme voice") == [VirtualNumber(msisdn="6512345678")]
    assert [str(request.url) for request in script.requests] == [
        "https://sms.8x8.com/api/v1/accounts/acme/balance",
        "https://voice.8x8.com/api/v1/subaccounts/acme%20voice/numbers",
    ]
    assert all(request.headers["authorization"] == f"Bearer {KEY}" for request in script.requests)


def test_on_this_machine_they_are_below_the_address_of_the_api() -> None:
    script = Script([answer({"payload": {"msisdn": "6512345678"}})])
    services = neighbours(script, base_url="http://127.0.0.1:8808")
    assert services.virtual_number("acme", "6512345678") == VirtualNumber(msisdn="6512345678")
    [request] = script.requests
    assert str(request.url) == "http://127.0.0.1:8808/voice.8x8.com/api/v1/subaccounts/acme/numbers/6512345678"


@pytest.mark.parametrize("base_url", ["https://api.partner.example", "https://automation.eu.8x8.com"])
def test_beside_any_other_address_nobody_is_asked(base_url: str) -> None:
    script = Script([])
    services = neighbours(script, base_url=base_url, allowed="api.partner.example")
    with pytest.raises(ConfigurationError, match=r"nobody knows whether sms\.8x8\.com belongs to the same account"):
        services.balance()
    assert script.requests == []


@pytest.mark.parametrize("status", [400, 403])
def test_an_account_that_is_not_prepaid_has_no_balance(status: int) -> None:
    refusal = {"code": 1201, "message": "Account not in prepaid mode"}
    assert neighbours(Script([answer(refusal, status)])).balance() is None


def test_another_refusal_of_the_same_code_is_an_error() -> None:
    script = Script([answer({"code": 1201, "message": "Not for you"}, 400)])
    with pytest.raises(DeployerError, match="Not for you"):
        neighbours(script).balance()


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ({"statusCode": 1300, "statusMessage": "no"}, 404),
        ({"statusCode": 4, "statusMessage": "no"}, 400),
        ({"statusCode": 4}, 200),
    ],
)
def test_an_unknown_number_is_none_whatever_form_that_takes(value: object, status: int) -> None:
    assert neighbours(Script([answer(value, status)])).virtual_number("acme", "6512345678") is None


@pytest.mark.parametrize("value", [[], {"balance": "12"}, {"balance": True}, {}])
def test_what_is_no_balance_is_not_taken_for_one(value: object) -> None:
    with pytest.raises(DeployerError, match="cannot read the balance of account acme"):
        neighbours(Script([answer(value)])).balance()


def test_health_is_read_as_documented() -> None:
    entry = {
        "msisdn": "6512345678", "operationalStatus": "Active", "numberHealthCheckEnabled": True,
        "numberHealth": {"isHealthy": False, "status": "Down"},
    }  # fmt: skip
    [number] = neighbours(Script([answer({"totalNumbers": 1, "numbers": [entry]})])).virtual_numbers("acme")
    assert (number.status, number.checked, number.healthy, number.health) == ("Active", True, False, "Down")
