"""Recognises values that look like credentials, to hide them in output and to keep them out of files.

Nobody has to declare them: definitions carry bearer tokens in headers, keys in URLs and passwords in
bodies. What the platform fills in (`{{...}}`) and what is already a reference (`${secret.NAME}`) is
no credential.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from deployer.finding import Path
from deployer.record import record
from deployer.regex import regex
from deployer.source import references
from deployer.source.detection import MIN_LENGTH, Part, log_parts, merged, parts
from deployer.source.tokens import Telling, telling

MASK: Final = "(masked)"

_HUMP: Final = regex(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NOT_IN_A_NAME: Final = regex(r"[^A-Za-z0-9]+")
_LONGEST_WORD: Final = 60
"""Characters of each part of a secret's name; keys and step ids have no limit of their own."""


@record
class Credential:
    """Where a credential stands. It does not hold the value, so it may be logged."""

    path: Path
    part: tuple[int, int]
    """Which characters of the string, the end exclusive."""
    kind: str
    """What it seems to be, e.g. `bearer token`."""


def find(path: Path, value: str) -> Credential | None:
    """The first credential in a string; `path` tells the name of the field that holds it."""
    return next(iter(_credentials(path, _name(path), value)), None)


def find_all(body: object) -> Sequence[Credential]:
    """Every credential in a JSON value, in document order."""
    return tuple(
        credential for path, name, value in _strings(body, (), "") for credential in _credentials(path, name, value)
    )


def mask(value: object) -> object:
    """A copy of a JSON value in which every credential reads `(masked)`."""
    return _masked(value, "")


def mask_text(text: str) -> str:
    """A log line or message without credentials.

    Looser than `mask`: nobody needs the text back, so `name=value` with a telling name is enough.
    """
    text = _cut(text, parts("", text))
    return _cut(text, merged(log_parts(text)))


def secret_name(key: str, step: str, field: Path) -> str:
    """`<KEY>_<STEP>_<FIELD>`, a name for `${secret.NAME}`; the field is the last name of its path."""
    words = [_snake(word) for word in (key, step, _name(field))]
    name = "_".join(word for word in words if word) or "SECRET"
    return f"_{name}" if name[0].isdigit() else name


def unique(name: str, taken: Container[str]) -> str:
    """The name itself, or with `_2`, `_3` ... behind it: the first that is not taken."""
    if name not in taken:
        return name
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


def extract(
    body: Mapping[str, object],
    *,
    key: str,
    known: Callable[[str], str | None] = lambda _value: None,
    taken: Iterable[str] = (),
) -> tuple[dict[str, object], dict[str, str]]:
    """A body from the server as it goes into a file, and the secrets that it then needs, by name.

    Credentials become `${secret.NAME}`, the same value always by the same name; all other strings are
    escaped, so that resolving and filling give back the body. `known` names a value that is a secret
    already; `taken` are names that mean something else.
    """
    names = _Names(key=key, body=body, known=known, taken=frozenset(taken))
    return _extracted_fields(body, (), names), names.values


@dataclass(slots=True, kw_only=True)
class _Names:
    """Gives every secret value its name."""

    key: str
    body: Mapping[str, object]
    known: Callable[[str], str | None]
    taken: frozenset[str]
    values: dict[str, str] = field(default_factory=dict, repr=False)
    names: dict[str, str] = field(default_factory=dict, repr=False)

    def reference(self, path: Path, value: str) -> str:
        name = self.names.get(value)
        if name is None:
            name = self.known(value)
            if name is None or name in self.values:
                own = secret_name(self.key, _step_id(self.body, path), path)
                name = unique(own, {*self.taken, *self.values})
            self.names[value] = name
            self.values[name] = value
        return f"${{secret.{name}}}"


def _step_id(body: object, path: Path) -> str:
    """The id of the innermost step that a path leads into; empty when there is none."""
    found, value = "", body
    for part in path:
        if part == "inputs":
            break
        if isinstance(value, Mapping) and isinstance(part, str):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int):
            value = value[part]
        if isinstance(part, int) and isinstance(value, Mapping) and isinstance(step := value.get("id"), str):
            found = step
    return found


def _extracted(value: object, path: Path, name: str, names: _Names) -> object:
    if isinstance(value, str):
        return _referenced(value, path, name, names)
    if isinstance(value, Mapping):
        return _extracted_fields(value, path, names)
    if isinstance(value, list):
        return [_extracted(item, (*path, index), name, names) for index, item in enumerate(value)]
    return value


def _extracted_fields(value: Mapping[str, object], path: Path, names: _Names) -> dict[str, object]:
    return {key: _extracted(item, (*path, key), name, names) for key, item, name in _fields(value)}


def _referenced(text: str, path: Path, name: str, names: _Names) -> str:
    result, end = "", 0
    for start, stop in _widened(text, parts(name, text)):
        result += references.escape(text[end:start]) + names.reference(path, text[start:stop])
        end = stop
    return result + references.escape(text[end:])


def _widened(text: str, found: Sequence[Part]) -> list[tuple[int, int]]:
    """The parts, so widened that a reference in their place means what it says.

    A dollar in front would turn it into an escape, and half of a text that itself reads like a
    reference cannot be escaped.
    """
    if not found:
        return []
    starts = [start for start, _, _ in found]
    like_ours = ((*match.span(), "") for match in references.REFERENCE.finditer(text))
    joined = merged((*((_before_dollars(text, start), end, kind) for start, end, kind in found), *like_ours))
    return [(start, end) for start, end, _ in joined if bisect_left(starts, start) < bisect_left(starts, end)]


def _before_dollars(text: str, start: int) -> int:
    while start > 0 and text[start - 1] == "$":
        start -= 1
    return start


def _name(path: Path) -> str:
    """The name of the field that a path leads to; a list's items are called as the list."""
    return next((part for part in reversed(path) if isinstance(part, str)), "")


def _fields(value: Mapping[str, object]) -> Iterator[tuple[str, object, str]]:
    """Key, value and telling name of each field: `{name: X-Api-Key, value: ...}` is a field too."""
    label = next((value[key] for key in ("name", "key", "header") if key in value), None)
    for key, item in value.items():
        named = key == "value" and isinstance(label, str) and telling(label) is not Telling.NOTHING
        yield key, item, str(label) if named else key


def _strings(value: object, path: Path, name: str) -> Iterator[tuple[Path, str, str]]:
    if isinstance(value, str):
        yield path, name, value
    elif isinstance(value, Mapping):
        for key, item, child in _fields(value):
            yield from _strings(item, (*path, key), child)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strings(item, (*path, index), name)


def _masked(value: object, name: str) -> object:
    if isinstance(value, str):
        return _cut(value, parts(name, value))
    if isinstance(value, Mapping):
        return {key: _masked(item, child) for key, item, child in _fields(value)}
    if isinstance(value, list | tuple):
        return [_masked(item, name) for item in value]
    if isinstance(value, int | float) and not isinstance(value, bool) and telling(name).value >= Telling.TOKEN.value:
        return MASK if len(str(value)) >= MIN_LENGTH else value
    return value


def _cut(text: str, found: Sequence[Part]) -> str:
    pieces, end = [], 0
    for start, stop, _ in found:
        pieces += [text[end:start], MASK]
        end = stop
    return "".join((*pieces, text[end:]))


def _credentials(path: Path, name: str, value: str) -> Iterator[Credential]:
    for start, end, kind in parts(name, value):
        yield Credential(path=path, part=(start, end), kind=kind)


def _snake(text: str) -> str:
    """`crmKey v2` as `CRM_KEY_V2`; accents fold, other alphabets drop out."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return _NOT_IN_A_NAME.sub("_", _HUMP.sub("_", plain)).upper()[:_LONGEST_WORD].strip("_")
