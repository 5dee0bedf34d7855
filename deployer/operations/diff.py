"""What differs between two bodies, in the words of people: step by step, matched by id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from deployer.finding import Path, dotted
from deployer.record import record
from deployer.source.canonical import digest


@record
class StepChange:
    """One difference."""

    id: str | None
    """The step; None for the definition's own fields."""
    op: Literal["add", "remove", "change", "move", "start", "order"]
    path: str
    """Within the step (`inputs.text`) or the body (`status`); empty for a whole step."""
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class _Node:
    """A step on its own: nested steps are nodes of their own, with this one as parent."""

    label: str
    parent: str
    index: int
    body: Mapping[str, object]


def differences(before: Mapping[str, object] | None, after: Mapping[str, object] | None) -> tuple[StepChange, ...]:
    """All differences between two canonical bodies; nothing when either side is absent."""
    if before is None or after is None:
        return ()
    return (*_fields(before, after), *_step_changes(_nodes(before), _nodes(after)))


def _fields(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[StepChange]:
    for change in _leaves(_head(before), _head(after)):
        yield StepChange(id=None, op=change[0], path=change[1], before=change[2], after=change[3])


def _head(body: Mapping[str, object]) -> dict[str, object]:
    definition = body.get("definition")
    head = {key: value for key, value in body.items() if key != "definition"}
    if isinstance(definition, Mapping):
        head["definition"] = {key: value for key, value in definition.items() if key != "steps"}
    return head


def _nodes(body: Mapping[str, object]) -> dict[str, _Node]:
    definition = body.get("definition")
    nodes: dict[str, _Node] = {}
    _collect(definition.get("steps") if isinstance(definition, Mapping) else None, "", nodes)
    return nodes


def _collect(steps: object, parent: str, nodes: dict[str, _Node]) -> None:
    for index, step in enumerate(steps if isinstance(steps, list) else ()):
        if not isinstance(step, Mapping):
            continue
        given = step.get("id")
        label = given if isinstance(given, str) else f"#{index + 1}"
        while label in nodes:  # the server once took a duplicate id: tell them apart
            label += "'"
        nodes[label] = _Node(label, parent, index, {key: value for key, value in step.items() if key != "do"})
        branches = step.get("do")
        for number, branch in enumerate(branches if isinstance(branches, list) else ()):
            _collect(branch, f"{label}.do[{number}]", nodes)


def _step_changes(before: Mapping[str, _Node], after: Mapping[str, _Node]) -> Iterator[StepChange]:
    start_before, start_after = next(iter(before), None), next(iter(after), None)
    if start_before != start_after:
        yield StepChange(id=None, op="start", path="start", before=start_before, after=start_after)
    for label, node in after.items():
        old = before.get(label)
        if old is None:
            yield StepChange(id=label, op="add", path="", before=None, after=dict(node.body))
            continue
        if old.parent != node.parent:
            yield StepChange(id=label, op="move", path="", before=old.parent or "top", after=node.parent or "top")
        if digest(old.body) != digest(node.body):
            for op, path, left, right in _leaves(old.body, node.body):
                yield StepChange(id=label, op=op, path=path, before=left, after=right)
    for label, node in before.items():
        if label not in after:
            yield StepChange(id=label, op="remove", path="", before=dict(node.body), after=None)
    yield from _order(before, after)


def _order(before: Mapping[str, _Node], after: Mapping[str, _Node]) -> Iterator[StepChange]:
    parents = dict.fromkeys(node.parent for node in after.values())
    for parent in parents:
        stayed = [label for label, node in after.items() if node.parent == parent and label in before]
        stayed = [label for label in stayed if before[label].parent == parent]
        former = sorted(stayed, key=lambda label: before[label].index)
        if former != stayed:
            yield StepChange(id=None, op="order", path=parent or "steps", before=former, after=stayed)


Leaf = tuple[Literal["add", "remove", "change"], str, object, object]


def _leaves(before: Mapping[str, object], after: Mapping[str, object]) -> Sequence[Leaf]:
    if digest(before) == digest(after):
        return ()
    quick = plain_leaves(before, after)
    return sorted(quick, key=lambda leaf: leaf[1]) if quick else deep_leaves(before, after)


def plain_leaves(before: Mapping[str, object], after: Mapping[str, object], path: Path = ()) -> list[Leaf] | None:
    """What differs where only texts and fields of mappings do, as nearly always; None where that is not all.

    Says what deepdiff says, without the time to import it, which is longer than all the rest of a small plan.
    """
    shared = before.keys() & after.keys()
    if len(shared) * 3 < len(before.keys() | after.keys()):
        return None  # so little in common is rather another value
    leaves: list[Leaf] = [("remove", dotted((*path, key)), before[key], None) for key in before.keys() - shared]
    leaves += [("add", dotted((*path, key)), None, after[key]) for key in after.keys() - shared]
    for key in shared:
        left, right = before[key], after[key]
        if isinstance(left, dict) and isinstance(right, dict):
            inner = plain_leaves(left, right, (*path, key))
            if inner is None:
                return None
            leaves += inner
        elif isinstance(left, str) and isinstance(right, str):
            if left != right:
                leaves.append(("change", dotted((*path, key)), left, right))
        elif digest(left) != digest(right):
            return None
    return leaves


def deep_leaves(before: Mapping[str, object], after: Mapping[str, object]) -> list[Leaf]:
    """What differs between any two mappings."""
    from deepdiff import DeepDiff  # heavy to import, so only where it is needed

    found = DeepDiff(before, after, view="tree", verbose_level=2)
    leaves: list[Leaf] = []
    for kind, entries in found.items():
        op: Literal["add", "remove", "change"] = "change"
        if kind.endswith("_added"):
            op = "add"
        elif kind.endswith("_removed"):
            op = "remove"
        for entry in entries:
            path = dotted(tuple(entry.path(output_format="list")))
            left = None if op == "add" else entry.t1
            right = None if op == "remove" else entry.t2
            leaves.append((op, path, left, right))
    # The digests differ, so saying nothing would be wrong even if the comparison found no leaf.
    return sorted(leaves, key=lambda leaf: leaf[1]) or [("change", "", before, after)]


def sentences(changes: Sequence[StepChange]) -> list[str]:
    """What changes, as somebody would say it: "text of step `reply` changes"."""
    return list(dict.fromkeys(_sentence(change) for change in changes))


def _sentence(change: StepChange) -> str:
    if change.op == "start":
        return f"start: {change.before} -> {change.after}"
    if change.op == "order":
        return "the order of steps changes"
    if change.id is None:
        return _field_sentence(change)
    if change.op == "add" and not change.path:
        return f"step `{change.id}` is new"
    if change.op == "remove" and not change.path:
        return f"step `{change.id}` goes"
    if change.op == "move":
        return f"step `{change.id}` moves from {change.before} to {change.after}"
    field = change.path.removeprefix("inputs.")
    verb = {"add": "is added", "remove": "goes"}.get(change.op, "changes")
    return f"{field} of step `{change.id}` {verb}"


def _field_sentence(change: StepChange) -> str:
    name = change.path.removeprefix("definition.")
    plain = all(isinstance(value, str) and len(value) <= 60 for value in (change.before, change.after))
    if change.op == "change" and plain:
        return f"{name}: {change.before} -> {change.after}"
    return f"{name} " + {"add": "is added", "remove": "goes"}.get(change.op, "changes")
