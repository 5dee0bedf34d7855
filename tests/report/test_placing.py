"""File names in reports for CI systems."""

from __future__ import annotations

import pytest

from deployer.report.placing import place_name, placed
from tests.report.examples import finding


@pytest.mark.parametrize(
    ("file", "here", "expected"),
    [
        ("workflows/a.yaml", "/repo", "workflows/a.yaml"),
        ("workflows/a.yaml", "/repo/team", "team/workflows/a.yaml"),
        ("../other/a.yaml", "/repo/team", "other/a.yaml"),
        ("a.yaml", "/repo/..", "/a.yaml"),
        ("/repo/a.yaml", "/elsewhere", "a.yaml"),
        ("../x.yaml", "/repo", "/x.yaml"),
        ("..strange/a.yaml", "/repo", "..strange/a.yaml"),
    ],
)
def test_a_file_is_named_from_the_top_wherever_the_user_stands(file: str, here: str, expected: str) -> None:
    assert place_name(file, here=here, top="/repo") == expected


def test_findings_keep_their_order() -> None:
    findings = [finding(file="z.yaml"), finding(file="../a.yaml")]
    assert [item.file for item in placed(findings, here="/repo/team", top="/repo")] == ["team/z.yaml", "a.yaml"]
