"""A plan as people read it in a pull request."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from deployer.operations.plan import Action, Change, Refusal, Stop
from deployer.report.markdown.document import fitted, full, size
from deployer.report.markdown.meaning import headline
from deployer.report.markdown.plan import document, render
from tests.conftest import Golden
from tests.report.markdown.github import read, triggered
from tests.report.markdown.plans import ASK, EVERYTHING, LONG, body, change, plan

FOLDER = Path(__file__).parent / "expected"


def test_everything_that_a_plan_can_hold(golden: Golden) -> None:
    golden(FOLDER / "plan.md", render(EVERYTHING))


def test_it_is_a_page_without_links_mentions_and_loose_ends() -> None:
    page = read(render(EVERYTHING))
    assert triggered(page) == []
    assert "@anna" in page.text.replace("\u200b", "")


WAIT = {"id": "pause", "stepType": "Wait", "inputs": {"duration": "0.01:00:00"}}
LONGER = {"id": "pause", "stepType": "Wait", "inputs": {"duration": "0.02:00:00"}}
CALL = {"id": "crm", "stepType": "HttpRequest", "inputs": {"url": "https://crm.example/a"}}
OTHER_CALL = {"id": "crm", "stepType": "HttpRequest", "inputs": {"url": "https://crm.example/b"}}
TO_CALL = {**WAIT, "nextStepId": "crm"}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (body("a"), body("b"), "answers differently"),
        (body("a"), body("b", WAIT), "answers and goes on differently"),
        (body("a", WAIT), body("a", LONGER), "waits differently"),
        (body("a", WAIT, CALL), body("a", TO_CALL, CALL), "goes on differently"),
        (body("a", CALL), body("a", OTHER_CALL), "asks other systems differently"),
        (body("a"), body("a", name="B"), "is renamed"),
        (body("a"), {**body("a"), "trigger": "http_request"}, "reacts to something else"),
        (body("a"), {**body("a"), "subAccountId": "other"}, "works on another number"),
        (body("a", status="disabled"), body("b"), "is switched on and answers differently"),
        (body("a"), body("b", status="disabled"), "is switched off"),
    ],
)
def test_the_first_sentence_says_what_a_customer_notices(
    before: dict[str, object], after: dict[str, object], said: str
) -> None:
    assert headline(plan(change("menu", before, after))) == (
        f"**1 workflow changes for customers in production:** `menu` {said}."
    )


def test_the_first_sentence_tells_apart_what_no_customer_notices() -> None:
    off = change("draft", body("a", status="disabled"), body("b", status="disabled"))
    on = change("menu", None, body("b"), action=Action.CREATE)
    assert headline(plan(on, off)) == (
        "**1 workflow changes for customers in production:** `menu` is new. "
        "No customer notices this: `draft` answers differently."
    )
    assert headline(plan(off)) == "**Nothing changes for customers in production yet:** `draft` answers differently."
    assert headline(plan()) == "**Nothing changes for customers in production.**"


def test_the_first_sentence_names_a_few_and_counts_the_rest() -> None:
    many = [change(f"w{number}", body("a"), body("b")) for number in range(9)]
    said = headline(plan(*many))
    assert said == (
        "**9 workflows change for customers in production:** `w0`, `w1`, `w2`, `w3`, `w4` and `w5` answer differently; "
        "3 more."
    )


def test_workflows_that_do_the_same_stand_together() -> None:
    waits, longer = body("a", WAIT), body("a", LONGER)
    said = headline(plan(change("a", body("a"), body("b", WAIT)), change("b", waits, longer), change("c", body("a"),
                         body("c", WAIT)), change("d", None, body("x"), action=Action.CREATE)))  # fmt: skip
    assert said.endswith("`a` and `c` answer and go on differently; `b` waits differently; `d` is new.")


def test_a_refused_change_is_no_change_but_a_question() -> None:
    refused = change("menu", body("a"), body("b"), refusal=Refusal(stop=Stop.DRIFT, message="moved", hint="pull"))
    assert headline(plan(refused)) == (
        "**Nothing changes for customers in production.** ⚠️ `menu` needs somebody's decision first and stays as it is."
    )


def many_changes(count: int) -> list[Change]:
    return [
        change(f"workflow-{number}", body(LONG.format("Old.") * 40), body(LONG.format("New.") * 40, ASK))
        for number in range(count)
    ]


@pytest.mark.parametrize("limit", [65_536, 20_000, 8_000])
def test_what_is_too_long_is_said_in_less_detail_and_never_cut(limit: int) -> None:
    whole = document(plan(*many_changes(40)))
    assert size(full(whole)) > 65_536
    short = fitted(whole, limit, "Shortened.")
    assert size(short) <= limit
    assert triggered(read(short)) == []
    assert short.count("```") % 2 == 0
    assert short.startswith("**40 workflows change for customers in production:**")
    assert short.endswith("Shortened.\n")


def test_names_without_end_leave_room_for_the_table_and_what_changes() -> None:
    changes = [replace(change(f"workflow-{number}", body("a"), body("b")), name="@<&" * 20_000) for number in range(40)]
    short = fitted(document(plan(*changes)), 65_536, "Shortened.")
    assert all(f"`workflow-{number}`" in short for number in range(40))
    assert short.count("```diff") + short.count("`a` → `b`") > 3


def test_detail_goes_where_there_is_room_for_it() -> None:
    whole = document(plan(*many_changes(40)))
    fits = fitted(whole, 60_000)
    assert size(fits) > 50_000
    assert fits.count("```diff") > 3


def test_what_fits_is_not_shortened() -> None:
    whole = document(EVERYTHING)
    assert fitted(whole, 65_536, "Shortened.") == full(whole)


def test_where_nothing_fits_the_note_is_left() -> None:
    assert fitted(document(EVERYTHING), 400, "Shortened.") == "Shortened.\n"
