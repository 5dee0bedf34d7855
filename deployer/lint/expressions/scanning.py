"""Where the scripts of a text begin and end.

The platform does not document how it finds the end of a script. Read here: at the first `}}` that
leaves a complete script, so that braces inside texts, templates, objects and regular expressions do
not end it early. Where no end leaves a complete script, the braces are counted as JavaScript would
count them, so that a mistake inside an object is shown where it is; failing that, at the first `}}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from deployer.lint.expressions.syntax import parses
from deployer.record import record
from deployer.regex import regex
from deployer.source.references import REFERENCE

LONGEST_READ = 4_000
"""Characters of a script that are looked at; the platform allows 1000, and a longer one is reported anyway."""

_MOST_ENDS = 20
"""How many `}}` are tried for one script."""
_MOST_TRIED = 100_000
"""Characters that are tried in one text, each as often as it is tried: a hostile text must not cost more."""

_PLAIN = regex(r"[^{}'\"`/]*")
_OPENING = regex(r"\{\{")
_LONE = regex(r"(?<!\{)\$?\{\s*(?:data|step)(?:\??\.[A-Za-z_$][\w$]*)+\s*(?P<end>\}\}?)(?!\})")
_PIECE = regex(r"""'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`|//[^\n]*|/\*.*?\*/|[{}]""", re.DOTALL)


@record
class Script:
    """One `{{...}}` of a text. Offsets count the text's characters."""

    start: int
    """Of the first brace."""
    end: int
    """After the last brace."""
    source: str
    """What stands between the braces. A reference of ours that is still open stands as a name of its length."""
    whole: bool
    """Whether the text is this script and nothing else, so that its value keeps its type."""
    dynamic: bool = False
    """Whether it holds an open reference, so that its text is only known later."""

    @property
    def inside(self) -> int:
        """Offset of the first character of `source`."""
        return self.start + 2


@record
class ScanFault:
    """Braces that do not make a script."""

    start: int
    end: int
    message: str
    literal: bool = False
    """The platform takes it as plain text: sent as it stands, so a smell rather than a failure."""


@record
class Scan:
    """A text, cut up."""

    scripts: tuple[Script, ...]
    faults: tuple[ScanFault, ...]


_NOTHING = Scan(scripts=(), faults=())


def scripts(text: str) -> Sequence[Script]:
    """Every script of a text, in its order."""
    return scan(text).scripts


def scan(text: str) -> Scan:
    """Every script of a text, and every brace that was probably meant to make one."""
    return _scan(text) if "{" in text else _NOTHING


@lru_cache(maxsize=32768)
def _scan(text: str) -> Scan:
    masked = _masked(text)
    tries = _Tries()
    found: list[Script] = []
    faults: list[ScanFault] = []
    position = 0
    while (opening := _OPENING.search(masked, position)) is not None:
        start = opening.start()
        faults += _lone_braces(masked, position, start)
        end = _end(masked, start + 2, tries)
        if end is None:
            faults.append(_unclosed(masked, start))
            return Scan(scripts=tuple(found), faults=tuple(faults))
        source = masked[start + 2 : end]
        inner = source.find("{{")
        if inner >= 0 and not tries.parses(source):
            # It runs on into the next script: its own end is what is missing.
            faults.append(_unclosed(masked, start))
            position = start + 2 + inner
            continue
        found.append(
            Script(
                start=start,
                end=end + 2,
                source=source,
                whole=start == 0 and end + 2 == len(text),
                dynamic=source != text[start + 2 : end],
            )
        )
        position = end + 2
    faults += _lone_braces(masked, position, len(masked))
    return Scan(scripts=tuple(found), faults=tuple(faults))


class _Tries:
    """Asks whether a stretch parses, until it has asked enough."""

    def __init__(self) -> None:
        self.left = _MOST_TRIED

    def parses(self, source: str) -> bool:
        if len(source) > LONGEST_READ or self.left < 0:
            return False
        self.left -= len(source)
        return parses(source)

    def balanced(self, text: str, start: int) -> int | None:
        if self.left < 0:
            return None
        self.left -= min(len(text) - start, LONGEST_READ)
        return _balanced(text, start)


def _masked(text: str) -> str:
    """The text with open references as names of equal length: a name may stand in code and in a text alike."""
    if "${" not in text:
        return text
    return REFERENCE.sub(lambda match: match[0] if len(match[1]) > 1 else "$" + "_" * (len(match[0]) - 1), text)


def placeholder(name: str) -> bool:
    """Whether a name stands for a reference of ours."""
    return name.startswith("$____") and not name.strip("$_")


def _end(text: str, start: int, tries: _Tries) -> int | None:
    first = text.find("}}", start)
    if first < 0:
        return None
    if _PLAIN.fullmatch(text, start, first) is not None and not text.startswith("}}}", first):
        return first
    end = first
    for _ in range(_MOST_ENDS):
        if end < 0 or end - start > LONGEST_READ:
            break
        if tries.parses(text[start:end]):
            return end
        # `}}}` ends an object and the script; the later pair is the script's.
        end = text.find("}}", end + 1)
    balanced = tries.balanced(text, start)
    return first if balanced is None else balanced


def _balanced(text: str, start: int) -> int | None:
    """The first `}}` outside of objects, texts and comments."""
    depth = 0
    closed = -1
    for piece in _PIECE.finditer(text, start, start + LONGEST_READ):
        if piece[0] == "{":
            depth += 1
        elif piece[0] == "}":
            if depth > 0:
                depth -= 1
            elif closed == piece.start() - 1:
                return closed
            else:
                closed = piece.start()
    return None


def _unclosed(text: str, start: int) -> ScanFault:
    single = text.find("}", start)
    if 0 <= single <= start + LONGEST_READ and "{" not in text[start + 2 : single]:
        return ScanFault(start=start, end=single + 1, message="this script ends with one brace; write `}}`")
    return ScanFault(start=start, end=start + 2, message="this `{{` is never closed; write `}}` after the script")


def _lone_braces(text: str, start: int, end: int) -> Iterator[ScanFault]:
    """`{data.name}` and `${data.name}` in plain text."""
    for match in _LONE.finditer(text, start, end):
        inner = match[0].lstrip("$").strip("{} \t\n")
        yield ScanFault(
            start=match.start(),
            end=match.end(),
            message=f"this is plain text and sent as it stands; a script has two braces: {{{{{inner[:60]}}}}}",
            literal=True,
        )
