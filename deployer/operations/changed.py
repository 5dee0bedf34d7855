"""Which workflows a set of changed files concerns."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path as FilePath

from deployer.operations.selection import Chosen
from deployer.regex import regex
from deployer.source.project import CONFIG_NAME, Project

_TEXT_FILE = regex(r"\$\{file\.([^{}\s]+)\}")


def concerned(project: Project, chosen: Chosen, changed: Collection[FilePath]) -> Chosen | None:
    """Those of the chosen workflows whose own file changed, or a text file that they take in; None for none.

    When the project's `deployer.yaml` changed, all of them are concerned. `changed` are absolute paths.
    """
    resolved = {path.resolve() for path in changed}
    if (project.root / CONFIG_NAME).resolve() in resolved:
        return chosen if chosen.documents else None
    files = tuple(
        document.file
        for document in chosen.documents
        if FilePath(document.file).resolve() in resolved
        or any(path in resolved for path in text_files(project, document.text))
    )
    return replace(chosen, selectors=tuple(map(_literal, files))) if files else None


def text_files(project: Project, text: str) -> Sequence[FilePath]:
    """The files that the text of a workflow names in `${file.PATH}`, resolved; they need not exist."""
    if "${file." not in text:
        return ()
    return [(project.root / name).resolve() for name in _TEXT_FILE.findall(text) if "\0" not in name]


def _literal(file: str) -> str:
    """A file name as a selector that means this file alone."""
    return re.sub(r"([*?\[])", r"[\1]", file)
