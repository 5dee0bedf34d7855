"""Nothing starts it."""

from deployer.finding import Severity
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import listed
from deployer.source.workflow import Workflow
from deployer.steps import TRIGGERS


@rule(
    "missing-trigger",
    Severity.ERROR,
    why="""The trigger says what starts the workflow. The platform refuses a definition without one.""",
    bad="""\
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
    mend="""Add `trigger: inbound_sms`, `inbound_chat_apps` or `http_request`.""",
    source="https://developer.8x8.com/connect/reference/create-definition",
)
def missing_trigger(workflow: Workflow, _: Context) -> Problems:
    """A workflow has a trigger."""
    if workflow.body.get("trigger") is None:
        message = f"no `trigger`, so nothing would start this workflow; it is one of {listed(TRIGGERS)}"
        yield Problem(workflow.place(*(["trigger"] if "trigger" in workflow.body else [])), message)
