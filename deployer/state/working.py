"""A state that changes key by key, put together as a whole only when somebody asks for it."""

from __future__ import annotations

from collections.abc import Mapping

from deployer.state.model import Facts, State


class WorkingState:
    """With 10,000 bindings a copy per outcome would cost more than keeping the outcome does."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._changed: dict[str, Facts] = {}

    @property
    def whole(self) -> State:
        """The state with all changes."""
        if self._changed:
            self._state = self._state.with_facts(self._changed)
            self._changed = {}
        return self._state

    @whole.setter
    def whole(self, state: State) -> None:
        self._state, self._changed = state, {}

    def facts(self, key: str) -> Facts:
        """What is known of `key` now."""
        found = self._changed.get(key)
        return self._state.facts(key) if found is None else found

    def put(self, changed: Mapping[str, Facts]) -> Mapping[str, tuple[Facts, Facts]]:
        """These keys are so from now on; tells what was known before, and is now."""
        steps = {key: (self.facts(key), facts) for key, facts in changed.items()}
        self._changed.update(changed)
        return steps
