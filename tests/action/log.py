"""What the runner makes of a step's log: workflow commands, as https://github.com/actions/runner reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ESCAPES = (("\r", "%0D"), ("\n", "%0A"), (":", "%3A"), (",", "%2C"), ("%", "%25"))
_KNOWN = frozenset({
    "add-mask", "add-matcher", "add-path", "debug", "echo", "endgroup", "error", "group", "notice", "remove-matcher",
    "save-state", "set-env", "set-output", "stop-commands", "warning",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One workflow command."""

    name: str
    properties: dict[str, str]
    message: str


def commands(log: str) -> list[Command]:
    """The commands that take effect: none between `stop-commands` and its token."""
    found: list[Command] = []
    token: str | None = None
    for line in re.split("\r\n|\r|\n", log):
        command = _second_form(line) or _first_form(line)
        if token is not None:
            token = None if line.strip() == f"::{token}::" else token
        elif command is not None and command.name == "stop-commands":
            token = command.message
        elif command is not None and command.name in _KNOWN:
            found.append(command)
    return found


def _second_form(line: str) -> Command | None:
    """`::name key=value::message`, after blanks."""
    found = re.match(r"\s*::([\w-]+)(?: (.*?))?::(.*)$", line)
    return _command(found[1], found[2] or "", ",", found[3]) if found else None


def _first_form(line: str) -> Command | None:
    """`##[name key=value;]message`, anywhere."""
    found = re.search(r"##\[([\w-]+)(?: ([^\]]*))?\](.*)$", line)
    return _command(found[1], found[2] or "", ";", found[3]) if found else None


def _command(name: str, properties: str, separator: str, message: str) -> Command:
    return Command(name=name, properties=dict(_pairs(properties, separator)), message=_decoded(message))


def _pairs(written: str, separator: str) -> Iterator[tuple[str, str]]:
    for pair in written.split(separator):
        key, sign, value = pair.partition("=")
        if sign:
            yield key.strip(), _decoded(value)


def _decoded(written: str) -> str:
    for character, escape in _ESCAPES:
        written = written.replace(escape, character)
    return written


def file_commands(text: str) -> dict[str, str]:
    """What a step wrote to GITHUB_OUTPUT or GITHUB_ENV. Raises ValueError where the runner fails the step."""
    values: dict[str, str] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if not line:
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if equals >= 0 and (heredoc < 0 or equals < heredoc):
            values[line[:equals]] = line[equals + 1 :]
        elif heredoc > 0:
            name, end = line[:heredoc], line[heredoc + 2 :]
            values[name] = "\n".join(_until(lines, end))
        else:
            raise ValueError(f"invalid format {line!r}")
    return values


def _until(lines: Iterator[str], end: str) -> Iterator[str]:
    for line in lines:
        if line == end:
            return
        yield line
    raise ValueError(f"matching delimiter not found: {end!r}")
