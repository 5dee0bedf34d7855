"""What `writer` writes looks as a person would write it, and says exactly what it was given."""

from __future__ import annotations

import math
from collections.abc import Mapping
from textwrap import dedent

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from deployer.source.document import parse
from deployer.source.reading import MAX_DEPTH
from deployer.source.writer import write


def in_inputs(value: object) -> Mapping[str, object]:
    return {"definition": {"name": "n", "steps": [{"id": "a", "stepType": "HttpRequest", "inputs": {"body": value}}]}}


def line_of(value: object) -> str:
    """How a value is written beside its key."""
    return write({"x": value}).removeprefix("x: ").removesuffix("\n")


def test_a_definition_is_written_as_a_person_would_write_it() -> None:
    body: Mapping[str, object] = {
        "vendorField": 1,
        "status": "enabled",
        "definition": {
            "steps": [
                {
                    "nextStepId": "ask",
                    "inputs": {
                        "text": "Hello\nworld\n",
                        "extra": None,
                        "destination": "{{data.payload.source}}",
                        "subAccountId": "${var.sms}",
                    },
                    "stepType": "SMS",
                    "id": "reply",
                },
                {
                    "selectNextStep": {"on": '{{step.reply == "1"}}', "later": None},
                    "outputs": {"answer": "{{step.reply.payload.content.text}}"},
                    "do": [[{"stepType": "Wait", "id": "w"}, {"id": "v"}], []],
                    "stepType": "branch",
                    "id": "ask",
                },
            ],
            "name": "Auto reply",
        },
        "trigger": "inbound_sms",
        "subAccountId": "acme",
    }
    assert write(body, metadata={"key": "auto-reply"}) == dedent(
        """\
        metadata:
          key: auto-reply
        subAccountId: acme
        trigger: inbound_sms
        status: enabled
        definition:
          name: Auto reply
          steps:
            - id: reply
              stepType: SMS
              inputs:
                subAccountId: ${var.sms}
                destination: "{{data.payload.source}}"
                text: |
                  Hello
                  world
                extra: null
              nextStepId: ask
            - id: ask
              stepType: branch
              do:
                - - id: w
                    stepType: Wait
                  - id: v
                - []
              outputs:
                answer: "{{step.reply.payload.content.text}}"
              selectNextStep:
                "on": '{{step.reply == "1"}}'
                later: null
        vendorField: 1
        """
    )


def test_the_order_within_inputs_is_kept_below_the_first_level() -> None:
    text = write(in_inputs({"z": 1, "id": 2, "a": {"steps": [], "name": {}}}))
    assert text.index("z: 1") < text.index("id: 2") < text.index("steps: []") < text.index("name: {}")


@pytest.mark.parametrize(
    "text",
    ["Hello", "Hello, world!", "a:b", "it's", "Grüße", "😀 hi", "😀", "https://a.example/x?y=1#z", "${var.sms}", "a#b",
     "Bearer ${secret.X}", "(0)", "/v1", "nobody", "one - two", "Ünï", "مرحبا"],
)  # fmt: skip
def test_an_ordinary_string_needs_no_quotes(text: str) -> None:
    assert line_of(text) == text


@pytest.mark.parametrize(
    "text",
    ["", " ", "~", "null", "Null", "no", "NO", "on", "off", "Yes", "y", "n", "true", "False", "1", "010", "0o7",
     "0x1F", "0b11", "1_000", "1.5", ".5", "1e3", "-1", "+6512345678", ".inf", "-.INF", ".nan", "1:30", "17:00:00",
     "12:30:45.6", "2024-01-01", "2001-12-14t21:59:43.10-05:00", "=", "<<", "<", "- a", "-", "---", "...", "? a",
     "?", ": a",
     ":", "a:", "a: b", "a #b", "#a", "&a", "*a", "!a", "!!str", "|", ">", "'a", "%a", "@a", "`a", ",a", "[a",
     "]a", "{a", "}a",
     " a", "a ", "\u00a0a", "{{data.a}}", "a {{data.b}}", "a\u3000"],
)  # fmt: skip
def test_what_a_reader_could_mistake_is_quoted(text: str) -> None:
    assert line_of(text) == f'"{text}"'


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('{{data.a == "1"}}', """'{{data.a == "1"}}'"""),
        ("""{{a("x", 'y')}}""", """'{{a("x", ''y'')}}'"""),
        (r"{{/\d+/.test(data.a)}}", r"'{{/\d+/.test(data.a)}}'"),
        ('"quoted"', """'"quoted"'"""),
        (r"C:\new", r"C:\new"),
        ("{{'a'}}", "\"{{'a'}}\""),
    ],
)
def test_single_quotes_save_escapes(text: str, written: str) -> None:
    assert line_of(text) == written


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a\tb", r'"a\tb"'),
        ("a\r\nb", r'"a\r\nb"'),
        ("bell \a", r'"bell \u0007"'),
        ("\x1b[31mred", r'"\u001b[31mred"'),
        ("nel \x85 del \x7f", r'"nel \u0085 del \u007f"'),
        ("ls \u2028 ps \u2029", r'"ls \u2028 ps \u2029"'),
        ("evil \u202egpj.exe", r'"evil \u202egpj.exe"'),
        ("isolate \u2066", r'"isolate \u2066"'),
        ("\ufeffbom", r'"\ufeffbom"'),
        ("half \ud83d", r'"half \ud83d"'),
        ("none \uffff", r'"none \uffff"'),
        ("\0", r'"\u0000"'),
        ('say "\t\\"', r'"say \"\t\\\""'),
    ],
)
def test_characters_that_nobody_sees_are_escaped(text: str, written: str) -> None:
    assert line_of(text) == written
    assert write({text: 1}) == f"{written}: 1\n"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a\nb", "|-\n  a\n  b"),
        ("a\nb\n", "|\n  a\n  b"),
        ("a\n\n# b: {{c}}\n", "|\n  a\n\n  # b: {{c}}"),
        ("  a\nb", "|2-\n    a\n  b"),
        ("---\n...\n", "|\n  ---\n  ..."),
        ("a\n\n\n", '"a\\n\\n\\n"'),
        ("\n", '"\\n"'),
        ("\na", '"\\na"'),
        ("a \nb", '"a \\nb"'),
        ("a\n \nb", '"a\\n \\nb"'),
        ("a\n\tb", '"a\\n\\tb"'),
        ("a\nb\u202e", '"a\\nb\\u202e"'),
    ],
)
def test_a_text_with_line_breaks_is_a_block_where_that_shows_it_exactly(text: str, written: str) -> None:
    assert line_of(text) == written
    assert yaml.safe_load(write({"x": text})) == {"x": text}


def test_empty_lines_at_the_end_of_a_text_are_kept_unless_they_would_end_the_file() -> None:
    assert write({"a": "x\n\n", "b": 1}) == "a: |+\n  x\n\nb: 1\n"
    assert write({"b": 1, "a": "x\n\n"}) == 'b: 1\na: "x\\n\\n"\n'


def test_long_lines_are_never_folded() -> None:
    text = "word " * 500 + "end"
    assert line_of(text) == text
    assert line_of("{{" + text + "}}") == '"{{' + text + '}}"'


def test_a_key_that_is_too_long_for_one_line_is_written_the_explicit_way() -> None:
    key = "k" * 1100
    for value in (1, "a\nb", {"x": 1}, [1], []):
        body: Mapping[str, object] = {"outer": {key: value, "b": 2}}
        assert yaml.safe_load(write(body)) == body


def test_a_value_that_occurs_twice_is_written_twice() -> None:
    shared = {"a": [1]}
    assert write({"a": shared, "b": shared}) == "a:\n  a:\n    - 1\nb:\n  a:\n    - 1\n"


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (1, "1"),
        (-1.5, "-1.5"),
        (1.0, "1.0"),
        (1e16, "1.0e+16"),
        (1e-7, "1.0e-07"),
        (2.5e300, "2.5e+300"),
        (2**70, str(2**70)),
    ],
)
def test_numbers_are_written_so_that_every_yaml_reads_numbers(number: float, written: str) -> None:
    assert line_of(number) == written
    assert yaml.safe_load(written) == number


def test_nothing_is_written_for_what_json_does_not_have() -> None:
    for number in (math.nan, math.inf):
        with pytest.raises(ValueError, match="JSON"):
            write({"x": number})
    for value in ({"x": {1, 2}}, {"x": {1: 2}}):
        with pytest.raises(TypeError, match="JSON"):
            write(value)


def test_what_the_reader_would_find_too_deep_is_not_written() -> None:
    for innermost in ([], {}, [1], {"a": 1}):
        value: object = innermost
        for _ in range(MAX_DEPTH - 2):
            value = [value]
        assert parse(write({"x": value}), "deep.yaml").value == {"x": value}
        with pytest.raises(ValueError, match="more than 100 levels"):
            write({"x": [value]})


def test_an_empty_body_is_an_empty_mapping() -> None:
    assert write({}) == "{}\n"


# Texts in which every trap of YAML is likely, lone surrogates aside: no YAML file can hold those.
EXACT = 2**53 - 1
"""The largest number that every JSON reader keeps; our own warns above it."""

CHARACTERS = st.characters(exclude_categories=["Cs"])
HOSTILE = st.text(st.sampled_from("\n\n  \t\r\"'\\:#-?{}[]&*!|>%@`,=<~.0127eE+_aoxynN\x85\u2028\u202e\ufeff\x00é😀"))
TEXTS = (
    st.text(CHARACTERS) | HOSTILE | st.sampled_from(["no", "1:30", "{{a}}", "a\nb\n", "  a\n b", "<<", "2024-01-01"])
)
SCALARS = st.none() | st.booleans() | st.integers(-EXACT, EXACT) | st.floats(-EXACT, EXACT) | TEXTS
KEYS = TEXTS.filter(lambda text: len(text) <= 100)
"""A key of YAML has 1024 characters at most, as it is written: each of these may be an escape."""
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=15
)


@given(JSON)
@example([["  a\nb", ["\n\n"], {}], {"a\n": "  x\n\n"}])
@example({"": {"": ""}})
@settings(max_examples=400, deadline=None)
def test_any_json_reads_back_as_it_was(value: object) -> None:
    assert yaml.safe_load(write({"x": value, "y": 1})) == {"x": value, "y": 1}
    body = in_inputs(value)
    assert yaml.safe_load(write(body)) == body


@given(JSON)
@settings(max_examples=100, deadline=None)
def test_what_is_written_has_no_hidden_characters_and_no_trailing_spaces(value: object) -> None:
    text = write({"x": value})
    assert text.isascii() or not set(text) & set("\x7f\x85\u2028\u2029\u202e\ufeff")
    assert all(line == line.rstrip(" ") for line in text.split("\n"))
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
