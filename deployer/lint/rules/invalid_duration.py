"""Durations that mean something else."""

from deployer.finding import Replace, Severity
from deployer.lint.durations import judge
from deployer.lint.formats import literals
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import quoted
from deployer.source.workflow import Workflow


@rule(
    "invalid-duration",
    Severity.ERROR,
    why="""Durations are read by .NET: a bare `2` is two days, `24:00:00` is 24 days, and minutes or seconds
    over 59 are refused. A reminder that was meant for today then comes next month. What cannot be read
    is an error; what can be read, but hardly as it was meant, is a warning.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: pause
      stepType: Wait
      inputs: { duration: "24:00:00" }
""",
    good="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: pause
      stepType: Wait
      inputs: { duration: "1.00:00:00" }
""",
    mend="""Write `d.HH:mm:ss`: `00:05:00` is five minutes, `1.00:00:00` one day.""",
    source="https://developer.8x8.com/connect/reference/create-definition",
)
def invalid_duration(workflow: Workflow, _: Context) -> Problems:
    """A duration has the form `d.HH:mm:ss` and means what it seems to."""
    for field in literals(workflow, "duration"):
        text, place = field.text, field.place
        verdict = judge(text)
        if verdict is not None:
            severity = Severity.WARNING if verdict.readable else None
            fix = Replace(old=text, new=verdict.suggestion) if verdict.certain and verdict.suggestion else None
            yield Problem(place, f"{quoted(text)} {verdict.message}", verdict.suggestion, severity, fix)
