"""Enabled or disabled: not said."""

from deployer.finding import Severity
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.source.workflow import Workflow


@rule(
    "missing-status",
    Severity.WARNING,
    why="""A definition without `status` is stored as `disabled`, the documented default, although the
    documentation of create speaks of activating it. Say which you mean.""",
    bad="""\
trigger: inbound_sms
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
    mend="""Add `status: enabled`, or `status: disabled` for a workflow that should not start yet.""",
    source="https://developer.8x8.com/connect/reference/create-definition",
)
def missing_status(workflow: Workflow, _: Context) -> Problems:
    """A workflow says whether it is enabled."""
    if "status" not in workflow.body:
        message = "no `status`: the platform takes that as disabled, so the workflow would not start"
        yield Problem(workflow.place(), message, "status: enabled")
