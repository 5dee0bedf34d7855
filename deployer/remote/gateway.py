"""What the rest of the program asks of the Automation API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

Body = Mapping[str, object]
"""A definition as JSON: the API's own shape."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One version of a definition, as the server sent it.

    The vendor's schema puts `id`, `version` and `createdAt` at the top level, the vendor's
    examples put them inside `definition`; both are read.
    """

    id: str
    version: int
    body: Body = field(repr=False)
    """The answer as it came, server fields included."""
    created_at: str | None = None

    @property
    def name(self) -> str:
        """`definition.name`, or the empty string."""
        definition = self.body.get("definition")
        name = definition.get("name") if isinstance(definition, Mapping) else None
        return name if isinstance(name, str) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One run of a definition."""

    id: str
    definition_id: str
    version: int
    status: str
    started_at: str
    completed_at: str | None
    data: Body = field(repr=False)


class Gateway(Protocol):
    """The Automation API of one account."""

    @property
    def account(self) -> str:
        """The account id in every path."""

    @property
    def host(self) -> str:
        """Host of the base URL; `emulator` for the one in this process."""

    def definitions(self) -> Sequence[Definition]:
        """Every definition that the server lists, each at its highest version."""

    def history(self, definition_id: str) -> Sequence[Definition]:
        """All versions, newest first; empty when the server knows no such definition."""

    def latest(self, definition_id: str) -> Definition | None:
        """The newest version, in one small request; None when there is none."""

    def latest_of(self, definition_ids: Sequence[str]) -> Mapping[str, Definition | None]:
        """`latest` for many ids, in parallel."""

    def create(self, body: Body) -> Definition:
        """POST a new definition. Never repeated unless it certainly was not processed."""

    def update(self, definition_id: str, body: Body) -> Definition:
        """PUT a new version. One attempt: whoever calls decides after re-reading whether to repeat it."""

    def delete(self, definition_id: str, *, version: int | None = None) -> None:
        """Ask for the end of all versions (or one). The server answers at once and works later."""

    def instances(
        self, definition_id: str, *, version: int | None = None, status: str | None = None
    ) -> Sequence[Instance]:
        """Runs of a definition, newest first, all pages."""
