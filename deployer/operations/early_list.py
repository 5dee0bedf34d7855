"""The server's list, asked for while files are still being read."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from deployer.errors import DeployerError
from deployer.operations.stored_digests import StoredDigests
from deployer.remote.gateway import Definition, Gateway
from deployer.state.model import State


class EarlyList:
    """What the server lists; for one look at it, with the state that was read before."""

    def __init__(self, gateway: Gateway, state: State, stored: StoredDigests) -> None:
        self._gateway = gateway
        self._state = state
        self._stored = stored
        self._likely = {binding.id: binding.stored for binding in state.bindings.values() if not binding.secret_paths}
        self._listed: Sequence[Definition] | None = None

    def ask(self) -> None:
        """Ask the server now, and digest what it says: the plan is going to compare that.

        After a run that left something open the list has to come later than what is found out about that.
        """
        if self._state.intents or self._state.tombstones:
            return
        # A server that does not answer must not hold up whoever has files with errors. It is asked again, with
        # patience, when the list is needed, and what is wrong is told then.
        with suppress(DeployerError):
            self._listed = self._gateway.definitions(
                expected=len(self._state.bindings), patient=False, look=self._digest
            )

    def _digest(self, definition: Definition) -> None:
        likely = self._likely.get(definition.id)
        if likely is not None:
            self._stored.of(definition, likely)

    def take(self, state: State) -> Sequence[Definition] | None:
        """The list, once, for the state that was read before; None where the server has to be asked."""
        listed, self._listed = self._listed, None
        return listed if state == self._state else None
