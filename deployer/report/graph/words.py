"""What a step does, in a few words; what selects a way, in fewer."""

from __future__ import annotations

import re
from collections.abc import Mapping

from deployer.report.graph.model import Shape
from deployer.report.terminal import safe, shorten
from deployer.steps import StepType

LONGEST = 90
"""Characters of what a node says."""
LONGEST_CONDITION = 60

_SHAPES = {
    "SMS": Shape.MESSAGE,
    "ChatAppsMessage": Shape.MESSAGE,
    "VoiceMessage": Shape.CALL,
    "HttpRequest": Shape.REQUEST,
    "Wait": Shape.WAIT,
    "WaitForReply": Shape.WAIT,
    "WaitForDTMF": Shape.WAIT,
    "Branch": Shape.CHOICE,
    "If": Shape.CHOICE,
    "SendToConverse": Shape.PERSON,
}

_SAYING: tuple[tuple[str, ...], ...] = (
    ("text",),
    ("content", "text"),
    ("params", "text"),
    ("content", "caption"),
    ("message",),
    ("body", "text"),
)
"""Where steps keep words that people read or hear, the documented ones first."""
_NAMING: tuple[tuple[tuple[str, ...], str], ...] = (
    (("content", "template", "name"), "template "),
    (("content", "url"), ""),
    (("params", "fileUrl"), "plays "),
    (("content", "interactive", "body", "text"), ""),
)
"""Where they keep what stands for words."""

_DURATION = re.compile(r"(?:(\d{1,8})\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?")
_SPACE = re.compile(r"\s+")
_BRACES = re.compile(r"\s*\{\{(.*)\}\}\s*", re.DOTALL)
READ_AT_MOST = 2_000
"""Characters of a text that are looked at: only the first words are shown."""


def shape_of(step_type: StepType | None) -> Shape:
    """How a step of that type is drawn; unknown types have a shape of their own."""
    return _SHAPES.get(step_type.name, Shape.OTHER) if step_type is not None else Shape.OTHER


def plain(text: str, limit: int) -> str:
    """A stranger's text on one line, harmless, at most `limit` characters."""
    return shorten(safe(_SPACE.sub(" ", text[:READ_AT_MOST]).strip()), limit)


def what_it_says(step_type: str, inputs: Mapping[str, object]) -> str:
    """The words of a step: its text, the address it calls, the time it waits. Not shortened."""
    found = _own_words(step_type, inputs)
    if found:
        return found
    ways = (*((path, "") for path in _SAYING), *_NAMING)
    return next((before + text for path, before in ways if (text := _text_at(inputs, path))), "")


def _own_words(step_type: str, inputs: Mapping[str, object]) -> str:
    url, condition = _text_at(inputs, ("url",)), _text_at(inputs, ("condition",))
    if step_type == "HttpRequest" or url:
        return f"{_text_at(inputs, ('method',)) or 'GET'} {url}"
    if step_type == "Wait":
        return duration(_text_at(inputs, ("duration",)))
    if step_type in ("WaitForReply", "WaitForDTMF"):
        channel, longest = _text_at(inputs, ("channel",)), duration(_text_at(inputs, ("timeout",)))
        what = (f"a reply by {channel}" if channel else "a reply") if step_type == "WaitForReply" else "keys"
        return f"{what}, {longest} at most" if longest else what
    return unbraced(condition) if condition else ""


def duration(text: str) -> str:
    """`d.HH:mm:ss` in words; anything else as it stands."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        return text
    named = zip(match.groups(), ("day", "h", "min", "s"), strict=True)
    parts = [
        f"{int(value)} {name}{'s' if name == 'day' and int(value) != 1 else ''}"
        for value, name in named
        if value is not None and int(value)
    ]
    return " ".join(parts) or "0 s"


def unbraced(text: str) -> str:
    """A script without the braces around it."""
    whole = _BRACES.fullmatch(text[:READ_AT_MOST])
    return whole[1].strip().rstrip(";").strip() if whole is not None and "{{" not in whole[1] else text


def differently(before: str, after: str, limit: int) -> tuple[str, str]:
    """Two texts shortened so that the place where they part is still seen."""
    short = plain(before, limit), plain(after, limit)
    if short[0] != short[1] or before == after:
        return short
    before, after = _SPACE.sub(" ", before), _SPACE.sub(" ", after)
    same = next((at for at, (left, right) in enumerate(zip(before, after, strict=False)) if left != right), None)
    start = max(0, (min(len(before), len(after)) if same is None else same) - limit // 3)
    lead = "…" if start else ""
    return plain(lead + before[start:], limit), plain(lead + after[start:], limit)


def _text_at(value: object, path: tuple[str, ...]) -> str:
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)
