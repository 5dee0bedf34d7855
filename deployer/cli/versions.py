"""KEY@N: one version of one definition."""

from __future__ import annotations

import re

from deployer.cli.session import Session
from deployer.errors import ConfigurationError, Refused
from deployer.operations.runs import bound_definition
from deployer.record import record
from deployer.remote.gateway import Definition
from deployer.remote.paths import definition_path
from deployer.state.model import State

_AT = re.compile(r"(.+)@([0-9]{1,9})", re.ASCII | re.DOTALL)


@record
class Version:
    """A version as the server has it."""

    key: str | None
    definition: Definition
    latest: int
    """The newest version's number."""


def names_version(text: str) -> bool:
    """Whether a text is of the form KEY@N."""
    return _AT.fullmatch(text) is not None


def split_version(text: str) -> tuple[str, int | None]:
    """KEY@N as key and version; None stands for the newest."""
    match = _AT.fullmatch(text)
    return (match[1], int(match[2])) if match is not None else (text, None)


def read_version(session: Session, state: State, key: str | None, definition_id: str | None = None) -> Version:
    """The version that KEY[@N] or `--id UUID[@N]` means. Raises ConfigurationError or Refused."""
    if (key is None) == (definition_id is None):
        raise ConfigurationError("give the KEY of a workflow, or --id with the id of a definition")
    named, number = split_version(key or definition_id or "")
    if key is not None and key in state.bindings:
        named, number = key, None  # a key may hold an @ itself
    if definition_id is not None:
        definition_path(named)  # refuses what is no UUID before anything is asked
        key, definition = next((one for one, bound in state.bindings.items() if bound.id == named.lower()), None), named
    else:
        key, definition = named, bound_definition(named, state.bindings)
    history = session.gateway.history(definition)
    if not history:
        raise Refused(f"`{named}` is not on the server any more")
    found = history[0] if number is None else next((one for one in history if one.version == number), None)
    if found is None:
        has = ", ".join(str(one.version) for one in history[:10])
        raise Refused(f"`{named}` has no version {number}; the server has {has}")
    return Version(key=key, definition=found, latest=history[0].version)
