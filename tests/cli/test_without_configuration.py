"""`--id UUID` where `deployer.yaml` is broken or missing: the environment names the account."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.oncall import Night, night
from tests.cli.program import within


@pytest.fixture
def call(tmp_path: Path) -> Iterator[Night]:
    with night(tmp_path) as found:
        yield found


def base_url(call: Night) -> str:
    return (call.here / "deployer.yaml").read_text().partition("baseUrl: '")[2].partition("'")[0]


def break_it(call: Night) -> None:
    (call.here / "deployer.yaml").write_text("version: 1\nenvironments: {live: [\n<<<<<<< HEAD\n")


def test_a_broken_configuration_says_what_stands_in_for_it(call: Night) -> None:
    definition = str(call.status()["id"])
    break_it(call)
    ran = call.run("rollback", "--id", definition, "--auto-approve")
    assert ran.code == 3
    assert "set DEPLOYER_ACCOUNT" in ran.err
    assert "git show HEAD:deployer.yaml" in ran.err


def test_the_account_from_the_environment_stands_in_for_a_broken_one(
    call: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    definition, url = str(call.status()["id"]), base_url(call)
    whole = (call.here / "deployer.yaml").read_text()
    break_it(call)
    monkeypatch.setenv("DEPLOYER_ACCOUNT", "acme")
    monkeypatch.setenv("DEPLOYER_BASE_URL", url)
    refused = call.run("rollback", "--id", definition, "--env", "live", "--auto-approve")
    assert refused.code == 6
    assert "environment `live` is protected and its name was not given" in refused.err
    ran = call.run("rollback", "--id", definition, "--env", "live", "--confirm", "live", "--format", "json")
    assert ran.code == 0, ran.err
    assert "deployer.yaml cannot be used" in ran.err
    (done,) = ran.json["done"]
    assert (done["key"], done["newVersion"], done["hold"]["kind"]) == ("reply", 4, "rollback")
    assert call.run("log", "--id", definition, "--env", "live").code == 0
    assert call.run("plan").code == 3  # whatever needs the files still needs this one
    (call.here / "deployer.yaml").write_text(whole)
    assert str(call.status()["hold"]).startswith("rollback: ")


def test_no_configuration_at_all(call: Night, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    definition, url = str(call.status()["id"]), base_url(call)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setenv("DEPLOYER_ACCOUNT", "acme")
    monkeypatch.setenv("DEPLOYER_BASE_URL", url)
    ran = within("disable", "--id", definition, "--auto-approve", "--reason", "2 a.m.", cwd=elsewhere)
    assert ran.code == 0, ran.err
    assert "going by DEPLOYER_ACCOUNT" in ran.err
    assert call.status()["status"] == "disabled"
    assert "2 a.m." in (elsewhere / "deployer.acme.log.jsonl").read_text()
    assert within("runs", "list", "--id", definition, cwd=elsewhere).code == 0
    assert within("show", "--id", definition, cwd=elsewhere).code == 0


def test_a_configuration_that_can_be_read_is_never_overruled(call: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    definition = str(call.status()["id"])
    monkeypatch.setenv("DEPLOYER_ACCOUNT", "other")
    monkeypatch.setenv("DEPLOYER_BASE_URL", "http://127.0.0.1:9")
    assert call.done("rollback", "--id", definition)["key"] == "reply"


@pytest.mark.parametrize(("account", "url", "message"), [
    ("acme", "https://example.com", "example.com"),
    ("../acme", "", "cannot name an environment"),
])  # fmt: skip
def test_what_the_environment_says_is_checked_like_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, account: str, url: str, message: str
) -> None:
    monkeypatch.setenv("DEPLOYER_API_KEY", "key-0123456789")
    monkeypatch.setenv("DEPLOYER_ACCOUNT", account)
    monkeypatch.setenv("DEPLOYER_BASE_URL", url)
    ran = within("disable", "--id", "5870442f-3ddd-4657-b74c-6e17308f5230", "--auto-approve", cwd=tmp_path)
    assert ran.code == 3
    assert message in ran.err
