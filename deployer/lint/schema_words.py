"""From a schema's verdict to sentences that people understand.

jsonschema finds what is wrong; nothing of its wording is shown. Verdicts that follow from each
other become one: a misspelled property is not reported as missing too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from deployer.finding import Fix, Path, Replace, dotted
from deployer.lint import durations
from deployer.lint.faults import Fault, faults
from deployer.lint.registry import Problem
from deployer.lint.wording import (
    MOST_GUESSES,
    dynamic,
    kind,
    listed,
    nearest,
    or_legal,
    quoted,
    refers,
    respelled,
    sensitive,
    shorten,
    with_article,
)
from deployer.record import record
from deployer.source.workflow import Place, Workflow
from deployer.steps import Schema, StepType, holds_expression
from deployer.tuples import NamedTuple

_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a mapping",
    "array": "a list",
    "null": "null",
}


class Verdict(NamedTuple):
    """A problem, and the property that it is about."""

    place: Place
    message: str
    suggestion: str | None
    subject: str
    fix: Fix | None = None

    @property
    def plain(self) -> Problem:
        """The problem as `check` wants it."""
        return Problem(self.place, self.message, self.suggestion, fix=self.fix)


@dataclass(slots=True)
class _Keys:
    """What is missing from one mapping and what does not belong there."""

    missing: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    legal: list[str] = field(default_factory=list)


@record
class Judge:
    """One schema, held against one part of a file."""

    workflow: Workflow
    what: str
    """What the part is, for messages: `SMS step`."""
    schema: Schema
    root: Path
    """Where the part stands in the file."""
    original: Mapping[str, object]
    """The part as written, the builder's leftovers included."""
    hidden: frozenset[str] = frozenset()
    """Properties that the schema knows and messages do not recommend."""
    step_type: StepType | None = None
    line: Callable[[int], str] | None = None
    """Remembers the file's lines where many parts are judged: a JSON file is often one very long line."""

    def problems(self, value: object) -> Iterator[tuple[str, Verdict]]:
        """Names of rules and what they report, each problem once."""
        keys: dict[Path, _Keys] = {}
        values: dict[Path, list[Fault]] = {}
        for fault in faults(self.schema, value):
            if fault.keyword == "required" and isinstance(fault.value, Mapping):
                keys.setdefault(fault.path, _Keys()).missing = [key for key in fault.wanted if key not in fault.value]
            elif fault.keyword == "additionalProperties" and fault.wanted is False and isinstance(fault.value, Mapping):
                known = fault.schema.get("properties", {})
                found = keys.setdefault(fault.path, _Keys())
                found.legal = [key for key in known if key not in self.hidden]
                found.unknown = [key for key in fault.value if key not in known]
            elif not self.accepts_later(fault.path, fault.value) and not self.left_to_rule(fault):
                values.setdefault(fault.path, []).append(fault)
        for path, found in keys.items():
            yield from self.judge_keys(path, found)
        yield from self.judge_values(values)

    def accepts_later(self, path: Path, value: object) -> bool:
        """Whether a value is only known at run time, or after a reference is resolved, and may be so here."""
        if not isinstance(value, str) or not dynamic(value):
            return False
        if refers(value):
            return True
        return self.takes_expression(path)

    def left_to_rule(self, fault: Fault) -> bool:
        """Whether the text is of a kind that a rule of its own speaks about, such as `invalid-encoding`."""
        formats = self.step_type.formats if self.step_type is not None else {}
        return isinstance(fault.value, str) and ".".join(map(str, fault.path)) in formats

    # Keys

    def judge_keys(self, path: Path, keys: _Keys) -> Iterator[tuple[str, Verdict]]:
        missing = dict.fromkeys(keys.missing)
        present = self.written(path)
        inside = self.inside_inputs() if not path else ()
        for number, key in enumerate(keys.unknown):
            if key in inside:
                missing.pop("inputs", None)
                yield "unknown-property", self.misplaced(path, key)
                continue
            free = [*missing, *(legal for legal in keys.legal if legal not in present)]
            near = nearest(key, free) if number < MOST_GUESSES else None
            if near is not None:
                missing.pop(near, None)
            yield "unknown-property", self.unknown(path, key, near, keys.legal)
        for key in missing:
            yield "missing-property", self.missing(path, key)

    def inside_inputs(self) -> Mapping[str, object]:
        inputs = self.schema["properties"].get("inputs", {}) if self.step_type is not None else {}
        properties = inputs.get("properties", {})
        return properties if isinstance(properties, Mapping) else {}

    def unknown(self, path: Path, key: str, near: str | None, legal: Sequence[str]) -> Verdict:
        end = or_legal(near, f"legal here: {listed(legal)}") if legal else ""
        message = f"unknown property `{shorten(key)}` in {self.where(path)}{end}"
        return Verdict(self.place(*path, key, key=True), message, near, key)

    def misplaced(self, path: Path, key: str) -> Verdict:
        message = f"`{shorten(key)}` belongs below `inputs` in {self.where(path)}"
        return Verdict(self.place(*path, key, key=True), message, None, key)

    def missing(self, path: Path, key: str) -> Verdict:
        schema = self.schema["properties"].get(key, {}) if not path else {}
        within = schema.get("required", ()) if isinstance(schema, Mapping) else ()
        tail = f"; it holds {listed(within)}" if within else ""
        message = f"{self.where(path)} needs `{key}`{tail}"
        return Verdict(self.place_of_missing(path, key), message[:1].upper() + message[1:], None, key)

    def place_of_missing(self, path: Path, key: str) -> Place:
        """The empty property when it is written, else the key of what should hold it, else the step's type."""
        if key in self.written(path):
            return self.place(*path, key, key=True)
        if path:
            return self.place(*path, key=True)
        for name in ("stepType", "id"):
            if self.step_type is not None and name in self.original:
                return self.place(name)
        return self.place()

    # Values

    def judge_values(self, values: Mapping[Path, list[Fault]]) -> Iterator[tuple[str, Verdict]]:
        reported: set[Path] = set()
        for path, found in values.items():
            fault = min(found, key=lambda fault: fault.keyword != "type")
            # A flat list of steps is one mistake, not one for each of its steps.
            told: Path = ("do",) if path[:1] == ("do",) and len(path) == 2 else path
            if told not in reported:
                reported.add(told)
                yield self.judge_value(told, fault)

    def judge_value(self, path: Path, fault: Fault) -> tuple[str, Verdict]:
        if path == ("do",):
            return self.judge_do(fault)
        if fault.keyword == "type":
            return "wrong-type", self.wrong_type(path, fault)
        if fault.keyword in ("anyOf", "enum"):
            return "invalid-enum", self.not_listed(path, fault)
        if fault.keyword == "maxProperties":
            message = f"`{self.field(path)}` has no place in {self.where(())}"
            return "unknown-property", Verdict(self.place(*path, key=True), message, None, self.subject(path))
        advice = fault.schema.get("patternErrorMessage")
        other_types = fault.keyword == "pattern" and isinstance(fault.schema.get("type"), list)
        message = f"`{self.field(path)}` cannot be {self.shown(path, fault.value)}: {_advice(advice, fault)}"
        verdict = Verdict(self.place(*path), message, None, self.subject(path))
        return "wrong-type" if other_types else "invalid-value", verdict

    def judge_do(self, fault: Fault) -> tuple[str, Verdict]:
        place = self.place("do", key=True)
        if fault.keyword == "maxItems":
            message = f"{with_article(self.what)} holds no other steps; remove `do`, or make it an If"
            return "unknown-property", Verdict(place, message[:1].upper() + message[1:], None, "do")
        if fault.keyword == "minItems":
            return "invalid-value", Verdict(
                place, "a branch of `do` is empty; put a step into it, or remove it", None, "do"
            )
        message = "`do` must be a list of branches, and each branch a list of steps (`do: [[step, step]]`)"
        return "wrong-type", Verdict(place, message, None, "do")

    def wrong_type(self, path: Path, fault: Fault) -> Verdict:
        wanted = fault.wanted if isinstance(fault.wanted, list) else [fault.wanted]
        words = _joined([_TYPES[name] for name in wanted if len(wanted) == 1 or name != "null"])
        value = fault.value
        message = f"`{self.field(path)}` must be {words}, not {self.shown(path, value)}"
        suggestion: str | None = None
        fix: Fix | None = None
        if path[:1] == ("selectNextStep",) and len(path) == 2:
            message += "; a condition is an expression in quotes, and null marks the default"
        elif "string" in wanted and isinstance(value, bool | int | float) and not sensitive((*self.root, *path)):
            suggestion = self.in_quotes(path)
            message += self.about_number(path, value, suggestion)
            # Whether a bare number is seconds or days, only a person knows.
            if suggestion is not None and not self.is_duration(path):
                fix = Replace(old=value, new=suggestion[1:-1])
        elif isinstance(value, str) and _bare(value, wanted):
            suggestion = value
            message += "; remove the quotes"
            fix = _without_quotes(value)
        elif self.takes_expression(path) and not isinstance(value, Mapping | list):
            message += ", or an expression in quotes that gives it"
        return Verdict(self.place(*path), message, suggestion, self.subject(path), fix)

    def takes_expression(self, path: Path) -> bool:
        return self.step_type is not None and holds_expression(self.step_type, path)

    def about_number(self, path: Path, value: object, suggestion: str | None) -> str:
        if self.is_duration(path) and isinstance(value, int) and not isinstance(value, bool):
            if 0 < value <= 10_000_000:
                return f'; write "{value}" for {durations.count(value, "day")}; {durations.alternatives(value)}'
            return "; write it as d.HH:mm:ss in quotes"
        return f"; write {suggestion} in quotes" if suggestion is not None else "; put it in quotes"

    def is_duration(self, path: Path) -> bool:
        formats = self.step_type.formats if self.step_type is not None else {}
        return formats.get(".".join(map(str, path))) == "duration"

    def in_quotes(self, path: Path) -> str | None:
        """The scalar as it is written in the file, quoted; what YAML made of it may be something else."""
        span = self.place(*path).span
        if span.line != span.end_line:
            return None
        raw = (self.line or self.workflow.document.line)(span.line)[span.column - 1 : span.end_column - 1]
        return f'"{raw}"' if raw and len(raw) <= 40 and not set(raw) & set("\"'\\${}") else None

    def not_listed(self, path: Path, fault: Fault) -> Verdict:
        legal = _listed_values(fault)
        near = nearest(fault.value, legal) if isinstance(fault.value, str) else None
        end = or_legal(near, f"legal: {listed(legal, 'or')}")
        message = f"`{self.field(path)}` cannot be {self.shown(path, fault.value)}{end}"
        return Verdict(self.place(*path), message, near, self.subject(path), respelled(fault.value, near))

    # Words

    def shown(self, path: Path, value: object) -> str:
        if isinstance(value, Mapping | list):
            return kind(value)
        return quoted(value, (*self.root, *path))

    def field(self, path: Path) -> str:
        return shorten(dotted(path or self.root[-1:]))

    def where(self, path: Path) -> str:
        holder = with_article(self.what) if self.step_type is not None else self.what
        return f"`{shorten(dotted(path))}` of {holder}" if path else holder

    def subject(self, path: Path) -> str:
        return str(path[-1]) if path else ""

    def place(self, *path: str | int, key: bool = False) -> Place:
        return self.workflow.place(*self.root, *path, key=key and bool(path))

    def written(self, path: Path) -> Mapping[str, object]:
        """The mapping at a path, as written."""
        value: object = self.original
        for part in path:
            if isinstance(value, Mapping) and isinstance(part, str):
                value = value.get(part)
            else:
                return {}
        return value if isinstance(value, Mapping) else {}


def _listed_values(fault: Fault) -> list[str]:
    alternatives = fault.wanted if fault.keyword == "anyOf" else [fault.schema]
    return [str(value) for schema in alternatives for value in schema.get("enum", ())]


def _advice(written: object, fault: Fault) -> str:
    if isinstance(written, str) and fault.keyword == "pattern":
        return written[:1].lower() + written[1:].rstrip(".")
    limit = fault.wanted
    sentences: Mapping[str, Callable[[], str]] = {
        "minLength": lambda: "it is empty" if limit == 1 else f"it needs at least {limit} characters",
        "maxLength": lambda: f"it may have at most {limit} characters",
        "minItems": lambda: "the list is empty" if limit == 1 else f"the list needs at least {limit} items",
        "minProperties": lambda: "it is empty",
        "minimum": lambda: f"the least is {limit}",
        "maximum": lambda: f"the most is {limit}",
        "uniqueItems": lambda: "an item occurs twice",
    }
    sentence = sentences.get(str(fault.keyword))
    return sentence() if sentence is not None else "it does not have the right form"


def _joined(words: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _without_quotes(text: str) -> Fix | None:
    value = text == "true" if text in ("true", "false") else int(text)
    # `007` is no number that anybody would write without its quotes.
    return Replace(old=text, new=value) if str(value).lower() == text else None


def _bare(text: str, wanted: Sequence[str]) -> bool:
    """Whether a text would be of a wanted type without its quotes."""
    if "boolean" in wanted and text in ("true", "false"):
        return True
    return ("integer" in wanted or "number" in wanted) and text.isascii() and text.isdigit() and len(text) < 10
