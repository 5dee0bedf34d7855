"""Names and messages of strangers are shown and obeyed by nothing: 120 of them through every report."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from xml.etree import ElementTree

import pytest

from deployer.finding import Finding, Severity, Span
from deployer.operations.applied import Applied, Failed, NotAttempted, Result
from deployer.operations.diff import StepChange
from deployer.operations.plan import Action, Change, Fileless, Plan, Refusal, Stop, Unmanaged
from deployer.operations.settle import Settled
from deployer.operations.write import LostUpdate
from deployer.remote.errors import printable
from deployer.report import findings, github, gitlab, junit, plan, result, sarif
from deployer.report.escapes import command_data, command_property
from deployer.report.markdown import escape as markdown
from deployer.report.terminal import safe
from deployer.state.audit import commit_message, entries_of
from deployer.state.codec import decode, encode
from deployer.state.log import Author, Entry, read_lines, write_line
from deployer.state.model import Binding, Hold, Intent, State, Tombstone
from tests.report.markdown.github import read, triggered

from .hostile import HOSTILE

SPAN = Span(line=1, column=1, end_line=1, end_column=2)
Sink = Callable[[str], str]
ALL = pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))


def a_finding(text: str) -> Finding:
    return Finding(
        rule="unknown-step-type", severity=Severity.ERROR, message=text, file=f"workflows/{text}.yaml", span=SPAN,
        path=("definition", text), step=text, suggestion=text, excerpt=text,
    )  # fmt: skip


def a_plan(text: str) -> Plan:
    body = {"definition": {"name": text, "steps": [{"id": "a", "inputs": {"text": text}}]}}
    other = {"definition": {"name": "x", "steps": [{"id": "a", "inputs": {"text": "y"}}]}}
    update = Change(
        key="one", action=Action.UPDATE, id="id", base=1, file=f"{text}.yaml", name=text, digest="d", template=body,
        before=other, reason=text, held=None,
    )  # fmt: skip
    refused = Change(
        key="two", action=Action.UPDATE, id="id", base=1, file=None, name=text, digest="d",
        refusal=Refusal(stop=Stop.DRIFT, message=text, hint=text),
    )  # fmt: skip
    held = Change(key="three", action=Action.NOOP, id="id", base=1, file=None, name=text, digest="d", held=text)
    return Plan(
        environment="staging", account="acme", host="emulator", commit=None, changes=(update, refused, held),
        unmanaged=(Unmanaged(id="id", name=text, version=1, status="enabled", trigger=text),),
        fileless=(Fileless(key="four", id="id", name=text, version=1, enabled=True),), warnings=(text,),
    )  # fmt: skip


def a_result(text: str) -> Result:
    lost = LostUpdate(
        version=2, changes=(StepChange(id=text, op="change", path="inputs.text", before=text, after="b"),)
    )
    return Result(
        plan=a_plan(text),
        applied=(
            Applied(
                key="one", action=Action.UPDATE, id="id", name=text, old_version=1, new_version=3, lost=(lost,),
                notes=(text,),
            ),
        ),
        failed=(
            Failed(key="two", action=Action.UPDATE, id="id", version=1, message=text, hint=text, exit_code=1),
        ),
        not_attempted=(NotAttempted(key="three", action=Action.CREATE, id=None, version=None, reason=text),),
        settled=(Settled(key="four", message=text, lost=(lost,)),),
        warnings=(text,),
    )  # fmt: skip


TERMINAL: Mapping[str, Sink] = {
    "findings": lambda text: findings.render_text([a_finding(text)], files=1),
    "plan": lambda text: plan.render_text(a_plan(text), verbose=True),
    "result": lambda text: result.render_text(a_result(text)),
    "settled": lambda text: result.render_settled([("key", text)]),
    "safe": lambda text: f"one: {safe(text)}\n",
    "server's words": lambda text: f"cannot update: {printable(text)}\n",
}
AS_JSON: Mapping[str, Sink] = {
    "findings": lambda text: findings.render_json([a_finding(text)], 1),
    "plan": lambda text: plan.render_json(a_plan(text)),
    "result": lambda text: result.render_json(a_result(text)),
    "gitlab": lambda text: gitlab.render([a_finding(text)]),
    "sarif": lambda text: sarif.render([a_finding(text)], {}),
}


def harmful(text: str) -> Iterator[str]:
    for character in text:
        if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and character not in "\n\u200d\ufe0f":
            yield f"U+{ord(character):04X}"


def test_there_are_as_many_as_promised() -> None:
    assert len(set(HOSTILE)) == len(HOSTILE) >= 120


@pytest.mark.parametrize("sink", TERMINAL)
def test_a_terminal_gets_no_control_character_and_no_line_of_its_own(sink: str) -> None:
    for text in HOSTILE:
        shown = TERMINAL[sink](text)
        assert list(harmful(shown)) == [], repr(text)
        assert not re.search(r"^(Applied: 9|Plan: 0 to create, 0)", shown, re.MULTILINE), repr(text)


@pytest.mark.parametrize("sink", AS_JSON)
def test_json_stays_one_document(sink: str) -> None:
    for text in HOSTILE:
        shown = AS_JSON[sink](text)
        json.loads(shown)
        assert "\x1b" not in shown, repr(text)


@ALL
def test_a_workflow_command_stays_one(text: str) -> None:
    lines = re.split(r"[\r\n]", github.render([a_finding(text)], files=1).rstrip("\n"))
    assert [line.startswith("::") for line in lines] == [True, False]
    assert not any("##[" in line for line in lines)
    assert lines[0].count("::") >= 2
    properties = lines[0].removeprefix("::error ").partition("::")[0]
    assert [pair.partition("=")[0] for pair in properties.split(",")] == [
        "file", "line", "col", "endLine", "endColumn", "title",
    ]  # fmt: skip
    for escaped in (command_data(text), command_property(text)):
        assert not re.search(r"[\r\n]|##\[", escaped)
    assert not re.search("[:,]", command_property(text))


@ALL
def test_junit_stays_xml_and_says_what_it_should(text: str) -> None:
    document = ElementTree.fromstring(junit.render([a_finding(text)], ["a.yaml"]))  # noqa: S314 - our own report
    assert len(list(document.iter("failure"))) == 1


@ALL
def test_markdown_shows_it_and_does_nothing_else(text: str) -> None:
    page = read(f"{markdown.text(text)}\n\n{markdown.code(text)}\n\n" + "\n".join(markdown.fence([text])))
    assert {tag.split()[0] for tag in page.tags} <= {"p", "br", "span", "code", "pre"}
    assert triggered(page) == []
    assert list(harmful(page.text.replace("\u200b", "").replace("\n", ""))) == []


@ALL
def test_a_commit_message_has_no_trailer_that_the_run_did_not_write(text: str) -> None:
    entry = Entry(action="update", key=text, note=text, reason=text, at="2026-03-01T02:14:00Z", who=text)
    message = commit_message([text, "apply"], Author(who="anna", run=text), [entry])
    trailers = [line.partition(":")[0] for line in message.split("\n") if line.startswith("Deployer-")]
    assert trailers == ["Deployer-Who", *["Deployer-Run"] * bool(text.strip()), "Deployer-Log"]
    assert list(harmful(message)) == []
    (read,) = entries_of(message)
    assert (read.key or "", read.reason or "") == (text, text)


@ALL
def test_a_line_of_the_log_gives_back_what_it_was_given(text: str) -> None:
    line = write_line(Entry(action="adopt", key=text, note=text, at="2026-03-01T02:14:00Z", who="anna"))
    assert list(harmful(line)) == []
    (read,) = read_lines(line.encode() + b'\n{"v":1,"acti')
    assert (read.key or "", read.note or "") == (text, text)


@ALL
def test_a_state_gives_back_what_it_was_given(text: str) -> None:
    state = State(
        account="acme",
        bindings={text: Binding(id=text, version=1, sent=text, stored=text)},
        holds={text: Hold(kind="rollback", reason=text, version=1, sent=text)},
        tombstones={text: Tombstone(id=text, version=1)},
        intents={
            text: Intent(key=text, action="create", id=None, base=None, body={text: [text]}, sent=text)
        },
    )  # fmt: skip
    written = encode(state)
    assert written.isascii()
    assert decode(written, place="state", account="acme") == state
