"""Scripts that are no JavaScript."""

from deployer.finding import Severity
from deployer.lint.expressions.places import scripts_of
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.source.workflow import Workflow


@rule(
    "expression-syntax",
    Severity.ERROR,
    why="""A script that does not parse fails when its step runs, in front of the customer. Often it is a quote
    that a text program made pretty, a bracket or a brace that is missing, or half an expression.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs:
        subAccountId: acme_sms
        destination: "{{data.payload.source}}"
        text: "Hello {{data.payload.source + }}"
""",
    good="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs:
        subAccountId: acme_sms
        destination: "{{data.payload.source}}"
        text: "Hello {{data.payload.source}}"
""",
    mend="""Write one JavaScript expression between `{{` and `}}`, with straight quotes.""",
    source="https://developer.8x8.com/connect/reference/context-scripting",
)
def expression_syntax(workflow: Workflow, _: Context) -> Problems:
    """What stands between `{{` and `}}` is one JavaScript expression."""
    scripts = scripts_of(workflow)
    for text in scripts.texts:
        for brace in text.faults:
            # What is sent as it stands hurts less than what fails.
            severity = Severity.WARNING if brace.literal else None
            yield Problem(text.place(brace.start, brace.end), brace.message, severity=severity)
    for located in scripts.located:
        fault = located.expression.fault
        if fault is not None:
            yield Problem(located.place(fault.start, fault.end), fault.message, fault.suggestion)
        elif located.expression.blank:
            yield Problem(located.place(), "this script is empty")
