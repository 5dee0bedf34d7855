"""The pieces of the plainest YAML: keys, values on one line, and texts behind `|` and `>`.

Everything here gives what YAML means for certain, or raises `Odd`.
"""

from __future__ import annotations

from collections.abc import Callable
from sys import intern
from typing import Final, Generic, TypeVar

from deployer.record import record
from deployer.regex import regex
from deployer.source import scalars
from deployer.source.scalars import JSON, NUMERIC, WORDS

Meaning = TypeVar("Meaning")

_REMEMBERED: Final = 2048
_SHORT: Final = 100
"""Characters of a piece that may well recur."""
_LONGEST_KEY: Final = 200
"""YAML knows no key of more than 1,024 characters on one line with its value."""
_LONGEST_WORD: Final = max(map(len, WORDS))
_COMMON: Final = 40
"""As long are texts that `yaml_reader` keeps once."""
_CHANGEABLE: Final[frozenset[type]] = frozenset((list, dict))
_DIGITS: Final = frozenset("0123456789")
_AFTER_HASH: Final = frozenset(("", " ", "#", "!"))
_NO_KEY: Final = frozenset(("", "[", "{", "#", "|", ">"))
_INDICATORS: Final = frozenset("-?:,[]{}#&*!|>'\"%@`")
_FORBIDDEN: Final = frozenset("\u2028\u2029\ufeff\ufffe\uffff")
QUOTED: Final = r""""[^"\\]*(?:\\["\\nt][^"\\]*)*"|'[^']*(?:''[^']*)*'"""
"""A text in quotes as an expression, with the escapes that everybody writes."""
_QUOTED: Final = regex(QUOTED)
_ESCAPE: Final = regex(r"\\(.)")
_ESCAPED: Final = {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}
_BREAKS: Final = regex(r"\n(\n*)")


class Odd(Exception):  # a signal to the door of `plain_yaml`
    """Something that only a YAML parser can judge."""


class Memory(dict[str, Meaning], Generic[Meaning]):
    """What pieces of text mean. Looking up one that is not known yet works it out, or raises `Odd`."""

    def __init__(self, work_out: Callable[[str], Meaning]) -> None:
        super().__init__()
        self._work_out = work_out

    def __missing__(self, piece: str) -> Meaning:
        meaning = self._work_out(piece)
        if len(piece) <= _SHORT and meaning.__class__ not in _CHANGEABLE:  # no two files share a list
            if len(self) >= _REMEMBERED:
                self.clear()
            self[piece] = meaning
        return meaning


@record(eq=False)
class Block:
    """What stands behind a key or dash whose value follows on the next lines."""

    folded: bool
    ends_with_break: bool

    def read(self, lines: list[str], column: int) -> str:
        """Take the text from the end of `lines`; `column` is where the list or mapping around it is written."""
        first = lines[-1] if lines else ""
        width = len(first) - len(first.lstrip(" "))
        if width <= column or width == len(first):
            raise Odd
        indentation = first[:width]
        body: list[str] = []
        while lines and (lines[-1].startswith(indentation) or not lines[-1].strip(" ")):
            body.append(lines.pop()[width:])
        if not lines and body[-1]:
            raise Odd  # the file's last line has no line break, which the text would then lack too
        text = "\n".join(body).rstrip("\n")
        check_characters(text.replace("\n", ""))
        if self.folded:
            if "\n " in text:
                raise Odd  # lines that are moved in further are not folded
            text = _BREAKS.sub(lambda breaks: breaks[1] or " ", text) if "\n\n" in text else text.replace("\n", " ")
        return f"{text}\n" if self.ends_with_break else text


NOTHING: Final = Block(folded=False, ends_with_break=False)
"""No value on this line: null, unless a list or mapping follows."""
_BLOCKS: Final = {
    "": NOTHING,
    "|": Block(folded=False, ends_with_break=True),
    "|-": Block(folded=False, ends_with_break=False),
    ">": Block(folded=True, ends_with_break=True),
    ">-": Block(folded=True, ends_with_break=False),
}


def value_of(source: str) -> JSON | Block:
    """What stands behind a key's `: ` or a dash, with the comment after it."""
    source = source.strip(" ")
    block = _BLOCKS.get(source)
    if block is not None:
        return block
    if source[0] in "\"'":
        text, end = quoted(source)
        check_end(source[end:])
        return text
    if source[0] == "#":
        check_end(f" {source}")
        return NOTHING
    comment = source.find(" #")
    if comment >= 0:
        check_end(source[comment:])
        source = source[:comment].rstrip(" ")
    if source[0] in "[{":
        from deployer.source.plain_flow import flow_of  # few files have any

        return flow_of(source)
    if (
        (source[0] in _INDICATORS and not (source[0] == "-" and source[1:2] in _DIGITS))
        or ": " in source
        or source[-1] == ":"
    ):
        raise Odd
    check_characters(source)
    return unquoted(source)


def key_of(source: str) -> str | None:
    """The key that is written so, or None where no key is."""
    if len(source) > _LONGEST_KEY or source[:1] in _NO_KEY or source[-1:] == " " or " #" in source:
        return None
    if source.startswith("..."):
        return None  # which ends a document, in the first column
    try:
        key = value_of(source)
    except Odd:
        return None
    return key if isinstance(key, str) else None


def quoted(source: str) -> tuple[str, int]:
    """The text in the quotes that `source` starts with, and where they end."""
    text = source[: source.find(source[0], 1) + 1]
    if "\\" in text or source[len(text) : len(text) + 1] == source[0]:  # else it ends with the next such quote
        match = _QUOTED.match(source)
        if match is None:
            raise Odd
        text = match[0]
    check_characters(text)
    inner = text[1:-1]
    if text[0] == "'":
        inner = inner.replace("''", "'")
    elif "\\" in inner:
        inner = _ESCAPE.sub(lambda escape: _ESCAPED[escape[1]], inner)
    return _kept(inner), len(text)


def unquoted(text: str) -> JSON:
    """What a text without quotes means."""
    if text[0] in NUMERIC or (len(text) <= _LONGEST_WORD and text in WORDS):
        value, doubt = scalars.plain(text)
        if doubt is not None:
            raise Odd
        return value
    return _kept(text)


def check_characters(text: str) -> None:
    """Refuse what YAML forbids on one line, and what readers disagree about, such as a second byte order mark."""
    if text.isprintable():
        return
    for character in text:  # of which a wide blank, or what joins two emoji, is in order
        if character < "\xa0" and not " " <= character <= "~":
            raise Odd
        if character in _FORBIDDEN or "\ud800" <= character <= "\udfff":
            raise Odd


def check_end(rest: str) -> None:
    """Refuse anything but a comment behind a value. `#` and a character at once may be meant as text."""
    comment = rest.lstrip(" ")
    if not comment:
        return
    if comment == rest or comment[:1] != "#" or comment[1:2] not in _AFTER_HASH:
        raise Odd
    check_characters(comment)


def _kept(text: str) -> str:
    """The same text, kept once for all files where it may well recur."""
    return intern(text) if len(text) <= _COMMON else text
