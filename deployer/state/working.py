"""A state that changes key by key, put together as a whole only when somebody asks for it."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from deployer.state.model import Facts, State


class WorkingState:
    """With 10,000 bindings a copy per outcome would cost more than keeping the outcome does.

    Threads may read it while another one changes it.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._changed: dict[str, Facts] = {}
        self._lock = threading.Lock()

    @property
    def whole(self) -> State:
        """The state with all changes."""
        with self._lock:
            if self._changed:
                self._state = self._state.with_facts(self._changed)
                self._changed = {}
            return self._state

    @whole.setter
    def whole(self, state: State) -> None:
        with self._lock:
            self._state, self._changed = state, {}

    def facts(self, key: str) -> Facts:
        """What is known of `key` now."""
        with self._lock:
            return self._known(key)

    def put(self, changed: Mapping[str, Facts]) -> Mapping[str, tuple[Facts, Facts]]:
        """These keys are so from now on; tells what was known before, and is now."""
        with self._lock:
            steps = {key: (self._known(key), facts) for key, facts in changed.items()}
            self._changed.update(changed)
        return steps

    def _known(self, key: str) -> Facts:
        found = self._changed.get(key)
        return self._state.facts(key) if found is None else found
