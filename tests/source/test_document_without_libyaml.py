"""Where PyYAML was built without libyaml, files mean the same."""

from __future__ import annotations

import pytest

from deployer.source.yaml_compose import PYTHON
from deployer.source.yaml_reader import read_yaml

TEXTS = [
    "a: [1, 2.5, true, null, NO, 010, +65123]\nb: {c: 'd', \"e\": |\n}\n",
    "steps:\n  - id: a\n    text: |\n      one\n        two\n  - id: b\n    text: >-\n      one\n      two\n",
    "a: &a {b: c}\nd: {<<: *a, e: f}\n",
    "a: 1\na: 2\n",
    "1: a\n",
    "text: {{data.a}}\n",
    "text: {{'umid: ' + data.umid}}\n",
    "text: Call us #1\n",
    "a: ! 12\nb: !!str 12\nc: !own d\n",
    "",
    "a: 1\n---\nb: 2\n",
    "\ta: b\n",
    "a: b: c\n",
    "a: 'b\n",
    "a: [1\n",
    "- a\nb: c\n",
    'a: "\\q"\n',
    'a: "\\ud83d\\ude00"\n',
    'a: "\\ud800"\n',
    "a: '\\ud800'\n",
    "a: *x\n",
    "a: &x {b: *x}\n",
    "a: \x00\n",
    "a: \ud800\n",
    "a: @b\n",
    "[" * 5_000,
    "- " * 5_000,
    "k" * 1100 + ": a\n",
    "😀: 😀\nb: NO\n",
]


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: repr(text[:20]))
def test_both_parsers_read_the_same_and_report_the_same(text: str) -> None:
    assert read_yaml(text, PYTHON) == read_yaml(text)


def test_an_escape_beyond_unicode_is_refused_by_both() -> None:
    for escape in ("\\U00110000", "\\UFFFFFFFF"):
        for reading in (read_yaml(f'a: "{escape}"', PYTHON), read_yaml(f'a: "{escape}"')):
            assert [problem.rule for problem in reading.problems] == ["yaml-syntax"]
