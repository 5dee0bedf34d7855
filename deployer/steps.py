"""The step types, as declared in `schemas/`: fields, outcomes, expressions, and what `step.` offers afterwards.

Everything that the program knows about a step type stands in its file `schemas/steps/<type>.json`:
an ordinary JSON Schema (draft-07), and under its keyword `x-deployer` the facts that a schema
cannot say. A new type is a new file; nothing here changes.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from deployer import finding
from deployer.errors import DeployerError
from deployer.record import record

Schema: TypeAlias = Mapping[str, Any]
"""A JSON Schema: JSON payload. Callers read it and never change it."""

TRIGGERS: Final = ("inbound_sms", "inbound_chat_apps", "http_request")
"""What can start a workflow (API reference, `trigger`)."""

STATUSES: Final = ("enabled", "disabled")
"""Whether the trigger starts it (API reference, `status`; the server's default is the second)."""

STEP_ORDER: Final = ("id", "stepType", "inputs", "do", "outputs", "selectNextStep", "nextStepId")
"""The keys of a step in the order in which the API reference shows them."""

_PACKAGE = Path(__file__).resolve().parent
_GENERIC = "generic.json"
PROJECT_SCHEMA: Final = "project.schema.json"
CASE_FILE_SCHEMA: Final = "test.schema.json"


@record
class Offer:
    """One value that a step leaves behind: `step.<name>`, in its outputs and in its selectNextStep."""

    type: str
    """JSON type: `string`, `integer`, `object`."""
    description: str


@record
class StepType:
    """What `schemas/steps/<type>.json` says of one step type."""

    name: str
    """Canonical spelling, the API reference's. `*` for the generic type."""
    documented: bool
    """False for the generic type: nothing is known of its inputs, or of what it offers."""
    schema: Schema
    """JSON Schema of one step; steps inside `do` are any mapping here."""
    required: tuple[str, ...]
    """The keys that a step of this type must have, and those of its inputs, as `inputs.text`."""
    outcomes: tuple[str, ...]
    """The keys by which the docs let this type go on: `nextStepId`, `selectNextStep`, `do`.

    The engine reads all of them on every step, so the schemas admit more than the docs list.
    """
    waits: bool
    """Whether the workflow pauses here; a loop through such a step does not spin."""
    times_out: bool
    """Whether it goes on by itself after a while, without assigning outputs."""
    expressions: tuple[str, ...]
    """Where `{{...}}` is evaluated: paths with `*` for one key and `**` for any way down."""
    offers: Mapping[str, Offer]
    """What `step.` holds after the step, by name."""
    order: tuple[str, ...]
    """The keys of `inputs`, in the docs' order; aliases last."""
    aliases: Mapping[str, str]
    """Input keys that a vendor example spells otherwise, to the documented key."""
    formats: Mapping[str, str]
    """What kind of text a field holds, by path: `inputs.duration` to `duration`."""
    source: str
    """The vendor's page that documents the type."""


def schemas_folder(package: Path = _PACKAGE) -> Path:
    """Where the schemas are: `deployer/schemas` when installed, `schemas/` beside it in a checkout.

    An editable install runs from the checkout, so it needs no case of its own.

    Raises DeployerError when neither is there.
    """
    for folder in (package / "schemas", package.parent / "schemas"):
        if (folder / "steps" / _GENERIC).is_file():
            return folder
    raise DeployerError("the step schemas are missing from this installation", hint="Install deployer again.")


def _read(name: str) -> Schema:
    schema: Schema = json.loads((schemas_folder() / name).read_bytes())
    return schema


def _required(schema: Schema) -> tuple[str, ...]:
    inputs = schema["properties"]["inputs"].get("required", ())
    return (*schema["required"], *(f"inputs.{name}" for name in inputs))


def _step_type(schema: Schema) -> StepType:
    facts = schema["x-deployer"]
    return StepType(
        name=facts["stepType"],
        documented=facts["stepType"] != "*",
        schema=schema,
        required=_required(schema),
        outcomes=tuple(facts["outcomes"]),
        waits=facts["waits"],
        times_out=facts["timesOut"],
        expressions=tuple(facts["expressions"]),
        offers=MappingProxyType({name: Offer(**offer) for name, offer in facts["offers"].items()}),
        order=tuple(facts["order"]),
        aliases=MappingProxyType(facts["aliases"]),
        formats=MappingProxyType(facts["formats"]),
        source=facts["source"],
    )


@cache
def _files() -> Mapping[str, Path]:
    """The file of each step type, by the type's name in lower case: `wait-for-reply.json` is that of WaitForReply."""
    folder = schemas_folder() / "steps"
    names = (name for name in os.listdir(folder) if name.endswith(".json") and name != _GENERIC)
    return {name.removesuffix(".json").replace("-", ""): folder / name for name in names}


@cache
def _in_file(path: Path) -> StepType:
    return _step_type(json.loads(path.read_bytes()))


@cache
def step_types() -> Mapping[str, StepType]:
    """All known step types by canonical name, in the docs' order."""
    found = sorted(map(_in_file, _files().values()), key=lambda each: int(each.schema["x-deployer"]["position"]))
    return MappingProxyType({each.name: each for each in found})


@lru_cache(256)
def find_step_type(name: str) -> StepType | None:
    """The step type of that name, however it is cased: the engine does not mind, and `branch` occurs."""
    path = _files().get(name.lower())  # most workflows use few types, and need no other file
    return None if path is None else _in_file(path)


@cache
def generic_step_type() -> StepType:
    """Stands for every type that `validation.allowStepTypes` admits."""
    return _step_type(_read(f"steps/{_GENERIC}"))


def step_schema(name: str) -> Schema | None:
    """The JSON Schema of one step type, however it is cased; None for an unknown one."""
    found = find_step_type(name)
    return None if found is None else found.schema


def holds_expression(step_type: StepType, path: finding.Path) -> bool:
    """Whether the platform evaluates `{{...}}` at this path, counted from the step: `("inputs", "text")`."""
    keys = tuple(map(str, path))
    return any(_matches(tuple(pattern.split(".")), keys) for pattern in step_type.expressions)


def _matches(pattern: tuple[str, ...], keys: tuple[str, ...]) -> bool:
    if not pattern or not keys:
        return not pattern and not keys
    if pattern[0] == "**":
        return True
    return pattern[0] in ("*", keys[0]) and _matches(pattern[1:], keys[1:])


@cache
def envelope_schema() -> Schema:
    """The JSON Schema of a workflow file without its steps; each of them is any mapping here."""
    return _read("envelope.json")


@cache
def project_schema() -> Schema:
    """The JSON Schema of `deployer.yaml`, as `schemas/project.schema.json` publishes it for editors."""
    return _read(PROJECT_SCHEMA)


def project_schema_text() -> str:
    """`project_schema()` as the published file holds it."""
    return (schemas_folder() / PROJECT_SCHEMA).read_text(encoding="utf-8")


def case_file_schema_text() -> str:
    """The JSON Schema of test files, as `schemas/test.schema.json` holds it."""
    return (schemas_folder() / CASE_FILE_SCHEMA).read_text(encoding="utf-8")


@cache
def workflow_schema() -> Schema:
    """The JSON Schema of a whole workflow file, as `schemas/workflow.schema.json` publishes it for editors."""
    return build_workflow_schema()


def workflow_schema_text() -> str:
    """`workflow_schema()` as the published file holds it, byte for byte."""
    return json.dumps(workflow_schema(), indent=2, ensure_ascii=False) + "\n"


def build_workflow_schema(*, allow_step_types: Iterable[str] = ()) -> Schema:
    """Make the editors' schema from its parts.

    A step is dispatched on its `stepType`, so that an editor speaks of that type alone. Formats
    become patterns here and not in the parts: `validate` has rules for them, with better words.
    """
    from copy import deepcopy

    schema = deepcopy(dict(envelope_schema()))
    _add_patterns(schema, schema.pop("x-deployer")["formats"])
    allowed = [name for name in allow_step_types if find_step_type(name) is None]
    known = list(step_types().values())
    schema["definitions"] = {
        "step": _any_step(known, allowed),
        **{found.name: _editor_schema(found) for found in known},
        **({"OtherStep": _editor_schema(generic_step_type())} if allowed else {}),
    }
    return schema


def _any_step(known: list[StepType], allowed: list[str]) -> dict[str, Any]:
    targets = {**{found.name: found.name for found in known}, **dict.fromkeys(allowed, "OtherStep")}
    summaries = {found.name: found.schema["description"] for found in known}
    anycase = "^(" + "|".join(map(_anycase, targets)) + ")$"
    return {
        "description": "One step. Its `stepType` decides what else it takes.",
        "type": "object",
        "required": ["id", "stepType"],
        "properties": {
            "id": known[0].schema["properties"]["id"],
            "stepType": {
                "description": "The kind of step.",
                "type": "string",
                "anyOf": [
                    {"enum": list(targets), "enumDescriptions": [summaries.get(name, "") for name in targets]},
                    {"pattern": anycase},
                ],
            },
        },
        "allOf": [_dispatch(name, target) for name, target in targets.items()],
        "if": {"type": "object", "required": ["stepType"]},
        "else": {"defaultSnippets": [_snippet(found) for found in known]},
    }


def _dispatch(name: str, target: str) -> dict[str, Any]:
    spelling = {"type": "string", "pattern": f"^{_anycase(name)}$"}
    condition = {"type": "object", "required": ["stepType"], "properties": {"stepType": spelling}}
    return {"if": condition, "then": {"$ref": f"#/definitions/{target}"}}


def _snippet(found: StepType) -> dict[str, str]:
    """What an editor offers for a step that has no type yet: the example, as text that is YAML in any editor."""
    schema = found.schema
    lines = _yaml_lines(schema["examples"][0])
    return {"label": found.name, "description": schema["description"], "body": "\n".join(lines).replace("$", "\\$")}


def _yaml_lines(value: dict[str, Any] | list[Any]) -> list[str]:
    """A mapping or a list in YAML's block style, its texts as JSON writes them."""
    lines = []
    for key, inner in value.items() if isinstance(value, dict) else (("-", item) for item in value):
        head = f"{key}:" if isinstance(value, dict) else key
        if isinstance(inner, dict | list) and inner:
            body = _yaml_lines(inner)
            lines += [head, *(f"  {line}" for line in body)]
        else:
            lines.append(f"{head} {json.dumps(inner, ensure_ascii=False)}")
    return lines


def _anycase(name: str) -> str:
    """A pattern for a name in any case, without flags: JSON Schema has none."""
    return "".join(f"[{c.upper()}{c.lower()}]" if c.isascii() and c.isalpha() else re.escape(c) for c in name)


def _editor_schema(found: StepType) -> dict[str, Any]:
    """One part as the whole holds it: without what only this program reads."""
    left_out = {"$schema", "x-deployer", "definitions", "examples"}
    from copy import deepcopy

    schema = {key: deepcopy(value) for key, value in found.schema.items() if key not in left_out}
    _add_patterns(schema, found.formats)
    return schema


def _add_patterns(schema: dict[str, Any], formats: Mapping[str, str]) -> None:
    """Give every field whose kind has a pattern that pattern; expressions and references pass."""
    patterns = _read("formats.json")
    unknown_yet = patterns["expression"]["pattern"]
    for path, kind in formats.items():
        if kind in patterns:
            field = schema
            for key in path.split("."):
                field = field["properties"][key]
            field["pattern"] = f"{patterns[kind]['pattern']}|{unknown_yet}"
            field["patternErrorMessage"] = patterns[kind]["message"]
