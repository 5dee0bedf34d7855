"""Whether a file can hold a credential at all: one look at its text, before each value is judged by itself.

Most files hold none, and to learn that value by value takes longer than everything else that is asked of
a file. The look errs on one side only: whatever `credentials.find_all` finds in a document, this expects
in its text (a property test holds them together).
"""

from __future__ import annotations

import re
from typing import Final

from deployer.regex import regex
from deployer.source.detection import DENSE
from deployer.source.tokens import SHAPES

_SQUEEZED_OUT: Final = bytes(code for code in range(256) if not (0x30 <= code <= 0x39 or 0x61 <= code <= 0x7A))

_ENDINGS: Final = (
    *(b"authorization", b"passw", b"passphrase", b"pwd", b"cookie", b"credential", b"token", b"secret", b"jwt"),
    *(b"bearer", b"basic", b"hmac", b"signature"),
)
"""What telling names end with, and the schemes of headers; in lower case, letters and digits alone."""
_KEYS: Final = regex(
    rb"(?:api|access|secret|private|signing|encrypt|subscri|share|master|account|auth|function|app|client)[a-z]*key"
)
_WORDS: Final = (b"auth", b"pass", b"sig", b"session")
_ALONE: Final = regex(r"(?<![a-z0-9])(?:x[_-]?)?(?:auth|pass|sig|session(?:[_-]?id)?)(?![a-z0-9])")
"""Names that tell something by themselves, and not as a part of other words."""
_KEY_ALONE: Final = regex(r"(?<![a-z0-9])key(?![a-z0-9])")
_KEY: Final = regex(
    r"(?:^[ \t-]*|[{,][ \t]*)key:[ ]*[\"']?([\w.-]+)[\"']?[ ]*(?:[,}]|\r?\n[ ]*[\w-]+:[ \r\n])", re.MULTILINE
)
"""A field called `key` and nothing else, such as `metadata.key`, with all of its value: only a dense one is secret."""
_MARKS: Final = regex("|".join(re.escape(mark) for shape in SHAPES for mark in shape.marks))
_SHORTEST_TOKEN: Final = 14
"""Characters of the shortest token that has a shape: `eyJ`, eight, and two parts more."""


def may_hold_credentials(text: str) -> bool:
    """False where no value in a YAML or JSON text can be, or hold, a credential."""
    if "\\" in text or ("@" in text and "://" in text) or "PRIVATE" in text:
        return True  # an escape can spell anything
    lower = text.lower()
    squeezed = lower.encode("ascii", "ignore").translate(None, _SQUEEZED_OUT)
    for ending in _ENDINGS:
        if ending in squeezed:
            return True
    for word in _WORDS:
        if word in squeezed and _ALONE.search(lower) is not None:
            return True
    if b"key" in squeezed and _has_telling_key(text, lower, squeezed):
        return True
    long = [word for word in text.split() if len(word) >= _SHORTEST_TOKEN]
    return _MARKS.search(" ".join(long)) is not None


def _has_telling_key(text: str, lower: str, squeezed: bytes) -> bool:
    if squeezed.count(b"key") > 1 and (_KEYS.search(squeezed) or len(_KEY_ALONE.findall(lower)) > 1):
        return True
    field = _KEY.search(text)
    return field is None or DENSE.search(field[1]) is not None
