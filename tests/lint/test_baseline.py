"""Fingerprints that last, and the debt of a project that starts late."""

from __future__ import annotations

import json

import pytest

from deployer.errors import ConfigurationError
from deployer.lint.baseline import Baseline, compare, fingerprints, parse_baseline, render_baseline, renewed
from tests.report.examples import finding

FILE = "workflows/reply.yaml"


def test_a_fingerprint_is_32_hex_digits() -> None:
    (mark,) = fingerprints([finding()])
    assert len(mark) == 32
    assert set(mark) <= set("0123456789abcdef")


def test_a_fingerprint_survives_a_new_wording_and_another_line() -> None:
    assert fingerprints([finding("one wording", line=3)]) == fingerprints([finding("another one", line=7)])


@pytest.mark.parametrize(
    "other", [finding(rule="no-steps"), finding(file="workflows/b.yaml"), finding(excerpt="    - id: tell")]
)
def test_another_rule_file_or_source_line_is_another_finding(other: object) -> None:
    assert fingerprints([finding()]) != fingerprints([other])  # type: ignore[list-item]


def test_equal_findings_are_told_apart_by_their_order() -> None:
    marks = fingerprints([finding(line=line) for line in range(1, 5)])
    assert len(set(marks)) == 4
    assert marks[:3] == fingerprints([finding(line=line) for line in (10, 20, 30)])


def test_in_a_file_of_one_long_line_an_edit_elsewhere_changes_no_fingerprint() -> None:
    before = '{"x": "' + "y" * 1000 + '", "id": "ask"}'
    after = '{"x": "' + "z" * 900 + '", "id": "ask"}'
    at, then = before.index('"ask"') + 1, after.index('"ask"') + 1
    first = finding(excerpt=before, columns=(at, at + 5), step="ask", path=("definition", "steps", 3, "id"))
    second = finding(excerpt=after, columns=(then, then + 5), step="ask", path=("definition", "steps", 4, "id"))
    assert fingerprints([first]) == fingerprints([second])


def test_known_findings_are_taken_out_and_new_ones_stay() -> None:
    baseline = renewed([finding()], Baseline(), checked={FILE})
    comparison = compare([finding(line=40), finding(excerpt="new")], baseline, checked={FILE})
    assert comparison.new == (1,)
    assert comparison.gone == ()


def test_paid_debt_is_gone() -> None:
    baseline = renewed([finding(), finding(line=30)], Baseline(), checked={FILE})
    (gone,) = compare([finding()], baseline, checked={FILE}).gone
    assert (gone.file, gone.rule) == (FILE, "unreachable-step")


def test_debt_in_files_that_were_not_looked_at_is_not_gone() -> None:
    baseline = renewed([finding()], Baseline(), checked={FILE})
    assert compare([], baseline, checked={"workflows/other.yaml"}).gone == ()


def test_writing_anew_for_some_files_keeps_the_debt_of_others() -> None:
    former = renewed([finding(), finding(file="b.yaml")], Baseline(), checked={FILE, "b.yaml"})
    after = renewed([], former, checked={FILE})
    assert [debt.file for debt in after.debts] == ["b.yaml"]


def test_what_could_never_be_sent_is_neither_written_nor_hidden() -> None:
    always = {"yaml-syntax"}
    broken = finding(rule="yaml-syntax")
    assert renewed([broken], Baseline(), checked={FILE}, always=always) == Baseline()
    forged = renewed([broken], Baseline(), checked={FILE})
    assert compare([broken], forged, checked={FILE}, always=always).new == (0,)


def test_a_baseline_is_a_line_a_finding_and_comes_back() -> None:
    baseline = renewed([finding(), finding(file="ä.yaml")], Baseline(), checked=())
    text = render_baseline(baseline)
    assert text.count("\n    {") == 2
    assert json.loads(text)["version"] == 1
    assert parse_baseline(text.encode(), "base.json") == baseline


def test_an_empty_baseline_comes_back() -> None:
    assert parse_baseline(render_baseline(Baseline()).encode(), "base.json") == Baseline()


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "nonsense", '{"version": 1, "findings": [3]}', '{"version": 1, "findings": [{"file": 1}]}',
     '{"version": 2, "findings": []}', "[" * 100_000, "\xff"],
)  # fmt: skip
def test_something_else_is_refused_by_name(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^base\.json: ") as caught:
        parse_baseline(text.encode("latin-1"), "base.json")
    assert "--write-baseline" in (caught.value.hint or "")
