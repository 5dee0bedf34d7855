"""`plan` of what did not change: the same words without YAML, without a rule, in as few requests as there are."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.cli.program import Ran, deployer
from tests.cli.projects import bad, good, write
from tests.cli.test_validate_again import modules


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = write(tmp_path.resolve() / "project", a=good("a"), b=good("b"))
    assert run(root, "apply", "--auto-approve").code == 0
    return root


def run(root: Path, *arguments: str) -> Ran:
    return deployer(*arguments, cwd=root, env={"XDG_CACHE_HOME": str(root.parent / "cache")})


def requests(ran: Ran) -> list[str]:
    return [line.split(" -> ")[0] for line in ran.err.splitlines() if line.startswith("debug: ") and " -> " in line]


def test_a_plan_says_the_same_with_and_without_what_is_remembered(root: Path) -> None:
    fresh = run(root, "plan", "--no-cache")
    first, again = run(root, "plan"), run(root, "plan")
    assert fresh.code == first.code == again.code == 0
    assert fresh.out == first.out == again.out
    assert run(root, "plan", "--format", "json").json == run(root, "plan", "--no-cache", "--format", "json").json


def test_nothing_changed_needs_no_rule_no_schema_and_no_deepdiff(root: Path) -> None:
    cache = root.parent / "cache"
    run(root, "plan")
    loaded = modules("plan", cwd=root, cache=cache)
    assert "httpx" in loaded
    assert not loaded.intersection(
        (
            "deepdiff",
            "jsonschema",
            "tree_sitter",
            "quickjs",
            "rich",
            "deployer.lint.check",
            "deployer.operations.validate",
        )
    )


def test_a_plan_takes_two_requests_for_a_page(root: Path) -> None:
    run(root, "plan")
    assert len(requests(run(root, "plan", "--debug"))) == 2


@pytest.mark.parametrize("flags", [(), ("--no-cache",)])
def test_a_change_and_a_mistake_are_seen_at_once(root: Path, flags: tuple[str, ...]) -> None:
    run(root, "plan")
    (root / "workflows" / "a.yaml").write_text(good("a").replace("Thank you", "Thanks"))
    changed = run(root, "plan", *flags)
    assert "Plan: 0 to create, 1 to update" in changed.out
    assert "Thanks" in changed.out
    assert run(root, "plan", *flags).out == changed.out
    (root / "workflows" / "a.yaml").write_text(bad("a"))
    wrong = run(root, "plan", *flags)
    assert wrong.code == 1
    assert "error[unknown-step-type]" in wrong.out


def test_what_moved_on_the_server_is_seen_though_all_files_are_remembered(root: Path) -> None:
    run(root, "plan")
    (root / "workflows" / "a.yaml").write_text(good("a").replace("Thank you", "Thanks"))
    assert run(root, "apply", "--auto-approve").code == 0
    (root / "workflows" / "a.yaml").write_text(good("a"))
    assert "Plan: 0 to create, 1 to update" in run(root, "plan").out


@pytest.fixture
def many(tmp_path: Path) -> Path:
    root = write(tmp_path.resolve() / "many", **{f"k{number:03}": good(f"k{number:03}") for number in range(60)})
    assert run(root, "apply", "--auto-approve").code == 0
    return root


def in_either_way(root: Path, *arguments: str) -> Ran:
    """Run with one process and with two, which have to say the same."""
    one, two = (
        deployer(*arguments, cwd=root, env={"DEPLOYER_NO_CACHE": "1", "DEPLOYER_WORKERS": count}) for count in "12"
    )
    assert one == two
    return two


@pytest.mark.skipif(sys.platform == "win32", reason="one process there")
def test_asking_the_server_while_files_are_read_changes_nothing(many: Path) -> None:
    assert in_either_way(many, "plan").code == 0
    (many / "workflows" / "k040.yaml").write_text(good("k040").replace("Thank you", "Thanks"))
    (many / "workflows" / "k090.yaml").write_text(good("k090"))
    (many / "workflows" / "k010.yaml").unlink()
    changed = in_either_way(many, "plan", "--prune")
    assert "Plan: 1 to create, 1 to update, 1 to disable" in changed.out
    counts = {
        len(requests(deployer("plan", "--no-cache", "--debug", cwd=many, env={"DEPLOYER_WORKERS": count})))
        for count in "12"
    }
    assert counts == {2}
    (many / "workflows" / "k055.yaml").write_text(bad("k055"))
    assert in_either_way(many, "plan").code == 1
