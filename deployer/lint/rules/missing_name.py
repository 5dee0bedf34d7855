"""A definition without a name."""

from collections.abc import Mapping

from deployer.finding import Severity
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.source.workflow import Workflow


@rule(
    "missing-name",
    Severity.ERROR,
    why="""The platform refuses a definition without a name (error 5001). People find the workflow by it in the
    web builder.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
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
    mend="""Write a name that colleagues will understand in `definition.name`.""",
    source="https://developer.8x8.com/connect/reference/create-definition",
)
def missing_name(workflow: Workflow, _: Context) -> Problems:
    """A definition has a name that is not blank."""
    definition = workflow.body.get("definition")
    if not isinstance(definition, Mapping):
        return
    name = definition.get("name")
    if name is None or (isinstance(name, str) and not name.strip()):
        place = workflow.place("definition", "name") if "name" in definition else workflow.place("definition", key=True)
        yield Problem(place, "the definition has no name; the platform demands one in `definition.name`")
