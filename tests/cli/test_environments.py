"""One project, several accounts, at a shell."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.program import Ran, project, within

TWO = """\
version: 1
defaultEnvironment: staging
environments:
  staging: { emulator: true, vars: { sms: acme_staging } }
  production: { emulator: true, vars: { sms: acme } }
"""


@pytest.fixture
def both(tmp_path: Path) -> Path:
    """A project that two accounts hold alike."""
    root = project(tmp_path, config=TWO, reply="Hello", bye="Goodbye")
    for environment in ("staging", "production"):
        assert apply(root, environment).code == 0
    return root


def apply(root: Path, environment: str) -> Ran:
    return within("apply", "--auto-approve", "--env", environment, cwd=root)


def test_accounts_that_differ_in_their_variables_alone_compare_as_equal(both: Path) -> None:
    ran = within("compare", "staging", "production", cwd=both)
    assert ran.code == 0
    assert "2 equal, 0 different" in ran.out


def test_compare_says_what_differs_and_in_which_direction(both: Path) -> None:
    file = both / "workflows" / "reply.yaml"
    file.write_text(file.read_text().replace("text: Hello", "text: Good morning"))
    assert apply(both, "staging").code == 0
    ran = within("compare", "production", "staging", "--format", "json", cwd=both)
    assert ran.code == 2
    assert ran.json["equal"] == ["bye"]
    (different,) = ran.json["different"]
    assert (different["key"], different["leftVersion"], different["rightVersion"]) == ("reply", 1, 2)
    (step,) = different["steps"]
    assert (step["id"], step["path"], step["before"], step["after"]) == (
        "reply",
        "inputs.text",
        "Hello",
        "Good morning",
    )


def test_compare_tells_what_only_one_account_holds(both: Path) -> None:
    project(both, config=TWO, thanks="Thank you")
    assert apply(both, "staging").code == 0
    assert "- thanks: only in staging" in within("compare", "staging", "production", cwd=both).out
    assert "+ thanks: only in staging" in within("compare", "production", "staging", cwd=both).out
    assert within("compare", "staging", "production", "bye", cwd=both).code == 0


def test_compare_names_the_known_environments(both: Path) -> None:
    ran = within("compare", "staging", "prodution", cwd=both)
    assert ran.code == 3
    assert "production, staging" in ran.err
    assert "Did you mean `production`?" in ran.err
