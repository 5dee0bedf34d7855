"""SARIF 2.1.0: valid by the standard's own schema, complete by GitHub's rules."""

from __future__ import annotations

import importlib.metadata
import json
import pickletools
import sqlite3
from collections.abc import Mapping
from typing import Any

import pytest
from jsonschema import Draft7Validator

from deployer.finding import Finding, Severity
from deployer.lint.registry import documented_rules
from deployer.report.sarif import FINGERPRINT, render
from tests.report.examples import HOSTILE, finding

OASIS = "https://raw.githubusercontent.com/oasis-tcs/sarif-spec/master/Schemata/sarif-schema-2.1.0.json"


@pytest.fixture(scope="module")
def schema() -> Draft7Validator:
    """The schema that OASIS publishes, from the copy of it in the package `schemastore`.

    The package keeps HTTP answers as pickles in a database and asks the network when they are old, so
    the answer is taken from the database, and not unpickled.
    """
    database = importlib.metadata.distribution("schemastore").locate_file("schemastore/cache.sqlite")
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        marker = f'"$id": "{OASIS}"'.encode()
        rows = connection.execute("select value from responses where instr(value, ?)", (marker,)).fetchall()
    connection.close()
    (answer,) = rows
    bodies = [value for _, value, _ in pickletools.genops(answer[0]) if isinstance(value, bytes) and marker in value]
    Draft7Validator.check_schema(found := json.loads(bodies[0]))
    return Draft7Validator(found)


def log(*findings: Finding) -> Any:  # noqa: ANN401  # a JSON payload
    return json.loads(render(findings, documented_rules()).encode("utf-8"))


def results(*findings: Finding) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = log(*findings)["runs"][0]["results"]
    return found


def marks(*findings: Finding) -> list[str]:
    return [result["partialFingerprints"][FINGERPRINT] for result in results(*findings)]


def test_the_schema_refuses_what_is_wrong(schema: Draft7Validator) -> None:
    wrong = log(finding())
    wrong["runs"][0]["results"][0]["level"] = "grave"
    assert not schema.is_valid(wrong)


def test_a_report_is_valid(schema: Draft7Validator) -> None:
    schema.validate(log(finding(), finding(severity=Severity.WARNING, rule="no-steps", path=(), suggestion="x")))


def test_a_report_without_findings_is_valid(schema: Draft7Validator) -> None:
    schema.validate(log())
    assert results() == []


def test_every_documented_rule_has_a_valid_description(schema: Draft7Validator) -> None:
    schema.validate(log(*(finding(rule=name) for name in documented_rules())))


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_text_makes_a_valid_report(schema: Draft7Validator, text: str) -> None:
    schema.validate(log(finding(text, file=f"a/{text}", suggestion=text, excerpt=text, path=(text, 1))))


def test_a_report_has_what_github_requires() -> None:
    (run,) = log(finding())["runs"]
    driver = run["tool"]["driver"]
    (rule,) = driver["rules"]
    assert driver["name"] == "deployer"
    assert rule["id"] == "unreachable-step"
    assert rule["shortDescription"]["text"]
    assert rule["fullDescription"]["text"]
    assert rule["help"]["text"]
    assert "```yaml" in rule["help"]["markdown"]
    assert rule["defaultConfiguration"]["level"] in {"error", "warning"}
    assert rule["properties"]["problem.severity"] in {"error", "warning"}
    assert rule["properties"]["precision"] == "high"
    (result,) = run["results"]
    assert result["ruleId"] == rule["id"]
    assert result["message"]["text"].startswith("step `ask` has no way out")
    assert result["partialFingerprints"]


def test_a_place_is_relative_to_the_repository_and_counts_characters() -> None:
    (run,) = log(finding(file="team a/ä,b%.yaml"))["runs"]
    (location,) = run["results"][0]["locations"]
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["originalUriBaseIds"].keys() == {"%SRCROOT%"}
    assert location == {
        "physicalLocation": {
            "artifactLocation": {"uri": "team%20a/%C3%A4%2Cb%25.yaml", "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": 12, "startColumn": 5, "endLine": 12, "endColumn": 9},
        },
        "logicalLocations": [{"fullyQualifiedName": "definition.steps[0].id"}],
    }


@pytest.mark.parametrize(
    ("file", "uri"),
    [("/tmp/x y.yaml", "file:///tmp/x%20y.yaml"), ("C:/work/x.yaml", "file:///C:/work/x.yaml")],  # noqa: S108
)
def test_a_file_outside_the_repository_has_an_absolute_address(file: str, uri: str) -> None:
    (location,) = results(finding(file=file))[0]["locations"]
    assert location["physicalLocation"]["artifactLocation"] == {"uri": uri}


def test_results_point_at_their_rules_by_index() -> None:
    (run,) = log(finding(rule="unreachable-step"), finding(rule="no-steps"))["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == ["unreachable-step", "no-steps"]


def test_a_severity_that_the_project_chose_is_the_results_level_and_not_the_rules() -> None:
    (run,) = log(finding(rule="no-steps", severity=Severity.WARNING))["runs"]
    assert run["results"][0]["level"] == "warning"
    assert run["tool"]["driver"]["rules"][0]["defaultConfiguration"]["level"] == "error"


def test_text_of_a_file_cannot_become_a_link() -> None:
    (result,) = results(finding("see [here](https://example.com)"))
    assert "](" not in result["message"]["text"]


def test_fingerprints_stay_when_lines_and_blanks_move() -> None:
    assert marks(finding()) == marks(finding(line=40, columns=(9, 13), excerpt="        -  id: ask  "))


def test_fingerprints_leave_the_name_to_githubs_action_that_it_computes_itself() -> None:
    assert "primaryLocationLineHash" not in results(finding())[0]["partialFingerprints"]
