"""Which tests are run, on how many processes, and what is kept of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from deployer.errors import ConfigurationError
from deployer.operations.case_run import CaseResult, Verdict, Wishes
from deployer.operations.snapshots import snapshot_file
from deployer.source.project import open_project
from tests.operations.caselab import MENU, case, project, run_all

PASSES = json.dumps({"cases": [case(name=f"case {n}", snapshot=n == 0) for n in range(7)]})


def names(results: tuple[CaseResult, ...]) -> list[str]:
    return [f"{result.workflow}: {result.name}" for result in results]


def two_workflows(root: Path) -> Path:
    cases = json.dumps({"cases": [case(name="one"), case(name="two", expect={"path": []})]})
    return project(root, menu_test=cases, other=MENU, other_test=cases)


def test_selectors_are_keys_paths_or_globs_of_workflows_or_of_test_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(two_workflows(tmp_path))
    everything = ["menu: one", "menu: two", "other: one", "other: two"]
    other = everything[2:]
    for selectors, expected in (
        ((), everything),
        (("other",), other),
        (("oth*",), other),
        (("workflows/other.yaml",), other),
        (("workflows/other.test.yaml",), other),
        (("workflows/o*.test.yaml",), other),
        (("workflows",), everything),
        (("menu", "workflows/other.test.yaml"), everything),
    ):
        assert names(run_all(tmp_path, *selectors).cases) == expected, selectors


def test_a_selector_that_means_nothing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(two_workflows(tmp_path))
    with pytest.raises(ConfigurationError, match="`othr` is no workflow") as refused:
        run_all(tmp_path, "othr")
    assert refused.value.hint == "Did you mean `other`?"


def test_a_project_without_tests_is_told_where_to_put_them(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no test files found") as refused:
        run_all(project(tmp_path))
    assert "auto-reply.test.yaml" in str(refused.value.hint)


def test_the_result_does_not_depend_on_the_number_of_processes(tmp_path: Path) -> None:
    root = project(two_workflows(tmp_path), menu_test=PASSES)
    alone = run_all(root, jobs=1)
    together = run_all(root, jobs=2)
    assert names(alone.cases) == [f"menu: case {n}" for n in range(7)] + ["other: one", "other: two"]
    assert [replace(result, seconds=0) for result in together.cases] == [replace(r, seconds=0) for r in alone.cases]
    assert together.coverage == alone.coverage


def test_a_file_with_a_finding_is_reported_and_the_others_run(tmp_path: Path) -> None:
    root = project(two_workflows(tmp_path), menu_test="cases:\n  - { name: x, trigger: { chat: { from: a } } }\n")
    run = run_all(root)
    assert [(finding.rule, finding.span.line) for finding in run.findings] == [("test-trigger", 2)]
    assert names(run.cases) == ["other: one", "other: two"]
    assert run.exit_code() == 1


def test_a_snapshot_is_taken_when_asked_for_and_compared_from_then_on(tmp_path: Path) -> None:
    root = project(tmp_path, menu_test=PASSES)
    first = run_all(root).cases[0]
    assert [d.expected for d in first.differences] == [("no snapshot yet; `deployer test --update` takes one",)]

    updated = run_all(root, wishes=Wishes(update=True))
    assert [Path(name).name for name in updated.updated] == ["menu.test.snap.json"]
    assert run_all(root).exit_code() == 0
    assert run_all(root, wishes=Wishes(update=True)).updated == ()

    menu = root / "workflows" / "menu.yaml"
    menu.write_text(menu.read_text().replace("1 or 2?", "Yes or no?"))
    changed = run_all(root).cases[0]
    assert changed.verdict is Verdict.FAILED
    assert {(d.expected, d.got) for d in changed.differences} == {(("Hi! 1 or 2?",), ("Hi! Yes or no?",))}
    assert {d.what for d in changed.differences} == {"snapshot.records[2].value.text"}


def test_snapshots_of_cases_that_are_gone_go_too(tmp_path: Path) -> None:
    root = project(tmp_path, menu_test=PASSES)
    run_all(root, wishes=Wishes(update=True))
    kept = snapshot_file(root / "workflows" / "menu.test.yaml")
    assert list(json.loads(kept.read_text())["cases"]) == ["case 0"]

    project(tmp_path, menu_test=json.dumps({"cases": [case(name="new", snapshot=True)]}))
    run_all(root, wishes=Wishes(update=True, keyword=("nothing like it",)))
    assert not kept.exists()
    run_all(root, wishes=Wishes(update=True))
    project(tmp_path, menu_test=json.dumps({"cases": [case(name="new")]}))
    run_all(root, wishes=Wishes(update=True))
    assert not kept.exists()


def test_snapshots_that_cannot_be_read_are_an_error_of_the_configuration(tmp_path: Path) -> None:
    root = project(tmp_path, menu_test=PASSES)
    for broken in ("[]", "{", '{"version": 7, "cases": {}}', "[" * 100_000):
        snapshot_file(root / "workflows" / "menu.test.yaml").write_text(broken)
        with pytest.raises(ConfigurationError, match="no snapshots that can be read"):
            run_all(root)


def test_snapshots_hold_no_credential(tmp_path: Path) -> None:
    token = (
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
    )
    cases = [case(snapshot=True, vars={"sms": "acme"}, replies=[{"text": f"Bearer {token}"}])]
    root = project(tmp_path, menu_test=json.dumps({"cases": cases}))
    run_all(root, wishes=Wishes(update=True))
    assert token not in snapshot_file(root / "workflows" / "menu.test.yaml").read_text()
    assert run_all(root).exit_code() == 0


def test_coverage_counts_steps_branches_time_outs_and_expressions(tmp_path: Path) -> None:
    cases = [case(name="a", replies=[{"text": "2"}]), case(name="b", replies=[{"text": "2"}])]
    run = run_all(project(tmp_path, menu_test=json.dumps({"cases": cases}), other=MENU))
    menu, other = run.coverage.workflows
    assert (menu.key, menu.cases, other.key, other.cases) == ("menu", 2, "other", 0)
    counts = {f"{spot.step} {spot.name}": count for spot, count in menu.hits.items() if spot.kind == "branch"}
    assert counts == {"wait reply": 2, "wait time-out": 0, "wait nobody": 0, "wait look-up": 0, "wait bye": 2}
    assert [menu.share(kind).covered for kind in ("step", "branch", "expression")] == [3, 2, 7]
    assert [menu.share(kind).total for kind in ("step", "branch", "expression")] == [5, 5, 10]
    assert other.share("step").percent == 0
    assert run.coverage.share("step").total == 10
    assert run.coverage.lowest == 20


def test_a_total_below_the_limit_fails_the_run(tmp_path: Path) -> None:
    run = run_all(project(tmp_path, menu_test=PASSES.replace('"snapshot": true', '"snapshot": false')))
    assert [run.exit_code(limit) for limit in (None, 0, run.coverage.lowest, 90)] == [0, 0, 0, 1]


def test_if_and_not_if_are_branches(tmp_path: Path) -> None:
    text = """\
trigger: http_request
definition:
  name: If
  steps:
    - id: if
      stepType: If
      inputs: { condition: "{{data.yes}}" }
      do: [[{ id: in, stepType: Branch }]]
"""
    cases = "cases: [{ name: a, trigger: { http: { yes: false } } }]"
    (_, coverage) = run_all(project(tmp_path, yes=text, yes_test=cases)).coverage.workflows
    assert [(spot.name, count) for spot, count in coverage.hits.items() if spot.kind == "branch"] == [
        ("do", 0),
        ("not do", 1),
    ]


def test_a_link_that_leads_out_of_the_project_is_no_test(tmp_path: Path) -> None:
    outside = tmp_path / "outside.test.yaml"
    outside.write_text("cases: []")
    root = project(tmp_path / "inside", menu_test=PASSES)
    (root / "workflows" / "link.test.yaml").symlink_to(outside)
    assert {result.file.rsplit("/", 1)[-1] for result in run_all(root, wishes=Wishes(update=True)).cases} == {
        "menu.test.yaml"
    }


def test_the_examples_pass_and_reach_every_branch() -> None:
    project_at = open_project(Path(__file__).parents[2] / "examples")
    run = run_all(project_at.root)
    assert [result.name for result in run.cases if result.verdict is not Verdict.PASSED or result.notes] == []
    assert run.findings == ()
    assert {(item.key, item.missed) for item in run.coverage.workflows if item.missed} == set()
    assert len(run.coverage.workflows) >= 14
