"""Values that a step does not leave behind."""

from deployer.finding import Severity
from deployer.lint.expressions.places import scripts_of
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import did_you_mean, listed, nearest, shorten, with_article
from deployer.source.workflow import Workflow


@rule(
    "step-output-unknown",
    Severity.ERROR,
    why="""After a step has run, `step` holds what this type of step offers and nothing else. Any other name gives
    nothing, so an output stays empty and every later step works with a hole.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: "Thank you" }
      outputs: { sent: "{{step.umidd}}" }
      nextStepId: log
    - id: log
      stepType: HttpRequest
      inputs: { url: "https://example.com/log", method: POST, body: { id: "{{data.sent}}" } }
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
    mend="""Read one of the values that the message lists.""",
    source="https://developer.8x8.com/connect/reference/create-definition",
)
def step_output_unknown(workflow: Workflow, _: Context) -> Problems:
    """`step.` names a value that this type of step offers."""
    for located in scripts_of(workflow).located:
        declared = located.step.type
        if declared is None or not declared.documented or located.part == "inputs":
            continue
        for read in located.expression.reads:
            if read.root != "step" or read.name is None or read.name in declared.offers:
                continue
            near = nearest(read.name, declared.offers)
            offers = f"offers {listed(list(declared.offers))}" if declared.offers else "offers nothing"
            yield Problem(
                located.place(read.start, read.ends[0]),
                f"`step.{shorten(read.name)}` is not there: {with_article(declared.name)} step {offers}"
                f"{did_you_mean(f'step.{near}' if near else None)}",
                f"step.{near}" if near else None,
            )
