"""Which rules run, by name, so that nothing is imported for a workflow that no rule speaks about.

Rules come in families. Each family has one quick look, `clear`, that says yes where certainly no rule of the
family has anything to say with its default options; only after a no its rules are imported and run, and what
they find is what counts. So a look that is too careful costs time, and never a finding. Rules stay apart from
all families where a look would be no quicker than the rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from deployer.lint import clear_flow, clear_project, clear_steps
from deployer.source.workflow import Workflow
from deployer.tuples import NamedTuple


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

OF_PROJECTS: Mapping[str, Callable[[Sequence[Workflow]], bool]] = {
    "duplicate-definition-name": clear_project.names_differ,
    "duplicate-key": clear_project.keys_differ,
    "overlapping-trigger": clear_project.listen_apart,
}
"""Rules that compare workflows, each with the quick look that says where it finds nothing."""
