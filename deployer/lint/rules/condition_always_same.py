"""Conditions that decide nothing."""

from functools import lru_cache

from deployer.finding import Severity
from deployer.lint.expressions.conditions import read_condition, worlds
from deployer.lint.expressions.places import Located, scripts_of
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.regex import regex
from deployer.source.workflow import Workflow

_TRUE = regex(r"\s*\{\{\s*true\s*;?\s*\}\}\s*")


@rule(
    "condition-always-same",
    Severity.WARNING,
    why="""A condition that is true whatever the customer writes, or never, is usually an `||` that should be an
    `&&`, or the other way round. Several branches that are plainly `{{true}}` are left alone: that is how
    paths are started side by side.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: menu
      stepType: Branch
      selectNextStep:
        reply: "{{data.payload.body != '1' || data.payload.body != '2'}}"
        other: null
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: "Thank you" }
    - id: other
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: "Thank you" }
""",
    good="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: menu
      stepType: Branch
      selectNextStep:
        reply: "{{data.payload.body != '1' && data.payload.body != '2'}}"
        other: null
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: "Thank you" }
    - id: other
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: "Thank you" }
""",
    mend="""Check `&&` and `||`; leave out what is always so.""",
    source="https://developer.8x8.com/connect/reference/create-definition",
)
def condition_always_same(workflow: Workflow, _: Context) -> Problems:
    """A condition can come out true, and can come out false."""
    for located in scripts_of(workflow).located:
        if not located.text.condition:
            continue
        results = _results(located.text.text)
        if len(results) != 1 or _side_by_side(located):
            continue
        said = "always true, whatever the data" if True in results else "never true, whatever the data"
        yield Problem(located.place(), f"this condition is {said}")


@lru_cache(maxsize=4096)
def _results(text: str) -> frozenset[bool]:
    """How a condition can come out; empty where nobody knows."""
    condition = read_condition(text)
    everything = worlds((condition,)) if condition is not None else None
    if condition is None or everything is None:
        return frozenset()
    return frozenset(condition.test(world) for world in everything)


def _side_by_side(located: Located) -> bool:
    """Whether several branches are to start in any case."""
    if located.part != "selectNextStep":
        return False
    plain = [_TRUE.fullmatch(outcome.condition) for outcome in located.step.outcomes if outcome.condition is not None]
    return sum(match is not None for match in plain) > 1 and _TRUE.fullmatch(located.text.text) is not None
