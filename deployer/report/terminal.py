"""Text for a terminal: colours where they are wanted, control characters nowhere."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_HARMFUL = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that move a cursor, turn text around or show nothing."""

_JOINERS = frozenset({"\u200d", "\ufe0f"})
"""Emoji are put together with these."""


def safe(text: str) -> str:
    """A stranger's text on one line: control characters become visible escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(character if _harmless(character) else _escape(character) for character in text)


def safe_lines(text: str) -> list[str]:
    """The same, line breaks kept."""
    return [safe(line) for line in text.replace("\r\n", "\n").split("\n")]


def _harmless(character: str) -> bool:
    return character in _JOINERS or unicodedata.category(character) not in _HARMFUL


def _escape(character: str) -> str:
    short = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character)
    return short or f"\\u{{{ord(character):x}}}"


def shorten(text: str, limit: int = 100) -> str:
    """At most `limit` characters, an ellipsis where something is left out."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


@dataclass(frozen=True, slots=True)
class Paint:
    """ANSI colours, or none."""

    on: bool

    def _code(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.on else text

    def green(self, text: str) -> str:
        """What comes."""
        return self._code("32", text)

    def yellow(self, text: str) -> str:
        """What changes, and warnings."""
        return self._code("33", text)

    def red(self, text: str) -> str:
        """What goes, and errors."""
        return self._code("31", text)

    def bold(self, text: str) -> str:
        """Names and totals."""
        return self._code("1", text)

    def dim(self, text: str) -> str:
        """Asides."""
        return self._code("2", text)
