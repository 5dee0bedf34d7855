"""The history of an environment: who changed what, when, from where and why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from deployer.operations.history import Row
from deployer.report.table import table
from deployer.report.terminal import safe, shorten

VERSION = 1
BUILDER = "web builder"
"""Who made a version that the state's log does not know."""
UNKNOWN = "unknown"
"""Who made it where the log cannot be had."""


def render_text(
    rows: Sequence[Row], *, environment: str, account: str, left_out: int, text: str | None, nobody: str
) -> str:
    """A table, the newest first. `nobody` is who made what the log does not know."""
    lines = [f"Environment {safe(environment)}: account {safe(account)}", ""]
    head = ["when", "key", "version", "what", "who", "commit"]
    cells = [
        [
            _when(row), row.key or shorten(row.name, 30) or row.id or "-",
            _version(row), row.entry.action if row.entry else "edit", _who(row, nobody), _commit(row),
        ]
        for row in rows
    ]  # fmt: skip
    if text is not None:
        head.append("says")
        for cell, row in zip(cells, rows, strict=True):
            cell.append("; ".join(f"{found.path}: {shorten(found.text, 60)}" for found in row.says[:3]))
    elif any(_why(row) for row in rows):
        head.append("why")
        for cell, row in zip(cells, rows, strict=True):
            cell.append(shorten(_why(row), 80))
    if rows:
        lines += table(head, cells)
    else:
        lines.append(f"Nothing says {safe(text)!r}." if text is not None else "Nothing happened.")
    if any(row.current for row in rows):
        lines += ["", "* the version that is there now"]
    if any(row.at_most for row in rows):
        lines.append("< made before then: that is when its first instance ran")
    if left_out:
        lines.append(f"{left_out} earlier: `--limit {left_out + len(rows)}` shows them")
    return "\n".join(lines) + "\n"


def _when(row: Row) -> str:
    return "-" if row.at is None else ("<" if row.at_most else "") + _written(row.at)


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _version(row: Row) -> str:
    return "-" if row.version is None else f"{row.version}{'*' if row.current else ''}"


def _who(row: Row, nobody: str) -> str:
    return row.entry.who or "-" if row.entry is not None else nobody


def _commit(row: Row) -> str:
    commit = row.entry.commit if row.entry is not None else None
    return "-" if commit is None else commit[:10] + ("+" if commit.endswith("+") else "")


def _why(row: Row) -> str:
    if row.entry is None:
        return ""
    return " - ".join(part for part in (row.entry.reason, row.entry.note) if part)


def render_json(rows: Sequence[Row], *, environment: str, account: str, host: str, left_out: int, nobody: str) -> str:
    """A versioned contract; the newest first."""
    value = {
        "version": VERSION,
        "environment": environment,
        "account": account,
        "host": host,
        "leftOut": left_out,
        "entries": [_json(row, nobody) for row in rows],
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _json(row: Row, nobody: str) -> dict[str, object]:
    entry = row.entry
    return {
        "key": row.key,
        "id": row.id,
        "name": row.name,
        "definitionVersion": row.version,
        "current": row.current,
        "at": None if row.at is None else _written(row.at),
        "atMost": row.at_most,
        "action": entry.action if entry is not None else "edit",
        "who": _who(row, nobody),
        "commit": entry.commit if entry is not None else None,
        "run": entry.run if entry is not None else None,
        "plan": entry.plan if entry is not None else None,
        "reason": entry.reason if entry is not None else None,
        "note": entry.note if entry is not None else None,
        "says": [{"path": found.path, "text": found.text} for found in row.says],
    }
