"""Documentation of what can be wrong with `deployer.yaml` itself; `project.py` finds the cases."""

from deployer.finding import Severity
from deployer.lint.registry import declare

declare(
    "project-configuration",
    Severity.ERROR,
    "`deployer.yaml` has only settings that deployer knows, with values that they can have.",
    why="""A misspelled setting would have no effect, and this file decides what is sent where: a `protect` that does
    not protect shows when it is too late. So no command runs before the file is right.""",
    bad="""\
# file: deployer.yaml
version: 1
environments:
  production: { accountId: acme, protected: true }
# file: auto-reply.yaml
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
# file: deployer.yaml
version: 1
environments:
  production: { accountId: acme, protect: true }
# file: auto-reply.yaml
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
""",
    mend="""Write the setting that the message names; `deployer schema project` prints all of them, and editors
    complete them.""",
    source="deployer's own",
    adjustable=False,
)
