"""HTTP requests that may hold a workflow up for long."""

from deployer.finding import Severity
from deployer.lint.documented import MOST_SECONDS
from deployer.lint.formats import steps_of_type
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.source.workflow import Workflow


@rule(
    "http-timeout-range",
    Severity.WARNING,
    why="""`timeoutSeconds` counts seconds and is 5 unless given. A number far above is often meant as milliseconds;
    meant as it stands, a customer waits that long when the service hangs.""",
    bad="""\
trigger: http_request
status: enabled
definition:
  name: Log call
  steps:
    - id: log
      stepType: HttpRequest
      inputs: { url: "https://crm.example.com/calls", method: POST, timeoutSeconds: 5000 }
""",
    good="""\
trigger: http_request
status: enabled
definition:
  name: Log call
  steps:
    - id: log
      stepType: HttpRequest
      inputs: { url: "https://crm.example.com/calls", method: POST, timeoutSeconds: 5 }
""",
    mend="""Write the seconds that a customer may wait, or leave the field out. The option `max` moves the border.""",
    source="https://developer.8x8.com/connect/reference/create-definition",
    options={
        "max": {
            "description": f"The most seconds that need no warning; {MOST_SECONDS} unless given.",
            "type": "integer",
            "minimum": 1,
        }
    },
)
def http_timeout_range(workflow: Workflow, context: Context) -> Problems:
    """An HTTP request waits a minute at most."""
    given = context.options.get("max")
    most = given if isinstance(given, int) else MOST_SECONDS
    for step in steps_of_type(workflow, "HttpRequest"):
        seconds = step.inputs.get("timeoutSeconds")
        if isinstance(seconds, bool):
            continue
        if isinstance(seconds, int | float) and seconds > most:
            thousands = isinstance(seconds, int) and seconds >= 1000 and seconds % 1000 == 0
            meant = seconds // 1000 if thousands and seconds // 1000 <= most else None
            tail = f"; if milliseconds were meant, write {meant}" if meant is not None else "; 5 is the default"
            # Python refuses to print integers of thousands of digits.
            shown = f"{seconds} seconds" if seconds < 10**12 else "a very large number of seconds"
            yield Problem(
                step.place("inputs", "timeoutSeconds"),
                f"the request may take {shown}, more than {most}{tail}",
                None if meant is None else str(meant),
            )
