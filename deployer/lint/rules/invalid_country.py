"""Countries that do not exist."""

from deployer.finding import Severity
from deployer.lint.countries import COUNTRIES, COUNTRIES_MEANT
from deployer.lint.formats import literals
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import did_you_mean, quoted
from deployer.source.workflow import Workflow


@rule(
    "invalid-country",
    Severity.ERROR,
    why="""The platform uses the country to read a number that is not in international form. With a code that
    does not exist it cannot, and the message does not arrive.""",
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
        country: UK
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
        country: GB
""",
    mend="""Write the two letters of ISO 3166-1: `SG`, `GB`, `ID`.""",
    source="https://developer.8x8.com/connect/reference/create-definition and https://www.iso.org/iso-3166-country-codes.html",
)
def invalid_country(workflow: Workflow, _: Context) -> Problems:
    """A country is a two-letter ISO 3166-1 code."""
    for field in literals(workflow, "country"):
        text, place = field.text, field.place
        # The platform is loose about case elsewhere, and lower case leaves no doubt about the country.
        if text.upper() not in COUNTRIES:
            near = COUNTRIES_MEANT.get(text.upper())
            yield Problem(
                place, f"{quoted(text)} is not a two-letter country code (ISO 3166-1){did_you_mean(near)}", near
            )
