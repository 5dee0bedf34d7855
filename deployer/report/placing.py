"""Findings with the file names that a CI system knows: from the repository's top, wherever the user stands."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

from deployer.finding import Finding


def place_name(file: str, *, here: str, top: str) -> str:
    """A file named from the folder `here`, as the folder `top` names it, with `/`; absolute if it is outside.

    Both folders are absolute.
    """
    path = os.path.normpath(os.path.join(here, file))
    try:
        name = os.path.relpath(path, top)
    except ValueError:  # another drive on Windows
        return path.replace(os.sep, "/")
    outside = name == os.pardir or name.startswith(os.pardir + os.sep)
    return (path if outside else name).replace(os.sep, "/")


def placed(findings: Sequence[Finding], *, here: str, top: str) -> tuple[Finding, ...]:
    """The same findings, in the same order."""
    return tuple(replace(finding, file=place_name(finding.file, here=here, top=top)) for finding in findings)
