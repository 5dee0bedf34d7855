"""Talking to a workflow: what it hears, what it asks, how time passes, and what is kept of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from deployer.engine.definition import load_definition
from deployer.engine.engine import Engine
from deployer.engine.scripting import Evaluator
from deployer.engine.settings import EngineSettings
from deployer.engine.trace import Trace
from deployer.errors import ConfigurationError
from deployer.operations.case_run import Verdict
from deployer.operations.chat import Prompt, Talk, Turn, converse
from deployer.operations.record_case import recorded_case, write_case
from deployer.operations.staging import USUAL_TIME, Account, stage
from deployer.report.chat import render_end, render_help, render_prompt, render_request, render_turn
from deployer.source.document import parse
from deployer.source.load import load_workflow
from deployer.source.references import shown
from tests.operations.caselab import MENU, project, run_all

TRIGGER = {"sms": {"from": "+6591234567", "text": "hi"}}
VARIABLES = {"sms": "acme_sms", "greeting": "Hi"}
BOTH = """\
trigger: inbound_sms
definition:
  name: Both
  steps:
    - { id: start, stepType: Branch, selectNextStep: { call: "{{true}}", ask: "{{true}}" } }
    - id: call
      stepType: WaitForDTMF
      inputs: { dtmfRequestId: abc, timeout: "00:05:00" }
      outputs: { key: "{{step.dtmfData.actionDetails.dtmf}}" }
      nextStepId: nap
    - { id: nap, stepType: Wait, inputs: { duration: "00:00:30" } }
    - id: ask
      stepType: WaitForReply
      inputs: { from: "{{data.payload.source}}", channel: sms, timeout: "00:10:00" }
      outputs: { answer: "{{step.reply.payload.body}}" }
      nextStepId: odd
    - { id: odd, stepType: FutureStep, inputs: { a: 1 }, outputs: { got: "{{step.b}}" } }
"""


@pytest.fixture(scope="module")
def evaluator() -> Iterator[Evaluator]:
    with Evaluator() as shared:
        yield shared


def talk_to(evaluator: Evaluator, text: str = MENU) -> Talk:
    body = load_workflow(parse(text, "menu.yaml"), variables=VARIABLES).body
    definition = load_definition(cast("dict[str, object]", shown(body)))
    scene = stage({"trigger": TRIGGER}, definition, Account(account_id="acme", sub_account_id=None))
    return Talk(Engine(definition, evaluator, EngineSettings()), scene)


def spoken(turn: Turn) -> list[str]:
    return [f"{item.side}: {item.text}" for item in turn.said]


def hold(talk: Talk, lines: Iterable[str]) -> tuple[Trace, list[Turn]]:
    """The whole conversation with these lines; at their end the person leaves."""
    turns: list[Turn] = []
    waiting = iter(lines)
    return converse(talk, turns.append, lambda _: next(waiting, None)), turns


def test_the_workflow_speaks_and_waits_for_an_answer(evaluator: Evaluator) -> None:
    talk = talk_to(evaluator)
    turn = talk.begin()
    assert spoken(turn) == ["company: Hi! 1 or 2?"]
    assert turn.prompt == Prompt(kind="message", step="wait", until=timedelta(minutes=10))
    turn = talk.hear("2")
    assert spoken(turn) == ["customer: 2", "company: Bye ", "between: Complete"]
    assert turn.prompt is None
    assert talk.hear("too late").prompt is None


def test_silence_takes_no_time_and_time_skipped_is_told(evaluator: Evaluator) -> None:
    talk = talk_to(evaluator)
    talk.begin()
    turn = talk.hear("")
    assert (turn.skipped, spoken(turn)) == (timedelta(minutes=10), ["between: no answer in time", "between: Complete"])


def test_time_may_pass_before_an_answer(evaluator: Evaluator) -> None:
    talk = talk_to(evaluator)
    talk.begin()
    turn = talk.hear("/later 00:03:00")
    assert (turn.skipped, turn.said) == (timedelta(minutes=3), ())
    assert turn.prompt is not None
    talk.hear("2")
    assert talk.trace.duration == timedelta(minutes=3)


def test_enough_time_ends_the_wait(evaluator: Evaluator) -> None:
    trace, _ = hold(talk_to(evaluator), ["/later 2.00:00:00"])
    assert trace.path == ("greet", "wait", "nobody")


def test_http_requests_are_answered_by_the_person(evaluator: Evaluator) -> None:
    talk = talk_to(evaluator)
    talk.begin()
    prompt = talk.hear("1").prompt
    assert prompt is not None
    assert prompt.effect is not None
    assert (prompt.kind, prompt.step, prompt.effect.request["method"]) == ("request", "look-up", "POST")
    turn = talk.hear('201 {"name": "Mei"}')
    assert "company: Bye Mei" in spoken(turn)
    assert talk.trace.instance.data["code"] == 201


@pytest.mark.parametrize(
    ("line", "code", "name"),
    [("", 200, None), ("404", 404, None), ('{"name": "A"}', 200, "A"), ('"text"', 200, None)],
)
def test_an_answer_is_a_code_a_body_or_both(evaluator: Evaluator, line: str, code: int, name: str | None) -> None:
    trace, _ = hold(talk_to(evaluator), ["1", line])
    assert (trace.instance.data["code"], trace.instance.data["name"]) == (code, name)


@pytest.mark.parametrize("line", ["200 {", "abc", "999", "200 NaN", "200 " + "[" * 100_000])
def test_what_is_no_answer_is_asked_again(evaluator: Evaluator, line: str) -> None:
    talk = talk_to(evaluator)
    talk.begin()
    before = talk.hear("1").prompt
    turn = talk.hear(line)
    assert turn.objection
    assert turn.prompt == before


@pytest.mark.parametrize(("line", "message"), [("/fault no credit", "no credit"), ("/unreachable gone", "gone")])
def test_a_service_may_fail(evaluator: Evaluator, line: str, message: str) -> None:
    trace, _ = hold(talk_to(evaluator), ["1", line])
    assert [(item.step, item.message) for item in trace.instance.errors] == [("look-up", message)]


@pytest.mark.parametrize(
    ("line", "objection"),
    [
        ("/later soon", '"soon" is no time span'),
        ("/later -00:01:00", "time can only pass forwards"),
        ("/keys 1", "nothing waits for keys now"),
        ("/keys x", "keys are digits"),
        ("/dance", "unknown command /dance"),
        ("/resume", "only Suspended can become Runnable"),
    ],
)
def test_a_line_that_makes_no_sense_is_told_and_changes_nothing(
    evaluator: Evaluator, line: str, objection: str
) -> None:
    talk = talk_to(evaluator)
    before = talk.begin().prompt
    turn = talk.hear(line)
    assert objection in turn.objection
    assert (turn.said, turn.prompt) == ((), before)


def test_somebody_may_suspend_resume_and_terminate(evaluator: Evaluator) -> None:
    talk = talk_to(evaluator)
    talk.begin()
    talk.hear("/suspend")
    talk.hear("2")  # acts on resume
    assert talk.trace.path == ("greet", "wait")
    suspended = talk.hear("")
    assert suspended.prompt == Prompt(kind="suspended")
    assert "nothing happens by itself" in suspended.objection
    talk.hear("/later 00:01:00")
    assert talk.hear("/resume").prompt is None
    assert talk.recording.commands == ({"after": "00:00:00", "do": "suspend"}, {"after": "00:01:00", "do": "resume"})

    trace, _ = hold(talk_to(evaluator), ["/terminate"])
    assert trace.status == "Terminated"


def test_who_leaves_ends_the_conversation_where_it_is(evaluator: Evaluator) -> None:
    for lines in ([], ["/quit"]):
        trace, turns = hold(talk_to(evaluator), lines)
        assert (trace.status, turns[-1].prompt) == ("Runnable", None)


def test_keys_and_messages_may_be_waited_for_at_once_and_unknown_steps_are_answered(evaluator: Evaluator) -> None:
    trace, turns = hold(talk_to(evaluator, BOTH), ["hello", "no json", '{"b": 2}', "x", "12#"])
    kinds = [turn.prompt.kind if turn.prompt else None for turn in turns]
    assert kinds == ["message", "request", "request", "keys", "keys", None]
    assert turns[4].objection == "keys are digits, * and #"
    data = trace.instance.data
    assert (data["answer"], data["got"], data["key"]) == ("hello", 2, "12#")
    assert turns[-1].skipped == timedelta(seconds=30)


def replayed(root: Path, talk: Talk, trace: Trace, text: str) -> Mapping[str, object]:
    """The recorded case, which must pass."""
    root = project(root, other=text)
    case = recorded_case(talk.recording, trace, name="kept", trigger=TRIGGER, at=USUAL_TIME)
    write_case(root / "workflows" / "other.test.yaml", "other", case)
    run = run_all(root, "other")
    assert run.findings == ()
    assert [(result.name, result.verdict, result.differences) for result in run.cases] == [("kept", Verdict.PASSED, ())]
    return case


@pytest.mark.parametrize(
    "lines",
    [
        ["2"],
        [""],
        ["/later 00:02:00", "1", '500 {"name": "${var.x} ${row.y}"}'],
        ["1", "/fault no credit"],
        ["1", "/unreachable gone"],
        ["/later 00:01:00", "/suspend", "/later 01:00:00", "/resume"],
        ["/later 00:01:00", "/terminate"],
        ["${row.x} ${secret.Y} {{data}}"],
    ],
    ids=" ".join,
)
def test_a_recorded_conversation_is_a_case_that_passes(evaluator: Evaluator, tmp_path: Path, lines: list[str]) -> None:
    talk = talk_to(evaluator)
    trace, _ = hold(talk, lines)
    replayed(tmp_path, talk, trace, MENU)


def test_a_recorded_conversation_keeps_silence_between_two_replies(evaluator: Evaluator, tmp_path: Path) -> None:
    talk = talk_to(evaluator, BOTH)
    trace, _ = hold(talk, ["/later 00:06:00", "hello", '{"b": 2}'])
    case = replayed(tmp_path, talk, trace, BOTH)
    assert case["replies"] == [{"step": "call", "silent": True}, {"step": "ask", "after": "00:06:00", "text": "hello"}]
    assert case["mocks"] == {"odd": {"b": 2}}


def test_a_case_goes_behind_the_others_and_nothing_else_of_the_file_changes(tmp_path: Path) -> None:
    path = tmp_path / "menu.test.yaml"
    before = (
        "# ours\nworkflow: menu  # the menu\ncases:\n  - name: first   # keep\n    trigger: { sms: { from: '+65' } }\n"
    )
    path.write_text(before)
    write_case(path, "menu", {"name": "second", "trigger": {"sms": {"from": "+65"}}})
    assert path.read_text().startswith(before)
    assert [case["name"] for case in parsed(path)] == ["first", "second"]


def test_a_case_may_be_kept_in_json(tmp_path: Path) -> None:
    path = tmp_path / "menu.test.json"
    for name in ("first", "second"):
        write_case(path, "menu", {"name": name})
    assert json.loads(path.read_text()) == {"workflow": "menu", "cases": [{"name": "first"}, {"name": "second"}]}


def parsed(path: Path) -> list[dict[str, object]]:
    value = parse(path.read_text(), path.name).value
    assert isinstance(value, dict)
    cases = value["cases"]
    assert isinstance(cases, list)
    return [dict(case) for case in cases if isinstance(case, dict)]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.test.yaml", "workflow: other", "tests `other`, not `menu`"),
        ("menu.test.yaml", "cases: [{ name: kept }]", "has a case `kept` already"),
        ("menu.test.yaml", "cases: 3", "`cases` is no list"),
        ("menu.test.yaml", "- a", "not a test file that can be read"),
        ("menu.test.yaml", "cases: [", "not a test file that can be read"),
        ("menu.yaml", None, "a test file is called"),
        ("no/such/folder/menu.test.yaml", None, "cannot be written"),
    ],
)
def test_a_file_that_cannot_take_the_case_is_left_alone(
    tmp_path: Path, name: str, text: str | None, message: str
) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigurationError, match=message):
        write_case(path, "menu", {"name": "kept"})
    assert (path.read_text() if path.exists() else None) == text


def test_a_conversation_in_the_terminal(evaluator: Evaluator) -> None:
    talk = talk_to(evaluator)
    screen: list[str] = []
    answers = iter(["/later 00:01:00", "1", "500"])

    def ask(prompt: Prompt) -> str | None:
        line = next(answers, None)
        screen.append(f"{render_request(prompt)}{render_prompt(prompt)}{line}\n")
        return line

    trace = converse(talk, lambda turn: screen.append(render_turn(turn)), ask)
    assert "".join([*screen, render_end(trace)]).splitlines() == [
        "00:00:00    sms: Hi! 1 or 2?  [greet]",
        "you> /later 00:01:00",
        "            … 00:01:00 later",
        "you> 1",
        "00:01:00    (POST https://crm.example/customers)  [look-up]",
        '            headers: {"Authorization": "Bearer (secret CRM_KEY)"}',
        '            body: {"phone": "+6591234567"}',
        "answer of look-up> 500",
        "00:01:00    sms: Bye   [bye]",
        "            (Complete)",
        "",
        "path taken",
        "  00:00:00  greet  SMS",
        "  00:00:00  wait  WaitForReply",
        "            · nobody  {{data.answer == null}} = false",
        "            → look-up  {{data.answer == '1'}} = true",
        "            · bye  otherwise",
        "  00:01:00  look-up  HttpRequest",
        "  00:01:00  bye  SMS",
        "Complete after 00:01:00",
    ]


def test_the_help_names_every_command() -> None:
    assert all(
        name in render_help() for name in ("/later", "/keys", "/suspend", "/resume", "/terminate", "/quit", "/fault")
    )
