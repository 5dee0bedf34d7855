"""Nothing to do."""

from collections.abc import Mapping

from deployer.finding import Severity
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.source.workflow import Workflow


@rule(
    "no-steps",
    Severity.ERROR,
    why="""A definition without steps does nothing when it is triggered.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps: []
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
    mend="""Write at least one step. To silence a workflow for a while, set `status: disabled`.""",
    source="https://developer.8x8.com/connect/reference/create-definition",
)
def no_steps(workflow: Workflow, _: Context) -> Problems:
    """A definition has at least one step."""
    definition = workflow.body.get("definition")
    if isinstance(definition, Mapping) and definition.get("steps") in (None, []):
        written = "steps" in definition
        place = workflow.place("definition", "steps", key=True) if written else workflow.place("definition", key=True)
        yield Problem(place, "the definition has no steps, so it would do nothing")
