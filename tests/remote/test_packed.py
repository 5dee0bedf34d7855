"""Bodies that are kept packed."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.remote.packed import PackedBody

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(), JSON, max_size=4)


@settings(deadline=None)
@given(OBJECTS)
def test_what_is_packed_comes_out_as_it_was(body: dict[str, object]) -> None:
    packed = PackedBody(body)
    assert packed == body
    assert isinstance(packed, Mapping)
    assert json.dumps(packed.unpacked()) == json.dumps(body)
    assert (list(packed), len(packed)) == (list(body), len(body))


@settings(deadline=None)
@given(OBJECTS)
def test_a_fingerprint_depends_on_the_content_alone(body: dict[str, object]) -> None:
    again = json.loads(json.dumps(body))
    assert PackedBody(body).fingerprint == PackedBody(copy.deepcopy(body)).fingerprint == PackedBody(again).fingerprint


@settings(deadline=None)
@given(OBJECTS, OBJECTS)
def test_another_content_has_another_fingerprint(left: dict[str, object], right: dict[str, object]) -> None:
    same = json.dumps(left) == json.dumps(right)
    assert (PackedBody(left).fingerprint == PackedBody(right).fingerprint) == same


def test_what_comes_out_may_be_changed_and_the_pack_stays() -> None:
    packed = PackedBody({"a": [1]})
    inner = packed["a"]
    assert isinstance(inner, list)
    inner.append(2)
    assert packed["a"] == [1]
