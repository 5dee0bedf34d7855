"""`fmt`: one canonical layout, and no file comes to mean something else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings

from deployer.source.comments import comments
from deployer.source.document import parse
from deployer.source.edits import same
from deployer.source.formatting import CannotFormat, format_document
from deployer.source.writer import write
from tests.source.handwriting import handwritten, typed
from tests.source.test_patch_properties import RANDOM
from tests.source.test_writer_reads_back import DEFINITIONS

EXAMPLES = sorted(
    path for path in (Path(__file__).parents[2] / "examples/workflows").glob("*.yaml") if ".test." not in path.name
)


def formatted(text: str, name: str = "w.yaml") -> str:
    return format_document(parse(text, name))


def assert_formatted(text: str, name: str = "w.yaml") -> str:
    """Format a text and hold it to everything that formatting promises."""
    document = parse(text, name)
    done = format_document(document)
    again = parse(done, name)
    assert same(again.value, document.value), done
    assert again.ok
    assert format_document(again) == done
    if not name.endswith(".json"):
        assert Counter(comments(done)) == Counter(comments(text))
    return done


WILD = """\

# What it is for


---   # starts here
definition:
    name: 'Auto reply'   # the name
    steps:
    # the first
    -   stepType: Wait   # a type
        # above the id

        id: pause # an id
        inputs: {duration: '00:05:00'}
        # the end of a step



    - # the second
        id: "it's"
        stepType: SMS
        inputs: {
           text: "Hello",  # a text
           # somebody
           destination: '{{data.payload.source}}',
           subAccountId: acme } # who pays
        outputs:
          literal: |
               hello
                 there

               bye
          folded: >2-  # folded
              x
            y

          plain: of
             several
             lines
          double: "one \\
               two"
          list: [1,2, 'x']
      # below the steps
    # below the list
trigger: inbound_sms
status:   enabled
# the end
"""
TAME = """\
# What it is for

---  # starts here
trigger: inbound_sms
status: enabled
definition:
  name: "Auto reply"  # the name
  steps:
    # the first
    # above the id

    - id: pause  # an id
      stepType: Wait  # a type
      inputs: { duration: "00:05:00" }
      # the end of a step

    # the second
    - id: "it's"
      stepType: SMS
      inputs:  # who pays
        subAccountId: acme
        # somebody
        destination: "{{data.payload.source}}"
        text: "Hello"  # a text
      outputs:
        literal: |
          hello
            there

          bye
        folded: >2-  # folded
            x
          y

        plain: of
          several
          lines
        double: "one \\
          two"
        list: [1, 2, "x"]
    # below the steps
    # below the list
# the end
"""


def test_the_layout() -> None:
    assert assert_formatted(WILD) == TAME


def test_brackets_that_do_not_fit_on_a_line_become_a_block() -> None:
    inputs = ", ".join(f"name{number}: some words" for number in range(8))
    text = f"trigger: inbound_sms\ndefinition: {{ name: x, added: {{ {inputs} }} }}\n"
    lines = "".join(f"    name{number}: some words\n" for number in range(8))
    assert assert_formatted(text) == f"trigger: inbound_sms\ndefinition:\n  name: x\n  added:\n{lines}"


def test_a_long_line_with_a_comment_stays_one_line_since_the_comment_may_be_about_all_of_it() -> None:
    inputs = ", ".join(f"name{number}: some words" for number in range(8))
    text = f"trigger: inbound_sms\nadded: {{ {inputs} }}  # deployer: ignore[x]\n"
    assert assert_formatted(text) == text


def test_a_key_stays_where_it_is_when_an_alias_needs_its_anchor_first() -> None:
    text = "trigger: inbound_sms\ndefinition:\n  steps: [&a { id: x }]\n  name: n\nsubAccountId: &s acme\nadded: *a\n"
    assert assert_formatted(text).startswith("subAccountId: &s acme\ntrigger: inbound_sms\ndefinition:\n  name: n\n")
    crossed = "trigger: &a inbound_sms\nsubAccountId: *a\n"
    assert assert_formatted(crossed) == crossed


def test_the_order_of_conditions_is_not_touched() -> None:
    text = (
        "trigger: inbound_sms\ndefinition:\n  name: n\n  steps:\n    - id: a\n      stepType: Branch\n"
        '      selectNextStep: { z: "{{true}}", b: "{{true}}", a: null }\n'
    )
    assert assert_formatted(text) == text


@pytest.mark.parametrize("eol", ["\n", "\r\n"])
def test_lines_end_as_they_did(eol: str) -> None:
    assert formatted(WILD.replace("\n", eol)) == TAME.replace("\n", eol)


def test_json_has_the_same_order_and_two_columns_a_level() -> None:
    text = '{"status":"enabled","trigger":"http_request","definition":{"steps":[],"name":"\\u00e9 \\u200b"}}'
    assert assert_formatted(text, "w.json") == (
        '{\n  "trigger": "http_request",\n  "status": "enabled",\n  "definition": {\n'
        '    "name": "é \\u200b",\n    "steps": []\n  }\n}\n'
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: 1\na: 2\n", "it has errors"),
        ("a: [\n", "it has errors"),
        ("- a\n", "no plain mapping"),
        ("%YAML 1.2\n---\na: 1\n", "stands above"),
        ("a: 1\n...\n", "ends it"),
        ("b:\n  ? a\n  : 1\n", "cannot be moved"),
        ("a: [ # why\n]\n", "empty brackets"),
    ],
)
def test_what_has_no_layout_is_told(text: str, reason: str) -> None:
    with pytest.raises(CannotFormat, match=reason):
        formatted(text)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_are_in_the_layout(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert formatted(text) == text


@given(DEFINITIONS, RANDOM)
@settings(max_examples=150)
def test_whatever_people_write_keeps_its_meaning_and_its_comments(value: Mapping[str, object], random: Random) -> None:
    assert_formatted(handwritten(value, random))


@given(DEFINITIONS, RANDOM)
@settings(max_examples=60)
def test_json_keeps_its_meaning(value: Mapping[str, object], random: Random) -> None:
    assert_formatted(typed(value, random), "w.json")


@given(DEFINITIONS)
@settings(max_examples=60)
def test_what_pull_writes_is_canonical_already(value: Mapping[str, object]) -> None:
    text = write(value)
    assert formatted(text) == text
