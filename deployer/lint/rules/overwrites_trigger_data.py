"""Outputs that hide what the trigger brought."""

from deployer.finding import Severity
from deployer.lint.expressions.triggers import ADDED, SHAPES, declared_names
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import shorten
from deployer.source.workflow import Workflow


@rule(
    "overwrites-trigger-data",
    Severity.WARNING,
    why="""An output of the name `payload` replaces the message that started the workflow: later steps no longer
    find the sender's number or the text.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: ask
      stepType: WaitForReply
      inputs: { from: "{{data.payload.source}}", channel: sms, timeout: "00:05:00" }
      outputs: { payload: "{{step.reply.payload}}" }
      nextStepId: reply
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: "Thank you" }
""",
    good="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: ask
      stepType: WaitForReply
      inputs: { from: "{{data.payload.source}}", channel: sms, timeout: "00:05:00" }
      outputs: { answer: "{{step.reply.payload}}" }
      nextStepId: reply
    - id: reply
      stepType: SMS
      inputs:
        subAccountId: acme_sms
        destination: "{{data.payload.source}}"
        text: "You wrote {{data.answer?.body ?? 'nothing'}}"
""",
    mend="""Give the output another name.""",
    source="https://developer.8x8.com/connect/reference/context-scripting",
)
def overwrites_trigger_data(workflow: Workflow, _: Context) -> Problems:
    """An output has a name that the trigger does not use."""
    taken = ADDED | set(declared_names(workflow)) | ({"payload"} if workflow.trigger in SHAPES else set())
    for step in workflow.steps:
        for name in step.outputs:
            if name in taken:
                yield Problem(
                    step.place("outputs", name, key=True),
                    f"`{shorten(name)}` replaces what the trigger brought: later steps no longer find the original",
                )
