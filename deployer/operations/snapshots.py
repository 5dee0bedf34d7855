"""Whole traces, kept beside their test file: `survey.test.yaml` has `survey.test.snap.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

from deployer.errors import ConfigurationError
from deployer.operations.expectations import Difference, exactly
from deployer.source.document import MAX_BYTES
from deployer.source.project import relative_name

VERSION = 1
_MOST = 20


def snapshot_file(test_file: Path) -> Path:
    """Where the snapshots of a test file are."""
    return test_file.with_name(f"{test_file.stem}.snap.json")


def read_snapshots(test_file: Path) -> Mapping[str, object]:
    """The kept traces by case; none without a file. Raises ConfigurationError for a file that is none of ours."""
    path = snapshot_file(test_file)
    try:
        with path.open("rb") as stream:
            data = stream.read(10 * MAX_BYTES + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigurationError(f"{relative_name(path)}: cannot be read: {error.strerror}") from error
    try:
        value = json.loads(data) if len(data) <= 10 * MAX_BYTES else None
    except (ValueError, RecursionError):
        value = None
    cases = value.get("cases") if isinstance(value, dict) and value.get("version") == VERSION else None
    if not isinstance(cases, dict):
        raise ConfigurationError(
            f"{relative_name(path)}: no snapshots that can be read",
            hint="Remove it and run `deployer test --update`.",
        )
    return cases


def snapshot_differences(kept: object, now: object) -> Sequence[Difference]:
    """What is not as it was when the snapshot was taken."""
    if kept is None:
        message = "no snapshot yet; `deployer test --update` takes one"
        return (Difference(what="snapshot", expected=(message,), got=("a run",)),)
    return tuple(islice(exactly("snapshot", kept, json.loads(json.dumps(now))), _MOST))


def write_snapshots(test_file: Path, new: Mapping[str, object], keep: Sequence[str]) -> bool:
    """Put new traces in; of the others only those of the cases named in `keep` stay. Whether the file changed.

    Raises ConfigurationError when it cannot be written.
    """
    path = snapshot_file(test_file)
    before = read_snapshots(test_file)
    cases = {name: trace for name, trace in before.items() if name in keep} | dict(new)
    if cases == before:
        return False
    try:
        if cases:
            text = json.dumps({"version": VERSION, "cases": cases}, indent=2, sort_keys=True, ensure_ascii=False)
            path.write_text(text + "\n", encoding="utf-8", newline="\n")
        else:
            path.unlink()
    except OSError as error:
        raise ConfigurationError(f"{relative_name(path)}: cannot be written: {error.strerror}") from error
    return True
