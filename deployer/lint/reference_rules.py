"""Documentation of the rules about `${var.NAME}`, `${secret.NAME}` and `${file.PATH}`."""

from deployer.finding import Severity
from deployer.lint.registry import declare

declare(
    "undefined-variable",
    Severity.ERROR,
    "Every `${var.NAME}` is declared for the environment.",
    why="""The text would be sent as it is written, `${var...}` included.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: "${var.greeting}" }
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
    mend="""Declare the variable below `vars` of the environment in deployer.yaml, or write `$${var.NAME}` for
    the text itself.""",
    source="deployer's own",
    adjustable=False,
)

declare(
    "invalid-reference",
    Severity.ERROR,
    "`${var.NAME}`, `${secret.NAME}` and `${file.PATH}` are complete and well formed.",
    why="""A reference that does not end, or that has no name, cannot be resolved and would be sent as it is
    written.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: "Hello ${var.name" }
""",
    good="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: "Hello $${var.name}" }
""",
    mend="""Write `${var.NAME}`, or two dollars for the text itself.""",
    source="deployer's own",
    adjustable=False,
)

declare(
    "recursive-variable",
    Severity.ERROR,
    "A variable does not refer to itself.",
    why="""It would never end.""",
    bad="""\
# file: deployer.yaml
version: 1
environments:
  local: { emulator: true, vars: { greeting: "Hello ${var.name}", name: "${var.greeting}" } }
# file: workflows/auto-reply.yaml
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: "${var.greeting}" }
""",
    good="""\
# file: deployer.yaml
version: 1
environments:
  local: { emulator: true, vars: { greeting: "Hello", name: "${var.greeting}" } }
# file: workflows/auto-reply.yaml
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: "${var.greeting}" }
""",
    mend="""Let one of the variables in the circle hold a plain value.""",
    source="deployer's own",
    adjustable=False,
)

declare(
    "reference-in-key",
    Severity.ERROR,
    "References stand in values, not in keys.",
    why="""Keys are names that other places in the file use; a name that changes with the environment would
    break them.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: menu
      stepType: Branch
      selectNextStep: { "${var.target}": null }
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
    - id: menu
      stepType: Branch
      selectNextStep: { reply: null }
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
""",
    mend="""Write the key out.""",
    source="deployer's own",
    adjustable=False,
)

declare(
    "unreadable-file",
    Severity.ERROR,
    "A `${file.PATH}` names a text file inside the project.",
    why="""The text cannot be taken in, so there is nothing to send.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: "${file.texts/none.txt}" }
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
    mend="""Write the path as seen from deployer.yaml. Only files inside the project are read.""",
    source="deployer's own",
    adjustable=False,
)
