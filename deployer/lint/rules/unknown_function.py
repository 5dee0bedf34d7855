"""Calls of functions that do not exist."""

from deployer.finding import Severity
from deployer.lint.expressions.catalogue import GLOBALS
from deployer.lint.expressions.places import scripts_of
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import did_you_mean, listed, nearest, shorten
from deployer.source.workflow import Workflow


@rule(
    "unknown-function",
    Severity.ERROR,
    why="""A script that calls a function which is not there fails when its step runs. Besides JavaScript's own
    functions there are those of the platform; upper and lower case differ.""",
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
        text: "{{containsString(data.payload.body, 'stop') ? 'Bye' : 'Hi'}}"
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
        text: "{{stringContains(data.payload.body, 'stop') ? 'Bye' : 'Hi'}}"
""",
    mend="""Call a function of the platform or of JavaScript. Functions that only your account has go into the
    option `extra`.""",
    source="https://developer.8x8.com/connect/reference/get-functions",
    options={
        "extra": {
            "description": "Names of further functions that the account offers.",
            "type": "array",
            "items": {"type": "string"},
        }
    },
)
def unknown_function(workflow: Workflow, context: Context) -> Problems:
    """A script calls functions that exist: the platform's and JavaScript's."""
    extra = context.options.get("extra")
    more = [str(name) for name in extra] if isinstance(extra, list) else []
    for located in scripts_of(workflow).located:
        for name in located.expression.names:
            if not name.called or name.name in GLOBALS or name.name in context.functions or name.name in more:
                continue
            near = nearest(name.name, [*context.functions, *more, *sorted(GLOBALS)])
            said = context.functions[near].signature if near is not None and near in context.functions else near
            tail = did_you_mean(said) or f"; the platform has {listed(list(context.functions))}"
            yield Problem(
                located.place(name.start, name.end), f"there is no function `{shorten(name.name)}`{tail}", near
            )
