"""Taking in a change is no reason to tidy a file."""

from __future__ import annotations

from deployer.source.as_written import as_written
from deployer.source.canonical import canonical


def test_a_builders_leftovers_server_fields_and_spellings_stay() -> None:
    raw: dict[str, object] = {
        "metadata": {"key": "a"},
        "subaccountId": "acme",
        "definition": {
            "id": "5ad2",
            "version": 3,
            "steps": [
                {
                    "stepType": "branch",
                    "id": "a",
                    "do": [],
                    "nextStepId": None,
                    "inputs": {},
                    "outputs": {"x": "{{1}}"},
                },
                {"stepType": "Wait", "id": "b", "inputs": {"duration": "1"}, "nextStepId": None},
            ],
        },
        "status": "enabled",
    }
    body = canonical(raw)
    assert as_written(raw, body) == raw
    changed = canonical(
        {
            "subAccountId": "acme_2",
            "status": "enabled",
            "definition": {
                "steps": [
                    {"stepType": "SMS", "id": "new", "inputs": {"text": "x"}},
                    {"stepType": "Wait", "id": "b", "inputs": {"duration": "2"}, "nextStepId": "a"},
                    {"stepType": "Branch", "id": "a"},
                ],
            },
        }
    )
    assert as_written(raw, changed) == {
        "metadata": {"key": "a"},
        "subaccountId": "acme_2",
        "definition": {
            "id": "5ad2",
            "version": 3,
            "steps": [
                {"stepType": "SMS", "id": "new", "inputs": {"text": "x"}},
                {"stepType": "Wait", "id": "b", "inputs": {"duration": "2"}, "nextStepId": "a"},
                {"stepType": "branch", "id": "a", "do": [], "nextStepId": None, "inputs": {}},
            ],
        },
        "status": "enabled",
    }


def test_what_holds_by_default_is_written_only_when_it_changes() -> None:
    raw: dict[str, object] = {"trigger": "inbound_sms", "definition": {"name": "n", "steps": []}}
    assert as_written(raw, canonical(raw)) == raw
    assert as_written(raw, {**canonical(raw), "status": "enabled"}) == {**raw, "status": "enabled"}


def test_the_order_of_keys_is_the_files() -> None:
    raw: dict[str, object] = {"status": "enabled", "trigger": "t", "definition": {"steps": [], "name": "n"}}
    body = {"definition": {"name": "m", "steps": []}, "subAccountId": "acme", "trigger": "t", "status": "disabled"}
    assert list(as_written(raw, body)) == ["status", "trigger", "definition", "subAccountId"]


def test_one_and_one_point_nought_are_the_same_and_stay_as_written() -> None:
    raw: dict[str, object] = {"status": "enabled", "limit": 1.0, "more": [2.0, "x"]}
    result = as_written(raw, {"status": "enabled", "limit": 1, "more": [2, "y"]})
    assert repr(result) == repr({"status": "enabled", "limit": 1.0, "more": [2.0, "y"]})
