"""The look at all texts at once never misses what the look at each value finds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.source.credentials import find_all
from deployer.source.document import parse
from deployer.source.suspicion import may_hold_credentials
from tests.source.test_credentials import BASIC, LETTERS, TOKENS

EXAMPLES = [path for path in Path(__file__).parents[2].glob("examples/workflows/*.yaml") if ".test." not in path.name]

NAMES = (
    *("key", "Key", "x-api-key", "X Api Key", "auth", "Authorization", "pass-word", "pwd", "Cookie", "to_ken", "sig"),
    *("k_e_y", "se ssion", "sig\u00e9", "accessKeyId", "app key", "xauth", "X-Auth", "password1"),
    *("session", "privateKey", "text", "url", "name", "value", "header", "jwt", "hmac", "bearer", "metadata"),
)
VALUES = (
    *TOKENS, f"Bearer {LETTERS}", f"Basic {BASIC}", "https://user:hunter22@example.com/x", f"https://{LETTERS}@a.example",
    f"https://a.example/?token={LETTERS}", f"?sig={LETTERS}", '{"password": "hunter22"}', "x-api-key", LETTERS,
    "hunter22", "auto-reply", "two words", "key", "", "api\n  key",
)  # fmt: skip
BEGINNINGS = st.sampled_from(("so", "it's", "a:"))
LEAVES = st.sampled_from(VALUES) | st.builds("{} {}".format, BEGINNINGS, st.sampled_from(VALUES))
BODIES = st.dictionaries(
    st.sampled_from(NAMES),
    st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner)),
    max_size=3,
)


@given(BODIES, st.sampled_from((None, '"', "'", "|", ">")), st.integers(10, 200), st.booleans())
@settings(max_examples=600, deadline=None)
def test_every_credential_of_a_file_is_expected(
    body: dict[str, object], style: str | None, width: int, flow: bool
) -> None:
    texts = [json.dumps(body), json.dumps(body, ensure_ascii=False, indent=1)]
    texts.append(yaml.safe_dump(body, default_style=style, width=width, default_flow_style=flow, allow_unicode=True))
    for text, name in zip(texts, ("a.json", "b.json", "c.yaml"), strict=True):
        value = parse(text, name).value
        assert not find_all(value) or may_hold_credentials(value)


@pytest.mark.parametrize("text", ["key: abcdef\n  0123456789abcdef0\n", "key: >-\n  abcdef0123456789abcdef\n",
                                  "? key\n: abcdef0123456789abcdef\n", "- {name: key, value: abcdef0123456789abcdef}\n",
                                  "api key: hunter22x\n", "a: {key: abcdef0123456789abcdef, b: 1}\n"])  # fmt: skip
def test_a_field_called_key_is_looked_at_however_it_is_written(text: str) -> None:
    value = parse(text, "a.yaml").value
    assert not find_all(value) or may_hold_credentials(value)


def test_an_ordinary_workflow_needs_no_closer_look() -> None:
    values = [parse(path.read_text(encoding="utf-8"), "a.yaml").value for path in EXAMPLES]
    plain = [value for value in values if not may_hold_credentials(value)]
    assert len(plain) > len(EXAMPLES) * 3 // 4
