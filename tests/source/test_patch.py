"""A change of one thing shows in a diff as a change of that one thing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any, TypeAlias

import pytest

from deployer.source.document import parse
from deployer.source.patch import Unwritable, patch

WORKFLOWS = (Path(__file__).resolve().parents[2] / "examples" / "workflows").glob("*.yaml")
EXAMPLES = sorted(path for path in WORKFLOWS if ".test." not in path.name)
GREETING = dedent(
    """\
    # Greets people. Ask marketing before you change a word.
    metadata: { key: greeting }  # the key stays
    subAccountId: ${var.sms}
    trigger: inbound_sms
    status: enabled

    definition:
      name: 'Greeting'
      steps:
        # First, say hello
        - id: greet  # do not rename
          stepType: SMS
          inputs:
            text: |  # two lines
              Hello,
                 friend
            tags: [a, "b", c]
            # Legal wants this
            footer: "Reply STOP to end"
            # end of inputs

        # Then wait
        - id: pause
          stepType: Wait
          inputs: {duration: "00:01:00"}  # a minute

        # --- below: rarely used ---

        - id: bye
          stepType: SMS
          inputs: {}
    # the end
    """
)

Value: TypeAlias = Any
"""What a file says, which the tests change freely."""
Change: TypeAlias = Callable[[Value], object]


def patched(text: str, change: Change, file: str = "w.yaml") -> str:
    """A text after a change to what it says, which it then says exactly."""
    value = parse(text, file).value
    change(value)
    result = patch(parse(text, file), value)
    assert parse(result, file).value == value
    return result


def diff(before: str, after: str) -> str:
    """The lines that went and came, without the place where they stand."""
    from difflib import ndiff

    changes = ndiff(before.splitlines(), after.splitlines())
    return "".join(f"{line}\n" for line in changes if line[0] in "+-")


def assert_changes(text: str, change: Change, expected: str, file: str = "w.yaml") -> None:
    assert diff(text, patched(text, change, file)) == dedent(expected)


def steps(value: Value) -> Value:
    return value["definition"]["steps"]


def test_a_changed_text_stays_in_its_quotes_and_its_block() -> None:
    def change(value: Value) -> None:
        value["definition"]["name"] = "Ada's greeting"
        steps(value)[0]["inputs"]["text"] = "Hello,\n   dear friend\n"
        steps(value)[0]["inputs"]["footer"] = "Reply END to end"

    assert_changes(
        GREETING,
        change,
        """\
        -   name: 'Greeting'
        +   name: 'Ada''s greeting'
        -              friend
        +              dear friend
        -         footer: "Reply STOP to end"
        +         footer: "Reply END to end"
        """,
    )


@pytest.mark.parametrize(
    ("line", "value", "expected"),
    [
        ("a: old  # why", "new", "a: new  # why"),
        ("a:    old", "new", "a:    new"),
        ("a: old", "no", 'a: "no"'),
        ("a: old", "x: y", 'a: "x: y"'),
        ("a: 'old'", "it's", "a: 'it''s'"),
        ("a: 'old'", "bell\x07", 'a: "bell\\u0007"'),
        ('a: "old"', 'say "hi"', 'a: "say \\"hi\\""'),
        ('a: "one\\ntwo"', "one\nthree", 'a: "one\\nthree"'),
        ("a: old", "one\ntwo\n", "a: |\n  one\n  two"),
        ('a: "old"  # why', "one\ntwo", "a: |-  # why\n  one\n  two"),
        ("a: 'folded\n  text'  # why", "short", "a: 'short'  # why"),
        ("a: 'on its own'", 5, "a: 5"),
        ("a: 5", "5", 'a: "5"'),
        ("a: 1", 1.0, "a: 1.0"),
        ("a: !!int '5'", "x", "a: x"),
        ("a:", "x", "a: x"),
        ("a: # nothing yet", "x", "a: x # nothing yet"),
        ("a: null", {"b": [1]}, "a:\n  b:\n    - 1"),
        ("a: {}  # none yet", {"b": 1}, "a:  # none yet\n  b: 1"),
        ("a: []", [[1], {}], "a:\n  - - 1\n  - {}"),
        ("a:  # some\n  b: 1", {}, "a: {}  # some"),
        ("a:\n  - 1\n  - 2", "none", "a: none"),
        ("a: |  # why\n  one\n  two", "short", "a: |-  # why\n  short"),
        ("a: |\n    one\n    two", "one\nthree\n", "a: |\n    one\n    three"),
        ("a: |\n  one", {"b": 1}, "a:\n  b: 1"),
        ("a: |-\n  tab\there ", "tab\tthere ", "a: |-\n  tab\tthere "),
        ("a: &x old\nb: *x", "new", "a: &x new\nb: old"),
        ("a: { b: 1 }", {"b": 1, "c": [1, "x, y"]}, 'a: { b: 1, c: [1, "x, y"] }'),
        ("a: {b: 1, c: 2, d: 3}", {"b": 1, "d": {"e": {}}}, "a: {b: 1, d: {e: {}}}"),
        ("a: [1, 2, 3]", [0, 1, 3], "a: [0, 1, 3]"),
        ("a: [one, two]", ["two", "one"], "a: [two, one]"),
        ("a: [ x ]", ["w", {"k": "v"}], "a: [ w, {k: v} ]"),
        ("a: [1, 2]", [], "a: []"),
        ("a: [b: 1]", [{"b": 2}], "a: [b: 2]"),
        ("a: {b, c: 1}", {"b": 2, "c": 1}, "a:\n  b: 2\n  c: 1"),
    ],
)
def test_a_value_is_written_as_the_old_one_was(line: str, value: Value, expected: str) -> None:
    def change(whole: Value) -> None:
        whole["a"] = value

    assert patched(f"{line}\nz: end\n", change) == f"{expected}\nz: end\n"


def test_a_folded_text_stays_folded_and_a_paragraph_that_stays_keeps_its_lines() -> None:
    text = dedent(
        """\
        a: >-
          This was wrapped
          by hand.

          And this is going to be
          something else.
        """
    )

    def change(value: Value) -> None:
        value["a"] = (
            "This was wrapped by hand.\nThe second paragraph says much more than before, so that it takes two lines."
        )

    assert patched(text, change) == dedent(
        """\
        a: >-
          This was wrapped
          by hand.

          The second paragraph says much more than
          before, so that it takes two lines.
        """
    )


def test_a_new_key_of_a_step_stands_where_the_docs_have_it_and_any_other_at_the_end() -> None:
    def change(value: Value) -> None:
        steps(value)[0]["nextStepId"] = "pause"
        steps(value)[1]["outputs"] = {"waited": "{{true}}"}
        steps(value)[1]["nextStepId"] = "bye"
        steps(value)[0]["inputs"]["encoding"] = "auto"

    assert_changes(
        GREETING,
        change,
        """\
        +         encoding: auto
        +       nextStepId: pause
        +       outputs:
        +         waited: "{{true}}"
        +       nextStepId: bye
        """,
    )


def test_a_key_that_goes_takes_the_comment_above_it_along() -> None:
    def change(value: Value) -> None:
        del steps(value)[0]["inputs"]["footer"]
        del value["trigger"]

    assert_changes(
        GREETING,
        change,
        """\
        - trigger: inbound_sms
        -         # Legal wants this
        -         footer: "Reply STOP to end"
        """,
    )


def test_the_first_key_of_a_step_can_go_and_another_can_come_before_it() -> None:
    text = "- stepType: SMS  # kind\n  # the id\n  id: a\n"
    assert patch(parse(text, "w.yaml"), [{"id": "a"}]) == "-\n  # the id\n  id: a\n"
    text = "definition:\n  steps:\n  - stepType: SMS\n    inputs: {}\n"

    def change(value: Value) -> None:
        steps(value)[0]["id"] = "a"

    assert patched(text, change) == "definition:\n  steps:\n  - id: a\n    stepType: SMS\n    inputs: {}\n"


def test_the_comment_at_the_top_belongs_to_the_file() -> None:
    assert patch(parse("# About the file\na: 1\nb: 2\n", "w.yaml"), {"b": 2}) == "# About the file\nb: 2\n"


def test_a_step_that_comes_between_is_set_off_like_the_others() -> None:
    def change(value: Value) -> None:
        steps(value).insert(1, {"id": "ask", "stepType": "SMS", "inputs": {"text": "Well?\nTell us!\n"}})
        steps(value)[2]["inputs"]["duration"] = "00:02:00"

    result = patched(GREETING, change)
    assert diff(GREETING, result) == dedent(
        """\
        +     - id: ask
        +       stepType: SMS
        +       inputs:
        +         text: |
        +           Well?
        +           Tell us!
        + 
        -       inputs: {duration: "00:01:00"}  # a minute
        +       inputs: {duration: "00:02:00"}  # a minute
        """  # noqa: W291  # the blank after the sign is the diff's
    )
    assert "# end of inputs\n\n    - id: ask" in result


def test_a_step_that_goes_takes_its_comments_and_leaves_those_that_stand_apart() -> None:
    def change(value: Value) -> None:
        del steps(value)[1:]

    assert patched(GREETING, change).endswith(
        "        # end of inputs\n\n    # --- below: rarely used ---\n# the end\n"
    )


def test_a_step_that_moves_takes_its_comments_along() -> None:
    def change(value: Value) -> None:
        steps(value).insert(0, steps(value).pop(1))

    lines = patched(GREETING, change).splitlines()
    start = lines.index("  steps:") + 1
    assert lines[start : start + 7] == [
        "    # Then wait",
        "    - id: pause",
        "      stepType: Wait",
        '      inputs: {duration: "00:01:00"}  # a minute',
        "",
        "    # First, say hello",
        "    - id: greet  # do not rename",
    ]
    assert sorted(lines) == sorted(GREETING.splitlines())


def test_a_renamed_step_is_still_the_same_step() -> None:
    def change(value: Value) -> None:
        steps(value)[0]["id"] = "welcome"

    assert_changes(
        GREETING,
        change,
        """\
        -     - id: greet  # do not rename
        +     - id: welcome  # do not rename
        """,
    )


def test_new_lines_are_moved_in_as_the_file_does_it() -> None:
    text = "definition:\n    name: x\n    steps:\n    - id: a\n      inputs:\n          text: x\n"

    def change(value: Value) -> None:
        steps(value)[0]["outputs"] = {"all": ["x"], "text": "a\nb"}

    assert patched(text, change) == text + (
        "      outputs:\n          all:\n          - x\n          text: |-\n              a\n              b\n"
    )


def test_brackets_over_several_lines_stay_so() -> None:
    text = "a: {\n  b: 1,  # one\n  # two\n  c: 2,\n}\nd: [\n  x\n]\n"

    def change(value: Value) -> None:
        value["a"] |= {"c": 3, "e": [1]}
        value["d"].append("w")

    assert patched(text, change) == "a: {\n  b: 1,  # one\n  # two\n  c: 3,\n  e: [1],\n}\nd: [\n  x,\n  w\n]\n"


ANCHORED = dedent(
    """\
    base: &base
      channel: sms
      tags: &tags [a, b]
    one: *base
    two:
      <<: *base  # as usual
      text: hi
    three: *tags
    """
)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda value: value["one"].update(channel="chat"),
            """\
            - one: *base
            + one:
            +   channel: chat
            +   tags:
            +     - a
            +     - b
            """,
        ),
        (
            lambda value: [value[key].update(channel="chat") for key in ("base", "one", "two")],
            """\
            -   channel: sms
            +   channel: chat
            """,
        ),
        (
            lambda value: value["base"].update(channel="chat"),
            """\
            +   channel: chat
            +   tags: &tags [a, b]
            + one:
            -   tags: &tags [a, b]
            - one: *base
            +   tags:
            +     - a
            +     - b
            +   channel: sms
            """,
        ),
        (
            lambda value: value["two"].update(channel="chat"),
            """\
            +   channel: chat
            """,
        ),
        (
            lambda value: value["two"].pop("channel"),
            """\
            -   <<: *base  # as usual
            +   tags:
            +     - a
            +     - b
            """,
        ),
        (
            lambda value: value.pop("base"),
            """\
            - base: &base
            + one:
            -   tags: &tags [a, b]
            - one: *base
            +   tags:
            +     - a
            +     - b
            -   <<: *base  # as usual
            - three: *tags
            +   channel: sms
            +   tags:
            +     - a
            +     - b
            + three:
            +   - a
            +   - b
            """,
        ),
    ],
    ids=[
        "at an alias",
        "at the anchor and all aliases",
        "at the anchor alone",
        "over a merge",
        "out of a merge",
        "gone",
    ],
)
def test_an_alias_is_written_out_where_it_no_longer_fits_and_nowhere_else(change: Change, expected: str) -> None:
    assert_changes(ANCHORED, change, expected)


def test_line_ends_and_a_missing_last_one_stay() -> None:
    text = GREETING.replace("\n", "\r\n").removesuffix("\r\n")

    def change(value: Value) -> None:
        steps(value)[0]["inputs"]["text"] = "one\ntwo\n"
        steps(value).append({"id": "last", "stepType": "Wait"})

    result = patched(text, change)
    assert "\n" not in result.replace("\r\n", "")
    assert "          one\r\n          two\r\n" in result
    assert not result.endswith("\n")


def test_a_block_text_at_the_end_gets_the_line_break_that_it_needs() -> None:
    assert patch(parse("a: |-\n  x", "w.yaml"), {"a": "x\ny\n"}) == "a: |\n  x\n  y\n"


def test_blank_lines_that_are_content_stay_content() -> None:
    text = "a: |+\n  x\n\nb: 1\n"
    assert patch(parse(text, "w.yaml"), {"a": "x\n\n", "b": 2}) == "a: |+\n  x\n\nb: 2\n"
    assert patch(parse(text, "w.yaml"), {"a": "x\n", "b": 1}) == "a: |\n  x\nb: 1\n"
    assert patch(parse(text, "w.yaml"), {"a": "x\n\n", "b": 1, "c": 1}) == "a: |+\n  x\n\nb: 1\nc: 1\n"


@pytest.mark.parametrize("indent", ["  ", "    ", "\t"])
def test_json_is_moved_in_as_the_file_does_it(indent: str) -> None:
    text = dedent(
        """\
        {
          "a": 1,
          "b": {"c": [1, 2], "d": "x"},
          "steps": [
            {
              "id": "first",
              "inputs": {}
            }
          ]
        }
        """
    )
    expected = dedent(
        """\
        {
          "b": {"c": [2], "d": "ü\\n"},
          "steps": [
            {
              "id": "first",
              "inputs": {
                "text": "x"
              }
            },
            {
              "id": "second",
              "do": []
            }
          ],
          "z": null
        }
        """
    )

    def change(value: Value) -> None:
        del value["a"]
        value["b"] = {"c": [2], "d": "ü\n"}
        value["steps"][0]["inputs"] = {"text": "x"}
        value["steps"].append({"id": "second", "do": []})
        value["z"] = None

    assert patched(text.replace("  ", indent), change, "w.json") == expected.replace("  ", indent)


def test_json_on_one_line_stays_on_one_line_and_escapes_as_before() -> None:
    def change(value: Value) -> None:
        value["b"].append("é")
        value["c"] = {"x": [1, 2]}

    text = '{"a":"\\u00fc","b":[1,2],"c":{}}'
    assert patched(text, change, "w.json") == '{"a":"\\u00fc","b":[1,2,"\\u00e9"],"c":{"x":[1,2]}}'
    assert patched("{}\n", lambda value: value.update(a=1), "w.json") == '{\n  "a": 1\n}\n'


def test_a_mapping_in_an_unusual_form_is_written_anew_and_only_that() -> None:
    text = "x:\n  ? a # explicit\n  : 1\n  b: 'two'\ny: 'stays' # here\n"
    assert patch(parse(text, "w.yaml"), {"x": {"a": 1}, "y": "stays"}) == "x:\n  a: 1\ny: 'stays' # here\n"


def test_a_file_that_cannot_be_read_is_written_anew_under_its_first_comments() -> None:
    text = "# Keep me\n\n# And me\na: [1\n"
    assert patch(parse(text, "w.yaml"), {"a": [1]}) == "# Keep me\n\n# And me\na:\n  - 1\n"
    assert patch(parse("{", "w.json"), {"a": [1]}) == '{\n  "a": [\n    1\n  ]\n}\n'
    assert patch(parse("", "w.yaml"), {}) == "{}\n"


def test_a_file_can_come_to_say_something_of_another_kind() -> None:
    document = parse("# top\na: 1\n", "w.yaml")
    assert patch(document, [1, {"b": 2}]) == "# top\n- 1\n- b: 2\n"
    assert patch(document, "x") == "# top\nx\n"
    assert patch(document, {}) == "# top\n{}\n"


def _deep(levels: int) -> Value:
    value: Value = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("value", [float("nan"), "\ud800", 2**70, _deep(150), _deep(900)])
@pytest.mark.parametrize("file", ["w.yaml", "w.json"])
def test_what_no_file_can_hold_is_refused_by_name(value: Value, file: str) -> None:
    with pytest.raises(Unwritable):
        patch(parse('{"a": 1}', file), {"a": value})


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_new_name_for_an_example_is_one_changed_line(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    def change(value: Value) -> None:
        value["definition"]["name"] = "Another name"

    assert len(diff(text, patched(text, change)).splitlines()) == 2
