"""Every character of a script has its place in the file, whatever the scalar's style."""

from __future__ import annotations

import pytest

from deployer.lint.expressions.places import scripts_of
from deployer.source.workflow import Workflow
from tests.lint.workflows import with_steps, workflow

HEAD = "trigger: inbound_sms\ndefinition:\n  name: Places\n  steps:\n    - id: a\n      stepType: SMS\n      inputs:\n"


def read_at(found: Workflow) -> list[str]:
    """The source text of each read, cut out of the file by its span; lines joined."""
    lines = found.document.text.split("\n")
    cut = []
    for located in scripts_of(found).located:
        for read in located.expression.reads:
            span = located.place(read.start, read.end).span
            assert span.line == span.end_line
            cut.append(lines[span.line - 1][span.column - 1 : span.end_column - 1])
    return cut


@pytest.mark.parametrize(
    "scalar",
    [
        "Hi {{data.a.b}}",
        "'it''s {{data.a.b}}'",
        '"\\u00e9 \\n 😀 {{data.a.b}}"',
        "|\n          😀 line\n          {{data.a.b}}",
        ">-\n          folded\n          text {{1 +\n          data.a.b}}",
        '"folded\n          text {{1 +\n          data.a.b}}"',
    ],
)
def test_a_read_is_found_in_every_style(scalar: str) -> None:
    assert read_at(workflow(f"{HEAD}        text: {scalar}\n")) == ["data.a.b"]


def test_a_read_is_found_between_variables_of_other_lengths() -> None:
    found = workflow(
        HEAD
        + '        text: "${var.short} {{data.a}} ${var.long}{{data.b + ${secret.AB}}} end ${var.short} {{data.c}}"\n',
        variables={"short": "x", "long": "a much longer text, and one more"},
    )
    assert read_at(found) == ["data.a", "data.b", "data.c"]


def test_a_script_that_a_variable_brought_points_at_the_variable() -> None:
    found = workflow(HEAD + '        text: "Hi ${var.name}!"\n', variables={"name": "{{data.a}}"})
    (located,) = scripts_of(found).located
    span = located.place(0, 6).span
    assert found.document.line(span.line)[span.column - 1 : span.end_column - 1] == "${var.name}"


def test_scripts_are_found_wherever_the_step_type_evaluates_them() -> None:
    found = with_steps(
        "id: a, stepType: HttpRequest, inputs: { body: { list: [1, { deep: '{{data.a}}' }] } }, "
        "outputs: { x: '{{step.b}}', y: { z: '{{step.c}}' } }, selectNextStep: { b: '{{data.d}}' }",
        "id: b, stepType: SomethingNew, inputs: { any: '{{data.e}}' }",
    )
    assert [located.expression.reads[0].path for located in scripts_of(found).located] == [
        *(("a",), ("b",), ("c",), ("d",), ("e",))
    ]


def test_what_the_platform_does_not_evaluate_is_no_script() -> None:
    assert scripts_of(with_steps("id: '{{data.a}}', stepType: Branch, inputs: { x: '{{data.b}}' }")).located == ()
