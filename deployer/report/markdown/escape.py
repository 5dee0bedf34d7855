"""A stranger's text in Markdown, as GitHub reads it: shown as it is, obeyed by nothing.

Two readers have to be held off. The parser makes markup, links and HTML of the source; it is stopped by
character references, which never have a structure (CommonMark 0.31.2, section 2.5). Afterwards GitHub goes
through the finished page and links mentions, issues, commits and addresses; no source form stops it, so a
zero-width space stands inside whatever it looks for. It leaves code alone, and so do we.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from deployer.report.terminal import safe, safe_lines, shorten

ZERO_WIDTH = "\u200b"
DOLLAR = "<span>$</span>"
"""As GitHub's documentation on mathematical expressions has it: a dollar sign that begins no formula."""

LONGEST_NAME = 100
"""Characters of a name that are shown."""
_LINKED = re.compile(
    r"(?:(?<=[@#!%&~^])(?=[\w\"'])"  # mentions, issues; on GitLab also merge requests, labels, milestones
    r"|(?<=@)(?=[.-])"  # to the parser even `a@.x` is an address
    r"|(?<=GH-)(?=\d)"
    r"|(?<=:)(?=//)"
    r"|(?<=www)(?=\.)"
    r"|(?<=:)(?=[\w+-]+(?::|$)))",  # emoji
    re.IGNORECASE,
)
_COMMIT = re.compile(r"\b[0-9a-f]{7,}\b", re.IGNORECASE)
_MARKUP = re.compile(r"[\\`*_\[\]<>&|~#]")
_AT_THE_START = re.compile(r"[-+=:\d]")
"""What makes a list, a heading of the line above, a table's second line, or a workflow command there."""
_COMMAND = re.compile(r"^(\s*):(?=:)")


def text(value: str) -> str:
    """Running text, in a table's cell too: no markup, no link, no mention. Line breaks become `<br>`."""
    return "<br>".join(_line(line) for line in value.replace("\r\n", "\n").strip(" \n").split("\n"))


def named(value: str) -> str:
    """A definition's name as running text. A name has no limit, and one of them must not fill a whole report."""
    return text(shorten(value, LONGEST_NAME))


def _line(value: str) -> str:
    shown = safe(value).strip()
    shown = _COMMIT.sub(lambda match: ZERO_WIDTH.join(re.findall(".{1,6}", match[0])), shown)
    shown = _LINKED.sub(ZERO_WIDTH, shown)
    shown = _MARKUP.sub(lambda match: f"&#{ord(match[0])};", shown).replace("$", DOLLAR)
    return f"&#{ord(shown[0])};{shown[1:]}" if _AT_THE_START.match(shown) else shown


def code(value: str, *, cell: bool = False) -> str:
    """A code span on one line; `cell` says that it stands in a table, where only `\\|` is a vertical bar."""
    shown = safe(value).replace("##[", f"##{ZERO_WIDTH}[") or " "
    marks = "`" * (_longest_run(shown) + 1)
    padded = shown.strip(" ") and (shown[0] in "` " or shown[-1] in "` ")
    span = f"{marks} {shown} {marks}" if padded else f"{marks}{shown}{marks}"
    return span.replace("|", "\\|") if cell else span


def prose(value: str, *, cell: bool = False) -> str:
    """A message of ours, with names between backticks as code and all else as running text."""
    parts = value.split("`")
    if len(parts) % 2 == 0:
        return text(value)
    last = len(parts) - 1
    return "".join(
        # Two backticks with nothing in between are shown: without them `@` would meet the name after them.
        (code(part, cell=cell) if part else "&#96;&#96;") if number % 2 and number < last else _inner(part)
        for number, part in enumerate(parts)
    )


def _inner(part: str) -> str:
    """A part of a line, its outer blanks kept."""
    before, after = part[: len(part) - len(part.lstrip())], part[len(part.rstrip()) :]
    return f"{before and ' '}{text(part)}{after and ' '}" if part.strip() else part and " "


def code_html(value: str) -> str:
    """The same as HTML, for a `<summary>`, in which Markdown is not read."""
    return f"<code>{escape(safe(value)) or ' '}</code>"


def fence(lines: Iterable[str], language: str = "text") -> list[str]:
    """A fenced block whose fence is longer than any within; each item one line or more, made safe."""
    shown = [_COMMAND.sub(rf"\1:{ZERO_WIDTH}", line).replace("##[", f"##{ZERO_WIDTH}[")
             for item in lines for line in safe_lines(item)]  # fmt: skip
    marks = "`" * max(3, 1 + max(map(_longest_run, shown), default=0))
    return [f"{marks}{language}", *shown, marks]


def _longest_run(value: str) -> int:
    return max(map(len, re.findall("`+", value)), default=0)
