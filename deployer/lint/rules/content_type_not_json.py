"""Requests that claim to send what the platform does not send."""

from collections.abc import Mapping

from deployer.finding import Severity
from deployer.lint.documented import JSON_TYPE
from deployer.lint.formats import steps_of_type
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import dynamic, quoted
from deployer.source.workflow import Workflow


@rule(
    "content-type-not-json",
    Severity.ERROR,
    why="""The platform turns the body of a request into JSON, whatever it is, and supports no other
    `Content-Type` than `application/json`. A service that is told of another type cannot read the body.""",
    bad="""\
trigger: http_request
status: enabled
definition:
  name: Log call
  steps:
    - id: log
      stepType: HttpRequest
      inputs:
        url: https://crm.example.com/calls
        method: POST
        headers: { Content-Type: application/x-www-form-urlencoded }
        body: { from: "{{data.from}}" }
""",
    good="""\
trigger: http_request
status: enabled
definition:
  name: Log call
  steps:
    - id: log
      stepType: HttpRequest
      inputs:
        url: https://crm.example.com/calls
        method: POST
        headers: { Content-Type: application/json }
        body: { from: "{{data.from}}" }
""",
    mend="""Write `application/json`, or leave the header out. A service that takes no JSON needs one in between.""",
    source="https://developer.8x8.com/connect/reference/create-definition",
)
def content_type_not_json(workflow: Workflow, _: Context) -> Problems:
    """The Content-Type of an HTTP request is application/json."""
    for step in steps_of_type(workflow, "HttpRequest"):
        headers = step.inputs.get("headers")
        if not isinstance(headers, Mapping):
            continue
        for name, value in headers.items():
            if not isinstance(name, str) or name.strip().lower() != "content-type":
                continue
            if isinstance(value, str) and not dynamic(value) and value.split(";", 1)[0].strip().lower() != JSON_TYPE:
                message = f"the platform sends {JSON_TYPE} only, not {quoted(value)}"
                yield Problem(step.place("inputs", "headers", name), message, JSON_TYPE)
