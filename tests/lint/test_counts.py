"""How often libyaml takes a file apart: not at all where it is plain, once where it is not, and once for places."""

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


FINDINGS = [bad("a"), bad("a").replace("text:", "txt:")]


def anchored(text: str) -> str:
    """The same, written so that it is not read line by line."""
    return text.replace("trigger: ", "trigger: &from ")


@pytest.mark.parametrize(("text", "times"), [(good("a"), 0), *((text, 1) for text in FINDINGS)])
def test_a_plain_file_is_composed_where_findings_need_places(text: str, times: int) -> None:
    assert composes(text) == times


@pytest.mark.parametrize(("text", "times"), [(good("a"), 1), *((text, 2) for text in FINDINGS)])
def test_any_other_file_is_composed_once_and_once_more_where_findings_need_places(text: str, times: int) -> None:
    assert composes(anchored(text)) == times
