"""States to try: small ones by hand, strange ones by hypothesis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import strategies as st

from deployer.state.log import Entry
from deployer.state.model import Binding, Facts, Hold, Intent, State, Tombstone

ACCOUNT = "acme"

words = st.text(max_size=12)
versions = st.integers(min_value=0, max_value=10**12)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
bodies = st.dictionaries(words, values, max_size=4)
bindings = st.builds(Binding, id=words, version=versions, sent=words, stored=words, protect=st.booleans())
holds = st.builds(
    Hold,
    kind=st.sampled_from(["rollback", "disable", "enable"]),
    reason=st.text(),
    version=versions,
    sent=words,
    bad_versions=st.lists(versions, max_size=3).map(tuple),
)
tombstones = st.builds(Tombstone, id=words, version=versions)
intents = st.builds(
    Intent,
    key=words,
    action=st.sampled_from(["create", "update", "disable", "delete", "rollback", "enable"]),
    id=st.none() | words,
    base=st.none() | versions,
    body=st.none() | bodies,
    sent=st.none() | words,
    known_ids=st.lists(words, max_size=3).map(tuple),
    protect=st.booleans(),
    source=st.none() | versions,
    status=st.none() | words,
    maybe_sent=st.booleans(),
)


facts = st.builds(
    Facts,
    binding=st.none() | bindings | bindings.map(lambda found: replace(found, secret_paths=(("steps", 0, "token"),))),
    hold=st.none() | st.none() | holds,
    tombstone=st.none() | st.none() | tombstones,
    intent=st.none() | st.none() | intents,
)
texts = st.none() | st.text() | st.sampled_from(["é" * 501, "x" * 500, "x" * 501, "x" * 200])
entries = st.builds(
    Entry, action=words, key=texts, id=texts, version=st.none() | versions, base=st.none() | versions, plan=texts,
    reason=texts, note=texts, at=words, who=st.text(), commit=texts, run=texts,
)  # fmt: skip


def _by_key(found: list[Intent]) -> Mapping[str, Intent]:
    return {intent.key: intent for intent in found}


states = st.builds(
    State,
    account=words,
    bindings=st.dictionaries(words, bindings, max_size=3),
    holds=st.dictionaries(words, holds, max_size=2),
    tombstones=st.dictionaries(words, tombstones, max_size=2),
    intents=st.lists(intents, max_size=3).map(_by_key),
    lock=st.none() | bodies,
)


def binding(id: str = "d-1", version: int = 1) -> Binding:  # noqa: A002 - the field's own name
    """A binding whose digests follow from its id and version."""
    return Binding(id=id, version=version, sent=f"sent-{id}-{version}", stored=f"stored-{id}-{version}")


def intent(key: str) -> Intent:
    """A create that is about to be sent."""
    return Intent(key=key, action="create", id=None, base=None, body={"name": key}, sent=f"sent-{key}")


def unsent(key: str) -> Intent:
    """A create of which it is certain that it has not left yet."""
    return replace(intent(key), maybe_sent=False)


def state(**keys: int) -> State:
    """A state in which each key is bound to definition `d-KEY` at the given version."""
    return State(account=ACCOUNT, bindings={key: binding(f"d-{key}", version) for key, version in keys.items()})
