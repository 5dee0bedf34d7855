"""Two steps with one id."""

from deployer.finding import Severity
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import shorten
from deployer.source.workflow import Step, Workflow


@rule(
    "duplicate-step-id",
    Severity.ERROR,
    why="""The platform refuses a definition in which two steps have one id ("Duplicate step Id"). Ids are
    global: a step inside `do` must not repeat one outside. Upper and lower case differ.""",
    bad="""\
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
      nextStepId: bye
    - id: bye
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
""",
    mend="""Give every step an id of its own, and check which of the two the others mean.""",
    source="https://github.com/danielgerlag/workflow-core",
)
def duplicate_step_id(workflow: Workflow, _: Context) -> Problems:
    """Step ids are unique within a workflow, nested steps included."""
    first: dict[str, Step] = {}
    for step in workflow.steps:
        earlier = first.setdefault(step.id, step) if step.id is not None else step
        if earlier is not step and step.id is not None:
            yield Problem(
                step.place("id"), f"step `{shorten(step.id)}` repeats the id of line {earlier.place('id').line}"
            )
