"""Documentation of the rules whose cases the schemas find."""

from deployer.finding import Severity
from deployer.lint.registry import declare

declare(
    "not-a-workflow",
    Severity.ERROR,
    "A workflow file holds a mapping with `trigger`, `status` and `definition`.",
    why="""Every file below the project's `workflows` is deployed. One that holds something else is in the
    wrong folder, or was pasted in without its envelope.""",
    bad="""\
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
    mend="""Put the definition below `definition:`, with `trigger` and `status` beside it, or move the file
    elsewhere.""",
    source="https://developer.8x8.com/connect/reference/create-definition",
    adjustable=False,
)

declare(
    "unknown-property",
    Severity.ERROR,
    "A file has only the properties that the platform documents.",
    why="""The platform ignores what it does not know, so a misspelled property has no effect: the message is
    sent without it.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you, sorce: Acme }
""",
    good="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you, source: Acme }
""",
    mend="""Write the property that was meant, or remove it.""",
    source="https://developer.8x8.com/connect/reference/create-definition",
)

declare(
    "unknown-metadata-property",
    Severity.WARNING,
    "`metadata` has only the properties that deployer knows.",
    why="""`metadata` is never sent. A property that deployer does not know has no effect.""",
    bad="""\
metadata: { descripton: Thanks people }
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
metadata: { description: Thanks people }
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
""",
    mend="""Write the property that was meant, or put it below `metadata.labels`.""",
    source="deployer's own",
)

declare(
    "missing-property",
    Severity.ERROR,
    "A step has everything that its type needs.",
    why="""The platform refuses the definition, or the step fails while a customer waits.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}" }
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
    mend="""Add the property.""",
    source="https://developer.8x8.com/connect/reference/create-definition",
)

declare(
    "wrong-type",
    Severity.ERROR,
    "A value has the type that the platform documents.",
    why="""YAML makes numbers and booleans of what looks like them: `2` is a number, and a duration is a text.
    `{{...}}` is accepted wherever an expression may give the value.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: pause
      stepType: Wait
      inputs: { duration: 2 }
""",
    good="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: pause
      stepType: Wait
      inputs: { duration: "2.00:00:00" }
""",
    mend="""Put texts in quotes; write numbers and `true` or `false` without.""",
    source="https://developer.8x8.com/connect/reference/create-definition",
)

declare(
    "invalid-enum",
    Severity.ERROR,
    "Where the documentation lists the legal values, a value is one of them.",
    why="""The platform refuses other values, or the step fails when it runs. Case does not matter in a step;
    in `status` it does.""",
    bad="""\
trigger: inbound_sms
status: active
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
    mend="""Write one of the values that the message lists.""",
    source="https://developer.8x8.com/connect/reference/create-definition",
)

declare(
    "invalid-value",
    Severity.ERROR,
    "A value keeps to the limits and the form that are documented for it.",
    why="""The platform refuses the value, or deployer cannot use it.""",
    bad="""\
metadata: { key: auto reply }
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
metadata: { key: auto-reply }
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
""",
    mend="""Write a value of the form that the message describes.""",
    source="https://developer.8x8.com/connect/reference/create-definition",
)

declare(
    "unknown-trigger",
    Severity.ERROR,
    "The trigger is one that the platform knows.",
    why="""Nothing would ever start the workflow.""",
    bad="""\
trigger: inbound-sms
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
    mend="""Write `inbound_sms`, `inbound_chat_apps` or `http_request`.""",
    source="https://developer.8x8.com/connect/reference/create-definition",
)

declare(
    "unknown-step-type",
    Severity.ERROR,
    "A step has a type that the platform knows.",
    why="""The platform refuses a definition with a step type that it does not know. Types that the vendor
    added since are admitted by `validation.allowStepTypes` in deployer.yaml.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: pause
      stepType: Wiat
      inputs: { duration: "00:05:00" }
""",
    good="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: pause
      stepType: Wait
      inputs: { duration: "00:05:00" }
""",
    mend="""Write one of the known types, or allow the new one.""",
    source="https://developer.8x8.com/connect/reference/create-definition",
)

declare(
    "missing-step-id",
    Severity.ERROR,
    "Every step has an id that is not blank.",
    why="""The platform demands it. Other steps lead to a step by its id, and logs and plans name it.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - stepType: SMS
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
    mend="""Give the step a short id that says what it does.""",
    source="https://developer.8x8.com/connect/reference/create-definition",
)
