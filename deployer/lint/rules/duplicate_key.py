"""One key in two files."""

from collections.abc import Sequence

from deployer.finding import Severity
from deployer.lint.registry import Context, Problem, Problems, project_rule
from deployer.lint.wording import shorten
from deployer.source.workflow import Place, Workflow


@project_rule(
    "duplicate-key",
    Severity.ERROR,
    why="""The key ties a file to its definition on the server. With one key in two files nobody could say
    which of them the definition follows. Without `metadata.key` the file's name is the key, without
    folder and suffix.""",
    bad="""\
# file: first.yaml
metadata: { key: reply }
subAccountId: acme_sms
trigger: inbound_sms
status: enabled
definition:
  name: First
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
# file: second.yaml
metadata: { key: reply }
subAccountId: acme_two
trigger: inbound_sms
status: enabled
definition:
  name: Second
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
""",
    good="""\
# file: first.yaml
metadata: { key: reply }
subAccountId: acme_sms
trigger: inbound_sms
status: enabled
definition:
  name: First
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
# file: second.yaml
metadata: { key: answer }
subAccountId: acme_two
trigger: inbound_sms
status: enabled
definition:
  name: Second
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
""",
    mend="""Give one of the files another `metadata.key`.""",
    source="deployer's own: how files and definitions are tied together",
    adjustable=False,
)
def duplicate_key(workflows: Sequence[Workflow], context: Context) -> Problems:
    """A workflow's key is unique in the project."""
    first: dict[str, Workflow] = {}
    for workflow in workflows:
        earlier = first.setdefault(workflow.key, workflow)
        if earlier is not workflow:
            # Told at the file that the user asked about.
            here, there = (workflow, earlier) if context.shown(workflow) else (earlier, workflow)
            yield Problem(_place(here), f"key `{shorten(workflow.key)}` is also that of {shorten(there.file)}")


def _place(workflow: Workflow) -> Place:
    return workflow.place("metadata", "key") if "key" in workflow.metadata else workflow.place()
