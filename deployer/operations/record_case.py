"""A conversation as a test case, in a new file or behind the cases of one that is there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import cast

from deployer.engine.clock import write_duration
from deployer.engine.trace import Trace
from deployer.errors import ConfigurationError
from deployer.operations.chat import Recording
from deployer.source.case_file import tested_key
from deployer.source.case_files import is_case_file
from deployer.source.document import JSON, Document, parse, read
from deployer.source.patch import Unwritable, patch
from deployer.source.project import relative_name
from deployer.source.references import escape


def recorded_case(
    recording: Recording, trace: Trace, *, name: str, trigger: Mapping[str, object], at: datetime
) -> dict[str, JSON]:
    """The case that does the same again, and expects what was seen."""
    mocks = {step: outcomes[0] if len(outcomes) == 1 else outcomes for step, outcomes in recording.mocks.items()}
    parts: dict[str, object] = {
        "name": name,
        "at": at.isoformat(timespec="seconds"),
        "trigger": dict(trigger),
        "mocks": mocks,
        "replies": [dict(reply) for reply in recording.replies],
        "commands": [dict(command) for command in recording.commands],
    }
    expect: dict[str, object] = {
        "path": list(trace.path),
        "sent": [{"step": item.step, "to": item.to, "text": item.text} for item in trace.sent],
        "status": trace.status.value,
        "duration": write_duration(trace.duration),
    }
    if trace.instance.errors:
        expect["errors"] = [{"step": item.step, "message": item.message} for item in trace.instance.errors]
    written = {key: value for key, value in parts.items() if value not in ({}, [])}
    return cast("dict[str, JSON]", _literal({**written, "expect": expect}))


def _literal(value: object) -> object:
    """Texts that happen to look like our references stay texts."""
    if isinstance(value, str):
        return escape(value).replace("${row.", "$${row.") if "${" in value else value
    if isinstance(value, Mapping):
        return {key: _literal(item) for key, item in value.items()}
    return [_literal(item) for item in value] if isinstance(value, list) else value


def write_case(path: Path, workflow: str, case: dict[str, JSON]) -> None:
    """Put a case behind those of a test file, made if need be. Comments and layout of the file stay.

    Raises ConfigurationError when the file tests another workflow, has such a case, or cannot be written.
    """
    name = relative_name(path)
    if not is_case_file(path):
        raise ConfigurationError(f"{name}: a test file is called `*.test.yaml`, `*.test.yml` or `*.test.json`")
    document = read(path, name) if path.exists() else parse("{}" if path.suffix == ".json" else "", name)
    value = _with_case(document, path, workflow, case)
    try:
        text = patch(document, value) if path.exists() else _new(document, value)
        path.write_text(text, encoding="utf-8", newline="\n")
    except (Unwritable, OSError) as error:
        raise ConfigurationError(f"{name}: cannot be written: {error}") from error


def _with_case(document: Document, path: Path, workflow: str, case: dict[str, JSON]) -> JSON:
    name = document.file
    if not path.exists():
        return {"workflow": workflow, "cases": [case]}
    value = document.value
    if not document.ok or not isinstance(value, dict):
        raise ConfigurationError(f"{name}: not a test file that can be read; nothing was recorded")
    tested = value.get("workflow", tested_key(name))
    if tested != workflow:
        raise ConfigurationError(f"{name}: tests `{tested}`, not `{workflow}`; record into another file")
    cases = value.get("cases", [])
    if not isinstance(cases, list):
        raise ConfigurationError(f"{name}: `cases` is no list; nothing was recorded")
    if any(isinstance(item, dict) and item.get("name") == case["name"] for item in cases):
        raise ConfigurationError(f"{name}: has a case `{case['name']}` already", hint="Choose another with --name.")
    return {**value, "cases": [*cases, case]}


def _new(document: Document, value: JSON) -> str:
    if document.file.endswith(".json"):
        return patch(document, value)
    from deployer.source.writer import ANY, Layout, block

    assert isinstance(value, dict)  # noqa: S101  # for the type checker: made above
    return "\n".join(block(value, layout=Layout(), role=ANY)) + "\n"
