"""SMS that are sent, and paid, as many parts."""

from collections.abc import Iterator
from typing import Final

from deployer.finding import Severity
from deployer.lint.documented import MOST_PARTS
from deployer.lint.expressions.scanning import scan
from deployer.lint.formats import steps_of_type
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.source.references import REFERENCE
from deployer.source.workflow import Step, Workflow

# 3GPP TS 23.038, section 6.2.1 and 6.2.1.1: the default alphabet, and what takes an escape before it.
_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED: Final = frozenset("\f^{}\\[~]|€")

# 3GPP TS 23.040, section 9.2.3.24.1: one part alone, and each of several after the header that joins them.
_GSM7: Final = ("GSM-7", 160, 153)
_UCS2: Final = ("UCS-2", 70, 67)


@rule(
    "sms-too-many-parts",
    Severity.WARNING,
    why="""An SMS is paid by its parts: 160 characters of the GSM alphabet fit into one, 153 into each of several;
    `€`, `[`, `{` and a few others count twice. One character beyond that alphabet, such as a curly quotation mark or
    an emoji, makes it UCS-2: 70, and 67 in each of several. Expressions count as empty, as nobody knows their
    length.""",
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
        text: >-
          Thank you for your message. We’re away from our desks at the moment, and will read it when
          the office opens again at nine in the morning. If it cannot wait, call the number on the
          back of your card, at any hour; somebody who can help will answer within a few minutes. The
          website has the answers to most of what we are asked.
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
        text: >-
          Thank you for your message. We're away from our desks at the moment, and will read it when
          the office opens again at nine in the morning. If it cannot wait, call the number on the
          back of your card, at any hour; somebody who can help will answer within a few minutes. The
          website has the answers to most of what we are asked.
""",
    mend="""Shorten the text, or write the character that the message names in plain form. The option `maxParts` moves
    the border.""",
    source="https://www.3gpp.org/dynareport/23038.htm and https://www.3gpp.org/dynareport/23040.htm",
    options={
        "maxParts": {
            "description": f"The most parts that need no warning; {MOST_PARTS} unless given.",
            "type": "integer",
            "minimum": 1,
        }
    },
)
def sms_too_many_parts(workflow: Workflow, context: Context) -> Problems:
    """An SMS fits into four parts."""
    given = context.options.get("maxParts")
    most = given if isinstance(given, int) else MOST_PARTS
    for step in steps_of_type(workflow, "SMS"):
        text = step.inputs.get("text")
        if not isinstance(text, str):
            continue
        if len(text) <= (_UCS2[2] if text.isascii() else _UCS2[2] // 2) * most:
            continue  # short enough, whatever the encoding; of 67 units a part, a character takes two at most
        known = _known(text)
        (encoding, alone, joined), because = _encoding(step, known)
        parts = _parts(known, encoding, alone, joined)
        if parts > most:
            bound = "at least " if len(known) < len(text) else ""
            yield Problem(
                step.place("inputs", "text"),
                f"the message goes out as {bound}{parts} parts, more than {most}: "
                f"{encoding} takes {joined} characters in each{because}",
            )


def _known(text: str) -> str:
    """A text without its expressions and open references."""
    pieces, at = [], 0
    for script in scan(text).scripts:
        pieces.append(text[at : script.start])
        at = script.end
    return REFERENCE.sub("", "".join((*pieces, text[at:])))


def _encoding(step: Step, text: str) -> tuple[tuple[str, int, int], str]:
    """The encoding that the platform will take, and why if the text is the reason."""
    given = step.inputs.get("encoding")
    wanted = given.strip().upper() if isinstance(given, str) else "AUTO"
    if wanted == "UCS2":
        return _UCS2, "; `encoding` asks for it"
    beyond = next((character for character in text if character not in _BASIC and character not in _ESCAPED), None)
    if wanted != "AUTO" or beyond is None:
        return _GSM7, ""
    name = f'"{beyond}" (U+{ord(beyond):04X})' if beyond.isprintable() else f"U+{ord(beyond):04X}"
    return _UCS2, f"; the GSM alphabet, which takes {_GSM7[2]}, has no {name}"


def _parts(text: str, encoding: str, alone: int, joined: int) -> int:
    """How many parts a text takes; no character is torn in two."""
    units = list(_units(text, encoding))
    if sum(units) <= alone:
        return 1
    parts, filled = 1, 0
    for unit in units:
        if filled + unit > joined:
            parts, filled = parts + 1, 0
        filled += unit
    return parts


def _units(text: str, encoding: str) -> Iterator[int]:
    for character in text:
        two = character in _ESCAPED if encoding == _GSM7[0] else ord(character) > 0xFFFF
        yield 2 if two else 1
