"""What the platform's loader refuses. The first problem is the answer, as 400 with code 5001.

"Workflow name is required." is documented. The rest follows the schema's required fields and enums and
the loader of the engine that the platform's vocabulary comes from: step ids are case-sensitive and
unique across the whole definition, nested steps included, and every successor must exist. Step types
are matched without case. Inputs are not checked here: expressions may stand anywhere in them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from deployer.emulator.answers import INVALID_DEFINITION, Refusal, invalid, shown
from deployer.emulator.exactjson import Json

TRIGGERS = ("inbound_sms", "inbound_chat_apps", "http_request")
STATUSES = ("enabled", "disabled")
STEP_TYPES = (
    "SMS",
    "ChatAppsMessage",
    "HttpRequest",
    "Branch",
    "Wait",
    "WaitForReply",
    "VoiceMessage",
    "WaitForDTMF",
    # The API reference does not list these two; real definitions hold them.
    "If",
    "SendToConverse",
)
CANONICAL_TYPE = {name.lower(): name for name in STEP_TYPES}
SUB_ACCOUNT_SPELLINGS = ("subAccountId", "subaccountId")
"""The schema's and the examples'; the first that a body holds counts."""
SMS_INPUTS = ("subAccountId", "destination", "text")

JsonObject = dict[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A definition that the platform can load, with the facts that the rest of the API asks for."""

    body: JsonObject
    definition: JsonObject
    trigger: str
    status: str
    """Missing or null means disabled, the schema's default."""
    sub_account: str | None


def load(body: Json, *, account_id_required: bool) -> Loaded:
    """Check a request body as the platform's loader would. Raises Refusal with the first problem."""
    if not isinstance(body, dict):
        raise invalid("Request body must be a JSON object.")
    definition = body.get("definition")
    if not isinstance(definition, dict):
        raise _refused("Workflow definition is required.")
    name = definition.get("name")
    if not isinstance(name, str) or not name.strip():
        raise _refused("Workflow name is required.")
    if account_id_required and not (isinstance(body.get("accountId"), str) and body["accountId"]):
        raise _refused("Account id is required.")
    loaded = Loaded(
        body=body,
        definition=definition,
        trigger=_trigger(body.get("trigger")),
        status=_status(body.get("status")),
        sub_account=_sub_account(body),
    )
    _check_steps(definition.get("steps"))
    return loaded


def _trigger(value: Json) -> str:
    if value is None or value == "":
        raise _refused("Workflow trigger is required.")
    if not isinstance(value, str) or value not in TRIGGERS:
        raise _refused(f"Unknown trigger {_quoted(value)}: use {', '.join(TRIGGERS[:-1])} or {TRIGGERS[-1]}.")
    return value


def _status(value: Json) -> str:
    if value is None:
        return "disabled"
    if not isinstance(value, str) or value not in STATUSES:
        raise _refused(f"Unknown status {_quoted(value)}: use enabled or disabled.")
    return value


def _sub_account(body: JsonObject) -> str | None:
    for spelling in SUB_ACCOUNT_SPELLINGS:
        if not isinstance(body.get(spelling), (str, type(None))):
            raise _refused(f"{spelling} must be a string or null.")
    value = next((body[spelling] for spelling in SUB_ACCOUNT_SPELLINGS if spelling in body), None)
    return value if isinstance(value, str) and value else None


def _check_steps(steps: Json) -> None:
    if not isinstance(steps, list) or not steps:
        raise _refused("Workflow steps are required.")
    known: dict[str, JsonObject] = {}
    waiting = [_Place(f"steps[{index}]", step) for index, step in reversed(list(enumerate(steps)))]
    # A list of places instead of recursion: `do` may nest as deep as JSON may.
    while waiting:
        place = waiting.pop()
        step_id, step = _checked_shape(place)
        if step_id in known:
            raise _refused(f"Duplicate step id {shown(step_id)}.")
        known[step_id] = step
        waiting.extend(reversed(_nested(step_id, step)))
    for step_id, step in known.items():
        _check_targets(step_id, step, known)


@dataclass(frozen=True, slots=True)
class _Place:
    path: str
    step: Json


def _nested(step_id: str, step: JsonObject) -> list[_Place]:
    branches = step.get("do")
    if branches is None:
        return []
    if not isinstance(branches, list) or not all(isinstance(branch, list) for branch in branches):
        raise _refused(f"Step {shown(step_id)}: do must be a list of lists of steps.")
    return [
        _Place(f"do[{outer}][{inner}] of step {shown(step_id)}", child)
        for outer, branch in enumerate(branches)
        for inner, child in enumerate(branch if isinstance(branch, list) else [])
    ]


def _checked_shape(place: _Place) -> tuple[str, JsonObject]:
    """A step's id and the step, once it is clear that it is one."""
    step = place.step
    if not isinstance(step, dict):
        raise _refused(f"Step must be an object, at {place.path}.")
    step_id = step.get("id")
    if not isinstance(step_id, str) or not step_id.strip():
        raise _refused(f"Step id is required, at {place.path}.")
    for field in ("inputs", "outputs", "selectNextStep"):
        if not isinstance(step.get(field), (dict, type(None))):
            raise _refused(f"Step {shown(step_id)}: {field} must be an object.")
    _check_type(step_id, step)
    return step_id, step


def _check_type(step_id: str, step: JsonObject) -> None:
    kind = step.get("stepType")
    if kind is None:
        # Only the SMS step's schema does without a stepType; its inputs tell it from the rest.
        if not looks_like_sms(step):
            raise _refused(f"Step type is required, in step {shown(step_id)}.")
    elif not isinstance(kind, str) or kind.lower() not in CANONICAL_TYPE:
        raise _refused(f"Unknown step type {_quoted(kind)} in step {shown(step_id)}: use {', '.join(STEP_TYPES)}.")


def looks_like_sms(step: JsonObject) -> bool:
    """Whether a step without a type holds what an SMS step must hold."""
    inputs = step.get("inputs")
    return isinstance(inputs, dict) and all(name in inputs for name in SMS_INPUTS)


def _check_targets(step_id: str, step: JsonObject, known: dict[str, JsonObject]) -> None:
    following = step.get("nextStepId")
    if following is not None and not isinstance(following, str):
        raise _refused(f"Step {shown(step_id)}: nextStepId must be a string or null.")
    choices = step.get("selectNextStep")
    selected = choices if isinstance(choices, dict) else {}
    if following and selected:
        raise _refused(f"Step {shown(step_id)}: use nextStepId or selectNextStep, not both.")
    if following and following not in known:
        raise _refused(f"Cannot find step id {shown(following)}, nextStepId of step {shown(step_id)}.")
    for target, condition in selected.items():
        if target not in known:
            raise _refused(f"Cannot find step id {shown(target)}, in selectNextStep of step {shown(step_id)}.")
        if condition is not None and not isinstance(condition, str):
            raise _refused(
                f"Step {shown(step_id)}: the condition for {shown(target)} must be an expression in a string, or null."
            )


def _quoted(value: Json) -> str:
    return shown(json.dumps(value)) if isinstance(value, (str, bool)) else "of another type than string"


def _refused(message: str) -> Refusal:
    return Refusal(400, INVALID_DEFINITION, message)
