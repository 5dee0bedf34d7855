"""Workflows that nobody has described."""

from deployer.finding import Severity
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.source.workflow import Workflow


@rule(
    "description-missing",
    Severity.OFF,
    why="""A sentence in `metadata.description` tells colleagues what a workflow is for; the name alone seldom does.
    It is never sent to the server. A matter of taste, so it is off until a project turns it on.""",
    bad="""\
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
metadata: { description: Thanks everybody who writes to the support number. }
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
""",
    mend="""Write `metadata: { description: ... }`.""",
    source="deployer's own: a convention that a team may choose",
)
def description_missing(workflow: Workflow, _: Context) -> Problems:
    """A workflow says in `metadata.description` what it is for."""
    description = workflow.metadata.get("description")
    if description is None:
        place = workflow.place("metadata", key=True) if workflow.metadata else workflow.place()
        yield Problem(place, "the workflow has no `metadata.description`; say in a sentence what it does")
    elif isinstance(description, str) and not description.strip():
        yield Problem(workflow.place("metadata", "description"), "the description is empty; say what the workflow does")
