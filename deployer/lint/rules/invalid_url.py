"""Addresses that nobody can call."""

import re
from urllib.parse import urlsplit

from deployer.finding import Severity
from deployer.lint.documented import HOLE
from deployer.lint.formats import fields
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import shorten
from deployer.regex import regex
from deployer.source.workflow import Workflow

_SCHEMES = ("http://", "https://")
_PLAIN = regex(r"https?://[a-z0-9][a-z0-9.-]*(?:/[\w.~/?&=%#+,;:@!*()-]*)?", re.ASCII)
"""Most addresses; they need no closer look."""


@rule(
    "invalid-url",
    Severity.ERROR,
    why="""The platform calls absolute http and https addresses only. A request to anything else fails while a
    customer waits. Where the address holds expressions, what stands before them is checked.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: log
      stepType: HttpRequest
      inputs: { url: "crm.example.com/messages", method: POST }
""",
    good="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: log
      stepType: HttpRequest
      inputs: { url: "https://crm.example.com/messages", method: POST }
""",
    mend="""Write the whole address, from `https://` on.""",
    source="https://developer.8x8.com/connect/reference/create-definition",
)
def invalid_url(workflow: Workflow, _: Context) -> Problems:
    """An address is absolute and begins with http:// or https://."""
    for field in fields(workflow, "url"):
        text = field.text
        if _PLAIN.fullmatch(text):
            continue
        hole = HOLE.search(text)
        known = text if hole is None else text[: hole.start()]
        fault = _fault(known, whole=hole is None)
        if fault is not None:
            bare = "://" not in known and re.match(r"[\w-]+(\.[\w-]+)+(:\d+)?(/|$)", text)
            whole = bare and "?" not in text and "@" not in text
            yield Problem(field.place, fault, f"https://{text}" if whole else None)


def _fault(text: str, *, whole: bool) -> str | None:
    """What is wrong with an address, or with its part before the first expression. Never shows what may be secret."""
    lower = text.lower()
    if not lower.startswith(_SCHEMES):
        begun = not whole and any(scheme.startswith(lower) for scheme in _SCHEMES)
        return None if begun else f'"{_shown(text)}" is not an absolute address; it must begin with https:// or http://'
    if re.search(r"[\s\x00-\x1f]", text):
        return "the address holds blanks or line breaks; write them as %20, or remove them"
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        # A port or an IPv6 address may be what the expression completes.
        return f'"{_shown(text)}" has no readable host and port' if whole else None
    if not host and (whole or parts.path):
        return f'"{_shown(text)}" names no host'
    return None


def _shown(text: str) -> str:
    """An address without user, password and query, where credentials stand."""
    return shorten(re.sub(r"[^/]*@", "", text.split("?", 1)[0].split("#", 1)[0]))
