"""A JSON file becomes plain data with spans, and what people get wrong in JSON is said in words."""

from __future__ import annotations

import pytest

from deployer.finding import Severity
from deployer.source.document import parse
from deployer.source.scalars import JSON
from tests.source.test_document import marked, only_finding

BODY = """\
{
\t"name": "Auto \\"reply\\" \\ud83d\\ude00 {{x}}",
  "steps": [ {"id": "a", "do": []}, {"id": "b", "wait": 1.5e1, "next": null} ],
  "on": true
}
"""


def test_a_body_from_the_docs_reads_without_a_finding() -> None:
    document = parse(BODY, "w.json")
    assert document.findings == ()
    assert document.value == {
        "name": 'Auto "reply" 😀 {{x}}',
        "steps": [{"id": "a", "do": []}, {"id": "b", "wait": 15.0, "next": None}],
        "on": True,
    }


def test_keys_values_and_parts_have_exact_spans() -> None:
    document = parse(BODY, "w.json")
    assert marked(document, document.span(("steps", 1))) == '{"id": "b", "wait": 1.5e1, "next": null}'
    assert marked(document, document.span(("steps", 1, "wait"))) == "1.5e1"
    assert marked(document, document.span(("steps", 1, "next"), key=True)) == '"next"'
    assert marked(document, document.span(("steps", 1, "stepType"))) == '"id"'
    assert marked(document, document.span(("name",), part=(13, 14))) == "\\ud83d\\ude00"
    assert marked(document, document.span(("name",), part=(15, 20))) == "{{x}}"
    assert document.span(("on",)).line == 4


def test_a_key_may_be_as_long_as_it_likes() -> None:
    key = "k" * 5000
    document = parse(f'{{"{key}": 1}}', "w.json")
    assert document.value == {key: 1}
    assert document.span((key,), key=True).end_column == 5004


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ('{"a": 1,}', (1, 8), "no comma before `}`"),
        ('["a", ]', (1, 5), "no comma before `]`"),
        ('{"a": 1 "b": 2}', (1, 9), "a `,` or `}` is missing"),
        ('{"a" 1}', (1, 6), "`:` is missing"),
        ("{'a': 1}", (1, 2), "double quotes"),
        ("{a: 1}", (1, 2), 'write "a"'),
        ("{\"a\": 'b'}", (1, 7), "no single quotes"),
        ('{"a": b}', (1, 7), 'write "b"'),
        ('{"a": None}', (1, 7), "write null"),
        ('{"a": True}', (1, 7), "write true"),
        ('{"a": 1 // x\n}', (1, 9), "no comments"),
        ('/* x */ {"a": 1}', (1, 1), "no comments"),
        ('{"a": # x\n 1}', (1, 7), "no comments"),
        ('{"a": 010}', (1, 7), "no JSON number"),
        ('{"a": +1}', (1, 7), "no JSON number"),
        ('{"a": .5}', (1, 7), "no JSON number"),
        ('{"a": 1.}', (1, 7), "no JSON number"),
        ('{"a": "b\nc"}', (1, 7), "not closed on this line"),
        ('{"a": "b\tc"}', (1, 9), "U+0009"),
        ('{"a": "\\q"}', (1, 8), "backslash"),
        ('{"a": "\\u12"}', (1, 8), "backslash"),
        ('{"a": "b', (1, 7), "never closed"),
        ('{"a": [1, 2', (1, 7), "ends before the `]`"),
        ('{"a": ', (1, 7), "the file ends"),
        ('{"a": 1,', (1, 1), "ends before the `}`"),
        ('{"a": 1} {"b": 2}', (1, 10), "goes on"),
        ('{"a": }', (1, 7), "a value is expected"),
        ('{"a": 1, 2}', (1, 10), "double quotes"),
        ("{]", (1, 2), "a key in double quotes"),
        ("\x00", (1, 1), "double quotes"),
    ],
)
def test_what_is_no_json_says_where_and_what_would_be_right(text: str, place: tuple[int, int], words: str) -> None:
    document = parse(text, "w.json")
    finding = only_finding(document)
    assert (finding.rule, finding.severity) == ("json-syntax", Severity.ERROR)
    assert (finding.span.line, finding.span.column) == place
    assert words in finding.message
    assert document.value is None


def test_a_key_that_occurs_twice_is_an_error_that_names_both_lines() -> None:
    document = parse('{"id": "a",\n "b": {"c": 1,\n "c": 2}, "id": 3}', "w.json")
    assert document.value == {"id": "a", "b": {"c": 1}}
    assert [(finding.rule, finding.span.line, finding.path) for finding in document.findings] == [
        ("duplicate-mapping-key", 3, ("b",)),
        ("duplicate-mapping-key", 3, ()),
    ]
    assert "line 2 has the first" in document.findings[0].message


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "1" * 5000, "9" * 21])
def test_a_number_that_json_cannot_hold_is_an_error(number: str) -> None:
    document = parse(f'{{"a": {number}}}', "w.json")
    finding = only_finding(document)
    assert (finding.rule, finding.path) == ("not-json", ("a",))
    assert document.value == {"a": number}


def test_a_number_with_more_digits_than_readers_keep_is_a_warning() -> None:
    document = parse('{"a": 9007199254740993}', "w.json")
    assert only_finding(document).rule == "ambiguous-scalar"
    assert document.ok


@pytest.mark.parametrize("text", ['"\\ud800"', '"\\ude00\\ud83d"', '"a\\ud83d b"', '"\ud800"'])
def test_half_a_surrogate_pair_is_an_error_and_never_reaches_the_value(text: str) -> None:
    document = parse(text, "w.json")
    assert only_finding(document).rule == "json-syntax"
    assert isinstance(document.value, str)
    assert document.value.encode()


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "empty-file"),
        (" \n", "empty-file"),
        ("[" * 101 + "]" * 101, "nesting-limit"),
        ("[" * 50_000, "nesting-limit"),
        ('{"a":' * 50_000, "nesting-limit"),
        ("[" + "1," * 100_000 + "1]", "file-size"),
        ('{"a": 1}\n<<<<<<< HEAD\n', "conflict-marker"),
    ],
)
def test_what_holds_for_yaml_holds_for_json(text: str, rule: str) -> None:
    assert only_finding(parse(text, "w.json")).rule == rule


@pytest.mark.parametrize("value", [[[1]], "[" * 500, "{" * 500 + '"\\'])
def test_brackets_inside_a_text_do_not_nest(value: JSON) -> None:
    import json

    document = parse(json.dumps({"a": value, "b": [[] for _ in range(200)]}), "w.json")
    assert document.ok
    assert isinstance(document.value, dict)
    assert document.value["a"] == value


def test_a_byte_order_mark_is_fine() -> None:
    assert parse("\ufeff{}", "w.json").value == {}


def test_literals_of_one_value_are_documents_too() -> None:
    assert parse("null", "w.json").ok
    assert parse(' "text" ', "w.json").value == "text"
