"""Conditions that are no yes or no."""

from deployer.finding import Severity
from deployer.lint.expressions.conditions import read_condition
from deployer.lint.expressions.expression import CALLED
from deployer.lint.expressions.places import Text, scripts_of
from deployer.lint.expressions.reading import read_expression
from deployer.lint.expressions.scanning import scan
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import refers
from deployer.source.workflow import Workflow


@rule(
    "non-boolean-condition",
    Severity.WARNING,
    why="""A condition is one script that gives true or false. Without its braces it is a text that is never true;
    with something beside the braces it becomes a text as well; and a script that gives a text is true
    whenever that text is not empty.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: menu
      stepType: Branch
      selectNextStep:
        reply: "data.payload.body == 'Hi'"
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
    mend="""Write the whole condition between `{{` and `}}`, and compare.""",
    source="https://developer.8x8.com/connect/reference/create-definition",
)
def non_boolean_condition(workflow: Workflow, _: Context) -> Problems:
    """A condition is one script that gives true or false."""
    for text in scripts_of(workflow).texts:
        if text.condition:
            problem = _judge(text)
            if problem is not None:
                yield problem


def _judge(text: Text) -> Problem | None:
    found = scan(text.text).scripts
    stripped = text.text.strip()
    if not found:
        if text.faults or refers(stripped) or stripped.lower() in ("true", "false"):
            return None
        script = read_expression(stripped)
        likely = f"{{{{{stripped}}}}}" if script.reads and script.fault is None else None
        return Problem(
            text.place(), "this condition is a plain text, which is never true; scripts stand in {{...}}", likely
        )
    if len(found) > 1 or found[0].end - found[0].start < len(stripped):
        return Problem(text.place(), "with something beside its script this condition is a text, which is never true")
    expression = read_expression(found[0].source)
    condition = read_condition(text.text)
    if expression.kind in ("", "boolean") or condition is None or not condition.terms:
        return None  # one that is the same each time has a rule of its own
    return Problem(
        text.place(found[0].start, found[0].end),
        f"this condition gives {CALLED[expression.kind]}, not true or false; compare it with something",
    )
