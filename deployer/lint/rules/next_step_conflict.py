"""Two answers to the question where to go."""

from deployer.finding import Severity
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.source.workflow import Workflow


@rule(
    "next-step-conflict",
    Severity.ERROR,
    why="""The vendor's documentation forbids `nextStepId` beside `selectNextStep`. The engine follows
    `nextStepId` and never looks at the conditions, so customers take a way that nobody meant.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: ask
      stepType: WaitForReply
      inputs: { from: "{{data.payload.source}}", channel: sms, timeout: "01:00:00" }
      nextStepId: thanks
      selectNextStep: { thanks: "{{step.reply != null}}", remind: null }
    - id: thanks
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
    - id: remind
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
""",
    good="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: ask
      stepType: WaitForReply
      inputs: { from: "{{data.payload.source}}", channel: sms, timeout: "01:00:00" }
      selectNextStep: { thanks: "{{step.reply != null}}", remind: null }
    - id: thanks
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
    - id: remind
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
""",
    mend="""Keep one of the two. A way that is always taken is `nextStepId`; a default beside conditions is a
    key with `null`.""",
    source="https://developer.8x8.com/connect/reference/create-definition",
)
def next_step_conflict(workflow: Workflow, _: Context) -> Problems:
    """A step has `nextStepId` or `selectNextStep`, not both."""
    for step in workflow.steps:
        if len(step.outcomes) > 1 and {outcome.via for outcome in step.outcomes} == {"nextStepId", "selectNextStep"}:
            yield Problem(
                step.place("nextStepId", key=True),
                "`nextStepId` and `selectNextStep` exclude each other; "
                "for a default, write `null` as a condition in `selectNextStep`",
            )
