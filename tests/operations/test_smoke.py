"""Watching the first run of what was applied: how long, and what is said then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from deployer.operations.smoke import Smoke, run_smoke
from deployer.remote.gateway import Instance, InstanceCommand, InstanceError, StepLog


@dataclass
class Clock:
    """Time that passes while somebody sleeps."""

    seconds: float = 0.0

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass
class Running:
    """A platform with one instance that stays where it is."""

    steps: tuple[str, ...]
    ended: list[InstanceCommand] = field(default_factory=list)

    def start(self, definition_id: str, data: Mapping[str, object], *, version: int | None = None) -> str:
        return "one"

    def instance(self, definition_id: str, instance_id: str, *, logs: bool = False) -> Instance:
        assert logs
        taken = [StepLog(id=step, step=step, status="Sleeping", started_at=None, completed_at=None)
                 for step in self.steps]  # fmt: skip
        return Instance(id="one", definition_id=definition_id, version=1, status="Runnable", started_at="",
                        completed_at=None, data={}, logs=tuple(taken))  # fmt: skip

    def instance_errors(self, definition_id: str, instance_id: str) -> Sequence[InstanceError]:
        return ()

    def command(self, definition_id: str, instance_id: str, command: InstanceCommand) -> None:
        self.ended.append(command)

    def trigger(self, data: Mapping[str, object], *, sub_account_id: str | None = None) -> None:
        raise AssertionError("a smoke test starts one instance, not all of a trigger")


def test_a_run_that_has_left_its_path_is_not_waited_for() -> None:
    clock, platform = Clock(), Running(("look", "slow"))
    tested = run_smoke(platform, "id", 1, Smoke(payload={}, path=("look", "urgent")), clock)
    assert clock.seconds == 0
    assert tested.problems == ("it went look > slow; look > urgent was expected",)
    assert platform.ended == ["terminate"]


@pytest.mark.parametrize("taken", [(), ("look",), ("urgent", "look")])
def test_a_run_that_may_still_go_right_is_given_its_time(taken: tuple[str, ...]) -> None:
    clock = Clock()
    tested = run_smoke(Running(taken), "id", 1, Smoke(payload={}, path=("look", "urgent")), clock)
    assert 30 <= clock.seconds < 32
    assert tested.problems[0] == "it is Runnable after 00:00:30; Complete was expected"
