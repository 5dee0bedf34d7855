"""What a step of GitHub Actions tells the steps after it: counts and paths, taken from a command's JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

COUNTS = ("errors", "warnings", "changes", "to-create", "to-update", "to-disable", "to-delete", "drifted")
_ACTIONS = ("create", "update", "disable", "delete")
_DRIFT = ("drift", "conflict")


def counts(report: Mapping[str, Any]) -> dict[str, str]:
    """Those of COUNTS that a command knows, by name; the others are empty. `report` is what `--format json` gives."""
    kinds = (_plan, _result, _standing, _pulled, _turned, _findings)
    known = {name: count for kind in kinds for name, count in kind(report).items()}
    return {name: str(known.get(name, "")) for name in COUNTS}


def _findings(report: Mapping[str, Any]) -> dict[str, int]:
    """Of the files; a command's own warnings count with those."""
    if "findings" not in report:
        return {}
    severities = [finding["severity"] for finding in report["findings"]]
    own = len(report.get("warnings", ()))
    return {"errors": severities.count("error"), "warnings": severities.count("warning") + own}


def _plan(report: Mapping[str, Any]) -> dict[str, int]:
    if "changes" not in report:
        return {}
    planned = {f"to-{action}": int(report["summary"][action]) for action in _ACTIONS}
    refused = [change.get("refused", {}).get("why") for change in report["changes"]]
    overwritten = [change for change in report["changes"] if change.get("overwritesDrift")]
    drifted = sum(why in _DRIFT for why in refused) + len(overwritten)
    return {"changes": sum(planned.values()), **planned, "drifted": drifted}


def _result(report: Mapping[str, Any]) -> dict[str, int]:
    """Of `apply`: what it did, not what it left."""
    if "applied" not in report:
        return {}
    actions = [item["action"] for item in report["applied"]]
    return {"changes": len(actions), **{f"to-{action}": actions.count(action) for action in _ACTIONS}}


def _standing(report: Mapping[str, Any]) -> dict[str, int]:
    """Of `drift` and `status`."""
    return {"drifted": int(report["summary"]["drifted"])} if "drifted" in report.get("summary", {}) else {}


def _pulled(report: Mapping[str, Any]) -> dict[str, int]:
    """Of `pull`: the workflows whose files it wrote."""
    return {"changes": sum(bool(item["written"]) for item in report["pulled"])} if "pulled" in report else {}


def _turned(report: Mapping[str, Any]) -> dict[str, int]:
    """Of `rollback`, `disable` and `enable`."""
    return {"changes": len(report["done"])} if "done" in report else {}


def render(values: Mapping[str, str], *, end: str) -> str:
    """The format of the file that GITHUB_OUTPUT names. Raises ValueError where a value holds the word that ends it.

    `end` must be hard to guess: whoever knew it could name outputs of their own in a path.
    """
    if any(end in value for value in values.values()):
        raise ValueError("an output holds its own delimiter")
    return "".join(f"{name}<<{end}\n{value}\n{end}\n" for name, value in values.items())
