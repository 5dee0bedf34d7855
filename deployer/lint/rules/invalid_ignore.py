"""A comment that was meant to ignore something and cannot; `ignores.py` finds its cases."""

from deployer.finding import Severity
from deployer.lint.registry import declare

declare(
    "invalid-ignore",
    Severity.WARNING,
    "An ignore comment names rules that exist and may be ignored.",
    why="""`# deployer: ignore[RULE, RULE] reason` hides what those rules find. Without a rule, with a name that no
    rule has, or for a rule that tells that nothing of the file could be sent, it hides nothing.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    # deployer: ignore[unreachable-stop] kept for Christmas
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
    # deployer: ignore[unreachable-step] kept for Christmas
    - id: christmas
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Merry Christmas }
""",
    mend="""Write the rule's name as the finding shows it, in brackets; `deployer explain` lists all rules.""",
    source="deployer's own",
)
