"""Texts with scripts in them: `Hello {{data.name}}`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from deployer.engine.syntax import Script, is_expression, read_script

Part = str | Script


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A text, cut into plain stretches and scripts."""

    parts: tuple[Part, ...]

    @property
    def script(self) -> Script | None:
        """The only script of a text that is nothing but that script: it keeps its value's type."""
        only = self.parts[0] if len(self.parts) == 1 else None
        return only if isinstance(only, Script) else None


@lru_cache(maxsize=4096)
def read_template(text: str) -> Template | None:
    """Cut a text at its scripts; None for one without any.

    A script ends at the first `}}` that leaves a whole expression, so object literals and texts
    may hold braces; when none does, at the first. A `{{` without an end is plain text.
    """
    parts: list[Part] = []
    plain = position = 0
    while (start := text.find("{{", position)) >= 0:
        end = _end(text, start + 2)
        if end is None:
            break
        if start > plain:
            parts.append(text[plain:start])
        parts.append(read_script(text[start + 2 : end]))
        plain = position = end + 2
    if not parts:
        return None
    if plain < len(text):
        parts.append(text[plain:])
    return Template(parts=tuple(parts))


_MOST_ENDS = 20
"""How many `}}` are tried: a hostile text must not cost more than its length."""

_LONGEST = 4000
"""Characters up to which an end is looked for; what is longer is refused anyway."""


def _end(text: str, start: int) -> int | None:
    first = end = text.find("}}", start)
    if first < 0:
        return None
    for _ in range(_MOST_ENDS):
        if end - start > _LONGEST:
            break
        if is_expression(text[start:end]):
            return end
        # `}}}` ends an object literal and the script; the later pair of braces is the end.
        end = text.find("}}", end + 1)
        if end < 0:
            break
    return first
