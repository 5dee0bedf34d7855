"""A plan with its conversations, findings and pictures: what a pull request shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings

from deployer.engine.instance import Effect
from deployer.finding import Severity
from deployer.operations.case_run import CaseResult, Verdict
from deployer.operations.coverage import Spot, WorkflowCoverage
from deployer.operations.expectations import Difference
from deployer.operations.plan import Action, Change, Fileless, Plan, Refusal, Stop, Unmanaged
from deployer.operations.rehearsal import Rehearsal, Rehearsed, Talk
from deployer.operations.trail import Utterance
from deployer.report.markdown.document import Document, fitted, full, size
from deployer.report.markdown.plan import Review, document
from deployer.report.markdown.talks import lines
from tests.conftest import Golden
from tests.report.examples import finding
from tests.report.markdown.github import Page, read, triggered
from tests.report.markdown.plans import ASK, EVERYTHING, LONG, body, change, plan
from tests.report.markdown.test_escape import STRANGERS

FOLDER = Path(__file__).parent / "expected"
HOUR = timedelta(hours=1)


def said(text: str, side: str = "company", after: timedelta = timedelta(), by: str = "sms") -> Utterance:
    return Utterance(side=side, after=after, text=text, step="reply", by=by)  # type: ignore[arg-type]


def talk(
    name: str, before: tuple[Utterance, ...] | None, after: tuple[Utterance, ...], key: str = "auto-reply",
    verdict: Verdict = Verdict.PASSED, **more: object,
) -> Talk:  # fmt: skip
    result = CaseResult(
        file=f"workflows/{key}.test.yaml", line=4, workflow=key, name=name, verdict=verdict, conversation=after,
        **more,  # type: ignore[arg-type]
    )  # fmt: skip
    return Talk(after=result, before=before)


HELLO = said("Are you open?", "customer")
END = said("Complete", "between", by="")
CLOSED, NINE = (said(LONG.format(text)) for text in ("We are closed.", "We are back at nine."))
LATER = said("no answer in time", "between", HOUR, by="")
DIFFERENCE = Difference(what="sent[0].text", expected=("We are closed.",), got=("We are back at nine.",))
REVIEW = Review(
    findings=(
        finding("step `ask` waits for nobody", severity=Severity.WARNING, file="workflows/auto-reply.yaml"),
        finding("a text is long", severity=Severity.WARNING, file="workflows/untouched.yaml"),
    ),
    rehearsal=Rehearsal(
        workflows={
            "auto-reply": Rehearsed(
                talks=(
                    talk("asks at night", (HELLO, CLOSED, END), (HELLO, NINE, LATER, replace(END, after=HOUR)),
                         verdict=Verdict.FAILED, differences=(DIFFERENCE,)),
                    talk("says nothing", (HELLO, END), (HELLO, END)),
                ),
                coverage=WorkflowCoverage(
                    key="auto-reply", file="workflows/auto-reply.yaml", cases=2,
                    hits={Spot("step", "reply"): 2, Spot("step", "ask"): 0, Spot("branch", "ask", "reply"): 0},
                ),
            ),
            "survey": Rehearsed(
                talks=(talk("is asked", None, (said("How was it?"), END), key="survey"),), coverage=None
            ),
        },
    ),
)  # fmt: skip


def test_everything_beside_each_other(golden: Golden) -> None:
    golden(FOLDER / "review.md", full(document(EVERYTHING, REVIEW)))


def test_time_passes_between_lines() -> None:
    assert list(lines((HELLO, LATER, said("Still there?", after=HOUR), said("a\nb", "customer", 3 * HOUR)))) == [
        "Customer (sms): Are you open?", "(1 h later)", "(no answer in time)", "Company (sms): Still there?",
        "(2 h later)", "Customer (sms): a\n  b",
    ]  # fmt: skip


def test_a_long_conversation_ends_with_a_count() -> None:
    assert list(lines([HELLO] * 70))[-1] == "… and 10 lines more"


def test_warnings_of_files_that_do_not_change_are_counted() -> None:
    page = full(document(EVERYTHING, REVIEW))
    assert "| ⚠️ | `workflows/auto-reply.yaml:12` | step `ask` waits for nobody" in page
    assert "a text is long" not in page
    assert "1 more warning in files that do not change; `deployer validate` shows them." in page
    assert "warning in files" not in full(document(EVERYTHING))


def test_many_conversations_stand_behind_a_click() -> None:
    talks = tuple(talk(f"case {number}", (HELLO, CLOSED), (HELLO, NINE)) for number in range(9))
    review = Review(rehearsal=Rehearsal(workflows={"auto-reply": Rehearsed(talks=talks, coverage=None)}))
    page = full(document(EVERYTHING, review))
    assert "<summary>6 more conversations</summary>" in page
    assert "✅ 9 of 9 as expected, 9 differ from today" in page


def big(steps: int) -> Change:
    ask = [{**ASK, "id": f"step-{number}", "nextStepId": f"step-{number + 1}"} for number in range(steps)]
    return change("big", body("a", *ask), body("b", *ask))


def test_a_picture_that_is_too_big_for_github_is_drawn_at_home() -> None:
    assert "```mermaid\nflowchart TD" in full(document(plan(big(20))))
    page = full(document(plan(big(600))))
    assert "```mermaid" not in page
    assert "`deployer graph big --diff --format svg --out picture.svg` draws it." in page


@pytest.mark.parametrize("limit", [65_536, 30_000, 10_000, 3_000])
def test_a_review_of_many_workflows_is_shortened_evenly_and_stays_whole(limit: int) -> None:
    keys = [f"workflow-{number}" for number in range(60)]
    changes = [change(key, body(LONG.format("a") * 9), body(LONG.format("b") * 9, ASK)) for key in keys]
    talks = tuple(talk(f"case {number}", (HELLO, CLOSED), (HELLO, NINE)) for number in range(5))
    workflows = {key: Rehearsed(talks=talks, coverage=None) for key in keys}
    whole = document(plan(*changes), Review(rehearsal=Rehearsal(workflows=workflows)))
    short = fitted(whole, limit, "*Shortened.*")
    assert size(full(whole)) > 65_536 >= limit >= size(short)
    page = read(short)
    assert triggered(page) == []
    assert page.text.startswith("60 workflows change for customers in production")
    assert page.text.rstrip().endswith("Shortened.")


def hostile(value: str) -> Document:
    """A review in which every text is a stranger's."""
    inner = {"id": value, "stepType": value, "inputs": {"text": value, value: value}}
    old, new = body(value, inner, name=value), body(f"{value} {value}", {**inner, "nextStepId": value}, name=value)
    update = replace(change("update", old, new), key=value, file=value, name=value, uncompared=frozenset({value}))
    create = replace(change("create", None, new, action=Action.CREATE), moved_from=value)
    refusal = Refusal(stop=Stop.DRIFT, message=value, hint=value)
    refused = replace(change("refused", old, new, refusal=refusal, applied=old), key=value)
    held = replace(change("held", old, old, action=Action.NOOP, held=value), key=value)
    everything = Plan(
        environment=value, account=value, host=value, commit=value, changes=(update, create, refused, held),
        unmanaged=(Unmanaged(id=value, name=value, version=1, status=value, trigger=value),),
        fileless=(Fileless(key=value, id=value, name=value, version=1, enabled=True),), warnings=(value,),
    )  # fmt: skip
    effect = Effect(id="1", step=value, type="HttpRequest", request={"method": value, "url": value})
    failed = talk(
        value, (said(value), said(value, "between")), (said(f"{value}!", "customer", by=value),), key=value,
        verdict=Verdict.FAILED, message=value, unmocked=(effect,),
        differences=(Difference(what=value, expected=(value,), got=("x", value)),),
    )  # fmt: skip
    workflows = {value: Rehearsed(talks=(failed,) * 5, coverage=None)}
    found = replace(finding(value, file=value, suggestion=value, excerpt=value), rule="unreachable-step")
    return document(everything, Review(findings=(found,), rehearsal=Rehearsal(workflows=workflows)))


ALLOWED = {
    "p", "strong", "em", "code", "br", "span", "sub", "table", "thead", "tbody", "tr", "th", "td", "h3", "ul", "li",
    "pre", "details", "summary",
}  # fmt: skip


def harmless(page: Page) -> None:
    assert {tag.split()[0] for tag in page.tags} <= ALLOWED
    assert {tag for tag in page.tags if " " in tag} <= {"pre lang=diff", "pre lang=text", "pre lang=mermaid"}
    assert triggered(page) == []


@settings(deadline=None)
@given(value=STRANGERS)
def test_no_html_mention_link_or_command_of_a_strangers_text_gets_through(value: str) -> None:
    whole = hostile(value)
    everything = full(whole)
    harmless(read(everything))
    harmless(read(fitted(whole, max(400, size(everything) // 2), "*Shortened.*")))
    assert not any(line.strip().startswith("::") for line in everything.splitlines())
    assert "##[" not in everything
