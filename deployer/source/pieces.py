"""Which characters of a file each character of a decoded scalar comes from.

A finding about `{{data.nmae}}` inside a text points at these characters of the file, whatever the
text's style: quotes, escapes, folded lines and indentation stand between the two. The rules are those
of YAML 1.2.2, chapters 7 and 8, and of RFC 8259, section 7.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate, islice, pairwise

from deployer.regex import regex
from deployer.source.regions import Region, Style
from deployer.tuples import NamedTuple

_BREAK = regex(r"\r\n|\r|\n")
_SINGLE_ESCAPE = regex("''")
_DOUBLE_ESCAPE = regex(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_JSON_ESCAPE = regex(
    r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})|\\([^u])", re.DOTALL
)
_DOUBLE_NAMES = dict(zip('0abt\tnvfre "/\\N_LP', '\0\a\b\t\t\n\v\f\r\x1b "/\\\x85\xa0\u2028\u2029', strict=True))
_JSON_NAMES = dict(zip('"\\/bfnrt', '"\\/\b\f\n\r\t', strict=True))
_BLANK_LINES = regex(r"(?:[ \t]*(?:\r\n|\r|\n))+")
_HEADER = regex(r"[|>](?:([+-])?([1-9])?|([1-9])([+-]))[ \t]*(?:#[^\r\n]*)?(?:\r\n|\r|\n|$)")


MAX_PIECES = 50_000
"""A text with more lines and escapes than this is pointed at as a whole."""


class Piece(NamedTuple):
    """Some decoded text and where it comes from.

    Either the source has the same characters, or the whole source stretch makes the one decoded
    character (an escape, a folded line break).
    """

    text: str
    start: int
    end: int


class Trace:
    """The way back from a decoded scalar to the characters of the file."""

    def __init__(self, source: str, region: Region) -> None:
        self._region = region
        self._pieces = scalar_pieces(source, region)
        self._offsets = [0, *accumulate(len(piece.text) for piece in self._pieces)]

    def stretch(self, start: int, end: int) -> tuple[int, int]:
        """The offsets in the file of the decoded characters from `start` to before `end`.

        The whole scalar where it has no such characters of its own, as in a number or a list.
        """
        total = self._offsets[-1]
        if not self._pieces or not 0 <= start <= end <= total:
            return self._region.start, self._region.end
        if start == total:
            return self._pieces[-1].end, self._pieces[-1].end
        first = self._character(start)
        return (first[0], first[0]) if end == start else (first[0], self._character(end - 1)[1])

    def _character(self, index: int) -> tuple[int, int]:
        at = bisect_right(self._offsets, index) - 1
        piece, inside = self._pieces[at], index - self._offsets[at]
        if piece.end - piece.start == len(piece.text):
            return piece.start + inside, piece.start + inside + 1
        return piece.start, piece.end


def scalar_pieces(source: str, region: Region) -> list[Piece]:
    """The pieces of a scalar in order; empty where the text is empty or cannot be followed."""
    if region.text is None:
        return []
    if source.count("\n", region.start, region.end) + source.count("\r", region.start, region.end) > MAX_PIECES:
        return []
    pieces = list(islice((piece for piece in _pieces(source, region) if piece.text), MAX_PIECES))
    # A reader may treat a corner of the format in another way: better the whole scalar than a wrong place.
    return pieces if "".join(piece.text for piece in pieces) == region.text else []


def _pieces(source: str, region: Region) -> Iterator[Piece]:
    start, end = region.start, region.end
    match region.style:
        case Style.PLAIN:
            return _flow(source, start, end, region.style)
        case Style.SINGLE | Style.DOUBLE:
            return _flow(source, start + 1, end - 1, region.style)
        case Style.JSON:
            return _escaped(source, start + 1, end - 1, _JSON_ESCAPE)
        case Style.LITERAL | Style.FOLDED:
            return _block(source, region)
        case _:
            return iter([Piece(source[start:end], start, end)])


def _flow(source: str, start: int, end: int, style: Style) -> Iterator[Piece]:
    """Plain and quoted text: line breaks fold to blanks, empty lines to line breaks."""
    lines = list(_split(source, start, end))
    pending: list[tuple[int, int]] = []
    fold_from = start
    continued = True  # nothing folds before the first line
    for number, (line_start, line_end, after) in enumerate(lines):
        content_start = line_start if number == 0 else _skip(source, line_start, line_end)
        last = number == len(lines) - 1
        escaped_break = style is Style.DOUBLE and not last and _ends_in_escape(source, content_start, line_end)
        content_end = (
            line_end if last else line_end - 1 if escaped_break else _trim(source, content_start, line_end, style)
        )
        if content_start >= content_end and not last and not escaped_break and number > 0:
            pending.append((line_start, after))
            continue
        if number > 0:
            yield from _folded(pending, fold_from, content_start, continued=continued)
        yield from _content(source, content_start, content_end, style)
        pending, fold_from, continued = [], content_end, escaped_break


def _folded(blank_lines: list[tuple[int, int]], start: int, end: int, *, continued: bool) -> Iterator[Piece]:
    """What the stretch between two lines of content means."""
    if not blank_lines:
        if not continued:
            yield Piece(" ", start, end)
        return
    edges = [start, *(after for _, after in blank_lines[:-1]), end]
    yield from (Piece("\n", left, right) for left, right in pairwise(edges))


def _content(source: str, start: int, end: int, style: Style) -> Iterator[Piece]:
    if style is Style.SINGLE:
        yield from _escaped(source, start, end, _SINGLE_ESCAPE)
    elif style is Style.DOUBLE:
        yield from _escaped(source, start, end, _DOUBLE_ESCAPE)
    else:
        yield Piece(source[start:end], start, end)


def _escaped(source: str, start: int, end: int, pattern: re.Pattern[str]) -> Iterator[Piece]:
    for match in pattern.finditer(source, start, end):
        yield Piece(source[start : match.start()], start, match.start())
        yield Piece(_unescape(match, pattern), match.start(), match.end())
        start = match.end()
    yield Piece(source[start:end], start, end)


def _unescape(match: re.Match[str], pattern: re.Pattern[str]) -> str:
    if pattern is _SINGLE_ESCAPE:
        return "'"
    if pattern is _JSON_ESCAPE:
        high, low, unit, name = match.groups()
        if high:
            return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00)
        code = int(unit, 16) if unit else 0
        return _JSON_NAMES.get(name, name) if name else "\ufffd" if 0xD800 <= code < 0xE000 else chr(code)
    *digits, name = match.groups()
    if name:
        return _DOUBLE_NAMES.get(name, name)
    code = int(next(filter(None, digits)), 16)
    return chr(code) if code <= 0x10FFFF else "\ufffd"


def _block(source: str, region: Region) -> Iterator[Piece]:
    """Literal and folded text. A folded line break becomes a blank between lines that are not indented further."""
    header = _HEADER.match(source, region.start)
    if header is None:
        return
    chomping = header[1] or header[4]
    end = _BLANK_LINES.match(source, region.end)
    lines = list(_split(source, header.end(), end.end() if end else region.end))
    indent = _block_indent(source, lines, region.text or "")
    pending: Piece | None = None  # the break after the last line of content
    blank: list[Piece] = []
    leading_blank = False
    for line in lines:
        line_start, line_end, after = line
        content = line_start + min(indent, _indentation(source, line))
        if content == line_end:
            if after > line_end:
                blank.append(Piece("\n", line_start, after))
            continue
        starts_blank = source[content] in " \t"
        if region.style is Style.FOLDED and pending is not None and not leading_blank and not starts_blank:
            if not blank:
                yield Piece(" ", pending.start, content)
        elif pending is not None:
            yield pending
        yield from blank
        yield Piece(source[content:line_end], content, line_end)
        pending = Piece("\n", line_end, after) if after > line_end else None
        blank, leading_blank = [], starts_blank
    if chomping != "-" and pending is not None:
        yield pending
    if chomping == "+":
        yield from blank


def _block_indent(source: str, lines: list[tuple[int, int, int]], text: str) -> int:
    """How far the text is indented: what its first line has in the file, less what is left of it in the text.

    An explicit indicator would count from the parent's indentation, which a scalar does not know.
    """
    filled = next((line for line in lines if source[line[0] : line[1]].strip(" ")), None)
    if filled is None:
        widest = max((_indentation(source, line) for line in lines), default=0)
        return widest - max(map(len, text.split("\n")))
    first = next((line for line in text.split("\n") if line.strip(" ")), "")
    return _indentation(source, filled) - (len(first) - len(first.lstrip(" ")))


def _split(source: str, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Each line between two offsets: its start, its end, and the start of the next one."""
    for match in _BREAK.finditer(source, start, end):
        yield start, match.start(), match.end()
        start = match.end()
    yield start, end, end


def _indentation(source: str, line: tuple[int, int, int]) -> int:
    text = source[line[0] : line[1]]
    return len(text) - len(text.lstrip(" "))


def _skip(source: str, start: int, end: int) -> int:
    text = source[start:end]
    return end - len(text.lstrip(" \t"))


def _trim(source: str, start: int, end: int, style: Style) -> int:
    """The end of a line's content: blanks at its end fold away, unless the first one is escaped."""
    trimmed = start + len(source[start:end].rstrip(" \t"))
    if style is Style.DOUBLE and trimmed < end and _ends_in_escape(source, start, trimmed):
        trimmed += 1
    return trimmed


def _ends_in_escape(source: str, start: int, end: int) -> bool:
    text = source[start:end]
    return (len(text) - len(text.rstrip("\\"))) % 2 == 1
