"""Settings as a command line gives them."""

from __future__ import annotations

import dataclasses

import pytest

from deployer.emulator import Settings
from deployer.errors import ConfigurationError


def test_without_pairs_the_settings_are_the_schemas_reading() -> None:
    assert Settings.parse([]) == Settings()


def test_every_setting_can_be_given_by_name() -> None:
    pairs = [
        "offset=items",
        "list-disabled=true",
        "ids=inside",
        "sub-account-spelling=subaccountId",
        "normalise=true",
        "reuse-version-numbers=true",
        "list-delay=1.5",
        "delete-delay=0",
        "rate-limit=7",
        "rate-limit-form=header",
        "account-id-required=true",
        "start-disabled=false",
        "usage=object",
        "latency=0.25",
        "max-body=100",
        "speed=60",
        "allow-http=true",
        "sub-accounts=acme_sms,acme_voice",
        "numbers=6512345678@acme_voice:unhealthy",
        "balance=12.5",
        "currency=SGD",
        "sma-coverage=false",
    ]
    settings = Settings.parse(pairs)
    assert settings == Settings(
        offset="items",
        list_disabled=True,
        ids="inside",
        sub_account_spelling="subaccountId",
        normalise=True,
        reuse_version_numbers=True,
        list_delay=1.5,
        delete_delay=0,
        rate_limit=7,
        rate_limit_form="header",
        account_id_required=True,
        start_disabled=False,
        usage="object",
        latency=0.25,
        max_body=100,
        speed=60,
        allow_http=True,
        sub_accounts="acme_sms,acme_voice",
        numbers="6512345678@acme_voice:unhealthy",
        balance=12.5,
        currency="SGD",
        sma_coverage=False,
    )
    assert len(pairs) == len(dataclasses.fields(Settings)) == len(Settings.legal_values())
    assert Settings.parse(settings.pairs()) == settings


def test_only_what_differs_from_the_defaults_is_written_as_pairs() -> None:
    assert Settings().pairs() == ()
    assert Settings(normalise=True, rate_limit=3).pairs() == ("normalise=true", "rate-limit=3")


def test_speed_is_a_number_or_a_word() -> None:
    assert Settings.parse(["speed=instant"]).speed == "instant"
    assert Settings.parse(["speed=instant"]).pairs() == ("speed=instant",)
    assert Settings.parse(["speed=0.5"]).pairs() == ("speed=0.5",)


def test_names_may_have_underscores_and_the_last_of_a_name_wins() -> None:
    settings = Settings.parse(["rate_limit=3", "Rate-Limit = none", "list_disabled=True"])
    assert (settings.rate_limit, settings.list_disabled) == (None, True)


def test_an_unknown_name_is_refused_with_the_nearest_and_all_legal_ones() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.parse(["ofset=items"])
    assert str(caught.value) == "unknown emulator setting `ofset`; did you mean `offset`?"
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("Legal names: offset, list-disabled, ids, ")
    assert caught.value.exit_code == 3


def test_a_name_that_resembles_nothing_has_no_suggestion() -> None:
    with pytest.raises(ConfigurationError, match=r"^unknown emulator setting `xyzzy`$"):
        Settings.parse(["xyzzy=1"])


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("offset", "emulator setting `offset` has no value; write offset=VALUE, with pages or items"),
        ("offset=rows", "emulator setting `offset` cannot be `rows`; use pages or items"),
        ("normalise=yes", "emulator setting `normalise` cannot be `yes`; use true or false"),
        ("rate-limit=0", "emulator setting `rate-limit` cannot be `0`; use a whole number from 1, or none"),
        ("rate-limit=fast", "emulator setting `rate-limit` cannot be `fast`; use a whole number from 1, or none"),
        ("latency=-1", "emulator setting `latency` cannot be `-1.0`; use a number of seconds from 0 to 86400"),
        ("latency=nan", "emulator setting `latency` cannot be `nan`; use a number of seconds from 0 to 86400"),
        ("list-delay=1h", "emulator setting `list-delay` cannot be `1h`; use a number of seconds from 0 to 86400"),
        (
            "delete-delay=inf",
            "emulator setting `delete-delay` cannot be `inf`; use a number of seconds from 0 to 86400",
        ),
        ("speed=0", "emulator setting `speed` cannot be `0.0`; use a number from 0.001 to 1000000, or instant"),
        ("speed=fast", "emulator setting `speed` cannot be `fast`; use a number from 0.001 to 1000000, or instant"),
        ("max-body=0", "emulator setting `max-body` cannot be `0`; use a whole number from 1"),
    ],
)
def test_an_illegal_value_is_refused_with_the_legal_ones(pair: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.parse([pair])
    assert str(caught.value) == message


def test_settings_made_in_code_are_checked_too() -> None:
    with pytest.raises(ConfigurationError, match="rate-limit"):
        Settings(rate_limit=-1)
