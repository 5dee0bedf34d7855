"""Whether a file can hold a credential at all: one look at its text, before each value is judged by itself.

Most files hold none, and to learn that value by value takes longer than everything else that is asked of
a file. The look errs on one side only: whatever `credentials.find_all` finds in a document, this expects
in its text (a property test holds them together).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from deployer.regex import regex
from deployer.source.detection import DENSE
from deployer.source.tokens import MAYBE, SHAPES, TOKEN_ENDINGS

_SQUEEZED_OUT: Final = bytes(code for code in range(256) if not (0x30 <= code <= 0x39 or 0x61 <= code <= 0x7A))

_PARTS: Final = (
    *(b"auth", b"pass", b"pwd", b"cookie", b"credential", b"token", b"secret", b"jwt", b"bearer", b"basic", b"hmac"),
    *(b"sig", b"session", b"key"),
)
"""One of these stands in every telling name and scheme of a header; in lower case, letters and digits alone."""


def _alone(name: str) -> re.Pattern[str]:
    """A name that tells something by itself, and not as a part of other words; whatever stands between its letters."""
    first, rest = name[0], "[^a-z0-9]*".join(name[1:])
    return regex(f"{first}(?<![a-z0-9]{first})[^a-z0-9]*{rest}(?![ \\t]*[a-z0-9])")


_NAMES: Final[Mapping[bytes, tuple[bytes | re.Pattern[str], ...]]] = {
    b"auth": (b"authorization", _alone("auth"), _alone("xauth")),
    b"pass": (b"passw", b"passphrase", _alone("pass")),
    b"sig": (b"signature", _alone("sig")),
    b"session": (_alone("session"), _alone("sessionid")),
}
"""Where a part alone says little: what has to be around it. Any other part is enough by itself."""

_BEFORE_KEY: Final = tuple(name.removesuffix("key").encode() for name in TOKEN_ENDINGS if name.endswith("key"))
_WITH_KEY: Final = tuple(_alone(name) for name in sorted(MAYBE) if "key" in name and name != "key")
_KEY_ALONE: Final = _alone("key")
_KEY: Final = regex(
    r"(?:^[ \t-]*|[{,][ \t]*)key:[ ]*[\"']?([\w.-]+)[\"']?[ ]*(?:[,}]|\r?\n[ ]*[\w-]+:[ \r\n])", re.MULTILINE
)
"""A field called `key` and nothing else, such as `metadata.key`, with all of its value: only a dense one is secret."""
_USER: Final = regex(r"://[^\s/?#\"'<>\\]*@")

_LONG: Final = b"x" * 14
"""No shorter than a token that has a shape: `eyJ`, eight, and two parts more."""
_RUNS: Final = bytes(0x78 if chr(code).isalnum() or chr(code) in "_-.+/=" else 0x20 for code in range(128)).ljust(256)
"""Turns what a token may be made of into `x`, and all else into blanks."""
_MARKS: Final = tuple(dict.fromkeys(mark.encode() for shape in SHAPES for mark in shape.marks))
_TELEGRAM: Final = ":A"
"""The mark of a token that begins with digits and a colon, which is no part of a run."""


def may_hold_credentials(text: str) -> bool:
    """False where no value in a YAML or JSON text can be, or hold, a credential."""
    if "\\" in text or "PRIVATE" in text or ("@" in text and _USER.search(text) is not None):
        return True  # an escape can spell anything
    lower = text.lower()
    squeezed = lower.encode("ascii", "ignore").translate(None, _SQUEEZED_OUT)
    for part in _PARTS:
        if part in squeezed and _tells(part, text, lower, squeezed):
            return True
    return _has_token(text)


def _tells(part: bytes, text: str, lower: str, squeezed: bytes) -> bool:
    """Whether a part of a telling name, found in a text, may be that of a name."""
    if part == b"key":
        return _has_telling_key(text, lower, squeezed)
    around = _NAMES.get(part)
    if around is None:
        return True
    return any(name in squeezed if isinstance(name, bytes) else name.search(lower) is not None for name in around)


def _has_telling_key(text: str, lower: str, squeezed: bytes) -> bool:
    count = 0
    at = squeezed.find(b"key")
    while at >= 0:
        if squeezed.endswith(_BEFORE_KEY, 0, at):
            return True
        count += 1
        at = squeezed.find(b"key", at + 1)
    field = _KEY.search(text)
    if field is not None and DENSE.search(field[1]) is not None:
        return True
    known = 0 if field is None else 1
    if count == known:
        return False
    return len(_KEY_ALONE.findall(lower)) > known or any(name.search(lower) for name in _WITH_KEY)


def _has_token(text: str) -> bool:
    """Whether a word of the text has the shape of a token. Few words are as long as any token."""
    plain = text.encode("ascii", "replace")
    runs = plain.translate(_RUNS)
    found = []
    at = runs.find(_LONG)
    while at >= 0:
        end = runs.find(b" ", at)
        end = len(runs) if end < 0 else end
        found.append(plain[max(at - 1, 0) : end])  # with what stands before it, as shapes ask for that
        at = runs.find(_LONG, end)
    words = b" ".join(found)
    for mark in _MARKS:
        if mark in words:
            return _has_shape(words.decode())
    return False


def _has_shape(words: str) -> bool:
    return _TELEGRAM in words or any(
        shape.pattern.search(words) is not None for shape in SHAPES if any(mark in words for mark in shape.marks)
    )
