"""Where in a text credentials stand: by the name of its field, by their shape, in URLs, fields and headers.

What the platform fills in (`{{...}}`), what is a reference (`${secret.NAME}`) and what is hidden
already (`(masked)`) is no credential.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from deployer.regex import regex
from deployer.source.tokens import SHAPES, Telling, telling

MIN_LENGTH: Final = 8
"""Characters of the shortest credential: what is shorter cannot be told from, or hidden in, other text."""

Part: TypeAlias = tuple[int, int, str]
"""Start, end (exclusive) and kind of a credential."""

# Schemes of https://www.iana.org/assignments/http-authschemes, and those that vendors use beside them.
_SCHEME: Final = (
    r"(?:bearer|basic|digest|token|api-?key|key|jwt|oauth|negotiate|ntlm|hmac|hawk|ssws|bot|aws4-hmac-sha256)"
)
_WITH_SCHEME: Final = regex(rf"(?i){_SCHEME}[ \t]+(?=\S)")
_ANY_SCHEME: Final = regex(r"[A-Za-z][A-Za-z0-9-]{1,40}[ \t]+(?=\S+\Z)")
BEARER: Final = regex(r"(?ai)\bbearer[ \t]{1,4}([A-Za-z0-9._~+/-]{8,}={0,2})")  # RFC 6750, section 2.1
BASIC: Final = regex(r"(?ai)\bbasic[ \t]{1,4}([A-Za-z0-9+/]{8,}={0,2})")  # RFC 7617, section 2

# RFC 3986, section 3.2.1; up to the last @, as browsers read it.
_USER_INFO: Final = regex(
    r"(?<![A-Za-z0-9+.-])([A-Za-z][A-Za-z0-9+.-]{0,30}://)([^\s/?#@:\"'<>\\]*)(?::([^\s/?#\"'<>\\]*))?@"
)
_PARAMETER: Final = regex(r"(?:\A|[?&;#])([\w.\-%\[\]]{1,64})=([^&\s#\"'<>;,\\]*)")
QUOTED_FIELD: Final = regex(
    r"(?<![\w.-])([\w.-]{1,64})(?:\\*[\"'])?[ \t]{0,4}[:=][ \t]{0,4}(\\*[\"'])([^\r\n]{0,2048}?)(?<!\\)\2"
)
# Cheap looks before the expressions that take long: what they find, these find as well.
MARKS: Final = regex("|".join(re.escape(mark) for shape in SHAPES for mark in shape.marks))
_SEPARATOR: Final = regex(r"[?&;#]")
_QUOTED_VALUE: Final = regex(r"[:=](?<=[\w.\-\"' \t][:=])[ \t]{0,4}\\*[\"']")
_LOG_FIELD: Final = regex(
    rf"(?<![\w.-])([\w.-]{{1,64}})(?:\\*[\"'])?[ \t]{{0,4}}([:=])(?!=)[ \t]{{0,4}}(?:{_SCHEME}[ \t]+)?([^\s\"'&,;\\]+)",
    re.IGNORECASE,
)
_LOG_LINE: Final = regex(
    r"(?i)\b(?:(?:set-)?cookie[\"']?[ \t]{0,4}:[ \t]{0,4}"
    r"|authorization[\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"']?(?:digest|oauth|hawk|aws4-hmac-sha256)[ \t]+)([^\r\n]+)"
)
_NOT_LITERAL: Final = regex(r"\{\{|\}\}|\$\{(?:var|secret|file)\.[^{}\s]*\}")
_SHOWN: Final = regex(r"\(masked\)|\(secret [A-Za-z_]\w*\)")
DENSE: Final = regex(r"(?=[A-Za-z+/=]{0,99}[0-9])(?=[0-9+/=]{0,99}[A-Za-z])[A-Za-z0-9+/=]{16,}")
"""Letters and digits without a break, as neither slugs nor UUIDs have them."""


def parts(name: str, text: str) -> list[Part]:
    """Every credential in a text, in order and apart from each other; `name` is that of the field that holds it."""
    if len(text) < MIN_LENGTH:
        return []
    found = [*by_name(name, text), *_by_shape(text), *_in_urls(text), *_in_fields(text), *_in_headers(text)]
    return merged(found) if found else found


def merged(found: Iterable[Part]) -> list[Part]:
    """Parts in order, overlapping ones joined."""
    result: list[Part] = []
    for start, end, kind in sorted(found, key=lambda part: (part[0], -part[1])):
        if result and start < result[-1][1]:
            first, last, what = result[-1]
            result[-1] = (first, max(last, end), what)
        else:
            result.append((start, end, kind))
    return result


def by_name(name: str, text: str) -> Iterator[Part]:
    """The text of a field whose name tells that it is a credential."""
    if telling(name) is Telling.NOTHING:
        return
    content = text.strip()
    if not _is_secret(name, content):
        return
    start = text.index(content)
    end = start + len(content)
    scheme = _WITH_SCHEME.match(content)
    if scheme is None and name.lower().endswith("authorization"):
        scheme = _ANY_SCHEME.match(content)
    # A credential shorter than a secret may be goes out with its scheme.
    skip = scheme.end() if scheme is not None and len(content) - scheme.end() >= MIN_LENGTH else 0
    yield start + skip, end, f"value of `{name}`"


def _is_secret(name: str, value: str) -> bool:
    """Whether a field of that name holds a credential, given its value."""
    how = telling(name)
    if how is Telling.NOTHING or len(value) < MIN_LENGTH or not _is_literal(value):
        return False
    if how is Telling.MAYBE:
        return DENSE.search(value) is not None
    if how is Telling.TOKEN and len(value.split()) > 1:
        return _WITH_SCHEME.match(value) is not None and len(value.split()) == 2
    return len(set(value)) > 1


def _is_literal(value: str) -> bool:
    return _NOT_LITERAL.search(value) is None and _SHOWN.search(value) is None


def _looks_random(value: str) -> bool:
    """One word with digits among letters, or capitals inside it."""
    if any(character.isspace() for character in value):
        return False
    letters, digits = any(map(str.isalpha, value)), any(map(str.isdigit, value))
    return (letters and digits) or re.search(r"[a-z][A-Z]+[a-z]", value) is not None


def _by_shape(text: str) -> Iterator[Part]:
    if MARKS.search(text) is None:
        return
    for shape in SHAPES:
        if any(mark in text for mark in shape.marks):
            for match in shape.pattern.finditer(text):
                yield *match.span(), shape.kind


def _in_urls(text: str) -> Iterator[Part]:
    if "://" in text and "@" in text:
        for match in _USER_INFO.finditer(text):
            yield from _user_info(match)
    if "=" in text and (_SEPARATOR.search(text) is not None or _PARAMETER.match(text) is not None):
        for match in _PARAMETER.finditer(text):
            if _is_secret(match[1], match[2]):
                yield *match.span(2), f"parameter `{match[1]}`"


def _user_info(match: re.Match[str]) -> Iterator[Part]:
    user, password = match[2], match[3]
    if password is None:
        # A lone user name is a credential where a token stands in its place.
        if _is_literal(user) and len(user) >= 16 and _looks_random(user):
            yield *match.span(2), "token in a URL"
    elif password and _is_literal(password) and (len(password) >= MIN_LENGTH or _is_literal(user)):
        # A short password takes its surroundings along, so that it is as long as a secret has to be.
        start, end = match.start(3), match.end(3)
        for widened in (match.start(2), match.start(1)):
            start = start if end - start >= MIN_LENGTH else widened
        yield start, max(end, start + MIN_LENGTH), "password in a URL"


def _in_fields(text: str) -> Iterator[Part]:
    """JSON and the like within a text, whatever its quotes are escaped with."""
    if ('"' in text or "'" in text) and _QUOTED_VALUE.search(text) is not None:
        for match in QUOTED_FIELD.finditer(text):
            for start, end, kind in by_name(match[1], match[3]):
                yield match.start(3) + start, match.start(3) + end, kind


def _in_headers(text: str) -> Iterator[Part]:
    lower = text.lower()
    if "bearer" not in lower and "basic" not in lower:
        return
    for match in BEARER.finditer(text):
        if _looks_random(match[1]):
            yield *match.span(1), "bearer token"
    for match in BASIC.finditer(text):
        if _is_basic(match[1]):
            yield *match.span(1), "basic credentials"


def _is_basic(value: str) -> bool:
    """Whether it encodes `user:password`; `Basic troubleshooting` does not."""
    import base64  # few files come to this
    import binascii

    try:
        return b":" in base64.b64decode(value + "=" * (-len(value) % 4), validate=True)
    except binascii.Error:
        return False


def log_parts(text: str) -> Iterator[Part]:
    """`name=value` and header lines, as logs and error messages hold them; looser than `parts`."""
    for match in _LOG_FIELD.finditer(text):
        how, value = telling(match[1]), match[3]
        if how is Telling.NOTHING or not _is_literal(value) or _SHOWN.match(text, match.start(3)):
            continue
        if how is Telling.MAYBE:
            hidden = DENSE.search(value) is not None
        elif match[2] == "=":
            hidden = True
        else:
            # After a colon prose may follow: `api key: not accepted`.
            alone = text[match.end() : match.end() + 1] in ("", "\n", "\r")
            hidden = _looks_random(value) or (alone and len(value) >= MIN_LENGTH)
        if hidden:
            yield *match.span(3), "value"
    for match in _LOG_LINE.finditer(text):
        if _is_literal(match[1]):
            yield *match.span(1), "header"
