"""Words that the platform reads in any case."""

from deployer.finding import Replace, Severity
from deployer.lint.formats import literals
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import quoted
from deployer.source.workflow import Place, Workflow


@rule(
    "loose-spelling",
    Severity.OFF,
    why="""The platform does not mind how `stepType` and `encoding` are cased, but people who search for `WaitForReply`
    do. `deployer validate --fix` writes the documented spelling even where this rule is not turned on, unless the
    project says `off`.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: sms
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
""",
    mend="""Run `deployer validate --fix`.""",
    source="https://developer.8x8.com/connect/reference/create-definition",
)
def loose_spelling(workflow: Workflow, _: Context) -> Problems:
    """Step types and encodings are spelled as the documentation spells them."""
    for step in workflow.steps:
        if step.type is not None and step.type_name not in (None, step.type.name):
            yield _problem(step.place("stepType"), str(step.type_name), step.type.name)
    for field in literals(workflow, "encoding"):
        text, place = field.text, field.place
        if text.upper() in ("AUTO", "GSM7", "UCS2") and text != text.upper():
            yield _problem(place, text, text.upper())


def _problem(place: Place, written: str, documented: str) -> Problem:
    message = f'{quoted(written)} is spelled "{documented}" in the documentation'
    return Problem(place, message, documented, fix=Replace(old=written, new=documented))
