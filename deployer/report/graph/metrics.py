"""How wide a text is, without a font: the widths of Helvetica and Arial, and lines that fit."""

from __future__ import annotations

import unicodedata

_NARROW = {
    **dict.fromkeys("ijl'|", 0.24), **dict.fromkeys(" .,:;!/\\ftI[]()r-`", 0.32), **dict.fromkeys('{}"*°', 0.38),
    **dict.fromkeys("ckszvxyJ", 0.51), **dict.fromkeys("mMW%@", 0.88), **dict.fromkeys("w+=<>~", 0.68),
    **dict.fromkeys("ABCDEGHKNOPQRSUVXY&", 0.7), "…": 1.0, "—": 1.0,
}  # fmt: skip
"""Widths of characters in ems where they are far from the usual one."""
_USUAL = 0.57
_BOLD = 1.07
_BREAK_AFTER = " -/.,:;_&?=)"


def width(text: str, size: float, *, bold: bool = False) -> float:
    """About how wide a line of text is, in the unit of `size`; rather too wide than too narrow."""
    ems = sum(_ems(character) for character in text)
    return ems * size * (_BOLD if bold else 1.0)


def _ems(character: str) -> float:
    if character in _NARROW:
        return _NARROW[character]
    if character.isascii():
        return _USUAL
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me"):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.25 if character > "\uffff" else 1.02
    return 0.66


def wrap(text: str, limit: float, size: float, lines: int, *, bold: bool = False) -> list[str]:
    """A text in at most so many lines that fit; what does not is cut, and an ellipsis says so."""
    found: list[str] = []
    rest = text.strip()
    while rest and len(found) < lines:
        cut = _fitting(rest, limit, size, bold=bold)
        if cut < len(rest) and len(found) == lines - 1:
            cut = _fitting(rest, limit - width("…", size, bold=bold), size, bold=bold)
            found.append(rest[:cut].rstrip() + "…")
            break
        found.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return found


def _fitting(text: str, limit: float, size: float, *, bold: bool) -> int:
    """How many characters make the next line: up to a good place to break, at least one."""
    total, good, at = 0.0, 0, 0
    scale = size * (_BOLD if bold else 1.0)
    for at, character in enumerate(text):
        total += _ems(character) * scale
        if total > limit and at:
            # A blank at the edge takes no room.
            return at if character == " " else (good or _whole(text, at))
        if character in _BREAK_AFTER or unicodedata.east_asian_width(character) in "WF":
            good = at + 1
    return at + 1 if text else 0


def _whole(text: str, at: int) -> int:
    """Not between a character and what is set on top of it."""
    while at > 1 and (unicodedata.category(text[at]) in ("Mn", "Me", "Mc") or text[at] in "\u200d\ufe0f"):
        at -= 1
    return at
