"""The quick gate and jsonschema are of one mind about every value, so that a valid file needs the gate alone."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from deployer.lint.faults import objections
from deployer.lint.gate import compile_test, passes
from deployer.steps import Schema, envelope_schema, generic_step_type, step_types
from tests.lint.damage import JSON, drop, places, put

SCHEMAS: dict[str, Schema] = {
    "envelope": envelope_schema(),
    "metadata": envelope_schema()["properties"]["metadata"],
    "any type": generic_step_type().schema,
    **{name: found.schema for name, found in step_types().items()},
}
METADATA = {
    "key": "auto-reply",
    "movedFrom": ["old", "older"],
    "environments": ["staging", "production"],
    "declares": {"phone": "Whom to call"},
    "labels": {"team": "care", "ticket": 12},
    "protect": False,
}
ENVELOPE = {
    "metadata": METADATA,
    "subAccountId": "acme_sms",
    "trigger": "inbound_sms",
    "status": "enabled",
    "definition": {"name": "Auto reply", "steps": [{"id": "reply"}]},
}
VALID: dict[str, list[JSON]] = {
    "envelope": [ENVELOPE],
    "metadata": [METADATA],
    "any type": [{"id": "new", "stepType": "NewType", "inputs": {"anything": 1}}],
    **{name: list(found.schema["examples"]) for name, found in step_types().items()},
}

WORDS = ("id", "stepType", "inputs", "do", "outputs", "selectNextStep", "nextStepId", "text", "name", "key", "GET")
ODD = ("", " ", "{{data.a}}", "${var.a}", "a b", "a\n", "enabled", "ENABLED", "true")
TEXTS = st.sampled_from((*ODD, *WORDS)) | st.text(max_size=4)
SCALARS = st.none() | st.booleans() | st.integers(-2, 3000) | st.floats(-2, 3000, allow_nan=False) | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS) | TEXTS, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, JSON]:
    """A valid value, changed in up to three places."""
    name = draw(st.sampled_from(sorted(SCHEMAS)))
    value = draw(st.sampled_from(VALID[name]))
    for _ in range(draw(st.integers(0, 3))):
        path = draw(st.sampled_from(places(value)))
        holder = value
        for key in path:
            holder = holder[key]
        kind = draw(st.sampled_from(("put", "drop", "add")))
        if kind == "drop" and path:
            value = drop(value, path)
        elif kind == "add" and isinstance(holder, dict):
            value = put(value, (*path, draw(st.sampled_from(WORDS) | TEXTS)), draw(VALUES))
        else:
            value = put(value, path, draw(VALUES))
    return name, value


@given(damaged())
@settings(max_examples=1500, deadline=None)
@example(("metadata", {"environments": ["a", "a"]}))
@example(("metadata", {"labels": {"a": True, "b": 1.0}}))
@example(("HttpRequest", put(VALID["HttpRequest"][0], ("inputs", "timeoutSeconds"), 1.0)))
@example(("SMS", {"id": "", "stepType": "sMs", "inputs": {}}))
def test_the_gate_lets_pass_exactly_what_jsonschema_has_no_objection_to(case: tuple[str, JSON]) -> None:
    name, value = case
    assert passes(SCHEMAS[name], value) is not any(True for _ in objections(SCHEMAS[name], value))


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_valid_examples_pass_so_no_schema_uses_a_word_that_the_gate_does_not_know(name: str) -> None:
    assert all(passes(SCHEMAS[name], value) for value in VALID[name])


@pytest.mark.parametrize(
    "schema",
    [
        {"dependencies": {"a": ["b"]}},
        {"enum": [1, True]},
        {"items": [{"type": "string"}]},
        {"type": "date"},
        {"$ref": "#/definitions/none"},
    ],
    ids=str,
)
def test_what_the_gate_does_not_know_it_leaves_to_jsonschema(schema: Schema) -> None:
    test = compile_test(schema)
    values: list[JSON] = [{}, [], "", 1, None]
    assert not any(map(test, values))
