"""Wheels of what is installed here, so that tools can install it elsewhere without a network."""

from __future__ import annotations

import zipfile
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

_LOCAL = frozenset({"INSTALLER", "RECORD", "REQUESTED", "direct_url.json"})
"""Files of a `.dist-info` that tell of this installation."""


def needed(requirements: list[str]) -> list[metadata.Distribution]:
    """The installed distributions that these requirements lead to, each once."""
    found: dict[str, metadata.Distribution] = {}
    waiting = list(requirements)
    while waiting:
        requirement = Requirement(waiting.pop())
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        name = requirement.name.lower().replace("_", "-")
        if name not in found:
            found[name] = metadata.distribution(requirement.name)
            waiting.extend(found[name].requires or ())
    return list(found.values())


def pack(distribution: metadata.Distribution, folder: Path) -> Path:
    """An installed distribution as the wheel it came from, less its scripts, which installers make anew."""
    files = [file for file in distribution.files or () if ".." not in file.parts and "__pycache__" not in file.parts]
    info = next(file.parts[0] for file in files if file.parts[0].endswith(".dist-info"))
    described = (distribution.read_text("WHEEL") or "").splitlines()
    tags = [line.removeprefix("Tag:").strip() for line in described if line.startswith("Tag:")]
    tag = next(tag for tag in tags if not tag.startswith("py2-"))
    wheel = folder / f"{info.removesuffix('.dist-info')}-{tag}.whl"
    names = [file.as_posix() for file in files if not (file.parts[0] == info and file.name in _LOCAL)]
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in names:
            archive.write(str(distribution.locate_file(name)), name)
        record = f"{info}/RECORD"
        archive.writestr(record, "".join(f'"{name}",,\n' for name in (*names, record)))
    return wheel
