"""Workflow commands: one a finding, and nothing in a file can write another."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.finding import Finding, Severity
from deployer.report.github import render
from tests.report.examples import HOSTILE, finding

TEXTS = st.text(alphabet=st.one_of(st.characters(), st.sampled_from("\r\n:%,#[]=")), max_size=40)


def as_the_runner_reads(output: str) -> list[tuple[str, dict[str, str], str]]:
    """Commands in a log, as https://github.com/actions/runner finds and decodes them."""
    commands = []
    for line in re.split("\r\n|\r|\n", output):
        text = line.lstrip()
        end = text.find("::", 2)
        if text.startswith("::") and end >= 0:
            name, _, rest = text[2:end].partition(" ")
            pairs = (pair.partition("=") for pair in rest.split(",") if pair)
            properties = {key.strip(): decoded(value, (":", "%3A"), (",", "%2C")) for key, _, value in pairs}
            commands.append((name, properties, decoded(text[end + 2 :])))
        elif "##[" in line:
            commands.append(("##", {}, line))
    return commands


def decoded(text: str, *more: tuple[str, str]) -> str:
    for character, escape in (("\r", "%0D"), ("\n", "%0A"), *more, ("%", "%25")):
        text = text.replace(escape, character)
    return text


def one_command(item: Finding) -> tuple[str, dict[str, str], str]:
    commands = as_the_runner_reads(render([item], files=1))
    assert len(commands) == 1
    return commands[0]


def test_a_finding_is_an_annotation_at_its_place() -> None:
    assert render([finding()], files=3) == (
        "::error file=workflows/reply.yaml,line=12,col=5,endLine=12,endColumn=9,title=unreachable-step::"
        "workflows/reply.yaml:12:5: step `ask` has no way out [unreachable-step]%0Ahelp: deployer explain "
        "unreachable-step\n1 error in 3 files\n"
    )


def test_a_warning_is_a_warning_and_shows_its_suggestion() -> None:
    name, _, message = one_command(finding(severity=Severity.WARNING, suggestion="ask2"))
    assert name == "warning"
    assert "\nsuggestion: ask2\n" in message


def test_a_finding_over_several_lines_has_no_columns_for_github_refuses_them() -> None:
    _, properties, _ = one_command(finding(end_line=14))
    assert properties == {
        "file": "workflows/reply.yaml", "line": "12", "endLine": "14", "title": "unreachable-step",
    }  # fmt: skip


def test_commas_colons_and_percent_signs_in_a_file_name_survive() -> None:
    _, properties, _ = one_command(finding(file="workflows/a,b:c%2C d.yaml"))
    assert properties["file"] == "workflows/a,b:c%2C d.yaml"


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_text_stays_inside_its_command(text: str) -> None:
    name, properties, _ = one_command(finding(text, file=text, suggestion=text, rule="unreachable-step"))
    assert name == "error"
    assert set(properties) == {"file", "line", "col", "endLine", "endColumn", "title"}


@settings(deadline=None)
@given(message=TEXTS, file=TEXTS, suggestion=TEXTS)
def test_no_text_adds_a_command_or_a_property(message: str, file: str, suggestion: str) -> None:
    name, properties, _ = one_command(finding(message, file=file, suggestion=suggestion))
    assert name == "error"
    assert set(properties) == {"file", "line", "col", "endLine", "endColumn", "title"}
    assert properties["line"] == "12"


def test_without_findings_only_the_summary_is_left() -> None:
    assert render([], files=2) == "no findings in 2 files\n"
