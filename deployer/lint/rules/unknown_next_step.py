"""A way that leads nowhere."""

from deployer.finding import Severity
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import MOST_GUESSES, did_you_mean, listed, nearest, refers, shorten
from deployer.source.workflow import Workflow


@rule(
    "unknown-next-step",
    Severity.ERROR,
    why="""The platform refuses a definition that leads to a step which does not exist ("Cannot find step id").
    Ids are compared exactly, so `Reply` is not `reply`.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
      nextStepId: thank
    - id: thanks
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
""",
    good="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
      nextStepId: thanks
    - id: thanks
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
""",
    mend="""Write the id of a step of this workflow, or add the step. Remove `nextStepId` where the path should
    end.""",
    source="https://github.com/danielgerlag/workflow-core",
)
def unknown_next_step(workflow: Workflow, _: Context) -> Problems:
    """`nextStepId` and every key of `selectNextStep` name a step of the workflow."""
    wrong = [
        (step, outcome)
        for step in workflow.steps
        for outcome in step.outcomes
        if outcome.target not in workflow.by_id and not refers(outcome.target)
    ]
    if not wrong:
        return
    ids = list(dict.fromkeys(step.id for step in workflow.steps if step.id is not None))
    known = listed(ids)
    for number, (step, outcome) in enumerate(wrong):
        near = None
        if number < MOST_GUESSES:
            near = nearest(outcome.target, [other for other in ids if other != step.id])
        place = workflow.place(*outcome.path, key=outcome.via == "selectNextStep")
        message = f"`{outcome.via}` leads to step `{shorten(outcome.target)}`, which does not exist"
        yield Problem(place, f"{message}{did_you_mean(near) or f'; the steps are {known}'}", near)
