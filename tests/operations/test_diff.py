"""The quick look at texts and fields says exactly what deepdiff says."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.operations.diff import deep_leaves, differences, plain_leaves

KEYS = st.sampled_from(["a", "b", "c", "text", "it's", 'say "x"', "x.y", "x[0]", "", "é", "9"])
SCALARS = st.sampled_from([None, True, False, 0, 1, 1.5, "", "a", "b", "one\ntwo", "one\nthree", "1"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=10
)
BODIES = st.dictionaries(KEYS, VALUES, max_size=5)
TEXTS = st.recursive(
    st.sampled_from(["", "a", "b", "one\ntwo"]), lambda inner: st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)


def agree(before: Mapping[str, object], after: Mapping[str, object]) -> bool:
    """Whether the quick look had something to say; then it must be right."""
    quick = plain_leaves(before, after)
    if not quick:
        return False
    assert sorted(quick, key=lambda leaf: leaf[1]) == deep_leaves(before, after)
    return True


@settings(deadline=None, max_examples=400)
@given(BODIES, BODIES)
def test_the_quick_look_agrees_with_deepdiff(before: dict[str, object], after: dict[str, object]) -> None:
    agree(before, after)


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_the_quick_look_agrees_where_little_changes(data: st.DataObject) -> None:
    before = data.draw(st.dictionaries(KEYS, TEXTS, min_size=3, max_size=6))
    key = data.draw(st.sampled_from(sorted(before)))
    after = {**before, key: data.draw(TEXTS)}
    agree(before, after)


def test_a_changed_text_needs_no_deepdiff() -> None:
    code = (
        "import sys; from deployer.operations.diff import differences\n"
        "body = lambda text: {'status': 'enabled', 'definition': {'name': 'x', 'steps': [{'id': 'a', 'inputs': "
        "{'text': text}}]}}\n"
        "change, = differences(body('one'), body('two'))\n"
        "assert (change.id, change.path, change.before, change.after) == ('a', 'inputs.text', 'one', 'two')\n"
        "assert 'deepdiff' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_another_order_in_a_list_is_found_by_deepdiff() -> None:
    assert plain_leaves({"a": [1, 2]}, {"a": [2, 1]}) is None
    assert differences({"a": [1, 2]}, {"a": [2, 1]})
