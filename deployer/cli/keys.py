"""Which keys `drift` and `status` speak of; broken files never stop them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from deployer.cli.session import Session
from deployer.errors import ConfigurationError
from deployer.operations.selection import all_excluded, nothing_means
from deployer.source.document import Document
from deployer.source.load import load, stem
from deployer.source.project import matches, workflow_files
from deployer.state.model import State

_METADATA = re.compile(r"""^["'{\s]{0,20}metadata["']?:(?P<block>.{0,500})""", re.MULTILINE | re.DOTALL)
_KEY = re.compile(r"""(?:^|[\s,{"'])key["']?:[ ]{0,20}["']?(?P<key>[\w.-]+)""")
_END = re.compile(r"\}|\n\w")
"""Where a block of metadata ends: its brace, or the next line that is not indented."""


def key_files(session: Session) -> Mapping[str, str]:
    """Key -> file of every workflow; nothing where the files cannot even be listed.

    A file that cannot be read still has a key: whoever names it by its path, or by a glob, must not miss it.
    """
    try:
        loaded = load(session.project, session.environment, workflow_files(session.project))
    except ConfigurationError as error:
        session.say(f"warning: {error}")
        return {}
    found = {workflow.key: workflow.file for workflow in loaded.workflows}
    unreadable = frozenset(loaded.unreadable)
    broken = {document.file: _probable_key(document) for document in loaded.documents if document.file in unreadable}
    if broken:
        named = ", ".join(f"{file} (taken for `{key}`)" for file, key in broken.items())
        session.say(f"warning: cannot be read: {named}; `deployer validate` says why")
    return {**{key: file for file, key in broken.items()}, **found}


def _probable_key(document: Document) -> str:
    """The key that a broken file seems to declare, else its name's."""
    metadata = _METADATA.search(document.text)
    declared = _KEY.search(_END.split(metadata["block"], maxsplit=1)[0]) if metadata else None
    return declared["key"] if declared else stem(document.file)


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
