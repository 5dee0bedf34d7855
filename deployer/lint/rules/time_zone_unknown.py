"""Time zones that the platform does not know."""

from deployer.finding import Severity
from deployer.lint.expressions.catalogue import fits, time_zone, time_zones
from deployer.lint.expressions.places import scripts_of
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import did_you_mean, nearest, quoted
from deployer.source.workflow import Workflow


@rule(
    "time-zone-unknown",
    Severity.WARNING,
    why="""The platform takes Windows time zone ids, such as `SE Asia Standard Time`, and no others: `Asia/Bangkok`
    fails when the step runs. A warning, because an account's own list may have more.""",
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
        text: >-
          {{isTimeOfDayBetween(data.payload.timestamp, '09:00:00', '18:00:00', 'Asia/Singapore')
          ? 'Hi' : 'Closed'}}
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
        text: >-
          {{isTimeOfDayBetween(data.payload.timestamp, '09:00:00', '18:00:00', 'Singapore Standard Time')
          ? 'Hi' : 'Closed'}}
""",
    mend="""Write the Windows id. What only your account knows goes into the option `extra`.""",
    source="https://developer.8x8.com/connect/reference/get-timezones",
    options={
        "extra": {
            "description": "Further time zone ids that the account offers.",
            "type": "array",
            "items": {"type": "string"},
        }
    },
)
def time_zone_unknown(workflow: Workflow, context: Context) -> Problems:
    """A time zone is a Windows time zone id."""
    extra = context.options.get("extra")
    more = {str(name).lower() for name in extra} if isinstance(extra, list) else set()
    own = context.time_zones
    for located in scripts_of(workflow).located:
        for call in located.expression.calls:
            function = context.functions.get(call.name)
            if function is None or call.spread:
                continue
            for parameter, argument in zip(function.parameters, call.arguments, strict=False):
                if parameter.kind != "time zone" or not isinstance(argument.value, str):
                    continue
                name = argument.value
                known = fits(parameter.kind, name) if own is None else name in own
                if known or name.lower() in more:
                    continue
                same = time_zone(name)
                near = same if same is not None and (own is None or same in own) else nearest(name, own or time_zones())
                yield Problem(
                    located.place(argument.start, argument.end),
                    f"{quoted(name)} is not a Windows time zone id{did_you_mean(near)}",
                    f"'{near}'" if near else None,
                )
