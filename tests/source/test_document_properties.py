"""What holds for every file: values come back, places are exact, and nothing in a file ends the run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
import yaml
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from deployer.finding import Path
from deployer.source.document import Document, parse
from deployer.source.scalars import JSON
from tests.source.test_document import marked

READABLE = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\ufeff\ufffe\uffff")
TEXTS = st.text(READABLE | st.sampled_from("\n\t \"'\\{}:#-|>éß😀"), max_size=30)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)
VALUES: st.SearchStrategy[JSON] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=20
)
NUMBER_FOR_1_2 = re.compile(r"0o[0-7]+|[-+]?[0-9]*\.?[0-9]*(?:[eE][-+]?[0-9]+)?")
"""Text that PyYAML writes without quotes, because it is a number in YAML 1.2 only."""

PIECES_OF_FILES = st.sampled_from(
    [
        *("a", "1", "010", "NO", "null", ".nan", "1e400", ": ", "- ", "? ", "\n", "\n  ", "\t", "\r", "'", '"'),
        *(
            "{",
            "}",
            "[",
            "]",
            ", ",
            "&x ",
            "*x",
            "<<: ",
            "!",
            "!!str ",
            "|",
            ">-\n",
            " #",
            "%",
            "@",
            "{{",
            "}}",
            "${v}",
        ),
        *("---", "\\", "\\ud800", "\\UFFFFFFFF", '"a": ', "\u2028", "\ufeff", "\0", "\ud800", "=======", "<<<<<<< "),
    ]
)


def scalars(value: JSON, path: Path = ()) -> Iterator[tuple[Path, JSON]]:
    """Every scalar in a value, with its path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from scalars(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from scalars(inner, (*path, index))
    else:
        yield path, value


def read_differently(value: JSON) -> bool:
    """Whether YAML 1.1, which PyYAML writes, and YAML 1.2 disagree about some text in a value."""
    if isinstance(value, dict):
        return any(read_differently(key) or read_differently(inner) for key, inner in value.items())
    if isinstance(value, list):
        return any(map(read_differently, value))
    return isinstance(value, str) and NUMBER_FOR_1_2.fullmatch(value) is not None


@given(VALUES, st.sampled_from([None, 0, 2]), st.booleans())
@settings(max_examples=150, deadline=None)
def test_what_json_writes_is_read_back_with_exact_spans(value: JSON, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    document = parse(text, "w.json")
    assert document.value == value
    for path, scalar in scalars(value):
        assert json.loads(marked(document, document.span(path))) == scalar
        if path and isinstance(path[-1], str):
            assert json.loads(marked(document, document.span(path, key=True))) == path[-1]


@given(VALUES, st.sampled_from([None, 2]))
@settings(max_examples=100, deadline=None)
def test_json_is_read_as_yaml_too(value: JSON, indent: int | None) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    assert parse(text, "w.yaml").value == value


@given(VALUES, st.sampled_from([None, "'", '"', "|", ">"]), st.sampled_from([None, True, False]), st.booleans())
@settings(max_examples=200, deadline=None)
def test_what_pyyaml_writes_is_read_back_with_exact_spans(
    value: JSON, style: str | None, flow: bool | None, unicode: bool
) -> None:
    assume(not read_differently(value))
    text = yaml.safe_dump(value, default_style=style, default_flow_style=flow, allow_unicode=unicode, width=40)
    assume(yaml.safe_load(text) == value)  # PyYAML cannot read back all that it writes
    document = parse(text, "w.yaml")
    assert document.value == value
    for path, scalar in scalars(value):
        source = marked(document, document.span(path))
        if style and not isinstance(scalar, str):  # written as `!!int "1"`, and the tag is not of the value
            continue
        if re.match(r"[|>](?:[-+]?[1-9]|\+|[1-9][-+])", source):  # counts from a parent, or keeps what follows
            continue
        alone = parse(f"{source}\n", "w.yaml").value if source else None
        assert alone == scalar


@given(TEXTS.filter(bool), st.sampled_from(["plain", "'", '"', "|", ">", "j"]), st.booleans(), st.integers(10, 40))
@settings(max_examples=300, deadline=None)
@example(
    "{{a}}\n\n  b  \n c\td 'e' \"f\" \\ 😀é {{g}} and so on until it folds over the end of the line", ">", True, 10
)
@example("one 'two' three four five six seven eight nine ten", "'", True, 10)
@example('one "two" three \\ four\tfive\n six seven 😀', '"', False, 10)
@example("one two three {{four}} five six seven", "plain", True, 10)
@example("\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"), "j", True, 10)
def test_every_character_of_a_text_is_found_in_the_source(text: str, style: str, unicode: bool, width: int) -> None:
    document = written(text, style, unicode, width)
    assume(document is not None)
    assert document is not None
    source_style = marked(document, document.span(("k", 0)))[0] if style != "j" else "j"
    for index, character in enumerate(text):
        source = marked(document, document.span(("k", 0), part=(index, index + 1)))
        assert stands_for(source, source_style, character), (source, character)


def written(text: str, style: str, unicode: bool, width: int) -> Document | None:
    """A document with the text at k[0] in a style; None where PyYAML cannot write it so that it comes back."""
    if style == "j":
        return parse(json.dumps({"k": [text]}, ensure_ascii=not unicode), "w.json")
    asked = None if style == "plain" else style
    source = yaml.safe_dump({"k": [text]}, default_style=asked, allow_unicode=unicode, width=width)
    document = parse(source, "w.yaml")
    return document if document.value == {"k": [text]} else None


def stands_for(source: str, style: str, character: str) -> bool:
    """Whether a stretch of source means a character, in a scalar of a style."""
    if source == character:
        return True
    if source.startswith("\\"):
        return bool((json.loads if style == "j" else yaml.safe_load)(f'"{source}"') == character and style in '"j')
    if source == "''":
        return character == "'" == style
    if source.strip(" \t\n"):
        return False
    # a folded line break, with the blanks around it
    return character == " " if character != "\n" and source.count("\n") == 1 else character == "\n" and "\n" in source


@given(TEXTS.filter(bool), st.integers(0, 30), st.integers(0, 30))
@settings(max_examples=100, deadline=None)
def test_a_part_covers_its_characters_from_the_first_to_the_last(text: str, one: int, other: int) -> None:
    start, end = sorted((min(one, len(text)), min(other, len(text))))
    assume(start < end)
    document = parse(json.dumps([text]), "w.json")
    first = document.span((0,), part=(start, start + 1))
    last = document.span((0,), part=(end - 1, end))
    whole = document.span((0,), part=(start, end))
    assert (whole.line, whole.column, whole.end_column) == (first.line, first.column, last.end_column)


@given(st.text(max_size=60) | st.lists(PIECES_OF_FILES, max_size=16).map("".join), st.sampled_from(["yaml", "json"]))
@settings(max_examples=500, deadline=None)
@pytest.mark.filterwarnings("error")
def test_no_text_makes_reading_fail(text: str, suffix: str) -> None:
    document = parse(text, f"w.{suffix}")
    json.dumps(document.value, ensure_ascii=False, allow_nan=False).encode()
    assert document.ok or document.findings
    for path, _ in scalars(document.value):
        for span in (document.span(path), document.span(path, key=True), document.span((*path, "x"), part=(0, 1))):
            assert (1, 1) <= (span.line, span.column) <= (span.end_line, span.end_column)
    for finding in document.findings:
        assert finding.message
        assert finding.excerpt == document.line(finding.span.line)
