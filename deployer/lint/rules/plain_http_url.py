"""Addresses that are called without encryption."""

import ipaddress
import re
from urllib.parse import urlsplit

from deployer.finding import Severity
from deployer.lint.documented import HOLE
from deployer.lint.formats import fields
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import shorten
from deployer.source.workflow import Workflow


@rule(
    "plain-http-url",
    Severity.WARNING,
    why="""What goes over http:// can be read and changed on its way: phone numbers, messages and the credentials
    in its headers. Addresses of the own machine, as an emulator has, are fine.""",
    bad="""\
trigger: http_request
status: enabled
definition:
  name: Log call
  steps:
    - id: log
      stepType: HttpRequest
      inputs: { url: "http://crm.example.com/calls", method: POST }
""",
    good="""\
trigger: http_request
status: enabled
definition:
  name: Log call
  steps:
    - id: log
      stepType: HttpRequest
      inputs: { url: "https://crm.example.com/calls", method: POST }
""",
    mend="""Write `https://`. Hosts that only speak http go into the option `hosts`.""",
    source="https://www.rfc-editor.org/rfc/rfc9110#section-4.2.2",
    options={
        "hosts": {
            "description": "Hosts that may be called over http.",
            "type": "array",
            "items": {"type": "string"},
        }
    },
)
def plain_http_url(workflow: Workflow, context: Context) -> Problems:
    """An address begins with https://, not http://."""
    given = context.options.get("hosts")
    hosts = {str(host).lower() for host in given} if isinstance(given, list) else set()
    for field in fields(workflow, "url"):
        text = field.text
        if text[:7].lower() != "http://":
            continue
        hole = HOLE.search(text)
        host = _host(text, text if hole is None else text[: hole.start()])
        if host is None or host in hosts or _loopback(host):
            continue
        shown = f'"http://{shorten(host)}"' if host else "the address"
        # User, password and query are where credentials stand.
        suggestion = None if re.search(r"[?@#]", text) else f"https{text[len('http') :]}"
        yield Problem(field.place, f"{shown} is called without encryption; write https://", suggestion)


def _host(text: str, known: str) -> str | None:
    """The host in lower case; empty when an expression completes it, None when nobody can read it.

    `known` is what stands before the first expression.
    """
    whole = known == text
    try:
        parts = urlsplit(known)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return None if whole else ""
    if whole or parts.path:
        return host.rstrip(".") or None
    # `http://localhost:{{data.port}}` has its host; `http://crm{{data.number}}` has not, nor `http://bob:{{data.pin}}@`.
    return host if known.endswith(":") and "@" not in text else ""


def _loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
