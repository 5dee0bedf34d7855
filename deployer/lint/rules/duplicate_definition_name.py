"""One name in two files."""

from collections.abc import Sequence

from deployer.finding import Severity
from deployer.lint.registry import Context, Problem, Problems, project_rule
from deployer.lint.wording import refers, shorten
from deployer.source.workflow import Workflow


@project_rule(
    "duplicate-definition-name",
    Severity.WARNING,
    why="""`deployer adopt --all` pairs files with definitions by `definition.name`. A name that two files share is
    ambiguous: neither is paired, and in the web console nobody can tell the two definitions apart. Files that no
    environment has together may share a name.""",
    bad="""\
# file: first.yaml
subAccountId: acme_sms
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
# file: second.yaml
subAccountId: acme_two
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_two, destination: "{{data.payload.source}}", text: Thank you }
""",
    good="""\
# file: first.yaml
subAccountId: acme_sms
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
# file: second.yaml
subAccountId: acme_two
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply, second brand
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_two, destination: "{{data.payload.source}}", text: Thank you }
""",
    mend="""Give each definition a name of its own.""",
    source="deployer's own: how files and definitions are paired by name",
)
def duplicate_definition_name(workflows: Sequence[Workflow], context: Context) -> Problems:
    """A definition's name is unique in the project."""
    first: dict[str, Workflow] = {}
    # Those that the user did not ask about come first, so that a pair is told where they did.
    for workflow in sorted(workflows, key=context.shown):
        if workflow.name is None or not workflow.name.strip() or refers(workflow.name):
            continue
        earlier = first.setdefault(workflow.name, workflow)
        if earlier is not workflow:
            yield Problem(
                workflow.place("definition", "name"),
                f"`{shorten(workflow.name)}` is also the name of the definition in {shorten(earlier.file)}",
            )
