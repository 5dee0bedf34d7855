"""What `validate` reports: a rule, a place and a sentence."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum

from deployer.record import record

Path = tuple[str | int, ...]
"""The way from a document's root to a value: keys and list indexes."""


class Severity(StrEnum):
    """How bad a finding is. `OFF` only occurs in configuration."""

    ERROR = "error"
    WARNING = "warning"
    OFF = "off"


@record(order=True)
class Span:
    """A stretch of a file. Lines and columns count from 1, in characters; the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@record
class Respell:
    """Write the same value in another way: put `source` in the place of the finding's span."""

    source: str


@record
class Replace:
    """Put another value at the finding's path, where the file itself holds `old` there."""

    old: object
    new: str | bool | int


@record
class Remove:
    """Take the finding's path out of the file, where the file itself holds `old` there."""

    old: object


Fix = Respell | Replace | Remove
"""A mend that nobody needs to think about: what the finding says is gone, and nothing else changes."""


@record
class Finding:
    """One problem at one place."""

    rule: str
    severity: Severity
    message: str
    file: str
    """As the user would name it: relative to where they stand, with `/`."""
    span: Span
    path: Path = ()
    """Where in the document, e.g. `("definition", "steps", 3, "stepType")`."""
    step: str | None = None
    """The id of the step around the place, if there is one."""
    suggestion: str | None = None
    """What to write instead, when one answer is likely."""
    fix: Fix | None = field(default=None, compare=False)
    """How `validate --fix` mends it, where that is safe."""
    excerpt: str = ""
    """The source line at `span.line`, for reports that show it."""


def dotted(path: Path) -> str:
    """A path as people read it: `definition.steps[3].stepType`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text
