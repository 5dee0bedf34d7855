"""What apply did, what drifted and what differs between environments, as people read it in a pull request."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from deployer.operations.applied import Applied, Failed, NotAttempted, Result
from deployer.operations.compare_environments import Comparison
from deployer.operations.compare_environments import Difference as Differing
from deployer.operations.diff import differences
from deployer.operations.drift import Report, Stand, Standing
from deployer.operations.plan import Action, Change, Refusal, Stop, Unmanaged
from deployer.operations.settle import Settled
from deployer.operations.write import LostUpdate
from deployer.report.markdown import compare, result, standing
from deployer.report.markdown.document import Document, fitted, full, size
from tests.conftest import Golden
from tests.report.markdown.github import read
from tests.report.markdown.plans import ASK, EVERYTHING, body, change, plan
from tests.report.markdown.test_escape import STRANGERS
from tests.report.markdown.test_review import harmless

FOLDER = Path(__file__).parent / "expected"
CHANGES = differences(body("Hello"), body("Good evening", ASK))


def applied(key: str = "auto-reply", name: str = "Auto reply", *, lost: tuple[LostUpdate, ...] = ()) -> Applied:
    return Applied(
        key=key, action=Action.UPDATE, id=f"id-of-{key}", name=name, old_version=3, new_version=4, lost=lost,
        notes=("a note",) if lost else (),
    )  # fmt: skip


def mixed(text: str, key: str = "auto-reply") -> Result:
    """An apply with every end that a change can have."""
    lost = LostUpdate(version=3, changes=CHANGES)
    refused = change("menu", body("1"), body("2"), refusal=Refusal(stop=Stop.DRIFT, message=text, hint=text))
    return Result(
        plan=plan(replace(EVERYTHING.changes[0], key=key), replace(refused, key=f"{key} 2")),
        applied=(applied(key, text, lost=(lost,)),),
        failed=(Failed(key=key, action=Action.CREATE, id=None, version=None, message=text, hint=text, exit_code=5),),
        not_attempted=(NotAttempted(key=key, action=Action.UPDATE, id=text, version=2, reason=text),),
        not_approved=(replace(change("new", None, body("x"), action=Action.CREATE), key=key, id=text),),
        settled=(Settled(key=key, message=text, lost=(lost,)),),
        warnings=(text,), interrupted=True,
    )  # fmt: skip


def test_an_apply_with_every_end(golden: Golden) -> None:
    golden(FOLDER / "result.md", full(result.document(mixed("something `went` wrong"))))


@pytest.mark.parametrize(
    ("done", "said"),
    [
        (Result(plan=plan(), applied=(applied(),)), "**✅ Deployed: 1 change is live in production.**"),
        (Result(plan=plan()), "**Nothing was to change in production.**"),
        (
            Result(plan=plan(), failed=mixed("x").failed),
            "**❌ Nothing was changed in production; 1 failed.**",
        ),
        (
            Result(plan=plan(), applied=(applied(), applied("b")), not_approved=mixed("x").not_approved),
            "**❌ 2 changes are live in production; 1 not approved.**",
        ),
    ],
)
def test_the_first_sentence_says_whether_it_is_live(done: Result, said: str) -> None:
    document = result.document(done)
    assert full(document).splitlines()[0] == said
    assert document.changes is ("Nothing was to" not in said)


def drift(text: str = "Menu", key: str = "menu") -> Report:
    stand = Stand(
        key=key, standing=Standing.DRIFTED, id="id", name=text, applied_version=3, version=5, status=text,
        changes=CHANGES,
    )  # fmt: skip
    gone = replace(stand, key=f"{key} 2", standing=Standing.GONE, version=None, changes=())
    unknown = replace(stand, key=f"{key} 3", changes=())
    fine = replace(stand, key=f"{key} 4", standing=Standing.SYNCED)
    return Report(
        environment="production", account="acme", host="automation.8x8.com", stands=(stand, gone, unknown, fine),
        unmanaged=(Unmanaged(id="x", name=text, version=1, status="enabled", trigger="t"),), warnings=(text,),
    )  # fmt: skip


def test_drift_says_what_moved_and_what_to_do(golden: Golden) -> None:
    golden(FOLDER / "drift.md", full(standing.document(drift())))


def test_without_drift_there_is_nothing_to_comment_on() -> None:
    document = standing.document(replace(drift(), stands=drift().stands[3:]))
    assert full(document).startswith("**Nobody changed production since the last apply:** 1 workflow as deployed.")
    assert not document.changes


def comparison(key: str = "menu", environment: str = "staging") -> Comparison:
    different = Differing(key=key, left_version=3, right_version=4, changes=CHANGES)
    return Comparison(
        left=environment, right="production", equal=("a",), different=(different,), only_left=(f"{key} 2",),
        only_right=(f"{key} 3",),
    )  # fmt: skip


def test_two_environments_side_by_side(golden: Golden) -> None:
    golden(FOLDER / "compare.md", full(compare.document(comparison())))


def test_two_equal_environments_are_one_sentence() -> None:
    equal = replace(comparison(), different=(), only_left=(), only_right=())
    assert full(compare.document(equal)) == "**staging and production are the same**, variables aside: 1 workflow.\n"


def test_two_versions_of_a_workflow() -> None:
    page = full(compare.versions("menu@3", "menu@4", CHANGES))
    assert page.startswith("**2 differences between `menu@3` and `menu@4`.**\n\n- `~` step `reply`, `text`: `Hello` →")
    assert full(compare.versions("a@1", "a@2", ())) == "**`a@1` and `a@2` are the same.**\n"


def many() -> tuple[Document, ...]:
    """Reports on hundreds of workflows, one of them with a name without end."""
    done = tuple(applied(f"workflow-{number}", "@<&" * 20_000) for number in range(900))
    moved = tuple(replace(drift().stands[0], key=f"workflow-{number}") for number in range(900))
    differing = tuple(replace(comparison().different[0], key=f"workflow-{number}") for number in range(900))
    return (
        result.document(Result(plan=plan(), applied=done)), standing.document(replace(drift(), stands=moved)),
        compare.document(replace(comparison(), different=differing)),
    )  # fmt: skip


@pytest.mark.parametrize("document", many(), ids=["apply", "drift", "compare"])
def test_a_table_of_hundreds_is_shortened_and_the_rest_counted(document: Document) -> None:
    short = fitted(document, 65_536, "Shortened.")
    assert size(short) <= 65_536
    assert "`workflow-0`" in short
    assert "`workflow-9`" in short
    assert "… and 8" in short
    assert short.endswith("Shortened.\n")


@settings(deadline=None)
@given(value=STRANGERS)
def test_no_html_mention_link_or_command_of_a_strangers_text_gets_through(value: str) -> None:
    odd = Change(
        key=value, action=Action.UPDATE, id=value, base=1, file=value, name=value, digest="d",
        template=body(value, name=value), before=body("x"),
    )  # fmt: skip
    report = replace(drift(value, value), environment=value, account=value, host=value)
    documents: list[Document] = [
        result.document(mixed(value, value)),
        result.document(Result(plan=replace(plan(odd), environment=value), applied=(applied(value, value),))),
        standing.document(report),
        compare.document(comparison(value, value)),
        compare.versions(value, value, CHANGES),
    ]
    for document in documents:
        page = full(document)
        harmless(read(page))
        assert not any(line.strip().startswith("::") for line in page.splitlines())
        assert "##[" not in page
