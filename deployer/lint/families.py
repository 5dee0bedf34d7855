"""Which rules run, by name, so that nothing is imported for a workflow that no rule speaks about.

Rules come in families. Each family has one quick look, `clear`, that says yes where certainly no rule of the
family has anything to say with its default options; only after a no its rules are imported and run, and what
they find is what counts. So a look that is too careful costs time, and never a finding. Rules stay apart from
all families where a look would be no quicker than the rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from deployer.finding import Severity
from deployer.lint import clear_flow, clear_project, clear_steps
from deployer.lint.registry import Context, Problem, rule_named
from deployer.source.workflow import Workflow
from deployer.tuples import NamedTuple

if TYPE_CHECKING:
    from deployer.lint.check import LintSettings


class Family(NamedTuple):
    """Rules that one quick look speaks for."""

    name: str
    rules: tuple[str, ...]
    clear: Callable[[Workflow], bool]
    """Whether certainly no rule of the family, with its default options, says anything about a workflow."""
    schemas: bool = False
    """Whether the look speaks for the schemas as well."""


def unclear(_: Workflow) -> bool:
    """No quick look: the rules have to run."""
    return False


FAMILIES: tuple[Family, ...] = (
    Family(
        "steps",
        (
            "channel-unknown", "chat-content-shape", "content-type-not-json", "duplicate-step-id", "http-timeout-range",
            "invalid-country", "invalid-datetime", "invalid-duration", "invalid-encoding", "invalid-url",
            "missing-name", "missing-status", "missing-trigger", "next-step-conflict", "no-steps",
            "overwrites-trigger-data", "phone-number-format", "plain-http-url", "server-field-in-file",
            "smoke-unknown-step", "sms-too-many-parts", "sub-account-id-format", "unknown-next-step", "voice-params",
            "wait-for-dtmf-without-voice",
        ),
        clear_steps.clear,
        schemas=True,
    ),
    Family(
        "flow",
        (
            "assignment-instead-of-comparison", "branch-without-default", "condition-always-same", "data-never-set",
            "data-set-never-read", "expression-forbidden", "expression-syntax", "expression-too-long",
            "non-boolean-condition", "overlapping-conditions", "reply-read-after-timeout", "step-loop-without-wait",
            "step-output-unknown", "step-outside-outputs", "time-zone-unknown", "unknown-function", "unknown-variable",
            "unreachable-step", "wrong-argument-count", "wrong-argument-type", "wrong-payload-for-trigger",
        ),
        clear_flow.clear,
    ),
    Family("endpoints", ("8x8-endpoint",), clear_steps.calls_no_vendor),
    Family("secrets", ("hard-coded-secret",), clear_steps.holds_no_secret),
    # What is off until a project turns it on.
    Family("optional", ("builder-leftover", "description-missing", "loose-spelling", "step-id-style"), unclear),
)  # fmt: skip

OPTIONAL = frozenset({"builder-leftover", "description-missing", "loose-spelling", "step-id-style"})
"""Rules that are off by default."""

OF_PROJECTS: Mapping[str, Callable[[Sequence[clear_project.Compared]], bool]] = {
    "duplicate-definition-name": clear_project.names_differ,
    "duplicate-key": clear_project.keys_differ,
    "overlapping-trigger": clear_project.listen_apart,
}
"""Rules that compare workflows, each with the quick look that says where it finds nothing."""

Contexts = Callable[[str], Context]
"""What a rule may know, by the name of the rule."""


class Pack:
    """Rules of a family as one run needs them, imported when they are first asked."""

    def __init__(
        self, names: Sequence[str], clear: Callable[[Workflow], bool], context: Contexts, *, schemas: bool
    ) -> None:
        self.clear = clear
        """Whether certainly no rule of these says anything about a workflow."""
        self._names = names
        self._context = context
        self._schemas = schemas

    def problems(self, workflow: Workflow) -> Iterator[tuple[str, Problem]]:
        """What the rules say about a workflow, each by its name."""
        if self._schemas:
            from deployer.lint.schema import schema_problems  # not needed for what is clear

            yield from schema_problems(workflow, self._context(""))
        for name, check, context in self._checks:
            for found in check(workflow, context):
                yield name, found

    @cached_property
    def _checks(self) -> list[tuple[str, Callable[[Workflow, Context], Iterator[Problem]], Context]]:
        """The rules that run, by name, each with what it may know."""
        found = ((name, rule_named(name).check) for name in self._names)
        return [(name, check, self._context(name)) for name, check in found if check is not None]


def packs_of(family: Family, settings: LintSettings, context: Contexts) -> Iterator[Pack]:
    """The rules of a family that are not off: those with options apart, as a quick look knows default options alone."""
    names = [name for name in family.rules if _wanted(name, settings)]
    plain = settings.functions is None and settings.time_zones is None and not settings.allow_step_types
    by_default = [name for name in names if name not in settings.options]
    if by_default or family.schemas:
        yield Pack(by_default, family.clear if plain else unclear, context, schemas=family.schemas)
    if len(by_default) < len(names):
        yield Pack([name for name in names if name in settings.options], unclear, context, schemas=False)


def _wanted(name: str, settings: LintSettings) -> bool:
    chosen = settings.severities.get(name)
    return name not in OPTIONAL if chosen is None else chosen is not Severity.OFF
