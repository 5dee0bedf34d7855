"""Results of a step before it has run."""

from deployer.finding import Severity
from deployer.lint.expressions.places import scripts_of
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.source.workflow import Workflow


@rule(
    "step-outside-outputs",
    Severity.ERROR,
    why="""`step` holds what the step itself has just done: it is there in its `outputs` and in its
    `selectNextStep`. While the inputs are computed nothing has been done yet, and what the step before did
    is gone.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: "Thank you" }
      nextStepId: log
    - id: log
      stepType: HttpRequest
      inputs: { url: "https://example.com/log", method: POST, body: { id: "{{step.umid}}" } }
""",
    good="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: "Thank you" }
      outputs: { sent: "{{step.umid}}" }
      nextStepId: log
    - id: log
      stepType: HttpRequest
      inputs: { url: "https://example.com/log", method: POST, body: { id: "{{data.sent}}" } }
""",
    mend="""Keep the value in `outputs` of the step that made it, and read it as `data.NAME`.""",
    source="https://developer.8x8.com/connect/reference/context-scripting",
)
def step_outside_outputs(workflow: Workflow, _: Context) -> Problems:
    """`step.` stands in `outputs` and `selectNextStep` only."""
    for located in scripts_of(workflow).located:
        if located.part != "inputs":
            continue
        for read in located.expression.reads:
            if read.root == "step":
                yield Problem(
                    located.place(read.start, read.ends[0] if read.ends else read.end),
                    "`step` is empty while inputs are computed; keep the value in `outputs` of the step that made it, "
                    "and read it as `data.NAME`",
                )
