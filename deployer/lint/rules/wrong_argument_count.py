"""Calls with too few or too many arguments."""

from deployer.finding import Severity
from deployer.lint.expressions.places import scripts_of
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.source.workflow import Workflow


@rule(
    "wrong-argument-count",
    Severity.ERROR,
    why="""Without one of its arguments a function of the platform fails, or answers a question that nobody
    asked. An argument too many is a warning: it is ignored at best.""",
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
        text: "{{isCountryCode('SG') ? 'Hello' : 'Hi'}}"
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
        text: "{{isCountryCode(data.payload.source, 'SG') ? 'Hello' : 'Hi'}}"
""",
    mend="""Give the arguments of the signature, in its order.""",
    source="https://developer.8x8.com/connect/reference/get-functions",
)
def wrong_argument_count(workflow: Workflow, context: Context) -> Problems:
    """A function of the platform gets as many arguments as it takes."""
    for located in scripts_of(workflow).located:
        for call in located.expression.calls:
            function = context.functions.get(call.name)
            if function is None or call.spread:
                continue
            given, most = len(call.arguments), len(function.parameters)
            if function.least <= given <= most:
                continue
            few = given < function.least
            wanted = f"{most}" if function.least == most else f"{function.least} or {most}"
            yield Problem(
                located.place(call.start, call.end),
                f"`{call.name}` takes {wanted} argument{'' if wanted == '1' else 's'}, and this call has {given}: "
                f"{function.signature}",
                severity=None if few else Severity.WARNING,
            )
