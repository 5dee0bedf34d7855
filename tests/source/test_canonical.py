"""One form for both sides: what the server and the web builder add makes no difference, all else does."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.operations.compare import stored_digest
from deployer.operations.stored_digests import StoredDigests
from deployer.remote.gateway import Definition
from deployer.remote.listed import ListedBody
from deployer.source.canonical import canonical, digest, without_server_fields

KEYS = st.sampled_from([
    "id", "version", "createdAt", "accountId", "metadata", "subAccountId", "subaccountId", "status", "trigger", "do",
    "nextStepId", "inputs", "outputs", "selectNextStep", "stepType", "text", "steps", "definition", "name",
])  # fmt: skip
SCALARS = st.sampled_from([
    None, True, False, 0, 1, 1.0, 1.5, -0.0, "", "enabled", "SMS", "sms", "Branch", "x", 2.0**60
])  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
STEPS = st.lists(st.dictionaries(KEYS, VALUES, max_size=5) | VALUES, max_size=3)
DEFINITIONS = st.fixed_dictionaries({"steps": STEPS | VALUES}, optional={"id": VALUES, "name": VALUES})
BODIES = st.dictionaries(KEYS, VALUES, max_size=4).flatmap(
    lambda body: (DEFINITIONS | VALUES).map(lambda definition: {**body, "definition": definition})
)


@settings(deadline=None, max_examples=300)
@given(BODIES)
def test_what_is_canonical_stays_as_it_is(body: dict[str, object]) -> None:
    once = canonical(body)
    assert digest(canonical(once)) == digest(once)


@settings(deadline=None, max_examples=300)
@given(BODIES, BODIES)
def test_the_quick_look_says_what_the_full_one_says(body: dict[str, object], other: dict[str, object]) -> None:
    full = stored_digest(body, ())
    for likely in (full, stored_digest(other, ()), "", "sha256:0"):
        assert (
            StoredDigests().of(Definition(id="d", version=1, body=ListedBody(json.dumps(body).encode())), likely)
            == full
        )


@settings(deadline=None)
@given(BODIES)
def test_what_the_server_adds_makes_no_difference(body: dict[str, object]) -> None:
    mine = without_server_fields(body)
    definition = mine["definition"]
    inner = {**definition, "id": "x", "version": 3} if isinstance(definition, dict) else definition
    theirs = {**mine, "id": "y", "version": 7, "createdAt": "2024-03-01T09:00:00Z", "definition": inner}
    assert digest(canonical(theirs)) == digest(canonical(body))
