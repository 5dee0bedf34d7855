"""Whether a document is a workflow file at all."""

from __future__ import annotations

from collections.abc import Mapping

from deployer.lint.wording import kind


def not_a_workflow(value: object) -> str | None:
    """Why a document is no workflow file at all; None when it is one, however wrong."""
    if not isinstance(value, Mapping):
        return f"a workflow file is a mapping with `trigger`, `status` and `definition`; this file holds {kind(value)}"
    if "definition" in value or "trigger" in value:
        return None
    if "steps" in value:
        return (
            "this is a definition alone; put its `name` and `steps` below `definition:`, "
            "and `trigger` and `status` beside that"
        )
    return "a workflow file has `trigger`, `status` and `definition` at its top; this file has none of what makes one"
