"""Where each effective setting, variable and secret came from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from deployer.operations.explain import Explanation, Known
from deployer.operations.saved_plan import shown_value
from deployer.report.terminal import Paint, safe, shorten


def render_text(found: Explanation, *, color: bool = False) -> str:
    """A table for each kind, as comments, so that the whole output stays YAML."""
    paint = Paint(color)
    lines = [paint.bold(f"# Environment {safe(found.environment)}")]
    lines += _table("settings", found.settings)
    lines += _table("variables", found.variables)
    lines += _table("overrides", found.overrides)
    lines += _table("secrets", found.secrets)
    return "\n".join(lines) + "\n"


def _table(title: str, rows: Sequence[Known]) -> Iterator[str]:
    if not rows:
        return
    yield f"# {title}:"
    cells = [(safe(row.name), safe(_value(row)), safe(row.origin)) for row in rows]
    widths = [max(len(cell[column]) for cell in cells) for column in (0, 1)]
    for name, value, origin in cells:
        yield f"#   {name:{widths[0]}}  {value:{widths[1]}}  {origin}".rstrip()


def _value(row: Known) -> str:
    if row.value is None:
        return f"(secret {row.name})"
    return shorten(json.dumps(shown_value(row.value, row.name), ensure_ascii=False), 60)


def as_json(found: Explanation) -> dict[str, object]:
    """A part of a versioned contract."""

    def rows(known: Sequence[Known]) -> list[dict[str, object]]:
        return [
            {"name": row.name, "value": shown_value(row.value, row.name), "origin": row.origin,
             "usedBy": list(row.used_by)}
            for row in known
        ]  # fmt: skip

    return {
        "environment": found.environment,
        "settings": rows(found.settings),
        "variables": rows(found.variables),
        "overrides": rows(found.overrides),
        "secrets": [{"name": row.name, "origin": row.origin, "usedBy": list(row.used_by)} for row in found.secrets],
    }
