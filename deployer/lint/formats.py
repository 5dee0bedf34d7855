"""Steps by their type, and fields by their kind: every duration, every address, wherever a step type declares one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache

from deployer.finding import Path
from deployer.lint.wording import dynamic
from deployer.source.workflow import Place, Step, Workflow
from deployer.steps import find_step_type
from deployer.tuples import NamedTuple


class Field(NamedTuple):
    """A text of a known kind."""

    step: Step
    tail: Path
    """Where in the step."""
    text: str

    @property
    def place(self) -> Place:
        """Where it stands."""
        return self.step.place(*self.tail)


def fields(workflow: Workflow, kind: str) -> Sequence[Field]:
    """Each text that a step type declares as `kind`."""
    return _found(workflow).by_kind.get(kind, ())


def literals(workflow: Workflow, kind: str) -> Sequence[Field]:
    """Those of `fields` that hold no expression and no open reference."""
    return [field for field in fields(workflow, kind) if not dynamic(field.text)]


def steps_of_type(workflow: Workflow, name: str) -> Sequence[Step]:
    """The steps of one known type, by its canonical name."""
    return _found(workflow).by_type.get(name, ())


class _Found(NamedTuple):
    by_kind: Mapping[str, Sequence[Field]]
    by_type: Mapping[str, Sequence[Step]]


@lru_cache(maxsize=8)
def _found(workflow: Workflow) -> _Found:
    """One walk over the steps, whose result the rules that follow one another share."""
    by_kind: dict[str, list[Field]] = {}
    by_type: dict[str, list[Step]] = {}
    for step in workflow.steps:
        if step.type is not None:
            by_type.setdefault(step.type.name, []).append(step)
            for kind, pattern in _patterns(step.type.name):
                if len(pattern) == 2 and pattern[1] != "*":
                    inner = step.body.get(pattern[0])
                    text = inner.get(pattern[1]) if isinstance(inner, dict) else None
                    if isinstance(text, str):
                        by_kind.setdefault(kind, []).append(Field(step, pattern, text))
                else:
                    found = by_kind.setdefault(kind, [])
                    found += [Field(step, tail, text) for tail, text in _values(step.body, pattern)]
    return _Found(by_kind, by_type)


@cache
def _patterns(step_type: str) -> Sequence[tuple[str, tuple[str, ...]]]:
    """The kinds of texts that a step type holds, and where."""
    found = find_step_type(step_type)
    return [] if found is None else [(kind, tuple(path.split("."))) for path, kind in found.formats.items()]


def _values(value: object, pattern: Path) -> Iterator[tuple[Path, str]]:
    if not pattern:
        if isinstance(value, str):
            yield (), value
        return
    if isinstance(value, Mapping):
        for key in value if pattern[0] == "*" else [key for key in pattern[:1] if key in value]:
            for tail, text in _values(value[key], pattern[1:]):
                yield (key, *tail), text
