"""No file ends the process, takes its memory or keeps it busy."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from deployer.source.document import parse

ROOT = Path(__file__).parents[2]
SECONDS = 10
"""Of processor time, which a busy machine does not use up: each file takes less than a second alone."""

READ_ONE = """
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[2]), int(sys.argv[2])))
from deployer.source import json_reader, yaml_reader
from deployer.source.document import parse
text = sys.stdin.buffer.read().decode()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
document = parse(text, sys.argv[1])
document.span(("a",), part=(0, 1))
used = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
print(used, document.findings[0].rule if document.findings else "read")
"""

Texts = Mapping[str, tuple[Callable[[], str], str]]
"""For each case what makes its text, and the rule that is found first (`read`: none)."""


def indented(item: str, line_end: str = "\n") -> str:
    """Each line one column further in than the one before."""
    return line_end.join(" " * depth + item for depth in range(2_500))


def bomb(first: str, link: str) -> str:
    """Ten anchors, each of which uses the one before it nine times."""
    links = [link % ", ".join([f"*a{number}"] * 9) for number in range(9)]
    return "\n".join(f"a{number}: &a{number} {value}" for number, value in enumerate([first, *links]))


NESTED: Texts = {
    "lists": (lambda: "[" * 50_000, "nesting-limit"),
    "mappings": (lambda: "{" * 50_000, "nesting-limit"),
    "mappings in lists": (lambda: "[{" * 50_000, "nesting-limit"),
    "keys in lists": (lambda: "[? " * 50_000, "nesting-limit"),
    "values in mappings": (lambda: "{a: " * 50_000, "nesting-limit"),
    "pairs in lists": (lambda: "a: [ " * 50_000, "nesting-limit"),
    "items on a line": (lambda: "- " * 50_000 + "a", "nesting-limit"),
    "keys on a line": (lambda: "? " * 50_000 + "a", "nesting-limit"),
    "both on a line": (lambda: "- ? " * 25_000 + "a", "nesting-limit"),
    "indented keys": (lambda: indented("a:"), "nesting-limit"),
    "indented items": (lambda: indented("-"), "nesting-limit"),
    "old line ends": (lambda: indented("-", "\r"), "nesting-limit"),
    "megabytes": (lambda: "x: " + "[" * 3_000_000, "nesting-limit"),
}
YAML: Texts = {
    "billion laughs": (lambda: bomb("[x, x]", "[%s]"), "alias-limit"),
    "merge bomb": (lambda: bomb("{x: 1}", "{<<: [%s]}"), "alias-limit"),
    "long text, many aliases": (lambda: f'a: &a "{"x" * 3_000_000}"\nb: [{"*a," * 1_000}]', "alias-limit"),
    "chain": (lambda: "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 20_000)), "alias-limit"),
    "cycle": (lambda: "a: &x {b: *x}", "alias-limit"),
    "cycle by merge": (lambda: "a: &x\n  <<: *x\n", "alias-limit"),
    "many items": (lambda: "- a\n" * 900_000, "file-size"),
    "many keys": (lambda: "{" + "a," * 1_900_000 + "}", "file-size"),
    "many lines": (lambda: "a: |\n" + " xy\n" * 900_000, "read"),
    "long text": (lambda: 'a: "' + "x" * 3_900_000 + '"', "read"),
    "long number": (lambda: "a: 1" + "1" * 3_900_000, "not-json"),
    "long time": (lambda: "a: 1" + ":1" * 1_900_000, "read"),
    "empty lines": (lambda: "\n" * 3_900_000, "empty-file"),
    "hashes": (lambda: "a: b" + " #x" * 1_300_000, "text-after-hash"),
    "directives": (lambda: "".join(f"%TAG !{n}! x\n" for n in range(200_000)) + "---\na", "yaml-syntax"),
    "repeated keys": (
        lambda: "".join(f"k{n}: 1\n" for n in range(24_000)) + "z: 1\n" * 24_000,
        "duplicate-mapping-key",
    ),
    "colons": (lambda: ": " * 1_900_000, "yaml-syntax"),
    "pairs on a line": (lambda: "a: b: " * 600_000, "yaml-syntax"),
    "anchors": (lambda: "&" * 3_900_000, "yaml-syntax"),
    "backslashes": (lambda: '- "' + "\\" * 3_900_000, "yaml-syntax"),
    "blanks before a hash": (lambda: "a: b" + " " * 3_900_000 + "#x", "text-after-hash"),
    "brackets of a marker": (lambda: "<" * 3_900_000, "read"),
}
JSON: Texts = {
    "lists": (lambda: "[" * 50_000, "nesting-limit"),
    "mappings": (lambda: '{"a":' * 50_000, "nesting-limit"),
    "many lists": (lambda: "[" + "[]," * 1_200_000 + "[]]", "file-size"),
    "many numbers": (lambda: "[" + "1," * 1_900_000 + "1]", "file-size"),
    "open text": (lambda: '"' + "x" * 3_900_000, "json-syntax"),
    "long number": (lambda: "1" * 3_900_000, "not-json"),
    "escapes": (lambda: '"' + "\\\\" * 1_900_000 + '"', "read"),
    "no numbers": (lambda: "[" + ",".join(["NaN"] * 90_000) + "]", "not-json"),
    "comments": (lambda: "[" + "#\n" * 1_900_000, "json-syntax"),
    "texts without commas": (lambda: '""' * 1_900_000, "json-syntax"),
}


def read_in_a_process(text: str, name: str) -> tuple[int, str]:
    """Megabytes used for a text, and the rule of the first finding."""
    pytest.importorskip("resource", reason="the memory of a process is counted on Unix only")
    done = subprocess.run(
        [sys.executable, "-c", READ_ONE, name, str(SECONDS)],
        cwd=ROOT,
        input=text.encode(),
        capture_output=True,
        timeout=SECONDS * 12,
        check=False,
    )
    assert done.returncode == 0, (done.returncode, done.stderr[-500:])
    megabytes, rule = done.stdout.decode().split()
    return int(megabytes), rule


@pytest.mark.parametrize("case", [*NESTED, *YAML])
def test_a_yaml_file_made_to_do_harm_ends_soon_and_small(case: str) -> None:
    make, rule = {**NESTED, **YAML}[case]
    megabytes, found = read_in_a_process(make(), "w.yaml")
    assert found == rule
    assert megabytes < 250


@pytest.mark.parametrize("case", JSON)
def test_a_json_file_made_to_do_harm_ends_soon_and_small(case: str) -> None:
    make, rule = JSON[case]
    megabytes, found = read_in_a_process(make(), "w.json")
    assert found == rule
    assert megabytes < 250


def test_a_text_full_of_brackets_is_no_nesting() -> None:
    document = parse("a: |\n  " + "[{" * 1_000 + "\nb: '" + "[" * 1_000 + "'\n# " + "{" * 1_000 + "\n", "w.yaml")
    assert document.ok
    assert document.value == {"a": "[{" * 1_000 + "\n", "b": "[" * 1_000}


def test_many_lists_beside_each_other_are_no_nesting() -> None:
    assert parse("a: [" + "[], " * 1_000 + "{}]\n", "w.yaml").ok


def test_a_long_rule_of_dashes_in_a_text_is_no_nesting() -> None:
    assert parse("a: |\n" + "  " + "- " * 200 + "\n" + "\n" + "b: c\n", "w.yaml").ok


@pytest.mark.parametrize(("depth", "ok"), [(100, True), (101, False)])
def test_the_limit_is_the_same_however_a_file_nests(depth: int, ok: bool) -> None:
    assert parse("[" * depth + "]" * depth, "w.yaml").ok is ok
    assert parse("[" * depth + "]" * depth, "w.json").ok is ok
    assert parse("- " * depth + "a", "w.yaml").ok is ok
    assert parse("{a: " * depth + "}" * depth, "w.yaml").ok is ok
    assert parse("\n".join(" " * level + "a:" for level in range(depth)), "w.yaml").ok is ok
