"""How often a file is taken apart: once where it is valid, once more where findings need places."""

from __future__ import annotations

import sys
from types import FrameType

import pytest

from deployer.lint.check import check
from deployer.source.document import parse
from deployer.source.load import load_workflow
from deployer.source.yaml_compose import compose
from tests.cli.projects import bad, good


def composes(text: str) -> int:
    """How many times nodes are composed for reading and checking one file."""
    count = 0

    def watch(frame: FrameType, event: str, _: object) -> None:
        nonlocal count
        count += event == "call" and frame.f_code is compose.__code__

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        check((load_workflow(parse(text, "reply.yaml")),))
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize(("text", "times"), [(good("a"), 1), (bad("a"), 2), (bad("a").replace("text:", "txt:"), 2)])
def test_a_valid_file_is_composed_once_and_one_with_findings_twice(text: str, times: int) -> None:
    assert composes(text) == times
