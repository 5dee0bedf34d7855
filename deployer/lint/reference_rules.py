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
  local: { emulator: true, vars: { greeting: "Hello ${var.name}", name: "Ann" } }
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

declare(
    "reference-breaks-expression",
    Severity.ERROR,
    "A value that a reference puts into `{{ }}` leaves the expression around it whole.",
    why="""A quote in the value ends the text around it: the rest runs as a script, or nothing runs at all.""",
    bad="""\
# file: deployer.yaml
version: 1
environments:
  local: { emulator: true, vars: { shop: "Joe's" } }
# file: workflows/auto-reply.yaml
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: "{{ 'Welcome to ${var.shop}' }}" }
""",
    good="""\
# file: deployer.yaml
version: 1
environments:
  local: { emulator: true, vars: { shop: "Joe's" } }
# file: workflows/auto-reply.yaml
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: "{{ `Welcome to ${var.shop}` }}" }
""",
    mend="""Put other quotes around the reference, or take the quote, backslash or line break out of the value.""",
    source="deployer's own",
    adjustable=False,
)

declare(
    "unused-variable",
    Severity.WARNING,
    "Every declared variable is used by a workflow.",
    why="""It is left over, or a workflow spells it otherwise. Told only when the whole project is validated for
    all its environments and every file can be read.""",
    bad="""\
# file: deployer.yaml
version: 1
environments:
  local: { emulator: true, vars: { shop: Acme, shpo: Acme } }
# file: workflows/auto-reply.yaml
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: "Welcome to ${var.shop}" }
""",
    good="""\
# file: deployer.yaml
version: 1
environments:
  local: { emulator: true, vars: { shop: Acme } }
# file: workflows/auto-reply.yaml
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: "Welcome to ${var.shop}" }
""",
    mend="""Take the variable out, or use it.""",
    source="deployer's own",
)

declare(
    "unknown-environment",
    Severity.ERROR,
    "The environments that a workflow names are declared in deployer.yaml.",
    why="""A workflow that lives in an environment nobody has is deployed nowhere, and nothing says so.""",
    bad="""\
# file: deployer.yaml
version: 1
environments:
  local: { emulator: true }
# file: workflows/auto-reply.yaml
metadata: { environments: [locale] }
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
  local: { emulator: true }
# file: workflows/auto-reply.yaml
metadata: { environments: [local] }
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
""",
    mend="""Write the name as it stands below `environments` in deployer.yaml.""",
    source="deployer's own",
)

declare(
    "unknown-override",
    Severity.WARNING,
    "Each key below `overrides` of an environment is the key of a workflow.",
    why="""Otherwise nothing is overridden: what is to stay disabled there would answer customers. Told only when
    the whole project is validated for all its environments and every file can be read.""",
    bad="""\
# file: deployer.yaml
version: 1
environments:
  local: { emulator: true, overrides: { auto-reply-2: { status: disabled } } }
# file: workflows/auto-reply.yaml
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
  local: { emulator: true, overrides: { auto-reply: { status: disabled } } }
# file: workflows/auto-reply.yaml
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
""",
    mend="""Write the workflow's key: `metadata.key`, or the file's name without its ending.""",
    source="deployer's own",
)
