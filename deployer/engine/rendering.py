"""JSON values with scripts anywhere in them: cut up once, filled in for every run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from deployer.engine.facts import Facts
from deployer.engine.failures import ScriptError, StepError
from deployer.engine.plain import is_true
from deployer.engine.scripting import Evaluator, Scope
from deployer.engine.syntax import Script
from deployer.engine.template import Template, read_template
from deployer.finding import Path, dotted

OnScript = Callable[[str, Script, object], None]
"""Told of each script that ran: where it stands in the step, and what it gave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """A value without scripts."""

    value: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripted:
    """A text with scripts."""

    template: Template
    script: Script | None
    """The only script of a text that is nothing but that script: it keeps its value's type."""
    place: str
    """Where it stands in its step, as people read it: `inputs.text`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """A list, some of whose items are scripted."""

    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """A mapping, some of whose values are scripted. Keys are never scripts."""

    fields: tuple[tuple[str, Value], ...]


Value = Fixed | Scripted | Items | Fields


def read_value(value: object, path: Path) -> Value:
    """Find the scripts of a JSON value that stands at `path` in its step."""
    if isinstance(value, str):
        template = read_template(value)
        return (
            Fixed(value=value)
            if template is None
            else Scripted(template=template, script=template.script, place=dotted(path))
        )
    if isinstance(value, Mapping):
        fields = tuple((str(key), read_value(item, (*path, str(key)))) for key, item in value.items())
        return Fixed(value=value) if all(isinstance(item, Fixed) for _, item in fields) else Fields(fields=fields)
    if isinstance(value, list):
        items = tuple(read_value(item, (*path, index)) for index, item in enumerate(value))
        return Fixed(value=value) if all(isinstance(item, Fixed) for item in items) else Items(items=items)
    return Fixed(value=value)


class Renderer:
    """Fills in scripted values in one scope."""

    __slots__ = ("_evaluator", "_on_script", "_scope")

    def __init__(self, evaluator: Evaluator, scope: Scope, on_script: OnScript | None = None) -> None:
        self._evaluator = evaluator
        self._scope = scope
        self._on_script = on_script

    def sees(self, data: Facts, step: Facts) -> bool:
        """Whether its scope is this one."""
        return self._scope.data is data and self._scope.step is step

    def render(self, value: Value) -> object:
        """The value with every script's result in its place.

        Raises StepError, naming the place, when a script fails.
        """
        if isinstance(value, Fixed):
            return value.value
        if isinstance(value, Scripted):
            script = value.script
            return self._fill(value) if script is None else self._run(value.place, script, self._evaluator.value)
        if isinstance(value, Items):
            return [self.render(item) for item in value.items]
        return {key: self.render(item) for key, item in value.fields}

    def holds(self, value: Value) -> bool:
        """Whether a condition is true: as JavaScript has it for a script, the word `true` for a text.

        Raises StepError when a script fails.
        """
        result = self.render(value)
        if isinstance(result, str) and not (isinstance(value, Scripted) and value.script is not None):
            return result.strip().lower() == "true"
        return is_true(result)

    def _fill(self, value: Scripted) -> str:
        parts = value.template.parts  # joined as a list: a generator costs more than it fills in
        place, text = value.place, self._evaluator.text
        return "".join([part if isinstance(part, str) else str(self._run(place, part, text)) for part in parts])

    def _run(self, place: str, script: Script, evaluate: Callable[[Script, Scope], object]) -> object:
        try:
            result = evaluate(script, self._scope)
        except ScriptError as error:
            raise StepError(f"{place}: {error}, in {{{{{script.source[:200]}}}}}") from None
        if self._on_script is not None:
            self._on_script(place, script, result)
        return result
