"""The quick look at a workflow's envelope and at its steps, one by one.

Most files are right, and to ask each rule about each of them takes longer than to read them; to import the
rules takes longer than to read a file. This look walks over the steps once, with one test for each type
(`clear_fields.py`), and says whether certainly no rule about single steps and their fields, and nothing in the
schemas, has anything to say. Whatever is not plain gets a no: then the schemas and the rules are asked, and what
they say counts. So a mistake here would hide findings; tests hold the look and the rules beside each other, over
whole and damaged workflows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from deployer.lint.clear_fields import type_written
from deployer.lint.documented import SUB_ACCOUNT
from deployer.lint.expressions.triggers import ADDED, declared_names
from deployer.lint.gate import Path, Test, compile_test, passes
from deployer.lint.used import used
from deployer.lint.wording import refers
from deployer.source.canonical import SERVER_FIELDS
from deployer.source.suspicion import may_hold_credentials
from deployer.source.workflow import Workflow
from deployer.steps import envelope_schema

_FROM_TRIGGER = ADDED | {"payload"}
_OF_CALLS = frozenset({"VoiceMessage", "WaitForDTMF"})
_CONDITIONS = frozenset({str, type(None)})


def clear(workflow: Workflow) -> bool:
    """Whether certainly nothing is wrong with the steps, each by itself, and with what stands around them."""
    body: Any = workflow.body
    document: Any = workflow.document.value
    if document.__class__ is not dict or "status" not in body or not _envelope()(body):
        return False
    metadata = document.get("metadata")
    if metadata is not None and not passes(envelope_schema()["properties"]["metadata"], metadata):
        return False
    taken = _FROM_TRIGGER if "declares" not in workflow.metadata else _FROM_TRIGGER.union(declared_names(workflow))
    look = _Look(taken)
    return look.at_steps(body["definition"]["steps"]) and look.agrees(_smoke_path(workflow))


def holds_no_secret(workflow: Workflow) -> bool:
    """Whether certainly no credential stands in the file."""
    return not may_hold_credentials(workflow.document.value)


def calls_no_vendor(workflow: Workflow) -> bool:
    """Whether certainly no step calls another API of 8x8."""
    text = workflow.document.text
    if "${" not in text and "\\" not in text:  # else a name may be put in, or spelled with escapes
        return "8x8" not in text and "8X8" not in text
    return not any(_names_vendor(step.inputs.get("url")) for step in workflow.steps)


def _names_vendor(url: object) -> bool:
    return isinstance(url, str) and "8x8" in url.lower()


@cache
def _envelope() -> Test:
    """The test of a workflow without its metadata and its steps."""
    fields: dict[Path, Test] = {("subAccountId",): _sub_account, ("subaccountId",): _sub_account, ("metadata",): _never}
    fields |= {("definition", "name"): _name, ("definition", "steps"): _some}
    for name in SERVER_FIELDS:
        fields |= {(name,): _never, ("definition", name): _never}
    return compile_test(envelope_schema(), fields)


def _never(_: object) -> bool:
    return False


def _sub_account(value: Any) -> bool:  # noqa: ANN401  # JSON
    # At the top of a file the platform evaluates no expressions.
    return value is None or (isinstance(value, str) and (SUB_ACCOUNT.fullmatch(value) is not None or refers(value)))


def _name(value: object) -> bool:
    return isinstance(value, str) and value.strip() != ""


def _some(value: object) -> bool:
    return value.__class__ is list and bool(value)


def _smoke_path(workflow: Workflow) -> Collection[str]:
    smoke = workflow.metadata.get("smoke")
    return smoke.get("path", ()) if isinstance(smoke, dict) else ()


class _Look:
    """One walk over the steps of a workflow."""

    __slots__ = ("_after_calls", "_ids", "_taken", "_targets", "_waiting")

    def __init__(self, taken: frozenset[str]) -> None:
        self._taken = taken
        """Names of outputs that hide what the trigger brought."""
        self._ids: list[str] = []
        self._targets: list[str] = []
        self._after_calls: set[object] = set()
        self._waiting: list[str] = []
        """Steps that wait for keys."""

    def at_steps(self, steps: list[Any]) -> bool:
        """Whether each step is right by itself."""
        for written in steps:
            if written.__class__ is not dict:
                return False
            step: Mapping[str, Any] = written if all(written.values()) else used(written)
            kind = step.get("stepType")
            known = type_written(kind) if isinstance(kind, str) else None
            if known is None or not known[1](step):
                return False
            name = known[0]
            self._ids.append(step["id"])
            outputs, following, selected = step.get("outputs"), step.get("nextStepId"), step.get("selectNextStep")
            if outputs is not None and not self._taken.isdisjoint(outputs):
                return False
            if selected is not None:
                if following is not None or not _CONDITIONS.issuperset(map(type, selected.values())):
                    return False
                self._targets += selected
            elif following is not None:
                self._targets.append(following)
            if name in _OF_CALLS:
                self._note_call(step, name)
            for branch in step.get("do", ()):
                if not self.at_steps(branch):
                    return False
        return True

    def _note_call(self, step: Mapping[str, Any], name: str) -> None:
        if name == "WaitForDTMF":
            self._waiting.append(step["id"])
        else:
            self._after_calls.update((step.get("nextStepId"), *step.get("selectNextStep", ())))

    def agrees(self, named: Collection[object]) -> bool:
        """Whether the steps fit together; `named` are further ids that have to be among them."""
        ids = set(self._ids)
        return (
            len(ids) == len(self._ids)
            and all(map(str.strip, self._ids))
            and ids.issuperset(self._targets)
            and (not named or ids.issuperset(named))
            and (not self._waiting or self._after_calls.issuperset(self._waiting))
        )
