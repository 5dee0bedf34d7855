"""One form for both sides, so that only real differences differ.

What the server adds and what the web builder leaves behind goes out; whatever stands inside
`inputs` counts as written, because an HTTP body may well have a field called `id` or `version`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from deployer.steps import find_step_type

SERVER_FIELDS = frozenset({"id", "version", "createdAt", "accountId"})
"""Fields that the server owns, at top level and directly in `definition`, nowhere else."""

_LEFTOVERS: Mapping[str, object] = {"do": [], "nextStepId": None, "inputs": {}, "outputs": {}, "selectNextStep": {}}
"""What the web builder exports for a field that is not used (an observed fact, not a documented one)."""


_MAYBE_LEFT = frozenset(_LEFTOVERS)


def canonical(body: Mapping[str, object]) -> dict[str, object]:
    """A definition's body without server fields, leftovers and loose spellings.

    `body` is the API's shape, from a file (without `metadata`) or from the server. Anything that
    does not have the expected shape is kept as it is: judging it is the linter's work.
    """
    result: dict[str, object] = {}
    for key, value in body.items():
        if key in SERVER_FIELDS or key == "metadata":
            continue
        if key == "subaccountId":
            # The vendor's examples spell it so, its schema `subAccountId`.
            if body.get("subAccountId") is None:
                result["subAccountId"] = _plain(value)
        elif key == "definition" and isinstance(value, Mapping):
            result[key] = _definition(value)
        elif not (key == "subAccountId" and value is None and "subaccountId" in body):
            result[key] = _plain(value)
    if result.get("subAccountId", 0) is None:
        # Documented: null means any sub-account, as does its absence.
        del result["subAccountId"]
    if result.get("status") is None:
        result["status"] = "disabled"  # the documented default; we always send it
    return result


def _definition(definition: Mapping[str, object]) -> dict[str, object]:
    return {
        key: _steps(value) if key == "steps" else _plain(value)
        for key, value in definition.items()
        if key not in SERVER_FIELDS
    }


def _steps(steps: object) -> object:
    return [_step(step) for step in steps] if isinstance(steps, list) else _plain(steps)


def _step(step: object) -> object:
    if not isinstance(step, (dict, Mapping)):
        return _plain(step)
    result: dict[str, object] = {}
    for key, value in step.items():
        if not value and key in _MAYBE_LEFT and is_leftover(key, value):  # all of them are empty
            continue
        if type(value) is str:
            known = find_step_type(value) if key == "stepType" else None
            result[key] = known.name if known is not None else value
        elif key == "do" and isinstance(value, list):
            result[key] = [_steps(branch) for branch in value]
        else:
            result[key] = _plain(value)
    return result


def is_leftover(key: str, value: object) -> bool:
    """Whether a step may as well not have this field: it is empty, as the web builder leaves it behind."""
    if key == "selectNextStep" and value is None:
        return True  # the documented default value of a selector
    return key in _LEFTOVERS and value == _LEFTOVERS[key] and type(value) is type(_LEFTOVERS[key])


def _plain(value: object) -> object:
    """JSON has one kind of number: 1 and 1.0 are the same."""
    if type(value) is str:  # nearly every value
        return value
    if isinstance(value, (dict, Mapping)):  # the former is told at once
        return {key: item if type(item) is str else _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


def without_server_fields(body: Mapping[str, object]) -> dict[str, object]:
    """A body without what the server adds and otherwise as it came.

    Where it has the digest of a canonical form, it is that form: a quick way to see that nothing changed.
    """
    result = {key: value for key, value in body.items() if key not in SERVER_FIELDS}
    definition = result.get("definition")
    if isinstance(definition, Mapping):
        result["definition"] = {key: value for key, value in definition.items() if key not in SERVER_FIELDS}
    return result


def digest(value: object) -> str:
    """SHA-256 of a JSON value, key order ignored: `sha256:` and 64 hex digits."""
    import hashlib  # which loads OpenSSL

    return "sha256:" + hashlib.sha256(_SORTED.encode(value).encode("ascii")).hexdigest()


_SORTED = json.JSONEncoder(sort_keys=True, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
