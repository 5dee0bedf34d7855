"""Whatever a row puts into a case, the case passes, fails or cannot be run; the program goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deployer.engine.scripting import Evaluator
from deployer.operations.bench import Bench
from deployer.operations.case_run import Unit, Verdict, Wishes, run_unit
from deployer.operations.trail import MOST_STOPS
from deployer.source.document import read
from deployer.source.project import open_project
from tests.operations.caselab import case, project, run_case, run_cases

PLACES = (
    "at", "trigger", "mocks", "replies", "commands", "environment", "vars", "engine", "seed", "use", "expect", "name",
)  # fmt: skip
WORDS = st.sampled_from(
    ["sms", "chat", "http", "payload", "from", "text", "look-up", "*", "wait", "greet", "step", "after", "do", "dtmf",
     "silent", "responseCode", "responseBody", "fault", "unreachable", "path", "sent", "requests", "data", "status",
     "duration", "errors", "match", "to", "replyGoesTo", "00:00:01", "suspend", "1", "${var.sms}", "${secret.X}", "",
     "${var.none}", "x" * 300, "\ud83d", "Complete", "local", "indonesia", "9999999.00:00:00"],
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**20) | st.floats(-1e300, 1e300) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=14,
)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bench, Path]]:
    root = project(tmp_path_factory.mktemp("hostile"))
    opened = open_project(root)
    document = read(root / "workflows" / "menu.yaml", "menu.yaml")
    with Evaluator() as evaluator:
        yield (
            Bench(opened, opened.environment(None), {"menu": document}, evaluator),
            root / "workflows" / "menu.test.yaml",
        )


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(PLACES), VALUES, min_size=1, max_size=5))
def test_no_row_breaks_the_program(bench: tuple[Bench, Path], row: dict[str, object]) -> None:
    written = {**case(name="a"), **{name: f"${{row.{name}}}" for name in row}, "table": [row]}
    bench[1].write_text(json.dumps({"cases": [written]}))
    result = run_unit(bench[0], Unit(file=bench[1]), Wishes(conversations=True, update=True))
    for found in result.cases:
        assert found.verdict in Verdict
        assert (found.verdict is Verdict.ERROR) == bool(found.message)
    assert result.cases or result.findings


def test_a_loop_without_an_end_is_a_fault_and_its_path_is_cut(tmp_path: Path) -> None:
    project(tmp_path)
    text = "trigger: http_request\ndefinition: { name: x, steps: [{ id: a, stepType: Branch, nextStepId: a }] }\n"
    (tmp_path / "workflows" / "loop.yaml").write_text(text)
    result = run_case_of(tmp_path, "loop")
    assert "a loop without an end?" in str(result["errors"])
    assert len(result["trail"]) == MOST_STOPS


def run_case_of(root: Path, key: str) -> dict[str, list[object]]:
    written = {"name": "a", "trigger": {"http": {}}}
    (found,) = run_cases(root, written, workflow=key)
    return {"errors": [item.got for item in found.differences], "trail": list(found.trail)}


def test_a_file_of_many_cases_does_not_grow_by_its_table(tmp_path: Path) -> None:
    results = run_cases(
        tmp_path, case(name="n ${row.n}", table=[{"n": n} for n in range(300)], expect={"status": "Complete"})
    )
    assert {result.verdict for result in results} == {Verdict.PASSED}
    assert [result.name for result in results[:2]] == ["n 0", "n 1"]


def test_a_credential_in_an_answer_is_masked_where_it_shows(tmp_path: Path) -> None:
    token = (
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
    )
    result = run_case(tmp_path, replies=[{"text": f"Bearer {token}"}], expect={"data": {"answer": "x"}})
    assert result.verdict is Verdict.FAILED
    assert token not in repr(result)
