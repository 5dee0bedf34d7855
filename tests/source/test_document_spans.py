"""Every key, value and character of a file is found again."""

from __future__ import annotations

import pickle

import pytest

from deployer.finding import Path, Span
from deployer.source.document import parse
from tests.source.test_document import marked

WORKFLOW = """\
# a comment
definition:
  name: Auto reply   # another
  steps:
    - id: reply
      inputs: {text: "hé😀 \\"x\\"", to: [a, 'b''c']}

      # a comment at the end of the step
    - id: &anchor !!str wait
      note: |
        line one
          line {{two}}

    -
      - deep
  empty:
  folded: >-
    some words
    that fold

    and more
after: end
"""


@pytest.mark.parametrize(
    ("path", "source"),
    [
        (("definition", "name"), "Auto reply"),
        (("definition", "steps", 0, "id"), "reply"),
        (("definition", "steps", 0, "inputs"), "{text: \"hé😀 \\\"x\\\"\", to: [a, 'b''c']}"),
        (("definition", "steps", 0, "inputs", "text"), '"hé😀 \\"x\\""'),
        (("definition", "steps", 0, "inputs", "to", 1), "'b''c'"),
        (("definition", "steps", 1, "id"), "wait"),
        (("definition", "steps", 1, "note"), "|\n        line one\n          line {{two}}"),
        (("definition", "steps", 2), "- deep"),
        (("definition", "empty"), ""),
        (("definition", "folded"), ">-\n    some words\n    that fold\n\n    and more"),
        (("after",), "end"),
    ],
)
def test_a_value_has_an_exact_span(path: Path, source: str) -> None:
    document = parse(WORKFLOW, "w.yaml")
    assert marked(document, document.span(path)) == source


def test_a_block_ends_with_its_last_value_and_not_with_the_comments_after_it() -> None:
    document = parse(WORKFLOW, "w.yaml")
    step = document.span(("definition", "steps", 0))
    assert (step.line, step.column, step.end_line) == (5, 7, 6)
    steps = document.span(("definition", "steps"))
    assert (steps.line, steps.end_line) == (5, 15)


def test_a_key_has_an_exact_span() -> None:
    document = parse(WORKFLOW, "w.yaml")
    assert document.span(("definition", "name"), key=True) == Span(line=3, column=3, end_line=3, end_column=7)
    assert marked(document, document.span(("definition", "steps", 0, "inputs", "to"), key=True)) == "to"


@pytest.mark.parametrize(
    ("path", "source"),
    [
        (("definition", "steps", 0, "inputs", "url"), "inputs"),
        (("definition", "trigger"), "definition"),
        (("definition", "steps", 9), "steps"),
        (("definition", "steps", 0, "stepType"), "id"),
        (("trigger",), "definition"),
        (("definition", "name", "deeper", 1), "name"),
        (("definition", "steps", 2, 7), "- deep"),
    ],
)
def test_what_is_missing_points_at_something_small_nearby(path: Path, source: str) -> None:
    document = parse(WORKFLOW, "w.yaml")
    assert marked(document, document.span(path)) == source
    assert marked(document, document.span(path, key=True)) == source


@pytest.mark.parametrize(
    ("path", "part", "source"),
    [
        (("definition", "steps", 0, "inputs", "text"), (1, 3), "é😀"),
        (("definition", "steps", 0, "inputs", "text"), (4, 5), '\\"'),
        (("definition", "steps", 0, "inputs", "to", 1), (1, 2), "''"),
        (("definition", "steps", 0, "inputs", "to", 1), (0, 3), "b''c"),
        (("definition", "steps", 1, "note"), (16, 23), "{{two}}"),
        (("definition", "steps", 1, "note"), (9, 11), "  "),
        (("definition", "folded"), (5, 15), "words\n    that"),
        (("definition", "folded"), (21, 24), "and"),
        (("definition", "name"), (5, 5), ""),
    ],
)
def test_a_part_of_a_text_is_found_in_the_source(path: Path, part: tuple[int, int], source: str) -> None:
    document = parse(WORKFLOW, "w.yaml")
    assert marked(document, document.span(path, part=part)) == source


def test_a_part_that_a_value_does_not_have_is_the_whole_value() -> None:
    document = parse("a: text\nb: [1, 2]\nc: 30\nd: ''\n", "w.yaml")
    assert marked(document, document.span(("a",), part=(2, 99))) == "text"
    assert marked(document, document.span(("b",), part=(0, 1))) == "[1, 2]"
    assert marked(document, document.span(("c",), part=(0, 1))) == "3"
    assert marked(document, document.span(("d",), part=(0, 1))) == "''"


def test_a_part_of_a_key_is_found_too() -> None:
    document = parse('a: {"b\\"{{c}}": 1}\n', "w.yaml")
    assert marked(document, document.span(("a", 'b"{{c}}'), key=True, part=(2, 7))) == "{{c}}"


def test_a_part_of_an_expression_without_quotes_is_found_too() -> None:
    document = parse("a: {{data.b}}\n", "w.yaml")
    assert marked(document, document.span(("a",), part=(2, 8))) == "data.b"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_count_as_in_an_editor_whatever_ends_them(end: str) -> None:
    document = parse(WORKFLOW.replace("\n", end), "w.yaml")
    assert document.value == parse(WORKFLOW, "w.yaml").value
    assert document.span(("after",)) == Span(line=22, column=8, end_line=22, end_column=11)
    assert document.line(22) == "after: end"
    assert document.line(99) == document.line(0) == ""
    note = document.span(("definition", "steps", 1, "note"), part=(16, 23))
    assert (note.line, note.column, note.end_column) == (12, 16, 23)


def test_an_explicit_indentation_and_kept_line_ends_are_followed() -> None:
    document = parse("a:\n  b: |2+\n      x{{y}}\n\n\nc: >\n\n  z\n", "w.yaml")
    assert document.value == {"a": {"b": "  x{{y}}\n\n\n"}, "c": "\nz\n"}
    assert marked(document, document.span(("a", "b"), part=(3, 8))) == "{{y}}"
    assert document.span(("a", "b"), part=(10, 11)).line == 5
    assert marked(document, document.span(("c",), part=(1, 2))) == "z"


def test_a_text_of_a_megabyte_is_followed_to_its_end() -> None:
    document = parse("a: '" + "x''" * 10_000 + "{{y}}'\n", "w.yaml")
    assert marked(document, document.span(("a",), part=(20_000, 20_005))) == "{{y}}"


def test_a_document_travels_between_processes() -> None:
    document = parse(WORKFLOW, "w.yaml")
    document.span(("after",))
    assert pickle.loads(pickle.dumps(document)).span(("after",)) == document.span(("after",))  # noqa: S301
