"""Where test files are, and how one is read together with those that it includes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.cache import note_doubt, note_folder
from deployer.errors import ConfigurationError
from deployer.source.document import Document, read
from deployer.source.project import SUFFIXES, Project, relative_name, workflow_files
from deployer.source.root import stays_inside

if TYPE_CHECKING:
    from deployer.source.case_file import CaseFile


def is_case_file(path: Path) -> bool:
    """`*.test.yaml`, `*.test.yml` and `*.test.json`, hidden ones left out."""
    return _is_case_name(path.name)


def _is_case_name(name: str) -> bool:
    if ".test." not in name:
        return False
    stem, suffix = os.path.splitext(name)
    return suffix.lower() in SUFFIXES and stem.endswith(".test") and not name.startswith(".")


def case_files_below(folder: Path) -> Iterator[Path]:
    """Test files in a folder and the folders in it, hidden folders left out."""
    for base, folders, files in os.walk(folder, onerror=lambda _: note_doubt()):
        note_folder(base, [*folders, *files])
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(base, name) for name in sorted(files) if _is_case_name(name))


def case_files(project: Project, beside: Sequence[Path] | None = None) -> list[Path]:
    """Every test file beside the project's workflows, sorted; those of links that lead out of the project left out.

    `beside` are the project's workflow files, where they are known.
    """
    found: set[Path] = set()
    folders = {*map(os.path.dirname, workflow_files(project) if beside is None else beside)}
    for entry in project.workflows:
        if (project.root / entry).is_dir():
            found.update(case_files_below(project.root / entry))
    for folder in map(Path, folders):
        names = os.listdir(folder)
        note_folder(folder, names)
        found.update(path for name in names if _is_case_name(name) and (path := folder / name).is_file())
    return sorted(path for path in found if stays_inside(path, project.root))


def open_case_file(project: Project, path: Path) -> CaseFile:
    """A test file of a project. Raises ConfigurationError when it cannot be opened."""
    return case_file_of(project, read(path, relative_name(path)), path)


def case_file_of(project: Project, document: Document, path: Path) -> CaseFile:
    """A document as the test file that it is, or will be, at `path`: what it includes stands in that folder."""
    from deployer.source.case_file import read_case_file

    return read_case_file(document, lambda name: _included(project, path, name))


def _included(project: Project, start: Path, name: str) -> Document:
    path = start.parent / name
    if not path.is_file():
        note_doubt()
    if Path(name).is_absolute() or not stays_inside(path, project.root):
        raise ValueError(f"`{name[:60]}` leads out of the project")
    if not is_case_file(path) or not path.is_file():
        raise ValueError(f"no test file `{name[:60]}` here (`*.test.yaml`; paths start at this file's folder)")
    try:
        return read(path, relative_name(path))
    except ConfigurationError as error:
        raise ValueError(str(error)) from None
