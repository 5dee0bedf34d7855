"""The server's list, asked for while files are still being read."""

from __future__ import annotations

from collections.abc import Sequence

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
        self._listed: Sequence[Definition] | None = None
        self._problem: DeployerError | None = None

    def ask(self) -> None:
        """Ask the server now, and digest what it says: the plan is going to compare that.

        What goes wrong is told to whoever wants the list: files with errors count before a server that is away. After
        a run that left something open the list has to come later than what is found out about that.
        """
        if self._state.intents or self._state.tombstones:
            return
        try:
            self._listed = self._gateway.definitions(expected=len(self._state.bindings))
        except DeployerError as error:
            self._problem = error
            return
        likely = {binding.id: binding.stored for binding in self._state.bindings.values() if not binding.secret_paths}
        for definition in self._listed:
            if definition.id in likely:
                self._stored.of(definition, likely[definition.id])

    def take(self, state: State) -> Sequence[Definition] | None:
        """The list, once, for the state that was read before; None where the server has to be asked.

        Raises what went wrong on the way.
        """
        listed, problem = self._listed, self._problem
        self._listed = self._problem = None
        if state != self._state:
            return None
        if problem is not None:
            raise problem
        return listed
