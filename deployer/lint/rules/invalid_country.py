"""Countries that do not exist."""

from deployer.finding import Severity
from deployer.lint.formats import literals
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import did_you_mean, quoted
from deployer.source.workflow import Workflow

_CODES = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
    GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO
    JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR
    MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO
    RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV
    TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
    """.split()  # noqa: SIM905  # twelve lines rather than two hundred and fifty
)
"""ISO 3166-1 alpha-2, and XK, which telephony uses for Kosovo."""

_MEANT = {
    "UK": "GB", "EN": "GB", "EL": "GR", "GBR": "GB", "USA": "US", "SGP": "SG", "IDN": "ID", "MYS": "MY", "PHL": "PH",
    "THA": "TH", "VNM": "VN", "HKG": "HK", "TWN": "TW", "AUS": "AU", "NZL": "NZ", "IND": "IN", "JPN": "JP",
}  # fmt: skip


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
    for place, text in literals(workflow, "country"):
        # The platform is loose about case elsewhere, and lower case leaves no doubt about the country.
        if text.upper() not in _CODES:
            near = _MEANT.get(text.upper())
            yield Problem(
                place, f"{quoted(text)} is not a two-letter country code (ISO 3166-1){did_you_mean(near)}", near
            )
