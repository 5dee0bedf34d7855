"""A YAML file becomes plain data, and whatever would surprise its writer becomes a finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployer.errors import ConfigurationError
from deployer.finding import Finding, Severity, Span
from deployer.source.document import LOAD_RULES, MAX_BYTES, Document, parse, read
from deployer.source.scalars import JSON

ERROR, WARNING = Severity.ERROR, Severity.WARNING


def only_finding(document: Document) -> Finding:
    """The one finding of a document."""
    assert len(document.findings) == 1, document.findings
    return document.findings[0]


def marked(document: Document, span: Span) -> str:
    """The text of the file that a span covers."""
    # A text that ends in a line break has one more line, which is empty: a span may end there.
    lines = [*document.text.splitlines(keepends=True), ""]
    if span.line == span.end_line:
        return lines[span.line - 1][span.column - 1 : span.end_column - 1]
    first, last = lines[span.line - 1][span.column - 1 :], lines[span.end_line - 1][: span.end_column - 1]
    return "".join([first, *lines[span.line : span.end_line - 1], last])


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("FALSE", False),
        ("2", 2),
        ("-7", -7),
        ("0", 0),
        ("0x1F", 31),
        ("1.5", 1.5),
        ("1.0", 1.0),
        (".5", 0.5),
        ("1.5e+3", 1500.0),
        ("00:02:00", "00:02:00"),
        ("1.6:30:15", "1.6:30:15"),
        ("2024-01-01", "2024-01-01"),
        ("2024-02-30", "2024-02-30"),
        ("10.0.0.1", "10.0.0.1"),
        ("+65 6123 4567", "+65 6123 4567"),
        ("nan", "nan"),
        ("Hello {{data.a}}", "Hello {{data.a}}"),
        ("${var.sms}", "${var.sms}"),
        ("! 12", "12"),
        ("!!str 12", "12"),
        ("!!int '12'", 12),
        ("!!null ''", None),
        ("&a text", "text"),
        ('"\\u00e9\\x41\\U0001F600"', "éA😀"),
        ("hello # comment", "hello"),
        ("30 #seconds", 30),
        ("a#b", "a#b"),
        ("'#1 in town'", "#1 in town"),
    ],
)
def test_a_plain_value_reads_by_the_core_schema_of_yaml_1_2(written: str, value: JSON) -> None:
    document = parse(f"a: {written}\n", "w.yaml")
    assert document.value == {"a": value}
    assert type(document.value["a"]) is type(value)
    assert document.findings == ()


@pytest.mark.parametrize(
    ("written", "value", "meant"),
    [
        ("2:00", "2:00", "base 60"),
        ("1:30:15", "1:30:15", "base 60"),
        ("17:00:00", "17:00:00", "base 60"),
        ("24:00:00", "24:00:00", "base 60"),
        ("00:02:00.5", "00:02:00.5", "base 60"),
        ("12:30:45.6", "12:30:45.6", "base 60"),
        ("NO", "NO", "false"),
        ("on", "on", "true"),
        ("off", "off", "false"),
        ("yes", "yes", "true"),
        ("y", "y", "true"),
        ("1_000", "1_000", "a number"),
        ("0b11", "0b11", "a number"),
        ("0o17", 15, "the number 15"),
        ("1e3", 1000.0, "the number 1000.0"),
        ("12e45", 12e45, "code or an id"),
        ("-.5", -0.5, "the number -0.5"),
        ("1.10", 1.1, "1.1"),
        ("9007199254740993", 9007199254740993, "more digits"),
        ("3.14159265358979323846", 3.14159265358979323846, "more digits"),
        ("=", "=", "text here"),
    ],
)
def test_a_value_that_other_readers_take_for_something_else_is_a_warning(written: str, value: JSON, meant: str) -> None:
    document = parse(f"a: {written}\n", "w.yaml")
    finding = only_finding(document)
    assert document.value == {"a": value}
    assert document.ok
    assert (finding.rule, finding.severity, finding.path) == ("ambiguous-scalar", WARNING, ("a",))
    assert meant in finding.message
    assert finding.suggestion == f'"{written}"'
    assert marked(document, finding.span) == written


@pytest.mark.parametrize(
    ("written", "advice"),
    [
        ("+6512345678", "quote phone numbers"),
        ("+1.5", "loses its plus"),
        ("010", "quote codes and ids"),
        ("0777", "quote codes and ids"),
        ("08", "quote codes and ids"),
        ("007911123456", "quote codes and ids"),
        ("01.50", "quote codes and ids"),
    ],
)
def test_a_number_that_loses_characters_is_an_error_and_stays_text(written: str, advice: str) -> None:
    document = parse(f"a: {written}\n", "w.yaml")
    finding = only_finding(document)
    assert (finding.rule, finding.severity) == ("ambiguous-scalar", ERROR)
    assert advice in finding.message
    assert finding.suggestion == f'"{written}"'
    assert document.value == {"a": written}


@pytest.mark.parametrize("written", [".nan", ".NaN", ".inf", "-.INF", "1e400", "9" * 30, "1" * 5000, "0x" + "f" * 500])
def test_a_number_that_json_cannot_hold_is_an_error(written: str) -> None:
    document = parse(f"a: {written}\n", "w.yaml")
    assert only_finding(document).rule == "not-json"
    assert document.value == {"a": written}
    assert len(only_finding(document).message) < 200


@pytest.mark.parametrize("key", ["1", "1.5", "null", "~", "true", "1:30", "010", "+65123", ".nan"])
def test_a_key_that_is_not_text_is_an_error_and_reads_as_it_is_written(key: str) -> None:
    document = parse(f"{key}: a\n", "w.yaml")
    finding = only_finding(document)
    assert (finding.rule, finding.severity) == ("non-string-key", ERROR)
    assert finding.suggestion == f'"{key}"'
    assert document.value == {key: "a"}


@pytest.mark.parametrize("key", ["on", "NO", "y", "1_000"])
def test_a_key_that_other_readers_take_for_something_else_is_a_warning(key: str) -> None:
    document = parse(f"{key}: a\n", "w.yaml")
    assert only_finding(document).rule == "ambiguous-scalar"
    assert document.value == {key: "a"}
    assert document.ok


def test_a_list_as_a_key_is_an_error() -> None:
    document = parse("? [a, b]\n: c\n", "w.yaml")
    assert only_finding(document).rule == "non-string-key"
    assert document.value == {"[a, b]": "c"}


def test_a_key_that_occurs_twice_is_an_error_that_names_both_lines_and_the_first_value_stays() -> None:
    document = parse("id: one\nname: x\nid: two\n", "w.yaml")
    finding = only_finding(document)
    assert (finding.rule, finding.severity, finding.span.line) == ("duplicate-mapping-key", ERROR, 3)
    assert "line 1" in finding.message
    assert document.value == {"id": "one", "name": "x"}


def test_a_repeated_key_is_found_in_every_step_that_has_one() -> None:
    document = parse("steps:\n- id: a\n  id: b\n- id: c\n  id: d\n", "w.yaml")
    assert [(finding.span.line, finding.path) for finding in document.findings] == [
        (3, ("steps", 0)),
        (5, ("steps", 1)),
    ]


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("text: {{data.a}}", "{{data.a}}"),
        ("text: {{ data.a }} # comment", "{{ data.a }}"),
        ("text: {{data.a == 'b'}}", "{{data.a == 'b'}}"),
        ("- {{data.a}}", "{{data.a}}"),
        ("x: {text: {{data.a}}}", "{{data.a}}"),
        ("[{{f(data.a, 'b')}}]", "{{f(data.a, 'b')}}"),
        ("text: {{data.a}} and more", "{{data.a}} and more"),
        ("text: {{'umid: ' + data.umid}}", "{{'umid: ' + data.umid}}"),
        ("text: {{!isTimeOfDayBetween(data.a, '09:00:00')}}", "{{!isTimeOfDayBetween(data.a, '09:00:00')}}"),
        ("text: Hello {{ a ? b : c }}", "Hello {{ a ? b : c }}"),
        ("x: {text: Hello {{data.a}}, to: b}", "Hello {{data.a}}"),
        ("x: {subAccountId: ${var.sms}}", "${var.sms}"),
        ("steps:\n- id: a\n  selectNextStep:\n    b: {{data.a}}; {{data.b}}\n", "{{data.a}}; {{data.b}}"),
    ],
)
def test_an_expression_without_quotes_gets_the_quoted_form_as_suggestion(text: str, expression: str) -> None:
    document = parse(text, "w.yaml")
    finding = only_finding(document)
    assert (finding.rule, finding.severity) == ("expression-needs-quotes", ERROR)
    assert finding.suggestion == f'"{expression}"'
    assert marked(document, finding.span) == expression


def test_an_expression_without_quotes_does_not_hide_what_else_is_wrong() -> None:
    document = parse("a: {{data.a}}\nb: 010\n", "w.yaml")
    assert document.value == {"a": "{{data.a}}", "b": "010"}
    assert [finding.rule for finding in document.findings] == ["expression-needs-quotes", "ambiguous-scalar"]


@pytest.mark.parametrize(
    ("text", "value", "whole"),
    [
        ("text: Call us #1\n", "Call us", "Call us #1"),
        ("text: #1 in town\n", None, "#1 in town"),
        ("{text: Call us #1\n}", "Call us", "Call us #1"),
    ],
)
def test_text_after_a_hash_is_a_warning_because_it_is_a_comment(text: str, value: JSON, whole: str) -> None:
    document = parse(text, "w.yaml")
    finding = only_finding(document)
    assert document.value == {"text": value}
    assert (finding.rule, finding.severity, finding.path) == ("text-after-hash", WARNING, ("text",))
    assert finding.suggestion == f'"{whole}"'
    assert marked(document, finding.span) == whole


@pytest.mark.parametrize(
    "text", ["a: b # c", "a: 'b' #c", "a: 1 #c", "a: true #c", "# x #y\na: b", "a: |\n  b #c\n", "a: b ## c"]
)
def test_a_comment_that_looks_like_one_is_no_finding(text: str) -> None:
    assert parse(text, "w.yaml").findings == ()


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("a: !!binary aGk=", "!!binary"),
        ("a: !!set {b}", "!!set"),
        ("a: !!timestamp 2024-01-01", "!!timestamp"),
        ("a: !!python/object/apply:os.system [x]", "!!python/object/apply:os.system"),
        ("a: &x !own b", "!own"),
        ("a: !own {b: c}", "!own"),
        ("a: !!int x", "!!int"),
        ("a: !!bool 1", "!!bool"),
        ("a: !!float .inf", "!!float"),
        ("a: !!map [1]", "!!map"),
    ],
)
def test_a_tag_of_anything_but_plain_data_is_an_error(text: str, tag: str) -> None:
    document = parse(text, "w.yaml")
    finding = only_finding(document)
    assert (finding.rule, finding.severity) == ("forbidden-tag", ERROR)
    assert marked(document, finding.span) == tag


def test_anchors_aliases_and_merges_work_and_the_mappings_own_keys_win() -> None:
    document = parse(
        "base: &base {text: hello, to: a}\nother: &other {to: b, from: c}\n"
        "copy: *base\nmerged: {<<: [*base, *other], text: own}\n",
        "w.yaml",
    )
    assert document.findings == ()
    assert document.value == {
        "base": {"text": "hello", "to": "a"},
        "other": {"to": "b", "from": "c"},
        "copy": {"text": "hello", "to": "a"},
        "merged": {"text": "own", "to": "a", "from": "c"},
    }


def test_a_copy_through_an_alias_is_a_value_of_its_own() -> None:
    value = parse("a: &a {b: [1]}\nc: *a\n", "w.yaml").value
    assert isinstance(value, dict)
    assert value["a"] == value["c"]
    assert value["a"] is not value["c"]


def test_a_value_behind_an_alias_is_found_where_it_is_written() -> None:
    document = parse("a: &a\n  text: hello\nb:\n  <<: *a\nc: *a\n", "w.yaml")
    assert marked(document, document.span(("b", "text"))) == "hello"
    assert marked(document, document.span(("c", "text"), key=True)) == "text"
    assert marked(document, document.span(("c",), key=True)) == "c"


def test_a_problem_behind_an_alias_is_reported_once() -> None:
    document = parse("a: &a [NO]\nb: *a\nc: {<<: {d: *a}}\n", "w.yaml")
    assert only_finding(document).span.line == 1


@pytest.mark.parametrize("text", ["a: {<<: text}", "a: {<<: [1]}", "a: {<<: {{b}}}"])
def test_a_merge_of_something_else_than_mappings_is_an_error(text: str) -> None:
    assert only_finding(parse(text, "w.yaml")).rule == "yaml-syntax"


def test_two_merges_in_one_mapping_are_an_error() -> None:
    document = parse("a: &a {b: 1}\nc:\n  <<: *a\n  <<: {d: 2}\n", "w.yaml")
    assert only_finding(document).rule == "duplicate-mapping-key"
    assert only_finding(document).span.line == 4


@pytest.mark.parametrize(
    ("text", "rule", "place", "words"),
    [
        ("", "empty-file", (1, 1), "empty"),
        ("# only a comment\n", "empty-file", (1, 1), "empty"),
        ("---\n", "empty-file", (1, 1), "empty"),
        ("a: 1\n---\nb: 2\n", "several-documents", (2, 1), "one workflow a file"),
        ("a:\n\tb: c\n", "yaml-syntax", (2, 1), "tab"),
        ("a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> x\n", "conflict-marker", (2, 1), "Git"),
        ("a: 1\n=======\nb: 2\n", "conflict-marker", (2, 1), "Git"),
        ("a: 1\r\n>>>>>>> x\r\n", "conflict-marker", (2, 1), "Git"),
        ("a: \x00", "yaml-syntax", (1, 4), "U+0000"),
        ("a: b\x07", "yaml-syntax", (1, 5), "U+0007"),
        ("a: \ud800", "yaml-syntax", (1, 4), "U+D800"),
        ("a: b\u2028c", "yaml-syntax", (1, 5), "U+2028"),
        ("a: [b\x85]", "yaml-syntax", (1, 6), "U+0085"),
        ("a: b: c", "yaml-syntax", (1, 4), 'write "b: c"'),
        ("a: b\n  c: d", "yaml-syntax", (2, 4), "indentation"),
        ("a:\n  b: 1\n c: 2", "yaml-syntax", (3, 2), "line 1"),
        ("- a\nb: c", "yaml-syntax", (2, 1), "list that starts in line 1"),
        ("a: - b", "yaml-syntax", (1, 4), "line of its own"),
        ("a: b\nc\nd: e", "yaml-syntax", (2, 1), "neither"),
        ("a: 'b\nc: d", "yaml-syntax", (1, 4), "never closed"),
        ('a: "b" c', "yaml-syntax", (1, 8), "closing quote"),
        ('a: "\\q"', "yaml-syntax", (1, 5), "backslash"),
        ('a: "\\xg1"', "yaml-syntax", (1, 7), "hex digits"),
        ('a: "\\ud83d\\ude00"', "yaml-syntax", (1, 5), "😀"),
        ('a: "\\ud800"', "yaml-syntax", (1, 5), "no character"),
        ("a: [1, 2\nb: 3", "yaml-syntax", (2, 2), "opens in line 1"),
        ("a: {b: 1", "yaml-syntax", (1, 9), "ends with `}`"),
        ("a: @b", "yaml-syntax", (1, 4), "`@` needs quotes"),
        ("a: `b`", "yaml-syntax", (1, 4), "backtick"),
        ("a: *bold*", "yaml-syntax", (1, 4), "needs quotes"),
        ("a: *x", "yaml-syntax", (1, 4), "names no anchor"),
        ("a: & b", "yaml-syntax", (1, 4), "needs quotes"),
        ("a: !<b", "yaml-syntax", (1, 4), "needs quotes"),
        ("a: !b!c d", "yaml-syntax", (1, 4), "needs quotes"),
        ("a: |x\n b", "yaml-syntax", (1, 5), "next line"),
        ("a: &x 1\nb: &x 2", "yaml-syntax", (2, 4), "line 1"),
        ("%FOO\n---\na", "yaml-syntax", (1, 1), "directive"),
        ("%YAML 3.0\n---\na", "yaml-syntax", (1, 1), "version"),
        ("]", "yaml-syntax", (1, 1), "missing"),
        ("a: b\n}", "yaml-syntax", (2, 1), "belong"),
        ("k" * 1100 + ": a", "yaml-syntax", (1, 1), "1024"),
        ('{"' + "k" * 1100 + '": a}', "yaml-syntax", (1, 2), "1024"),
    ],
)
def test_a_file_that_cannot_be_read_says_where_and_what_would_be_right(
    text: str, rule: str, place: tuple[int, int], words: str
) -> None:
    document = parse(text, "w.yaml")
    finding = only_finding(document)
    assert (finding.rule, finding.severity) == (rule, ERROR)
    assert (finding.span.line, finding.span.column) == place
    assert words in finding.message
    assert document.value is None
    assert not document.ok
    assert document.span(("a",)).line == 1


def test_a_byte_order_mark_is_fine_and_no_column_counts_it() -> None:
    document = parse("\ufeffa: b\n", "w.yaml")
    assert document.value == {"a": "b"}
    assert document.findings == ()
    assert document.span(("a",)) == Span(line=1, column=4, end_line=1, end_column=5)


def test_one_document_between_its_markers_is_fine() -> None:
    assert parse("%YAML 1.2\n---\na: b\n...\n", "w.yaml").value == {"a": "b"}


def test_conflict_markers_inside_a_text_are_fine() -> None:
    assert parse("a: |\n  <<<<<<< not at the start of a line\n", "w.yaml").ok


def test_the_suffix_decides_the_format_and_a_caller_may_overrule_it() -> None:
    assert parse("{'a': 1}", "w.yml").ok
    assert parse("{'a': 1}", "w.JSON").findings[0].rule == "json-syntax"
    assert parse("{'a': 1}", "stdin", format="json").findings[0].rule == "json-syntax"
    assert parse("{'a': 1}", "w.json", format="yaml").ok


def test_a_finding_carries_its_source_line() -> None:
    finding = only_finding(parse("a: b\nc: NO # here\n", "dir/w.yaml"))
    assert (finding.file, finding.excerpt) == ("dir/w.yaml", "c: NO # here")


def test_every_rule_that_loading_reports_is_in_its_table() -> None:
    assert all(text.endswith((".", ")")) and severity is not Severity.OFF for severity, text in LOAD_RULES.values())
    assert {rule for rule, (severity, _) in LOAD_RULES.items() if severity is WARNING} == {
        "ambiguous-scalar",
        "text-after-hash",
    }


def test_findings_of_one_kind_end_at_a_hundred() -> None:
    document = parse("- NO\n" * 150 + "- 010\n", "w.yaml")
    assert len(document.findings) == 101
    assert not document.ok


def test_a_file_is_read_as_utf_8_with_its_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "w.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: \xc3\xa9\r\nb: [1]\r\n")
    document = read(path, "w.yaml")
    assert document.value == {"a": "é", "b": [1]}
    assert document.line(1) == "a: é"
    assert document.span(("b", 0)) == Span(line=2, column=5, end_line=2, end_column=6)


@pytest.mark.parametrize(
    ("data", "place", "words"),
    [
        (b"a: b\nc: caf\xe9\n", (2, 7), "0xE9"),
        ("a: b".encode("utf-16"), (1, 1), "UTF-16"),
        (b"\xef\xbb\xbfa\xff", (1, 2), "0xFF"),
    ],
)
def test_a_file_in_another_encoding_is_a_finding(
    tmp_path: Path, data: bytes, place: tuple[int, int], words: str
) -> None:
    path = tmp_path / "w.yaml"
    path.write_bytes(data)
    document = read(path, "w.yaml")
    finding = only_finding(document)
    assert (finding.rule, finding.span.line, finding.span.column) == ("file-encoding", *place)
    assert words in finding.message
    assert document.value is None


def test_a_file_that_is_too_large_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "w.yaml"
    path.write_bytes(b"a" * (MAX_BYTES + 1))
    assert only_finding(read(path, "w.yaml")).rule == "file-size"
    assert only_finding(parse("a" * (MAX_BYTES + 1), "w.json")).rule == "file-size"


def test_a_path_that_cannot_be_read_is_a_configuration_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"dir/w\.yaml: cannot be read: No such file"):
        read(tmp_path / "absent.yaml", "dir/w.yaml")
    with pytest.raises(ConfigurationError, match="dir: cannot be read"):
        read(tmp_path, "dir")
    with pytest.raises(ConfigurationError, match="nul: cannot be read"):
        read(tmp_path / "a\0b", "nul")
