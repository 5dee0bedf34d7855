"""An account's own functions and time zones take the place of the built-in lists."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deployer.errors import ConfigurationError
from deployer.lint.account import read_functions, read_time_zones
from deployer.lint.check import check_one
from deployer.lint.settings import lint_settings
from deployer.source.document import parse
from deployer.source.load import load_workflow

WORKFLOW = """\
trigger: inbound_sms
status: enabled
definition:
  name: Account lists
  steps:
    - id: choose
      stepType: Branch
      selectNextStep:
        reply: "{{CONDITION}}"
        other: null
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme, destination: "{{data.payload.source}}", text: Hello }
    - id: other
      stepType: SMS
      inputs: { subAccountId: acme, destination: "{{data.payload.source}}", text: Bye }
"""


def rules_of(condition: str, functions: Path | None = None, zones: Path | None = None) -> set[str]:
    settings = lint_settings(
        {},
        functions=read_functions(functions, functions.name) if functions else None,
        time_zones=read_time_zones(zones, zones.name) if zones else None,
    )
    workflow = load_workflow(parse(WORKFLOW.replace("CONDITION", condition), "a.yaml"))
    return {finding.rule for finding in check_one(workflow, settings=settings)} - {"description-missing"}


def test_a_function_that_only_this_account_has(tmp_path: Path) -> None:
    path = tmp_path / "functions.json"
    own = {"name": "isHoliday", "example": "isHoliday('SG')", "parameters": [{"name": "country", "required": True}]}
    path.write_text(json.dumps({"version": 1, "functions": [own]}))
    assert "unknown-function" in rules_of("isHoliday('SG')")
    assert rules_of("isHoliday('SG')", path) == set()
    assert "wrong-argument-count" in rules_of("isHoliday()", path)
    assert "unknown-function" in rules_of("isDayOfWeek(data.triggeredAt, 'Monday')", path)


def test_the_apis_own_answer_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "zones.json"
    path.write_text(json.dumps([{"id": "Mars Standard Time", "name": "Olympus Mons"}]))
    condition = "isTimeOfDayBetween(data.triggeredAt, '09:00', '18:00', 'ZONE')"
    assert "time-zone-unknown" in rules_of(condition.replace("ZONE", "Mars Standard Time"))
    assert "time-zone-unknown" not in rules_of(condition.replace("ZONE", "Mars Standard Time"), zones=path)
    assert "time-zone-unknown" in rules_of(condition.replace("ZONE", "Singapore Standard Time"), zones=path)


@pytest.mark.parametrize("text", ["", "{}", "[]", "[1]", '{"functions": {}}', '[{"parameters": 1}]', "[" * 9999])
def test_a_file_that_is_no_such_list_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "functions.json"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=r"functions\.json"):
        read_functions(path, path.name)
