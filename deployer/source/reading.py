"""What a reader makes of a text, and the limits that hold for every format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from deployer.finding import Path
from deployer.record import record
from deployer.source.problems import Problem, Unreadable
from deployer.source.scalars import JSON

MAX_DEPTH = 100
"""Lists and mappings inside each other. Steps nested in steps take three levels each."""
MAX_NODES = 100_000
"""Keys and values of a file: about 50 MB while it is read. A workflow of 1,000 steps has some 30,000."""


@record
class Reading:
    """The value of a text and what is wrong with it."""

    value: JSON
    """None where the text cannot be read."""
    problems: tuple[Problem, ...]
    """In the order of the text."""
    paths: Mapping[int, Path] = field(default_factory=dict)
    """For the owner of each problem: the path of the value there."""
    readable: bool = False
    """Whether there is a value, and regions for it."""


def too_deep(start: int, end: int) -> Unreadable:
    """The way out of a file that nests too deeply."""
    message = f"lists and mappings are nested more than {MAX_DEPTH} deep here; is a bracket missing or repeated?"
    return Unreadable(Problem(rule="nesting-limit", start=start, end=end, message=message))


def too_many(start: int, end: int) -> Unreadable:
    """The way out of a file with too many values."""
    message = f"the file has more than {MAX_NODES:,} keys and values, and reading stops here; split it"
    return Unreadable(Problem(rule="file-size", start=start, end=end, message=message))
