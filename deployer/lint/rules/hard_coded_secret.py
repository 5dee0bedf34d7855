"""Credentials that stand in the file."""

from deployer.finding import Severity
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import shorten
from deployer.source.credentials import MASK, Credential, find_all, secret_name, unique
from deployer.source.suspicion import may_hold_credentials
from deployer.source.workflow import Place, Step, Workflow


@rule(
    "hard-coded-secret",
    Severity.WARNING,
    why="""Whoever can read the repository, or its history, can use a credential that stands in a file, and to
    change it a commit is needed in every place. Bearer and basic credentials, the tokens of known vendors, passwords
    in addresses and values under telling names (`X-Api-Key`, `password`) are found. Reports never show them.""",
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
        headers: { Authorization: Bearer 7c1e5b2d4086a93f }
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
        headers: { Authorization: "Bearer ${secret.CRM_TOKEN}" }
""",
    mend="""Write `${secret.NAME}` in its place, give the value in the environment, and ask the service for a new
    credential: the old one stays in the history. Fields that only sound like one go into the option `allowed`.""",
    source="https://cwe.mitre.org/data/definitions/798.html",
    options={
        "allowed": {
            "description": "Names of fields whose values are no secrets, such as `pageToken`; case does not matter.",
            "type": "array",
            "items": {"type": "string"},
        }
    },
)
def hard_coded_secret(workflow: Workflow, context: Context) -> Problems:
    """No credential stands in a file; `${secret.NAME}` does."""
    if not may_hold_credentials(workflow.document.value):
        return
    given = context.options.get("allowed")
    allowed = {str(name).lower() for name in given} if isinstance(given, list) else set()
    taken = set(workflow.secrets)
    # As written, so that a reference is never taken for its value.
    for credential in find_all(workflow.document.value):
        field = next((part for part in reversed(credential.path) if isinstance(part, str)), "")
        if field.lower() in allowed:
            continue
        name = unique(secret_name(workflow.key, _step_id(workflow, credential), credential.path), taken)
        taken.add(name)
        instead = f"${{secret.{name}}}"
        place = Place(document=workflow.document, path=credential.path, part=credential.part)
        message = f"a credential stands in the file: {shorten(credential.kind)} {MASK}; write `{shorten(instead)}`"
        yield Problem(place, f"{message} and keep the value in the environment", instead)


def _step_id(workflow: Workflow, credential: Credential) -> str:
    """The id of the innermost step around a credential; empty when there is none."""
    inside = [step for step in workflow.steps if credential.path[: len(step.path)] == step.path]
    innermost: Step | None = max(inside, key=lambda step: len(step.path), default=None)
    return (innermost.id or "") if innermost is not None else ""
