"""The quick looks at all workflows of a project together: what is nowhere twice needs no comparing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Protocol

    class Compared(Protocol):
        """What is looked at: a workflow, or as much of it as was kept."""

        @property
        def key(self) -> str: ...
        @property
        def name(self) -> str | None: ...
        @property
        def trigger(self) -> str | None: ...
        @property
        def sub_account(self) -> str | None: ...
        @property
        def enabled(self) -> bool: ...


def keys_differ(workflows: Sequence[Compared]) -> bool:
    """Whether no two workflows have one key."""
    return len({workflow.key for workflow in workflows}) == len(workflows)


def names_differ(workflows: Sequence[Compared]) -> bool:
    """Whether no two definitions have one name."""
    names = [name for workflow in workflows if (name := workflow.name) is not None]
    return len(set(names)) == len(names)


def listen_apart(workflows: Sequence[Compared]) -> bool:
    """Whether no two enabled workflows have one trigger and may have one sub-account."""
    heard: dict[str, set[str | None]] = {}
    for workflow in workflows:
        trigger = workflow.trigger
        if trigger is None or not workflow.enabled:
            continue
        accounts = heard.setdefault(trigger, set())
        account = workflow.sub_account
        if account in accounts or None in accounts or (account is None and accounts):
            return False
        accounts.add(account)
    return True
