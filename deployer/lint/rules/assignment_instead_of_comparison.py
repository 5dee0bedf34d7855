"""One equals sign where two were meant."""

from deployer.finding import Severity
from deployer.lint.expressions.expression import Deed
from deployer.lint.expressions.places import scripts_of
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.source.workflow import Workflow


@rule(
    "assignment-instead-of-comparison",
    Severity.ERROR,
    why="""`=` assigns, which the platform refuses; `==` compares. In a condition the second is meant.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: menu
      stepType: Branch
      selectNextStep:
        reply: "{{data.payload.body = 'Hi'}}"
        other: null
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: "Thank you" }
    - id: other
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: "Thank you" }
""",
    good="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: menu
      stepType: Branch
      selectNextStep:
        reply: "{{data.payload.body == 'Hi'}}"
        other: null
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: "Thank you" }
    - id: other
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: "Thank you" }
""",
    mend="""Write `==`.""",
    source="https://developer.8x8.com/connect/reference/context-scripting",
)
def assignment_instead_of_comparison(workflow: Workflow, _: Context) -> Problems:
    """A condition compares with `==`."""
    for located in scripts_of(workflow).located:
        if not located.text.condition:
            continue
        for mark in located.expression.marks:
            if mark.deed is Deed.ASSIGNMENT and mark.shown == "=":
                yield Problem(
                    located.place(*(mark.sign or (mark.start, mark.end))),
                    "`=` assigns, which a script may not do; to compare, write `==`",
                    "==",
                )
