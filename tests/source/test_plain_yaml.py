"""What is read by lines is exactly what the YAML reader gives, and whatever is doubtful is left to that one."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.source.document import parse
from deployer.source.plain_yaml import read_plain_yaml
from deployer.source.scalars import JSON
from deployer.source.writer import write
from deployer.source.yaml_reader import read_yaml
from tests.source.handwriting import handwritten
from tests.source.test_document_properties import PIECES_OF_FILES, VALUES
from tests.source.test_writer_reads_back import DEFINITIONS

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```ya?ml\n(.*?)^```", re.DOTALL | re.MULTILINE)
FILES = sorted((*(ROOT / "examples").rglob("*.y*ml"), *(ROOT / "tests").rglob("*.y*ml")))
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
CORPUS = [
    *(path.read_bytes().decode("utf-8", "replace") for path in FILES),
    *(text for page in PAGES for text in FENCE.findall(page.read_text("utf-8"))),
]
RANDOM = st.integers(0, 2**32).map(Random)


def agreed(text: str) -> bool:
    """Whether a text is read by lines; if so, the YAML reader gives the same and reports nothing."""
    plain = read_plain_yaml(text)
    if plain is None:
        return False
    full = read_yaml(text)
    assert full.problems == ()
    assert full.readable
    assert repr(plain) == repr(full.value)  # which tells 1, 1.0 and True apart, and the order of keys
    return True


def test_every_file_and_every_example_of_the_documentation_reads_the_same() -> None:
    assert sum(map(agreed, CORPUS)) > 0.8 * len(CORPUS)


def test_workflows_as_people_write_them_are_plain() -> None:
    for path in (ROOT / "examples").rglob("*.yaml"):
        if ".test." not in path.name:
            assert agreed(path.read_text("utf-8")), path


PLAIN = {
    "a: b\nc: 1\n": {"a": "b", "c": 1},
    "a:\nb: ~\nc: null\n": {"a": None, "b": None, "c": None},
    "a:\n- b\n- c: 1\n  d: 2\ne: true\n": {"a": ["b", {"c": 1, "d": 2}], "e": True},
    "a:\n   -    b: 1\n        c: 2\n": {"a": [{"b": 1, "c": 2}]},
    "- - a\n  - b\n- - - c\n-\n": [["a", "b"], [["c"]], None],
    "-\n  a: 1\n-   # why\n  - b\n": [{"a": 1}, ["b"]],
    "a: b:c # d: e\nf: 'it''s' #\ng: \"\\\"\\\\\\n\\t'\"   # ok\n": {"a": "b:c", "f": "it's", "g": "\"\\\n\t'"},
    "a:    # b\n  # c\n  d: e#f\n": {"a": {"d": "e#f"}},
    "a:\n  b\nc:\n  'd: e'\n": {"a": "b", "c": "d: e"},
    "'a b': 1\n\"c\": 2\nd e: 3\n": {"a b": 1, "c": 2, "d e": 3},
    "a: {}\nb: []\nc: { d: [1, 'x, y', {e: f g}], \"h\": -1.5 } # i\n": {
        "a": {},
        "b": [],
        "c": {"d": [1, "x, y", {"e": "f g"}], "h": -1.5},
    },
    "a: { b: Who's there?, c: ^d!, e: http://f/g?h=1, i: 00:02:00, j: it’s }\n": {
        "a": {"b": "Who's there?", "c": "^d!", "e": "http://f/g?h=1", "i": "00:02:00", "j": "it’s"}
    },
    "a: |\n  b\n    c\n\n  # d\n\n# e\nf: |-\n\tg\n".replace("\t", " "): {"a": "b\n  c\n\n# d\n", "f": "g"},
    "a: >\n  b\n  c\n\n\n  d\n\ne: >-\n  f\n  g\n": {"a": "b c\n\nd\n", "e": "f g"},
    "- |\n a\n- >-\n b\n": ["a\n", "b"],
    "---\na: b\r\nc: |\r\n  d\r\n  e\r\n": {"a": "b", "c": "d\ne\n"},
    "a: 名前\u3000様 👩\u200d💻\n": {"a": "名前\u3000様 👩\u200d💻"},
    "a: b": {"a": "b"},
    "a: -1\nb: .5\nc: 00:02:00\nd: 1.00:00:00\n": {"a": -1, "b": 0.5, "c": "00:02:00", "d": "1.00:00:00"},
}  # fmt: skip


@pytest.mark.parametrize("text", PLAIN)
def test_plain_forms_are_read_by_lines(text: str) -> None:
    assert read_plain_yaml(text) == PLAIN[text]
    assert agreed(text)


NOT_PLAIN = [
    *("", "\n", "# a\n", "---\n", "a\n", "'a'\n", "...\n", "... a: b\n", "a: b\n...\n", "a: b\n---\nc: d\n"),
    *("a: 1\na: 2\n", "a: {b: 1, b: 2}\n", "a: yes\n", "n: 1\n", "1: a\n", "null: a\n", "'a': 1\na: 2\n"),
    *("a: +65\n", "a: 010\n", "a: 1:30\n", "a: 1.10\n", "a: .nan\n", "a: 0o7\n", "a: 1e400\n", "a: [NO]\n"),
    *("a: b: c\n", "a: b:\n", "a: - b\n", "a:b\n", "a : b\n", "'a' : b\n", "'a':b\n", "? a\n: b\n", "-a: b\n"),
    *("a: @b\n", "a: `b\n", "a: %b\n", "a: !b c\n", "a: &b c\n", "a: *b\n", "<<: {a: b}\n", "a: 'b\n", 'a: "b\n'),
    *("a: 'b' c\n", "a: 'b'#c\n", 'a: "\\x41"\n', "a: {{b}}\n", "a: {b}\n", "a: [b,]\n", "a: [b\n  ]\n", "a: [b]c\n"),
    *("a: b #c\n", "a: #b\n", "- #b\n", "a:\n  b\n  c\n", "a: b\n  c\n", "a: b\n c: d\n"),
    *("- a\nb: c\n", " a: b\nc: d\n"),
    *("a:\n  b: c\n d: e\n", "a: |\nb\n", "a: |\n b", "a: |+\n b\n", "a: |2\n  b\n"),
    *("a: >\n  b\n   c\n", "a: |\n\n b\n"),
    *("a: | # b\n c\n", "\ta: b\n", "a:\tb\n", "a: b\t\n", "a: \u2028\n", "\ufeffa: b\n", "a: b\x85c: d\n", "a: \0\n"),
    *("a: b\rc: d\n", "a: '\x7f'\n", "# \x01\na: b\n", "%YAML 1.2\n---\na: b\n", "%a: b\n", "k" * 1100 + ": a\n"),
    *("a:\n" + " " * 41 + "b: c\n", "- " * 50 + "a\n", "a: " + "[" * 20 + "]" * 20, "a: b\n" + "# c\n" * 30_000),
    *("'a: b': c\n", "a: =\n", "a: <<\n", "a: [b c: d]\n", "a: {b: }\n", "a: {b:c}\n"),
    *("a: {'b':c}\n", "a: [, b]\n"),
]


@pytest.mark.parametrize("text", NOT_PLAIN, ids=lambda text: repr(text[:20]))
def test_everything_else_is_for_the_yaml_reader(text: str) -> None:
    assert read_plain_yaml(text) is None


@given(st.dictionaries(st.text(max_size=8), VALUES, max_size=5), RANDOM)
def test_however_people_write_values_they_read_the_same(value: dict[str, JSON], random: Random) -> None:
    agreed(handwritten(value, random, anchors=False))


@given(DEFINITIONS)
def test_what_the_program_writes_reads_the_same(body: dict[str, JSON]) -> None:
    agreed(write(body))


@given(st.lists(PIECES_OF_FILES, max_size=10).map("".join))
def test_no_pile_of_pieces_reads_differently(text: str) -> None:
    agreed(text)


IN_BRACKETS = st.sampled_from(
    [
        *(
            "[",
            "]",
            "{",
            "}",
            ",",
            ", ",
            ": ",
            ":",
            " ",
            "  ",
            "a",
            "b c",
            "1",
            "-1",
            "-",
            "- ",
            "?",
            "? ",
            "'",
            "''",
            '"',
        ),
        *(
            '"q"',
            "'s'",
            "#",
            " #",
            "é",
            "😀",
            "&",
            "*",
            "!",
            "|",
            ">",
            "%",
            "@",
            "`",
            "\\",
            "/",
            ".",
            "~",
            "null",
            "no",
        ),
        *(
            "=",
            "<<",
            "+",
            "1:30",
            "a:b",
            "http://x/y?z=1",
            "{}",
            "[]",
            "$",
            "^",
            "(",
            ")",
            "k: v",
            "k: ",
            "\xa0",
            "it's",
        ),
    ]
)


@given(st.lists(IN_BRACKETS, max_size=8).map("".join), st.sampled_from(("a: [%s]", "- {k: %s}", "a: [b, {k: %s}]")))
@settings(max_examples=300)
def test_nothing_in_brackets_reads_differently(inner: str, frame: str) -> None:
    agreed(frame % inner + "\n")


LINES = st.builds(
    "{}{}{}{}{}".format,
    st.integers(0, 6).map(" ".__mul__),
    st.sampled_from(("", "", "", "- ", "-  ", "- - ", "-")),
    st.sampled_from(("a:", "b:", "c: ", "d: ", "e: ", "'f': ", "g : ", "", "", "# ")),
    st.sampled_from(
        (
            *("", "", "x", "x y", "'q'", '"q"', "1", "|", "|-", ">", ">-", "[]", "{}", "[a, b]", "{a: b}"),
            *("x: y", "null", "x # c", "x #c", "'q' # c", "# c", "-1", "- x", "...", "---"),
        )
    ),
    st.sampled_from(("", "", "", " ")),
)


@given(st.lists(LINES, max_size=10), st.sampled_from(("\n", "\n", "", "\n\n")))
@settings(max_examples=500)
def test_no_pile_of_lines_reads_differently(lines: list[str], end: str) -> None:
    agreed("\n".join(lines) + end)


INSERTED = [
    *(": ", ":", ":\n", "- ", "-", "\n", "\n  ", " ", "  ", "\t", "\r\n", "'", '"', "\\", "#"),
    *(" #", " # ", "{", "}", "["),
    *("]", ",", "&x ", "*x", "<<: ", "!", "|", "|\n", ">-\n", "%", "@", "`", "?", "? ", "---"),
    *("...", "...  ", "1", "010"),
    *("+", "yes", "null", "~", "\x85", "\u2028", "\ufeff", "\0", "\x7f", "\xa0", "é", "a: b", "a: |\n", "'a': ", "''"),
]


def damaged(text: str, random: Random) -> str:
    """A few lines of a text, or all of it, with mistakes as people make them."""
    lines = text.split("\n")
    if random.random() < 0.7:
        start = random.randrange(len(lines))
        lines = lines[start : start + random.choice((3, 6, 12, 25))]
        margin = min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=0)
        lines = [line[margin:] for line in lines]
    for _ in range(random.choice((1, 1, 2, 3))):
        at = random.randrange(len(lines))
        other = random.randrange(len(lines))
        match random.choice(("delete", "move in", "move out", "copy", "swap", "insert", "insert", "cut")):
            case "delete" if len(lines) > 1:
                del lines[at]
            case "move in":
                lines[at] = " " * random.randint(1, 4) + lines[at]
            case "move out":
                lines[at] = lines[at].removeprefix(" " * random.randint(1, 4))
            case "copy":
                lines.insert(at, lines[other])
            case "swap":
                lines[at], lines[other] = lines[other], lines[at]
            case "insert":
                column = random.randint(0, len(lines[at]))
                lines[at] = lines[at][:column] + random.choice(INSERTED) + lines[at][column:]
            case "cut":
                column = random.randint(0, len(lines[at]))
                lines[at] = lines[at][:column] + lines[at][column + random.randint(1, 5) :]
    return "\n".join(lines) + random.choice(("\n", "\n", ""))


@given(st.sampled_from(CORPUS), RANDOM)
@settings(max_examples=500)
def test_no_damaged_file_reads_differently(text: str, random: Random) -> None:
    agreed(damaged(text, random))


EDGES = [
    0x0,
    0x8,
    0x9,
    0xB,
    0xC,
    0x1F,
    0x7F,
    0x80,
    0x85,
    0x9F,
    0xA0,
    0xAD,
    0x200B,
    0x200D,
    0x2028,
    0x2029,
    0x202E,
    0x3000,
]
EDGES += [0xD7FF, 0xD800, 0xDFFF, 0xE000, 0xFE0F, 0xFEFF, 0xFFFD, 0xFFFE, 0xFFFF, 0x10000, 0x1F600, 0xE0001, 0x10FFFF]


FRAMES = ["a: {}", "a: x{}y", "a: 'x{}'", "{}: x", "- {}", "- [x{}, {}y]", "# {}\na: b", "a: |\n x{}\n{}", "a: b{}c: d"]


@given(st.sampled_from(EDGES).map(chr) | st.characters(exclude_categories=()))
@settings(max_examples=300)
def test_a_character_of_any_kind_reads_the_same_wherever_it_stands(character: str) -> None:
    for text in FRAMES:
        agreed(text.replace("{}", character) + "\n")


def test_the_deepest_file_that_is_read_by_lines_is_within_the_limit() -> None:
    deep = "".join(" " * column + "a:\n" + " " * column + "-\n" for column in range(39)).removesuffix("\n")
    assert agreed(f"{deep} {'[' * 9}{']' * 9}\n")
    assert read_plain_yaml(f"{deep} {'[' * 10}{']' * 10}\n") is None


def test_two_files_never_share_a_list_or_mapping() -> None:
    text = "a: []\nb: {}\nc:\n- []\n- {}\nd: [1]\n"
    first, second = read_plain_yaml(text), read_plain_yaml(text)
    assert isinstance(first, dict)
    assert first == second
    for value in first.values():
        assert isinstance(value, list | dict)
        value.clear()
    assert first != second
    assert read_plain_yaml(text) == second


def test_more_pieces_than_are_remembered_read_the_same() -> None:
    texts = [f"key{number}: a\ntext: value {number}\nitems:\n- {number}\n- b{number}: c\n" for number in range(3000)]
    for _ in range(2):
        for number, text in enumerate(texts):
            assert read_plain_yaml(text) == {
                f"key{number}": "a",
                "text": f"value {number}",
                "items": [number, {f"b{number}": "c"}],
            }


def test_places_in_a_file_that_was_read_by_lines_are_exact() -> None:
    document = parse("a: b\nsteps:\n- id: x\n", "w.yaml")
    span = document.span(("steps", 0, "id"))
    assert (span.line, span.column) == (3, 7)
    assert document.findings == ()
