"""Phone numbers that reach nobody, or somebody else."""

from collections.abc import Iterator, Mapping

from deployer.finding import Severity
from deployer.lint.documented import INTERNATIONAL
from deployer.lint.formats import fields, steps_of_type
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import dynamic, quoted
from deployer.regex import regex
from deployer.source.workflow import Place, Workflow

_DIGITS = regex(r"\+?[0-9]+")
_LONGEST = 16
"""Characters of a number: 15 digits and a plus, or a leading 0."""
_DECORATION = regex(r"\(0\)|[\s().\-/\u2010-\u2015]")


@rule(
    "phone-number-format",
    Severity.WARNING,
    why="""Numbers are read in international form (E.164): country code first, 8 to 15 digits, with or without `+`. A
    number as it is dialled at home reaches nobody, or a stranger abroad, and a `from` with blanks in it
    never equals the number that answers. A number with a `country` beside it may be written as dialled there.""",
    bad="""\
trigger: http_request
status: enabled
definition:
  name: Alarm
  steps:
    - id: alarm
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "+65 1234-5678", text: The door is open }
""",
    good="""\
trigger: http_request
status: enabled
definition:
  name: Alarm
  steps:
    - id: alarm
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "+6512345678", text: The door is open }
""",
    mend="""Write `+`, the country code and the number without its leading 0, and nothing between the digits.""",
    source="https://developer.8x8.com/connect/reference/create-definition and https://www.itu.int/rec/T-REC-E.164",
)
def phone_number_format(workflow: Workflow, _: Context) -> Problems:
    """A phone number is written in international form (E.164)."""
    for place, text in _numbers(workflow):
        if dynamic(text) or INTERNATIONAL.fullmatch(text):
            continue
        bare = _DECORATION.sub("", text)
        if _DIGITS.fullmatch(bare) and len(bare) <= _LONGEST and _country_beside(workflow, place):
            continue
        fault, instead = _fault(bare)
        tail = f'; write "{instead}"' if instead is not None else "; write +, country code and number"
        yield Problem(place, f"{quoted(text)} {fault}{tail}", instead)


def _numbers(workflow: Workflow) -> Iterator[tuple[Place, str]]:
    """Every text that has to be a phone number, and is not plainly one."""
    for field in fields(workflow, "phone"):
        if not field.text.startswith("{{") and not INTERNATIONAL.fullmatch(field.text):
            yield field.place, field.text
    for step in steps_of_type(workflow, "WaitForReply"):
        number, channel = step.inputs.get("from"), step.inputs.get("channel")
        # On other channels `from` is an id of that channel.
        if isinstance(number, str) and isinstance(channel, str) and channel.strip().lower() == "sms":
            yield step.place("inputs", "from"), number


def _country_beside(workflow: Workflow, place: Place) -> bool:
    """Whether the step says how the number is to be read."""
    beside: object = workflow.body
    for part in place.path[:-1]:
        if isinstance(beside, Mapping):
            beside = beside.get(part)
        elif isinstance(beside, list) and isinstance(part, int):
            beside = beside[part]
    return isinstance(beside, Mapping) and beside.get("country") is not None


def _fault(bare: str) -> tuple[str, str | None]:
    """What is wrong with a number whose decoration is gone, and what was meant if there is no doubt."""
    if not _DIGITS.fullmatch(bare):
        return "is not a phone number", None
    if INTERNATIONAL.fullmatch(bare):
        return "holds more than digits", bare
    digits = bare.removeprefix("+")
    abroad = digits.removeprefix("00")
    if digits.startswith("00") and INTERNATIONAL.fullmatch(abroad):
        return "begins with 00, which is how some countries dial abroad", f"+{abroad}"
    if digits.startswith("0"):
        return "begins with 0, as numbers do within a country", None
    few = "few" if len(digits) < 8 else "many"
    return f"has too {few} digits ({len(digits)}) for an international number of 8 to 15", None
