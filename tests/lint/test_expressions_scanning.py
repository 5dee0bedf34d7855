"""Where the scripts of a text begin and end."""

from __future__ import annotations

import pytest

from deployer.lint.expressions.scanning import scan, scripts


def sources(text: str) -> list[str]:
    return [script.source for script in scripts(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("no script", []),
        ("{{data.a}}", ["data.a"]),
        ("Hi {{data.name}}, you are {{ data.age }}!", ["data.name", " data.age "]),
        ("{{}}", [""]),
        ("{{ {a: {b: 1}} }}", [" {a: {b: 1}} "]),
        ("{{{}}}", ["{}"]),
        ("{{JSON.stringify({a: {b: data.x}})}}", ["JSON.stringify({a: {b: data.x}})"]),
        ("{{'}}' + data.x}} and {{data.y}}", ["'}}' + data.x", "data.y"]),
        ("{{`${data.x}}}`}}", ["`${data.x}}}`"]),
        ("{{/}}/.test(data.x)}}", ["/}}/.test(data.x)"]),
        ("{{ a /* }} */ }}", [" a /* }} */ "]),
        ('{"a": {"b": {{data.x}}}}', ["data.x"]),
        ('{"a": {"b": 1}}', []),
        ("{{ '{{' }}", [" '{{' "]),
    ],
)
def test_a_script_ends_at_the_first_braces_that_leave_it_whole(text: str, found: list[str]) -> None:
    assert sources(text) == found
    assert scan(text).faults == ()


def test_a_mistake_inside_an_object_is_shown_within_the_whole_script() -> None:
    assert sources("{{ {a: {b: data.x.}} }}") == [" {a: {b: data.x.}} "]


def test_a_script_that_does_not_parse_ends_at_the_first_braces() -> None:
    assert sources("{{ a b }} {{ c }}") == [" a b ", " c "]


def test_offsets_count_the_characters_of_the_text() -> None:
    text = "😀 {{data.a}} ü"
    (script,) = scripts(text)
    assert text[script.start : script.end] == "{{data.a}}"
    assert text[script.inside :].startswith("data.a")


def test_only_a_text_that_is_one_script_is_whole() -> None:
    assert [script.whole for script in scripts("{{data.a}}")] == [True]
    assert [script.whole for script in scripts(" {{data.a}}")] == [False]


@pytest.mark.parametrize(
    ("text", "start", "end", "words"),
    [
        ("Hi {{data.a", 3, 5, "never closed"),
        ("Hi {{data.a} there", 3, 12, "one brace"),
        ("Hi {{data.a} and {{data.b}}", 3, 12, "one brace"),
        ("Hi {data.a}", 3, 11, "{{data.a}}"),
        ("Hi ${data.a.b}", 3, 14, "{{data.a.b}}"),
        ("Hi {data.a}}", 3, 12, "{{data.a}}"),
    ],
)
def test_braces_that_make_no_script_are_shown(text: str, start: int, end: int, words: str) -> None:
    (fault,) = scan(text).faults
    assert (fault.start, fault.end) == (start, end)
    assert words in fault.message


def test_a_missing_end_does_not_swallow_the_next_script() -> None:
    assert sources("{{data.a} and {{data.b}}") == ["data.b"]


@pytest.mark.parametrize("text", ["{{'Bearer ${secret.TOKEN}'}}", "{{${secret.A} + 1}}", "{{data.${var.unknown}}}"])
def test_an_open_reference_is_part_of_its_script(text: str) -> None:
    (script,) = scripts(text)
    assert script.whole
    assert script.dynamic


def test_other_people_s_dollars_are_left_alone() -> None:
    assert scan("costs ${price} {price} {a}").faults == ()


def test_hostile_braces_cost_no_more_than_their_length() -> None:
    for text in ("{{" * 5_000, "{{ '" + "}}" * 5_000, "{" * 10_000, "{{" + "data.x + " * 20_000 + "1}}"):
        scan(text)
