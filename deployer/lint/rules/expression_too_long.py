"""Scripts beyond the platform's limit."""

from deployer.finding import Severity
from deployer.lint.expressions.places import scripts_of
from deployer.lint.expressions.plain import LONGEST_SCRIPT
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.source.workflow import Workflow


def _workflow(script: str) -> str:
    return f"""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs:
        subAccountId: acme_sms
        destination: "{{{{data.payload.source}}}}"
        text: "{{{{{script}}}}}"
"""


@rule(
    "expression-too-long",
    Severity.ERROR,
    why="""The platform runs scripts of at most 1000 characters.""",
    bad=_workflow("data.payload.body" + " + ' and more'" * 90),
    good=_workflow("data.payload.body + ' and more'"),
    mend="""Let several steps compute it: each can keep its part of the result in `outputs`.""",
    source="https://developer.8x8.com/connect/reference/context-scripting",
)
def expression_too_long(workflow: Workflow, _: Context) -> Problems:
    """A script has at most 1000 characters."""
    for located in scripts_of(workflow).located:
        length = len(located.script.source)
        if length > LONGEST_SCRIPT:
            yield Problem(
                located.place(), f"this script has {length:,} characters; the platform runs at most {LONGEST_SCRIPT:,}"
            )
