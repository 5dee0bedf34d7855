"""The message of a commit that keeps a state: for people who ask who did what, and from where."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_LINE = 200
"""Characters of a note or a trailer that are kept."""


def commit_message(notes: Sequence[str], audit: Mapping[str, str]) -> str:
    """Notes as subject and list, then a trailer `Deployer-NAME: VALUE` for each fact of the run.

    Every note and value becomes one line, so that none can pass for a trailer.
    """
    lines = list(dict.fromkeys(_one_line(note) for note in notes)) or ["change nothing"]
    subject = lines[0] if len(lines) == 1 else f"{lines[-1]}, and {len(lines) - 1} more"
    listed = "".join(f"- {line}\n" for line in lines) if len(lines) > 1 else ""
    trailers = "".join(f"{_trailer(name)}: {_one_line(value)}\n" for name, value in audit.items() if value.strip())
    return "\n".join(part for part in (f"{subject}\n", listed, trailers) if part)


def _trailer(name: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", name)
    return "-".join(["Deployer", *(word.capitalize() for word in words)])


def _one_line(text: str) -> str:
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:_LINE] or "?"
