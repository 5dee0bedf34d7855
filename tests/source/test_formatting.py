"""`fmt`: one canonical layout, and no file comes to mean something else."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings

from deployer.source.comments import comments
from deployer.source.document import parse
from deployer.source.edits import same
from deployer.source.formatting import CannotFormat, format_document
from deployer.source.writer import write
from tests.source.handwriting import handwritten, typed
from tests.source.test_patch_properties import RANDOM
from tests.source.test_writer_reads_back import DEFINITIONS

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").rglob("*.yaml"))


def formatted(text: str, name: str = "w.yaml") -> str:
    return format_document(parse(text, name))


def assert_formatted(text: str, name: str = "w.yaml") -> str:
    """Format a text and hold it to everything that formatting promises."""
    document = parse(text, name)
    done = format_document(document)
    again = parse(done, name)
    assert same(again.value, document.value), done
    assert again.ok
    assert format_document(again) == done
    if not name.endswith(".json"):
        assert Counter(comments(done)) == Counter(comments(text))
    return done


@given(DEFINITIONS, RANDOM)
@settings(max_examples=150)
def test_whatever_people_write_keeps_its_meaning_and_its_comments(value: Mapping[str, object], random: Random) -> None:
    assert_formatted(handwritten(value, random))


@given(DEFINITIONS, RANDOM)
@settings(max_examples=60)
def test_json_keeps_its_meaning(value: Mapping[str, object], random: Random) -> None:
    assert_formatted(typed(value, random), "w.json")


@given(DEFINITIONS)
@settings(max_examples=60)
def test_what_pull_writes_is_canonical_already(value: Mapping[str, object]) -> None:
    text = write(value)
    assert formatted(text) == text
