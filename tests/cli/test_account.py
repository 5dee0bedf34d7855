"""`deployer account`: what the account may use and has used."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployer.operations.usage import read_usage
from deployer.report.usage import render_text
from tests.cli.program import project, within

MESSAGE = '{"payload": {"source": "+6591234567"}}'


@pytest.mark.parametrize("form", ["list", "object"])
def test_usage_shows_what_is_allowed_used_and_what_more_costs(tmp_path: Path, form: str) -> None:
    config = f"version: 1\nenvironments:\n  local: {{emulator: {{usage: {form}}}, vars: {{sms: acme_sms}}}}\n"
    here = project(tmp_path, config=config)
    assert within("apply", "--auto-approve", cwd=here).code == 0
    (here / "message.json").write_text(MESSAGE)
    assert within("runs", "start", "reply", "--payload", "message.json", cwd=here).code == 0
    found = within("account", "usage", "--format", "json", cwd=here).json
    assert (found["allowed"], found["used"], found["left"]) == (10_000, 1, 9_999)
    assert (found["mayExceed"], found["overagePrice"]) == (True, 0.01)
    assert [month["used"] for month in found["history"]] == [1]
    text = within("account", "usage", cwd=here).out.splitlines()
    assert text[0] == "allowed:  10,000"
    assert text[3] == "overage:  0.01 an instance above that number"
    assert text[-1].split()[1] == "1"


def test_an_account_that_the_server_says_nothing_of_is_told_so() -> None:
    usage = read_usage([{"accountId": "acme"}], [{"accountId": "acme"}, {"executedWorkflowCount": 5}])
    text = render_text(usage)
    assert text.startswith("allowed:  the server does not say\nused:     the server does not say\n")
    assert text.endswith("????-??  5\n")
    assert usage.left is None


def test_an_account_without_overage_is_told_what_that_means() -> None:
    usage = read_usage([{"allowedWorkflowCount": 5, "executedWorkflowCount": 9, "allowedOverage": False}], [])
    assert usage.left == 0
    assert "overage:  not allowed: no instance starts above that number" in render_text(usage)


def test_time_zones_and_functions_come_as_json_too(tmp_path: Path) -> None:
    here = project(tmp_path)
    zones = within("account", "timezones", "--contains", "singapore", "--format", "json", cwd=here).json["timeZones"]
    assert [zone["id"] for zone in zones] == ["Singapore Standard Time"]
    functions = within("account", "functions", "--format", "json", cwd=here).json["functions"]
    assert "isTimeOfDayBetween" in [function["name"] for function in functions]
