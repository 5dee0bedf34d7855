"""A stranger's text in the languages of reports: XML, workflow commands."""

from __future__ import annotations

import re
from html import escape

from deployer.report.terminal import safe

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even escaped (https://www.w3.org/TR/xml/#charsets)."""


def xml(text: str) -> str:
    """Text for an element or an attribute."""
    return escape(_NOT_XML.sub("\ufffd", text))


def command_data(text: str) -> str:
    """A message, so that it stays one workflow command whatever it holds.

    The runner's older syntax, `##[command]`, is looked for anywhere in a line, so it is broken up.
    """
    text = text.replace("##[", "## [")
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def command_property(text: str) -> str:
    """The value of a property of a workflow command."""
    return command_data(safe(text)).replace(":", "%3A").replace(",", "%2C")
