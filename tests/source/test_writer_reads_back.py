"""What `writer` writes, our own reader reads back exactly, and without a finding."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.source.document import parse
from deployer.source.writer import write
from deployer.steps import step_types
from tests.source.test_writer import JSON, TEXTS, in_inputs

IDS = st.sampled_from(["a", "no", "1", "1:30", "null", "an id", "é", "{{x}}", "", "<<"])
CONDITIONS = st.none() | st.sampled_from(['{{step.reply == "1"}}', "{{true}}", "plain", "{{\n a\n}}"])


def steps(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """Lists of steps with distinct ids: the reader reports what looks like a pasted step."""
    step = st.fixed_dictionaries(
        {"stepType": st.sampled_from([*step_types(), "branch", "Later"])},
        optional={
            "inputs": st.dictionaries(
                st.sampled_from(["text", "url", "body", "subAccountId", "other"]), JSON, max_size=4
            ),
            "outputs": st.dictionaries(TEXTS, TEXTS, max_size=2),
            "selectNextStep": st.dictionaries(IDS, CONDITIONS, max_size=3),
            "nextStepId": IDS | st.none(),
            "do": st.lists(inner, max_size=2),
            "later": JSON,
        },
    )
    return st.lists(step, max_size=2).map(lambda found: [{**item, "id": f"s{n}"} for n, item in enumerate(found)])


DEFINITIONS = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["enabled", "disabled"]),
        "definition": st.fixed_dictionaries({"steps": st.recursive(st.just([]), steps, max_leaves=3), "name": TEXTS}),
    },
    optional={"trigger": TEXTS, "subAccountId": TEXTS, "added": JSON},
)


def assert_reads_back(body: Mapping[str, object]) -> None:
    document = parse(write(body), "workflow.yaml")
    assert document.findings == ()
    assert document.value == body


@given(JSON)
@settings(max_examples=200, deadline=None)
def test_any_json_within_inputs_reads_back_as_it_was(value: object) -> None:
    assert_reads_back(in_inputs(value))


@given(DEFINITIONS)
@settings(max_examples=80, deadline=None)
def test_a_definition_reads_back_as_it_was(body: dict[str, object]) -> None:
    assert_reads_back(body)
