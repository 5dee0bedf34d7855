"""`deployer schema`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import get_close_matches

import click

from deployer.cli.options import global_options
from deployer.cli.session import Session, pass_session
from deployer.errors import ConfigurationError
from deployer.steps import (
    build_workflow_schema,
    case_file_schema_text,
    project_schema_text,
    step_schema,
    step_types,
    workflow_schema_text,
)

_OTHER_FILES = {"project": project_schema_text, "test": case_file_schema_text}
"""Schemas of files that are no workflows, by the name that the command takes."""


@click.command("schema")
@click.argument("name", required=False)
@global_options
@pass_session
def command(session: Session, /, *, name: str | None) -> int:
    """Print the JSON Schema of workflow files, or of one step type.

    NAME is a step type such as SMS, `workflow`, `project` for deployer.yaml, or `test` for test files. In a project
    whose deployer.yaml admits further step types, the schema admits them too.
    """
    if name is None or name == "workflow":
        allowed = session.project.allow_step_types
        schema = build_workflow_schema(allow_step_types=sorted(allowed)) if allowed else None
        session.show(workflow_schema_text() if schema is None else _text(schema))
        return 0
    if name in _OTHER_FILES:
        session.show(_OTHER_FILES[name]())
        return 0
    found = step_schema(name)
    if found is None:
        names = ["workflow", *_OTHER_FILES, *step_types()]
        near = get_close_matches(name, names, 1)
        hint = f"Did you mean `{near[0]}`?" if near else f"Schemas: {', '.join(names)}."
        raise ConfigurationError(f"no schema is called `{name}`", hint=hint)
    session.show(_text(found))
    return 0


def _text(schema: Mapping[str, object]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
