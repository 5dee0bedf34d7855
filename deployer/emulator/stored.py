"""A definition's body as the database keeps it, and as an answer shows it.

The body is kept as JSON text with three marks: where the server's fields go at top level, where they go
inside `definition`, and where the sub-account's name stands. Settings that only concern answers are
applied on the way out, so the same database can be served under any of them. Marks are control
characters, which JSON text never holds.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from deployer.emulator.exactjson import Json, Verbatim, read, write
from deployer.emulator.loader import CANONICAL_TYPE, JsonObject, Loaded
from deployer.emulator.settings import Settings

AT_TOP = "\x01"
INSIDE = "\x02"
SUB_ACCOUNT = "\x03"

SERVER_FIELDS = ("id", "version", "createdAt", "accountId")
"""The server's own; what a client sends under these names, at top level or directly in `definition`, is dropped."""
BUILDER_KEYS: dict[str, Json] = {
    "stepType": None,
    "id": None,
    "do": [],
    "nextStepId": None,
    "inputs": {},
    "outputs": {},
    "selectNextStep": {},
}
"""What the web builder writes for every step, in its order, with what it writes for an unused one."""
DEFAULT_TIMEOUT = "1.00:00:00"
"""The schema's default for WaitForReply and WaitForDTMF."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One stored version of a definition."""

    account: str
    id: str
    number: int
    created_at: str
    body: str
    """Marked text, from `marked`."""


def marked(loaded: Loaded, *, normalise: bool) -> str:
    """The text to keep for a body that the loader accepted."""
    body = {key: value for key, value in loaded.body.items() if key not in SERVER_FIELDS}
    definition = {key: value for key, value in loaded.definition.items() if key not in SERVER_FIELDS}
    if normalise:
        body.setdefault("status", loaded.status)
        if body["status"] is None:
            body["status"] = loaded.status
        definition["steps"] = _normalised(definition["steps"])
    members = []
    for key, value in _one_sub_account(body).items():
        name = SUB_ACCOUNT if key == "subAccountId" else json.dumps(key)
        text = f"{{{INSIDE}{write(definition)[1:]}" if key == "definition" else write(value)
        members.append(f"{name}:{text}")
    return f"{{{AT_TOP}{','.join(members)}}}"


def answered(version: Version, settings: Settings) -> Verbatim:
    """A version as an answer shows it under these settings."""
    ids = f'"id":"{version.id}","version":{version.number},'
    creation = f'"createdAt":"{version.created_at}","accountId":{json.dumps(version.account)},'
    top = ids + creation if settings.ids == "top" else creation
    return Verbatim(
        version.body.replace(AT_TOP, top, 1)
        .replace(INSIDE, "" if settings.ids == "top" else ids, 1)
        .replace(SUB_ACCOUNT, f'"{settings.sub_account_spelling}"', 1)
    )


def executable(version: Version) -> str:
    """A version's `definition` as JSON text that an engine reads: each step with its type in the canonical spelling.

    The platform takes a step without a type for an SMS; the engine wants to be told.
    """
    body = read(answered(version, Settings()).text.encode())
    definition = body.get("definition") if isinstance(body, dict) else None
    if not isinstance(definition, dict):
        raise TypeError("a stored definition is an object")
    return write({**definition, "steps": _normalised(definition["steps"])})


def _one_sub_account(body: JsonObject) -> JsonObject:
    """The body with the sub-account under one name, where it stood; the schema's spelling wins over the examples'."""
    if "subaccountId" not in body:
        return body
    if "subAccountId" in body:
        return {key: value for key, value in body.items() if key != "subaccountId"}
    return {("subAccountId" if key == "subaccountId" else key): value for key, value in body.items()}


def _normalised(steps: Json) -> Json:
    """Steps as the web builder writes them, nested ones too."""
    if not isinstance(steps, list):
        return steps
    return [_normalised_step(step) if isinstance(step, dict) else step for step in steps]


def _normalised_step(step: JsonObject) -> JsonObject:
    kind = step.get("stepType")
    canonical = CANONICAL_TYPE[kind.lower()] if isinstance(kind, str) else "SMS"
    full: JsonObject = {}
    for key, unused in BUILDER_KEYS.items():
        value = step.get(key)
        full[key] = unused if value is None else value
    full["stepType"] = canonical
    full.update({key: value for key, value in step.items() if key not in BUILDER_KEYS})
    branches = step.get("do")
    if isinstance(branches, list):
        full["do"] = [_normalised(branch) for branch in branches]
    inputs = full["inputs"]
    if canonical in {"WaitForReply", "WaitForDTMF"} and isinstance(inputs, dict):
        full["inputs"] = {**inputs, "timeout": inputs.get("timeout") or DEFAULT_TIMEOUT}
    return full
