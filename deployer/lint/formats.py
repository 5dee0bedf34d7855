"""The fields of a kind: every duration, every address, wherever the step types declare one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from deployer.finding import Path
from deployer.lint.wording import dynamic
from deployer.source.workflow import Place, Workflow


def fields(workflow: Workflow, kind: str) -> Iterator[tuple[Place, str]]:
    """Each text that a step type declares as `kind`, with its place."""
    for step in workflow.steps:
        if step.type is not None:
            for pattern, declared in step.type.formats.items():
                if declared == kind:
                    for tail, value in _values(step.body, tuple(pattern.split("."))):
                        yield step.place(*tail), value


def literals(workflow: Workflow, kind: str) -> Iterator[tuple[Place, str]]:
    """Those of `fields` that hold no expression and no open reference."""
    return ((place, text) for place, text in fields(workflow, kind) if not dynamic(text))


def _values(value: object, pattern: Path) -> Iterator[tuple[Path, str]]:
    if not pattern:
        if isinstance(value, str):
            yield (), value
        return
    if isinstance(value, Mapping):
        for key in value if pattern[0] == "*" else [key for key in pattern[:1] if key in value]:
            for tail, text in _values(value[key], pattern[1:]):
                yield (key, *tail), text
