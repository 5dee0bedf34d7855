"""`deployer graph --coverage` and `--trace`: what tests reach, as a picture."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.program import project, within

CASES = """\
cases:
  - name: an answer
    trigger: { sms: { from: "+6591234567", text: hi } }
    expect: { path: [reply] }
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    root = project(tmp_path, one="Hello", two="Hello")
    (root / "workflows" / "one.test.yaml").write_text(CASES)
    return root


def test_what_tests_reach_is_drawn_from_their_coverage(here: Path) -> None:
    assert within("test", "--coverage-out", "coverage.json", cwd=here).code == 0
    one = within("graph", "one", "--coverage", "coverage.json", cwd=here)
    assert (one.code, one.err) == (0, "")
    assert 'n2("✓ SMS: reply<br/>Hello<br/>ran 1×")' in one.out
    both = within("graph", "--coverage", "coverage.json", "--format", "json", cwd=here)
    notes = {key: graph["nodes"][1]["note"] for key, graph in both.json["graphs"].items()}
    assert notes == {"one": "ran 1×", "two": "never ran"}


def test_the_way_of_one_case_is_drawn(here: Path) -> None:
    ran = within("graph", "--trace", "an answer", cwd=here)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[1:3] == [
        '  n1(["inbound_sms<br/>on acme_sms<br/>Complete after 00#58;00#58;00"])',
        '  n2("✓ SMS: reply<br/>Hello<br/>1 of 1")',
    ]
    assert "<svg" in within("graph", "one", "--trace", "an answer", "--format", "svg", cwd=here).out


def test_a_coverage_of_other_workflows_or_of_older_steps_says_so(here: Path) -> None:
    within("test", "one", "--coverage-out", "coverage.json", cwd=here)
    foreign = within("graph", "two", "--coverage", "coverage.json", cwd=here)
    assert (foreign.code, "coverage.json knows nothing of `two`" in foreign.err) == (3, True)
    some = within("graph", "--coverage", "coverage.json", "--format", "json", cwd=here)
    assert (list(some.json["graphs"]), "two: coverage.json knows nothing of it" in some.err) == (["one"], True)
    path = here / "workflows" / "one.yaml"
    path.write_text(path.read_text().replace("id: reply", "id: answer"))
    old = within("graph", "one", "--coverage", "coverage.json", cwd=here)
    assert (old.code, "coverage.json is older than step `answer`" in old.err) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--coverage", "gone.json"), "--coverage gone.json: No such file or directory"),
        (("--coverage", "workflows/one.yaml"), "--coverage workflows/one.yaml is not JSON"),
        (("--coverage", "list.json"), "--coverage list.json is no coverage file: it has no `workflows`"),
        (("--trace", "an anser"), "Did you mean `an answer`?"),
        (("--trace", "an answer", "two"), "no case has the name `an answer`"),
        (("--trace", "an answer", "--base", "HEAD"), "choose one of them"),
        (("--trace", "an answer", "--coverage", "x.json"), "choose one of them"),
    ],
)
def test_what_makes_no_sense_is_refused(here: Path, arguments: tuple[str, ...], message: str) -> None:
    (here / "list.json").write_text("[]")
    ran = within("graph", *arguments, cwd=here)
    assert (ran.code, ran.out) == (3, "")
    assert message in ran.err


def test_two_cases_of_one_name_want_a_workflow(here: Path) -> None:
    (here / "workflows" / "two.test.yaml").write_text(CASES)
    ran = within("graph", "--trace", "an answer", cwd=here)
    assert ran.code == 3
    assert "2 cases have the name `an answer`: in workflows/one.test.yaml, workflows/two.test.yaml" in ran.err
    assert within("graph", "two", "--trace", "an answer", cwd=here).code == 0
