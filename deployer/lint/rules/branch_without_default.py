"""Conditions that leave a gap."""

from collections.abc import Sequence

from deployer.finding import Severity
from deployer.lint.expressions.conditions import Condition, World, read_condition, worlds
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.source.workflow import Workflow


@rule(
    "branch-without-default",
    Severity.WARNING,
    why="""When no condition of `selectNextStep` is true, this path of the workflow ends without a word. For a
    customer who answered something unexpected that looks like being ignored. Conditions that cover
    every case, such as `== null` beside `!= null`, need no default.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: menu
      stepType: Branch
      selectNextStep: { hours: "{{data.payload.body == '1'}}", prices: "{{data.payload.body == '2'}}" }
    - id: hours
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
    - id: prices
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
""",
    good="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: menu
      stepType: Branch
      selectNextStep: { hours: "{{data.payload.body == '1'}}", prices: "{{data.payload.body == '2'}}", sorry: null }
    - id: hours
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
    - id: prices
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
    - id: sorry
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
""",
    mend="""Add a key with `null`: that step runs when no other condition is true.""",
    source="https://developer.8x8.com/connect/reference/create-definition",
)
def branch_without_default(workflow: Workflow, _: Context) -> Problems:
    """A selector covers every case: by a default (`null`), or by conditions that leave no gap."""
    for step in workflow.steps:
        selected = [outcome for outcome in step.outcomes if outcome.via == "selectNextStep"]
        conditions = [outcome.condition for outcome in selected if outcome.condition is not None]
        if not selected or len(conditions) < len(selected) or _exhaustive(conditions):
            continue
        yield Problem(
            step.place("selectNextStep", key=True),
            "when none of these conditions is true, this path ends in silence; add a step with `null` as its condition",
        )


def _exhaustive(texts: Sequence[str]) -> bool:
    """Whether at least one condition is true, whatever the data is. False when in doubt."""
    conditions = [condition for condition in map(read_condition, texts) if condition is not None]
    combinations = worlds(conditions)
    return combinations is not None and all(_covered(world, conditions) for world in combinations)


def _covered(world: World, conditions: Sequence[Condition]) -> bool:
    # `code < 400` beside `code >= 400` leaves only what is no number, and nobody compares that.
    return any(condition.test(world) for condition in conditions) or any(
        term.ordered and not isinstance(world[name], float)
        for condition in conditions
        for name, term in condition.terms.items()
    )
