"""How messages show what stands in a file: short, on one line, and never a credential."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from deployer.finding import Fix, Path, Replace
from deployer.regex import regex

LONGEST = 60
"""Characters of a value that a message may repeat."""

MOST_GUESSES = 20
"""How many wrong words of one kind get a guess at what was meant; guessing is slow, and files may be hostile."""

_MOST_OPTIONS = 500
_CREDENTIAL = regex(
    r"authori[sz]ation|token|secret|passw|api[-_]?key|credential|cookie|signature|bearer|private", re.IGNORECASE
)
_REFERENCE = regex(r"\$\{(?:var|secret|file)\.")
_ARTICLE_AN = ("a", "e", "i", "o")


def shorten(text: str, longest: int = LONGEST) -> str:
    """A text on one line, cut in the middle when it is long; what would move a cursor becomes a blank."""
    line = "".join(c if c.isprintable() else " " for c in text[: 4 * longest])
    if len(text) <= longest:
        return line
    tail = "".join(c if c.isprintable() else " " for c in text[-longest // 4 :])
    return f"{line[: longest - len(tail) - 1]}…{tail}"


def sensitive(path: Path) -> bool:
    """Whether the place looks like one that holds a credential."""
    return any(isinstance(part, str) and _CREDENTIAL.search(part) for part in path)


def quoted(value: object, path: Path = ()) -> str:
    """A value as a message may show it: `"Wiat"`, `2`, `a mapping`."""
    if sensitive(path):
        return f"{kind(value)} (not shown)"
    if isinstance(value, str):
        return f'"{shorten(value)}"'
    if value is None or isinstance(value, bool | int | float):
        return _literal(value)
    return kind(value)


def _literal(value: bool | float | None) -> str:
    if isinstance(value, int) and value.bit_length() > 200:
        # Python refuses to print integers of thousands of digits.
        return "a very large number"
    return json.dumps(value)


def kind(value: object) -> str:
    """What a value is, in YAML's everyday words."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a text"
    return "a list" if isinstance(value, list) else "a mapping"


def nearest(word: str, options: Iterable[str]) -> str | None:
    """The option that a person who wrote `word` probably meant.

    Only short words and the first few hundred options are compared: the time must not grow
    with what a hostile file holds.
    """
    if len(word) > LONGEST:
        return None
    known = [option for _, option in zip(range(_MOST_OPTIONS), options, strict=False) if len(option) <= LONGEST]
    folded = _folded(word)
    same = next((option for option in known if _folded(option) == folded), None)
    if same is not None:
        return same
    by_lower = {option.lower(): option for option in reversed(known)}
    from difflib import get_close_matches  # few runs come to guess

    close = get_close_matches(word.lower(), by_lower, 1, 0.65)
    if close:
        return by_lower[close[0]]
    begun = word.lower() if len(word) > 2 else None
    return next((option for option in known if begun and option.lower().startswith(begun)), None)


def _folded(word: str) -> str:
    return re.sub(r"[-_ .]", "", word).lower()


def respelled(written: object, near: str | None) -> Fix | None:
    """The mend of a word that is the legal one but for capitals, `-`, `_`, `.` and blanks."""
    same = isinstance(written, str) and near is not None and _folded(written) == _folded(near)
    return Replace(old=written, new=near) if same and near is not None else None


def did_you_mean(near: str | None) -> str:
    """The end of a message: `; did you mean "Wait"?`, or nothing."""
    return f'; did you mean "{shorten(near)}"?' if near is not None else ""


def or_legal(near: str | None, legal: str) -> str:
    """The end of a message that names the legal words too: `; did you mean "Wait"? legal: ...`, or `; legal: ...`."""
    return f"{did_you_mean(near)} {legal}" if near is not None else f"; {legal}"


def listed(words: Sequence[str], conjunction: str = "and", most: int = 12) -> str:
    """`a`, `b` and `c`; a long list ends in how many more there are."""
    shown = [f"`{shorten(word)}`" for word in words[:most]]
    if len(words) > most:
        return f"{', '.join(shown)} {conjunction} {len(words) - most} more"
    return f" {conjunction} ".join(filter(None, (", ".join(shown[:-1]), shown[-1]))) if shown else "none"


def with_article(noun: str) -> str:
    """`an SMS step`, `a Wait step`: by how the first letter is spoken."""
    spelled = noun[:3].isupper() and noun[:1] in "AEFHILMNORSX"
    return f"an {noun}" if spelled or noun[:1].lower() in _ARTICLE_AN else f"a {noun}"


def refers(value: object) -> bool:
    """Whether a text holds a reference of ours that is not resolved, or only when it is sent."""
    return isinstance(value, str) and _REFERENCE.search(value) is not None


def dynamic(value: object) -> bool:
    """Whether a value is only known later: an expression, or a reference."""
    return isinstance(value, str) and ("{{" in value or refers(value))
