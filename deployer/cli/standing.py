"""Which keys `drift` and `status` speak of; broken files never stop them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from deployer.cli.session import Session
from deployer.errors import ConfigurationError
from deployer.operations.selection import all_excluded, nothing_means
from deployer.source.load import load
from deployer.source.project import matches, workflow_files
from deployer.state.model import State


def key_files(session: Session) -> Mapping[str, str]:
    """Key -> file of every readable workflow; nothing where the files cannot even be listed."""
    try:
        loaded = load(session.project, session.environment, workflow_files(session.project))
    except ConfigurationError as error:
        session.say(f"warning: {error}")
        return {}
    return {workflow.key: workflow.file for workflow in loaded.workflows}


def key_selection(
    session: Session,
    state: State,
    selectors: Sequence[str],
    exclude: Sequence[str],
    files: Mapping[str, str] | None = None,
) -> Callable[[str], bool]:
    """Whether a key is meant. Raises ConfigurationError for a selector that means nothing, or if all are excluded."""
    if not selectors and not exclude:
        return lambda _key: True
    names = files if files is not None else key_files(session)
    keys = {**dict.fromkeys(state.bindings, ""), **names}
    for selector in (*selectors, *exclude):
        if not any(matches(selector, key, file) for key, file in keys.items()):
            raise nothing_means(selector, [*keys, *names.values()])

    def selected(key: str) -> bool:
        file = keys.get(key, "")
        wanted = not selectors or any(matches(selector, key, file) for selector in selectors)
        return wanted and not any(matches(selector, key, file) for selector in exclude)

    if exclude and keys and not any(map(selected, keys)):
        raise all_excluded(selectors)
    return selected
