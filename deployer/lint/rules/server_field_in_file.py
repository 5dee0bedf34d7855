"""What belongs to the server."""

from deployer.finding import Remove, Severity
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.source.canonical import SERVER_FIELDS
from deployer.source.workflow import Workflow


@rule(
    "server-field-in-file",
    Severity.WARNING,
    why="""`id`, `version`, `createdAt` and `accountId` belong to the server. They are part of an export, are
    never sent, and say something wrong as soon as the file is deployed to another account.""",
    bad="""\
accountId: acme
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
""",
    good="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
""",
    mend="""Delete the field. Which definition a file belongs to is in the state; the environment says which
    account.""",
    source="https://developer.8x8.com/connect/reference/create-definition",
)
def server_field_in_file(workflow: Workflow, _: Context) -> Problems:
    """A file does not hold what the server sets."""
    for path, mapping in (((), workflow.body), (("definition",), workflow.definition)):
        for key in mapping:
            if key in SERVER_FIELDS:
                yield Problem(
                    workflow.place(*path, key, key=True),
                    f"`{key}` is set by the server and never sent; remove it from the file",
                    fix=Remove(old=mapping[key]),
                )
