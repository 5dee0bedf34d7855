"""Rules: one file each in `rules/`, gathered here."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import field
from functools import cache
from typing import TYPE_CHECKING

from deployer.finding import Fix, Severity
from deployer.record import record
from deployer.source.workflow import Place, Workflow
from deployer.tuples import NamedTuple

if TYPE_CHECKING:
    from deployer.lint.expressions.catalogue import Function


class Problem(NamedTuple):
    """What a rule yields; its name and severity are added by `check`."""

    place: Place
    message: str
    suggestion: str | None = None
    """What to write at the place instead, when one answer is likely."""
    severity: Severity | None = None
    """For a rule that knows worse and better cases; None means the rule's own."""
    fix: Fix | None = None
    """How `validate --fix` mends it: only where that is no guess."""


Problems = Iterator[Problem]


@record
class Context:
    """What a rule may know beside the workflow."""

    options: Mapping[str, object] = field(default_factory=dict)
    """The options of this rule in `deployer.yaml`, validated against `Rule.options`."""
    allowed_step_types: frozenset[str] = frozenset()
    """`validation.allowStepTypes`, in lower case: types that the vendor added later."""
    selected: Container[str] | None = None
    """The files that the user asked about; None means all."""
    own_functions: Mapping[str, Function] | None = None
    """What the platform adds to JavaScript for the project's account; None means the built-in list."""
    time_zones: frozenset[str] | None = None
    """The account's own time zone ids; None means the built-in list."""

    @property
    def functions(self) -> Mapping[str, Function]:
        """What the platform adds to JavaScript, by name: an account's own list where the project has one."""
        if self.own_functions is not None:
            return self.own_functions
        from deployer.lint.expressions.catalogue import FUNCTIONS  # long, and for few rules

        return FUNCTIONS

    def shown(self, workflow: Workflow) -> bool:
        """Whether the user asked about this workflow's file."""
        return self.selected is None or workflow.file in self.selected


_ALWAYS = "nothing could be sent of such a file"


@record
class Rule:
    """One check and its documentation."""

    name: str
    severity: Severity
    """By default; `rules: {NAME: off|warning|error}` in `deployer.yaml` overrides it."""
    summary: str
    """What must hold, in one sentence: the check's docstring."""
    why: str = ""
    bad: str = ""
    """A workflow file that the rule reports."""
    good: str = ""
    """The same, mended."""
    mend: str = ""
    source: str = ""
    """Where the fact is documented: a URL, or `observed`."""
    check: Callable[[Workflow, Context], Problems] | None = None
    """None for what a project rule, the schemas, the references or the reader finds."""
    check_project: Callable[[Sequence[Workflow], Context], Problems] | None = None
    adjustable: bool = True
    """Whether `deployer.yaml` may change its severity. Not where nothing could be sent anyway."""
    always: str = _ALWAYS
    """Why it may not, where it may not."""
    options: Mapping[str, object] = field(default_factory=dict)
    """JSON Schema properties of the rule's options."""


_RULES_PACKAGE = "deployer.lint.rules"
_RULES: dict[str, Rule] = {}
"""Those that were imported so far."""


def rule(
    name: str,
    severity: Severity,
    *,
    why: str,
    bad: str,
    good: str,
    mend: str,
    source: str,
    options: Mapping[str, object] | None = None,
) -> Callable[[Callable[[Workflow, Context], Problems]], Callable[[Workflow, Context], Problems]]:
    """Register a check of one workflow."""

    def register(check: Callable[[Workflow, Context], Problems]) -> Callable[[Workflow, Context], Problems]:
        _RULES[name] = Rule(
            name=name, severity=severity, summary=_line(check.__doc__ or ""), why=_line(why), bad=bad, good=good,
            mend=_line(mend), source=source, check=check, options=options or {},
        )  # fmt: skip
        return check

    return register


def project_rule(
    name: str,
    severity: Severity,
    *,
    why: str,
    bad: str,
    good: str,
    mend: str,
    source: str,
    options: Mapping[str, object] | None = None,
    adjustable: bool = True,
) -> Callable[[Callable[[Sequence[Workflow], Context], Problems]], Callable[[Sequence[Workflow], Context], Problems]]:
    """Register a check of all workflows of a project together.

    `bad` and `good` may hold several files, each begun by a line `# file: NAME`.
    """

    def register(
        check: Callable[[Sequence[Workflow], Context], Problems],
    ) -> Callable[[Sequence[Workflow], Context], Problems]:
        _RULES[name] = Rule(
            name=name, severity=severity, summary=_line(check.__doc__ or ""), why=_line(why), bad=bad, good=good,
            mend=_line(mend), source=source, check_project=check, options=options or {}, adjustable=adjustable,
        )  # fmt: skip
        return check

    return register


def declare(
    name: str,
    severity: Severity,
    summary: str,
    *,
    why: str,
    bad: str,
    good: str,
    mend: str,
    source: str,
    adjustable: bool = True,
    always: str = _ALWAYS,
) -> None:
    """Register a rule that is not a function of its own: the schemas or the references find its cases."""
    _RULES[name] = Rule(
        name=name, severity=severity, summary=summary, why=_line(why), bad=bad, good=good,
        mend=_line(mend), source=source, adjustable=adjustable, always=always,
    )  # fmt: skip


def _line(text: str) -> str:
    """Prose on one line, however the source wraps it; whoever shows it wraps it anew."""
    return " ".join(text.split())


_APART = ("reader_rules", "project_rules", "schema_rules", "reference_rules", "case_rules", "smoke_rules")
"""Modules that document rules which are no functions of their own."""


def find_rule(name: str) -> Rule | None:
    """The rule of that name, with nothing else imported: it stands in the module of its name in `rules/`."""
    if name not in _RULES:
        module = name.replace("8x8", "eight-by-eight").replace("-", "_")
        if not (module.isidentifier() and _imported(f"{_RULES_PACKAGE}.{module}")):
            _import_apart()
    return _RULES.get(name)


def _imported(module: str) -> bool:
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        return False
    return True


def rule_named(name: str) -> Rule:
    """A rule that there is. Raises KeyError for any other name."""
    found = find_rule(name)
    if found is None:
        raise KeyError(name)
    return found


@cache
def documented_rules() -> Mapping[str, Rule]:
    """Every rule by name."""
    import pkgutil

    _import_apart()
    for found in pkgutil.iter_modules(importlib.import_module(_RULES_PACKAGE).__path__):
        importlib.import_module(f"{_RULES_PACKAGE}.{found.name}")
    return dict(sorted(_RULES.items()))


def _import_apart() -> None:
    for module in _APART:
        importlib.import_module(f"deployer.lint.{module}")
