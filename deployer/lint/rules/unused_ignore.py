"""A comment that ignores a rule which finds nothing there; `ignores.py` finds its cases."""

from deployer.finding import Severity
from deployer.lint.registry import declare

declare(
    "unused-ignore",
    Severity.WARNING,
    "An ignore comment hides a finding.",
    why="""A comment that hides nothing today hides a mistake tomorrow. It is left over from something that was
    mended, or it stands in the wrong line: at the end of a line it means that line, on a line of its own the next.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    # deployer: ignore[unreachable-step] kept for Christmas
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
    mend="""Remove the comment, or the rule's name from it; or move it to the line that the finding names.""",
    source="deployer's own",
)
