"""Encodings that the platform does not know."""

from deployer.finding import Severity
from deployer.lint.formats import literals
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import listed, nearest, or_legal, quoted, respelled
from deployer.source.workflow import Workflow

_KNOWN = ("AUTO", "GSM7", "UCS2")


@rule(
    "invalid-encoding",
    Severity.ERROR,
    why="""The platform knows three encodings: AUTO looks at the text, GSM7 fits 160 characters in one part,
    UCS2 70 of any alphabet. How the word is cased does not matter.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs:
        subAccountId: acme_sms
        destination: "{{data.payload.source}}"
        text: Thank you
        encoding: UTF8
""",
    good="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs:
        subAccountId: acme_sms
        destination: "{{data.payload.source}}"
        text: Thank you
        encoding: AUTO
""",
    mend="""Write `AUTO`, `GSM7` or `UCS2`, or leave it out.""",
    source="https://developer.8x8.com/connect/reference/create-definition",
)
def invalid_encoding(workflow: Workflow, _: Context) -> Problems:
    """An encoding is AUTO, GSM7 or UCS2."""
    for field in literals(workflow, "encoding"):
        text, place = field.text, field.place
        if text.upper() not in _KNOWN:
            near = nearest(text, _KNOWN)
            legal = or_legal(near, f"legal: {listed(_KNOWN, 'or')}")
            yield Problem(place, f"unknown encoding {quoted(text)}{legal}", near, fix=respelled(text, near))
