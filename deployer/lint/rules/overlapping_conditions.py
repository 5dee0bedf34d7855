"""Branches that start together by accident."""

from collections.abc import Iterator
from functools import lru_cache

from deployer.finding import Severity
from deployer.lint.expressions.conditions import Condition, World, read_condition, worlds
from deployer.lint.expressions.javascript import ELSE
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import quoted, shorten
from deployer.source.workflow import Outcome, Step, Workflow

_MOST_CONDITIONS = 40
"""Conditions of one step that are compared with one another."""


@rule(
    "overlapping-conditions",
    Severity.WARNING,
    why="""Every branch whose condition is true starts. Two conditions on the same values that can be true
    together start both, and the customer gets two answers. Conditions on different values are left alone:
    those may well be meant to start together.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: menu
      stepType: Branch
      selectNextStep:
        one: "{{data.payload.body == '1'}}"
        other: "{{data.payload.body != '2'}}"
        rest: null
    - id: one
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: "Thank you" }
    - id: other
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: "Thank you" }
    - id: rest
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
        one: "{{data.payload.body == '1'}}"
        other: "{{data.payload.body != '1' && data.payload.body != '2'}}"
        rest: null
    - id: one
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: "Thank you" }
    - id: other
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: "Thank you" }
    - id: rest
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: "Thank you" }
""",
    mend="""Make one condition exclude the other, or use `null` for the step that runs when no other does.""",
    source="https://developer.8x8.com/connect/reference/create-definition",
)
def overlapping_conditions(workflow: Workflow, _: Context) -> Problems:
    """Conditions on the same values are not true together."""
    for step in workflow.steps:
        if len(step.outcomes) < 2:
            continue
        known = list(_conditions(step))
        for place, (outcome, condition) in enumerate(known):
            for earlier, other in known[:place]:
                world = _together(other, condition)
                if world is not None:
                    yield Problem(
                        step.place("selectNextStep", outcome.target),
                        f"this can be true together with the condition of `{shorten(earlier.target)}`"
                        f"{_shown(world)}; then both steps run",
                    )
                    break


def _conditions(step: Step) -> Iterator[tuple[Outcome, Condition]]:
    for outcome in step.outcomes[:_MOST_CONDITIONS]:
        condition = read_condition(outcome.condition) if outcome.condition is not None else None
        if condition is not None and condition.terms:
            yield outcome, condition


@lru_cache(maxsize=4096)
def _together(one: Condition, other: Condition) -> World | None:
    """Values that make both true, where both ask for the same."""
    if not (one.terms.keys() <= other.terms.keys() or other.terms.keys() <= one.terms.keys()):
        return None
    everything = list(worlds((one, other)) or ())
    if any(all(condition.test(world) for world in everything) for condition in (one, other)):
        return None  # what is always true has a rule of its own
    return next((world for world in everything if one.test(world) and other.test(world)), None)


def _shown(world: World) -> str:
    """The values, where they can be told in a few words."""
    said = [f"`{shorten(key)}` is {_value(value)}" for key, value in world.items() if "(" not in key]
    return f", such as when {' and '.join(said)}" if 0 < len(said) == len(world) <= 2 else ""


def _value(value: object) -> str:
    if value is ELSE:
        return "anything else"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return quoted(value) if value is None or isinstance(value, str | bool | float) else "missing"
