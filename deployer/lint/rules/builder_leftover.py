"""Empty fields that the web builder exports."""

from deployer.finding import Remove, Severity
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.source.canonical import is_leftover
from deployer.source.workflow import Workflow


@rule(
    "builder-leftover",
    Severity.OFF,
    why="""The web builder exports every field of a step, used or not. An empty one means the same as none, so a plan
    shows no difference; it only makes the file longer. `deployer validate --fix` removes them even where this rule is
    not turned on, unless the project says `off`.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
      do: []
      outputs: {}
      nextStepId: null
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
""",
    mend="""Run `deployer validate --fix`.""",
    source="observed",
)
def builder_leftover(workflow: Workflow, _: Context) -> Problems:
    """A step has no empty `do`, `inputs`, `outputs`, `selectNextStep` or `nextStepId`."""
    for step in workflow.steps:
        for key, value in step.body.items():
            if value or not is_leftover(key, value):
                continue
            needed = step.type is not None and any(name.split(".")[0] == key for name in step.type.required)
            if not needed:  # else something is missing in it
                yield Problem(step.place(key, key=True), f"`{key}` is empty; remove it", fix=Remove(old=value))
