"""Whatever a file looks like and whatever changes: the patched file says it, and the rest stays as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random
from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.finding import Path
from deployer.source import document as documents
from deployer.source.document import Document, parse
from deployer.source.edits import same
from deployer.source.patch import patch
from tests.source.handwriting import comments_about, handwritten, typed
from tests.source.test_writer import JSON
from tests.source.test_writer_reads_back import DEFINITIONS

RANDOM = st.randoms(use_true_random=False)
Value: TypeAlias = documents.JSON
Body: TypeAlias = dict[str, Value]


def read(text: str, value: object, name: str = "w.yaml") -> Document:
    """The document of a text that the tests made, which has to be right."""
    document = parse(text, name)
    assert same(document.value, value), text
    return document


def assert_patched(document: Document, value: Value) -> str:
    text = patch(document, value)
    again = parse(text, document.file)
    assert same(again.value, value), text
    assert again.ok
    assert patch(again, value) == text
    return text


def steps_of(value: Value) -> list[dict[str, Value]]:
    definition = value.get("definition") if isinstance(value, dict) else None
    steps = definition.get("steps") if isinstance(definition, dict) else None
    return [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []


def texts(value: Value, path: Path) -> Iterator[Path]:
    """Where a value holds texts."""
    if isinstance(value, str):
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield from texts(item, (*path, name))


def put(value: Value, path: Path, new: Value) -> Value:
    if not path:
        return new
    if isinstance(value, dict):
        return {name: put(item, path[1:], new) if name == path[0] else item for name, item in value.items()}
    assert isinstance(value, list)
    return [put(item, path[1:], new) if index == path[0] else item for index, item in enumerate(value)]


def stretch(document: Document, path: Path) -> str:
    """The source of a value."""
    span = document.span(path)
    lines = document.text.splitlines(keepends=True)[span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    return "".join(lines)


def changed(value: Value, spare: Value, random: Random) -> Value:
    """A value with one place changed: something added, removed, replaced, moved or renamed."""
    if isinstance(value, dict) and value and random.random() < 0.85:
        key = random.choice(sorted(value))
        return {name: changed(item, spare, random) if name == key else item for name, item in value.items()}
    if isinstance(value, list) and value and random.random() < 0.6:
        index = random.randrange(len(value))
        return [changed(item, spare, random) if number == index else item for number, item in enumerate(value)]
    if isinstance(value, dict):
        return random.choice(_MAPPING_CHANGES)(value, spare, random)
    if isinstance(value, list):
        return random.choice(_LIST_CHANGES)(value, spare, random)
    others: list[Value] = [spare, "other", "two\nlines", 7, None, "a: b", "{{x}}", [], {}, ["x"], {"k": "v"}]
    return random.choice(others)


def _without(value: dict[str, Value], _spare: Value, random: Random) -> Value:
    gone = random.choice(sorted(value)) if value else None
    return {name: item for name, item in value.items() if name != gone}


def _extended(value: dict[str, Value], spare: Value, random: Random) -> Value:
    return {**value, random.choice(["outputs", "nextStepId", "new", "text", "a b"]): spare}


def _inserted(value: list[Value], spare: Value, random: Random) -> Value:
    at = random.randint(0, len(value))
    items: list[Value] = [spare, {"id": "fresh", "stepType": "Wait"}, "item"]
    return [*value[:at], random.choice(items), *value[at:]]


def _removed(value: list[Value], _spare: Value, random: Random) -> Value:
    gone = random.randrange(len(value)) if value else None
    return [item for number, item in enumerate(value) if number != gone]


def _shuffled(value: list[Value], _spare: Value, random: Random) -> Value:
    return random.sample(value, len(value))


_MAPPING_CHANGES: list[Callable[[dict[str, Value], Value, Random], Value]] = [_without, _extended]
_LIST_CHANGES: list[Callable[[list[Value], Value, Random], Value]] = [_inserted, _removed, _shuffled]


@given(DEFINITIONS, JSON, RANDOM)
@settings(max_examples=250, deadline=None)
def test_a_patched_file_says_the_new_value(body: Body, spare: Value, random: Random) -> None:
    document = read(handwritten(body, random), body)
    value = document.value
    for _ in range(random.randint(1, 4)):
        value = changed(value, spare, random)
    assert_patched(document, value)


@given(DEFINITIONS, DEFINITIONS, RANDOM)
@settings(max_examples=30, deadline=None)
def test_even_where_everything_changes(body: Body, other: Body, random: Random) -> None:
    assert_patched(read(handwritten(body, random), body), other)


@given(DEFINITIONS, JSON, RANDOM)
@settings(max_examples=80, deadline=None)
def test_a_json_file_stays_json(body: Body, spare: Value, random: Random) -> None:
    document = read(typed(body, random), body, "w.json")
    value = document.value
    for _ in range(random.randint(1, 4)):
        value = changed(value, spare, random)
    assert_patched(document, value)


@given(DEFINITIONS, RANDOM)
@settings(max_examples=30, deadline=None)
def test_a_file_that_says_it_already_keeps_every_byte(body: Body, random: Random) -> None:
    text = handwritten(body, random)
    assert patch(read(text, body), deepcopy(body)) == text


@given(DEFINITIONS, RANDOM)
@settings(max_examples=150, deadline=None)
def test_another_text_in_one_place_changes_no_other_line(body: Body, random: Random) -> None:
    document = read(handwritten(body, random, anchors=False), body)
    path = random.choice(list(texts(document.value, ())))
    text = assert_patched(document, put(document.value, path, "something else"))
    span = document.span(path)
    before, after = document.text.splitlines(keepends=True), text.splitlines(keepends=True)
    assert before[: span.line - 1] == after[: span.line - 1]
    below = len(before) - span.end_line
    assert below == 0 or before[-below:] == after[-below:]


@given(DEFINITIONS, JSON, RANDOM)
@settings(max_examples=150, deadline=None)
def test_a_step_that_stays_keeps_its_text_and_its_comments_wherever_it_goes(
    body: Body, spare: Value, random: Random
) -> None:
    document = read(handwritten(body, random, anchors=False), body)
    before = {str(step["id"]): step for step in steps_of(document.value)}
    value = document.value
    for _ in range(random.randint(1, 4)):
        value = changed(value, spare, random)
    text = assert_patched(document, value)
    for index, name in enumerate(before):
        if any(same(step, before[name]) for step in steps_of(value)):
            assert stretch(document, ("definition", "steps", index)) in text
            assert set(comments_about(name, document.text)) <= set(comments_about(name, text))
